import dataclasses

import pytest

from appliance.dialogue import load
from appliance.dialogue.script import Slot, SlotKind, is_call_fact
from tests.dialogue.authoring.guide import guide_files
from tests.dialogue.script_player import starter_files


def test_a_script_is_immutable():
    """Cannot be changed while calls run on it."""
    script = load(starter_files())
    with pytest.raises(dataclasses.FrozenInstanceError):
        script.greeting = "Hi."
    assert script == load(starter_files())


def test_call_facts():
    """Knows what the line tells of a call, headers that the site names among it."""
    assert is_call_fact("caller")
    assert is_call_fact("x_customer_id")
    assert not is_call_fact("x_")
    assert not is_call_fact("customer")


def test_lengths_of_digits():
    """Takes a slot without a length for any number of digits."""
    assert Slot("a", SlotKind.DIGITS, 6, 8).fits("1234567")
    assert not Slot("a", SlotKind.DIGITS, 6, 8).fits("12345")
    assert not Slot("a", SlotKind.DIGITS, 6, 8).fits("123456789")
    assert Slot("a", SlotKind.DIGITS).fits("1" * 30)


def test_a_whole_script_is_equal_to_itself():
    """Compares with everything in it, so that a test can tell what has changed."""
    files = guide_files()
    assert load(files) == load(files)
    files["connectors.yaml"] = files["connectors.yaml"].replace("timeout: 3", "timeout: 4")
    assert load(files) != load(guide_files())
