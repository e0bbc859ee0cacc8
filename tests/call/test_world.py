"""`call.world`: what the switchboard's wishes become on a running loop."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from appliance import dialogue, rtp, sip
from appliance.call.journal import Journal
from appliance.call.world import LineMedia, World, fresh_keys
from appliance.contracts.outcome import Outcome
from appliance.contracts.status import LineState, LineStatus
from appliance.records import CallRecord, Store
from appliance.system.notify import Notifier
from appliance.system.ports import PortRange


class Bus:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.statuses: list[LineStatus] = []
        self.ended: list[Outcome] = []
        self.briefings: list[dict[str, str]] = []

    def briefing(self, details: dict[str, str]) -> None:
        self.briefings.append(details)

    def publish(self, status: LineStatus) -> None:
        self.statuses.append(status)

    def call_ended(self, outcome: Outcome, seconds: int) -> None:
        self.ended.append(outcome)


def in_world(
    tmp_path: Path,
    scenario: Callable[[World, Bus, Store, list[dict[str, object]]], Awaitable[None]],
) -> None:
    async def run() -> None:
        bus, shown = Bus(), []
        store = Store(tmp_path / "records.sqlite")
        world = World(
            speech=tmp_path / "nobody",
            store=store, bus=bus, notifier=Notifier({}), on_event=shown.append,
        )  # type: ignore[arg-type]  # fmt: skip
        await scenario(world, bus, store, shown)
        store.close()

    asyncio.run(run())


def test_only_changes_are_published(tmp_path: Path) -> None:
    """Publishes each new status once."""

    async def scenario(world: World, bus: Bus, store: Store, shown: list) -> None:
        world.publish(line=LineState.REGISTERED)
        world.publish(line=LineState.REGISTERED)
        world.publish(line=LineState.STOPPING, cause="")
        assert [status.line for status in bus.statuses] == [
            LineState.REGISTERED, LineState.STOPPING,
        ]  # fmt: skip

    in_world(tmp_path, scenario)


def test_a_finished_call_is_recorded_and_announced(tmp_path: Path) -> None:
    """Writes the record and tells the bus; a refused call is recorded only."""

    async def scenario(world: World, bus: Bus, store: Store, shown: list) -> None:
        started = datetime(2026, 11, 22, tzinfo=UTC)
        world.keep_record(CallRecord("a", started, 5, Outcome.COMPLETED))
        world.keep_record(CallRecord("b", started, 0, Outcome.REFUSED))
        assert store.outcomes() == {Outcome.COMPLETED: 1, Outcome.REFUSED: 1}
        assert bus.ended == [Outcome.COMPLETED]

    in_world(tmp_path, scenario)


def test_notes_are_written(tmp_path: Path) -> None:
    """Keeps a caller's message with an id of its own."""

    async def scenario(world: World, bus: Bus, store: Store, shown: list) -> None:
        world.keep_note("call", "message", (("text", "hello"),))
        (note,) = store.messages()
        assert note.fields == (("text", "hello"),)
        assert note.id != "call"

    in_world(tmp_path, scenario)


