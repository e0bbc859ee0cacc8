import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.dialogue.values import DEEPEST, look_up, number, text, truth

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
    | st.sampled_from(["2026-12-01", "7", "-3.5", "yes", "no"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
"""Anything that a slot, a system or an expression may yield."""


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a", "x"),
        ("b.c", 1),
        ("b.d.1.e", "y"),
        ("b.d.2", None),
        ("b.d.-1", None),
        ("b.d.e", None),
        ("a.b", None),
        ("z", None),
        ("b.d.\N{SUPERSCRIPT TWO}", None),
    ],
)
def test_look_up(path, value):
    """Follows names and places in lists, and finds nothing where there is nothing."""
    assert look_up({"a": "x", "b": {"c": 1, "d": [{}, {"e": "y"}]}}, path) == value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (3.0, "3"),
        (0.1 + 0.2, "0.3"),
        (12, "12"),
        ("a", "a"),
        ({"name": "Anna", "x": 1}, "Anna"),
        ({"x": 1}, ""),
        (["a", None, 2], "a, 2"),
    ],
)
def test_text(value, said):
    """Says a value as it would stand in a sentence."""
    assert text(value) == said


def test_depth():
    """Leaves out what lies too deep, however deep it is."""
    nested: list = ["x"]
    for _ in range(DEEPEST - 1):
        nested = [nested]
    assert text(nested) == "x"
    for _ in range(5000):
        nested = [nested]
    assert text(nested) == ""
    named: dict = {"name": "x"}
    for _ in range(5000):
        named = {"name": named}
    assert text(named) == ""


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("007", 7),
        ("-3.5", -3.5),
        (" 12 ", 12),
        (".5", 0.5),
        (4, 4),
        (True, None),
        (None, None),
        ("", None),
        ("12a", None),
        ("1e3", None),
        ("1_000", None),
        ("nan", None),
        ("inf", None),
        ("\N{ARABIC-INDIC DIGIT FOUR}", None),
        ("9" * 400, None),
        (10**400, None),
        (math.inf, None),
        ([1], None),
    ],
)
def test_number(value, found):
    """Takes for a number what an author would: digits, a point, a sign."""
    assert number(value) == found


@pytest.mark.parametrize(
    ("value", "there"),
    [("yes", True), ("no", False), ("", False), (0, False), ("0", True), ([], False), ({}, False),
     (None, False), (False, False), ({"a": 1}, True)],
)  # fmt: skip
def test_truth(value, there):
    """Counts as there what is not absent, empty, zero or no."""
    assert truth(value) is there


@settings(derandomize=True)
@given(JSON, st.text("ab.01", max_size=8))
def test_any_value(value, path):
    """Reads any value as text, number and truth, and looks any path up in it."""
    assert isinstance(text(value), str)
    assert number(value) is None or math.isfinite(number(value))
    assert truth(value) in {True, False}
    look_up({"a": value}, path)
