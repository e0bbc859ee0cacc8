"""Far ends of TCP and TLS connections, for tests: real sockets on loopback, nothing slept through."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Coroutine
from pathlib import Path

from appliance.system.certificates import Issued

HOST = "127.0.0.1"
PATIENCE = 10
"""Seconds after which a test fails instead of hanging."""


def run(scenario: Coroutine[None, None, None]) -> None:
    """Run a scenario that must end."""

    async def bounded() -> None:
        async with asyncio.timeout(6 * PATIENCE):
            await scenario

    asyncio.run(bounded())


async def within(awaitable):
    """Await what must happen soon."""
    return await asyncio.wait_for(awaitable, PATIENCE)


def message(text: str = "", *, size: int = 0) -> bytes:
    """Return a whole SIP message that can be told from others."""
    body = text.encode() + b"x" * size
    return b"OPTIONS sip:box SIP/2.0\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def serving(issued: Issued, folder: Path, *, asking: Issued | None = None) -> ssl.SSLContext:
    """Return a server's context; `asking`: the authority whose certificates clients must show."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*issued.write(folder, f"far-{issued.fingerprint[:8]}"))
    if asking is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(asking.write(folder, "asking")[0])
    return context


class Wire(asyncio.Protocol):
    """One connection as the far end sees it."""

    def __init__(self, made: Callable[[Wire], None] = lambda wire: None) -> None:
        self.got = b""
        self.ended = asyncio.get_running_loop().create_future()
        self._made = made
        self._came = asyncio.Event()

    def connection_made(self, transport) -> None:
        self.transport = transport
        self._made(self)

    def data_received(self, data: bytes) -> None:
        self.got += data
        self._came.set()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(exc)

    async def until(self, awaited: bytes) -> None:
        """Wait until so much has come."""
        while awaited not in self.got:
            self._came.clear()
            await within(self._came.wait())


class FarEnd:
    """A listening peer; its connections come out of `wires`."""

    def __init__(self, server: asyncio.Server, wires: asyncio.Queue[Wire]) -> None:
        self.server, self.wires = server, wires
        self.port: int = server.sockets[0].getsockname()[1]
        self._seen: list[Wire] = []

    @classmethod
    async def open(
        cls,
        context: ssl.SSLContext | None = None,
        *,
        host: str = HOST,
        port: int = 0,
        says: bytes = b"",
    ) -> FarEnd:
        """Listen; `says` is sent to everybody who connects."""
        wires: asyncio.Queue[Wire] = asyncio.Queue()

        def made(wire: Wire) -> None:
            wires.put_nowait(wire)
            if says:
                wire.transport.write(says)

        server = await asyncio.get_running_loop().create_server(
            lambda: Wire(made), host, port, ssl=context
        )
        return cls(server, wires)

    async def met(self) -> Wire:
        """Wait for the next connection."""
        wire = await within(self.wires.get())
        self._seen.append(wire)
        return wire

    async def close(self) -> None:
        """Break everything off."""
        self.server.close()
        while not self.wires.empty():
            self._seen.append(self.wires.get_nowait())
        for wire in self._seen:
            wire.transport.abort()
            await within(wire.ended)


async def call(port: int, *, host: str = HOST, context: ssl.SSLContext | None = None) -> Wire:
    """Connect to the box as a peer does; with TLS nothing is verified unless `context` does."""
    _, wire = await asyncio.get_running_loop().create_connection(
        Wire, host, port, ssl=context, server_hostname="box.example" if context else None
    )
    return wire


def credulous() -> ssl.SSLContext:
    """Return a client's context that believes everybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def shake_hands(listening: socket.socket, context: ssl.SSLContext) -> None:
    """Serve one connection after the other, each until it ends, in a thread.

    Unlike asyncio's server, this one sends an alert before it breaks off.
    """
    while True:
        try:
            taken, _ = listening.accept()
        except OSError:
            return
        with taken:
            try:
                with context.wrap_socket(taken, server_side=True) as wrapped:
                    wrapped.recv(1)
            except OSError:
                continue
