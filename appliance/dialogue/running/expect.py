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
from appliance.dialogue.slots import answers
from appliance.dialogue.text import normalise

MOST: Final = 1500
"""Sentences that are offered to the recogniser as likely."""
_DAYS: Final = ("now", "today", "tonight", "tomorrow", "weekend", *WEEKDAYS)

# The likeliest first: what does not fit into MOST is cut at the end.
_SAID_DAYS: Final = (
    "today",
    "tomorrow",
    "on saturday",
    "on sunday",
    "now",
    *(f"on {day}" for day in WEEKDAYS[:5]),
)


class Expectations:
    """Made once of a script; the same objects are handed out at every turn."""

    def __init__(self, script: Script, most: int = MOST) -> None:
        """Expand the script's examples, at most so many sentences of them."""
        self._script = script
        commands = [intent for intent in script.intents.values() if intent.everywhere]
        self._commands = tuple(
            dict.fromkeys(
                [*script.emergency.phrases, *(text for i in commands for text in _short(i))]
            )
        )
        sentences = list(itertools.islice(dict.fromkeys(self._sentences()), most))
        self.request = Expectation(Kind.FREE, tuple(sentences))
        """At the opening question."""
        short = dict.fromkeys([*answers.DONE, *answers.NO[:5], *answers.YES[:8], *sentences])
        self.more = Expectation(Kind.FREE, tuple(itertools.islice(short, most)))
        """At "is there anything else?"."""
        self.yes_no = Expectation(Kind.YES_NO, self._commands)
        self.nothing = Expectation(Kind.NOTHING)

    def slot(self, slot: Slot) -> Expectation:
        """Return what is expected where a slot is asked for."""
        if slot.kind is SlotKind.DIGITS:
            return Expectation(Kind.DIGITS, self._commands, slot.shortest, slot.longest)
        if slot.kind is SlotKind.YES_NO:
            return self.yes_no
        if slot.kind is SlotKind.DESTINATION:
            return Expectation(Kind.CHOICE, (*self._places(), *self._commands))
        if slot.kind is SlotKind.DAY:
            return Expectation(Kind.CHOICE, (*_DAYS, *self._commands))
        return Expectation()

    def _places(self) -> tuple[str, ...]:
        listed = [place for place in self._script.destinations.values() if place.listed]
        names = [normalise(place.name) for place in listed]
        return tuple(
            dict.fromkeys([*names, *(normalise(s) for place in listed for s in place.synonyms)])
        )

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
        kinds = {self._script.slots[hole].kind for hole in holes}
        values: Sequence[str] = [""]
        if SlotKind.DESTINATION in kinds:
            values = [normalise(p.name) for p in self._script.destinations.values() if p.listed]
        elif SlotKind.DAY in kinds:
            values = _SAID_DAYS
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
