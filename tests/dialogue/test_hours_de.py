from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.dialogue import hours_de
from appliance.dialogue.hours import WEEKDAYS, Hours, answer, sentences

DAY = ((time(8), time(12)), (time(14), time(18, 30)))
HOURS = Hours(
    (DAY, DAY, DAY, DAY, ((time(22), time(0)),), (), ()), {date(2026, 11, 25): "Gründungstag"}
)


@pytest.mark.parametrize(
    ("asked", "at", "first"),
    [
        ("", "2026-11-23 09:00", "Ja, wir haben jetzt geöffnet, bis zwölf Uhr."),
        ("now", "2026-11-23 13:00", "Wir haben im Moment geschlossen und öffnen wieder heute um vierzehn Uhr."),
        ("", "2026-11-24 20:00", "Wir haben im Moment geschlossen und öffnen wieder am Donnerstag um acht Uhr."),
        ("", "2026-11-25 10:00", "Heute haben wir geschlossen, denn es ist Gründungstag."),
        ("", "2026-11-27 23:00", "Ja, wir haben jetzt geöffnet, bis Mitternacht."),
        ("saturday", "2026-11-23 09:00", "Nein, am Samstag haben wir geschlossen."),
        ("monday", "2026-11-23 09:00", "Ja, am Montag haben wir von acht Uhr bis zwölf Uhr und von vierzehn Uhr bis achtzehn Uhr dreißig geöffnet."),
        ("holidays", "2026-11-23 09:00", "An Feiertagen haben wir geschlossen."),
    ],
)  # fmt: skip
def test_answer(asked, at, first):
    """Answers in German for now and for a named day."""
    assert answer(HOURS, asked, datetime.fromisoformat(at), "de")[0] == first


def test_summary():
    """Says the week in one sentence, days with the same hours together."""
    week = Hours((((time(8), time(18)),),) * 5 + ((), ()))
    said = answer(week, "", datetime.fromisoformat("2026-11-23 09:00"), "de")
    assert said[1:] == [
        "Wir haben von Montag bis Freitag von acht Uhr bis achtzehn Uhr geöffnet.",
        "Am Samstag und am Sonntag haben wir geschlossen.",
    ]


@pytest.mark.parametrize(
    ("at", "said"),
    [(time(0), "Mitternacht"), (time(1), "ein Uhr"), (time(15, 30), "fünfzehn Uhr dreißig"),
     (time(7, 1), "sieben Uhr eins"), (time(21, 45), "einundzwanzig Uhr fünfundvierzig")],
)  # fmt: skip
def test_clock(at, said):
    """Speaks times of day."""
    assert hours_de.clock(at) == said


def test_below_hundred():
    """Says numbers as they stand before a noun."""
    assert [hours_de.below_hundred(n) for n in (1, 16, 21, 30)] == [
        "ein", "sechzehn", "einundzwanzig", "dreißig",
    ]  # fmt: skip


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
    hours = Hours(week, {(start + timedelta(days=n)).date(): "ein Feiertag" for n in holidays})
    said = answer(hours, asked, start + timedelta(minutes=15 * quarters), "de")
    assert said
    assert set(said) <= set(sentences(hours, "de"))
