"""`call.clearing`: what is left of a call whose caller has gone, or is with a person."""

from __future__ import annotations

import pytest

from appliance import dialogue
from appliance.call import orders
from appliance.call.transitions import State
from appliance.contracts.outcome import Outcome
from appliance.dialogue import Await, Document, Gone, Invoke, Note, Result, Status
from tests.call.support import Bench, Script

WRITE = Invoke("w", "new_ticket", (("text", "leak"),), key="1")
DOCUMENT = Document("outage", "resolved", summary="A leak was reported.")


def leaving(event: dialogue.Event) -> list[dialogue.Action]:
    match event:
        case dialogue.CallerLeft():
            return [Note("outage", (("text", "leak"),)), WRITE, Await("w", 5.0)]
        case dialogue.Result():
            return [DOCUMENT, Gone()]
        case _:
            return [Document("outage", "failed", "system-down"), Gone()]


def working() -> Bench:
    script = Script()
    script.leaving = leaving
    return Bench(script).listening()


def gone(bench: Bench) -> Bench:
    bench.session.ended(bench.now)
    bench.drain()
    return bench


def test_a_caller_who_hangs_up_has_what_was_asked_for_completed() -> None:
    """Tells the dialogue, carries out what it wants, and is over when it says so."""
    bench = gone(working())
    assert bench.script.left == [dialogue.CallerLeft()]
    assert bench.state is State.CLEARING
    assert bench.ordered(orders.Closed)
    assert bench.ordered(orders.KeepNote)
    assert bench.ordered(orders.Invoke) == [orders.Invoke(WRITE)]
    assert not bench.ordered(orders.Finished)
    bench.session.answer(Result("w", Status.DONE), bench.now)
    bench.drain()
    assert bench.state is State.OVER
    assert bench.ordered(orders.KeepDocument) == [orders.KeepDocument(DOCUMENT)]
    assert bench.session.tally.document == DOCUMENT
    assert bench.orders[-1] == orders.Finished(Outcome.CALLER_HUNG_UP)


def test_a_system_that_never_answers_is_waited_for_and_no_longer() -> None:
    """Tells the dialogue after the time of its wait that nothing came."""
    bench = gone(working())
    bench.session.absent(bench.now + 4.9)
    bench.drain()
    assert bench.state is State.CLEARING
    bench.session.absent(bench.now + 5.0)
    bench.drain()
    assert bench.script.left[-1] == dialogue.Silent()
    assert bench.outcome() is Outcome.CALLER_HUNG_UP


def test_an_answer_that_came_before_the_caller_left_is_not_lost() -> None:
    """Hands it on at the first wait for it."""
    bench = working()
    bench.session.answer(Result("w", Status.DONE), bench.now)
    gone(bench)
    assert bench.script.left[-1] == Result("w", Status.DONE)
    assert bench.state is State.OVER


def test_a_caller_who_was_put_through_has_not_left_for_nothing() -> None:
    """Tells the dialogue once, as soon as the person has the call, that it was handed over."""
    bench = Bench().listening()
    bench.frames(1.0)
    bench.heard("radiology")
    bench.until(State.TRANSFERRING)
    bench.session.transfer_progress(200, "OK", True, bench.now)
    bench.drain()
    assert bench.script.left == [dialogue.CallerLeft(handed_over=True)]
    gone(bench)
    assert bench.script.left == [dialogue.CallerLeft(handed_over=True)]
    assert bench.outcome() is Outcome.TRANSFERRED


def test_a_call_that_was_never_answered_has_nothing_to_clear() -> None:
    """Is over at once."""
    bench = Bench()
    gone(bench)
    assert not bench.script.left
    assert bench.outcome() is Outcome.ABANDONED


def test_what_was_kept_goes_when_the_dialogue_is_done() -> None:
    """Keeps the state while something is open, and deletes it at the end."""
    bench = working()
    bench.heard("hours")
    assert bench.ordered(orders.KeepState)
    gone(bench)
    assert bench.ordered(orders.KeepState)[-1] != orders.KeepState(None)
    bench.session.answer(Result("w", Status.DONE), bench.now)
    bench.drain()
    assert bench.ordered(orders.KeepState)[-1] == orders.KeepState(None)


def test_a_process_that_ends_writes_down_what_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps what the dialogue makes of an interrupted conversation, and finishes."""
    note = Note("unfinished", (("text", "leak"),))
    monkeypatch.setattr(dialogue, "interrupted", lambda *_: [note], raising=False)
    bench = gone(working())
    bench.session.settle(bench.now)
    bench.drain()
    assert orders.KeepNote(note.kind, note.fields) in bench.orders
    assert bench.orders[-1] == orders.Finished(Outcome.CALLER_HUNG_UP)
