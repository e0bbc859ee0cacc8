import pytest

from appliance.dialogue.expressions import Expression
from appliance.dialogue.script import Slot, SlotKind
from appliance.dialogue.slots import speaking
from tests.dialogue.slots.world import SCRIPTS


@pytest.mark.parametrize(
    ("language", "name", "value", "said"),
    [
        ("en", "reading", "4567.8", "four thousand five hundred and sixty seven point eight kilowatt hours"),
        ("de", "reading", "1", "ein Kilowattstunden"), ("en", "amount", "12.50", "twelve euros and fifty cents"),
        ("en", "date", "2026-12-01", "Tuesday the first of December"),
        ("en", "birth", "1985-03-03", "the third of March nineteen eighty five"),
        ("de", "date", "2026-12-01", "Dienstag, der erste Dezember"),
        ("en", "time", "15:30", "half past three in the afternoon"), ("de", "time", "15:30", "fünfzehn Uhr dreißig"),
        ("en", "account", "123456", "one two, three four, five six"),
        ("en", "phone", "+493012345678", "plus four nine, three zero, one two three, four five six, seven eight"),
        ("en", "code", "AB12", "A B, one two"), ("en", "gbcode", "SW1A 1AA", "S W one A, one A A"),
        ("de", "day", "sunday", "am Sonntag"), ("en", "day", "sunday", "Sunday"), ("de", "sure", "no", "nein"),
        ("en", "about", "my bill", "my bill"), ("en", "date", "soon", "soon"), ("en", "count", "many", "many"),
    ],
)  # fmt: skip
def test_spoken(language, name, value, said):
    """Says values as people do; what is not canonical is said as it is."""
    slot = SCRIPTS[language].slots[name]
    assert speaking.spoken(slot, value, language, "EUR") == said


def test_date_without_range():
    """Says weekday and year where it is not known whether a day is to come."""
    slot = Slot("d", SlotKind.DATE)
    said = speaking.spoken(slot, "2026-12-01", "en", "EUR")
    assert said == "Tuesday the first of December twenty twenty six"
    coming = Slot("d", SlotKind.DATE, lowest=Expression.parse("today + 1"))
    assert speaking.spoken(coming, "2026-12-01", "en", "EUR").endswith("December")


def test_groups():
    """Groups as the author wants, and as is usual."""
    slot = Slot("a", SlotKind.DIGITS, groups=(1, 3))
    assert speaking.read_back(slot, "12345", "en", "") == "one, two three four, five"
    assert speaking.read_back(Slot("a", SlotKind.DIGITS), "4711", "en", "") == "four seven one one"
