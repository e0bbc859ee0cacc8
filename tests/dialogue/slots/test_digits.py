import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.dialogue.slots.digits import parse, runs, spoken


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("five five five one two one two", "5551212"),
        ("double five oh", "550"),
        ("triple nine", "999"),
        ("oh three oh, four four double seven", "0304477"),
        ("my number is zero one five", "015"),
        ("twenty one", "21"),
        ("forty", "40"),
        ("five twenty three", "523"),
        ("fifteen", "15"),
        ("two hundred", "200"),
        ("extension 201", "201"),
        ("five to five for one", "52541"),
        ("i want to talk", ""),
        ("double", ""),
        ("", ""),
    ],
)
def test_parse(said, digits):
    """Reads digits as callers say them, with their misheard neighbours."""
    assert parse(said) == digits


def test_runs():
    """Finds each stretch of digits with its place."""
    said = ["extension", "two", "oh", "one", "not", "two", "oh", "two"]
    assert runs(said) == [(1, 4, "201"), (5, 8, "202")]


@settings(derandomize=True)
@given(st.text("0123456789", min_size=1, max_size=20))
def test_read_back(digits):
    """Reads digits back in groups that are understood as the same digits."""
    assert parse(spoken(digits)) == digits
    assert all(len(group.split()) <= 4 for group in spoken(digits).split(","))


def test_groups():
    """Groups by threes and ends in pairs."""
    assert spoken("5551212") == "five five five, one two, one two"


@settings(derandomize=True)
@given(st.text(max_size=40))
def test_any_text(text):
    """Never raises, and returns digits only."""
    assert not parse(text).strip("0123456789")
