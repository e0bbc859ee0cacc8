# ruff: noqa: F821, N802 - dbus-next reads D-Bus signatures and names from the code
"""`system.bus`: the line's status on a real D-Bus daemon, judged by busctl."""
# No `from __future__ import annotations` here: dbus-next needs the annotations as they stand.

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from dbus_next import Message, MessageType, PropertyAccess, Variant
from dbus_next.service import ServiceInterface, dbus_property
from dbus_next.service import signal as dbus_signal

from appliance import contracts
from appliance.contracts.errors import UserError
from appliance.contracts.outcome import Outcome
from appliance.contracts.status import LineState, LineStatus, SpeechState
from appliance.system import bus
from appliance.system.bus import LineBus, PrivateBus

needs_bus = pytest.mark.skipif(
    not (shutil.which("dbus-daemon") and shutil.which("busctl")),
    reason="dbus-daemon or busctl is not installed: apt install dbus-daemon systemd",
)
XML = Path(contracts.__file__).parent / "org.attendant.Line1.xml"
STATUS = LineStatus(
    LineState.UNREGISTERED, "wrong password", SpeechState.READY, calls=2, capacity=10, answered=7,
    refused=1,
)  # fmt: skip


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path, as sockets need."""
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def members(interface: ET.Element) -> set[tuple[str, ...]]:
    found = {(p.tag, p.get("name", ""), p.get("type", ""), p.get("access", ""))
             for p in interface.findall("property")}  # fmt: skip
    for kind in ("signal", "method"):
        for member in interface.findall(kind):
            args = [f"{a.get('name')}:{a.get('type')}" for a in member.findall("arg")]
            found.add((kind, member.get("name", ""), *(a.partition(":")[2] for a in args)))
    return found


def test_the_interface_is_the_contract() -> None:
    """Has the members, types and access of the XML in contracts, no more and no fewer."""
    (wanted,) = (i for i in ET.parse(XML).getroot() if i.get("name") == bus.INTERFACE)
    ours = bus._Line().introspect().to_xml()
    assert ours.get("name") == bus.INTERFACE
    assert members(ours) == members(wanted)
    assert len(members(wanted)) == 9


def on_bus(folder: Path, scenario: Callable[[LineBus, str], Awaitable[None]]) -> None:
    async def run() -> None:
        private = PrivateBus(folder)
        address = await private.start()
        line = LineBus(address)
        task = asyncio.ensure_future(line.run())
        try:
            await until(lambda: line.connected)
            await scenario(line, address)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await private.stop()

    asyncio.run(run())


async def until(true: Callable[[], bool]) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + 10
    while not true():
        assert loop.time() < deadline
        await asyncio.sleep(0.01)


async def busctl(address: str, *words: str) -> str:
    process = await asyncio.create_subprocess_exec(
        "busctl", f"--address={address}", *words, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), 10)
    return out.decode().strip()


@needs_bus
def test_busctl_reads_the_status(folder: Path) -> None:
    """Shows every property to a stranger on the bus."""

    async def scenario(line: LineBus, address: str) -> None:
        line.publish(STATUS)
        out = await busctl(
            address, "--json=short", "call", bus.NAME, bus.PATH, "org.freedesktop.DBus.Properties",
            "GetAll", "s", bus.INTERFACE,
        )  # fmt: skip
        values = {name: value["data"] for name, value in json.loads(out)["data"][0].items()}
        assert values == {
            "State": "unregistered", "Cause": "wrong password", "Speech": "ready", "Calls": 2,
            "Capacity": 10, "Answered": 7, "Refused": 1,
        }  # fmt: skip

    on_bus(folder, scenario)


@needs_bus
def test_changes_and_ends_of_calls_are_announced(folder: Path) -> None:
    """Emits PropertiesChanged with what changed only, Briefing and CallEnded."""

    async def scenario(line: LineBus, address: str) -> None:
        process = await asyncio.create_subprocess_exec(
            "busctl", f"--address={address}", "--json=short", "monitor", bus.NAME,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdout is not None
        await asyncio.sleep(0.5)
        line.publish(LineStatus(calls=1))
        line.briefing({"caller": "Anna Müller", "wish": "an appointment"})
        line.call_ended(Outcome.TRANSFERRED, 61)
        seen: dict[str, object] = {}
        while "CallEnded" not in seen:
            message = json.loads(await asyncio.wait_for(process.stdout.readline(), 10))
            if message.get("interface", "").startswith("org.") and "payload" in message:
                seen[str(message.get("member"))] = message["payload"].get("data")
        process.terminate()
        await process.communicate()
        name, changed, gone = seen["PropertiesChanged"]  # type: ignore[misc]
        assert (name, changed, gone) == (bus.INTERFACE, {"Calls": {"type": "u", "data": 1}}, [])
        assert seen["CallEnded"] == ["transferred", 61]
        assert seen["Briefing"] == [{"caller": "Anna Müller", "wish": "an appointment"}]

    on_bus(folder, scenario)


@needs_bus
def test_a_bus_that_dies_stops_nothing_and_is_found_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goes on without a bus, and publishes again once there is one."""
    monkeypatch.setattr(bus, "_RETRY", (0.05,))

    async def run() -> None:
        private, again = PrivateBus(folder), PrivateBus(folder)
        address = await private.start()
        line = LineBus(address)
        task = asyncio.ensure_future(line.run())
        try:
            await until(lambda: line.connected)
            await private.stop()
            await until(lambda: not line.connected)
            line.publish(STATUS)
            line.call_ended(Outcome.COMPLETED, 1)
            await again.start()
            await until(lambda: line.connected)
            out = await busctl(address, "get-property", bus.NAME, bus.PATH, bus.INTERFACE, "State")
            assert out == 's "unregistered"'
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            for daemon in (private, again, again):
                await daemon.stop()

    asyncio.run(run())


