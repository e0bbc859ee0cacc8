"""`running.choosing`: the caller was asked which request they meant."""

import pytest

from appliance.dialogue.state import Waiting
from tests.dialogue.running.test_agenda import told_talk
from tests.dialogue.script_player import Conversation, starter_engine


@pytest.fixture
def talk():
    return told_talk()


def test_two_close_requests_are_asked_about(talk):
    """Asks which of two, and takes the first, the second, a name, a key, and neither."""
    for said, result in (
        ("the first one", "balance"), ("the second", "tariff"), ("your tariff please", "tariff"),
    ):  # fmt: skip
        talk.say("close")
        assert talk.spoken == "Is it about your balance, or about your tariff?"
        assert talk.state.waiting is Waiting.WHICH
        talk.say(said)
        assert talk.state.task.process == result, said
        talk.say("start again")
    assert talk.say("close").press("2").state.task.process == "tariff"
    talk.say("start again").say("close").say("neither")
    assert "What would you like instead?" in talk.spoken
    assert talk.say("close").say("blue monkeys").state.waiting is Waiting.WHICH
    assert talk.say("when are you open").documents[-1].process == "times"


def test_a_guess_is_confirmed_by_saying_it_again():
    """Takes the same request once more, a yes and a key for a yes; another goes before it."""
    for said in ("radiology", "yes that's it", "yes"):
        talk = Conversation(starter_engine()).say("put me through to radiology", 0.05)
        assert "Did you want" in talk.spoken
        assert talk.say(said).transfer == "201", said
    assert Conversation(starter_engine()).say("radiology", 0.05).press("1").transfer == "201"
    talk = Conversation(starter_engine()).say("radiology", 0.05).say("what are your opening hours")
    assert "We are open" in talk.spoken or "we are open" in talk.spoken


def test_a_no_to_what_was_kept_for_later(talk):
    """Leaves the offered request, takes it, or takes another in its place."""
    for said, process in (("yes", "tariff"), ("no", ""), ("i want a booking", "fixed"),
                          ("your tariff please", "tariff")):  # fmt: skip
        talk.say("both").say("no thank you")
        assert talk.state.waiting is Waiting.OFFER
        assert talk.say(said).state.task.process == process, said
        talk.say("start again")
    assert talk.say("both").say("no thank you").press("2").state.task.process == ""
    talk.say("start again").say("both").say("no thank you")
    assert talk.say("blue monkeys").state.waiting is Waiting.OFFER
    assert talk.say("operator").transfer == "309"
