from decimal import Decimal

import pytest

from appliance.dialogue.slots.numerals import plain, written


@pytest.mark.parametrize(
    ("word", "sign", "value"),
    [
        ("4711", ".", "4711"), ("1,250.50", ".", "1250.50"), ("1.250,50", ",", "1250.50"),
        ("3.5", ".", "3.5"), ("3,5", ",", "3.5"), ("3,5", ".", "3.5"), ("1.250", ",", "1250"),
        ("12.50", ",", "12.50"),
    ],
)  # fmt: skip
def test_written(word, sign, value):
    """Reads figures in the manner of either language."""
    assert written(word, sign) == Decimal(value)


@pytest.mark.parametrize("word", ["", "a1", "1a", "1.2.3", "15:30", "+49", "٣"])
def test_not_written(word):
    """Takes nothing else for a number."""
    assert written(word, ".") is None


@pytest.mark.parametrize(
    ("value", "text"),
    [("112", "112"), ("-3.50", "-3.5"), ("1000", "1000"), ("0.0", "0"), ("1E+3", "1000")],
)
def test_plain(value, text):
    """Writes the canonical text, without an exponent or needless noughts."""
    assert plain(Decimal(value)) == text
