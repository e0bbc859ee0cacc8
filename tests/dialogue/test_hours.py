from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.dialogue.hours import WEEKDAYS, Hours, answer, clock, sentences

DAY = ((time(8), time(12)), (time(14), time(18, 30)))
HOURS = Hours(
    (DAY, DAY, DAY, DAY, ((time(22), time(0)),), (), ()), {date(2026, 11, 25): "Founders' Day"}
)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-23 07:59", False),
        ("2026-11-23 08:00", True),
        ("2026-11-23 12:00", False),
        ("2026-11-23 18:29", True),
        ("2026-11-27 23:59", True),
        ("2026-11-28 00:00", False),
        ("2026-11-25 09:00", False),
    ],
)
def test_is_open(at, is_open):
    """Opens at the first minute, closes at the last, keeps breaks, midnights and holidays."""
    assert HOURS.is_open(datetime.fromisoformat(at)) is is_open


@pytest.mark.parametrize(
    ("asked", "at", "first"),
    [
        ("", "2026-11-23 09:00", "Yes, we are open now, until noon."),
        ("now", "2026-11-23 13:00", "We are closed at the moment, and open again today, at two in the afternoon."),
        ("", "2026-11-24 20:00", "We are closed at the moment, and open again on Thursday, at eight in the morning."),
        ("", "2026-11-25 10:00", "Today we are closed, because it is Founders' Day."),
        ("", "2026-11-27 23:00", "Yes, we are open now, until midnight."),
        ("tomorrow", "2026-11-24 09:00", "Tomorrow we are closed, because it is Founders' Day."),
        ("saturday", "2026-11-23 09:00", "No, on Saturday we are closed."),
        ("monday", "2026-11-23 09:00", "Yes, on Monday we are open from eight in the morning to noon and from two in the afternoon to half past six in the evening."),
        ("weekend", "2026-11-23 09:00", "No, on Saturday we are closed."),
        ("holidays", "2026-11-23 09:00", "On public holidays we are closed."),
    ],
)  # fmt: skip
def test_answer(asked, at, first):
    """Answers for now and for a named day, the day's own sentence first."""
    assert answer(HOURS, asked, datetime.fromisoformat(at))[0] == first


def test_never_open():
    """Says that it is closed where there are no hours at all."""
    assert answer(Hours(), "", datetime.fromisoformat("2026-01-01")) == [
        "We are closed at the moment."
    ]


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (time(0), "midnight"),
        (time(12), "noon"),
        (time(9), "nine in the morning"),
        (time(13, 45), "quarter to two in the afternoon"),
        (time(18, 30), "half past six in the evening"),
        (time(11, 35), "twenty five to twelve in the morning"),
        (time(7, 3), "3 minutes past seven in the morning"),
    ],
)
def test_clock(at, words):
    """Speaks times of day as people do."""
    assert clock(at) == words


SPANS = st.tuples(st.integers(0, 11), st.integers(12, 23)).map(
    lambda s: ((time(s[0]), time(s[1])),)
)
WEEKS = st.lists(st.one_of(st.just(()), SPANS), min_size=7, max_size=7).map(tuple)


@settings(derandomize=True, deadline=None)
@given(
    WEEKS,
    st.sets(st.integers(0, 20), max_size=3),
    st.integers(0, 14 * 24 * 4),
    st.sampled_from(["", "now", "today", "tomorrow", "weekend", "holidays", *WEEKDAYS]),
)
def test_every_answer_can_be_rendered_ahead(week, holidays, quarters, asked):
    """Never says a sentence that is not in the finite set."""
    start = datetime.fromisoformat("2026-11-23")
    hours = Hours(week, {(start + timedelta(days=n)).date(): "a holiday" for n in holidays})
    now = start + timedelta(minutes=15 * quarters)
    said = answer(hours, asked, now)
    assert said
    assert set(said) <= set(sentences(hours))