def test_what_callers_say_is_shown_and_never_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Hands conversation events to the desk only."""
    caplog.set_level(logging.DEBUG)

    async def scenario(world: World, bus: Bus, store: Store, shown: list) -> None:
        world.show("c", "heard", (("text", "my secret"),))
        assert shown == [{"event": "heard", "call": "c", "text": "my secret"}]

    in_world(tmp_path, scenario)
    assert "secret" not in caplog.text


class Endpoint:
    """Counts how often packets were let go."""

    def __init__(self) -> None:
        self.transmitted = 0

    def transmit(self) -> None:
        self.transmitted += 1


class Board:
    """A switchboard with one call on line b."""

    def __init__(self) -> None:
        self.ticks: list[str] = []
        self.failed: list[str] = []
        self.calls = ("call",)
        self.answered = self.refused = 0
        self.plan = SimpleNamespace(capacity=3)

    def line_of(self, call: str) -> str:
        return "b" if call == "call" else ""

    def call_of(self, line: str, event: object) -> str:
        return "call"

    def tick(self, call: str, now: float) -> None:
        self.ticks.append(call)

    def event(self, line: str, event: object, now: float) -> None:
        raise ValueError(f"a defect on line {line}")

    def fail(self, call: str, now: float) -> None:
        self.failed.append(call)


def lined(world: World) -> tuple[Board, Endpoint, Endpoint]:
    board, first, second = Board(), Endpoint(), Endpoint()
    world.connect(board)  # type: ignore[arg-type]
    ports = PortRange("127.0.0.1", 33_000, 33_100)
    world.attach("a", first, LineMedia("127.0.0.1", ports, ("PCMU",)))  # type: ignore[arg-type]
    world.attach(
        "b", second, LineMedia("127.0.0.1", ports, ("G722", "PCMA"), sip.Srtp.REQUIRED)
    )  # type: ignore[arg-type]  # fmt: skip
    return board, first, second


def test_each_line_has_media_of_its_own(tmp_path: Path) -> None:
    """Opens ports with the line's address and codecs, and keys where it encrypts."""

    async def scenario(world: World, bus: Bus, store: Store, shown: list) -> None:
        lined(world)
        plain, secret = world.open_media("one", "a"), world.open_media("two", "b")
        assert (plain.codecs, plain.srtp, plain.crypto) == (("PCMU",), sip.Srtp.OFF, ())
        assert (secret.codecs, secret.srtp) == (("G722", "PCMA"), sip.Srtp.REQUIRED)
        assert tuple(key.suite for key in secret.crypto) == rtp.SUITES
        assert plain.port != secret.port
        world.close_media("one")
        world.close_media("two")

    in_world(tmp_path, scenario)


def test_keys_are_fresh_and_fit_their_suites() -> None:
    """Makes other keys each time, of the length that the suite takes."""
    first, second = fresh_keys(sip.Srtp.OFFERED), fresh_keys(sip.Srtp.OFFERED)
    assert first
    assert not {key.key for key in first} & {key.key for key in second}
    assert [key.tag for key in first] == list(range(1, len(first) + 1))
    for key in first:
        rtp.Protection(key.suite, key.key, key.key)  # raises where it does not fit


def test_packets_leave_by_the_line_of_their_call(tmp_path: Path) -> None:
    """Lets the endpoint of that line send, and no other."""

    async def scenario(world: World, bus: Bus, store: Store, shown: list) -> None:
        board, first, second = lined(world)
        world._tick("call", 1.0)
        assert board.ticks == ["call"]
        assert (first.transmitted, second.transmitted) == (0, 1)
        world._tick("gone", 1.0)
        assert (first.transmitted, second.transmitted) == (0, 1)

    in_world(tmp_path, scenario)


def test_a_defect_ends_the_call_of_its_event_only(tmp_path: Path) -> None:
    """Fails the call that the event was about."""

    async def scenario(world: World, bus: Bus, store: Store, shown: list) -> None:
        board, _, _ = lined(world)
        world.event("b", sip.Ended("h", sip.EndReason.LOCAL))
        assert board.failed == ["call"]
        assert world.status.capacity == 3

    in_world(tmp_path, scenario)


# the dialogue's orders


class Answers(Board):
    """A switchboard that keeps the answers it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[object] = []
        self.threads: set[int] = set()

    def answer(self, call: str, answer: object, now: float) -> None:
        self.answers.append(answer)
        self.threads.add(threading.get_ident())


INVOKE = dialogue.Invoke("q", "find", ())
FOUND = dialogue.Result("q", dialogue.Status.DONE)


async def told(board: Answers, count: int = 1) -> None:
    async with asyncio.timeout(5):
        while len(board.answers) < count:  # noqa: ASYNC110 - the board gives no sign
            await asyncio.sleep(0.005)


def test_an_answer_of_another_thread_comes_back_by_the_loop(tmp_path: Path) -> None:
    """Tells the switchboard on the loop's thread, whichever thread the connector answers on."""

    async def scenario(world: World, bus: Bus, store: Store, shown: list) -> None:
        board = Answers()
        world.connect(board)  # type: ignore[arg-type]
        world.invoke(
            "call", INVOKE,
            lambda invoke, call, done: threading.Thread(target=done, args=(FOUND,)).start(),
        )  # fmt: skip
        await told(board)
        assert board.answers == [FOUND]
        assert board.threads == {threading.get_ident()}

    in_world(tmp_path, scenario)


