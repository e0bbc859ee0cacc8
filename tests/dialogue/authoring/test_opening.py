from datetime import date, time

import pytest

from appliance.dialogue import load
from tests.dialogue.authoring.guide import changed, check_mistake, guide_files

FILE = "dialogue.yaml"
STATE = "    country: GB\n    state: ENG\n"


def test_the_week():
    """Reads several spans of a day, midnight, and a day left out as closed."""
    week = load(guide_files()).hours.week
    assert week[0] == ((time(8), time(12)), (time(13), time(18)))
    assert week[4] == ((time(8), time(0)),)
    assert week[5] == week[6] == ()


def test_public_holidays():
    """Computes the public holidays of a country and state for the years that are asked for."""
    found = load(guide_files(), years=range(2026, 2028)).hours.holidays
    assert found[date(2027, 12, 25)] == "Christmas Day"
    assert found[date(2026, 12, 24)] == "Christmas Eve"
    assert {day.year for day in found} == {2026, 2027}


def test_holidays_in_german():
    """Names public holidays in the dialogue's language, those of one state among them."""
    files = changed(FILE, STATE, "    country: DE\n    state: BY\n")
    english = load(files).hours.holidays
    files[FILE] = files[FILE].replace("language: en", "language: de")
    german = load(files).hours.holidays
    day = date(2026, 1, 6)
    assert (english[day], german[day]) == ("Epiphany", "Heilige Drei Könige")


def test_the_country_of_the_site():
    """Takes the site's country where only a state is named."""
    assert load(changed(FILE, STATE, "    state: ENG\n")).hours.holidays[date(2026, 12, 25)]


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        (STATE, "    country: XX\n", "hours.holidays.country", "no holidays are known of 'XX'"),
        (STATE, "    country: DE\n    state: XX\n", "hours.holidays.state", "'XX' in DE"),
        ("2026-12-24:", "24.12.2026:", "hours.holidays.24.12.2026", "no date"),
        ("tuesday: 08:00-18:00", "tuesday: 08:00-08:00", "hours.tuesday", "closes before"),
        ("tuesday: 08:00-18:00", "tuesday: 08:70-09:00", "hours.tuesday", "no time of day"),
        ("tuesday: 08:00-18:00", "tuesday: open", "hours.tuesday", "no span of time"),
        (
            "tuesday: 08:00-18:00",
            "tuesday: 08:00-24:00, 13:00-18:00",
            "hours.tuesday",
            "before the span ahead of it has ended",
        ),
        ("tuesday: 08:00-18:00", "teusday: 08:00-18:00", "hours.teusday", "did you mean 'tuesday'"),
    ],
)
def test_mistakes(old, new, field, reason):
    """Names what is wrong with the hours."""
    check_mistake(FILE, old, new, field, reason)
