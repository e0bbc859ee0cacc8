"""`running.keying`: what follows from a pressed key."""

import pytest

from tests.dialogue.script_player import Conversation, desk_engine, starter_engine


@pytest.fixture
def talk():
    return Conversation(desk_engine()).say("i want to give my meter reading")


def test_typed_digits_are_an_answer(talk):
    """Takes the longest number at once, a shorter one at the hash key or after a pause."""
    assert talk.press("1234").spoken == "What does the meter show?"
    assert "complete" in talk.press("12#").spoken
    assert talk.press("551234").spoken.startswith("I have five five one")
    assert talk.press("1").invoked.connector == "tariff"


def test_a_person_is_a_key_away(talk):
    """Reaches a person by key at a yes or no, and while something is looked up."""
    talk.press("1234551234")
    assert talk.press("0").transfer == "309"
    other = Conversation(desk_engine()).say("i want to give my meter reading").press("12345512341")
    assert other.awaited != ""
    assert other.press("0").transfer == "309"


def test_typing_counts_as_a_turn_once(talk):
    """Counts an answer of several keys once."""
    before = talk.state.turns
    assert talk.press("1234").state.turns == before + 1


def test_keys_of_a_ringing_call_are_ignored():
    """Waits on while a transfer rings."""
    talk = Conversation(starter_engine()).say("radiology").press("5")
    assert talk.listening is not None
    assert not talk.spoken
