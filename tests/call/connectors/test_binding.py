"""`call.connectors.binding`: whatever callers say stays a value."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.call.connectors import binding
from appliance.call.connectors.binding import BindingError

NASTY = [
    "'; drop table customers; --", '"', "*)(uid=*", "a\r\nX-Admin: 1", "{key}", "{other}", "100%",
    "%2e%2e%2f", "../../admin", "a/b?c=d#e", "Müller & Söhne", "\\", "a;b", ":number",
]  # fmt: skip


@pytest.mark.parametrize("value", NASTY)
def test_a_value_stays_one_segment_of_a_path(value):
    """Encodes whatever would make another path of it, and decodes to the very value."""
    made = binding.path("/c/{number}/x", {"number": value, "other": "no", "key": "no"})
    start, middle, end = made[1:].split("/")
    assert (start, unquote(middle), end) == ("c", value, "x")
    assert made.isascii()
    assert not set(made) & set("?#\r\n '\"\\{}")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_value_stays_one_segment(value):
    """Never lets a value out of its segment of the path."""
    try:
        made = binding.path("/c/{number}", {"number": value})
    except BindingError:
        assert not value.strip(".")
        return
    assert made.count("/") == 2
    assert unquote(made.rpartition("/")[2]) == value


@pytest.mark.parametrize("value", ["", ".", "..", None])
def test_a_value_that_would_be_another_path_is_refused(value):
    """Asks for nobody rather than for everybody (`/customers/`) or for something above."""
    with pytest.raises(BindingError, match="number"):
        binding.path("/customers/{number}", {"number": value})


def test_bodies_keep_the_kind_of_a_value():
    """Puts a number in as a number, a table as a table; inside a text everything is text."""
    wanted = {"n": "{n}", "t": "Nr. {n}!", "rows": ["{row}", "x"], "fixed": 3, "none": "{none}"}
    made = binding.body(wanted, {"n": 7, "row": {"a": None}, "none": None})
    assert made == {"n": 7, "t": "Nr. 7!", "rows": [{"a": None}, "x"], "fixed": 3, "none": None}


@pytest.mark.parametrize("value", NASTY)
def test_a_value_is_not_looked_at_again(value):
    """Leaves braces in a value alone: it cannot ask for another parameter."""
    values = {"v": value, "other": "leaked", "key": "leaked"}
    assert binding.body({"t": "<{v}>", "w": "{v}"}, values) == {"t": f"<{value}>", "w": value}
    assert binding.query({"q": "{v}"}, values) == {"q": value}


def test_an_absent_parameter_is_left_out_of_a_query():
    """Leaves out what is not known; a text around it stays."""
    assert binding.query({"a": "{x}", "b": "<{x}>", "c": "1"}, {"x": None}) == {"b": "<>", "c": "1"}


def test_parameters_are_complete_and_can_be_sent():
    """Names the parameter that is missing or holds a NUL or half a character, not its value."""
    assert binding.parameters({"a": "1", "b": 2}, ["a"], "k") == {"a": "1", "key": "k"}
    for arguments in ({}, {"a": "x\0y"}, {"a": ["\ud800"]}, {"a": {"\0": 1}}):
        with pytest.raises(BindingError, match="the parameter a ") as error:
            binding.parameters(arguments, ["a"], "k")
        assert "x" not in str(error.value).replace("the parameter a", "")
