"""`call.handover`: the machine of a hand-over, step by step."""

from __future__ import annotations

import pytest

from appliance.call import orders
from appliance.call.handover import (
    JOIN_PATIENCE,
    LONGEST_BRIEFING,
    MOVES,
    PENDING,
    REFER_PATIENCE,
    STAY,
    Handover,
    Move,
    Phase,
    plain,
)
from appliance.contracts.outcome import HandedOver

RING = 20.0


def make(*, attended: bool = True, briefing: str = "A call.") -> Handover:
    handover = Handover("201", attended=attended, briefing=briefing, ring=RING, now=0.0)
    handover.orders()
    return handover


def briefing() -> Handover:
    handover = make()
    handover.answered(5.0)
    return handover


def joining() -> Handover:
    handover = briefing()
    handover.key("1", 6.0)
    assert handover.orders() == [orders.Join("201")]
    return handover


def test_every_phase_is_reached_and_the_last_ones_are_final() -> None:
    """Leads from BEGUN to each phase, and nowhere from DONE, FAILED and BRIDGED."""
    reached = {Phase.BEGUN}
    while new := {to for (phase, _), to in MOVES.items() if phase in reached} - reached:
        reached |= new
    assert reached == set(Phase)
    assert {phase for phase, _ in MOVES} == PENDING


def test_whoever_waits_can_come_back() -> None:
    """Knows FAIL in every phase in which the caller waits, but for the very first instant."""
    assert all((phase, Move.FAIL) in MOVES for phase in PENDING - {Phase.BEGUN})


def test_the_blind_way_is_one_refer() -> None:
    """Orders a REFER, and is done when the PBX reports that the target answered."""
    handover = Handover("201", attended=False, briefing="A call.", ring=RING, now=0.0)
    assert handover.orders() == [orders.PutThrough("201")]
    assert not handover.briefing
    handover.progress(180, "Ringing", False, 1.0)
    handover.progress(200, "OK", True, 2.0)
    assert (handover.phase, handover.kind) == (Phase.DONE, HandedOver.BLIND)
    assert not handover.orders()


@pytest.mark.parametrize("status", [403, 405, 420, 488, 500, 501, 503, 603])
def test_a_pbx_that_does_not_transfer_is_done_without(status: int) -> None:
    """Calls the target itself, and bridges as soon as it answers."""
    handover = make(attended=False)
    handover.progress(status, "no", True, 1.0)
    assert handover.orders() == [orders.Consult("201")]
    handover.answered(4.0)
    assert handover.orders() == [orders.Bridge()]
    assert (handover.phase, handover.kind) == (Phase.BRIDGED, HandedOver.BRIDGED)


@pytest.mark.parametrize("status", [404, 408, 480, 486, 487, 600])
def test_a_target_that_cannot_be_had_is_not_called_again(status: int) -> None:
    """Brings the caller back."""
    handover = make(attended=False)
    handover.progress(100, "Trying", False, 1.0)
    handover.progress(status, "x", True, 1.0)
    assert handover.phase is Phase.FAILED
    assert not handover.orders()


def test_a_target_that_declines_is_told_from_a_pbx_that_does() -> None:
    """Takes 603 after the PBX has tried for the person's word."""
    handover = make(attended=False)
    handover.progress(100, "Trying", False, 1.0)
    handover.progress(603, "Decline", True, 1.0)
    assert handover.phase is Phase.FAILED


def test_a_refer_that_nobody_reports_on_is_given_up() -> None:
    """Fails after its patience, not before."""
    handover = make(attended=False)
    handover.tick(REFER_PATIENCE - 0.1)
    assert handover.phase is Phase.REFERRING
    handover.tick(REFER_PATIENCE)
    assert handover.reason == "no answer"


