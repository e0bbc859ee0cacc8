"""`system.streams`: connections of SIP over real sockets and real TLS."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from appliance.sip.address import Address
from appliance.system import ports, streams
from appliance.system.certificates import fingerprint, issue, make_authority
from appliance.system.connection import Limits
from appliance.system.streams import Streams
from appliance.system.tls import Contexts, TlsOptions
from tests.system.farend import (
    HOST,
    FarEnd,
    Wire,
    call,
    credulous,
    message,
    run,
    serving,
    shake_hands,
    within,
)

NAME = "pbx.example"
AUTHORITY = make_authority()
PBX = issue(AUTHORITY, NAME)
SHORT = 0.05
"""Seconds of a limit that a test runs into."""


def has_ipv6() -> bool:
    try:
        ports.listen("::1", 0).close()
    except ports.PortError:
        return False
    return True


ipv6 = pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")


class Box:
    """Streams, and what they told; answers what it is told to."""

    def __init__(self, **options: object) -> None:
        self.got: asyncio.Queue[tuple[bytes, Address]] = asyncio.Queue()
        self.lost: asyncio.Queue[tuple[Address, str]] = asyncio.Queue()
        self.reply: Callable[[bytes], bytes] | None = None
        self.streams = Streams(
            self._receive,
            lambda address, why: self.lost.put_nowait((address, why)),
            **options,  # type: ignore[arg-type]
        )

    def _receive(self, messages: list[bytes], source: Address) -> None:
        for data in messages:
            self.got.put_nowait((data, source))
            if self.reply is not None:
                self.streams.send(self.reply(data), source)

    def listen(self, transport: str = "tcp", host: str = HOST) -> int:
        sock = ports.listen(host, 0)
        self.streams.listen(transport, sock)
        port: int = sock.getsockname()[1]
        return port


@asynccontextmanager
async def box(**options: object) -> AsyncIterator[Box]:
    """A box whose connections are gone in the end."""
    made = Box(**options)
    try:
        yield made
    finally:
        made.streams.close()
        await within(made.streams.wait_closed())
        assert len(made.streams) == 0


def contexts(folder: Path, **options: object) -> Contexts:
    return Contexts(TlsOptions(ca=AUTHORITY.write(folder, "ca")[0], **options))  # type: ignore[arg-type]


# going out


def test_a_connection_is_made_once_and_used_by_all() -> None:
    """Connects on demand, sends what has waited in its order, and keeps the connection."""

    async def scenario() -> None:
        far = await FarEnd.open()
        to = Address("tcp", HOST, far.port)
        async with box() as ours:
            for text in ("one", "two"):
                ours.streams.send(message(text), to)
            wire = await far.met()
            await wire.until(message("one") + message("two"))
            ours.streams.send(message("three"), Address("tcp", HOST, far.port, NAME))
            await wire.until(message("three"))
            assert len(ours.streams) == 1
            wire.transport.write(message("answer"))
            assert await within(ours.got.get()) == (message("answer"), to)
        assert far.wires.empty()
        await far.close()

    run(scenario())


def test_a_connection_comes_from_our_address_and_is_tuned() -> None:
    """Binds to the host of the line; sends without delay, and notices a peer that vanishes."""

    async def scenario() -> None:
        far = await FarEnd.open()
        async with box(host="127.0.0.2") as ours:
            ours.streams.send(message(), Address("tcp", HOST, far.port))
            wire = await far.met()
            assert wire.transport.get_extra_info("peername")[0] == "127.0.0.2"
        await far.close()

    run(scenario())


def test_a_connection_that_is_dropped_is_not_told_and_made_anew() -> None:
    """Nothing to send drops the connection silently; the next message goes over a fresh one."""

    async def scenario() -> None:
        far = await FarEnd.open()
        to = Address("tcp", HOST, far.port)
        async with box() as ours:
            ours.streams.send(message("one"), to)
            first = await far.met()
            await first.until(message("one"))
            ours.streams.send(b"", to)
            assert len(ours.streams) == 0
            ours.streams.send(message("two"), to)
            second = await far.met()
            await second.until(message("two"))
            assert second is not first
            assert ours.lost.empty()
        await far.close()

    run(scenario())


def test_a_refused_connection_is_told_once() -> None:
    """Tells the address and the reason, however many messages waited; the next tries again."""

    async def scenario() -> None:
        taken = ports.bind(HOST, 0)
        to = Address("tcp", HOST, taken.getsockname()[1], NAME)
        async with box() as ours:
            for _ in range(2):
                ours.streams.send(message(), to)
                ours.streams.send(message(), to)
                assert await within(ours.lost.get()) == (
                    to,
                    f"{NAME}: port {to.port} refuses connections",
                )
            assert ours.lost.empty()
        taken.close()

    run(scenario())


def test_a_peer_by_name_is_known_by_its_address_too() -> None:
    """Resolves, tells messages by the IP address, and tells both when the connection ends."""

    async def scenario() -> None:
        far = await FarEnd.open()
        async with box() as ours:
            named = Address("tcp", "localhost", far.port)
            ours.streams.send(message("one"), named)
            wire = await far.met()
            wire.transport.write(message("two"))
            _, source = await within(ours.got.get())
            assert (source.host, source.name) == (HOST, "localhost")
            ours.streams.send(message("three"), source)
            await wire.until(message("three"))
            assert len(ours.streams) == 1
            wire.transport.close()
            told = {await within(ours.lost.get()), await within(ours.lost.get())}
            assert told == {(each, "localhost closed the connection") for each in (named, source)}
        await far.close()

    run(scenario())


def test_a_name_nobody_knows_is_told() -> None:
    """Says so instead of waiting."""

    async def scenario() -> None:
        async with box() as ours:
            ours.streams.send(message(), Address("tcp", "no.such.host.invalid", 5060))
            assert (
                "the name no.such.host.invalid is not known" in (await within(ours.lost.get()))[1]
            )

    run(scenario())


def test_a_broken_connection_is_told_and_made_anew() -> None:
    """Tells its end, and connects again for the next message."""

    async def scenario() -> None:
        far = await FarEnd.open()
        to = Address("tcp", HOST, far.port)
        async with box() as ours:
            for text in ("one", "two"):
                ours.streams.send(message(text), to)
                wire = await far.met()
                await wire.until(message(text))
                wire.transport.abort()
                assert (await within(ours.lost.get()))[0] == to
        await far.close()

    run(scenario())


def test_a_peer_that_never_reads_costs_little() -> None:
    """Breaks off once too much waits, and says why."""

    async def scenario() -> None:
        far = await FarEnd.open()
        to = Address("tcp", HOST, far.port)
        async with box(limits=Limits(buffered=100_000)) as ours:
            ours.streams.send(message(), to)
            wire = await far.met()
            await wire.until(message())
            wire.transport.pause_reading()
            while ours.lost.empty():
                for _ in range(100):
                    ours.streams.send(message(size=50_000), to)
                await asyncio.sleep(0)
                while not far.wires.empty():  # what was sent after the end went another way
                    (await far.met()).transport.pause_reading()
            assert await within(ours.lost.get()) == (to, f"{HOST} does not read what it is sent")
            wire.transport.resume_reading()
        await far.close()

    run(scenario())


def test_too_much_that_waits_ends_the_attempt() -> None:
    """Hangs up on a peer that does not finish the handshake while messages pile up."""

    async def scenario() -> None:
        far = await FarEnd.open()
        to = Address("tls", HOST, far.port, NAME)
        limits = Limits(queued=1, connect=60)
        async with box(contexts=Contexts(TlsOptions()), limits=limits) as ours:
            ours.streams.send(message(), to)
            wire = await far.met()
            ours.streams.send(message(), to)
            assert await within(ours.lost.get()) == (
                to,
                f"too much waits for a connection to {NAME}",
            )
            await within(wire.ended)
        await far.close()

    run(scenario())


@pytest.mark.parametrize("host", ["a..b", "x" * 70 + ".example", ".example"])
@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_a_host_that_cannot_be_is_told(host: str, transport: str) -> None:
    """Survives names that no resolver accepts: they come out of strangers' messages."""

    async def scenario() -> None:
        async with box(contexts=Contexts(TlsOptions())) as ours:
            for to in (Address(transport, host, 5060), Address(transport, HOST, 9, host)):
                if (transport, to.host) == ("tcp", HOST):
                    continue
                ours.streams.send(message(), to)
                address, why = await within(ours.lost.get())
                assert address == to
                assert host in why
                assert len(ours.streams) == 0

    run(scenario())


