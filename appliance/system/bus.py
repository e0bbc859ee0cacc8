# ruff: noqa: F821, N802 - dbus-next reads D-Bus signatures and names from the code
# mypy: disable-error-code="name-defined,no-untyped-call,misc,untyped-decorator"
"""D-Bus: the line's status, NetworkManager's news, a private bus. The only importer of dbus-next.

    busctl introspect org.attendant.Call /org/attendant/Line

The interface is written in `contracts/org.attendant.Line1.xml`. A bus that is absent or dies never
stops a call: publishing goes on into the void and the connection is tried again.
"""
# No `from __future__ import annotations` here: dbus-next needs the annotations as they stand.

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from dbus_next.aio.message_bus import MessageBus
from dbus_next.constants import BusType, MessageType, NameFlag, PropertyAccess
from dbus_next.errors import AuthError, DBusError, InvalidAddressError
from dbus_next.message import Message
from dbus_next.service import ServiceInterface, dbus_property, signal

from appliance.contracts.errors import UserError
from appliance.contracts.outcome import Outcome
from appliance.contracts.status import LineStatus

NAME: Final = "org.attendant.Call"
PATH: Final = "/org/attendant/Line"
INTERFACE: Final = "org.attendant.Line1"
MANAGER: Final = "org.freedesktop.NetworkManager"
MANAGER_PATH: Final = "/org/freedesktop/NetworkManager"
OFF: Final = "none"
"""The bus address of the settings that switches publishing off."""
_RETRY: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between attempts to reach the bus; the last one repeats."""
_LONGEST_PATH: Final = 100
"""Bytes of a Unix socket's path, with some reserve below the kernel's 108."""
_FAULTS: Final = (OSError, EOFError, AuthError, DBusError, InvalidAddressError)

_V = TypeVar("_V", int, str)

_CONFIG: Final = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="false"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class _Line(ServiceInterface):
    """The interface of the XML over the latest LineStatus."""

    def __init__(self) -> None:
        super().__init__(INTERFACE)
        self.status = LineStatus()

    @dbus_property(access=PropertyAccess.READ)
    def State(self) -> "s":
        return self.status.line.value

    @dbus_property(access=PropertyAccess.READ)
    def Cause(self) -> "s":
        return self.status.cause

    @dbus_property(access=PropertyAccess.READ)
    def Speech(self) -> "s":
        return self.status.speech.value

    @dbus_property(access=PropertyAccess.READ)
    def Calls(self) -> "u":
        return self.status.calls

    @dbus_property(access=PropertyAccess.READ)
    def Capacity(self) -> "u":
        return self.status.capacity

    @dbus_property(access=PropertyAccess.READ)
    def Answered(self) -> "u":
        return self.status.answered

    @dbus_property(access=PropertyAccess.READ)
    def Refused(self) -> "u":
        return self.status.refused

    @signal()
    def CallEnded(self, outcome: str, seconds: int) -> "su":
        return [outcome, seconds]

    @signal()
    def Briefing(self, details: Mapping[str, str]) -> "a{ss}":  # type: ignore[valid-type]  # noqa: F722 - a D-Bus signature
        return details


def _values(status: LineStatus) -> dict[str, object]:
    return {
        "State": status.line.value,
        "Cause": status.cause,
        "Speech": status.speech.value,
        "Calls": status.calls,
        "Capacity": status.capacity,
        "Answered": status.answered,
        "Refused": status.refused,
    }


class _Connection(MessageBus):
    """A connection whose socket can be closed and whose authentication ends when the bus does.

    Upstream leaks the one and spins for ever in the other.
    """

    def __init__(self, address: str) -> None:
        try:
            if address:
                super().__init__(bus_address=address)
            else:
                super().__init__(bus_type=BusType.SYSTEM)
        except OSError:
            self._release()
            raise

    def close(self) -> None:
        """Release the connection, whatever has become of it; may be called twice."""
        if not self._disconnected:
            self._finalize(None)
        self._release()

    def _release(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.close()
        self._sock.close()

    async def _auth_readline(self) -> str:
        line = b""
        while not line.endswith(b"\r\n"):
            part = await self._loop.sock_recv(self._sock, 1)
            if not part:
                raise EOFError("the bus closed the connection during authentication")
            line += part
        return line[:-2].decode()


class LineBus:
    """Publishes the line's status; `run` it as a task, `publish` whenever it changes."""

    def __init__(self, address: str = "") -> None:
        """`address`: a D-Bus address, empty for the system bus, "none" to publish nowhere."""
        self._address = address
        self._line = _Line()
        self.connected = False
        """Whether the name is owned on a bus at this moment."""
        self.trouble = ""
        """Why the last attempt failed; empty while connected."""

    def publish(self, status: LineStatus) -> None:
        """Make `status` the published one; what differs from the last is announced."""
        old, new = _values(self._line.status), _values(status)
        self._line.status = status
        changed = {name: value for name, value in new.items() if old[name] != value}
        if changed and self.connected:
            self._line.emit_properties_changed(changed)

    def call_ended(self, outcome: Outcome, seconds: int) -> None:
        """Announce the end of a call."""
        if self.connected:
            self._line.CallEnded(outcome.value, seconds)

    def briefing(self, details: Mapping[str, str]) -> None:
        """Announce who is about to be put through to a person, and what they want."""
        if self.connected:
            self._line.Briefing(dict(details))

    async def run(self) -> None:
        """Keep a connection until cancelled."""
        if self._address == OFF:
            return
        attempt = 0
        while True:
            try:
                await self._serve()
                attempt = 0
            except _FAULTS as fault:
                self.trouble = str(fault) or type(fault).__name__
            finally:
                self.connected = False
            await asyncio.sleep(_RETRY[min(attempt, len(_RETRY) - 1)])
            attempt += 1

    async def _serve(self) -> None:
        bus = _Connection(self._address)
        try:
            await bus.connect()
            bus.export(PATH, self._line)
            await bus.request_name(NAME, NameFlag.REPLACE_EXISTING)
            self.connected, self.trouble = True, ""
            await bus.wait_for_disconnect()
        finally:
            self.connected = False
            bus.close()


