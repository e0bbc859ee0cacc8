"""Behaviour of `appliance.speech.words.spelled_de`."""

from __future__ import annotations

from appliance.speech.words.spelled_de import (
    cardinal,
    counted,
    digits,
    groups,
    letters,
    ordinal,
    year,
)


def test_cardinals() -> None:
    """Whole numbers are said at every size; thousands stand apart."""
    said = {
        0: "null", 1: "eins", 16: "sechzehn", 17: "siebzehn", 21: "einundzwanzig",
        30: "dreißig", 101: "hunderteins", 222: "zweihundertzweiundzwanzig",
        1000: "tausend", 2026: "zweitausend sechsundzwanzig", 101_000: "hunderteintausend",
        1_000_000: "eine Million", 2_000_001: "zwei Millionen eins",
        3_000_000_000: "drei Milliarden", -12: "minus zwölf",
    }  # fmt: skip
    assert {number: cardinal(number) for number in said} == said
    assert cardinal(10**15) == digits("1" + "0" * 15)


def test_counted_numbers_agree_with_their_noun() -> None:
    """One is "ein" or "eine" before a noun, alone and at a number's end."""
    assert [counted(1), counted(1, feminine=True), counted(101), counted(21)] == [
        "ein", "eine", "hundertein", "einundzwanzig",
    ]  # fmt: skip


def test_ordinals() -> None:
    """Ranks follow German's irregular forms, with the ending asked for."""
    said = [ordinal(number) for number in (1, 3, 7, 8, 12, 19, 20, 22, 100, 101, 1001, 2_000_000)]
    assert said == [
        "erste", "dritte", "siebte", "achte", "zwölfte", "neunzehnte", "zwanzigste",
        "zweiundzwanzigste", "hundertste", "hunderterste", "tausend erste", "zwei Millionste",
    ]  # fmt: skip
    assert ordinal(22, "en") == "zweiundzwanzigsten"


def test_years() -> None:
    """Years before 2000 are said by centuries."""
    assert [year(number) for number in (1905, 1900, 2006, 800)] == [
        "neunzehnhundert fünf", "neunzehnhundert", "zweitausend sechs", "achthundert",
    ]  # fmt: skip


def test_letters_and_groups() -> None:
    """Codes are spelled, umlauts and eszett too; long runs of digits come in groups."""
    assert letters("aBß3äW") == "A B Eszett drei Ä We"
    assert groups("0123") == "null eins zwei drei"
    assert groups("1234567") == "eins zwei drei, vier fünf sechs sieben"
