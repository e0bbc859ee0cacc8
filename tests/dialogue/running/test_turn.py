from appliance.contracts.outcome import Outcome
from appliance.dialogue import HangUp, Say, Waiting
from appliance.dialogue.running.expect import Expectations
from appliance.dialogue.running.turn import Turn
from appliance.dialogue.state import State
from tests.dialogue.script_player import TUESDAY, Conversation, starter_engine


def turn(state: State) -> Turn:
    talk = Conversation(starter_engine(), TUESDAY)
    script = starter_engine()._script
    return Turn(script, Expectations(script), talk._now(), state)


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
    work.run()
    assert "anything else" in work.actions[0].text


def test_a_confirmation_without_its_question():
    """Asks for more where a kept state waits for a slot that is not asked for any longer."""
    work = turn(State(process="goodbye", step=0, waiting=Waiting.SLOT))
    work.confirm_slot("x")
    assert "anything else" in work.actions[0].text


def test_an_unknown_slot_vanishes():
    """Speaks a sentence without the slot that nobody filled."""
    work = turn(State())
    work.say("To {department}.")
    assert work.actions == [Say("To.")]


def test_trace_is_within_bounds():
    """Clamps a confidence to 0..1 and puts the trace first."""
    work = turn(State())
    work.say("Hello.")
    work.understood("hours", 7.0)
    assert (work.actions[0].intent, work.actions[0].confidence) == ("hours", 1.0)