_BUS: Final = "org.freedesktop.DBus"
_BUS_PATH: Final = "/org/freedesktop/DBus"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_CONNECTED: Final = 50
"""NM_STATE_CONNECTED_LOCAL; from here on there is some network (NetworkManager's D-Bus API)."""


def _rule(interface: str, member: str, sender: str = MANAGER, path: str = MANAGER_PATH) -> str:
    return (
        f"type='signal',sender='{sender}',path='{path}',interface='{interface}',member='{member}'"
    )


_RULES: Final = (
    _rule(MANAGER, "StateChanged"),
    _rule(_PROPERTIES, "PropertiesChanged") + f",arg0='{MANAGER}'",
    _rule(MANAGER, "PropertiesChanged"),
    _rule(_BUS, "NameOwnerChanged", _BUS, _BUS_PATH) + f",arg0='{MANAGER}'",
)


class NetworkManager:
    """NetworkManager's news of the network; where it does not run, nothing is ever told."""

    def __init__(self, address: str, changed: Callable[[str], None]) -> None:
        """`address`: as of `LineBus`. `changed` hears in words when there is another network."""
        self._address = address
        self._changed = changed
        self._state = 0
        self._primary = ""
        self.connected = False
        """Whether the bus is listened to at this moment."""

    async def run(self) -> None:
        """Listen until cancelled; a bus that is absent or dies is tried again."""
        if self._address == OFF:
            return
        attempt = 0
        while True:
            try:
                await self._listen()
                attempt = 0
            except _FAULTS:
                pass
            finally:
                self.connected = False
            await asyncio.sleep(_RETRY[min(attempt, len(_RETRY) - 1)])
            attempt += 1

    async def _listen(self) -> None:
        bus = _Connection(self._address)
        try:
            await bus.connect()
            bus.add_message_handler(self._heard)
            for rule in _RULES:
                await bus.call(_ask(_BUS, _BUS_PATH, _BUS, "AddMatch", rule))
            for name in ("State", "PrimaryConnection"):
                reply = await bus.call(
                    _ask(MANAGER, MANAGER_PATH, _PROPERTIES, "Get", MANAGER, name)
                )
                if reply is not None and reply.message_type is MessageType.METHOD_RETURN:
                    self._learn({name: reply.body[0]}, quiet=True)
            self.connected = True
            await bus.wait_for_disconnect()
        finally:
            self.connected = False
            bus.close()

    def _heard(self, message: Message) -> None:
        """Take one signal; what does not look like NetworkManager's is passed over."""
        if message.message_type is not MessageType.SIGNAL:
            return
        body = message.body
        match message.member, message.signature:
            case "StateChanged", "u":
                self._learn({"State": body[0]})
            case "PropertiesChanged", "sa{sv}as" if body[0] == MANAGER:
                self._learn(body[1])
            case "PropertiesChanged", "a{sv}":  # as of old versions
                self._learn(body[0])
            case "NameOwnerChanged", "sss" if body[0] == MANAGER:
                self._state, self._primary = 0, ""

    def _learn(self, values: Mapping[str, object], *, quiet: bool = False) -> None:
        """Take values of properties, and tell where there is another network than before."""
        state = _value(values.get("State"), self._state)
        primary = _value(values.get("PrimaryConnection"), self._primary)
        told = ""
        if primary != self._primary and primary not in ("/", ""):
            told = "another connection is the main one"
        if state != self._state and (state >= _CONNECTED or self._state >= _CONNECTED):
            told = f"the network is {'there' if state >= _CONNECTED else 'gone'}"
        self._state, self._primary = state, primary
        if told and not quiet:
            self._changed(told)


