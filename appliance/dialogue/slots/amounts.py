"""Sums of money: "twelve fifty", "zwölf Euro fünfzig", "fifty cents", "1.250,50"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from appliance.dialogue.script import Slot
from appliance.dialogue.slots import numbers
from appliance.dialogue.slots.ranges import checked
from appliance.dialogue.slots.reading import Context, Reading, one_of
from appliance.dialogue.text import words

_WHOLE: Final = frozenset(
    words("euro euros eur dollar dollars buck bucks pound pounds quid franken francs franc usd gbp")
)
_PARTS: Final = frozenset(words("cent cents pence penny p pennies rappen"))
_ONE: Final = frozenset({"a", "ein", "einen"})
_JOINTS: Final = frozenset({"and", "und"})
_FIXED: Final = {"fiver": "5", "tenner": "10", "grand": "1000"}
_LARGEST: Final = Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class _Sum:
    value: Decimal
    end: int
    sure: float


def read(said: Sequence[str], slot: Slot, context: Context) -> list[Reading]:
    """Read a sum; a bare number is one where it was asked for."""
    found: list[Reading] = []
    at = 0
    while at < len(said):
        total = _sum(said, at, context)
        if total is None or total.value >= _LARGEST:
            at += 1
            continue
        if at and said[at - 1] == "minus":  # nobody pays less than nothing
            at = total.end
            continue
        found.append(Reading(f"{total.value:.2f}", total.sure, "", at, total.end))
        at = total.end
    return [checked(r, slot, context) for r in (one_of(found) if context.asked else found)]


def _sum(said: Sequence[str], at: int, context: Context) -> _Sum | None:
    if said[at] in _WHOLE and at + 1 < len(said) and said[at + 1][0].isdecimal():
        inner = numbers.cardinal(said, at + 1, context.language)  # "€12.50" is "euro 12.50"
        return _Sum(inner.value, inner.end, 1.0) if inner else None
    if said[at] in _ONE and at + 1 < len(said) and said[at + 1] in _WHOLE:
        cents = _cents(said, at + 2, context)
        return _Sum(1 + cents[0], cents[1], 1.0)
    if said[at] in _FIXED and at and said[at - 1] in {"a", "one"}:
        return _Sum(Decimal(_FIXED[said[at]]), at + 1, 0.9)
    number = numbers.cardinal(said, at, context.language)
    if number is None or number.value < 0:
        return None
    end = number.end
    following = said[end] if end < len(said) else ""
    if following in _PARTS:
        return _Sum(number.value / 100, end + 1, 1.0)
    if following in _WHOLE:
        cents = _cents(said, end + 1, context)
        return _Sum(number.value + cents[0], cents[1], 1.0)
    if following == "grand":
        return _Sum(number.value * 1000, end + 1, 0.9)
    if not context.asked:
        return None
    # "twelve fifty"
    second = numbers.cardinal(said, end, context.language)
    if (
        second is not None
        and 10 <= second.value < 100
        and number.value == int(number.value)
        and second.value == int(second.value)
    ):
        after = second.end
        after += after < len(said) and said[after] in _PARTS | _WHOLE
        return _Sum(number.value + second.value / 100, after, 0.8)
    return _Sum(number.value, end, 0.9 if number.value == int(number.value) else 1.0)


def _cents(said: Sequence[str], at: int, context: Context) -> tuple[Decimal, int]:
    """Return the part of one after "euro", and where it ends."""
    start = at + 1 if at < len(said) and said[at] in _JOINTS else at
    if said[start : start + 2] == ["a", "half"]:
        return Decimal("0.5"), start + 2
    number = numbers.cardinal(said, start, context.language)
    if number is None or not 0 < number.value < 100 or number.value != int(number.value):
        return Decimal(0), at
    named = number.end < len(said) and said[number.end] in _PARTS
    if start > at and not named:
        return Decimal(0), at
    return number.value / 100, number.end + named
