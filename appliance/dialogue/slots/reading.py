"""What is found in an utterance, and what must be known to find it."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Protocol

from appliance.dialogue.hours import Hours
from appliance.dialogue.script import Slot
from appliance.dialogue.values import Json

NONE: Final[Mapping[str, Json]] = {}


@dataclass(frozen=True, slots=True)
class Reading:
    """A value found in what was said."""

    value: str = ""
    """Canonical (SlotKind); "": none was found."""
    confidence: float = 0.0
    """Within 0 to 1: how sure the words are and how sure it is what they mean. Below 0.6 the caller
    should be asked whether it is right."""
    problem: str = ""
    """Why it cannot be taken: "wrong_length", "wrong_checksum", "out_of_range", "past" or
    "incomplete"; the value is what was understood all the same. Empty: it can be."""
    first: int = 0
    end: int = 0
    """Its words in the normalised text, the end excluded."""


@dataclass(frozen=True, slots=True)
class Context:
    """What is known when something is read."""

    now: datetime
    """Wall time at the site."""
    language: str = "en"
    country: str = ""
    """ISO 3166 code of the site."""
    currency: str = "EUR"
    hours: Hours = field(default_factory=Hours)
    values: Mapping[str, Json] = field(default_factory=dict)
    """Slots and variables: ranges are reckoned from them."""
    asked: bool = True
    """Whether it is the answer to a question for it; else it must be recognisable by itself."""

    @property
    def german(self) -> bool:
        """Whether German is spoken."""
        return self.language.lower().startswith("de")


_SEVERAL: Final = 0.58
"""What is left of the confidence where two values were said and one is wanted."""


def one_of(found: list[Reading]) -> list[Reading]:
    """Return the readings, less sure where they come from several places of what was said.

    "Two or three", and a number in whose middle a word was misheard: the caller is asked.
    """
    values: defaultdict[tuple[int, int], set[str]] = defaultdict(set)
    for reading in found:
        if reading.confidence > _SEVERAL:
            values[reading.first, reading.end].add(reading.value)
    apart = any(
        a[1] < b[0] and values[a].isdisjoint(values[b])
        for a, b in itertools.pairwise(sorted(values))
    )
    return [replace(r, confidence=r.confidence * _SEVERAL) for r in found] if apart else found


class Reader(Protocol):
    """Reads one kind of value out of the words of a normalised text."""

    def __call__(self, said: Sequence[str], slot: Slot, context: Context) -> list[Reading]:
        """Return everything that may be meant, in any order, problems named."""
        ...
