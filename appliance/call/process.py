"""The `call` process: one thread and one loop, no model and no numpy.

    UDP, TCP, TLS ─► Line (one for each extension) ─► Switchboard ◄─ Pacer (20 ms)
               UDP ─► MediaSocket ─────────────────►     │   ▲
                                                 records ┘   └ SpeechLink ◄─► speech

Everything but the writing of records happens on the one loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from appliance import dialogue
from appliance.audio import tones
from appliance.audio.pcm import silence
from appliance.call import sentences
from appliance.call.admission import Admission
from appliance.call.capacity import bench
from appliance.call.capacity.measured import allowed
from appliance.call.connectors import Connectors
from appliance.call.dialling import Dialling
from appliance.call.edition import Conversation, Edition, Editions, Lists, connect, prepare
from appliance.call.journal import Journal
from appliance.call.line import Line
from appliance.call.outside import Plan, no_connectors, no_webhook
from appliance.call.prompts import PromptCache
from appliance.call.readiness import Readiness
from appliance.call.recovery import recover
from appliance.call.session import Rules
from appliance.call.switchboard import Switchboard
from appliance.call.thinking import Thinker
from appliance.call.world import OnEvent, World
from appliance.contracts.errors import UserError
from appliance.contracts.outcome import Outcome
from appliance.contracts.status import LineState, SpeechState
from appliance.dialogue.model import Documents, Prompter
from appliance.dialogue.script import Destination, TransferOp
from appliance.records import Store
from appliance.records.outbox import Outbox
from appliance.settings import MAIN, Settings
from appliance.system.bus import LineBus
from appliance.system.loop import token
from appliance.system.network import NetworkWatch
from appliance.system.notify import Notifier
from appliance.system.resolve import Resolver

_log = logging.getLogger(__name__)
_PURGE: Final = 3600.0
"""Seconds between deletions of expired messages."""
CLEARING: Final = 2.0
"""Seconds for what ended calls still have to do, when the process stops."""


def operator(script: dialogue.Script) -> Destination | None:
    """Return whom a caller is put through to when something behind the voice fails."""
    person = script.processes.get(script.person)
    wanted = [op.destination for op in (person.ops if person else ()) if isinstance(op, TransferOp)]
    for name in (*wanted, "operator", "reception"):
        if name in script.destinations:
            return script.destinations[name]
    return None


@dataclass(frozen=True, slots=True)
class Limits:
    """What the box takes upon itself; made once, as both count over the whole time."""

    admission: Admission
    dialling: Dialling


def make_limits(settings: Settings, script: dialogue.Script) -> Limits:
    """Return how many calls are carried, and whom the box may call."""
    call = settings.call
    known = [*numbers(script), *([call.fax] if call.fax else ())]
    return Limits(
        Admission(allowed(call.capacity, call.measured, bench.machine())),
        Dialling(call.allowed_numbers, call.calls_per_minute, call.calls_out, known=known),
    )


def numbers(script: dialogue.Script, lists: Lists | None = None) -> Iterator[str]:
    """Return the numbers that a dialogue names: its destinations, and whom its lists name."""
    for destination in script.destinations.values():
        yield destination.number
    for name, catalogue in script.lists.items():
        for entry in (*catalogue.entries, *(lists or {}).get(name, ())):
            yield entry.fields.get(catalogue.number, "")


def prompts(conversation: Conversation) -> tuple[str, ...]:
    """Return every sentence that is rendered ahead."""
    own = sentences.of(conversation.script.language).all
    return tuple(dict.fromkeys((*own, *conversation.engine.prompts())))


def make_plan(
    settings: Settings,
    conversation: Conversation,
    cache: PromptCache,
    limits: Limits,
    connectors: Connectors | None = None,
) -> Plan:
    """Return what holds for every call."""
    person = operator(conversation.script)
    moment = cache.lookup(sentences.of(conversation.script.language).one_moment)
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
            attended=settings.call.handover == "attended",
            handover_ring=settings.call.handover_ring,
            fax=settings.call.fax,
            language=conversation.script.language,
        ),
        admission=limits.admission,
        dialling=limits.dialling,
        overflow=(
            f"sip:{settings.call.overflow}@{settings.account.where}"
            if settings.call.overflow
            else ""
        ),
        submit=connectors.submit if connectors else no_connectors,
        post=connectors.brief if connectors else no_webhook,
        header=settings.dialogue.briefing_header,
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
    with _store(settings) as store, _outbox(settings) as outbox, _journal(settings) as journal:
        try:
            cache = PromptCache(settings.records.file.parent / "prompts")
        except OSError as error:
            raise UserError(f"prompts cannot be kept: {error}") from None
        texts = prompts(conversation)
        cache.load("", texts)
        connectors = connect(conversation, settings, outbox)
        now = conversation.moment(time.monotonic())
        recover(journal, conversation.script, now, store, connectors.submit)
        notifier = Notifier()
        bus = LineBus(settings.bus.address)
        thinker = Thinker(settings.model, on_event) if settings.model.url else None
        world = World(
            speech=settings.speech.socket, store=store, bus=bus, notifier=notifier,
            on_event=on_event, journal=journal, thinker=thinker,
        )  # fmt: skip
        limits = make_limits(settings, conversation.script)
        # What is measured while calls are in progress decides on the next one.
        world.pacer.on_late = limits.admission.note
        plan = make_plan(settings, conversation, cache, limits, connectors)
        board = Switchboard(plan, world, token)
        world.connect(board)
        lines = Lines(settings, board, world)
        await lines.open()

        def renew() -> None:
            edition = editions.edition
            board.plan = make_plan(
                settings, edition.conversation, cache, limits, edition.connectors
            )

        def published(edition: Edition) -> None:
            conversation = edition.conversation
            limits.dialling.know(numbers(conversation.script, conversation.lists))
            renew()
            warm(thinker, conversation.script)
            readiness.renew(prompts(conversation), conversation.script.language)
            world.show("", "published", (("dialogue", str(conversation.folder)),))

        def speech_is(state: SpeechState) -> None:
            world.publish(speech=state)
            world.show("", "speech", (("state", state.value),))
            renew()  # the filler may have been rendered by now

        def rendered(done: int, total: int) -> None:
            world.show("", "prompts", (("done", done), ("total", total)))

        editions = Editions(
            settings, Edition(conversation, connectors), outbox,
            changed=published, trouble=lines.note,
            used=lambda connectors: board.uses(connectors.submit),
        )  # fmt: skip
        readiness = Readiness(
            settings.speech.socket, conversation.script.language, cache, texts, speech_is, rendered
        )
        watch = NetworkWatch(lines.network_changed, bus=settings.bus.address)
        try:
            async with _background(
                bus.run(), notifier.watch(), readiness.run(), _purge(store), watch.run(),
                lines.run(), editions.run(),
            ):  # fmt: skip
                lines.register()
                warm(thinker, conversation.script)
                notifier.ready()
                await ended.wait()
                notifier.stopping()
                await lines.close()
        finally:
            if thinker is not None:
                await thinker.close()
            await editions.close()


def warm(thinker: Thinker | None, script: dialogue.Script) -> None:
    """Let a language model load and read what every question begins with: no caller waits."""
    if thinker is not None and (script.model.triage or script.model.answers):
        documents = Documents(script.documents, script.language)
        thinker.warm(Prompter(script, documents).opening().think("opening"))


@contextlib.contextmanager
def _outbox(settings: Settings) -> Iterator[Outbox]:
    try:
        outbox = Outbox(settings.records.file.parent / "outbox.sqlite", failed=_log.error)
    except OSError as error:
        raise UserError(f"the outbox cannot be kept: {error}: set records.file") from None
    try:
        yield outbox
    finally:
        outbox.close()


@contextlib.contextmanager
def _journal(settings: Settings) -> Iterator[Journal]:
    try:
        journal = Journal(settings.records.file.parent / "journal")
    except OSError as error:
        raise UserError(f"the journal cannot be kept: {error}: set records.file") from None
    try:
        yield journal
    finally:
        journal.close()


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


class Lines:
    """All extensions of the box, and what is published of them."""

    def __init__(self, settings: Settings, board: Switchboard, world: World) -> None:
        self._board = board
        self._world = world
        self._shown: dict[str, tuple[LineState, str, str]] = {}
        self._listening: set[str] = set()
        self._trouble = ""
        """What is wrong besides the lines."""
        self._running: asyncio.Task[None] | None = None
        resolver = Resolver(token(), kept=settings.records.file.parent / "names.json")
        self._all = tuple(
            Line(
                name,
                account,
                settings.call if name == MAIN else settings.call.model_copy(update={"port": 0}),
                resolver=resolver,
                event=world.event,
                opened=self._opened,
                changed=self._changed,
            )
            for name, account in settings.lines.items()
        )

    async def open(self) -> None:
        """Open the ports that can be opened at once. Raises UserError."""
        for line in self._all:
            await line.open()

    def register(self) -> None:
        """Begin to be registered with every extension, for ever."""
        for line in self._all:
            line.register()

    async def run(self) -> None:
        """Follow DNS and the network with all of them until closed or cancelled."""
        self._running = asyncio.current_task()
        await asyncio.gather(*(line.run() for line in self._all))

    def network_changed(self, reason: str) -> None:
        """The network is another one, or back."""
        _log.info("the network changed: %s", reason)
        for line in self._all:
            line.network_changed()

    async def close(self) -> None:
        """Take no more calls, end those in progress, unregister, close the ports."""
        board, loop = self._board, asyncio.get_running_loop()
        self._world.publish(line=LineState.STOPPING, cause="")
        board.accepting = False
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        for call in board.calls:
            board.end(call, Outcome.FAILED, loop.time())
        await asyncio.gather(*(line.close() for line in self._all))
        for call in board.calls:  # none is left unless the user agent is at fault
            board.forget(call, loop.time())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._world.idle.wait(), CLEARING)
        for call in board.clearing:
            board.settle(call, loop.time())

    def _opened(self, line: Line) -> None:
        """A line has sockets, for the first time or others than before."""
        core, endpoint, media, local = line.core, line.endpoint, line.media, line.local
        assert core and endpoint and media and local  # noqa: PT018, S101 - made before it tells
        if line.name not in self._listening:
            self._listening.add(line.name)
            self._board.attach(line.name, core)
        self._world.attach(line.name, endpoint, media)
        self._show(line, "listening", host=local.host, port=local.port)

    def _changed(self, line: Line) -> None:
        """A line's state or cause is another: show it, and publish all of them in one."""
        seen = (line.state, line.cause, line.registered_at)
        if not self._board.accepting or self._shown.get(line.name) == seen:
            return
        self._shown[line.name] = seen
        if line.state is LineState.REGISTERED:
            self._show(line, "registered", **{"as": line.account.user, "at": line.registered_at})
        elif line.state is LineState.UNREGISTERED:
            self._show(line, "unregistered", cause=line.cause)
        self._world.publish(line=self._all[0].state, cause=self.cause)

    def note(self, trouble: str) -> None:
        """Tell what is wrong besides the lines; empty: nothing is."""
        self._trouble = trouble
        self._world.publish(cause=self.cause)

    @property
    def cause(self) -> str:
        """Why lines are not registered, each with its extension where there are several."""
        causes = (
            [self._all[0].cause]
            if len(self._all) == 1
            else [
                f"extension {line.account.user}: {line.cause}" for line in self._all if line.cause
            ]
        )
        return "; ".join(filter(None, (*causes, self._trouble)))

    def _show(self, line: Line, event: str, **values: object) -> None:
        self._world.show("", event, (("line", line.name), *values.items()))