def test_connections_of_ours_are_bounded_too() -> None:
    """Gives up the one longest out of use, which a stranger may have had us make."""

    async def scenario() -> None:
        far = await FarEnd.open()
        others = [await FarEnd.open() for _ in range(3)]
        async with box(limits=Limits(connections=2)) as ours:
            to = Address("tcp", HOST, far.port)
            ours.streams.send(message(), to)
            wire = await far.met()
            for other in others:
                ours.streams.send(message(), Address("tcp", HOST, other.port))
                await (await other.met()).until(message())
                ours.streams.send(message(), to)
            assert len(ours.streams) == 2
            for other in others[:2]:
                address, why = await within(ours.lost.get())
                assert address.port == other.port
                assert "another needed its place" in why
            await wire.until(message() * 4)
        for each in (far, *others):
            await each.close()

    run(scenario())


def test_nobody_waits_for_a_silent_peer() -> None:
    """Gives up a connection on which the handshake does not end."""

    async def scenario() -> None:
        far = await FarEnd.open()
        to = Address("tls", HOST, far.port, NAME)
        async with box(contexts=Contexts(TlsOptions()), limits=Limits(connect=SHORT)) as ours:
            ours.streams.send(message(), to)
            assert await within(ours.lost.get()) == (
                to,
                f"{NAME} does not answer on port {far.port}",
            )
        await far.close()

    run(scenario())