def test_connectors_that_are_closed_answer_that_they_cannot(tmp_path: Path) -> None:
    """Lets no caller wait for what nobody will do any more."""

    def closed(*_: object) -> None:
        raise RuntimeError("cannot schedule new futures after shutdown")

    async def scenario(world: World, bus: Bus, store: Store, shown: list) -> None:
        board = Answers()
        world.connect(board)  # type: ignore[arg-type]
        world.invoke("call", INVOKE, closed)
        await told(board)
        assert board.answers == [dialogue.Result("q", dialogue.Status.UNAVAILABLE)]

    in_world(tmp_path, scenario)


def test_without_a_language_model_a_thought_fails_at_once(tmp_path: Path) -> None:
    """Says so, so that the dialogue goes its own way; stopping it does nothing."""

    async def scenario(world: World, bus: Bus, store: Store, shown: list) -> None:
        board = Answers()
        world.connect(board)  # type: ignore[arg-type]
        world.think("call", dialogue.Think("t", ()))
        world.cancel_thought("call")
        await told(board)
        (failed,) = board.answers
        assert isinstance(failed, dialogue.ThoughtFailed)
        assert failed.id == "t"

    in_world(tmp_path, scenario)


def test_a_briefing_goes_to_the_bus_and_to_the_webhook(tmp_path: Path) -> None:
    """Tells both, each hand-over under a key of its own, and shows and logs nothing of it."""
    posted: list[tuple[dict[str, str], str]] = []

    async def scenario(world: World, bus: Bus, store: Store, shown: list) -> None:
        for _ in range(2):
            world.brief(
                "call", (("caller", "Anna"),), lambda told, key: posted.append((dict(told), key))
            )
        assert bus.briefings == [{"caller": "Anna"}] * 2
        assert [told for told, _ in posted] == bus.briefings
        assert len({key for _, key in posted}) == 2
        assert not shown

    in_world(tmp_path, scenario)


def test_a_document_becomes_a_summary(tmp_path: Path) -> None:
    """Keeps its words and its source by call; one without either leaves nothing to keep."""

    async def scenario(world: World, bus: Bus, store: Store, shown: list) -> None:
        world.keep_document("c", dialogue.Document("outage", "resolved", summary="No power."))
        world.keep_document("c", dialogue.Document("help", "resolved"))
        (summary,) = store.summaries("c")
        assert (summary.process, summary.text) == ("outage", "No power.")

    in_world(tmp_path, scenario)


def test_a_state_goes_into_the_journal(tmp_path: Path) -> None:
    """Keeps it, and forgets it at the end; a box without a journal does neither."""

    async def scenario(world: World, bus: Bus, store: Store, shown: list) -> None:
        world.keep_state("c", dialogue.State())
        journal = world._journal = Journal(tmp_path / "journal")
        world.keep_state("c", dialogue.State(process="outage"))
        world.keep_state("d", dialogue.State(process="outage"))
        world.keep_state("d", None)
        journal.close()
        assert [one.call for one in journal.leftovers()] == ["c"]

    in_world(tmp_path, scenario)


def test_a_world_is_idle_when_nothing_is_left_to_be_done(tmp_path: Path) -> None:
    """Ticks for a call from `begin` to `forget`, whether or not it has ears."""

    async def scenario(world: World, bus: Bus, store: Store, shown: list) -> None:
        assert world.idle.is_set()
        world.connect(Answers())  # type: ignore[arg-type]
        world.begin("a")
        world.begin("b")
        world.forget("a")
        assert not world.idle.is_set()
        world.forget("b")
        assert world.idle.is_set()

    in_world(tmp_path, scenario)
