import pytest

from appliance.dialogue.slots.calendar_words import DATES_DE, DATES_EN, TIMES_DE, TIMES_EN
from appliance.dialogue.text import normalise

TABLES = (DATES_EN, DATES_DE, TIMES_EN, TIMES_DE)


@pytest.mark.parametrize("table", TABLES)
def test_normal_form(table):
    """Holds phrases as the recogniser writes them, each with one letter."""
    for phrase, (letter, value) in table.items():
        assert normalise(phrase) == phrase
        assert len(letter) == 1
        assert isinstance(value, int)


def test_months_and_days():
    """Numbers months from one and weekdays from Monday."""
    assert (DATES_EN["december"], DATES_EN["monday"]) == (("M", 12), ("W", 0))
    assert (DATES_DE["dezember"], DATES_DE["sonntag"]) == (("M", 12), ("W", 6))
