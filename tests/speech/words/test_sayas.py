"""Behaviour of `appliance.speech.words.sayas`, heard through `text.normalise` as a voice is."""

from __future__ import annotations

import pytest

from appliance.speech.words.sayas import SayAs, said
from appliance.speech.words.text import normalise

ENGLISH = [
    ("digits", "4455", "", "four four five five"),
    ("digits", "none", "", "none"),
    ("characters", "aB-1", "", "eigh B dash one"),
    ("spell-out", "Lee", "", "L E E"),
    ("verbatim", "x@y", "", "X at Y"),
    ("telephone", "+1 555 0123", "", "plus one, five five five, zero one two three"),
    ("date", "22.11.2026", "dmy", "November twenty second, twenty twenty six"),
    ("date", "03/04/2026", "dmy", "April third, twenty twenty six"),
    ("date", "03/04/2026", "mdy", "March fourth, twenty twenty six"),
    ("date", "3/4", "md", "March fourth"),
    ("date", "03/04/26", "dmy", "April third, twenty twenty six"),
    ("date", "2026-11-22", "", "November twenty second, twenty twenty six"),
    ("date", "May 5", "md", "May fifth"),
    ("time", "1530", "", "fifteen thirty"),
    ("time", "3:30pm", "", "three thirty P M"),
    ("ordinal", "22", "", "twenty second"),
    ("ordinal", "22nd", "", "twenty second"),
    ("cardinal", "1999", "", "one thousand nine hundred ninety nine"),
    ("cardinal", "12,345.5", "", "twelve thousand three hundred forty five point five"),
    ("number", "-70173", "", "minus seventy thousand one hundred seventy three"),
    ("cardinal", "many", "", "many"),
    ("currency", "USD 42.50", "", "forty two dollars and fifty cents"),
    ("currency", "$3", "", "three dollars"),
]
GERMAN = [
    ("digits", "4455", "", "vier vier fünf fünf"),
    ("characters", "aß-1", "", "A Eszett Bindestrich eins"),
    ("telephone", "030/4455", "", "null drei null, vier vier fünf fünf"),
    ("date", "11/22/2026", "mdy", "zweiundzwanzigster November zweitausend sechsundzwanzig"),
    ("date", "22.11.", "dm", "zweiundzwanzigster November."),
    ("time", "15:30", "", "fünfzehn Uhr dreißig"),
    ("ordinal", "3.", "", "dritte"),
    ("cardinal", "1.999,5", "", "tausend neunhundertneunundneunzig Komma fünf"),
    ("currency", "12.50 €", "", "zwölf Euro fünfzig"),
]


@pytest.mark.parametrize(
    ("kind", "content", "form", "words", "language"),
    [(*row, "en") for row in ENGLISH] + [(*row, "de") for row in GERMAN],
)
def test_content_is_said_as_its_kind(
    kind: str, content: str, form: str, words: str, language: str
) -> None:
    """What an author marks is read as that, and what does not fit is read as text."""
    assert normalise(said(SayAs(kind), content, language, form), language) == words


def test_a_german_date_takes_the_case_of_its_sentence() -> None:
    """The words around a marked date decide its ending."""
    text = f"am {said(SayAs.DATE, '2026-11-22', 'de', 'ymd')}"
    assert normalise(text, "de").startswith("am zweiundzwanzigsten November")


def test_other_languages_keep_their_content() -> None:
    """A language without rules here is left to espeak-ng."""
    assert said(SayAs.DIGITS, "44", "fr") == "44"
