"""Behaviour of `appliance.speech.words.written_de`: German words and what people write for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.speech.words.spelled_de import digits
from appliance.speech.words.text import normalise
from appliance.speech.words.written import written

WRITTEN = {
    "vier vier fünf fünf": "4455",
    "einundzwanzig": "21",
    "zwei und zwanzig": "22",
    "halb vier": "3:30 Uhr",
    "viertel nach drei": "3:15 Uhr",
    "viertel vor fünf": "4:45 Uhr",
    "dreiviertel vier": "3:45 Uhr",
    "fünf vor halb vier": "3:25 Uhr",
    "zehn nach halb eins": "12:40 Uhr",
    "zehn vor drei": "2:50 Uhr",
    "zehn vor zwei wochen": "10 vor zwei wochen",
    "um fünfzehn uhr dreißig": "um 15:30 Uhr",
    "um acht uhr": "um 8 Uhr",
    "acht uhr fünf": "8:05 Uhr",
    "um acht uhr zwei personen": "um 8 Uhr zwei personen",
    "ein uhr": "1 Uhr",
    "am zweiundzwanzigsten november": "am 22. November",
    "am zwei und zwanzigsten elften zweitausendsechsundzwanzig": "am 22.11.2026",
    "am dritten mai neunzehnhundertneunundneunzig": "am 3. Mai 1999",
    "am dritten": "am dritten",
    "der zwölfte": "der 12.",
    "zwölf euro fünfzig": "12,50 €",
    "ein euro": "1 €",
    "zwölf euro und fünf cent": "12,05 €",
    "drei millionen euro": "3 Millionen €",
    "zwei komma fünf millionen euro": "2,5 Millionen €",
    "fünf prozent": "5 %",
    "drei komma fünf": "3,5",
    "minus vier grad": "-4 grad",
    "null drei null vierundvierzig fünfundfünfzig": "0304455",
    "plus vier neun drei null vier vier": "+493044",
    "b c eins zwei": "BC12",
    "b wie berta": "B",
    "anton berta cäsar": "ABC",
    "anton kommt": "anton kommt",
    "zimmer zwei null vier": "zimmer 204",
    "durchwahl zwölf": "durchwahl 12",
    "ein termin": "ein termin",
    "eins": "eins",
    "einen von den ärzten": "einen von den ärzten",
    "hundert": "hundert",
    "tausend dank": "tausend dank",
    "hunderteins": "101",
    "tausend zweihundertvierunddreißig": "1234",
    "zweitausend sechsundzwanzig": "2026",
    "neunzehnhundert neunundneunzig": "1999",
    "acht dreißig": "acht dreißig",
    "zehn dreißig": "zehn dreißig",
    "m ü l l e r": "MÜLLER",
    "m u umlaut doppel l e r": "MÜLLER",
    "eszett": "eszett",
    "zwo drei": "23",
    "drei oder vier": "drei oder vier",
    "zwei hundert fünf": "205",
    "eine million": "1 Million",
    "von acht bis achtzehn uhr": "von 8 bis 18 Uhr",
    "um halb neun uhr": "um 8:30 Uhr",
    "null uhr fünf": "0:05 Uhr",
    "siebzig eins sieben drei": "70173",
    "sieben null eins sieben drei": "70173",
    "drei viertel": "drei viertel",
    "viertel": "viertel",
    "und zwanzig": "und 20",
    "zwanzig und dreißig": "20 und 30",
    "fünf und zwanzig": "25",
    "kundennummer vier sieben elf": "kundennummer 4711",
    "bis achtzehn uhr dreißig": "bis 18:30 Uhr",
    "am siebten mai": "am 7. Mai",
    "am achten": "am achten",
    "drei und": "drei und",
    "max punkt weber ät beispiel punkt de": "max.weber@beispiel.de",
    "bis zu diesem punkt": "bis zu diesem punkt",
    "fünf zehn": "fünf zehn",
    "zwei bis drei leute": "zwei bis drei leute",
    "acht bis halb neun": "8 bis 8:30 Uhr",
    "zwoundzwanzig": "22",
    "zweiunddreissig": "32",
    "acht uhr zwanzig leute": "8 Uhr 20 leute",
    "meine kundennummer lautet vier": "meine kundennummer lautet 4",
}


@pytest.mark.parametrize(("said", "figures"), WRITTEN.items())
def test_words_become_what_people_write(said: str, figures: str) -> None:
    """Numbers, dates, times, money and codes are figures; what is unclear stays words."""
    assert written(said, "de") == figures


@given(st.integers(10, 99_999_999))
def test_a_number_survives_being_said(number: int) -> None:
    """What the voice says for a number is written as that number, in one word or divided."""
    said = normalise(str(number), "de").replace(",", "")
    if said not in {"hundert", "tausend"}:
        assert written(said, "de") == str(number)


@given(st.text("0123456789", min_size=2, max_size=20))
def test_digits_survive_being_said(run: str) -> None:
    """A string of digits said one by one is that string."""
    assert written(digits(run), "de") == run


@given(st.integers(1, 31), st.sampled_from(["Januar", "Mai", "November"]), st.integers(1910, 2059))
def test_a_date_survives_being_said(day: int, month: str, year: int) -> None:
    """A date said by the voice is the same date in figures."""
    said = normalise(f"am {day}. {month} {year}", "de").lower()
    assert written(said, "de") == f"am {day}. {month} {year}"


@given(st.integers(0, 24), st.integers(1, 59))
def test_a_time_survives_being_said(hour: int, minute: int) -> None:
    """A time of day said by the voice is the same time in figures."""
    said = normalise(f"{hour}:{minute:02d} Uhr", "de").lower()
    assert written(said, "de") == f"{hour}:{minute:02d} Uhr"


@given(st.integers(1, 9999), st.integers(1, 99))
def test_money_survives_being_said(euros: int, cents: int) -> None:
    """An amount said by the voice is the same amount in figures."""
    said = normalise(f"{euros},{cents:02d} €", "de").lower()
    assert written(said, "de") == f"{euros},{cents:02d} €"
