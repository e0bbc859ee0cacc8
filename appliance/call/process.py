"""The `call` process: one thread and one loop, no model and no numpy.

    UDP ─► SipEndpoint ─► Switchboard ◄─ Pacer (20 ms)
    UDP ─► MediaSocket ─►     │   ▲
                      records ┘   └ SpeechLink ◄─► speech

Everything but the writing of records happens on the one loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from appliance import dialogue, sip
from appliance.audio import tones
from appliance.audio.pcm import silence
from appliance.call import causes, folder, sentences
from appliance.call.prompts import PromptCache
from appliance.call.readiness import Readiness
from appliance.call.session import Rules
from appliance.call.switchboard import Plan, Switchboard
from appliance.call.world import OnEvent, World
from appliance.contracts.errors import UserError
from appliance.contracts.outcome import Outcome
from appliance.contracts.status import LineState, SpeechState
from appliance.dialogue.script import Destination, TransferOp
from appliance.records import Store
from appliance.settings import Settings
from appliance.system.bus import LineBus
from appliance.system.loop import SipEndpoint, token
from appliance.system.notify import Notifier
from appliance.system.ports import PortRange, bind

_log = logging.getLogger(__name__)
_FAREWELL: Final = 2.0
"""Seconds for BYEs and the un-REGISTER to be answered before the process ends."""
_PURGE: Final = 3600.0
"""Seconds between deletions of expired messages."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A dialogue ready to run."""

    script: dialogue.Script
    engine: dialogue.Engine
    zone: ZoneInfo

    def moment(self, now: float) -> dialogue.Moment:
        """Return the dialogue's time of a loop time: the site's wall clock then."""
        ago = timedelta(seconds=time.monotonic() - now)
        return dialogue.Moment(now, datetime.now(self.zone) - ago)


