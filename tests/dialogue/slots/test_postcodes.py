import pytest

from appliance.dialogue.script import Slot, SlotKind
from appliance.dialogue.slots import postcodes
from tests.dialogue.slots.world import context

SLOT = Slot("p", SlotKind.POSTCODE)


@pytest.mark.parametrize(
    ("country", "text", "value"),
    [
        ("DE", "one oh one one five", "10115"), ("AT", "one oh one oh", "1010"),
        ("GB", "s w one a two a a", "SW1A 2AA"), ("GB", "m one one a e", "M1 1AE"),
        ("NL", "one two three four a b", "1234 AB"), ("US", "nine oh two one oh", "90210"),
        ("CA", "k one a zero b one", "K1A 0B1"), ("US", "902101234", "90210-1234"), ("", "10115", "10115"),
    ],
)  # fmt: skip
def test_read(country, text, value):
    """Reads the postcodes of a country in their usual form."""
    found = postcodes.read(text.split(), SLOT, context(country=country))
    assert max(found, key=lambda r: (not r.problem, r.confidence)).value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("and s one for a b", "NS1 4AB"), ("en ess one four ay bee", "NS1 4AB"),
     ("s w won a to a a", "SW1A 2AA")],
)  # fmt: skip
def test_words_that_sound_like_letters(text, value):
    """Takes a word for the letter or digit that it sounds like where a postcode comes of it."""
    found = postcodes.read(text.split(), SLOT, context(country="GB"))
    best = max(found, key=lambda r: (not r.problem, r.confidence))
    assert (best.value, best.problem) == (value, "")
    plain = postcodes.read(text.split(), SLOT, context(country="GB", asked=False))
    assert not plain


def test_wrong():
    """Says that it is not complete, or not of the country's length."""
    problems = {text: postcodes.read(text.split(), SLOT, context())[0].problem
                for text in ("101", "1011512")}  # fmt: skip
    assert problems == {"101": "incomplete", "1011512": "wrong_length"}


def test_unasked():
    """Is sure of one in a free sentence only where it is called a postcode."""
    hinted = postcodes.read(["my", "postcode", "is", "10115"], SLOT, context(asked=False))
    bare = postcodes.read(["my", "bill", "is", "10115"], SLOT, context(asked=False))
    assert hinted[0].confidence > 0.9 > bare[0].confidence


def test_sizes():
    """Knows how long the codes of a country are."""
    assert postcodes.sizes("DE") == (5, 5)
    assert postcodes.sizes("GB") == (5, 7)
    assert postcodes.sizes("XX") == (0, 0)
