from dataclasses import replace
from datetime import time

import pytest

from appliance.dialogue.expressions import Expression
from appliance.dialogue.hours import Hours
from appliance.dialogue.script import Slot, SlotKind
from appliance.dialogue.slots import times
from tests.dialogue.slots.world import context

TIME = Slot("time", SlotKind.TIME)


def best(language, text, slot=TIME, **more):
    found = times.read(text.split(), slot, context(language, **more))
    return max(found, key=lambda r: (not r.problem, r.confidence), default=None)


def test_office_hours_decide():
    """Takes the half of the day in which the office is open."""
    assert best("en", "half past eight").value == "08:30"
    assert best("en", "half past four").value == "16:30"
    assert best("de", "um halb fünf").value == "16:30"


def test_other_office_hours():
    """Takes the evening where the office is open in the evening only."""
    evenings = Hours((((time(19), time(23)),),) * 7)
    night = replace(context(), hours=evenings)
    found = times.read(["half", "past", "eight"], TIME, night)
    assert max(found, key=lambda r: r.confidence).value == "20:30"


def test_range_decides():
    """Takes the half of the day within the range, whatever the office hours say."""
    evening = Slot("t", SlotKind.TIME, lowest=Expression.parse("'17:00'"))
    assert best("en", "half past eight", evening).value == "20:30"
    assert best("en", "half past eight in the morning", evening).problem == "out_of_range"


def test_today_decides():
    """Takes a time that has not passed where the day is today."""
    assert best("en", "nine", values={"date": "2026-11-25"}).value == "21:00"
    assert best("en", "nine", values={"date": "2026-11-26"}).value == "09:00"


def test_part_of_the_day_is_no_time():
    """Says that "in the morning" is not complete."""
    found = best("en", "in the morning")
    assert (found.problem, found.confidence < 0.6) == ("incomplete", True)
    assert best("de", "nachmittags").problem == "incomplete"


def test_unasked():
    """Takes a bare number for a time where it was asked for, or after "at" only."""
    assert best("en", "two people", asked=False) is None
    assert best("en", "come at two", asked=False).value == "14:00"
    assert best("de", "gegen drei", asked=False).value == "15:00"
    assert best("en", "we are two", asked=False) is None


@pytest.mark.parametrize("hour", range(24))
def test_whole_day(hour):
    """Is sure of times that are said with minutes on a clock of 24 hours."""
    minute = f"{hour:02d}:{45 if hour else 30}"
    assert best("de", minute).value in {minute, f"{hour % 12 + 12:02d}:45"}
    if hour > 12:
        found = best("de", f"{hour} uhr 45")
        assert (found.value, found.confidence) == (f"{hour}:45", 1.0)


@pytest.mark.parametrize("text", ["25:00", "twenty five o'clock", "half past thirty", "", "ten to"])
def test_impossible(text):
    """Finds no time that no clock shows."""
    found = best("en", text, asked=False)
    assert found is None


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [("en", "in half an hour", "10:30"), ("en", "in an hour or so", "11:00"),
     ("en", "in twenty minutes", "10:20"), ("de", "in einer stunde", "11:00"),
     ("de", "in zwei stunden", "12:00"), ("en", "8ish", "08:00")],
)  # fmt: skip
def test_from_now(language, text, value):
    """Reckons times from now."""
    assert best(language, text).value == value
