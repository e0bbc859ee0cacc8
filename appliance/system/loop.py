"""The two drivers of pure cores: Pacer runs what happens every 20 ms, SipEndpoint a user agent.

All times are those of the running loop (`loop.time()`, monotonic seconds).
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar, cast

from appliance import rtp, sip
from appliance.sip import Address, Packet
from appliance.sip.address import is_literal

from .connection import Limits
from .ports import Inbox, family_of, host_of, sockaddr
from .streams import Streams
from .tls import Contexts, TlsOptions

PERIOD: Final = 0.020
"""Seconds of one frame."""
FAULTS: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    rtp.LocalError,
    sip.LocalError,
)
"""What a defect in one call's code can raise; it ends that call and no other."""
EARLY: Final = 0.001
"""Seconds by which a pacer wakes before a tick is due. The loop waits in whole milliseconds
(`epoll_wait`), so it may come up to one late; the rest is slept to the microsecond."""
_LOOK: Final = 0.3
"""Share of a period after which the inbox is read, again and again until the tick."""
_CATCH_UP: Final = 10
"""Ticks that are made up for after a stall; older ones are skipped, their audio is history."""


def token() -> str:
    """Return a fresh token nobody can guess: 80 bits in 20 hexadecimal digits."""
    return secrets.token_hex(10)


class Histogram:
    """Latenesses in about 20 % wide classes from 10 µs to a minute; constant memory."""

    __slots__ = ("_counts", "count", "worst")
    _FIRST: Final = 10e-6
    _STEP: Final = 1.2
    _CLASSES: Final = 86

    def __init__(self) -> None:
        self._counts = [0] * self._CLASSES
        self.count = 0
        self.worst = 0.0

    def add(self, seconds: float) -> None:
        """Count one value."""
        bound, index = self._FIRST, 0
        while seconds > bound and index < self._CLASSES - 1:
            bound *= self._STEP
            index += 1
        self._counts[index] += 1
        self.count += 1
        self.worst = max(self.worst, seconds)

    def quantile(self, share: float) -> float:
        """Return the upper bound in seconds of the class in which `share` (0 to 1) is reached."""
        seen = 0
        for index, count in enumerate(self._counts):
            seen += count
            if count and seen >= share * self.count:
                return min(self.worst, self._FIRST * self._STEP**index)
        return 0.0


Tick = Callable[[float], None]


@dataclass(slots=True)
class _Entry:
    tick: Tick
    failed: Callable[[Exception], None]


class Pacer:
    """One absolute-deadline loop for all calls: tick n is due at start + n · period.

    A late tick is followed by the next at its own due time, so there is no drift; after a stall
    the missed ticks run at once, up to a fifth of a second of them. The callables are given the
    time at which their tick was due.

        due ─► 6 ms, 12 ms, 18 ms: read the inbox ─► 19 ms: read, sleep the rest ─► due: read, tick
    """

    def __init__(self, period: float = PERIOD, *, early: float = EARLY) -> None:
        """`early`: seconds before a tick at which to wake and sleep the rest exactly; 0: not."""
        self.period = period
        self.inbox = Inbox()
        """Read some times in between and at each wake: the ticks find what has come."""
        self.lateness = Histogram()
        """Seconds by which ticks began after they were due."""
        self.skipped = 0
        """Ticks that were not made up for."""
        self.on_late: Callable[[float, float], None] | None = None
        """Told at each wake how many seconds late it is, and the time: for whoever judges by the
        recent past. It must not raise."""
        self._entries: dict[str, _Entry] = {}
        self._early = early
        self._handle: asyncio.TimerHandle | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._due = 0.0

    def start(self) -> None:
        """Begin to tick in the running loop; a second start is ignored."""
        if self._handle is None:
            loop = asyncio.get_running_loop()
            self._due = loop.time() + self.period
            self._arm(loop)

    def stop(self) -> None:
        """Stop ticking; `start` begins again."""
        for handle in (self._handle, self._looking):
            if handle is not None:
                handle.cancel()
        self._handle = self._looking = None

    def add(self, key: str, tick: Tick, failed: Callable[[Exception], None]) -> None:
        """Run `tick(due)` each period from now on.

        A fault in it (one of FAULTS) removes it and is handed to `failed`.
        """
        self._entries[key] = _Entry(tick, failed)

    def remove(self, key: str) -> None:
        """Stop running the callable of `key`, if there is one."""
        self._entries.pop(key, None)

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wake for the next tick, and before it if there is anything to be read."""
        self.stop()
        self._handle = loop.call_at(self._due - self._early, self._wake, loop)
        if self.inbox:
            self._look_at(loop, self._due - self.period * (1.0 - _LOOK))

    def _look_at(self, loop: asyncio.AbstractEventLoop, when: float) -> None:
        if self._looking is not None:
            self._looking.cancel()
        if when < self._due - self._early:
            self._looking = loop.call_at(when, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Read what has come, so that little is left to do when the tick is due."""
        now = loop.time()
        self.inbox.read(now)
        if self._handle is not None:  # not stopped by what has come
            self._look_at(loop, now + self.period * _LOOK)

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        if now < self._due:
            self.inbox.read(now)
            # Nobody is served meanwhile, for a millisecond at the most.
            time.sleep(max(0.0, self._due - loop.time()))
            now = max(self._due, loop.time())
        self.inbox.read(now)
        if self.on_late is not None:
            self.on_late(now - self._due, now)
        missed = int((now - self._due) / self.period)
        if missed > _CATCH_UP:
            self.skipped += missed - _CATCH_UP
            self._due += (missed - _CATCH_UP) * self.period
        while self._due <= now:
            self.lateness.add(loop.time() - self._due)
            self.run(self._due)
            self._due += self.period
        if self._handle is not None:  # not stopped by one of the callables
            self._arm(loop)

    def run(self, due: float) -> None:
        """Run one tick of every callable, as due at `due`."""
        for key, entry in tuple(self._entries.items()):
            if key not in self._entries:  # removed by one before it
                continue
            try:
                entry.tick(due)
            except FAULTS as fault:
                self.remove(key)
                entry.failed(fault)


