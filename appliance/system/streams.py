"""Connections for SIP by TCP and TLS: made on demand, accepted, shared, watched and flushed.

    Packet ─► send ─► [queue while connecting] ─► TCP | TLS ─► peer
    core ◄─ receive ◄─ [inbox, a few at a time] ◄─ Framer ◄─ TCP | TLS ◄─ peer

A connection is known by transport, host and port of its far end: whatever is addressed there goes
over it, and so a reply goes back over the connection that the request came by (RFC 3261 section
18.2.2). One towards a peer's listening port and one that the peer made stand side by side. The name
in an Address says what a certificate must bear when a connection is made; it does not tell two
connections apart.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Coroutine
from dataclasses import replace
from ipaddress import ip_address
from typing import Final

from appliance.sip.address import Address, is_literal
from appliance.sip.guard import Bucket

from . import ports, reasons, tls
from .connection import Connection, Limits

_BURST: Final = 16
"""Connections accepted before others get their turn."""
_MOST_HOSTS: Final = 1024
"""Hosts whose rate is remembered; the one not heard of for longest is forgotten first."""
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_RECOVERY: Final = 1.0
"""s without accepting when the system has no more files or memory for us."""


class Streams:
    """All connections of one endpoint.

    `receive` gets whole messages and where they came from; `lost` gets the address of a connection
    that could not be made or that ended, and why, in plain words. `host` is the address of ours
    that connections are made from. Without `contexts` there is no TLS.
    """

    def __init__(
        self,
        receive: Callable[[list[bytes], Address], None],
        lost: Callable[[Address, str], None],
        *,
        host: str = "",
        contexts: tls.Contexts | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.limits = limits or Limits()
        self._receive = receive
        self.closing = False
        self.turned_away = 0
        """Connections that were not accepted: too many, too often, or TLS failed."""
        self._lost = lost
        self._host = host
        self._contexts = contexts
        self._all: set[Connection] = set()
        self._known: dict[Address, Connection] = {}
        """Connections by every address that leads to them."""
        self._rates: dict[str, Bucket] = {}
        self._sockets: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._empty = asyncio.Event()

    def __len__(self) -> int:
        """Connections, those that are being made included."""
        return len(self._all)

    def listen(self, transport: str, sock: socket.socket) -> None:
        """Accept connections on a socket of `ports.listen`, which is ours from now on."""
        self._sockets.append(sock)
        self.loop.add_reader(sock, self._accept, transport, sock)

    def send(self, data: bytes, to: Address) -> None:
        """Send over the connection to `to`; where there is none, one is made.

        Nothing to send means that the connection is of no use any more: it is dropped, the core is
        not told, and the next message makes another.
        """
        to = _canonical(to)
        connection = self._known.get(to)
        if not data:
            if connection is not None:
                for address in (connection.asked, connection.peer):
                    self._known.pop(address, None)
                connection.end("")
            return
        if connection is None:
            if self.closing:
                return
            ours = [each for each in self._all if not each.accepted]
            if len(ours) >= self.limits.connections:
                self._sacrifice(ours)
            connection = self._known[to] = Connection(self, to, accepted=False)
            self._begin(connection, self._connect(connection))
        connection.send(data)

    def close(self) -> None:
        """Stop accepting, send what is queued within `Limits.flush`, and close everything.

        Nothing is told to the core any more. The loop must go on for that time: `wait_closed`.
        """
        if self.closing:
            return
        self.closing = True
        for sock in self._sockets:
            self.loop.remove_reader(sock)
            sock.close()
        for connection in tuple(self._all):
            connection.finish()
        if len(self):
            self.loop.call_later(self.limits.flush, self._abandon)
        else:
            self._abandon()

    async def wait_closed(self) -> None:
        """Return as soon as everything has left or been given up."""
        await self._empty.wait()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _abandon(self) -> None:
        for connection in tuple(self._all):
            connection.end("")
        for task in self._tasks:
            task.cancel()
        self._empty.set()

    # what a connection tells

    def receive(self, messages: list[bytes], source: Address) -> None:
        """Hand messages on."""
        self._receive(messages, source)

    def refusal(self, transport: asyncio.BaseTransport, who: str) -> str:
        """Say why a connection just made must not be used; empty where it may."""
        if self._contexts is None or transport.get_extra_info("ssl_object") is None:
            return ""
        return self._contexts.refusal(transport, who)

    def ended(self, connection: Connection, why: str) -> None:
        """Forget a connection; the core is told, unless it never heard of it."""
        heard_of = not connection.accepted or connection.heard
        self._all.discard(connection)
        for address in dict.fromkeys((connection.asked, connection.peer)):
            if self._known.get(address) is connection:
                del self._known[address]
                if heard_of:
                    # Not at once: this may happen while the core's packets are being sent.
                    self.loop.call_soon(self._tell, address, why)
        if self.closing and not len(self):
            self._empty.set()

    def _tell(self, address: Address, why: str) -> None:
        if not self.closing:
            self._lost(address, why)

    # making connections

    def _begin(self, connection: Connection, work: Coroutine[None, None, None]) -> None:
        self._all.add(connection)
        connection.task = task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, connection: Connection) -> None:
        to, context = connection.asked, None
        try:
            async with asyncio.timeout(self.limits.connect):
                if to.transport == "tls":
                    if self._contexts is None:
                        raise tls.TlsError("TLS is not set up on this line")
                    context = await self._contexts.client()
                await self.loop.create_connection(
                    lambda: connection,
                    sock=await self._reach(connection),
                    ssl=context,
                    server_hostname=None if context is None else tls.server_name(to.host, to.name),
                    ssl_shutdown_timeout=None if context is None else tls.SHUTDOWN,
                )
        except (OSError, ValueError) as error:  # ValueError: a host that no resolver accepts
            connection.end(await self._explain(error, connection))

    async def _reach(self, connection: Connection) -> socket.socket:
        """Return a socket connected to the far end, the first of a name's addresses that takes it.

        Raises OSError.
        """
        to = connection.asked
        if is_literal(to.host):
            return await ports.connect(to.host, to.port, source=self._host)
        found = await self.loop.getaddrinfo(to.host, to.port, type=socket.SOCK_STREAM)
        refusal: OSError = socket.gaierror(f"{to.host} has no address")
        for host in dict.fromkeys(ports.host_of(entry[4]) for entry in found):
            try:
                sock = await ports.connect(host, to.port, source=self._host)
            except OSError as error:
                refusal = error
                continue
            peer = connection.peer = replace(to, host=host, name=to.name or to.host)
            self._known.setdefault(peer, connection)
            return sock
        raise refusal

    async def _explain(self, error: OSError | ValueError, connection: Connection) -> str:
        peer = connection.peer
        if self._contexts is None:
            return (
                str(error)
                if isinstance(error, tls.TlsError)
                else reasons.connection(error, connection.who, peer.port)
            )
        return await self._contexts.explain(
            error, peer.host, peer.port, connection.who, source=self._host
        )

    # accepting connections

    def _accept(self, transport: str, sock: socket.socket) -> None:
        for _ in range(_BURST):
            try:
                taken, found = sock.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _EXHAUSTED:
                    raise
                # The connection stays where it is, and the socket readable: wait for better times.
                self.loop.remove_reader(sock)
                self.loop.call_later(_RECOVERY, self._resume, transport, sock)
                return
            taken.setblocking(False)
            host = ports.host_of(found)
            if not (self._is_in_time(host) and self._has_room(host)):
                self.turned_away += 1
                taken.close()
                continue
            ports.tune(taken)
            peer = Address(transport, host, found[1])
            connection = Connection(self, peer, accepted=True)
            connection.sock = taken
            known = self._known.get(peer)
            if known is None or known.accepted:  # then the old one is dead: its port was used again
                self._known[peer] = connection
            self._begin(connection, self._serve(connection, taken))

    def _resume(self, transport: str, sock: socket.socket) -> None:
        if not self.closing:
            self.loop.add_reader(sock, self._accept, transport, sock)

    def _is_in_time(self, host: str) -> bool:
        """Whether a host does not connect too often."""
        now = self.loop.time()
        bucket = self._rates.pop(host, None)
        if bucket is None:
            bucket = Bucket(self.limits.burst, self.limits.rate, now)
            if len(self._rates) >= _MOST_HOSTS:
                del self._rates[next(iter(self._rates))]
        self._rates[host] = bucket
        return bucket.take(now)

    def _has_room(self, host: str) -> bool:
        accepted = [connection for connection in self._all if connection.accepted]
        if sum(connection.peer.host == host for connection in accepted) >= self.limits.per_host:
            return False
        if len(accepted) < self.limits.connections:
            return True
        if self.loop.time() - min(each.active for each in accepted) < self.limits.first:
            return False
        self._sacrifice(accepted)
        return True

    @staticmethod
    def _sacrifice(connections: list[Connection]) -> None:
        silent = min(connections, key=lambda connection: connection.active)
        silent.end(f"the connection to {silent.who} was silent when another needed its place")

    async def _serve(self, connection: Connection, sock: socket.socket) -> None:
        context = None
        try:
            if connection.peer.transport == "tls":
                if self._contexts is None:
                    raise tls.TlsError("TLS is not set up on this line")
                context = await self._contexts.server()
            connection.sock = None
            await self.loop.connect_accepted_socket(
                lambda: connection,
                sock,
                ssl=context,
                ssl_shutdown_timeout=None if context is None else tls.SHUTDOWN,
            )
        except OSError:
            self.turned_away += 1
            connection.end("")


def _canonical(address: Address) -> Address:
    """Return the address with its host in the one form under which it is known."""
    try:
        return replace(address, host=str(ip_address(address.host)))
    except ValueError:
        return replace(address, host=address.host.lower())
