"""The world outside the switchboard: ports, links to `speech`, records, status."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from appliance import dialogue, rtp, sip
from appliance.call.absence import Answer
from appliance.call.journal import Journal
from appliance.call.link import SpeechLink
from appliance.call.outside import Post, Submit
from appliance.call.switchboard import Switchboard
from appliance.contracts.outcome import Outcome
from appliance.contracts.speech import Downward, Open, Upward
from appliance.contracts.status import LineStatus
from appliance.records import CallRecord, Note, Store, Summary
from appliance.rtp.srtp import KEY_BYTES
from appliance.system.bus import LineBus
from appliance.system.loop import FAULTS, Pacer, SipEndpoint, token
from appliance.system.notify import Notifier
from appliance.system.ports import MediaSocket, PortRange

_log = logging.getLogger(__name__)

Thoughts = dialogue.Thought | dialogue.ThoughtOver | dialogue.ThoughtFailed
OnEvent = Callable[[dict[str, object]], None]
"""Hears what happens in the conversations; a desk's terminal, never a log."""


class Thinks(Protocol):
    """A language model; everything happens on the loop."""

    def start(
        self, call: str, think: dialogue.Think, deliver: Callable[[Thoughts], None], /
    ) -> None:
        """Ask it for a call."""

    def cancel(self, call: str, /) -> None:
        """Stop what was asked for a call."""


@dataclass(frozen=True, slots=True)
class LineMedia:
    """What the audio of a line's calls is offered with."""

    host: str
    """Our address as this line's PBX reaches it."""
    ports: PortRange
    codecs: tuple[str, ...]
    """In order of preference."""
    srtp: sip.Srtp = sip.Srtp.OFF


def fresh_keys(srtp: sip.Srtp) -> tuple[sip.Crypto, ...]:
    """Return new random keys, one for each suite that this machine has; none where it is off."""
    if srtp is sip.Srtp.OFF:
        return ()
    return tuple(
        sip.Crypto(suite, secrets.token_bytes(KEY_BYTES[suite]), tag)
        for tag, suite in enumerate(rtp.SUITES, 1)
    )


