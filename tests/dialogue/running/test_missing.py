"""`running.missing`: nothing was said, or nothing that was understood."""

import pytest

from appliance.contracts.outcome import Outcome
from tests.dialogue.script_player import Conversation, desk_engine


@pytest.fixture
def talk():
    return Conversation(desk_engine()).say("i want to give my meter reading")


def test_a_person_after_four_misses(talk):
    """Asks again twice, names the keys, then puts through, with the reason in the record."""
    assert talk.say("blue").spoken.endswith("The four digits, please.")
    assert "still did not" in talk.say("blue").spoken
    assert "hash key" in talk.say("blue").spoken
    assert talk.say("blue").transfer == "309"
    talk.leaves(handed_over=True)
    assert (talk.documents[-1].resolution, talk.documents[-1].reason) == (
        "handed-over", "not-understood",
    )  # fmt: skip


def test_what_is_wrong_is_told(talk):
    """Says that a number is too short instead of not understood."""
    assert "does not seem to be complete" in talk.say("one two").spoken


def test_somebody_who_has_none_goes_another_way(talk):
    """Takes "I don't know" for an answer where the author has one for it."""
    talk.say("i don't know")
    assert "Never mind." in talk.spoken
    assert talk.documents[-1].resolution == "failed"


def test_silence_is_documented(talk):
    """Ends with a person, or a goodbye where none was there."""
    for _ in range(3):
        talk.silence()
    assert talk.transfer == "309"
    talk.transfer_fails()
    for _ in range(3):
        talk.silence()
    assert talk.outcome is Outcome.NO_INPUT
    assert talk.documents[-1].process == "reading"


def test_keys_are_named_for_the_kind_of_answer():
    """Names yes and no by key at a confirmation."""
    talk = Conversation(desk_engine()).say("what is my tariff").say("five five one two three four")
    talk.result("done", {"name": "day"})
    talk.say("i want to give my meter reading").say("one two three four").say("551234")
    for _ in range(3):
        talk.say("blue")
    assert "Press one for yes" in talk.spoken
