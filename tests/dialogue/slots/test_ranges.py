import pytest

from appliance.dialogue.expressions import Expression
from appliance.dialogue.script import Slot, SlotKind
from appliance.dialogue.slots import ranges
from appliance.dialogue.slots.reading import Reading
from tests.dialogue.slots.world import context


def problem(kind, low, high, value, **values):
    slot = Slot(
        "s", kind,
        lowest=Expression.parse(low) if low else None,
        highest=Expression.parse(high) if high else None,
    )  # fmt: skip
    return ranges.checked(Reading(value, 1.0), slot, context(values=values)).problem


@pytest.mark.parametrize(
    ("kind", "low", "high", "value", "expected"),
    [
        (SlotKind.NUMBER, "0", "10", "0", ""), (SlotKind.NUMBER, "0", "10", "10", ""),
        (SlotKind.NUMBER, "0", "10", "-1", "out_of_range"),
        (SlotKind.NUMBER, "", "10", "11", "out_of_range"), (SlotKind.NUMBER, "", "", "11", ""),
        (SlotKind.AMOUNT, "5", "", "4.99", "out_of_range"),
        (SlotKind.DATE, "today", "", "2026-11-25", ""), (SlotKind.DATE, "today", "", "2026-11-24", "past"),
        (SlotKind.DATE, "today + 7", "", "2026-11-26", "out_of_range"),
        (SlotKind.DATE, "", "today", "2026-11-26", "out_of_range"),
        (SlotKind.TIME, "'08:00'", "'18:00'", "18:00", ""),
        (SlotKind.TIME, "'08:00'", "'18:00'", "18:01", "out_of_range"),
    ],
)  # fmt: skip
def test_checked(kind, low, high, value, expected):
    """Finds what lies outside the range, its ends included, and what is past."""
    assert problem(kind, low, high, value) == expected


def test_from_values():
    """Reckons the range from other slots; one that is not known is no end."""
    assert problem(SlotKind.NUMBER, "last", "", "5", last="6") == "out_of_range"
    assert problem(SlotKind.NUMBER, "last", "", "5") == ""


def test_known_problems_stay():
    """Leaves a reading with a problem as it is."""
    slot = Slot("s", SlotKind.NUMBER, lowest=Expression.parse("9"))
    assert ranges.checked(Reading("5", 1.0, "incomplete"), slot, context()).problem == "incomplete"
