"""A street of the author's list, and the number of a house in it: "Mill Lane twelve a"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from appliance.dialogue.slots import digits
from appliance.dialogue.slots.entries import Entries
from appliance.dialogue.slots.reading import Context, Reading

_FILLING: Final = frozenset({"number", "nummer", "hausnummer", "house", "no", "at", "the", "flat"})
_LETTERS: Final = {"bee": "b", "be": "b", "see": "c", "sea": "c", "ce": "c", "dee": "d", "de": "d",
                   "eff": "f", "e": "e", "eh": "e"}  # fmt: skip
_LONGEST: Final = 4


def read(said: Sequence[str], streets: Entries, context: Context) -> list[Reading]:
    """Read an address; without a number of the house it is incomplete."""
    found: list[Reading] = []
    for reading in streets.read(said, asked=context.asked)[:3]:
        name = streets.name(reading.value)
        house = _after(said, reading.end, context) or _before(said, reading.first, context)
        if house is None:
            problem = "incomplete" if context.asked else ""
            sure = reading.confidence * (1.0 if context.asked else 0.7)
            found.append(Reading(name, sure, problem, reading.first, reading.end))
            continue
        number, first, end = house
        found.append(
            Reading(
                f"{name} {number}", reading.confidence, "", min(first, reading.first),
                max(end, reading.end),
            )
        )  # fmt: skip
    return found


def _after(said: Sequence[str], at: int, context: Context) -> tuple[str, int, int] | None:
    """Read "12 a" after the street."""
    start = at
    while start < len(said) and said[start] in _FILLING:
        start += 1
    return _number(said, start, context)


def _before(said: Sequence[str], at: int, context: Context) -> tuple[str, int, int] | None:
    """Read "twelve mill lane", "12a mill lane"."""
    end = at
    while end > 0 and said[end - 1] in _FILLING:
        end -= 1
    for start in range(max(0, end - 6), end):
        found = _number(said[:end], start, context)
        if found and found[2] == end:
            return found
    return None


def _number(said: Sequence[str], at: int, context: Context) -> tuple[str, int, int] | None:
    """Read the number of a house that begins at word `at`: "one oh four", "twelve a"."""
    if at >= len(said):
        return None
    word = said[at]
    if word[:-1].isdecimal() and word[-1].isalpha():
        return f"{word[:-1]} {word[-1]}", at, at + 1
    run = next((r for r in digits.stretches(said[at:], context.language) if r.first == 0), None)
    if run is None or run.digits.startswith("0") or len(run.digits) > _LONGEST:
        return None
    end = at + run.end
    letter = said[end] if end < len(said) else ""
    letter = letter if len(letter) == 1 and letter.isalpha() else _LETTERS.get(letter, "")
    return (f"{run.digits} {letter}", at, end + 1) if letter else (run.digits, at, end)
