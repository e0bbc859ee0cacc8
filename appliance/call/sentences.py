"""What `call` itself says, where the dialogue cannot: rendered ahead with the other prompts."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Final

from appliance.contracts.backchannels import backchannels
from appliance.contracts.expectation import Kind

APOLOGY: Final = (
    "I am sorry, I cannot hear you well at the moment. I am putting you through to a colleague."
)
"""Something behind the voice has failed; a transfer to a person follows."""
UNREACHABLE: Final = (
    "I am sorry, I cannot reach anybody at the moment. Please call again a little later. Goodbye."
)
"""The rescue has failed too."""
ONE_MOMENT: Final = "One moment, please."
"""An answer takes longer to be rendered, or to be looked up, than a caller likes to wait."""
STILL_WORKING: Final = "I am still waiting for the answer. Just a moment."
"""It takes much longer."""
TIME_IS_UP: Final = "I am sorry, I have to end this call now. Please call again. Goodbye."
"""The longest call is reached."""
ALL: Final = (APOLOGY, UNREACHABLE, ONE_MOMENT, STILL_WORKING, TIME_IS_UP)


@dataclass(frozen=True, slots=True)
class Sentences:
    """The same in one language."""

    apology: str
    unreachable: str
    one_moment: str
    still_working: str
    time_is_up: str

    @property
    def all(self) -> tuple[str, ...]:
        """Everything that is rendered ahead."""
        return astuple(self)


ENGLISH: Final = Sentences(APOLOGY, UNREACHABLE, ONE_MOMENT, STILL_WORKING, TIME_IS_UP)
GERMAN: Final = Sentences(
    "Es tut mir leid, ich kann Sie gerade nicht gut verstehen. Ich verbinde Sie mit einem"
    " Kollegen.",
    "Es tut mir leid, ich kann gerade niemanden erreichen. Bitte rufen Sie etwas später noch einmal"
    " an. Auf Wiederhören.",
    "Einen Moment, bitte.",
    "Ich warte noch auf die Antwort. Einen kleinen Moment noch.",
    "Es tut mir leid, ich muss das Gespräch jetzt beenden. Bitte rufen Sie noch einmal an. Auf"
    " Wiederhören.",
)
_BY_LANGUAGE: Final = {"en": ENGLISH, "de": GERMAN}

_ACCEPT: Final = {
    "en": (
        "yes", "yeah", "yep", "sure", "okay", "ok", "fine", "all right", "alright", "go ahead",
        "put them through", "put him through", "put her through", "i'll take it", "i will take it",
    ),
    "de": (
        "ja", "jawohl", "gerne", "gern", "klar", "okay", "ok", "in ordnung", "stellen sie durch",
        "durchstellen", "nehme ich", "ich nehme",
    ),
}  # fmt: skip
_DECLINE: Final = {
    "en": ("no", "nope", "not now", "not", "can't", "cannot", "busy", "refuse", "later"),
    "de": ("nein", "nee", "nicht", "keine zeit", "ablehnen", "später"),
}
_MOST_WORDS: Final = 6
"""Words of an answer to "will you take the call?"; whoever says more talks to somebody else."""

_UNSURE: Final = 0.25
_SHORT: Final = 0.7


def of(language: str) -> Sentences:
    """Return the sentences of a language ("de", "de-AT"); English where it has none."""
    return _BY_LANGUAGE.get(language.partition("-")[0], ENGLISH)


def takes_call(text: str, language: str) -> bool | None:
    """Return whether a person who hears who calls takes the call; None: they have not said."""
    code = language.partition("-")[0]
    said = f" {_plain(text)} "
    if len(said.split()) > _MOST_WORDS:
        return None
    if any(f" {words} " in said for words in _DECLINE.get(code, _DECLINE["en"])):
        return False
    if any(f" {words} " in said for words in _ACCEPT.get(code, _ACCEPT["en"])):
        return True
    return None


def is_back_channel(
    text: str, confidence: float, seconds: float, expected: Kind, language: str = "en"
) -> bool:
    """Return whether an utterance spoken into a prompt leaves the prompt going.

    Nothing understood, a listener's noise, or something so short and unsure that it was a cough.
    Where yes or no is asked, "okay" is an answer.
    """
    words = _plain(text)
    if not words or (confidence < _UNSURE and seconds < _SHORT):
        return True
    return expected is not Kind.YES_NO and words in backchannels(language)


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("-", " ").strip(" .,!?").split())
