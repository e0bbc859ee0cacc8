"""`call.transitions`: the table of a call's states."""

from __future__ import annotations

from appliance.call.transitions import CONVERSING, HEARING, TABLE, Input, State


def test_every_state_can_be_reached() -> None:
    """Leads to each state from RINGING."""
    reached = {State.RINGING}
    while new := {to for (state, _), to in TABLE.items() if state in reached} - reached:
        reached |= new
    assert reached == set(State)


def test_whoever_hangs_up_ends_a_call_from_every_state() -> None:
    """Knows ENDED everywhere but where it has happened, and nothing leads out of OVER."""
    after = (State.CLEARING, State.OVER)
    for state in State:
        assert (TABLE.get((state, Input.ENDED)) is State.CLEARING) is (state not in after)
    assert [way for way in TABLE if way[0] in after] == [(State.CLEARING, Input.CLEARED)]


def test_every_state_with_audio_can_be_aborted() -> None:
    """Ends a call whose media is lost wherever it stands."""
    assert all((state, Input.ABORT) in TABLE for state in HEARING)


def test_a_caller_on_the_bridge_is_left_in_peace() -> None:
    """Knows no way back into the conversation, only the end."""
    ways = {way for state, way in TABLE if state is State.BRIDGED}
    assert ways == {Input.PARTED, Input.ABORT, Input.ENDED}
    assert State.BRIDGED not in HEARING


def test_whatever_the_caller_hears_can_be_replaced_by_an_apology() -> None:
    """Allows a rescue in the middle of everything but the goodbye."""
    for state in HEARING - {State.PARTING}:
        assert TABLE[state, Input.REPLACE] is State.DECIDING


def test_whoever_may_speak_is_heard_and_answered() -> None:
    """Lets the caller's words lead on from every state in which they may say something."""
    assert CONVERSING < HEARING
    assert all(TABLE[state, Input.TOLD] is State.DECIDING for state in CONVERSING)
