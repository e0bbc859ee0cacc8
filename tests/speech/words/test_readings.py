"""Behaviour of `appliance.speech.words.readings` at the edges of each form."""

from __future__ import annotations

import pytest

from appliance.speech.words.text import normalise


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("31:99", "thirty one:ninety nine"),
        ("0:00 sharp", "midnight sharp"),
        ("13/45/2026", "thirteen forty five twenty twenty six"),
        ("25/12/2026", "December twenty fifth, twenty twenty six"),
        ("March 45", "March forty five"),
    ],
)
def test_what_is_no_time_or_date_is_read_as_numbers(written: str, said: str) -> None:
    """An impossible hour, day or month is not forced into one."""
    assert normalise(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("He works at Acme Inc. They pay.", "He works at Acme incorporated. They pay."),
        ("Acme Inc. pays", "Acme incorporated pays"),
        ("tea, milk, etc. Then go.", "tea, milk, et cetera. Then go."),
        ("max 5", "max five"),
        ("the sun is up", "the sun is up"),
        ("we may go", "we may go"),
    ],
)
def test_abbreviations_end_sentences_only_where_they_do(written: str, said: str) -> None:
    """The stop of an abbreviation is a mark only before a capital or the end."""
    assert normalise(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1/3 of it", "one third of it"),
        ("3/2 of it", "three slash two of it"),
        ("7/8 done", "seven eighths done"),
        ("$0.05", "five cents"),
        ("£0.50", "fifty pence"),
        ("$2.5 million", "two point five million dollars"),
        ("1 ft and 3 ft", "one foot and three feet"),
        ("60 mph", "sixty miles per hour"),
        ("the 1910s and 1960s", "the nineteen tens and nineteen sixties"),
        ("call 020 7946 0018", "call zero two zero, seven nine four six, zero zero one eight"),
    ],
)
def test_fractions_money_units_and_numbers(written: str, said: str) -> None:
    """Singular, plural and scale agree with the number."""
    assert normalise(written) == said
