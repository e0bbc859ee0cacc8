from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.dialogue.slots import numbers_en, spoken_en
from appliance.dialogue.slots.numerals import Tight
from appliance.dialogue.text import normalise


@pytest.mark.parametrize(
    ("said", "value", "used"),
    [
        ("two hundred five", "205", 3),
        ("a hundred and four people", "104", 4),
        ("twelve hundred", "1200", 2),
        ("one million two hundred thousand and five", "1200005", 7),
        ("two and a half thousand", "2500", 5),
        ("minus three point one four", "-3.14", 5),
        ("half a dozen eggs", "6", 3),
        ("twenty twenty six", "20", 1),
        ("1,250.50", "1250.50", 1),
        ("5 thousand", "5000", 2),
    ],
)
def test_cardinal(said, value, used):
    """Takes the longest number that begins at a word, and says where it ends."""
    found = numbers_en.cardinal(said.split(), 0)
    assert (found.value, found.end) == (Decimal(value), used)


@pytest.mark.parametrize("said", ["people", "a", "and five", "oh", "hundredth"])
def test_no_cardinal(said):
    """Finds no number where none begins."""
    assert numbers_en.cardinal(said.split(), 0) is None


def test_tightness():
    """Takes less as one number where the digits are a name."""
    said = ["two", "hundred", "twenty", "one"]
    ends = [numbers_en.cardinal(said, 0, tight).end for tight in reversed(Tight)]
    assert ends == [4, 2, 2]
    assert numbers_en.cardinal(said, 2, Tight.SINGLE).end == 3


@settings(derandomize=True)
@given(st.integers(0, 10**12 - 1))
def test_every_number_returns(value):
    """Reads every number as it is spoken."""
    said = normalise(spoken_en.number(Decimal(value))).split()
    found = numbers_en.cardinal(said, 0)
    assert (found.value, found.end) == (value, len(said))


@settings(derandomize=True)
@given(st.decimals("-99999", "99999", places=2))
def test_every_decimal_returns(value):
    """Reads decimals and negative numbers as they are spoken."""
    said = normalise(spoken_en.number(value)).split()
    found = numbers_en.cardinal(said, 0)
    assert (found.value, found.end) == (value, len(said))


@pytest.mark.parametrize("value", range(1, 40))
def test_every_ordinal_returns(value):
    """Reads the days of a month as they are spoken and written."""
    for said in (spoken_en.ordinal(value), f"{value}th"):
        assert numbers_en.ordinal(said.split(), 0).value == value


def test_against_num2words():
    """Agrees with an independent writer of numbers."""
    peer = pytest.importorskip("num2words", reason="num2words is not installed")
    for value in [*range(2500), *range(2500, 10**7, 98_765)]:
        said = normalise(peer.num2words(value, lang="en")).split()
        assert numbers_en.cardinal(said, 0).value == value
