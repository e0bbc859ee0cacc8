"""The box on a desk: exchange and telephones in this process, `speech` and `call` as on the box.

    desk process                              children
    Exchange --- Relay --- telephones         python -m appliance speech
        `------------- SIP, RTP ------------- python -m appliance call --show --> JSON lines
                                              dbus-daemon (where installed)

Whoever leaves the context ends them all, whatever state they are in.
"""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from appliance import sip
from appliance.contracts.errors import UserError
from appliance.exchange import events, show
from appliance.exchange.children import Child
from appliance.exchange.phone import Phone
from appliance.exchange.state import (
    BOX,
    CALLER,
    DEPARTMENTS,
    Folder,
    Listening,
    default_folder,
)
from appliance.exchange.switch import open_switch
from appliance.exchange.voices import Voice
from appliance.system import bus as system_bus

PORTS: Final = 20
"""SIP ports that are tried from the wanted one on."""
START_LIMIT: Final = 60.0
"""s without any progress after which a start is given up."""
RESTART: Final = 1.0
"""s after which a `speech` process that died is started again, as systemd would on the box."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    state: Path | None = None
    """Folder of the desk; None: $XDG_STATE_HOME/attendant."""
    host: str = "127.0.0.1"
    port: int = 5060
    clips: tuple[Path, ...] = ()
    """WAV files that the demonstration's caller plays in place of its sentences, in order."""
    timeline: Path | None = None
    """Where to write the demonstration's time line as JSON."""
    accounts: Path | None = None
    """Exchange alone: TOML of extensions and passwords."""
    phones: bool = True
    """Exchange alone: the departments' telephones answer."""
    settings: tuple[Path, ...] = ()
    """Further settings of the processes; they win over the desk's own."""
    extensions: tuple[str, ...] = ()
    """Further telephones in the exchange, besides those of the starter dialogue's site."""
    listening: Listening = field(default_factory=Listening)
    """Exchange alone: by which transports besides UDP, and how encrypted."""


def check_host(host: str) -> str:
    """Return an address that telephones can be told. Raises UserError for any other."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise UserError(
            f"'{host}' is not an IP address: give one of this machine's, or leave --host out to "
            "stay on 127.0.0.1"
        ) from None
    if address.is_unspecified:
        raise UserError(
            f"{host} is no address that telephones can be told: give this machine's own with --host"
        )
    return str(address)


def bar(console: Console) -> Progress:
    """Return a progress bar that leaves nothing behind."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console, transient=True)


