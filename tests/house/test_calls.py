"""Whole calls in virtual time: SIP, RTP, jitter buffer, session, dialogue, record."""

from __future__ import annotations

import pytest

from appliance import dialogue
from appliance.call import sentences
from appliance.call.transitions import State
from appliance.contracts.outcome import Outcome
from tests.call.support import Script
from tests.house.wire import Wire
from tests.house.world import House, Phone

PROMPTS = {
    "Hello.": 1.5, "We are open from eight to five.": 2.5, "One moment.": 0.8, "Goodbye.": 0.8,
    "Are you there?": 1.0, "Nobody answers.": 1.2, "Pardon?": 0.6,
}  # fmt: skip
LOSSY = {"loss": 0.05, "delay": 0.020, "jitter": 0.040}


def switchboard_dialogue() -> Script:
    """A dialogue that gives up after two silences and takes keys."""
    script = Script()
    silences = 0

    def answer(event: dialogue.Event) -> list[dialogue.Action]:
        nonlocal silences
        match event:
            case dialogue.Silent():
                silences += 1
                if silences > 2:
                    return [dialogue.Say("Goodbye."), dialogue.HangUp(Outcome.NO_INPUT)]
            case dialogue.Pressed("1"):
                return Script.usual(dialogue.Heard("hours"))
            case dialogue.Pressed("0"):
                return Script.usual(dialogue.Heard("radiology"))
            case _:
                silences = 0
        return Script.usual(event)

    script.answer = answer
    return script


def make(**kwargs: object) -> House:
    return House(switchboard_dialogue(), prompts=PROMPTS, **kwargs)  # type: ignore[arg-type]


def session(house: House, index: int = 0) -> object:
    return house.board._legs[house.board.calls[index]].session


def at_first_question(house: House) -> Phone:
    """Dial and wait until the greeting is over."""
    phone = Phone(house).dial()
    house.until(lambda: bool(house.board.calls) and session(house).state is State.LISTENING)
    return phone


@pytest.mark.parametrize("wire", [{}, LOSSY], ids=["clean", "lossy"])
def test_a_conversation_with_an_interruption_ends_in_a_transfer(wire: dict[str, float]) -> None:
    """Carries the demonstration call: a question, an interrupted answer, a department."""
    house = make(wire=Wire(**wire))
    phone = at_first_question(house)
    house.run(0.5)
    phone.say("hours", 1.2)
    house.until(lambda: "We are open from eight to five." in house.said())
    house.run(1.0)
    assert phone.hears(0.5)
    phone.say("radiology", 1.0)
    house.until(lambda: bool(house.events("interrupted")))
    house.run(0.15)
    assert phone.quiet_for() > 0.0
    house.until(lambda: phone.ended)
    house.run(1.0)
    assert phone.transfers
    assert "201" in phone.transfers[0]
    (record,) = house.records
    assert record.outcome is Outcome.TRANSFERRED
    assert record.transferred_to == "radiology"
    assert record.turns == 2
    assert record.barge_ins == 1
    assert record.codec == "PCMU"
    assert (record.concealed > 0) is bool(wire)
    assert all(ms < 600 for ms in record.answers_ms)
    assert not house.board.calls


def test_the_caller_hears_silence_at_most_a_fifth_of_a_second_after_starting_to_speak() -> None:
    """Yields within 200 ms of the caller's first sample, network and jitter buffer included."""
    house = make()
    phone = Phone(house).dial()
    house.until(lambda: phone.hears(0.02))
    house.run(0.5)
    phone.say("hours", 1.0)
    began = house.now
    house.until(lambda: not phone.hears(0.04), 1.0)
    assert house.now - began <= 0.2 + 0.04


def test_the_greeting_is_heard_within_a_tenth_of_a_second_of_the_answer() -> None:
    """Greets at once."""
    house = make()
    phone = Phone(house).dial()
    house.until(lambda: phone.began is not None)
    assert house.until(lambda: phone.hears(0.02)) <= 0.12


def test_mhm_does_not_stop_the_answer() -> None:
    """Resumes after a listener's noise and is heard to the end."""
    house = make()
    phone = at_first_question(house)
    phone.say("hours", 1.0)
    house.until(lambda: "We are open from eight to five." in house.said())
    house.run(1.0)
    phone.say("mhm", 0.3)
    house.until(lambda: bool(house.events("resumed")))
    house.run(0.3)
    assert phone.hears(0.2)
    house.until(lambda: session(house).state is State.LISTENING)
    assert len(house.events("heard")) == 1


