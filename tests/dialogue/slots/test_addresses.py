import pytest

from appliance.dialogue.slots import addresses
from appliance.dialogue.slots.entries import Entries
from tests.dialogue.slots.world import STREETS, context

ENGLISH = Entries(STREETS["en"], parts=False)
GERMAN = Entries(STREETS["de"], parts=False)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("mill lane twelve", "Mill Lane 12"), ("12 b high street", "High Street 12 b"),
        ("twelve a mill lane", "Mill Lane 12 a"), ("mill lane number one oh four", "Mill Lane 104"),
        ("mil lane 7", "Mill Lane 7"),
    ],
)  # fmt: skip
def test_english(text, value):
    """Reads the house before or after the street, with its letter, the street misheard or not."""
    assert addresses.read(text.split(), ENGLISH, context())[0].value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("hauptstraße einhundertzwanzig", "Hauptstraße 120"), ("mühlweg zwölf b", "Mühlweg 12 b"),
     ("hauptstrasse hausnummer vier", "Hauptstraße 4")],
)  # fmt: skip
def test_german(text, value):
    """Reads the same in German."""
    assert addresses.read(text.split(), GERMAN, context("de"))[0].value == value


def test_without_a_house():
    """Says that a street alone is not complete, and keeps it where nobody asked."""
    assert addresses.read(["mill", "lane"], ENGLISH, context())[0].problem == "incomplete"
    unasked = addresses.read(["mill", "lane"], ENGLISH, context(asked=False))[0]
    assert (unasked.value, unasked.problem) == ("Mill Lane", "")


def test_no_part_of_a_street():
    """Takes "lane" alone for no street."""
    assert addresses.read(["lane", "four"], ENGLISH, context()) == []
