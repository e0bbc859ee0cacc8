"""`call.switchboard`: admission, and what happens where the world says no."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance import dialogue, sip
from appliance.contracts.outcome import Outcome
from appliance.contracts.speech import Opened
from tests.call.support import Script
from tests.house.world import House, Phone

PROMPTS = {"Hello.": 1.0}


def make(**kwargs: int | str) -> House:
    return House(Script(), prompts=PROMPTS, **kwargs)  # type: ignore[arg-type]


def test_a_box_without_free_ports_refuses_and_says_so() -> None:
    """Rejects the call, counts it as failed, keeps nothing open."""
    house = make()

    def full(call: str, line: str) -> sip.LocalMedia:
        raise OSError("no free pair of UDP ports")

    house.open_media = full  # type: ignore[method-assign]
    phone = Phone(house).dial()
    house.until(lambda: phone.ended)
    house.run(1)
    assert phone.status >= 400
    assert house.outcomes() == [Outcome.FAILED]
    assert not house.board.calls


def test_a_box_that_stops_takes_no_more_calls() -> None:
    """Answers 503 while calls in progress end."""
    house = make()
    house.board.accepting = False
    phone = Phone(house).dial()
    house.until(lambda: phone.ended)
    assert phone.status == 503


def test_the_capacity_is_free_again_after_a_call() -> None:
    """Admits the next caller as soon as one has gone."""
    house = make(capacity=1)
    for _ in range(3):
        phone = Phone(house).dial()
        house.until(lambda: phone.began is not None)  # noqa: B023
        phone.hang_up()
        house.run(1)
    assert house.outcomes() == [Outcome.CALLER_HUNG_UP] * 3
    assert house.board.answered == 3
    assert house.board.refused == 0


@pytest.mark.parametrize("how", ["end", "fail"])
def test_a_call_can_be_ended_from_outside(how: str) -> None:
    """Says BYE and writes the record."""
    house = make()
    phone = Phone(house).dial()
    house.until(lambda: phone.began is not None)
    (call,) = house.board.calls
    if how == "end":
        house.board.end(call, Outcome.COMPLETED, house.now)
    else:
        house.board.fail(call, house.now)
    house.run(1)
    assert phone.ended
    assert house.outcomes() == [Outcome.COMPLETED if how == "end" else Outcome.FAILED]


def test_what_comes_for_a_call_that_is_over_is_ignored() -> None:
    """Takes late events, messages, datagrams and ticks without harm."""
    house = make()
    phone = Phone(house).dial()
    house.until(lambda: phone.began is not None)
    (call,) = house.board.calls
    phone.hang_up()
    house.run(1)
    house.board.speech_lost(call, "late", house.now)
    house.board.receive(call, b"late", ("10.0.0.9", 1), False, house.now)
    house.board.tick(call, house.now)
    house.board.end(call, Outcome.FAILED, house.now)
    house.board.forget(call, house.now)
    assert len(house.records) == 1


def test_ids_of_calls_name_nobody() -> None:
    """Uses ids of its own, not those of the SIP call."""
    house = make()
    phone = Phone(house).dial()
    house.until(lambda: phone.began is not None)
    (call,) = house.board.calls
    assert house.board.call_of("100", sip.Ended("unknown", sip.EndReason.LOCAL)) == ""
    assert call not in house.agent.calls()


def test_an_answer_for_nobody_is_passed_over() -> None:
    """Takes answers for calls that are over and done with, without a word."""
    house = make()
    house.board.answer("gone", dialogue.Result("q", dialogue.Status.DONE), house.now)
    house.board.settle("gone", house.now)
    house.board.speech("gone#person", Opened("a", "b"), house.now)


def test_connectors_are_used_as_long_as_a_call_goes_by_them() -> None:
    """Knows a plan's connectors for used until the last of its calls has been cleared."""
    house = make()
    script = house.board.plan.engine
    script.leaving = lambda _: [dialogue.Await("w", 5.0)]  # type: ignore[attr-defined]
    submit = house.board.plan.submit
    assert not house.board.uses(submit)
    phone = Phone(house).dial()
    house.until(lambda: phone.began is not None)
    house.board.plan = replace(house.board.plan, submit=print)  # type: ignore[arg-type]
    assert house.board.uses(submit)
    phone.hang_up()
    house.run(1.0)
    assert house.board.uses(submit), "something is still to be done for it"
    house.board.settle(house.board.clearing[0], house.now)
    assert not house.board.uses(submit)
    assert not house.board.clearing


def test_what_a_stopping_box_has_to_do_is_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps notes, document and record of a call that is being cleared when the box stops."""
    note = dialogue.Note("interrupted", (("about", "your meter"),))
    monkeypatch.setattr(dialogue, "interrupted", lambda *_: [note])
    house = make()
    script = house.board.plan.engine
    script.leaving = lambda _: [dialogue.Await("w", 50.0)]  # type: ignore[attr-defined]
    phone = Phone(house).dial()
    house.until(lambda: phone.began is not None)
    phone.hang_up()
    house.run(1.0)
    assert not house.records
    for call in house.board.clearing:
        house.board.settle(call, house.now)
    assert house.notes == [("interrupted", note.fields)]
    assert house.outcomes() == [Outcome.CALLER_HUNG_UP]