def test_speech_that_dies_in_the_middle_of_a_call_costs_the_caller_an_apology() -> None:
    """Apologises, puts through to a person, counts as rescued."""
    house = make()
    phone = at_first_question(house)
    phone.say("hours", 1.0)
    house.run(1.8)
    next(iter(house.ears.values())).die()
    house.until(lambda: phone.ended)
    house.run(1.0)
    assert house.said()[-1] == sentences.APOLOGY
    assert "200" in phone.transfers[0]
    assert house.outcomes() == [Outcome.RESCUED]


def test_a_call_without_speech_is_answered_and_put_through() -> None:
    """Serves callers although `speech` was dead before they called."""
    house = make()
    house.speech_alive = False
    phone = Phone(house).dial()
    house.until(lambda: phone.ended)
    house.run(1.0)
    assert house.outcomes() == [Outcome.RESCUED]


@pytest.mark.parametrize("wire", [{}, LOSSY], ids=["clean", "lossy"])
@pytest.mark.parametrize("after", [n * 0.1 for n in range(0, 75, 5)] + [0.012, 0.031, 0.052])
def test_a_caller_may_hang_up_at_every_moment(after: float, wire: dict[str, float]) -> None:
    """Ends every call, writes its record, keeps nothing open, whenever the caller goes."""
    house = make(wire=Wire(**wire))
    phone = Phone(house).dial()
    house.after(2.0, lambda: phone.say("hours", 1.0))
    house.after(4.0, lambda: phone.say("radiology", 1.0))
    house.run(after)
    if not phone.ended:
        phone.hang_up()
    house.until(lambda: not house.board.calls, 70)
    house.run(40)
    assert len(house.records) <= 1
    assert not house._ports
    assert not house.agent.calls()
    if phone.began is not None:
        assert len(house.records) == 1


@pytest.mark.parametrize("capacity", [0, 1])
def test_a_call_that_is_cancelled_before_it_is_looked_at_ends_cleanly(capacity: int) -> None:
    """Survives INVITE and CANCEL in one breath, busy or not."""
    house = make(capacity=capacity)
    phone = Phone(house).dial()
    house.until(lambda: house.wire.next() is not None)
    handled = house.board.event
    waiting: list[object] = []
    house.board.event = lambda line, event, now: waiting.append(event)  # type: ignore[method-assign]
    house.run(0.1)
    phone.hang_up()
    house.run(0.1)
    assert len(waiting) == 2
    for event in waiting:
        handled("100", event, house.now)  # type: ignore[arg-type]
    house.board.event = handled  # type: ignore[method-assign]
    house.run(1.0)
    assert house.outcomes() == [Outcome.ABANDONED if capacity else Outcome.REFUSED]
    assert not house.board.calls


def test_a_refused_transfer_brings_the_conversation_back() -> None:
    """Tells the caller that nobody answers, and goes on."""
    house = make()
    phone = at_first_question(house)
    phone.accept_transfers = 486
    phone.say("radiology", 1.0)
    house.until(lambda: "Nobody answers." in house.said())
    phone.accept_transfers = 200
    house.until(lambda: session(house).state is State.LISTENING)
    phone.say("hours", 1.0)
    house.until(lambda: "We are open from eight to five." in house.said())
    phone.hang_up()
    house.run(1.0)
    assert house.outcomes() == [Outcome.CALLER_HUNG_UP]
    assert house.records[0].transferred_to == ""


def test_a_transfer_that_is_never_reported_is_given_up() -> None:
    """Does not leave the caller in ringing for ever."""
    house = make()
    phone = at_first_question(house)
    phone.accept_transfers = None
    phone.say("radiology", 1.0)
    house.until(lambda: "Nobody answers." in house.said(), 60)


def test_a_silent_caller_is_asked_again_and_then_let_go() -> None:
    """Asks twice, says goodbye, counts as no input."""
    house = make()
    phone = Phone(house).dial()
    house.until(lambda: phone.ended)
    house.run(1.0)
    assert house.said() == ["Hello.", "Are you there?", "Are you there?", "Goodbye."]
    assert house.outcomes() == [Outcome.NO_INPUT]


