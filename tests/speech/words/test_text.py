"""Behaviour of `appliance.speech.words.text`: what a caller must hear for what an author wrote."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.speech.words.text import (
    MAX_CHARACTERS,
    MAX_CLAUSE_WORDS,
    Clause,
    clauses,
    normalise,
)

SAID = {
    # numbers
    "We have 3 rooms.": "We have three rooms.",
    "That is 1,234 items.": "That is one thousand two hundred thirty four items.",
    "It is 3.5 km.": "It is three point five kilometers.",
    "-4°C today": "minus four degrees Celsius today",
    "25% off": "twenty five percent off",
    "1 kg or 2 kg": "one kilogram or two kilograms",
    "from 5-7 people": "from five to seven people",
    "1/2 an hour": "one half an hour",
    "open 24/7": "open twenty four seven",
    "the 1st, 22nd and 100th": "the first, twenty second and one hundredth",
    # money
    "$42.50": "forty two dollars and fifty cents",
    "$1": "one dollar",
    "€1,234.05": "one thousand two hundred thirty four euros and five cents",
    "£3 million": "three million pounds",
    "12.50 EUR": "twelve euros and fifty cents",
    "$0.99": "ninety nine cents",
    # times
    "at 10:30 a.m. tomorrow": "at ten thirty eigh M tomorrow",
    "until 5 p.m.": "until five P M.",
    "It is 5 p.m. We close.": "It is five P M. We close.",
    "9:00": "nine o'clock",
    "14:05": "fourteen oh five",
    "9:00-17:00": "nine o'clock to seventeen hundred",
    "9 am - 1 pm": "nine eigh M to one P M",
    # dates
    "March 5th, 2026": "March fifth, twenty twenty six",
    "5 March 2026": "the fifth of March, twenty twenty six",
    "on the 7th of May": "on the seventh of May",
    "2026-11-22": "November twenty second, twenty twenty six",
    "11/22/2026": "November twenty second, twenty twenty six",
    "22.11.2026": "November twenty second, twenty twenty six",
    "Mon., Sept. 5": "Monday, September fifth",
    "in 1999": "in nineteen ninety nine",
    # telephone
    "Call 555-0123.": "Call five five five, zero one two three.",
    "+1 (555) 010-0123": "plus one, five five five, zero one zero, zero one two three",
    "extension 204": "extension two zero four",
    "ext. 12": "extension twelve",
    "PIN 4711": "PIN four seven one one",
    "1234567": "one two three, four five six seven",
    # words
    "Dr. Smith and Mrs. Jones": "doctor Smith and missus Jones",
    "Mon-Fri 8-18, Sat 9-12": "Monday to Friday eight to eighteen, Saturday nine to twelve",
    "Fri 5 is free": "Friday five is free",
    "We sat. Then we left.": "We sat. Then we left.",
    "on 6th St. Then left": "on sixth Street. Then left",
    "At St. Mary's": "At Saint Mary's",
    "Take plan B. Then call J. Lee.": "Take plan B. Then call J Lee.",
    "HVAC and COVID-19": "H V eigh C and COVID nineteen",
    "the 1980s": "the nineteen eighties",
    "version 2.0.1": "version two point zero point one",
    "-$12.30": "minus twelve dollars and thirty cents",
    "5 x 3": "five times three",
    "Springfield 62704": "Springfield six two seven zero four",
    "12 St. James St.": "twelve Saint James Street.",
    "No. 5": "number five",
    "I said no. Then I left.": "I said no. Then I left.",
    "the USA and IT": "the U S eigh and I T",
    "NASA": "NASA",
    "OK, fine": "okay, fine",
    "room B12": "room B twelve",
    "J. R. Smith": "J R Smith",
    "e.g. tea": "for example tea",
    "A & B": "A and B",
    "Press * or #.": "Press star or pound.",
    "jane.doe42@example.co.uk": "jane dot doe four two at example dot co dot U K",
    "see www.example.com": "see W W W dot example dot com",
    "Café “naïve” — really…": "Cafe naive, really.",
    "wait (please) here": "wait, please, here",
    "don't 'stop'": "don't stop",
    "PLEASE HOLD THE LINE": "please hold the line",
}


@pytest.mark.parametrize(("written", "said"), SAID.items())
def test_written_text_is_said_as_people_say_it(written: str, said: str) -> None:
    """Numbers, dates, money and abbreviations come out in words."""
    assert normalise(written) == said


def test_clauses_keep_their_marks() -> None:
    """A text is divided at marks, and each clause knows the one that closes it."""
    assert clauses("Hello, Dr. Lee! Are you there?") == (
        Clause("Hello", ","),
        Clause("doctor Lee", "!"),
        Clause("Are you there", "?"),
    )


def test_text_without_mark_ends_like_a_sentence() -> None:
    """A prompt without a full stop gets one."""
    assert clauses("please hold") == (Clause("please hold", "."),)


@pytest.mark.parametrize("nothing", ["", "  ", "...", "—", "!?", "\n\n", "'"])
def test_nothing_to_say_is_no_clause(nothing: str) -> None:
    """Marks alone say nothing."""
    assert clauses(nothing) == ()


def test_long_clauses_are_divided_before_joining_words() -> None:
    """A breathless sentence is cut, so that it cannot hold back the audio, and no word is lost."""
    words = ("we looked at the house and then " * 12).strip()
    parts = clauses(words)
    assert max(len(part.words.split()) for part in parts) <= MAX_CLAUSE_WORDS
    assert " ".join(part.words for part in parts) == words
    assert parts[1].words.startswith("and")
    assert parts[-1].mark == "."


def test_endless_text_is_bounded() -> None:
    """What nobody would listen to is cut at a word."""
    said = normalise("hello " * MAX_CHARACTERS)
    assert len(said) <= MAX_CHARACTERS
    assert set(said.split()) == {"hello"}


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200) | st.text("0123456789.,:-/$€@#*()+ apmAPM'", max_size=80))
def test_any_text_becomes_plain_words(text: str) -> None:
    """Whatever is written, only letters, apostrophes, spaces and marks remain, and none raises."""
    assert re.fullmatch(r"[A-Za-z' ,;:.!?]*", normalise(text))
    for clause in clauses(text):
        assert re.fullmatch(r"[A-Za-z' ]+", clause.words)
        assert clause.mark in ",;:.!?"


def test_hostile_text_costs_no_more_than_a_long_one() -> None:
    """No pattern explodes: repeated halves of patterns stay within a small multiple of prose."""
    size = MAX_CHARACTERS - 10

    def cost(text: str) -> float:
        began = time.process_time()
        normalise((text * size)[:size])
        return time.process_time() - began

    prose = cost("we are open from 8 to 6, call 555-0123. ")
    for text in ("1", "1,234", "12-34 ", "a.", "a-b@", "(1", "1:", "+1 ", "A", "0 ", "$"):
        assert cost(text) < 40 * prose + 0.2, text


def test_other_languages_are_left_to_espeak() -> None:
    """Without rules for a language its letters and digits stay, and signs go."""
    assert normalise("Ça coûte 12 € ?", "fr") == "Ça coûte 12?"
    assert clauses("Привет, мир", "ru") == (Clause("Привет", ","), Clause("мир", "."))