def _ask(destination: str, path: str, interface: str, member: str, *words: str) -> Message:
    return Message(
        destination=destination, path=path, interface=interface, member=member,
        signature="s" * len(words), body=list(words),
    )  # fmt: skip


def _value(given: object, before: _V) -> _V:
    """The value of a property, plain or in a variant; what was before where it is of no use."""
    plain = getattr(given, "value", given)
    return plain if isinstance(plain, type(before)) else before


class PrivateBus:
    """A bus of our own in a folder, for a desk and for tests; the box uses the system bus."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> str:
        """Start the daemon and return its address.

        Raises UserError where dbus-daemon is not installed or does not start.
        """
        program = shutil.which("dbus-daemon")
        if program is None:
            raise UserError("dbus-daemon is not installed: apt install dbus-daemon")
        socket = self._folder / "bus"
        if len(str(socket)) > _LONGEST_PATH:
            raise UserError(f"the path {socket} is too long for a socket: choose a shorter folder")
        self._folder.mkdir(parents=True, exist_ok=True)
        socket.unlink(missing_ok=True)
        config = self._folder / "bus.conf"
        config.write_text(_CONFIG.format(path=socket), "utf-8")
        log = self._folder / "bus.log"
        with log.open("wb") as errors:
            self._process = await asyncio.create_subprocess_exec(
                program,
                f"--config-file={config}",
                "--nofork",
                "--print-address=1",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
        try:
            line = await asyncio.wait_for(self._first_line(), 10)
        except TimeoutError:
            line = b""
        if not line:
            await self.stop()
            raise UserError(f"dbus-daemon did not start: see what it says in {log}")
        # Without the daemon's guid: the address then holds for its successor as well.
        return f"unix:path={socket}"

    async def _first_line(self) -> bytes:
        out = self._process.stdout if self._process is not None else None
        return await out.readline() if out is not None else b""

    async def stop(self) -> None:
        """End the daemon that `start` started; may be called twice."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.terminate()
            await process.wait()
