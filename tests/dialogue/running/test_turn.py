from appliance.contracts.outcome import Outcome
from appliance.dialogue import HangUp, Heard, Say, Waiting
from appliance.dialogue.running import working
from appliance.dialogue.running.turn import Turn
from appliance.dialogue.state import State
from tests.dialogue.script_player import TUESDAY, Conversation, starter_engine


def turn(state: State) -> Turn:
    talk = Conversation(starter_engine(), TUESDAY)
    return Turn(starter_engine()._means, talk._now(), state)


def test_a_goodbye_is_always_said():
    """Says goodbye before hanging up, even where nothing else was said."""
    work = turn(State())
    work.hang_up(Outcome.COMPLETED)
    state, actions = work.finish()
    assert actions == [Say("Goodbye.", interruptible=False), HangUp(Outcome.COMPLETED)]
    assert (state.waiting, state.outcome) == (Waiting.OVER, Outcome.COMPLETED)


def test_a_process_that_is_gone_ends_well():
    """Asks for more where a kept state names a process that the script has no longer."""
    work = turn(State(process="gone", step=3))
    working.run(work)
    assert "anything else" in work.actions[0].text


def test_a_confirmation_without_its_question():
    """Asks for more where a kept state waits for a slot that is not asked for any longer."""
    work = turn(State(process="goodbye", step=0, waiting=Waiting.SLOT))
    work.confirm_slot("x")
    assert not work.actions
    work.state = State(process="gone")
    working.run(work)
    assert "anything else" in work.actions[0].text


def test_an_unknown_slot_vanishes():
    """Speaks a sentence without the slot that nobody filled."""
    work = turn(State())
    work.say("To {department}.")
    assert work.actions == [Say("To.")]


def test_a_call_that_lasts_too_long_is_brought_to_its_end():
    """Asks nothing more after the limit of a call, but puts through, once."""
    talk = Conversation(starter_engine()).say("leave a message for billing")
    limit = starter_engine().script.limits.call
    assert limit > 0
    talk.feed(Heard("five five five one two one two"), limit + 1)
    assert "bring our call to an end" in talk.spoken
    assert talk.transfer == "200"
    assert "leave a message?" in talk.transfer_fails().spoken


def test_trace_is_within_bounds():
    """Clamps a confidence to 0..1 and puts the trace first."""
    work = turn(State())
    work.say("Hello.")
    work.understood("hours", 7.0)
    assert (work.actions[0].intent, work.actions[0].confidence) == ("hours", 1.0)