# coming in


def test_a_reply_goes_back_over_the_connection_it_came_by() -> None:
    """Keeps each peer's connection apart, and opens none of its own (RFC 3261 section 18.2.2)."""

    async def scenario() -> None:
        async with box() as ours:
            ours.reply = lambda data: b"reply to " + data
            port = ours.listen()
            wires = [await call(port) for _ in range(3)]
            for n, wire in enumerate(wires):
                wire.transport.write(message(str(n)))
            for n, wire in enumerate(wires):
                await wire.until(b"reply to " + message(str(n)))
                _, source = await within(ours.got.get())
                assert source == Address("tcp", *wire.transport.get_extra_info("sockname"))
            assert len(ours.streams) == 3
            wires[0].transport.close()
            assert (await within(ours.lost.get()))[1] == f"{HOST} closed the connection"
            assert len(ours.streams) == 2

    run(scenario())


def test_a_port_that_was_used_again_means_the_new_connection() -> None:
    """Replies over the newest connection of a peer that calls twice from one port."""

    async def scenario() -> None:
        async with box() as ours:
            ours.reply = lambda data: b"reply to " + data
            loop, to = asyncio.get_running_loop(), [ours.listen(), ours.listen()]
            peers = []
            for port in to:
                peer = socket.socket()
                peer.setblocking(False)
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                peer.bind((HOST, peers[0].getsockname()[1] if peers else 0))
                await loop.sock_connect(peer, (HOST, port))
                await loop.sock_sendall(peer, message(str(port)))
                expected = b"reply to " + message(str(port))
                assert await within(loop.sock_recv(peer, 1000)) == expected
                peers.append(peer)
            assert len(ours.streams) == 2
            for peer in peers:
                peer.close()

    run(scenario())


def test_a_message_arrives_whatever_its_segments() -> None:
    """Receives one byte by byte, a large one, and one that is followed by the end at once."""

    async def scenario() -> None:
        async with box() as ours:
            port = ours.listen()
            wire = await call(port)
            for n in range(len(message("slow"))):
                wire.transport.write(message("slow")[n : n + 1])
                await asyncio.sleep(0)
            assert (await within(ours.got.get()))[0] == message("slow")
            wire.transport.write(message(size=60_000) + message("last"))
            wire.transport.close()
            assert (await within(ours.got.get()))[0] == message(size=60_000)
            assert (await within(ours.got.get()))[0] == message("last")

    run(scenario())


def test_garbage_closes_the_connection_and_no_other() -> None:
    """Ends it; the core hears nothing of a peer that never said anything."""

    async def scenario() -> None:
        async with box() as ours:
            port = ours.listen()
            good, bad = await call(port), await call(port)
            bad.transport.write(b"GET / HTTP/1.1\r\n\r\n")
            await within(bad.ended)
            good.transport.write(message("good"))
            assert (await within(ours.got.get()))[0] == message("good")
            assert ours.lost.empty()

    run(scenario())