@pytest.mark.parametrize("how", ["key", "stays"])
def test_the_person_accepts_by_key_or_by_staying(how: str) -> None:
    """Joins at once by key 1, and a moment after the briefing for whoever stays."""
    handover = briefing()
    assert handover.phase is Phase.BRIEFING
    if how == "key":
        handover.key("1", 5.5)
    else:
        handover.told(9.0)
        handover.told(9.9)  # told again: the moment counts from the first time
        handover.tick(9.0 + STAY - 0.1)
        assert handover.phase is Phase.BRIEFING
        handover.tick(9.0 + STAY)
    assert handover.orders() == [orders.Join("201")]
    handover.progress(200, "OK", True, 12.0)
    assert (handover.phase, handover.kind) == (Phase.DONE, HandedOver.ATTENDED)
    assert handover.orders() == [orders.Release()]


@pytest.mark.parametrize("how", ["key", "leaves"])
def test_the_person_may_refuse(how: str) -> None:
    """Goes back to the caller by key 2, and when the person hangs up."""
    handover = briefing()
    if how == "key":
        handover.key("2", 6.0)
        assert handover.orders() == [orders.Release()]
    else:
        handover.gone(0, "", 6.0)
        assert not handover.orders()
    assert handover.phase is Phase.FAILED
    assert handover.reason


@pytest.mark.parametrize("key", ["1", "5", "0", "*", "#"])
def test_any_key_but_the_refusing_one_accepts(key: str) -> None:
    """Joins at once: whoever is in a hurry presses something."""
    handover = briefing()
    handover.key(key, 6.0)
    assert handover.phase is Phase.JOINING


@pytest.mark.parametrize(("takes", "phase"), [(True, Phase.JOINING), (False, Phase.FAILED)])
def test_the_person_decides_by_word(takes: bool, phase: Phase) -> None:
    """Joins where they agree, lets them go where they do not."""
    handover = briefing()
    handover.agree(takes, 6.0)
    assert handover.phase is phase


def test_a_queue_takes_as_long_as_it_takes() -> None:
    """Waits for the PBX alone once a caller is in its queue."""
    handover = Handover(
        "400", attended=False, briefing="", ring=RING, now=0.0, queue=True, summary="Anna."
    )
    assert handover.orders() == [orders.PutThrough("400", summary="Anna.")]
    handover.progress(100, "Trying", False, 1.0)
    handover.tick(REFER_PATIENCE * 10)
    assert handover.phase is Phase.REFERRING
    handover.progress(200, "OK", True, 400.0)
    assert handover.phase is Phase.DONE


def test_the_summary_goes_with_every_order() -> None:
    """Puts the line about the caller on the call to the person, and on the joining."""
    handover = Handover("201", attended=True, briefing="A.", ring=RING, now=0.0, summary="Anna.")
    assert handover.orders() == [orders.Consult("201", summary="Anna.")]
    handover.answered(1.0)
    handover.key("1", 2.0)
    assert handover.orders() == [orders.Join("201", "Anna.")]


def test_a_person_who_does_not_answer_is_let_go() -> None:
    """Ends the call to them after the time to ring, and says why."""
    handover = make()
    handover.tick(RING - 0.1)
    assert handover.phase is Phase.CALLING
    handover.tick(RING)
    assert (handover.phase, handover.reason) == (Phase.FAILED, "no answer")
    assert handover.orders() == [orders.Release()]


def test_a_redirection_is_followed_with_the_whole_time_to_ring() -> None:
    """Calls the best contact, twice at most, never the same again, and keeps no urgency."""
    handover = make()
    for at, contact in ((15.0, "sip:202@x"), (30.0, "sip:203@x")):
        handover.gone(302, "Moved", at, (contact, "sip:299@x"))
        assert handover.orders() == [orders.Consult(contact, followed=True)]
        handover.tick(at + RING - 0.1)
        assert handover.phase is Phase.CALLING
    handover.gone(302, "Moved", 45.0, ("sip:204@x",))
    assert (handover.phase, handover.reason) == (Phase.FAILED, "their calls are sent elsewhere")
    assert not handover.orders()
    circle = make()
    circle.gone(301, "Moved", 1.0, ("sip:202@x",))
    circle.gone(301, "Moved", 2.0, ("sip:202@x",))
    assert circle.phase is Phase.FAILED


