"""The desk: exchange and telephones for real on loopback, the box's processes played."""

import asyncio
import io
from pathlib import Path

import pytest
from rich.console import Console

from appliance.contracts.errors import UserError
from appliance.exchange import desk
from appliance.exchange.desk import Desk, Options, check_host
from appliance.exchange.state import EXTENSIONS
from appliance.exchange.switch import open_switch
from appliance.system.ports import bind
from tests.exchange.fakebox import FakeBox


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> FakeBox:
    """Play the processes in here, without a bus."""
    fake = FakeBox([])
    monkeypatch.setattr(desk, "Child", fake.child)
    monkeypatch.setattr(desk.shutil, "which", lambda _: None)
    return fake


def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def text(made: Console) -> str:
    assert isinstance(made.file, io.StringIO)
    return made.file.getvalue()


def test_desk_starts_everything_and_ends_it(box: FakeBox, tmp_path: Path) -> None:
    """Box and telephones are registered when the desk is up; afterwards nothing is left."""

    async def scene() -> None:
        out = console()
        async with Desk(Options(state=tmp_path, port=0), out) as made:
            for user in set(EXTENSIONS) - {"301"}:
                assert made.switch.core.reachable(user, made.switch.endpoint.now), user
            port, sockets = made.switch.address.port, made.folder.sockets
            assert sockets.exists()
        assert box.started == ["speech", "call"]
        assert set(box.stopped) == {"speech", "call"}
        assert not sockets.exists()
        bind("127.0.0.1", port).close()

    asyncio.run(scene())


def test_another_dialogue_brings_its_settings_and_telephones(
    box: FakeBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hands further settings to the processes, after its own, and puts up further telephones."""
    own = tmp_path / "own.toml"
    words: list[tuple[str, ...]] = []

    def child(name: str, arguments: tuple[str, ...], *more: object, **named: object) -> object:
        words.append(tuple(arguments))
        return box.child(name, arguments, *more, **named)

    monkeypatch.setattr(desk, "Child", child)
    options = Options(state=tmp_path, port=0, settings=(own,), extensions=("216", "3001", "200"))

    async def scene() -> None:
        async with Desk(options, console()) as made:
            for user in ("216", "3001", "200"):
                assert made.switch.core.reachable(user, made.switch.endpoint.now), user
        assert all(str(own) in part for part in words)
        assert all(part.index(str(own)) > part.index(str(made.folder.settings)) for part in words)

    asyncio.run(scene())


def test_process_that_dies_at_the_start_is_told(box: FakeBox, tmp_path: Path) -> None:
    """A process that cannot start ends the desk with its status, and the rest is ended too."""
    box.start_status["call"] = 2

    async def scene() -> None:
        with pytest.raises(UserError, match="call process ended with status 2"):
            async with Desk(Options(state=tmp_path, port=0), console()):
                pass
        assert set(box.stopped) == {"speech", "call"}

    asyncio.run(scene())


def test_speech_that_dies_later_is_started_again(
    box: FakeBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As systemd would on the box; the desk goes on."""
    monkeypatch.setattr(desk, "RESTART", 0.0)

    async def scene() -> None:
        async with Desk(Options(state=tmp_path, port=0), console()) as made:
            made._speech_ended(-9)
            while box.started.count("speech") < 2:  # noqa: ASYNC110 - a list has no event
                await asyncio.sleep(0.001)
            assert not made.died.is_set()

    asyncio.run(scene())


def test_busy_port_gives_the_next_one(box: FakeBox, tmp_path: Path) -> None:
    """Where the port is in use the desk takes the next free one and says so."""

    async def scene() -> None:
        holder = bind("127.0.0.1", 0)
        taken = holder.getsockname()[1]
        out = console()
        async with Desk(Options(state=tmp_path, port=taken), out) as made:
            assert taken < made.switch.address.port <= taken + desk.PORTS
        assert f"Port {taken} is in use" in text(out)
        holder.close()

    asyncio.run(scene())


def test_exchange_alone_insists_on_its_port() -> None:
    """With one try a port in use is a sentence that says what to do."""

    async def scene() -> None:
        holder = bind("127.0.0.1", 0)
        with pytest.raises(UserError, match="--port"):
            await open_switch("127.0.0.1", holder.getsockname()[1], {}, tries=1)
        holder.close()
        with pytest.raises(UserError, match="not an address of this machine"):
            await open_switch("192.0.2.1", 0, {}, tries=1)

    asyncio.run(scene())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "pbx.example", "", "1.2.3"])
def test_unusable_address_is_refused(host: str) -> None:
    """An address that telephones cannot be told is refused in a sentence that says what to do."""
    with pytest.raises(UserError, match="--host"):
        check_host(host)


def test_own_address_is_accepted() -> None:
    """A plain address is taken as it is."""
    assert check_host("127.0.0.1") == "127.0.0.1"
