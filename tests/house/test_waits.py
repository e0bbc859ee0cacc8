"""Calls that wait for the site's systems, in virtual time: no dead air, no lost request."""

from __future__ import annotations

import pytest

from appliance import dialogue
from appliance.call import sentences
from appliance.call.transitions import State
from appliance.contracts.outcome import Known, Outcome, Resolution
from appliance.dialogue import (
    Await,
    Document,
    Gone,
    Invoke,
    Level,
    Result,
    Say,
    Status,
    Think,
    Thought,
    ThoughtFailed,
    ThoughtOver,
    Understood,
)
from tests.call.support import LISTEN, Script
from tests.house.phone import FRAME
from tests.house.wire import Wire, loud
from tests.house.world import House, Phone

PROMPTS = {
    "Hello.": 1.0, "We are open from eight to five.": 2.0, "Found.": 1.0, "Nothing.": 1.0,
    "Are you there?": 1.0, "Goodbye.": 0.8, "One moment.": 0.5,
}  # fmt: skip
LONGEST_SILENCE = 1.5


def make(timeout: float = 8.0, **kwargs: object) -> House:
    """A box whose dialogue looks a customer up when it hears "customer"."""
    script = Script()

    def answer(event: dialogue.Event) -> list[dialogue.Action]:
        match event:
            case dialogue.Heard("customer"):
                ask = Invoke("q", "find_customer", (("number", "4711"),))
                return [Understood("customer", 0.9), ask, Await("q", timeout)]
            case dialogue.Heard("question"):
                return [Think("t", ()), Await("t", timeout)]
            case dialogue.Thought("t", text):
                return [Say(text), Await("t", timeout)]
            case dialogue.ThoughtOver() | dialogue.ThoughtFailed():
                return [Say("Nothing."), LISTEN]
            case dialogue.Result("q", Status.DONE):
                return [Say("Found."), LISTEN]
            case dialogue.Result() | dialogue.Silent():
                return [Say("Nothing."), LISTEN]
            case _:
                return Script.usual(event)

    script.answer = answer
    return House(script, prompts=PROMPTS, **kwargs)  # type: ignore[arg-type]


def answering(seconds: float, status: Status = Status.DONE):
    return lambda invoke: (seconds, Result(invoke.id, status))


def saying(house: House, text: str) -> Phone:
    """A caller who asks for something, and has been heard."""
    phone = Phone(house).dial()
    house.until(lambda: bool(house.board.calls))
    house.until(lambda: state(house) is State.LISTENING)
    phone.say(text, 0.8)
    house.until(lambda: state(house) is not State.LISTENING)
    phone.heard.clear()
    return phone


def state(house: House) -> State:
    leg = house.board._legs.get(house.board.calls[0]) if house.board.calls else None
    return State.OVER if leg is None else leg.session.state


def longest_silence(phone: Phone) -> float:
    longest = quiet = 0
    for frame in phone.heard:
        quiet = 0 if loud(frame) else quiet + 1
        longest = max(longest, quiet)
    return longest * FRAME


@pytest.mark.parametrize("seconds", [0.2, 1.0, 3.0, 7.5])
def test_an_answer_comes_and_until_then_there_is_no_dead_air(seconds: float) -> None:
    """Says what was found, however long it took, and is never silent for long."""
    house = make(wire=Wire(delay=0.03, jitter=0.02, loss=0.01))
    house.connector = answering(seconds)
    phone = saying(house, "customer")
    house.until(lambda: "Found." in house.said())
    assert longest_silence(phone) < LONGEST_SILENCE
    phone.hang_up()
    house.run(1.0)
    assert house.outcomes() == [Outcome.CALLER_HUNG_UP]


def test_a_system_that_never_answers_is_given_up_in_words() -> None:
    """Goes on with the dialogue's own way out, without dead air before it."""
    house = make(timeout=12.0)
    phone = saying(house, "customer")
    house.until(lambda: "Nothing." in house.said())
    assert longest_silence(phone) < LONGEST_SILENCE
    waited = [v["text"] for v in house.events("waiting")]
    assert waited[:2] == [sentences.ONE_MOMENT, sentences.STILL_WORKING]


