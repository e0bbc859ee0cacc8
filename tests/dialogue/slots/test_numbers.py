from decimal import Decimal

import pytest

from appliance.dialogue.script import Slot, SlotKind
from appliance.dialogue.slots import numbers
from tests.dialogue.slots.world import SCRIPTS, context

COUNT = SCRIPTS["en"].slots["count"]


def best(language, text, slot=COUNT, **more):
    found = numbers.read(text.split(), slot, context(language, **more))
    return max(found, key=lambda r: (not r.problem, r.confidence), default=None)


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("en", "four seven one one", "4711"), ("en", "forty seven eleven", "4711"),
        ("en", "four five six point seven", "456.7"), ("de", "vier fünf sechs komma sieben", "456.7"),
        ("en", "myself", "1"), ("de", "zu zweit", "2"), ("en", "both of us", "2"),
    ],
)  # fmt: skip
def test_read(language, text, value):
    """Reads numbers, also where their figures are said one by one, and words that count."""
    assert best(language, text).value == value


def test_articles_are_no_counts():
    """Is not sure that "eine" counts, and takes it for nothing in a free sentence."""
    assert best("de", "eine").confidence < 0.7
    assert best("de", "ich habe eine frage", asked=False).confidence < 0.5
    assert best("en", "a", asked=False) is None


def test_unit():
    """Is surer of a number in a free sentence where its unit is said with it."""
    meter = Slot("m", SlotKind.NUMBER, unit="kilowatt hours")
    with_unit = best("en", "it shows 512 kilowatt hours", meter, asked=False)
    without = best("en", "it shows 512 i think", meter, asked=False)
    assert with_unit.confidence > without.confidence


def test_dispatch():
    """Reads cardinals and ordinals in the language of the call."""
    assert numbers.cardinal(["zwei"], 0, "de-DE").value == 2
    assert numbers.cardinal(["zwei"], 0, "en") is None
    assert numbers.ordinal(["second"], 0, "en").value == 2
    assert numbers.ordinal(["zweite"], 0, "de").value == 2


@pytest.mark.parametrize(
    ("value", "is_whole"), [("3", True), ("3.0", True), ("3.5", False), ("-1", False)]
)
def test_whole(value, is_whole):
    """Knows what can count things."""
    assert numbers.whole(Decimal(value)) is is_whole
