from datetime import date

import pytest

from appliance.dialogue.slots.calendar_words import MONTH, WEEK, YEAR
from appliance.dialogue.slots.reckoning import later, made


@pytest.mark.parametrize(
    ("start", "amount", "unit", "day"),
    [
        ("2026-11-25", 2, 1, "2026-11-27"), ("2026-11-25", -2, WEEK, "2026-11-11"),
        ("2026-11-25", 1, MONTH, "2026-12-25"), ("2026-12-25", 1, MONTH, "2027-01-25"),
        ("2027-01-31", 1, MONTH, "2027-02-28"), ("2028-02-29", 1, YEAR, "2029-02-28"),
        ("2026-01-15", -1, MONTH, "2025-12-15"),
    ],
)  # fmt: skip
def test_later(start, amount, unit, day):
    """Reckons days, weeks, months and years ahead and back; a short month ends earlier."""
    assert later(date.fromisoformat(start), amount, unit) == date.fromisoformat(day)


def test_beyond():
    """Knows that there is no such day."""
    assert later(date(2026, 1, 1), 5000, YEAR) is None
    assert later(date(9999, 12, 31), 1, 1) is None
    assert later(date(9999, 12, 31), 1, MONTH) is None
    assert made(2026, 2, 30) is None