def prepare(settings: Settings) -> Conversation:
    """Read and train the dialogue. Raises UserError with every mistake in it."""
    script = folder.load(settings.dialogue.folder)
    try:
        zone = ZoneInfo(script.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise UserError(
            f"the dialogue's timezone '{script.timezone}' is not known here: "
            "write one like Europe/Berlin, or apt install tzdata"
        ) from None
    return Conversation(script, dialogue.Engine(script), zone)


def operator(script: dialogue.Script) -> Destination | None:
    """Return whom a caller is put through to when something behind the voice fails."""
    ops = script.processes.get(script.person, ())
    wanted = [op.destination for op in ops if isinstance(op, TransferOp)]
    for name in (*wanted, "operator", "reception"):
        if name in script.destinations:
            return script.destinations[name]
    return None


def make_plan(settings: Settings, conversation: Conversation, cache: PromptCache) -> Plan:
    """Return what holds for every call."""
    person = operator(conversation.script)
    moment = cache.lookup(sentences.ONE_MOMENT)
    tone = tones.sine(440, 0.12, -30)
    return Plan(
        engine=conversation.engine,
        moment=conversation.moment,
        prompts=cache.lookup,
        filler=moment if moment is not None else tone + silence(800) + tone,
        tones=apology_tones(),
        ringback=tones.ringback(),
        rules=Rules(
            operator=person.number if person else "",
            operator_name=person.name if person else "",
            media_timeout=settings.call.media_timeout,
            longest_call=settings.call.longest_call,
            ring=settings.call.ring,
        ),
        capacity=settings.call.capacity,
        overflow=(
            f"sip:{settings.call.overflow}@{settings.account.domain}:{settings.account.port}"
            if settings.call.overflow
            else ""
        ),
    )


def apology_tones() -> bytes:
    """Return three falling tones and a pause (PCM): all that is left without any voice."""
    return b"".join(
        tones.sine(frequency, 0.3, -20) + silence(400) for frequency in (950, 750, 550)
    ) + silence(4000)


async def run(
    settings: Settings, *, on_event: OnEvent | None = None, stop: asyncio.Event | None = None
) -> None:
    """Register and answer until `stop` is set, then end calls, unregister and return.

    Raises UserError for what the installer can mend: a mistake in the dialogue, a port in use, a
    folder that cannot be written.
    """
    ended = stop or asyncio.Event()
    conversation = prepare(settings)
    with _store(settings) as store:
        try:
            cache = PromptCache(settings.records.file.parent / "prompts")
        except OSError as error:
            raise UserError(f"prompts cannot be kept: {error}") from None
        texts = tuple(dict.fromkeys((*sentences.ALL, *conversation.engine.prompts())))
        cache.load("", texts)
        notifier = Notifier()
        bus = LineBus(settings.bus.address)
        world = World(
            ports=PortRange(settings.call.host, *settings.call.media_ports),
            speech=settings.speech.socket, language=conversation.script.language, store=store,
            bus=bus, notifier=notifier, on_event=on_event,
        )  # fmt: skip
        line = await Line.open(settings, make_plan(settings, conversation, cache), world)

        def speech_is(state: SpeechState) -> None:
            world.publish(speech=state)
            world.show("", "speech", (("state", state.value),))
            # The filler may have been rendered by now.
            line.board.plan = make_plan(settings, conversation, cache)

        def rendered(done: int, total: int) -> None:
            world.show("", "prompts", (("done", done), ("total", total)))

        readiness = Readiness(
            settings.speech.socket, conversation.script.language, cache, texts, speech_is, rendered
        )
        async with _background(bus.run(), notifier.watch(), readiness.run(), _purge(store)):
            line.register()
            notifier.ready()
            await ended.wait()
            notifier.stopping()
            await line.close()


@contextlib.contextmanager
def _store(settings: Settings) -> Any:
    try:
        store = Store(
            settings.records.file, note_days=settings.records.note_days, failed=_log.error
        )
    except OSError as error:
        raise UserError(f"records cannot be kept: {error}: set records.file") from None
    try:
        yield store
    finally:
        store.close()


@contextlib.asynccontextmanager
async def _background(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(part) for part in work]
    for task in tasks:
        task.add_done_callback(_ended)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _ended(task: asyncio.Task[None]) -> None:
    """Tell a defect in what runs beside the calls; they go on without it."""
    if not task.cancelled() and task.exception() is not None:
        _log.error("a background task ended by a fault", exc_info=task.exception())


async def _purge(store: Store) -> None:
    while True:
        store.purge(datetime.now(UTC))
        await asyncio.sleep(_PURGE)


class Line:
    """The registration at the PBX, and the switchboard behind it."""

    def __init__(self, settings: Settings, board: Switchboard, world: World) -> None:
        self.board = board
        self._account = settings.account
        self._world = world
        self._endpoint: SipEndpoint[sip.Event] | None = None
        self._unregistered = asyncio.Event()

    @classmethod
    async def open(cls, settings: Settings, plan: Plan, world: World) -> Line:
        """Open the SIP port. Raises UserError where that is not possible."""
        account = settings.account
        if settings.call.host in ("", "0.0.0.0", "::"):
            raise UserError(
                f"call.host is '{settings.call.host}': set it to the box's own address, which the "
                "PBX can reach"
            )
        try:
            sock = bind(settings.call.host, settings.call.port)
        except OSError as error:
            raise UserError(
                f"{error}: end the program that uses it, or set call.host and call.port"
            ) from None
        host, port = sock.getsockname()[:2]
        core = sip.UserAgent(
            local=sip.Address("udp", host, port),
            tokens=token,
            account=sip.Account(
                user=account.user,
                domain=account.domain,
                password=account.password.get_secret_value(),
                registrar=sip.Address("udp", account.domain, account.port),
                login=account.login,
                display=account.display,
                expires=account.expires,
            ),
        )
        board = Switchboard(core, plan, world, token)
        line = cls(settings, board, world)
        line._endpoint = endpoint = await SipEndpoint.open(sock, core, line._event)
        world.connect(board, endpoint, host)
        world.show("", "listening", (("host", host), ("port", port)))
        return line

    def register(self) -> None:
        """Begin to be registered, for ever."""
        assert self._endpoint is not None  # noqa: S101 - made by `open`
        self._world.publish(line=LineState.REGISTERING)
        self.board.core.register(self._endpoint.now)
        self._endpoint.transmit()

    async def close(self) -> None:
        """Take no more calls, end those in progress, unregister, close the port."""
        endpoint = self._endpoint
        assert endpoint is not None  # noqa: S101 - made by `open`
        self._world.publish(line=LineState.STOPPING)
        self.board.accepting = False
        for call in self.board.calls:
            self.board.end(call, Outcome.FAILED, endpoint.now)
        self.board.core.unregister(endpoint.now)
        endpoint.transmit()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._unregistered.wait(), _FAREWELL)
        for call in self.board.calls:  # none is left unless the user agent is at fault
            self.board.forget(call, endpoint.now)
        endpoint.close()

    def _event(self, event: sip.Event) -> None:
        where = f"{self._account.domain}:{self._account.port}"
        match event:
            case sip.Registered():
                if self._world.status.line is LineState.REGISTERED:
                    return  # refreshed
                self._world.publish(line=LineState.REGISTERED, cause="")
                self._world.show("", "registered", (("as", self._account.user), ("at", where)))
            case sip.RegistrationFailed(status, reason) if self.board.accepting:
                cause = causes.registration(
                    status, reason, user=self._account.user, registrar=where
                )
                self._world.publish(line=LineState.UNREGISTERED, cause=cause)
                self._world.show("", "unregistered", (("cause", cause),))
                _log.warning("not registered: %s", cause)
            case sip.Unregistered():
                self._unregistered.set()
            case _:
                self._world.event(event)
