import pytest

from appliance.dialogue.slots import names
from tests.dialogue.slots.world import SCRIPTS, context, read

SLOT = SCRIPTS["en"].slots["name"]


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("en", "my name is peter van der berg", "Peter van der Berg"),
        ("en", "smith s m y t h", "Smyth"), ("en", "it's john smith s m y t h", "John Smyth"),
        ("de", "weiß mit doppel s", "Weiss"), ("de", "ich heiße karla schmitt mit d t", "Karla Schmidt"),
        ("de", "müller", "Müller"), ("de", "anna maria von stein", "Anna Maria von Stein"),
    ],
)  # fmt: skip
def test_read(language, text, value):
    """Reads names said, spelled and explained, written as names are."""
    assert read(language, "name", text).value == value


def test_spelled_is_surer():
    """Is surer of what was spelled than of what was said."""
    assert read("en", "name", "m e y e r").confidence > read("en", "name", "meyer").confidence


@pytest.mark.parametrize("text", ["i want to pay my bill", "four seven one one", "hello"])
def test_unasked(text):
    """Finds a name in a free sentence only where the caller leads up to it."""
    assert names.read(text.split(), SLOT, context(asked=False)) == []
    led = names.read(["hello", "my", "name", "is", "anna", "meyer"], SLOT, context(asked=False))
    assert led[0].value == "Anna Meyer"


def test_no_sentence_is_a_name():
    """Takes a long sentence for no name though one was asked for."""
    assert read("en", "name", "could you tell me where your office is").value == ""
