"""Sums with days of the calendar."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from appliance.dialogue.slots.calendar_words import MONTH, YEAR

_FARTHEST: Final = 1000
"""Units that anybody speaks of."""


def made(year: int, month: int, day: int) -> date | None:
    """Return a day of the calendar, None where it does not exist."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def later(start: date, amount: int, unit: int) -> date | None:
    """Return the day so many units (days, weeks of 7, MONTH, YEAR) after `start`, or before it.

    A month later is the same day of the month, or its last; None where no calendar has the day.
    """
    if abs(amount) > _FARTHEST:
        return None
    if unit not in {MONTH, YEAR}:
        try:
            return start + timedelta(days=amount * max(unit, 1))
        except OverflowError:
            return None
    months = start.year * 12 + start.month - 1 + amount * (1 if unit == MONTH else 12)
    candidates = (made(months // 12, months % 12 + 1, start.day - less) for less in range(4))
    return next((day for day in candidates if day), None)
