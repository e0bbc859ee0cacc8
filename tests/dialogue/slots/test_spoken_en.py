from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.dialogue.slots import spoken_en
from tests.dialogue.slots.world import ALL, NOW, SCRIPTS, read


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("0", "zero"), ("112", "one hundred and twelve"), ("-3.5", "minus three point five"),
        ("21", "twenty one"), ("1005", "one thousand and five"), ("2000000", "two million"),
    ],
)  # fmt: skip
def test_number(value, said):
    """Says numbers as people do."""
    assert spoken_en.number(Decimal(value)) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("12.50", "twelve euros and fifty cents"), ("1.00", "one euro"), ("0.01", "one cent"),
        ("0.50", "fifty cents"),
    ],
)  # fmt: skip
def test_amount(value, said):
    """Says sums with their currency."""
    assert spoken_en.amount(Decimal(value), "EUR") == said


def test_other_currency():
    """Says pounds and pence; a currency it does not know by its code."""
    assert spoken_en.amount(Decimal("2.05"), "GBP") == "two pounds and five pence"
    assert spoken_en.amount(Decimal(3), "XTS") == "three XTS"


def test_day():
    """Says days with weekday or year as wanted."""
    said = spoken_en.day(date(1905, 3, 21), weekday=True, year=True)
    assert said == "Tuesday the twenty first of March nineteen oh five"
    assert spoken_en.day(date(2000, 1, 30), weekday=False, year=True).endswith("two thousand")
    assert spoken_en.day(date(1900, 1, 30), weekday=False, year=True).endswith("nineteen hundred")


def test_digits():
    """Says digits and letters one by one."""
    assert spoken_en.digits("4a 7") == "four a seven"


@settings(derandomize=True, deadline=None)
@given(st.integers(0, 330))
def test_every_day_to_come_returns(ahead):
    """Is understood with every day of the coming months that it says."""
    value = (NOW.date() + timedelta(days=ahead)).isoformat()
    said = ALL["en"].spoken(SCRIPTS["en"].slots["date"], value)
    assert read("en", "date", said).value == value


@settings(derandomize=True, deadline=None)
@given(st.dates(date(1920, 1, 1), NOW.date()))
def test_every_birthday_returns(day):
    """Is understood with every date of birth that it says."""
    said = ALL["en"].spoken(SCRIPTS["en"].slots["birth"], day.isoformat())
    assert read("en", "birth", said).value == day.isoformat()


@settings(derandomize=True, deadline=None)
@given(st.times())
def test_every_time_returns(at):
    """Is understood with every time of day that it says."""
    value = time(at.hour, at.minute).isoformat("minutes")
    said = ALL["en"].spoken(SCRIPTS["en"].slots["time"], value)
    assert read("en", "time", said).value == value


@settings(derandomize=True, deadline=None)
@given(st.decimals(0, 99999, places=2))
def test_every_amount_returns(value):
    """Is understood with every sum that it says."""
    said = ALL["en"].spoken(SCRIPTS["en"].slots["amount"], f"{value:.2f}")
    assert read("en", "amount", said).value == f"{value:.2f}"
