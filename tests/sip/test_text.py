"""Splitting and quoting."""

import pytest

from appliance.sip.errors import LocalError
from appliance.sip.text import (
    clean,
    end_of_quoted,
    natural,
    param,
    quoted,
    read_params,
    readable,
    split,
    unquoted,
    with_param,
    write_params,
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a, b,c", ["a", "b", "c"]),
        ('"x, \\" y" <sip:a,b@h>, <sip:c@h>', ['"x, \\" y" <sip:a,b@h>', "<sip:c@h>"]),
        (" , ,", []),
        ('"never closed, still one', ['"never closed, still one']),
        ("", []),
    ],
)
def test_commas_inside_quotes_and_brackets_do_not_split(text, parts):
    """Values are cut only between them."""
    assert split(text, ",") == parts


def test_params_round_trip():
    """Parameters keep order, quotes and flags; names are lowered."""
    params = read_params(';Tag=1;lr;x="a;b"')
    assert params == (("tag", "1"), ("lr", None), ("x", '"a;b"'))
    assert write_params(params) == ';tag=1;lr;x="a;b"'
    assert param(params, "x") == "a;b"
    assert param(params, "lr") == ""
    assert param(params, "none") is None


def test_a_param_is_replaced_in_its_place():
    """Setting keeps the order."""
    params = read_params(";a=1;b=2")
    assert with_param(params, "a", "9") == (("a", "9"), ("b", "2"))
    assert with_param(params, "c", None)[-1] == ("c", None)


@pytest.mark.parametrize("text", ["", "plain", 'with "quotes"', "back\\slash", "\\", '"'])
def test_quoting_round_trips(text):
    """What is quoted is unquoted to itself, and its end is found."""
    assert unquoted(quoted(text)) == text
    assert end_of_quoted(quoted(text) + " rest") == len(quoted(text))


def test_header_injection_is_refused():
    """Our own values may hold no line break."""
    assert clean("fine ü", "it") == "fine ü"
    for bad in ("a\r\nVia: x", "a\nb", "\x00", "\x7f"):
        with pytest.raises(LocalError):
            clean(bad, "it")


def test_foreign_text_is_made_readable():
    """Undecodable bytes and control characters become question marks."""
    assert readable("a\udcffb\x01") == "a?b?"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        (" 42 ", 42),
        ("43", None),
        ("-1", None),
        ("٣", None),
        ("9" * 40, None),
        (None, None),
    ],
)
def test_numbers_are_bounded(text, value):
    """Only ASCII digits within the limit count; a huge one costs nothing."""
    assert natural(text, 42) == value