def test_a_call_beyond_capacity_hears_busy() -> None:
    """Refuses with 486 and leaves the calls in progress alone."""
    house = make(capacity=1)
    first = at_first_question(house)
    second = Phone(house).dial()
    house.until(lambda: second.ended)
    assert second.status == 486
    assert house.board.refused == 1
    assert not first.ended
    assert house.outcomes() == [Outcome.REFUSED]


def test_a_call_beyond_capacity_is_sent_to_the_overflow_extension() -> None:
    """Redirects with 302 where an extension is configured."""
    house = make(capacity=0, overflow="sip:200@10.0.0.1")
    phone = Phone(house).dial()
    house.until(lambda: phone.ended)
    assert phone.status == 302


def test_ten_calls_at_once_are_ten_conversations() -> None:
    """Serves ten callers at the same time, each with an own answer."""
    house = make()
    phones = [Phone(house).dial() for _ in range(10)]
    house.until(lambda: len(house.events("greeting")) == 10)
    house.run(2.0)
    for index, phone in enumerate(phones):
        phone.say("hours" if index % 2 else "radiology", 1.0)
    house.run(8.0)
    assert house.said().count("We are open from eight to five.") == 5
    assert house.outcomes() == [Outcome.TRANSFERRED] * 5
    for phone in phones[1::2]:
        phone.hang_up()
    house.run(1.0)
    assert len(house.records) == 10
    assert not house.board.calls


def test_a_call_can_be_made_by_keys_alone() -> None:
    """Understands RFC 4733 keys, even into the middle of a sentence."""
    house = make()
    phone = Phone(house).dial()
    house.until(lambda: phone.hears(0.02))
    house.run(0.3)
    phone.press("1")
    house.until(lambda: "We are open from eight to five." in house.said())
    house.run(1.0)
    phone.press("0")
    house.until(lambda: phone.ended)
    house.run(1.0)
    (record,) = house.records
    assert record.outcome is Outcome.TRANSFERRED
    assert record.keys == 2


def test_a_held_call_goes_on_where_it_stood() -> None:
    """Waits while held, sends nothing, asks nothing, and finishes its sentence afterwards."""
    house = make()
    phone = at_first_question(house)
    phone.say("hours", 1.0)
    house.until(lambda: "We are open from eight to five." in house.said())
    house.run(0.5)
    phone.hold(True)
    house.run(0.5)
    sent = house.board._legs[house.board.calls[0]].media.statistics.sent
    house.run(60.0)
    assert house.board._legs[house.board.calls[0]].media.statistics.sent == sent
    phone.hold(False)
    house.run(0.5)
    assert phone.hears(0.3)
    house.until(lambda: session(house).state is State.LISTENING, 5)
    assert house.said().count("Are you there?") == 0


def test_a_caller_whose_line_goes_dead_is_hung_up_on() -> None:
    """Ends a call from which no audio has come for the media timeout."""
    house = make(media_timeout=5.0)
    at_first_question(house)
    house.wire.loss = 1.0
    house.until(lambda: bool(house.records), 120)
    assert house.outcomes() == [Outcome.MEDIA_LOST]


def test_a_message_is_kept_though_the_caller_hangs_up_at_once() -> None:
    """Loses no note."""
    house = make()
    phone = at_first_question(house)
    note = dialogue.Note("message", (("text", "please call"),))
    usual = house.board.plan.engine.answer  # type: ignore[attr-defined]
    house.board.plan.engine.answer = lambda event: [note, *usual(event)]  # type: ignore[attr-defined]
    phone.say("hours", 1.0)
    house.until(lambda: bool(house.events("heard")))
    phone.hang_up()
    house.run(1.0)
    assert house.notes == [("message", (("text", "please call"),))]


def test_no_record_holds_a_number_or_a_word() -> None:
    """Keeps nothing of who called and what was said."""
    house = make()
    phone = at_first_question(house)
    phone.say("hours", 1.0)
    house.until(lambda: bool(house.events("heard")))
    phone.hang_up()
    house.run(1.0)
    assert phone.address.host not in str(house.records)
    assert "open from" not in str(house.records)


def test_a_defect_in_one_call_ends_that_call_only() -> None:
    """Hangs up the broken call as failed; the other goes on."""
    house = make()
    first = at_first_question(house)
    second = Phone(house).dial()
    house.run(3.0)
    house.board.fail(house.board.calls[0], house.now)
    house.run(1.0)
    assert first.ended
    assert not second.ended
    assert house.outcomes() == [Outcome.FAILED]
