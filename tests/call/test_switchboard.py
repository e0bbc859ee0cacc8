"""`call.switchboard`: admission, and what happens where the world says no."""

from __future__ import annotations

import pytest

from appliance import sip
from appliance.contracts.outcome import Outcome
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
