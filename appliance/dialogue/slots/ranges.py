"""Whether a value lies within what the author allows."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from appliance.dialogue.script import Slot, SlotKind
from appliance.dialogue.slots.reading import Context, Reading
from appliance.dialogue.values import Json, number, text

_CHANGES: Final = frozenset({SlotKind.DATE, SlotKind.TIME})


def checked(reading: Reading, slot: Slot, context: Context) -> Reading:
    """Return the reading, with its problem where the value is below or above the slot's range."""
    if reading.problem or not reading.value or (slot.lowest is None and slot.highest is None):
        return reading
    low, high = bounds(slot, context)
    if _below(reading.value, low, slot.kind) or _below_high(high, reading.value, slot.kind):
        past = slot.kind is SlotKind.DATE and reading.value < context.now.date().isoformat()
        missed = past and _below(reading.value, low, slot.kind)
        return replace(reading, problem="past" if missed else "out_of_range")
    return reading


def bounds(slot: Slot, context: Context) -> tuple[Json, Json]:
    """Return the lowest and highest value; None: there is no such end."""
    low = slot.lowest.evaluate(context.values, context.now) if slot.lowest else None
    high = slot.highest.evaluate(context.values, context.now) if slot.highest else None
    return low, high


def _below(value: Json, low: Json, kind: SlotKind) -> bool:
    if low is None or low == "":
        return False
    if kind in _CHANGES:
        return text(value) < text(low)
    one, other = number(value), number(low)
    return one is not None and other is not None and one < other


def _below_high(high: Json, value: Json, kind: SlotKind) -> bool:
    if high is None or high == "":
        return False
    if kind in _CHANGES:
        return text(high) < text(value)
    return _below(high, value, kind)
