import pytest

from appliance.dialogue.slots import phones
from tests.dialogue.slots.world import SCRIPTS, context, read

SLOT = SCRIPTS["en"].slots["phone"]


@pytest.mark.parametrize(
    ("text", "value", "problem"),
    [
        ("oh three oh one two three four five six seven", "0301234567", ""),
        ("plus four nine three oh one two three four five six seven", "+49301234567", ""),
        ("+49 30 1234567", "+49301234567", ""),
        ("two oh one", "201", ""),
        ("one two", "12", "incomplete"),
        ("plus four nine three", "+493", "incomplete"),
        ("one two three four five six seven eight nine one two three four five six seven eight nine",
         "123456789123456789", "wrong_length"),
    ],
)  # fmt: skip
def test_read(text, value, problem):
    """Reads numbers as one would dial them, and says what cannot be one."""
    reading = read("en", "phone", text)
    assert (reading.value, reading.problem) == (value, problem)


def test_valid_is_surer():
    """Is surer of a number that exists in the country's plan."""
    good = phones.read(["03012345678"], SLOT, context())[0]
    odd = phones.read(["99999"], SLOT, context())[0]
    assert good.confidence > odd.confidence


def test_without_a_country():
    """Takes a national number as it is where the country is not known, an odd + for none."""
    assert phones.read(["0301234567"], SLOT, context(country=""))[0].problem == ""
    assert phones.read(["+00012"], SLOT, context(country=""))[0].problem != ""


def test_unasked():
    """Finds only whole, plausible numbers in a free sentence."""
    free = context(asked=False)
    assert phones.read(["four", "thousand", "five", "hundred", "and", "ten"], SLOT, free) == []
    found = phones.read(["call", "me", "on", "030", "12345678", "please"], SLOT, free)
    assert found[0].value == "03012345678"
