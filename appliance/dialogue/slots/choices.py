"""One of several answers: by name, by what else is said for it, by its place ("the second one")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from appliance.dialogue import templates
from appliance.dialogue.script import Choice, Slot
from appliance.dialogue.slots import numbers
from appliance.dialogue.slots.phrases import Phrases
from appliance.dialogue.slots.reading import Context, Reading
from appliance.dialogue.text import normalise

_LAST: Final = frozenset({"last", "letzte", "letzter", "letztes", "letzten", "latter"})
_NOT: Final = frozenset({"not", "nicht", "no", "kein", "keine", "statt"})
_FORMER: Final = frozenset({"former"})
_PLACE_WORDS: Final = frozenset(
    ["option", "number", "one", "nummer", "möglichkeit", "choice", "antwort", "punkt"]
)


class Choices:
    """The answers to one closed question."""

    def __init__(self, choices: Sequence[Choice]) -> None:
        """Index names and phrases, templates expanded."""
        self._choices = tuple(choices)
        self._phrases = Phrases(
            (choice.id, phrase, 1.0) for choice in choices for phrase in _said_for(choice)
        )

    def read(self, said: Sequence[str], _slot: Slot, context: Context) -> list[Reading]:
        """Return the answers that may be meant; places count where it was asked."""
        found = [
            Reading(match.id, match.score, "", match.first, match.end)
            for match in self._phrases.find(said)
        ]
        found = [r for r in found if not _denied(said, r.first)] or found
        if len(found) > 1 and found[0].confidence == found[1].confidence:
            # Two were named: the last said is likelier, and it is not sure.
            found = [replace(r, confidence=0.6 - 0.1 * rank) for rank, r in enumerate(found[:3])]
        if context.asked and not any(reading.confidence >= 0.9 for reading in found):
            found += self._by_place(said, context.language)
        return found

    def _by_place(self, said: Sequence[str], language: str) -> list[Reading]:
        found: list[Reading] = []
        for at, word in enumerate(said):
            place = numbers.ordinal(said, at, language)
            sure = 0.9
            if place is None and (len(said) == 1 or (at and said[at - 1] in _PLACE_WORDS)):
                place, sure = numbers.cardinal(said, at, language), 0.8
            if word in _LAST:
                found.append(Reading(self._choices[-1].id, 0.9, "", at, at + 1))
            elif word in _FORMER:
                found.append(Reading(self._choices[0].id, 0.9, "", at, at + 1))
            elif place is not None and 1 <= place.value <= len(self._choices):
                choice = self._choices[int(place.value) - 1]
                found.append(Reading(choice.id, sure, "", at, place.end))
        return found

    def name(self, value: str) -> str:
        """Return how an answer is spoken, its id where it is unknown."""
        return next((_spoken(c) for c in self._choices if c.id == value), value)

    def names(self) -> tuple[str, ...]:
        """Return everything that may be said for the answers, each once."""
        return tuple(dict.fromkeys(p for choice in self._choices for p in _said_for(choice)))

    def by_key(self, key: str) -> str:
        """Return the id of the answer with a key: the author's, else its place."""
        for choice in self._choices:
            if choice.key == key:
                return choice.id
        keyed = any(choice.key for choice in self._choices)
        if not keyed and key.isdecimal() and 1 <= int(key) <= len(self._choices):
            return self._choices[int(key) - 1].id
        return ""


def _denied(said: Sequence[str], at: int) -> bool:
    """Whether what stands at a word is refused: "not the red one"."""
    return not _NOT.isdisjoint(said[max(0, at - 2) : at])


def _spoken(choice: Choice) -> str:
    """Return the name of an answer, in full where it is a template: "[the] red one"."""
    if "[" not in choice.name and "(" not in choice.name:
        return choice.name
    return max(templates.expand(choice.name), key=len, default=choice.name)


def _said_for(choice: Choice) -> list[str]:
    phrases = [choice.id.replace("_", " ")]
    for template in (choice.name, *choice.phrases):
        phrases += templates.expand(template)
    return list(dict.fromkeys(p for raw in phrases if (p := normalise(raw))))
