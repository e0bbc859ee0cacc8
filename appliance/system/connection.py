"""One connection of SIP by TCP or TLS: what waits to go, what came, and patience with the peer.

    send ─► [queue until it is made] ─► transport        transport ─► Framer ─► [inbox] ─► receive

Whoever owns it (`Owner`, which is `streams.Streams`) makes it and hears of its end.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from dataclasses import dataclass
from typing import Final, Protocol, cast

from appliance.sip.address import Address
from appliance.sip.errors import RemoteError
from appliance.sip.framing import PONG, Framer

from . import reasons

_BURST: Final = 16
"""Messages handed on before other connections, and the audio, get their turn."""
_SLICE: Final = 16_384
"""Bytes that are cut into messages at once."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a connection may cost. Times in seconds."""

    connections: int = 256
    """Accepted at once, and made at once; a silent one makes room for a new one."""
    per_host: int = 128
    burst: int = 128
    """New ones of a host at once."""
    rate: float = 20.0
    """New ones of a host a second, in the long run. Each costs the loop that paces audio a moment,
    with TLS some milliseconds."""
    connect: float = 5.0
    """For name, connection and TLS handshake together."""
    queued: int = 256
    """Messages that wait for a connection to be made."""
    buffered: int = 262_144
    """Bytes that wait for the peer to read."""
    half: float = 10.0
    """A message that has begun must be whole by then."""
    first: float = 15.0
    """An accepted connection must bring something by then, TLS handshake included."""
    idle: float = 1200.0
    """A connection without a message or keepalive is closed: one that the peer made when none comes
    from it, one of ours when none goes either way. More than half of the usual session timer
    (1800 s), so that a call which refreshes keeps the connection it came by."""
    flush: float = 1.0
    """What was queued at the end may take so long to leave."""


class _Framer(Framer):
    """The framer of the core, which can also say whether it is in the middle of a message."""

    @property
    def partial(self) -> bool:
        return bool(self._held)


class Owner(Protocol):
    """What a connection needs of whoever owns it."""

    loop: asyncio.AbstractEventLoop
    limits: Limits
    closing: bool
    """Nothing is handed on any more; what is queued may still leave."""

    def receive(self, messages: list[bytes], source: Address) -> None:
        """Take messages, in their order."""

    def refusal(self, transport: asyncio.BaseTransport, who: str) -> str:
        """Say why a connection just made must not be used; empty where it may."""

    def ended(self, connection: Connection, why: str) -> None:
        """Forget a connection."""


class Connection(asyncio.Protocol):
    """One connection, from the first thought of it to its end."""

    def __init__(self, owner: Owner, peer: Address, *, accepted: bool) -> None:
        self.peer = peer
        """The far end; where it was addressed by name, its IP address once that is known."""
        self.asked = peer
        """The far end as it was first addressed."""
        self.accepted = accepted
        self.active = owner.loop.time()
        """When it was last of use: made, heard from, or, if it is ours, spoken over."""
        self.heard = False
        """Whether a message or keepalive has come."""
        self.ended = False
        self.task: asyncio.Task[None] | None = None
        """What makes the connection."""
        self.sock: socket.socket | None = None
        """The accepted socket, until the loop has it."""
        self._owner = owner
        self._limits = owner.limits
        self._framer = _Framer()
        self._half: float | None = None
        """When a message began that is not whole yet."""
        self._queue: list[bytes] = []
        self._inbox: deque[bytes] = deque()
        self._transport: asyncio.Transport | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._arm()

    @property
    def who(self) -> str:
        """The far end as people know it."""
        return self.peer.name or self.peer.host

    def send(self, data: bytes) -> None:
        """Send, or queue until there is a connection; one that cannot keep up is ended."""
        if self.ended:
            return
        if not self.accepted:
            self.active = self._owner.loop.time()
        if self._transport is None:
            if len(self._queue) >= self._limits.queued:
                self.end(f"too much waits for a connection to {self.who}")
                return
            self._queue.append(data)
        elif self._transport.is_closing():
            return  # its end is about to be told
        elif self._transport.get_write_buffer_size() + len(data) > self._limits.buffered:
            self.end(f"{self.who} does not read what it is sent")
        else:
            self._transport.write(data)

    def finish(self) -> None:
        """Send what is queued, then close."""
        if self._transport is not None:
            self._transport.close()
        elif not self._queue:
            self.end("")

    def end(self, why: str) -> None:
        """Break the connection off, and have the core told why; once."""
        if self.ended:
            return
        self.ended = True
        self._queue.clear()
        self._inbox.clear()
        if self._watch is not None:
            self._watch.cancel()
        if self.sock is not None:
            self.sock.close()
        if self._transport is not None:
            self._transport.abort()
        elif self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()
        self._owner.ended(self, why)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send what has waited (asyncio)."""
        self._transport = cast("asyncio.Transport", transport)
        if self.ended:
            self._transport.abort()
            return
        if not self.accepted and (refusal := self._owner.refusal(transport, self.who)):
            self.end(refusal)
            return
        queue, self._queue = self._queue, []
        for data in queue:
            self.send(data)
        if self._owner.closing:
            self.finish()

    def data_received(self, data: bytes) -> None:
        """Cut into messages (asyncio)."""
        if self.ended:
            return
        pings, whole = self._framer.pings, len(self._inbox)
        try:
            for start in range(0, len(data), _SLICE):
                self._inbox += self._framer.feed(data[start : start + _SLICE])
        except RemoteError as error:
            self._work(len(self._inbox))
            self.end(f"{self.who} sends what cannot be read: {error}")
            return
        now = self._owner.loop.time()
        if self._framer.pings > pings:
            self.send(PONG * (self._framer.pings - pings))
        if self._framer.pings > pings or len(self._inbox) > whole:
            first, self.heard, self.active, self._half = not self.heard, True, now, None
            if first:
                self._arm()
        if not self._framer.partial:
            self._half = None
        elif self._half is None:
            self._half = now
            self._arm()
        self._work(_BURST)

    def _work(self, most: int) -> None:
        """Hand on a few messages; where there are more, others get their turn first."""
        if self.ended:
            return
        if self._owner.closing:
            self._inbox.clear()
        batch = [self._inbox.popleft() for _ in range(min(most, len(self._inbox)))]
        if batch:
            self._owner.receive(batch, self.peer)
        if self._transport is None or self.ended:
            return
        if self._inbox:
            self._transport.pause_reading()
            self._owner.loop.call_soon(self._work, _BURST)
        elif not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand on what came before the end, then tell of it (asyncio)."""
        if self.ended:
            return
        self._work(len(self._inbox))
        if isinstance(exc, OSError):
            self.end(reasons.connection(exc, self.who, self.peer.port))
        else:
            self.end(f"{self.who} closed the connection")

    # time

    def _deadline(self) -> float:
        """When patience with the peer ends."""
        limits = self._limits
        patience = limits.first if self.accepted and not self.heard else limits.idle
        if self._half is None:
            return self.active + patience
        return min(self.active + patience, self._half + limits.half)

    def _arm(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        # A deadline that has moved further away is seen when the timer of the old one rings.
        self._watch = self._owner.loop.call_at(self._deadline(), self._ring)

    def _ring(self) -> None:
        if self._owner.loop.time() < self._deadline():
            self._arm()
        elif self._half is not None:
            self.end(f"{self.who} began a message and did not end it")
        elif self.accepted:
            self.end(f"{self.who} was silent for too long")
        else:
            self.end(f"the connection to {self.who} was not in use")
