"""What keys of the telephone mean where a value was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time, timedelta
from decimal import Decimal
from typing import Final

from appliance.dialogue.script import Slot, SlotKind
from appliance.dialogue.slots import dates, digits, phones, postcodes
from appliance.dialogue.slots.numerals import plain
from appliance.dialogue.slots.ranges import bounds, checked
from appliance.dialogue.slots.reading import Context, Reading
from appliance.dialogue.values import text

TYPED: Final = frozenset({
    SlotKind.DIGITS, SlotKind.NUMBER, SlotKind.AMOUNT, SlotKind.DATE, SlotKind.TIME,
    SlotKind.PHONE, SlotKind.POSTCODE,
})  # fmt: skip
"""Kinds that are typed digit by digit."""
_POINT: Final = "*"


def read(slot: Slot, keys: str, context: Context) -> Reading:
    """Return the value of keys (0-9, `*` for a point), with its problem; "#" at the end is none."""
    keys = keys.rstrip("#")
    if not keys or not set(keys) <= set("0123456789*"):
        return Reading()
    found = _read(slot, keys, context)
    return checked(found, slot, context)


def _read(slot: Slot, keys: str, context: Context) -> Reading:
    if slot.kind is SlotKind.DIGITS and keys.isdecimal():
        return Reading(keys, 1.0, digits.problem(slot, keys))
    if slot.kind is SlotKind.NUMBER:
        value = _decimal(keys)
        return Reading(plain(value), 1.0) if value is not None else Reading()
    if slot.kind is SlotKind.AMOUNT:
        value = _decimal(keys)
        return Reading(f"{value:.2f}", 1.0) if value is not None else Reading()
    if slot.kind is SlotKind.TIME:
        return _time(keys)
    if slot.kind is SlotKind.DATE and keys.isdecimal():
        return _date(slot, keys, context)
    if slot.kind is SlotKind.PHONE:
        number = keys.replace("**", "+") if keys.startswith("**") else keys
        return _sure(phones.read([number], slot, context))
    if slot.kind is SlotKind.POSTCODE and keys.isdecimal():
        return _sure(postcodes.read([keys], slot, context))
    if slot.kind is SlotKind.YES_NO and keys in {"1", "2"}:
        return Reading("yes" if keys == "1" else "no", 1.0)
    return Reading()


def _sure(found: Sequence[Reading]) -> Reading:
    best = max(found, key=lambda r: (not r.problem, r.confidence), default=Reading())
    return Reading(best.value, 1.0, best.problem) if best.value else best


def _decimal(keys: str) -> Decimal | None:
    whole, _, part = keys.partition(_POINT)
    if not (whole or part) or _POINT in part or len(keys) > 18:
        return None
    return Decimal(f"{whole or 0}.{part or 0}")


def _time(keys: str) -> Reading:
    """Read HHMM, HMM, HH or HH*MM."""
    if _POINT in keys:
        hour, _, minute = keys.partition(_POINT)
    elif len(keys) <= 2:
        hour, minute = keys, "0"
    else:
        hour, minute = keys[:-2], keys[-2:]
    if not (hour.isdecimal() and minute.isdecimal()) or len(keys) > 5:
        return Reading(keys, 1.0, "wrong_length")
    if int(hour) > 24 or int(minute) > 59:
        return Reading(keys, 1.0, "out_of_range")
    return Reading(time(int(hour) % 24, int(minute)).isoformat("minutes"), 1.0)


def _date(slot: Slot, keys: str, context: Context) -> Reading:
    """Read DDMM, DDMMYY or DDMMYYYY; in the United States the month stands first."""
    if len(keys) not in {4, 6, 8}:
        return Reading(keys, 1.0, "wrong_length" if len(keys) > 8 else "incomplete")
    parts = [keys[:2], keys[2:4], *([keys[4:]] if keys[4:] else [])]
    found = dates.read([("/" if context.country == "US" else ".").join(parts)], slot, context)
    free = [r for r in found if not r.problem] or found
    best = max(free, key=lambda r: r.confidence, default=None)
    if best is None:
        return Reading(keys, 1.0, "out_of_range")
    return Reading(best.value, 1.0, best.problem)


def longest(slot: Slot, context: Context) -> int:
    """Return after how many keys a value is complete; 0: it is ended with "#" or by waiting."""
    if slot.kind is SlotKind.DIGITS:
        return slot.longest
    if slot.kind is SlotKind.TIME:
        return 4
    if slot.kind is SlotKind.DATE:
        _, high = bounds(slot, context)
        soon = (context.now.date() + timedelta(days=1)).isoformat()
        return 8 if text(high) and text(high) < soon else 0
    return 0
