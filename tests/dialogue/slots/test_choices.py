import pytest

from appliance.dialogue.script import Choice
from appliance.dialogue.slots.choices import Choices
from tests.dialogue.slots.world import COLOURS, SCRIPTS, context, read

SLOT = SCRIPTS["en"].slots["choice"]


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("en", "the second one", "blue"), ("en", "option two", "blue"), ("en", "two", "blue"),
        ("en", "the last", "green"), ("en", "the former", "red"), ("en", "sky blue", "blue"),
        ("en", "grean", "green"), ("en", "not the red one but the blue one", "blue"),
        ("de", "das zweite", "blue"), ("de", "das rote bitte", "red"), ("de", "nummer drei", "green"),
        ("en", "the fifth", ""), ("en", "purple", ""), ("en", "i have two questions", ""),
    ],
)  # fmt: skip
def test_read(language, text, value):
    """Takes an answer by its name, misheard or not, by what else is said for it, by its place."""
    assert read(language, "choice", text).value == value


def test_two_at_once():
    """Is not sure where two were named."""
    assert read("en", "choice", "red or blue").confidence <= 0.6


def test_places_unasked():
    """Counts places only where it was asked."""
    choices = Choices(COLOURS["en"])
    assert choices.read(["second"], SLOT, context(asked=False)) == []


def test_keys():
    """Knows answers by their key, else by their place."""
    choices = Choices(COLOURS["en"])
    assert [choices.by_key(key) for key in "123489*"] == ["red", "blue", "green", "", "", "", ""]


def test_names():
    """Lists what may be said, and says an answer by its name."""
    choices = Choices(COLOURS["de"])
    assert {"rot", "rote", "blau"} <= set(choices.names())
    assert choices.name("red") == "rot"
    assert choices.name("other") == "other"


def test_name_is_a_template():
    """Says the name of an answer in full where it was written as a template."""
    choices = Choices([Choice("a", "[the] (current|present) one")])
    assert choices.name("a") == "the current one"
    assert choices.read(["present", "one"], SLOT, context())[0].value == "a"


def test_refused_answers_do_not_count():
    """Is sure of the one where the other was refused."""
    reading = read("en", "choice", "blue and not the red one")
    assert (reading.value, reading.confidence > 0.9) == ("blue", True)