@pytest.mark.parametrize("half", [b"", b"OPTIONS sip:box SIP/2.0\r\nVia:"])
def test_a_peer_that_says_nothing_whole_is_closed(half: bytes) -> None:
    """Bounds how long a connection may be kept for nothing, or with half a message."""

    async def scenario() -> None:
        async with box(limits=Limits(first=SHORT, half=SHORT)) as ours:
            wire = await call(ours.listen())
            wire.transport.write(half)
            await within(wire.ended)
            assert len(ours.streams) == 0

    run(scenario())


def test_a_storm_from_one_host_is_bounded() -> None:
    """Takes so many connections of a host and closes the others; those it has go on."""

    async def scenario() -> None:
        async with box(limits=Limits(per_host=5)) as ours:
            ours.reply = lambda data: b"reply"
            port = ours.listen()
            wires = [await call(port) for _ in range(5)]
            wires[0].transport.write(message())
            await wires[0].until(b"reply")
            storm = [await call(port) for _ in range(50)]
            for wire in storm:
                await within(wire.ended)
            assert ours.streams.turned_away == 50
            assert len(ours.streams) == 5
            wires[1].transport.write(message())
            await wires[1].until(b"reply")
            wires[2].transport.close()
            await within(wires[2].ended)
            wires[3].transport.write(message())  # has gone round the loop after that
            await wires[3].until(b"reply")
            late = await call(port)
            late.transport.write(message())
            await late.until(b"reply")

    run(scenario())


def test_a_host_that_comes_too_often_is_turned_away() -> None:
    """Bounds how often a host connects, however quickly it goes again; others are let in."""

    async def scenario() -> None:
        async with box(limits=Limits(burst=10, rate=0.001)) as ours:
            ours.reply = lambda data: b"reply"
            port = ours.listen()
            for n in range(20):
                wire = await call(port)
                if n < 10:
                    wire.transport.write(message())
                    await wire.until(b"reply")
                    wire.transport.close()
                await within(wire.ended)
                assert wire.got == (b"reply" if n < 10 else b"")
            assert ours.streams.turned_away == 10
            ours.streams._rates["192.0.2.1"] = ours.streams._rates.pop(HOST)
            wire = await call(port)
            wire.transport.write(message())
            await wire.until(b"reply")

    run(scenario())


def test_hosts_are_not_remembered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forgets the rate of the host not heard of for longest."""
    monkeypatch.setattr(streams, "_MOST_HOSTS", 3)

    async def scenario() -> None:
        async with box() as ours:
            for host in ("a", "b", "c", "a", "d"):
                assert ours.streams._is_in_time(host)
            assert list(ours.streams._rates) == ["c", "a", "d"]

    run(scenario())


def test_silent_connections_make_room() -> None:
    """Closes the one silent for longest when all places are taken; active ones keep theirs."""

    async def scenario() -> None:
        async with box(limits=Limits(connections=2)) as ours:
            ours.reply = lambda data: b"reply"
            port = ours.listen()
            silent, active = await call(port), await call(port)
            active.transport.write(message())
            await active.until(b"reply")
            await within((await call(port)).ended)
            assert ours.streams.turned_away == 1
            for connection in ours.streams._all:
                connection.active -= ours.streams.limits.first
            third = await call(port)
            third.transport.write(message())
            await third.until(b"reply")
            await within(silent.ended)
            active.transport.write(message("still"))
            await active.until(b"replyreply")

    run(scenario())


def test_running_out_of_files_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stops accepting for a moment instead of turning in circles, then goes on."""
    monkeypatch.setattr(streams, "_RECOVERY", SHORT)

    async def scenario() -> None:
        tried = asyncio.Event()

        class Exhausted(socket.socket):
            def accept(self):
                if not tried.is_set():
                    tried.set()
                    raise OSError(errno.EMFILE, "Too many open files")
                return super().accept()

        async with box() as ours:
            sock = Exhausted(fileno=ports.listen(HOST, 0).detach())
            sock.setblocking(False)
            ours.streams.listen("tcp", sock)
            wire = await call(sock.getsockname()[1])
            await within(tried.wait())
            assert not asyncio.get_running_loop().remove_reader(sock)
            wire.transport.write(message())
            assert (await within(ours.got.get()))[0] == message()

    run(scenario())


