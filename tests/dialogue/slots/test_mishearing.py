import pytest

from appliance.dialogue.slots.mishearing import TABLES, restored
from tests.dialogue.slots.world import read


@pytest.mark.parametrize(
    ("language", "text", "meant"),
    [
        ("en", "for hundred and twelve", "four hundred and twelve"),
        ("en", "twenty too", "twenty two"), ("en", "ate hundred", "eight hundred"),
        ("en", "dirty two", "thirty two"), ("en", "quarter passed nine", "quarter past nine"),
        ("en", "a table for two", "a table for two"), ("en", "this is for you", "this is for you"),
        ("en", "i feel sick", "i feel sick"),
        ("de", "frei hundert", "drei hundert"), ("de", "hab vier", "halb vier"),
        ("de", "das ist für dich", "das ist für dich"),
    ],
)  # fmt: skip
def test_restored(language, text, meant):
    """Changes words that sound like numbers where numbers stand around them, and no others."""
    found, changed = restored(text.split(), language)
    assert " ".join(found) == meant
    assert (changed > 0) == (meant != text)


@pytest.mark.parametrize("language", ["en", "de"])
def test_tables(language):
    """Changes no number into another one."""
    table = TABLES[language]
    assert not set(table) & set(table.values())


def test_less_sure():
    """Is less sure of a value for each word that was changed."""
    heard, guessed = read("en", "count", "four hundred"), read("en", "count", "for hundred")
    assert heard.value == guessed.value == "400"
    assert guessed.confidence < heard.confidence
