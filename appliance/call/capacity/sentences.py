"""What the callers of the load say, and what they are answered, by language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from appliance.contracts.expectation import Expectation, Kind


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question of a caller, or answer to one, and the reply to it."""

    said: str
    expectation: Expectation
    reply: str
    """About ten words with something that no cache holds: it is rendered while the caller waits."""


_PLACES: Final = (
    "radiology", "cardiology", "the pharmacy", "billing", "admissions", "maternity", "surgery",
)  # fmt: skip
_PLACES_DE: Final = (
    "die radiologie", "die kardiologie", "die apotheke", "die abrechnung", "die aufnahme",
    "die geburtshilfe", "die chirurgie",
)  # fmt: skip
_ENGLISH: Final = (
    Exchange(
        "What are your opening hours?",
        Expectation(Kind.FREE, ("what are your opening hours", "are you open on saturday")),
        "Today we are open from 8:15 to 17:45, and on Saturday until one.",
    ),
    Exchange(
        "Please connect me to cardiology.",
        Expectation(Kind.FREE, tuple(f"please connect me to {place}" for place in _PLACES)),
        "I am putting you through to cardiology, extension 4127. One moment.",
    ),
    Exchange(
        "Yes, please.", Expectation(Kind.YES_NO), "Thank you. Then I have noted 5 November for you."
    ),
    Exchange(
        "Four one two seven nine three.",
        Expectation(Kind.DIGITS, shortest=6, longest=6),
        "I have understood 412793. Is that right?",
    ),
    Exchange("Radiology", Expectation(Kind.CHOICE, _PLACES), "Radiology is on floor 3, room 312."),
)
_GERMAN: Final = (
    Exchange(
        "Wann haben Sie geöffnet?",
        Expectation(Kind.FREE, ("wann haben sie geöffnet", "haben sie am samstag offen")),
        "Heute haben wir von 8:15 Uhr bis 17:45 Uhr geöffnet.",
    ),
    Exchange(
        "Bitte verbinden Sie mich mit der Kardiologie.",
        Expectation(Kind.FREE, tuple(f"bitte verbinden sie mich mit {p}" for p in _PLACES_DE)),
        "Ich verbinde Sie mit der Kardiologie, Durchwahl 4127.",
    ),
    Exchange(
        "Ja, bitte.", Expectation(Kind.YES_NO), "Danke. Ich habe den 5. November notiert."
    ),
    Exchange(
        "vier eins zwei sieben neun drei",
        Expectation(Kind.DIGITS, shortest=6, longest=6),
        "Ich habe 412793 verstanden. Ist das richtig?",
    ),
    Exchange(
        "die Radiologie",
        Expectation(Kind.CHOICE, _PLACES_DE),
        "Die Radiologie ist in Etage 3, Zimmer 312.",
    ),
)  # fmt: skip
EXCHANGES: Final[Mapping[str, tuple[Exchange, ...]]] = {"en": _ENGLISH, "de": _GERMAN}
