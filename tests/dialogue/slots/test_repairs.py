import pytest

from appliance.dialogue.script import Slot, SlotKind
from appliance.dialogue.slots import postcodes, repairs
from appliance.dialogue.slots.reading import Reading
from tests.dialogue.slots.world import amend, context, read


@pytest.mark.parametrize(
    ("name", "before", "said", "value"),
    [
        ("pin", "4456", "no 4455", "4455"),
        ("pin", "4456", "wait four four five five", "4455"),
        ("pin", "4456", "the last one is a five", "4455"),
        ("pin", "4456", "no the last digit is five", "4455"),
        ("pin", "4456", "i said 4455 not 4456", "4455"),
        ("pin", "4456", "no fifty five", "4455"),
        ("pin", "4456", "it ends in five five", "4455"),
        ("pin", "4456", "it starts with double three", "3356"),
        ("pin", "4456", "the six should be a five", "4455"),
        ("pin", "4456", "five not six", "4455"),
        ("pin", "4456", "the third digit is a six", "4466"),
        ("pin", "4456", "the last but one is a six", "4466"),
        ("account", "030", "four four five", "030445"),
        ("account", "123457", "the last two digits are five six", "123456"),
        ("date", "2026-12-01", "no the fifteenth", "2026-12-15"),
        ("date", "2026-12-01", "no friday", "2026-11-27"),
        ("date", "2026-12-05", "no in january", "2027-01-05"),
        ("date", "2026-12-05", "in twenty twenty seven", "2027-12-05"),
        ("time", "15:30", "no half past four", "16:30"),
        ("time", "15:30", "no in the morning", "03:30"),
        ("time", "08:30", "pm", "20:30"),
        ("name", "Anna Maier", "no m e y e r", "Anna Meyer"),
        ("name", "Peter Smith", "with a y", "Peter Smyth"),
        ("choice", "red", "no the blue one", "blue"),
        ("person", "p1", "no bert meyer", "p2"),
        ("amount", "12.50", "no thirteen fifty", "13.50"),
        ("count", "15", "no fifty", "50"),
        ("code", "ABC12", "no the second letter is p", "APC12"),
        ("phone", "0301234567", "no the last one is an eight", "0301234568"),
        ("place", "radiology", "no cardiology", "cardiology"),
    ],
)
def test_english(name, before, said, value):
    """Repairs what was understood: a new value, a place in it, or what was heard for what."""
    assert amend("en", name, before, said) == (value, "")


@pytest.mark.parametrize(
    ("name", "before", "said", "value"),
    [
        ("pin", "4456", "nein 4455", "4455"),
        ("pin", "4456", "moment vier vier fünf fünf", "4455"),
        ("pin", "4456", "die letzte ist eine fünf", "4455"),
        ("pin", "4456", "die letzte ziffer ist eine fünf", "4455"),
        ("pin", "4456", "die vorletzte ziffer ist eine sechs", "4466"),
        ("pin", "4456", "ich meinte 4455 nicht 4456", "4455"),
        ("pin", "4456", "nicht sechs sondern fünf", "4455"),
        ("pin", "4456", "am ende fünf fünf", "4455"),
        ("pin", "4456", "statt der sechs eine fünf", "4455"),
        ("account", "123457", "die letzten beiden ziffern sind fünf sechs", "123456"),
        ("account", "123", "vier fünf sechs", "123456"),
        ("date", "2026-12-01", "nein am fünfzehnten", "2026-12-15"),
        ("date", "2026-12-05", "nein im januar", "2027-01-05"),
        ("time", "15:30", "nein halb fünf", "16:30"),
        ("time", "08:30", "nein abends", "20:30"),
        ("name", "Müller", "mit u e", "Mueller"),
        ("name", "Anna Maier", "nein m e y e r", "Anna Meyer"),
        ("choice", "red", "nein blau", "blue"),
        ("person", "p1", "nein bert meyer", "p2"),
        ("code", "ABC12", "der zweite buchstabe ist ein p", "APC12"),
    ],
)
def test_german(name, before, said, value):
    """Repairs the same in German."""
    assert amend("de", name, before, said) == (value, "")


@pytest.mark.parametrize(
    ("language", "name", "said"),
    [
        ("en", "pin", "what"), ("en", "pin", "no"), ("en", "pin", "yes that's right"),
        ("en", "pin", "no i want to speak to somebody"), ("en", "date", "no i don't think so"),
        ("de", "pin", "wie bitte"), ("de", "pin", "nein"), ("de", "name", "nein"),
    ],
)  # fmt: skip
def test_nothing_to_repair(language, name, said):
    """Repairs nothing where nothing of the kind was said."""
    assert amend(language, name, "4456" if name == "pin" else "2026-12-01", said) is None


def test_split():
    """Divides an utterance where the caller corrects themselves."""
    assert repairs.split(["030", "wait", "4455"], "en") == [["030"], ["4455"]]
    assert repairs.split(["drei", "nein", "moment", "vier"], "de") == [["drei"], ["vier"]]
    assert repairs.split(["no"], "en") == []


@pytest.mark.parametrize(
    ("language", "name", "text", "value"),
    [
        ("en", "pin", "four four five six no the last one is five", "4455"),
        ("en", "pin", "four four wait four four five five", "4455"),
        ("en", "account", "one two three wait four five six", "123456"),
        ("en", "time", "at ten sorry at eleven", "11:00"),
        ("de", "pin", "vier vier fünf sechs nein am ende fünf", "4455"),
    ],
)
def test_within_an_utterance(language, name, text, value):
    """Repairs what the caller takes back in the same breath."""
    assert read(language, name, text).value == value


def test_a_postcode_is_not_made_longer_by_other_figures():
    """Leaves a whole postcode as it is where a year is said; its end may be said anew."""
    slot, where = Slot("p", SlotKind.POSTCODE), context(country="GB")

    def reader(words):
        found = postcodes.read(words, slot, where)
        return max(found, key=lambda r: (not r.problem, r.confidence), default=Reading())

    year = repairs.amend(slot, "NS1 4AB", ["march", "nineteen", "seventy", "five"], where, reader)
    assert year is None or year.problem
    end = repairs.amend(slot, "NS1 4AB", ["no", "four", "a", "c"], where, reader)
    assert end is not None
    assert (end.value, end.problem) == ("NS1 4AC", "")
