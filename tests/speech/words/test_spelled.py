"""Behaviour of `appliance.speech.words.spelled`."""

from __future__ import annotations

from appliance.speech.words.spelled import cardinal, digits, groups, letters, ordinal, year


def test_cardinals() -> None:
    """Whole numbers are said at every size, without "and"."""
    assert cardinal(0) == "zero"
    assert cardinal(342) == "three hundred forty two"
    assert cardinal(1_000_001) == "one million one"
    assert cardinal(-12) == "minus twelve"
    assert cardinal(10**15) == digits("1" + "0" * 15)


def test_ordinals() -> None:
    """Ranks follow English's irregular forms."""
    said = [ordinal(number) for number in (1, 2, 3, 5, 8, 9, 12, 20, 21, 100)]
    assert said == [
        "first", "second", "third", "fifth", "eighth", "ninth", "twelfth", "twentieth",
        "twenty first", "one hundredth",
    ]  # fmt: skip


def test_years() -> None:
    """Years are said by centuries where people do so."""
    assert [year(number) for number in (1905, 2007, 1900, 2026, 2000, 800)] == [
        "nineteen oh five", "two thousand seven", "nineteen hundred", "twenty twenty six",
        "two thousand", "eight hundred",
    ]  # fmt: skip


def test_letters_and_groups() -> None:
    """Codes are spelled; long runs of digits come in groups."""
    assert letters("aB3") == "eigh B three"
    assert groups("0123") == "zero one two three"
    assert groups("1234567") == "one two three, four five six seven"
    assert groups("12345678") == "one two three, four five six, seven eight"
