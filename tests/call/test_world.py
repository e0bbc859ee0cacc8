"""`call.world`: what the switchboard's wishes become on a running loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from appliance import rtp, sip
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
            language="en", store=store, bus=bus, notifier=Notifier({}), on_event=shown.append,
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