@ipv6
def test_ipv6_is_spoken_both_ways() -> None:
    """Connects and accepts by IPv6; an address is the same however it is written."""

    async def scenario() -> None:
        far = await FarEnd.open(host="::1")
        async with box(host="::1") as ours:
            ours.streams.send(message("one"), Address("tcp", "::1", far.port))
            ours.streams.send(message("two"), Address("tcp", "0:0::0:1", far.port))
            await (await far.met()).until(message("one") + message("two"))
            assert len(ours.streams) == 1
            wire = await call(ours.listen(host="::1"), host="::1")
            wire.transport.write(message())
            assert (await within(ours.got.get()))[1].host == "::1"
        await far.close()

    run(scenario())


@ipv6
def test_a_socket_for_both_tells_ipv4_as_ipv4() -> None:
    """Calls an IPv4 peer of a socket on `::` by its IPv4 address."""

    async def scenario() -> None:
        async with box() as ours:
            wire = await call(ours.listen(host="::"))
            wire.transport.write(message())
            assert (await within(ours.got.get()))[1].host == HOST

    run(scenario())


# TLS


def test_tls_is_spoken_with_a_verified_peer(tmp_path: Path) -> None:
    """Checks the name of the address, not the IP address it was resolved to."""

    async def scenario() -> None:
        far = await FarEnd.open(serving(PBX, tmp_path))
        to = Address("tls", HOST, far.port, NAME)
        async with box(contexts=contexts(tmp_path)) as ours:
            ours.streams.send(message("secret"), to)
            wire = await far.met()
            await wire.until(message("secret"))
            wire.transport.write(message("answer"))
            assert await within(ours.got.get()) == (message("answer"), to)
        await far.close()

    run(scenario())


def test_nothing_is_sent_to_an_unverified_peer(tmp_path: Path) -> None:
    """Tells the fingerprint to accept, and with that one accepted, speaks."""
    stranger = issue(None, "elsewhere")

    async def scenario() -> None:
        far = await FarEnd.open(serving(stranger, tmp_path))
        to = Address("tls", HOST, far.port, NAME)
        async with box(contexts=contexts(tmp_path)) as ours:
            ours.streams.send(message("secret"), to)
            _, why = await within(ours.lost.get())
            assert why == (
                f"the certificate of {NAME} (SHA-256 {stranger.fingerprint}) is not signed by a "
                "known authority"
            )
        pins = contexts(tmp_path, fingerprints=(PBX.fingerprint,))
        async with box(contexts=pins) as ours:
            ours.streams.send(message("secret"), to)
            _, why = await within(ours.lost.get())
            assert why.endswith(f"{stranger.fingerprint}) is not the one that was accepted")
        while not far.wires.empty():
            wire = await far.met()
            await within(wire.ended)
            assert wire.got == b""
        pins = contexts(tmp_path, fingerprints=(PBX.fingerprint, stranger.fingerprint))
        async with box(contexts=pins) as ours:
            ours.streams.send(message("secret"), to)
            await (await far.met()).until(message("secret"))
        await far.close()

    run(scenario())


def test_an_alert_after_the_handshake_is_told(tmp_path: Path) -> None:
    """Says that a client certificate is wanted although TLS 1.3 had already let us in."""

    async def scenario() -> None:
        listening = socket.create_server((HOST, 0))
        context = serving(PBX, tmp_path, asking=AUTHORITY)
        serve = asyncio.create_task(asyncio.to_thread(shake_hands, listening, context))
        async with box(contexts=contexts(tmp_path)) as ours:
            to = Address("tls", HOST, listening.getsockname()[1], NAME)
            ours.streams.send(message(), to)
            why = (await within(ours.lost.get()))[1]
            assert why == f"{NAME} wants a client certificate and was shown none"
        listening.shutdown(socket.SHUT_RDWR)
        await serve
        listening.close()

    run(scenario())


def test_tls_without_options_is_told() -> None:
    """Tells the core that TLS is not set up."""

    async def scenario() -> None:
        async with box() as ours:
            ours.streams.send(message(), Address("tls", HOST, 5061))
            assert (await within(ours.lost.get()))[1] == "TLS is not set up on this line"

    run(scenario())


