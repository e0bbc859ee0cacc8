"""Behaviour of `appliance.speech.words.written_en`: English words and what people write for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.speech.words.spelled import digits
from appliance.speech.words.text import normalise
from appliance.speech.words.written import written

WRITTEN = {
    "four four five five": "4455",
    "double seven oh four": "7704",
    "half past three": "3:30",
    "the twenty second of november": "22 November",
    "twelve dollars fifty": "$12.50",
    "quarter to five": "4:45",
    "b c one two": "BC12",
    "b as in bravo": "B",
    "one of the doctors": "one of the doctors",
    "twelve": "12",
    "i would like two": "i would like two",
    "at three thirty": "at 3:30",
    "three thirty p m": "3:30 pm",
    "five fifty": "five fifty",
    "room five fifty": "room 550",
    "room two zero four": "room 204",
    "extension twelve": "extension 12",
    "nineteen ninety nine": "1999",
    "twenty twenty six": "2026",
    "two thousand and seven": "2007",
    "three hundred and forty two": "342",
    "one thousand two hundred five": "1205",
    "three million dollars": "$3 million",
    "two point five million euros": "€2.5 million",
    "five percent": "5%",
    "three point five": "3.5",
    "minus four degrees": "-4 degrees",
    "november twenty second twenty twenty six": "November 22, 2026",
    "may first": "May 1",
    "may i": "may i",
    "on the third of may": "on 3 May",
    "march first two thousand seven": "March 1, 2007",
    "the second": "the second",
    "the twenty second": "the 22nd",
    "twenty second wait": "20 second wait",
    "a tenth": "a tenth",
    "the thirtieth floor": "the 30th floor",
    "five to ten people": "five to 10 people",
    "at five to ten": "at 9:55",
    "from ten to five": "from 10 to five",
    "ten past four": "4:10",
    "nine o'clock": "9:00",
    "nine oh five": "905",
    "at nine oh five": "at 9:05",
    "twelve dollars and five cents": "$12.05",
    "five pounds": "five pounds",
    "five pounds twenty": "£5.20",
    "plus four nine three zero four four five five": "+49304455",
    "zero one seven one double two three": "0171223",
    "alpha bravo charlie": "ABC",
    "november golf": "november golf",
    "d as in delta e for echo a": "DEA",
    "is it a b": "is it a b",
    "my name is s m i t h": "my name is SMITH",
    "u s a": "USA",
    "o k": "OK",
    "jane dot doe at example dot com": "jane.doe@example.com",
    "look at example dot com": "look at example.com",
    "it's o k": "it's OK",
    "from one to three p m": "from 1 to 3 pm",
    "get a w from": "get a w from",
    "the i t people": "the i t people",
    "a b": "AB",
    "a hundred": "a hundred",
    "a hundred dollars": "$100",
    "a hundred and five": "105",
    "one hundred": "100",
    "oh one moment please": "oh one moment please",
    "seven oh": "70",
    "twenty four seven": "24/7",
    "room b twelve": "room B12",
    "flight l h four hundred": "flight LH 400",
    "forty four fifty five sixty six": "445566",
    "ten": "10",
    "twenty two": "22",
    "two hundred thousand": "200000",
    "since nineteen fifty": "since 1950",
    "twelve thirty": "twelve thirty",
    "around twelve thirty": "around 12:30",
    "one two or three": "12 or three",
    "it's a quarter past six a m": "it's 6:15 am",
    "i need a b c": "i need ABC",
    "double u double o d": "WOOD",
    "zero": "zero",
    "oh": "oh",
    "x as in x ray y": "XY",
    "press one": "press 1",
    "number one": "number 1",
    "two b": "2B",
    "one twenty five": "one twenty five",
    "four five twenty": "4520",
    "oh two oh seven nine four six oh oh one eight": "02079460018",
    "three d": "3D",
    "two p m": "2 pm",
    "nine a m to five p m": "9 am to 5 pm",
    "twenty five to six": "5:35",
    "at twenty five to six": "at 5:35",
    "one million two hundred thousand": "1200000",
    "the first of the month": "the first of the month",
    "april five": "April 5",
    "seven hundred and forty seven": "747",
    "i have ten ten minute slots": "i have ten ten minute slots",
    "at twenty two thirty": "at 22:30",
    "five fifty sixty": "five fifty sixty",
    "two twenty dollar bills": "two $20 bills",
    "we are open nine to five": "we are open nine to five",
    "i was born on the fifth of may nineteen eighty": "i was born on 5 May 1980",
    "two thirds of it": "two thirds of it",
    "my pin is four seven one one": "my pin is 4711",
    "eighteen hundred": "1800",
    "may first of all thank you": "may first of all thank you",
    "half past three in the afternoon": "3:30 in the afternoon",
    "my room number is nine": "my room number is 9",
}


@pytest.mark.parametrize(("said", "figures"), WRITTEN.items())
def test_words_become_what_people_write(said: str, figures: str) -> None:
    """Numbers, dates, times, money and codes are figures; what is unclear stays words."""
    assert written(said) == figures


@given(st.integers(10, 99_999_999))
def test_a_number_survives_being_said(number: int) -> None:
    """What the voice says for a number is written as that number, whichever way it says it."""
    said = normalise(str(number))
    assert written(said.replace(",", "")) == str(number)


@given(st.text("0123456789", min_size=2, max_size=20))
def test_digits_survive_being_said(run: str) -> None:
    """A string of digits said one by one is that string."""
    assert written(digits(run)) == run


@given(st.integers(1, 31), st.sampled_from(["January", "May", "November"]), st.integers(1910, 2059))
def test_a_date_survives_being_said(day: int, month: str, year: int) -> None:
    """A date said by the voice is the same date in figures."""
    said = normalise(f"{day} {month} {year}").replace(",", "").lower()
    assert written(said) == f"{day} {month} {year}"


@given(st.integers(1, 12), st.integers(1, 59), st.sampled_from(["am", "pm"]))
def test_a_time_survives_being_said(hour: int, minute: int, half: str) -> None:
    """A time of day said by the voice is the same time in figures."""
    said = normalise(f"{hour}:{minute:02d} {half}").lower().replace(" eigh m", " a m")
    assert written(said) == f"{hour}:{minute:02d} {half}"


@given(st.integers(1, 9999), st.integers(1, 99))
def test_money_survives_being_said(dollars: int, cents: int) -> None:
    """An amount said by the voice is the same amount in figures."""
    assert written(normalise(f"${dollars}.{cents:02d}")) == f"${dollars}.{cents:02d}"