def test_without_any_bus_publishing_is_harmless(folder: Path) -> None:
    """Keeps trying in the background, says why, raises nothing."""

    async def run() -> None:
        line = LineBus(f"unix:path={folder}/nobody")
        task = asyncio.ensure_future(line.run())
        await until(lambda: bool(line.trouble))
        line.publish(STATUS)
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())


def test_a_bus_that_closes_during_authentication_is_no_trap(folder: Path) -> None:
    """Gives up on a daemon that hangs up on us; upstream's loop would never end."""

    async def run() -> None:
        async def slam(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(100)
            writer.close()

        server = await asyncio.start_unix_server(slam, folder / "bus")
        line = LineBus(f"unix:path={folder}/bus")
        task = asyncio.ensure_future(line.run())
        await until(lambda: bool(line.trouble))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        server.close()

    asyncio.run(run())


def test_switched_off_it_returns_at_once() -> None:
    """Publishes nowhere under the address "none"."""
    asyncio.run(asyncio.wait_for(LineBus("none").run(), 1))


def test_a_missing_daemon_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Raises UserError with the package."""
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(UserError, match="apt install"):
        asyncio.run(PrivateBus(folder).start())


@needs_bus
def test_a_path_too_long_for_a_socket_is_refused(folder: Path) -> None:
    """Raises UserError before the kernel does."""
    with pytest.raises(UserError, match="too long"):
        asyncio.run(PrivateBus(folder / ("x" * 120)).start())


class Manager(ServiceInterface):
    """As much of NetworkManager as is listened to, on a real bus."""

    def __init__(self) -> None:
        super().__init__(bus.MANAGER)
        self.state = 20
        self.primary = "/"

    @dbus_property(access=PropertyAccess.READ)
    def State(self) -> "u":
        return self.state

    @dbus_property(access=PropertyAccess.READ)
    def PrimaryConnection(self) -> "o":
        return self.primary

    @dbus_signal()
    def StateChanged(self, state) -> "u":
        return state

    def become(self, state: int, primary: str) -> None:
        self.state, self.primary = state, primary
        self.StateChanged(state)
        self.emit_properties_changed({"State": state, "PrimaryConnection": primary})


def with_manager(folder: Path, scenario: Callable[..., Awaitable[None]]) -> None:
    async def run() -> None:
        private = PrivateBus(folder)
        address = await private.start()
        said: list[str] = []
        ours = bus.NetworkManager(address, said.append)
        task = asyncio.ensure_future(ours.run())
        service = bus._Connection(address)
        try:
            await service.connect()
            manager = Manager()
            service.export(bus.MANAGER_PATH, manager)
            await service.request_name(bus.MANAGER)
            await until(lambda: ours.connected)
            await scenario(manager, service, said)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            service.close()
            await private.stop()

    asyncio.run(run())


@needs_bus
def test_network_manager_tells_of_the_network(folder: Path) -> None:
    """Hears that the network is there, that another connection took over, and that it went."""

    async def scenario(manager: Manager, service: object, said: list[str]) -> None:
        manager.become(70, "/org/freedesktop/NetworkManager/ActiveConnection/1")
        await until(lambda: len(said) == 2)
        assert said == ["the network is there", "another connection is the main one"]
        manager.become(70, "/org/freedesktop/NetworkManager/ActiveConnection/2")
        await until(lambda: len(said) == 3)
        manager.become(20, "/")
        await until(lambda: len(said) == 4)
        assert said[2:] == ["another connection is the main one", "the network is gone"]

    with_manager(folder, scenario)


@needs_bus
def test_a_new_network_manager_is_heard_as_well(folder: Path) -> None:
    """After its restart the network counts as new."""

    async def scenario(manager: Manager, service, said: list[str]) -> None:
        manager.become(70, "/org/freedesktop/NetworkManager/ActiveConnection/1")
        await until(lambda: len(said) == 2)
        await service.release_name(bus.MANAGER)
        await service.request_name(bus.MANAGER)
        manager.StateChanged(70)
        await until(lambda: len(said) == 3)
        assert said[2] == "the network is there"

    with_manager(folder, scenario)


def test_other_messages_are_passed_over() -> None:
    """Signals of another kind, or of odd types, tell nothing."""
    said: list[str] = []
    ours = bus.NetworkManager("none", said.append)
    for member, signature, body in (
        ("StateChanged", "s", ["70"]),
        ("PropertiesChanged", "sa{sv}as", ["org.example", {"State": Variant("u", 70)}, []]),
        ("PropertiesChanged", "a{sv}", [{"State": Variant("s", "70")}]),
        ("Other", "u", [70]),
    ):
        message = Message(
            path="/a", interface="a.b", member=member, signature=signature, body=body,
            message_type=MessageType.SIGNAL,
        )  # fmt: skip
        ours._heard(message)
    assert not said
    asyncio.run(asyncio.wait_for(ours.run(), 1))


SYSTEM_PYTHON = "/usr/bin/python3"


def has_dbusmock() -> bool:
    try:
        asked = subprocess.run([SYSTEM_PYTHON, "-c", "import dbusmock"], capture_output=True)
    except OSError:
        return False
    return asked.returncode == 0


@needs_bus
@pytest.mark.skipif(not has_dbusmock(), reason="apt install python3-dbusmock")
def test_the_mock_of_network_manager_is_understood(folder: Path) -> None:
    """Hears python-dbusmock's NetworkManager lose and regain the network."""

    async def run() -> None:
        private = PrivateBus(folder)
        address = await private.start()
        mock = await asyncio.create_subprocess_exec(
            SYSTEM_PYTHON, "-m", "dbusmock", "--system", "--template", "networkmanager",
            env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": address},
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        said: list[str] = []
        ours = bus.NetworkManager(address, said.append)
        try:
            names = (
                "call",
                "org.freedesktop.DBus",
                "/org/freedesktop/DBus",
                "org.freedesktop.DBus",
            )
            while "true" not in await busctl(  # noqa: ASYNC110 - a stranger gives no sign
                address, *names, "NameHasOwner", "s", bus.MANAGER
            ):
                await asyncio.sleep(0.05)
            task = asyncio.ensure_future(ours.run())
            await until(lambda: ours.connected)
            for state in ("20", "70"):
                await busctl(
                    address, "call", bus.MANAGER, bus.MANAGER_PATH, "org.freedesktop.DBus.Mock",
                    "SetGlobalConnectionState", "u", state,
                )  # fmt: skip
            await until(lambda: len(said) == 2)
            assert said == ["the network is gone", "the network is there"]
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        finally:
            mock.terminate()
            await mock.wait()
            await private.stop()

    asyncio.run(run())
