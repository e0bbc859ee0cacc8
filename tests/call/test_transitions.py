"""`call.transitions`: the table of a call's states."""

from __future__ import annotations

from appliance.call.transitions import HEARING, TABLE, Input, State


def test_every_state_can_be_reached() -> None:
    """Leads to each state from RINGING."""
    reached = {State.RINGING}
    while new := {to for (state, _), to in TABLE.items() if state in reached} - reached:
        reached |= new
    assert reached == set(State)


def test_whoever_hangs_up_ends_a_call_from_every_state() -> None:
    """Knows ENDED everywhere but in OVER, and nothing leads out of OVER."""
    for state in State:
        assert (TABLE.get((state, Input.ENDED)) is State.OVER) is (state is not State.OVER)
    assert not [state for state, _ in TABLE if state is State.OVER]


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
