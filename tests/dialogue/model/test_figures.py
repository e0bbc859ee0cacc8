"""`dialogue.model.figures`: the numbers of a text, however they are written or said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.dialogue.model.figures import digits, invented, joined, runs, wholes

TEXT = "We are open from 9:00 to 17:30 on 3 floors. Call 030 44 55, it costs 2.50 euros."
TEXT_DE = "Wir haben von 9:00 bis 17:30 Uhr offen, Tel. 030 44 55, es kostet 2,50 Euro."


@pytest.mark.parametrize(
    "said",
    [
        "from 9 to 17:30", "nine to seventeen thirty", "on three floors",
        "call 030 4455", "call zero three zero four four five five", "2.50 euros",
        "two point five", "no number at all", "one of us", "a floor", "ask any one of them",
    ],
)  # fmt: skip
def test_what_stands_there_may_be_said(said):
    """Written or spoken, whole or in groups: it is the same number."""
    assert not invented(said, joined(TEXT))


@pytest.mark.parametrize(
    "said",
    [
        "call 0900 123456", "call zero nine hundred", "from 10 to 17:30", "two point six euros",
        "call 030 44 56", "it is 5 euros", "twenty five", "nine hundred", "one one two",
        "call oh three oh, double four, five six", "eleven floors", "1 9 0 0",
    ],
)  # fmt: skip
def test_what_does_not_is_noticed(said):
    """Made up numbers are noticed in figures, in words, digit by digit and in groups."""
    assert invented(said, joined(TEXT))


@pytest.mark.parametrize(
    "said", ["von neun bis 17:30", "null drei null vier vier fünf fünf", "2,50"]
)
def test_german_numbers_are_read(said):
    """German number words are the same numbers."""
    assert not invented(said, joined(TEXT_DE, "de"), "de")


@pytest.mark.parametrize(
    "said", ["null neun null null", "einundzwanzig", "zwei Komma sechs", "hundertzwölf", "zehn Uhr"]
)
def test_made_up_german_numbers_are_noticed(said):
    """So are made up ones, in one word or in several."""
    assert invented(said, joined(TEXT_DE, "de"), "de")


def test_a_number_cannot_be_hidden_behind_signs():
    """Commas, dashes and "and" between the parts of a number do not divide it."""
    assert invented("call 0-3, and 4", joined("3 people, 0 dogs, 4 cats"))


def test_runs_are_told_part_by_part():
    """Neighbouring numbers are one run; a word between them makes two."""
    assert runs("9 to 17") == (("9",), ("17",))
    assert runs("0900 12 34") == (("0900", "12", "34"),)
    assert runs("nine oh one") == (("9", "0", "1"),)
    assert runs("a b c") == ()
    assert digits("my number is four four, five five") >= {"4455"}
    assert "030445" in digits("oh three oh four four five")
    assert "1250" in digits("zwölf euro fünfzig", "de") & digits("12.50") & digits("12,50", "de")
    assert runs("oh one of them") == ()


def test_a_number_is_told_as_a_whole():
    """Each number, and all of them together; no part of one."""
    found = wholes("four seven one one and then room 12")
    assert {"4711", "12", "471112"} <= found
    assert not {"47", "471", "1", "7111"} & found


@given(st.text(max_size=60), st.sampled_from(["en", "de"]))
def test_a_text_has_no_number_that_is_not_its_own(text, language):
    """Whatever is quoted in full is never invented."""
    assert not invented(text, joined(text, language), language)