@pytest.mark.parametrize("status", [302, 305, 380])
def test_a_redirection_to_nowhere_is_a_plain_refusal(status: int) -> None:
    """Fails without a contact, and where what is named is no telephone."""
    handover = make()
    handover.gone(status, "x", 1.0, () if status == 302 else ("sip:202@x",))
    assert (handover.phase, handover.reason) == (Phase.FAILED, "their calls are sent elsewhere")


def test_a_person_who_is_busy_is_not_released() -> None:
    """Fails with a plain reason; there is no call to end."""
    handover = make()
    handover.gone(486, "Busy Here", 1.0)
    assert (handover.phase, handover.reason) == (Phase.FAILED, "busy")
    assert not handover.orders()


def test_a_briefing_for_which_there_is_no_voice_is_left_out() -> None:
    """Joins at the answer, or in the middle of what can be told no further."""
    silent = make(briefing="")
    silent.answered(3.0)
    assert silent.phase is Phase.JOINING
    muted = briefing()
    muted.mute(6.0)
    assert muted.phase is Phase.JOINING


def test_a_briefing_does_not_last_for_ever() -> None:
    """Joins after the longest time, whatever is still to be said."""
    handover = briefing()
    handover.tick(5.0 + LONGEST_BRIEFING)
    assert handover.phase is Phase.JOINING


@pytest.mark.parametrize("how", ["refused", "silent"])
def test_calls_that_the_pbx_does_not_join_are_bridged(how: str) -> None:
    """Falls back to the box where REFER with Replaces fails or nothing comes of it."""
    handover = joining()
    if how == "refused":
        handover.progress(501, "Not Implemented", True, 7.0)
    else:
        handover.tick(6.0 + JOIN_PATIENCE)
    assert handover.phase is Phase.BRIDGED
    assert handover.orders() == [orders.Bridge()]


def test_a_person_lost_while_joining_brings_the_caller_back() -> None:
    """Fails where the PBX did not join and the person's call is over."""
    handover = joining()
    handover.gone(0, "", 7.0)
    assert handover.phase is Phase.JOINING  # their telephone leaves us first when it is joined
    handover.progress(500, "no", True, 8.0)
    assert handover.phase is Phase.FAILED


def test_a_caller_who_leaves_ends_the_call_to_the_person() -> None:
    """Releases the second call once, in whatever phase."""
    for handover in (make(), briefing(), joining()):
        handover.stop()
        handover.stop()
        assert handover.orders() == [orders.Release()]
    blind = make(attended=False)
    blind.stop()
    assert not blind.orders()


def test_a_bye_in_the_middle_of_joining_is_a_success() -> None:
    """Judges likely what the PBX had begun."""
    blind = make(attended=False)
    assert not blind.likely
    blind.progress(100, "Trying", False, 1.0)
    assert blind.likely
    attended = joining()
    attended.progress(100, "Trying", False, 6.5)
    assert not attended.likely, "the person has not been taken from us"
    attended.gone(0, "", 7.0)
    assert attended.likely


def test_what_is_forbidden_fails_at_once() -> None:
    """Says why, in either way."""
    for attended in (True, False):
        handover = make(attended=attended)
        handover.forbid("not allowed", 0.0)
        assert (handover.phase, handover.reason) == (Phase.FAILED, "not allowed")


def test_late_news_changes_nothing() -> None:
    """Ignores progress, keys and answers after the end."""
    handover = make()
    handover.gone(486, "Busy", 1.0)
    handover.progress(200, "OK", True, 2.0)
    handover.answered(3.0)
    handover.key("1", 4.0)
    handover.tick(1000.0)
    assert handover.phase is Phase.FAILED


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (486, "busy"),
        (480, "no answer"),
        (404, "there is no such number"),
        (603, "they do not take the call"),
        (500, "500 Server Error"),
        (0, "Server Error"),
    ],
)
def test_reasons_are_plain(status: int, words: str) -> None:
    """Words a status for people; one that means nothing to them stands as it is."""
    assert plain(status, "Server Error") == words
