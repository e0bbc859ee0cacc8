"""`running.hearing`: what a caller who speaks means (whole conversations: test_engine.py)."""

import pytest

from tests.dialogue.script_player import Conversation, desk_engine, starter_engine


@pytest.fixture
def talk():
    return Conversation(desk_engine())


def test_what_names_something_is_asked_about_where_it_is_unsure(talk):
    """Reads a number back that was heard badly, and takes one that was heard well."""
    talk.say("check my contract").say("one two three four", 0.25)
    assert talk.spoken == "Did you say one two three four?"
    assert talk.say("yes").invoked is not None
    assert Conversation(desk_engine()).say("check my contract").say("one two three four").invoked


def test_the_reading_is_chosen_over_all_that_was_offered(talk):
    """Prefers a reading that fits the question to a likelier one that does not."""
    talk.say("check my contract").say("one two free", 0.3, ("one two three four", 0.25))
    assert "one two three four" in talk.spoken or talk.invoked


def test_a_no_leads_to_the_next_likely_answer(talk):
    """Asks about the second reading after a no to the first, and does not propose it again."""
    talk.say("check my contract")
    talk.say("one two three four", 0.3, ("one two three five", 0.3))
    first = talk.spoken
    assert first in {"Did you say one two three four?", "Did you say one two three five?"}
    talk.say("no")
    assert talk.spoken.startswith("Did you say one two three")
    assert talk.spoken != first
    while "Did you say" in talk.spoken:
        talk.say("no the other one")
    assert talk.spoken == "Which customer number?"
    talk.say("one two three four", 0.3, ("nine nine nine nine", 0.25))
    assert talk.spoken == "Did you say nine nine nine nine?"
    assert talk.say("yes").state.refused == ()


def test_an_emergency_comes_first(talk):
    """Goes before every question, confirmation and wait, and is documented with the request."""
    for lines in (
        [], ["i want a booking"], ["i want to give my meter reading", "1234", "551234"],
        ["what is my balance"], ["i want a booking", "one two three four"],
    ):  # fmt: skip
        talk = Conversation(desk_engine())
        for line in lines:
            talk.say(line)
        talk.say("help it is burning")
        assert talk.transfer == "300", lines
        assert len(talk.state.task.writes) == ("one two three four" in lines), lines
        assert talk.understood.intent == "emergency"
        assert not talk.state.pending


def test_a_yes_alone_begins_nothing():
    """Asks what is wanted after a yes to "anything else"."""
    talk = Conversation(starter_engine()).say("are you open today").say("yes please")
    assert talk.listening is not None
    assert "You can ask for" in talk.spoken


def test_turns_are_counted(talk):
    """Counts what the caller says, not what the box does."""
    talk.say("i want to give my meter reading").say("1234").say("551234").say("yes")
    assert talk.state.turns == 4
    assert talk.result("done", {"name": "x"}).state.turns == 4


def test_a_confirmation_repeats_the_last_words_on_request(talk):
    """Says the question again, and waits for a yes or no as before."""
    talk.say("i want to give my meter reading").say("1234").say("551234")
    talk.say("what did you say")
    assert talk.spoken == "I have five five one, two three four. Is that right?"
    assert talk.say("yes").invoked is not None
