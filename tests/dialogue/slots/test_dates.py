from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.dialogue.slots import dates
from tests.dialogue.slots.world import NOW, SCRIPTS, context

SLOTS = SCRIPTS["en"].slots


def days(language, text, **more):
    slot = SLOTS["date"]
    found = dates.read(text.split(), slot, context(language, **more))
    return sorted((-round(r.confidence, 2), r.value) for r in found if not r.problem)


def test_next_friday_is_asked_about():
    """Is not sure of "next Friday" on a Wednesday: it offers both, and neither is sure."""
    found = days("en", "next friday")
    assert [day for _, day in found] == ["2026-12-04", "2026-11-27"]
    assert all(-sure < 0.6 for sure, _ in found)


def test_todays_weekday_is_asked_about():
    """Is not sure of "Wednesday" on a Wednesday."""
    assert -days("en", "on wednesday")[0][0] < 0.6


def test_only_recognisable_days_unasked():
    """Takes "the fifteenth" for a day where a day was asked for, and else not surely."""
    assert days("en", "the fifteenth")[0] == (-0.85, "2026-12-15")
    assert -days("en", "the fifteenth", asked=False)[0][0] < 0.5
    assert days("en", "one two", asked=False) == []


def test_weekday_and_date_agree():
    """Prefers the day that falls on the weekday said with it, and is less sure where none does."""
    assert days("en", "monday the seventh of december")[0] == (-1.0, "2026-12-07")
    assert -days("en", "monday the eighth of december")[0][0] < 0.8


def test_month_first():
    """Reads 12/1 as the first of December in the United States, as January 12 elsewhere."""
    assert days("en", "12/1/2026", country="US")[0][1] == "2026-12-01"
    assert days("en", "1/12/2026")[0][1] == "2026-12-01"
    assert days("en", "1/31/2027")[0][1] == "2027-01-31"


def test_leap_day():
    """Finds the next February that has a 29th."""
    assert days("en", "february twenty ninth")[0][1] == "2028-02-29"


@pytest.mark.parametrize(
    "text", ["31.2.2026", "february thirtieth", "the fortieth of may", "in nine thousand years", ""]
)
def test_impossible(text):
    """Finds no day that does not exist."""
    assert days("en", text) == []


def test_moved():
    """Moves a day to another month or year."""
    assert dates.moved("2026-12-05", ["in", "january"], context()) == "5.1.2027"
    assert dates.moved("2026-12-05", ["hello"], context()) == ""
    assert dates.moved("no date", ["january"], context()) == ""


@settings(derandomize=True, deadline=None)
@given(st.dates(date(1930, 1, 1), date(2049, 12, 31)), st.sampled_from(["en", "de"]))
def test_written_dates_return(day, language):
    """Reads every date as it is written."""
    free = next(s for s in SLOTS.values() if s.name == "date")
    for text in (f"{day.day}.{day.month}.{day.year}", f"{day.year} {day.month:02d} {day.day:02d}"):
        found = dates.read(text.split(), free, context(language))
        assert day.isoformat() in {r.value for r in found}


@settings(derandomize=True, deadline=None)
@given(st.integers(1, 99))
def test_days_ahead(count):
    """Reckons so many days and weeks ahead."""
    ahead = (NOW.date() + timedelta(days=count)).isoformat()
    assert days("en", f"in {count} days")[0][1] == ahead
    weeks = (NOW.date() + timedelta(weeks=count)).isoformat()
    if count != 1:
        assert days("de", f"in {count} wochen")[0][1] == weeks


def test_birthday_without_its_year():
    """Is not sure of a date of birth without its year."""
    found = dates.read(["the", "third", "of", "march"], SLOTS["birth"], context())
    assert found
    assert all(r.confidence < 0.6 for r in found)


def test_two_days_are_asked_about():
    """Is not sure where two days were named."""
    assert all(-sure < 0.6 for sure, _ in days("en", "monday or tuesday"))