class World:
    """Implements `switchboard.Outside` on a running loop."""

    def __init__(
        self,
        *,
        speech: Path,
        store: Store,
        bus: LineBus,
        notifier: Notifier,
        on_event: OnEvent | None,
        journal: Journal | None = None,
        thinker: Thinks | None = None,
    ) -> None:
        """`speech`: the socket of its process; `thinker`: the language model, where there is one.

        `journal`: where conversations are kept that this process may not live to end.
        """
        self.pacer = Pacer()
        self.status = LineStatus()
        self._speech = speech
        self._store = store
        self._bus = bus
        self._notifier = notifier
        self._on_event = on_event
        self._journal = journal
        self._thinker = thinker
        self._briefings = 0
        self._loop = asyncio.get_running_loop()
        self._sockets: dict[str, MediaSocket] = {}
        self._links: dict[str, SpeechLink] = {}
        self._ticking: set[str] = set()
        self.idle = asyncio.Event()
        """Set while there is no call, and nothing left to be done for one."""
        self.idle.set()
        self._board: Switchboard | None = None
        self._endpoints: dict[str, SipEndpoint[sip.Event]] = {}
        self._media: dict[str, LineMedia] = {}

    def connect(self, board: Switchboard) -> None:
        """Say whose world it is; before the first call."""
        self._board = board
        self.changed()

    def attach(self, line: str, endpoint: SipEndpoint[sip.Event], media: LineMedia) -> None:
        """Say by what a line's packets leave, for the first time or since the network changed."""
        self._endpoints[line], self._media[line] = endpoint, media

    def event(self, line: str, event: sip.Event) -> None:
        """Hand an event of a line's agent to the switchboard; a defect ends that call only."""
        assert self._board is not None  # noqa: S101 - connected before the first datagram
        call = self._board.call_of(line, event)
        try:
            self._board.event(line, event, self._loop.time())
        except FAULTS as fault:
            self._fault(self._board, call or self._board.call_of(line, event), fault)

    def publish(self, **values: object) -> None:
        """Change the published status: the one setter of `status`."""
        old, self.status = self.status, replace(self.status, **values)  # type: ignore[arg-type]
        if self.status == old:
            return
        self._bus.publish(self.status)
        words = f"{self.status.line.value}, {self.status.calls} calls, speech "
        cause = f"; {self.status.cause}" if self.status.cause else ""
        self._notifier.status(words + self.status.speech.value + cause)

    # switchboard.Outside

    def open_media(self, call: str, line: str) -> sip.LocalMedia:
        """Open a pair of ports and make keys (Outside)."""
        board, media = self._board, self._media[line]
        assert board is not None  # noqa: S101 - see `event`
        sock = media.ports.open()
        self._sockets[call] = sock
        sock.gather(self.pacer.inbox, lambda *datagram: self._datagram(board, call, *datagram))
        return sip.LocalMedia(
            media.host, sock.port, media.codecs, srtp=media.srtp, crypto=fresh_keys(media.srtp)
        )

    def send_media(self, call: str, packet: rtp.MediaPacket) -> None:
        """Send from the call's ports (Outside)."""
        sock = self._sockets.get(call)
        if sock is not None:
            sock.send(packet.data, packet.to, control=packet.control)

    def close_media(self, call: str) -> None:
        """Close the call's ports (Outside)."""
        sock = self._sockets.pop(call, None)
        if sock is not None:
            sock.close()

    def begin(self, call: str) -> None:
        """Tick for a call from now on (Outside)."""
        self._ticking.add(call)
        self.idle.clear()
        self.pacer.add(call, lambda due: self._tick(call, due), lambda f: self._failed(call, f))
        self.pacer.start()

    def forget(self, call: str) -> None:
        """Tick for it no more (Outside)."""
        self._ticking.discard(call)
        self.pacer.remove(call)
        if not self._ticking:
            self.pacer.stop()
            self.idle.set()

    def open_speech(self, call: str, language: str) -> None:
        """Connect to `speech` (Outside)."""
        self._links[call] = SpeechLink(
            self._speech,
            Open(call, language),
            receive=lambda message: self._heard(call, message),
            lost=lambda why: self._lost(call, why),
        )

    def tell_speech(self, call: str, message: Upward) -> int:
        """Send up the link (Outside)."""
        link = self._links.get(call)
        return 0 if link is None else link.send(message)

    def close_speech(self, call: str) -> None:
        """Close the link (Outside)."""
        link = self._links.pop(call, None)
        if link is not None:
            if link.dropped:
                _log.warning("speech was slow: %d frames of a call were dropped", link.dropped)
            link.close()

    def invoke(self, call: str, invoke: dialogue.Invoke, submit: Submit) -> None:
        """Ask a connector; its answer comes back by the loop (Outside)."""

        def done(result: dialogue.Result) -> None:
            self._back(call, result)

        try:
            submit(invoke, call, done)
        except RuntimeError:  # the connectors are closed: the process ends
            self._back(call, dialogue.Result(invoke.id, dialogue.Status.UNAVAILABLE))

    def think(self, call: str, think: dialogue.Think) -> None:
        """Ask the language model (Outside)."""
        if self._thinker is None:
            self._back(call, dialogue.ThoughtFailed(think.id, "there is no language model"))
        else:
            self._thinker.start(call, think, lambda thought: self._back(call, thought))

    def cancel_thought(self, call: str) -> None:
        """Stop the language model (Outside)."""
        if self._thinker is not None:
            self._thinker.cancel(call)

    def brief(self, call: str, details: tuple[tuple[str, str], ...], post: Post) -> None:
        """Tell the page and the site's webhook (Outside)."""
        self._briefings += 1
        told = dict(details)
        self._bus.briefing(told)
        with contextlib.suppress(RuntimeError):  # the connectors are closed: the process ends
            post(told, f"{call}-{self._briefings}")

    def keep_state(self, call: str, state: dialogue.State | None) -> None:
        """Write it on the journal's thread (Outside)."""
        if self._journal is not None:
            self._journal.keep(call, state)

    def keep_note(self, call: str, kind: str, fields: tuple[tuple[str, str], ...]) -> None:  # noqa: ARG002
        """Write a caller's message on the store's thread (Outside)."""
        self._watch(self._store.leave(Note(token(), kind, fields, datetime.now(UTC))))

    def keep_document(self, call: str, document: dialogue.Document) -> None:
        """Write a request's end on the store's thread (Outside)."""
        text, source = document.summary, document.source
        if text or source:
            now = datetime.now(UTC)
            summary = Summary(token(), call, document.process, text, source, now)
            self._watch(self._store.summarise(summary))

    def keep_record(self, record: CallRecord) -> None:
        """Write a record on the store's thread and announce the end (Outside)."""
        self._watch(self._store.add(record))
        if record.outcome is not Outcome.REFUSED:
            self._bus.call_ended(record.outcome, record.seconds)

    def show(self, call: str, event: str, values: tuple[tuple[str, object], ...]) -> None:
        """Tell the desk (Outside)."""
        if event in ("fault", "no-media"):  # the kind only: its text may hold what was said
            _log.error("a call met a fault: %s %s", event, dict(values).get("kind", ""))
        if self._on_event is not None:
            self._on_event({"event": event, "call": call, **dict(values)})

    def changed(self) -> None:
        """Publish the counts (Outside)."""
        board = self._board
        if board is not None:
            self.publish(
                calls=len(board.calls), capacity=board.plan.capacity,
                answered=board.answered, refused=board.refused,
            )  # fmt: skip

    # what comes back

    def _tick(self, call: str, due: float) -> None:
        board = self._board
        assert board is not None  # noqa: S101 - see `event`
        line = board.line_of(call)
        board.tick(call, due)
        self._transmit(line)

    def _transmit(self, line: str) -> None:
        """Let a line's packets leave."""
        endpoint = self._endpoints.get(line)
        if endpoint is not None:
            endpoint.transmit()

    def _back(self, call: str, answer: Answer) -> None:
        """Take an answer, on whichever thread it comes."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._answered, call, answer)

    def _answered(self, call: str, answer: Answer) -> None:
        self._guarded(call, lambda board: board.answer(call, answer, self._loop.time()))

    def _heard(self, call: str, message: Downward) -> None:
        self._guarded(call, lambda board: board.speech(call, message, self._loop.time()))

    def _lost(self, call: str, why: str) -> None:
        self._guarded(call, lambda board: board.speech_lost(call, why, self._loop.time()))

    def _datagram(
        self, board: Switchboard, call: str, data: bytes, source: tuple[str, int], control: bool,
        at: float,
    ) -> None:  # fmt: skip
        try:
            board.receive(call, data, source, control, at)
        except FAULTS as fault:
            self._failed(call, fault)

    def _failed(self, call: str, fault: Exception) -> None:
        self._guarded(call, lambda board: self._fault(board, call, fault))

    def _guarded(self, call: str, do: Callable[[Switchboard], None]) -> None:
        board = self._board
        assert board is not None  # noqa: S101 - see `event`
        line = board.line_of(call)
        try:
            do(board)
        except FAULTS as fault:
            self._fault(board, call, fault)
        self._transmit(line)

    def _fault(self, board: Switchboard, call: str, fault: Exception) -> None:
        _log.error("a call ended by a fault", exc_info=fault)
        board.fail(call, self._loop.time())

    @staticmethod
    def _watch(written: Future[None]) -> None:
        """A write that fails is told by the store and tried again with the next."""
        written.add_done_callback(lambda done: done.exception())