class Desk:
    """Everything that `run` and `demo` start; an asynchronous context manager."""

    def __init__(self, options: Options, console: Console) -> None:
        self.options = options
        self.console = console
        self.host = check_host(options.host)
        self.transcripts: dict[str, show.Transcript] = {}
        """Of each call that the box took, by the box's name for it."""
        self.on_happening: Callable[[show.Happening], None] = lambda _: None
        self._stack = AsyncExitStack()
        self._ready = asyncio.Event()
        self._bound = asyncio.Event()
        self.died = asyncio.Event()
        """Set when a process that the desk cannot do without has ended."""
        self.cause = ""
        """Why `died`; empty while all is well."""
        self._prompts = (0.0, 0.0)
        self._moved = 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Desk:
        async with AsyncExitStack() as started:  # ends what a start that fails has begun
            self._stack = started
            await self._start()
            self._stack = started.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await self._stack.aclose()

    async def _start(self) -> None:
        loop = asyncio.get_running_loop()
        began = self._moved = loop.time()
        sockets = Path(tempfile.mkdtemp(prefix="attendant-"))
        self._stack.callback(shutil.rmtree, sockets, ignore_errors=True)
        self.folder = Folder(self.options.state or default_folder(), sockets)
        accounts = self.folder.prepare()
        # They live in this process only: a password that nobody else needs to know.
        accounts |= {user: secrets.token_urlsafe(9) for user in self._further(accounts)}
        self._stack.enter_context(self.folder.locked())
        self.switch = await open_switch(self.host, self.options.port, accounts, tries=PORTS)
        self._stack.push_async_callback(self.switch.close)
        self.switch.watchers.append(self._watch)
        port = self.switch.address.port
        if self.options.port not in (0, port):
            self.console.print(f"Port {self.options.port} is in use; the exchange takes {port}.")
        bus = await self._start_bus()
        files = self.folder.write_settings(
            host=self.host, port=port, password=accounts[BOX], bus=bus
        )
        told = (*files, *self.options.settings)
        settings = [part for file in told for part in ("--settings", str(file))]
        self.speech = Child(
            "speech", ["speech", *settings], self.folder.log("speech"), on_end=self._speech_ended
        )
        self.call = Child(
            "call", ["call", *settings, "--show"], self.folder.log("call"),
            on_line=self._call_line, on_end=lambda status: self._dead("call", status),
        )  # fmt: skip
        for child in (self.speech, self.call):
            # Before it starts: a start that is cancelled half-way leaves no process.
            self._stack.push_async_callback(child.stop)
            await child.start()
        for user in (*DEPARTMENTS, CALLER, *self._further(DEPARTMENTS)):
            await self.switch.add_phone(user)
        await self._until_ready()
        self.started_in = loop.time() - began

    def _further(self, known: Iterable[str]) -> list[str]:
        """Return the wanted extensions that are not among `known`."""
        return [user for user in self.options.extensions if user not in set(known)]

    async def _start_bus(self) -> str:
        bus = system_bus.PrivateBus(self.folder.sockets)
        try:
            address = await bus.start()
        except UserError as error:
            self.console.print(f"No status on D-Bus: {error}", style="dim")
            return system_bus.OFF
        self._stack.push_async_callback(bus.stop)
        self.bus = address
        return address

    bus: str = system_bus.OFF
    """Address of the private bus on which the line's status can be read."""

    async def _until_ready(self) -> None:
        """Wait for the registration and the prompts, showing what is going on."""
        with self.console.status("starting …") as status:
            while not self._up and not self._prompts[1]:
                registered = self._bound.is_set()
                status.update("loading models …" if registered else "registering …")
                await self._beat()
        with bar(self.console) as progress:
            # Only the first start, or one after a change of voice or dialogue, gets here.
            task = None if self._up else progress.add_task("rendering prompts, once")
            while task is not None and not self._up:
                progress.update(task, completed=self._prompts[0], total=self._prompts[1])
                await self._beat()

    @property
    def _up(self) -> bool:
        return self._bound.is_set() and self._ready.is_set()

    async def _beat(self) -> None:
        """Wait a little; give up where a process has died or nothing has moved for too long."""
        if self.died.is_set():
            raise UserError(self.cause)
        if asyncio.get_running_loop().time() - self._moved > START_LIMIT:
            raise UserError(
                f"nothing moved for {START_LIMIT:.0f} s: see {self.folder.log('call')} and "
                f"{self.folder.log('speech')}"
            )
        await asyncio.sleep(0.05)

    started_in: float = 0.0
    """s from starting the processes to being ready."""

    async def voice(self) -> Voice:
        """Return the caller's voice, connected."""
        voice = Voice(self.folder.link, self.folder.clips)
        await voice.connect()
        return voice

    @property
    def caller(self) -> Phone:
        """The demonstration caller's telephone."""
        return self.switch.phones[CALLER]

    async def rehearse(self, voice: Voice, texts: Sequence[str]) -> dict[str, bytes]:
        """Return the caller's sentences as PCM, and teach the departments what to answer with."""
        with bar(self.console) as progress:
            task = progress.add_task(
                "rendering caller and departments", total=len(texts) + len(DEPARTMENTS)
            )
            clips = {}
            for text in texts:
                clips[text] = await voice.render(text)
                progress.advance(task)
            for user, name in DEPARTMENTS.items():
                self.switch.clips[user] = await voice.render(f"{name}, hello.")
                progress.advance(task)
        return clips

    # what the processes tell

    def _watch(self, event: events.Event) -> None:
        if isinstance(event, sip.Bound) and event.user == BOX:
            self._bound.set()

    def _call_line(self, line: str) -> None:
        happening = show.parse(line, asyncio.get_running_loop().time())
        if happening is None:
            return
        if happening.event == "speech" and happening.text("state") == "ready":
            self._ready.set()
        elif happening.event == "prompts":
            self._prompts = (happening.number("done"), happening.number("total"))
            self._moved = happening.at
        if happening.call:
            self.transcripts.setdefault(happening.call, show.Transcript()).add(happening)
        self.on_happening(happening)

    def _dead(self, name: str, status: int) -> None:
        child = self.call if name == "call" else self.speech
        self.cause = f"the {name} process ended with status {status}: {child.last_words()}"
        self.died.set()

    def _speech_ended(self, status: int) -> None:
        if not self._ready.is_set():
            self._dead("speech", status)
            return
        self.console.print("The speech process has ended; it is started again.", style="yellow")
        task = asyncio.get_running_loop().create_task(self._restart_speech())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _restart_speech(self) -> None:
        await asyncio.sleep(RESTART)
        await self.speech.start()
