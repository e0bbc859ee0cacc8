"""What the recogniser is told to expect at each question."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Final

from appliance.contracts.expectation import Expectation, Kind
from appliance.dialogue import templates
from appliance.dialogue.hours import WEEKDAYS
from appliance.dialogue.script import Intent, Script, Slot, SlotKind
from appliance.dialogue.slots import Slots, command_phrases
from appliance.dialogue.text import normalise

MOST: Final = 1500
"""Sentences that are offered to the recogniser as likely."""
_LARGEST: Final = 56_000
"""Bytes of an expectation's texts: it travels to `speech` in one packet of at most 65,536."""

# The likeliest first: what does not fit into MOST is cut at the end.
_SAID_DAYS: Final = {
    "en": ("today", "tomorrow", "on saturday", "on sunday", "now",
           *(f"on {day}" for day in WEEKDAYS[:5])),
    "de": ("heute", "morgen", "am samstag", "am sonntag", "jetzt", "am montag", "am dienstag",
           "am mittwoch", "am donnerstag", "am freitag"),
}  # fmt: skip
_SHORT: Final = {
    "en": ("that's all", "that is all", "that's it", "nothing else", "no thank you", "no thanks",
           "no", "nope", "nothing", "yes", "yes please", "yeah", "yep", "okay", "sure",
           "of course", "right"),
    "de": ("das war alles", "das wär's", "das ist alles", "nichts mehr", "nein danke", "nein",
           "nee", "nein das war's", "ja", "ja bitte", "ja gerne", "genau", "richtig", "okay"),
}  # fmt: skip
"""What is said where the caller is asked whether there is anything else."""


def _language(script: Script) -> str:
    return "de" if script.language.lower().startswith("de") else "en"


def _fitting(
    sentences: tuple[str, ...], names: tuple[str, ...]
) -> tuple[tuple[str, ...], int, int, tuple[str, ...]]:
    """Return an expectation's fields: as many sentences, then names, as a packet holds."""
    kept: list[list[str]] = []
    size = 0
    for texts in (sentences, dict.fromkeys(names)):
        kept.append([])
        for text in texts:
            size += len(text.encode()) + 3
            if size > _LARGEST:
                break
            kept[-1].append(text)
    return tuple(kept[0]), 0, 0, tuple(kept[1])


class Expectations:
    """Made once of a script; the same objects are handed out at every turn."""

    def __init__(self, script: Script, slots: Slots, most: int = MOST) -> None:
        """Expand the script's examples, at most so many sentences of them."""
        self._script, self._slots = script, slots
        everywhere = [intent for intent in script.intents.values() if intent.everywhere]
        self._commands = tuple(
            dict.fromkeys([
                *script.emergency.phrases, *(text for i in everywhere for text in _short(i)),
                *command_phrases(script.language),
            ])
        )  # fmt: skip
        names = tuple(self._names())
        sentences = tuple(itertools.islice(dict.fromkeys(self._sentences()), most))
        self.request = Expectation(Kind.FREE, *_fitting(sentences, names))
        """At the opening question."""
        short = tuple(dict.fromkeys([*_SHORT[_language(script)], *sentences]))[:most]
        self.more = Expectation(Kind.FREE, *_fitting(short, names))
        """At "is there anything else?"."""
        self.yes_no = Expectation(Kind.YES_NO, self._commands)
        self.commands = Expectation(Kind.FREE, self._commands)
        """While something is being worked on."""
        self.nothing = Expectation(Kind.NOTHING)

    def slot(self, slot: Slot) -> Expectation:
        """Return what is expected where a slot is asked for."""
        return self._slots.expectation(slot, self._commands)

    def _names(self) -> Iterator[str]:
        """Yield the names of lists, the shortest list first: people are called by them."""
        for catalogue in sorted(self._script.lists.values(), key=lambda each: len(each.entries)):
            for entry in catalogue.entries:
                yield normalise(entry.name)

    def _sentences(self) -> Iterator[str]:
        """Yield likely sentences, emergencies first, then the intents interleaved.

        Within an intent every template is filled with every name before its variants follow, so
        that no destination is likelier than another; an intent's share grows with the square root
        of how many sentences it has.
        """
        yield from self._script.emergency.phrases
        ranked: list[tuple[float, int, str]] = []
        for number, intent in enumerate(self._script.intents.values()):
            sentences = list(dict.fromkeys(text for text in self._of(intent) if text))
            share = math.sqrt(len(sentences))
            ranked += [(at / share, number, text) for at, text in enumerate(sentences)]
        yield from (text for _, _, text in sorted(ranked))

    def _of(self, intent: Intent) -> Iterator[str]:
        variants = [templates.expand(template) for template in intent.examples]
        for row in itertools.zip_longest(*variants):
            for sentence in row:
                if sentence:
                    yield from self._filled(sentence)

    def _filled(self, sentence: str) -> Iterator[str]:
        holes = templates.holes(sentence)
        kinds = {self._script.slots[hole].kind for hole in holes if hole in self._script.slots}
        values: Sequence[str] = [""]
        if SlotKind.DESTINATION in kinds:
            values = [normalise(p.name) for p in self._script.destinations.values() if p.listed]
        elif SlotKind.DAY in kinds:
            values = _SAID_DAYS[_language(self._script)]
        elif holes:
            return
        for value in values:
            filled = normalise(templates.fill(sentence, lambda _, value=value: value))  # type: ignore[misc]
            yield filled.replace(" on on ", " on ")


def _short(intent: Intent) -> Iterator[str]:
    """Yield the first reading of the intent's examples of up to five words."""
    for template in intent.examples:
        sentence = templates.expand(template)[0]
        if "{" not in sentence and len(sentence.split()) <= 5:
            yield normalise(sentence)