E = TypeVar("E")


class SipCore(Protocol[E]):
    """A pure core with the five verbs: a `sip.UserAgent`, or the exchange around one."""

    def receive(self, data: bytes, source: Address, now: float) -> None:
        """Take one message: a datagram, or what was cut out of a connection."""

    def lost(self, peer: Address, why: str, now: float) -> None:
        """Learn that the connection to `peer` could not be made, or ended; `why` is for people."""

    def tick(self, now: float) -> None:
        """Do what is due."""

    def deadline(self) -> float | None:
        """When `tick` is next needed."""

    def outgoing(self) -> list[Packet]:
        """Hand out what is to be sent."""

    def events(self) -> list[E]:
        """Hand out what has happened."""


class SipEndpoint(asyncio.DatagramProtocol, Generic[E]):
    """Drives a SIP core over a UDP socket, and over TCP and TLS connections.

    Made by `open`. After a command on `core`, call `transmit`: the one place in which packets are
    sent, events handed on and the timer armed. Events may be answered by commands from within the
    handler.
    """

    def __init__(self, core: SipCore[E], handle: Callable[[E], None]) -> None:
        self.core = core
        self.rejected = 0
        """Datagrams that the network refused (ICMP, unknown name), or for which there is no UDP."""
        self._handle = handle
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.DatagramTransport | None = None
        self._family = socket.AF_INET
        self._streams: Streams | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._busy = False
        self._closed = False
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(
        cls,
        sock: socket.socket | None,
        core: SipCore[E],
        handle: Callable[[E], None],
        *,
        streams: Mapping[str, socket.socket] | None = None,
        tls: TlsOptions | None = None,
        host: str = "",
        limits: Limits | None = None,
    ) -> SipEndpoint[E]:
        """Serve `core`; its events go to `handle`.

        `sock` is a socket of `ports.bind` (None: no UDP), `streams` are sockets of `ports.listen`
        by transport ("tcp", "tls"). All are closed with the endpoint. Connections are made from
        `host`, an address of ours (empty: that of the first of those sockets). Raises TlsError
        where `tls` names files that cannot be used; the sockets are closed then.
        """
        sockets = [sock, *(streams or {}).values()]
        try:
            contexts = await cls._contexts(tls, serving="tls" in (streams or {}))
        except OSError:
            for each in filter(None, sockets):
                each.close()
            raise
        endpoint = cls(core, handle)
        host = host or next((host_of(each.getsockname()) for each in sockets if each), "")
        endpoint._streams = Streams(
            endpoint._received, endpoint._lost, host=host, contexts=contexts, limits=limits
        )
        if sock is not None:
            await endpoint._loop.create_datagram_endpoint(lambda: endpoint, sock=sock)
        for transport, listening in (streams or {}).items():
            endpoint._streams.listen(transport, listening)
        endpoint.transmit()
        return endpoint

    @staticmethod
    async def _contexts(options: TlsOptions | None, *, serving: bool) -> Contexts | None:
        """Make the contexts now, so that a wrong file is told at once."""
        if options is None:
            return None
        contexts = Contexts(options)
        await contexts.client()
        if serving:
            await contexts.server()
        return contexts

    @property
    def now(self) -> float:
        """The time that commands on `core` take."""
        return self._loop.time()

    def transmit(self) -> None:
        """Send what is to be sent, hand on what has happened, arm the timer."""
        if self._busy:  # called by the handler of an event: the loop below goes round again
            return
        self._busy = True
        try:
            events: list[E] | None = None
            while events is None or events:
                for packet in self.core.outgoing():
                    self._send(packet.data, packet.to)
                events = self.core.events()
                for event in events:
                    self._handle(event)
        finally:
            self._busy = False
        self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self.core.deadline()
        if deadline is not None and not self._closed:
            # A deadline that stays in the past must not become a busy loop.
            self._timer = self._loop.call_at(max(deadline, self.now + 0.001), self._expire)

    def _expire(self) -> None:
        self._timer = None
        self.core.tick(self.now)
        self.transmit()

    def _send(self, data: bytes, to: Address) -> None:
        if self._closed:
            return
        if to.transport != "udp":
            if self._streams is not None:
                self._streams.send(data, to)
        elif self._transport is None:
            self.rejected += 1
        elif is_literal(to.host):
            self._send_datagram(data, to.host, to.port)
        else:
            task = self._loop.create_task(self._send_by_name(data, to))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _send_datagram(self, data: bytes, host: str, port: int) -> None:
        if self._transport is None:
            return
        try:
            address = sockaddr(self._family, host, port)
        except OSError:  # the interface of its scope is gone
            self.rejected += 1
            return
        self._transport.sendto(data, address)

    async def _send_by_name(self, data: bytes, to: Address) -> None:
        """Resolve off the loop; a name nobody knows is a packet lost, which the core repeats."""
        try:
            found = await self._loop.getaddrinfo(to.host, to.port, type=socket.SOCK_DGRAM)
        except (OSError, ValueError):  # ValueError: a host that no resolver accepts
            self.rejected += 1
            return
        # What a socket of ours can reach: IPv4 by IPv4, on `::` both.
        hosts = [host_of(entry[4]) for entry in found]
        host = next((each for each in hosts if family_of(each) == self._family), hosts[0])
        self._send_datagram(data, host, to.port)

    # what connections tell

    def _received(self, messages: list[bytes], source: Address) -> None:
        for message in messages:
            self.core.receive(message, source, self.now)
        self.transmit()

    def _lost(self, peer: Address, why: str) -> None:
        self.core.lost(peer, why, self.now)
        self.transmit()

    # asyncio.DatagramProtocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (asyncio)."""
        self._transport = cast("asyncio.DatagramTransport", transport)
        self._family = transport.get_extra_info("socket").family

    def datagram_received(
        self, data: bytes, addr: tuple[str, int] | tuple[str, int, int, int]
    ) -> None:
        """Hand a datagram to the core (asyncio)."""
        if self._closed:
            return
        self.core.receive(data, Address("udp", host_of(addr), addr[1]), self.now)
        self.transmit()

    def error_received(self, exc: Exception) -> None:  # noqa: ARG002
        """Count an ICMP refusal (asyncio); the core's own timers decide what it means."""
        self.rejected += 1

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Forget the transport (asyncio)."""
        self._transport = None

    def close(self) -> None:
        """Send what is queued, close all sockets, stop the timer; the core may be dropped.

        Connections need the loop for a moment more: await `wait_closed` where there are any.
        """
        self._closed = True
        for task in self._tasks:
            task.cancel()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None:
            self._transport.close()
            self._transport = None
        if self._streams is not None:
            self._streams.close()

    async def wait_closed(self) -> None:
        """After `close`: return once everything queued has left, after a second at the latest."""
        if self._streams is not None:
            await self._streams.wait_closed()