def test_a_rotated_certificate_is_shown_to_the_next_peer(tmp_path: Path) -> None:
    """Takes up new files without a restart; the connections it has go on."""

    async def scenario() -> None:
        old, new = issue(AUTHORITY, "box.example"), issue(AUTHORITY, "box.example")
        certificate, key = old.write(tmp_path, "box")
        async with box(contexts=contexts(tmp_path, certificate=certificate, key=key)) as ours:
            ours.reply = lambda data: b"reply to " + data
            port = ours.listen("tls")
            wires: list[Wire] = []
            for shown in (old, new):
                shown.write(tmp_path, "box")
                wires.append(await within(call(port, context=credulous())))
                seen = wires[-1].transport.get_extra_info("ssl_object").getpeercert(True)
                assert fingerprint(seen) == shown.fingerprint
            for wire in wires:
                wire.transport.write(message())
                await wire.until(b"reply to " + message())
                assert (await within(ours.got.get()))[1].transport == "tls"

    run(scenario())


@pytest.mark.parametrize("opening", [b"OPTIONS sip:box SIP/2.0\r\n\r\n", b""])
def test_a_peer_that_fails_at_tls_is_turned_away(tmp_path: Path, opening: bytes) -> None:
    """Closes what speaks plainly to the TLS port, or nothing at all, and tells the core nothing."""

    async def scenario() -> None:
        certificate, key = issue(AUTHORITY, "box.example").write(tmp_path, "box")
        async with box(
            contexts=contexts(tmp_path, certificate=certificate, key=key),
            limits=Limits(first=5 * SHORT),
        ) as ours:
            wire = await call(ours.listen("tls"))
            wire.transport.write(opening)
            await within(wire.ended)
            assert ours.got.empty()
            assert ours.lost.empty()

    run(scenario())


# the end


@pytest.mark.parametrize("transport", ["tcp", "tls"])
@pytest.mark.parametrize("connected", [True, False], ids=["connected", "not yet"])
def test_what_was_queued_still_leaves(tmp_path: Path, transport: str, connected: bool) -> None:
    """Sends the goodbye after `close`, over a connection that may only be in the making."""

    async def scenario() -> None:
        far = await FarEnd.open(serving(PBX, tmp_path) if transport == "tls" else None)
        ours = Box(contexts=contexts(tmp_path))
        to = Address(transport, HOST, far.port, NAME)
        if connected:
            ours.streams.send(message("before"), to)
            wire = await far.met()
            await wire.until(message("before"))
        ours.streams.send(message("goodbye"), to)
        ours.streams.close()
        ours.streams.send(message("too late"), Address(transport, HOST, far.port + 1))
        await within(ours.streams.wait_closed())
        if not connected:
            wire = await far.met()
        await within(wire.ended)
        assert wire.got.endswith(message("goodbye"))
        assert ours.lost.empty()
        assert len(ours.streams) == 0
        await far.close()

    run(scenario())


def test_the_end_waits_for_nobody_for_long() -> None:
    """Gives up what cannot leave, and closes the listening sockets."""

    async def scenario() -> None:
        far = await FarEnd.open()
        ours = Box(contexts=Contexts(TlsOptions()), limits=Limits(flush=SHORT, connect=60))
        port = ours.listen()
        ours.streams.send(message("goodbye"), Address("tls", HOST, far.port, NAME))
        await far.met()
        ours.streams.close()
        ours.streams.close()
        await within(ours.streams.wait_closed())
        assert len(ours.streams) == 0
        with pytest.raises(ConnectionRefusedError):
            await call(port)
        await far.close()

    run(scenario())


def test_closing_in_the_middle_of_accepting_leaves_nothing_open() -> None:
    """Closes a socket that was accepted and not yet served."""

    async def scenario() -> None:
        ours = Box()
        with socket.create_connection((HOST, ours.listen())) as peer:
            ours.streams._accept("tcp", ours.streams._sockets[0])
            assert len(ours.streams) == 1
            ours.streams.close()
            await within(ours.streams.wait_closed())
            assert peer.recv(1) == b""
        assert len(ours.streams) == 0

    run(scenario())
