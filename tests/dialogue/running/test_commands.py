"""`running.commands`: what callers may say at any time."""

import pytest

from appliance.contracts.outcome import Outcome
from appliance.dialogue import Say
from tests.dialogue.script_player import Conversation, desk_engine


@pytest.fixture
def talk():
    return Conversation(desk_engine()).say("i want to give my meter reading")


def says(talk):
    return [action for action in talk.actions if isinstance(action, Say)]


def test_the_last_words_are_repeated(talk):
    """Says the last words once more and waits for the same answer."""
    assert talk.say("what did you say").spoken == "Which customer number?"
    assert talk.say("one two three four").spoken == "What does the meter show?"


def test_louder_and_quieter(talk):
    """Speaks louder by six decibels a step, at most two steps, and keeps to it."""
    assert says(talk.say("louder please"))[0].gain == 6.0
    assert says(talk.say("louder"))[0].gain == 12.0
    assert says(talk.say("louder"))[0].gain == 12.0
    assert says(talk.say("one two three four"))[0].gain == 12.0
    assert says(talk.say("quieter"))[0].gain == 6.0


def test_slower_and_faster(talk):
    """Speaks at a fraction of the usual rate, within what is still speech."""
    assert says(talk.say("slower please"))[0].speed == 0.85
    for _ in range(6):
        talk.say("slower")
    assert says(talk)[0].speed == 0.6
    for _ in range(12):
        talk.say("faster")
    assert says(talk)[0].speed == 1.4


def test_a_moment_is_given(talk):
    """Waits long for a caller who asks for a moment, without a question in between."""
    usual = talk.listening.timeout
    talk.say("one moment please")
    assert talk.spoken == "Of course, take your time."
    assert talk.listening.timeout > 5 * usual
    assert talk.say("one two three four").spoken == "What does the meter show?"


def test_starting_again(talk):
    """Forgets the request under way, which is documented as given up."""
    talk.say("one two three four").say("start again")
    assert talk.spoken == "All right, let us start again. What can I do?"
    assert talk.state.slots == ()
    assert (talk.documents[-1].process, talk.documents[-1].reason) == ("reading", "declined")


def test_cancelling(talk):
    """Stops a request and asks for another; what was already entered is a person's to undo."""
    talk.say("cancel")
    assert talk.spoken.startswith("All right, I have stopped that.")
    assert talk.documents[-1].resolution == "abandoned"
    talk.say("i want a booking").say("one two three four").result("done").say("cancel")
    assert "cannot change it" in talk.spoken
    assert talk.transfer == "309"


def test_help(talk):
    """Names what can be asked for at the opening, and what can be said at a question."""
    assert "say operator" in talk.say("help").spoken
    assert talk.spoken.endswith("Which customer number?")
    opening = Conversation(desk_engine()).say("what can you do")
    assert "your balance" in opening.spoken
    assert "Press zero" in opening.spoken


def test_a_person_and_the_end(talk):
    """Reaches a person and the end by words that no author wrote."""
    assert talk.say("operator").transfer == "309"
    other = Conversation(desk_engine()).say("i want to complain").say("goodbye then")
    assert other.outcome is Outcome.COMPLETED


def test_an_answer_is_no_command(talk):
    """Takes a clear answer for one."""
    talk.say("one two three four").say("five five one two three four").say("yes")
    talk.result("done", {"name": "day"})
    talk.say("please tell them that the moment it gets louder i will call again and cancel it")
    assert talk.invoked is not None
    assert talk.invoked.connector == "store"
