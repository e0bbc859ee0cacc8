"""`call.world`: what the switchboard's wishes become on a running loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.call.world import World
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
            ports=PortRange("127.0.0.1", 33_000, 33_100), speech=tmp_path / "nobody",
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
