import pytest

from appliance.dialogue.slots.calendar_words import DATES_DE, DATES_EN, TIMES_EN
from appliance.dialogue.slots.items import Lexer, kept, letters

DATES = Lexer(DATES_EN, "en", "WM")
TIMES = Lexer(TIMES_EN, "en", clock=True)


@pytest.mark.parametrize(
    ("lexer", "text", "line"),
    [
        (DATES, "the twenty first of december twenty twenty six", ".O.MNN"),
        (DATES, "on wensday please", ".W-"),
        (DATES, "5.30", "D"),
        (TIMES, "5.30", "C"),
        (TIMES, "half past three in the afternoon", "hNP"),
        (TIMES, "15:30pm and 99:99", "C--"),
        (Lexer(DATES_DE, "de"), "am ein und zwanzigsten dezember", ".OM"),
    ],
)
def test_letters(lexer, text, line):
    """Sorts words into letters, numbers and misheard words too."""
    assert letters(lexer.items(text.split())) == line


def test_every_word_is_in_one_item():
    """Leaves no word out and takes none twice."""
    said = [
        "could",
        "we",
        "say",
        "tuesday",
        "the",
        "first",
        "of",
        "december",
        "at",
        "half",
        "past",
        "three",
    ]
    items = DATES.items(said)
    assert [i for item in items for i in range(item.first, item.end)] == list(range(len(said)))


def test_misheard_is_less_sure():
    """Is less sure of a misheard word."""
    (item,) = DATES.items(["wensday"])
    assert 0.7 < item.sure < 1.0


def test_kept():
    """Leaves out what only fills."""
    assert letters(kept(DATES.items(["the", "first", "of", "december"]))) == "OM"