def test_a_caller_may_speak_while_it_takes() -> None:
    """Answers what is said meanwhile; what was asked is answered when it is waited for."""
    house = make()
    house.connector = answering(4.0)
    phone = saying(house, "customer")
    house.run(2.6)
    phone.say("hours", 0.8)
    house.until(lambda: "We are open from eight to five." in house.said())
    assert longest_silence(phone) < LONGEST_SILENCE + 0.8, "the caller's own words apart"
    assert "Found." not in house.said()


def test_a_caller_who_hangs_up_meanwhile_loses_nothing() -> None:
    """Goes on without them: the write is made, documented, and the record says so."""
    house = make()
    house.connector = answering(6.0)
    script = house.board.plan.engine

    def leaving(event: dialogue.Event) -> list[dialogue.Action]:
        if isinstance(event, dialogue.CallerLeft):
            return [Invoke("w", "new_ticket", (), key="1"), Await("w", 20.0)]
        document = Document("outage", "resolved", level=Level.VERIFIED, summary="Reported.")
        return [document, Gone()]

    script.leaving = leaving  # type: ignore[attr-defined]
    phone = saying(house, "customer")
    phone.hang_up()
    house.run(2.0)
    (call,) = house.board.clearing
    assert not house.board.calls
    assert call in house.journal
    assert not house.records
    assert not house._ports, "the call itself is over"
    house.run(5.0)
    (record,) = house.records
    assert record.outcome is Outcome.CALLER_HUNG_UP
    assert (record.process, record.resolution) == ("outage", Resolution.RESOLVED)
    assert record.level is Known.VERIFIED
    assert [one.summary for one in house.documents] == ["Reported."]
    assert not house.journal
    assert not house.board.clearing


def test_calls_that_are_being_cleared_take_no_place() -> None:
    """Admits the next caller while the last one's request is still being completed."""
    house = make(capacity=1)
    script = house.board.plan.engine
    script.leaving = lambda _: [Await("w", 20.0)]  # type: ignore[attr-defined]
    saying(house, "customer").hang_up()
    house.run(1.0)
    assert house.board.clearing
    phone = Phone(house).dial()
    house.until(lambda: phone.began is not None)
    assert not phone.status


def test_a_language_model_is_spoken_clause_by_clause() -> None:
    """Says each clause as it comes, and fills a gap that is too long."""
    house = make()
    phone = saying(house, "question")
    (call,) = house.board.calls
    assert len(house.thoughts) == 1
    for delay, text in ((0.5, "We are open"), (0.8, "from eight"), (4.5, "to five.")):
        house.answer(call, Thought("t", text), delay)
    house.answer(call, ThoughtOver("t"), 4.6)
    house.until(lambda: "Nothing." in house.said())
    assert house.said()[1:] == ["We are open", "from eight", "to five.", "Nothing."]
    assert longest_silence(phone) < LONGEST_SILENCE
    assert not house.cancelled


def test_a_language_model_is_stopped_when_the_caller_interrupts_or_leaves() -> None:
    """Cancels what nobody waits for any more."""
    house = make()
    phone = saying(house, "question")
    (call,) = house.board.calls
    house.answer(call, Thought("t", "We are open from eight to five, and on Saturdays too."), 0.2)
    house.run(1.0)
    phone.say("hours", 0.8)
    house.until(lambda: bool(house.cancelled))
    house.run(3.0)
    phone.hang_up()
    house.run(1.0)
    assert house.cancelled == 1


def test_a_language_model_that_dies_leads_on() -> None:
    """Takes the dialogue's own way without dead air."""
    house = make()
    phone = saying(house, "question")
    (call,) = house.board.calls
    house.answer(call, ThoughtFailed("t", "it does not answer"), 1.5)
    house.until(lambda: "Nothing." in house.said())
    assert longest_silence(phone) < LONGEST_SILENCE


def test_a_german_caller_waits_in_german() -> None:
    """Fills the wait in the dialogue's language."""
    house = make(language="de")
    saying(house, "customer")
    house.run(2.0)
    assert [v["text"] for v in house.events("waiting")] == [sentences.GERMAN.one_moment]
