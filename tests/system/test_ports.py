"""`system.ports`: UDP ports in pairs."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from appliance.system.ports import (
    EXPEDITED,
    SIGNALLING,
    Inbox,
    PortError,
    PortRange,
    bind,
    connect,
    family_of,
    host_of,
    listen,
    sockaddr,
)

HOST = "127.0.0.1"


def has_ipv6() -> bool:
    try:
        bind("::1", 0).close()
    except PortError:
        return False
    return True


ipv6 = pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
LOOPBACK = socket.if_nametoindex("lo")


def test_a_taken_port_is_named() -> None:
    """Raises PortError with address and port."""
    first = bind(HOST, 0)
    port = first.getsockname()[1]
    with pytest.raises(PortError, match=f"{HOST}:{port}"):
        bind(HOST, port)
    first.close()


@pytest.mark.parametrize("dscp", [EXPEDITED, SIGNALLING])
def test_a_socket_carries_its_class_of_service(dscp: int) -> None:
    """Marks packets with EF or CS3."""
    sock = bind(HOST, 0, dscp=dscp)
    assert sock.getsockopt(socket.IPPROTO_IP, socket.IP_TOS) == dscp << 2
    sock.close()


def test_media_takes_an_even_port_and_the_next() -> None:
    """Opens RTP on an even port, RTCP on the odd one above, each pair once."""
    ports = PortRange(HOST, 31_001, 31_040)
    pairs = [ports.open() for _ in range(3)]
    assert all(pair.port % 2 == 0 and 31_001 <= pair.port < 31_040 for pair in pairs)
    assert len({pair.port for pair in pairs}) == 3
    for pair in pairs:
        with pytest.raises(PortError):
            bind(HOST, pair.port + 1)
        pair.close()


def test_a_pair_of_which_one_port_is_taken_is_passed_over() -> None:
    """Takes the next pair, and leaves the free half of the other open to others."""
    taken = bind(HOST, 31_103)
    ports = PortRange(HOST, 31_100, 31_110)
    pairs = [ports.open(), ports.open()]
    assert [pair.port for pair in pairs] == [31_100, 31_104]
    bind(HOST, 31_102).close()
    for sock in (*pairs, taken):
        sock.close()


def test_a_range_that_is_full_says_so() -> None:
    """Raises PortError that names the range and the setting."""
    ports = PortRange(HOST, 31_200, 31_203)
    pairs = [ports.open(), ports.open()]
    with pytest.raises(PortError, match=r"31200 to 31203.*media_ports"):
        ports.open()
    pairs[0].close()
    again = ports.open()
    assert again.port == 31_200
    for pair in (again, pairs[1]):
        pair.close()


def test_a_port_just_released_is_used_last() -> None:
    """Goes on through the range before it returns to a port."""
    ports = PortRange(HOST, 31_300, 31_308)
    first = ports.open()
    first.close()
    second = ports.open()
    assert second.port != first.port
    second.close()


def test_datagrams_are_handed_on_with_source_and_kind() -> None:
    """Tells RTP's port from RTCP's, and outlives a datagram to a closed port."""

    async def scenario() -> None:
        ports = PortRange(HOST, 31_400, 31_440)
        ours, theirs = ports.open(), ports.open()
        got: list[tuple[bytes, tuple[str, int], bool]] = []
        ours.attach(lambda *datagram: got.append(datagram))
        ours.send(b"into the void", (HOST, 9))
        await asyncio.sleep(0.01)
        theirs.send(b"audio", (HOST, ours.port))
        theirs.send(b"report", (HOST, ours.port + 1), control=True)
        for _ in range(100):
            if len(got) == 2:
                break
            await asyncio.sleep(0.01)
        assert sorted(got) == [
            (b"audio", (HOST, theirs.port), False),
            (b"report", (HOST, theirs.port + 1), True),
        ]
        ours.close()
        ours.close()
        theirs.close()

    asyncio.run(scenario())


def test_a_socket_may_be_closed_by_what_it_receives() -> None:
    """Stops reading when the handler ends the call."""

    async def scenario() -> None:
        ports = PortRange(HOST, 31_500, 31_540)
        ours, theirs = ports.open(), ports.open()
        got: list[bytes] = []

        def receive(data: bytes, source: tuple[str, int], control: bool) -> None:
            got.append(data)
            ours.close()

        theirs.send(b"one", (HOST, ours.port))
        theirs.send(b"two", (HOST, ours.port))
        ours.attach(receive)
        await asyncio.sleep(0.05)
        assert got == [b"one"]
        theirs.close()

    asyncio.run(scenario())


class Gathered:
    """A pair of sockets that is read when asked, and one that sends to it."""

    def __init__(self, first: int, host: str = HOST) -> None:
        ports = PortRange(host, first, first + 40)
        self.inbox = Inbox()
        self.ours, self.theirs = ports.open(), ports.open()
        self.got: list[tuple[bytes, tuple[str, int], bool]] = []
        self.came: list[float] = []
        self.ours.gather(self.inbox, self.receive)

    def receive(self, data: bytes, source: tuple[str, int], control: bool, came: float) -> None:
        self.got.append((data, source, control))
        self.came.append(came)

    def close(self) -> None:
        self.ours.close()
        self.theirs.close()


def test_datagrams_are_gathered_until_somebody_asks() -> None:
    """Hands all of them on when read, in order, RTP's and RTCP's, each once."""
    one = Gathered(31_800)
    one.ours.send(b"into the void", (HOST, 9))
    for data in (b"one", b"two", b"three"):
        one.theirs.send(data, (HOST, one.ours.port))
    one.theirs.send(b"report", (HOST, one.ours.port + 1), control=True)
    assert one.got == []
    one.inbox.read(time.monotonic())
    told = [datagram[0] for datagram in one.got if not datagram[2]]
    assert told == [b"one", b"two", b"three"]
    assert (b"report", (HOST, one.theirs.port + 1), True) in one.got
    assert one.got[0][1] == (HOST, one.theirs.port)
    one.inbox.read(time.monotonic())
    assert len(one.got) == 4
    one.close()
    one.inbox.read(time.monotonic())


def test_each_datagram_tells_when_it_came_not_when_it_was_read() -> None:
    """Keeps the time between two of them; none came after it was read or before the last read."""
    one = Gathered(31_850)
    for _ in range(100):  # the kernel begins to stamp a little after it was asked to
        one.theirs.send(b"none", (HOST, one.ours.port))
        time.sleep(0.02)
        now = time.monotonic()
        one.inbox.read(now)
        if one.came.pop() < now - 0.01:
            break
    begun = time.monotonic()
    one.inbox.read(begun)
    one.theirs.send(b"one", (HOST, one.ours.port))
    time.sleep(0.05)
    one.theirs.send(b"two", (HOST, one.ours.port))
    ended = time.monotonic()
    time.sleep(0.1)
    one.inbox.read(time.monotonic())
    first, second = one.came
    assert begun <= first <= second - 0.03
    assert second <= ended + 0.05  # a tenth of a second before it was read
    one.close()


def test_a_clock_that_is_set_moves_no_datagram_far(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes each to have come between the last read and this one, whatever the stamps say."""
    one = Gathered(31_900)
    real = time.time
    for jump in (-3600.0, 3600.0):
        before = time.monotonic()
        one.inbox.read(before)
        one.theirs.send(b"x", (HOST, one.ours.port))
        monkeypatch.setattr(time, "time", lambda jump=jump: real() + jump)
        now = time.monotonic()
        one.inbox.read(now)
        assert one.came.pop() == (before if jump > 0 else now)
        monkeypatch.setattr(time, "time", real)
    one.close()


def test_a_flood_of_one_socket_is_read_in_parts() -> None:
    """Reads a bounded number at once and leaves the rest for the next time."""
    one = Gathered(31_950)
    for number in range(40):
        one.theirs.send(bytes([number]), (HOST, one.ours.port))
    sizes = []
    for _ in range(4):
        one.inbox.read(time.monotonic())
        sizes.append(len(one.got))
    assert sizes == [16, 32, 40, 40]
    assert [data[0] for data, _, _ in one.got] == list(range(40))
    one.close()


def test_gathered_sockets_may_be_closed_by_what_they_receive() -> None:
    """Reads no more of a call that has ended, and goes on with the others."""
    ports, inbox, got = PortRange(HOST, 32_000, 32_040), Inbox(), []
    pairs = [ports.open(), ports.open()]
    sender = ports.open()

    def end(data: bytes, source: tuple[str, int], control: bool, came: float) -> None:
        got.append(data)
        for pair in pairs:
            pair.close()

    for pair in pairs:
        pair.gather(inbox, end)
        sender.send(b"one", (HOST, pair.port))
        sender.send(b"two", (HOST, pair.port))
    inbox.read(time.monotonic())
    assert got == [b"one"]
    third = ports.open()
    third.gather(inbox, end)  # an inbox that was empty serves again
    sender.send(b"three", (HOST, third.port))
    inbox.read(time.monotonic())
    assert got == [b"one", b"three"]
    third.close()
    sender.close()
    assert not inbox._members


@ipv6
def test_gathered_sources_are_written_as_their_peers_know_them() -> None:
    """Gives IPv4 peers of a socket for both their IPv4 address."""
    one = Gathered(32_050, "::")
    for host in (HOST, "::1"):
        peer = bind(host, 0)
        peer.sendto(b"x", (host, one.ours.port))
        one.inbox.read(time.monotonic())
        assert one.got.pop()[1] == (host, peer.getsockname()[1])
        peer.close()
    one.close()


def test_a_datagram_the_kernel_refuses_is_counted() -> None:
    """Loses it like any other packet."""
    pair = PortRange(HOST, 31_600, 31_640).open()
    pair.send(b"x" * 70_000, (HOST, 9))
    assert pair.dropped == 1
    pair.close()


# TCP, IPv6


@pytest.mark.parametrize("host", [HOST, pytest.param("::1", marks=ipv6)])
def test_a_listening_port_is_taken_once(host: str) -> None:
    """Raises PortError with transport, address and port; it may be opened again after a close."""
    first = listen(host, 0)
    port = first.getsockname()[1]
    with pytest.raises(PortError, match=rf"^TCP .*:{port} cannot be opened"):
        listen(host, port)
    first.close()
    listen(host, port).close()


def test_an_address_that_is_not_ours_is_refused() -> None:
    """Raises PortError, with IPv6 in brackets."""
    with pytest.raises(PortError, match=r"UDP 192\.0\.2\.1:0 cannot be opened"):
        bind("192.0.2.1", 0)
    with pytest.raises(PortError, match=r"TCP \[2001:db8::1\]:0 cannot be opened"):
        listen("2001:db8::1", 0)


def test_a_port_that_has_just_served_may_be_opened_again() -> None:
    """Does not wait for lingering connections of the run before."""

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        sock = listen(HOST, 0)
        port = sock.getsockname()[1]
        ours = await connect(HOST, port)
        theirs, _ = await loop.sock_accept(sock)
        theirs.close()  # closed first by the serving side: that one lingers
        sock.close()
        assert await loop.sock_recv(ours, 1) == b""
        ours.close()
        listen(HOST, port).close()

    asyncio.run(scenario())


@pytest.mark.parametrize("host", [HOST, pytest.param("::1", marks=ipv6)])
def test_connections_are_fit_for_signalling(host: str) -> None:
    """Are marked with CS3, send without delay, notice a vanished peer, and never block."""

    async def scenario() -> None:
        sock = listen(host, 0)
        ours = await connect(host, sock.getsockname()[1], source=host)
        for each in (sock, ours):
            level, option = (
                (socket.IPPROTO_IPV6, socket.IPV6_TCLASS)
                if host == "::1"
                else (socket.IPPROTO_IP, socket.IP_TOS)
            )
            assert each.getsockopt(level, option) == SIGNALLING << 2
            assert each.gettimeout() == 0
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert 0 < ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) <= 32_000
        ours.close()
        sock.close()

    asyncio.run(scenario())


def test_a_connection_comes_from_the_address_named() -> None:
    """Speaks from `source`; one of the other family is left to the kernel."""

    async def scenario() -> None:
        sock = listen(HOST, 0)
        for source, expected in (("127.0.0.9", "127.0.0.9"), ("::1", HOST), ("0.0.0.0", HOST)):
            ours = await connect(HOST, sock.getsockname()[1], source=source)
            assert ours.getsockname()[0] == expected
            ours.close()
        sock.close()

    asyncio.run(scenario())


def test_a_refused_connection_leaves_no_socket_behind() -> None:
    """Raises what the kernel says; an open socket would be a warning, and so an error."""
    taken = bind(HOST, 0)
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(connect(HOST, taken.getsockname()[1]))
    taken.close()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("2001:db8::1", ("2001:db8::1", 5060, 0, 0)),
        ("fe80::1%lo", ("fe80::1", 5060, 0, LOOPBACK)),
        ("192.0.2.1", ("::ffff:192.0.2.1", 5060, 0, 0)),
    ],
)
def test_hosts_cross_into_ipv6_and_back(host: str, address: tuple[str, int, int, int]) -> None:
    """Writes scopes for link-local addresses alone, and IPv4 addresses as such."""
    assert sockaddr(socket.AF_INET6, host, 5060) == address
    assert host_of(address) == host


def test_scopes_mean_something_on_a_link_alone() -> None:
    """Drops the scope of a global address, takes a scope by number, and names a vanished one so."""
    assert host_of(("2001:db8::1%eth0", 5060, 0, 3)) == "2001:db8::1"
    assert sockaddr(socket.AF_INET6, "fe80::1%7", 1) == ("fe80::1", 1, 0, 7)
    assert host_of(("fe80::1", 5060, 0, 4_000_000)) == "fe80::1%4000000"
    with pytest.raises(OSError, match="no interface"):
        sockaddr(socket.AF_INET6, "fe80::1%nowhere0", 1)
    with pytest.raises(OSError, match="no interface has the number"):
        sockaddr(socket.AF_INET6, "fe80::1%99999999999", 1)


def test_ipv4_stays_as_it_is() -> None:
    """Leaves IPv4 addresses and names alone."""
    assert sockaddr(socket.AF_INET, "192.0.2.1", 5060) == ("192.0.2.1", 5060)
    assert host_of(("192.0.2.1", 5060)) == "192.0.2.1"
    assert family_of("pbx.example") is socket.AF_INET


@ipv6
@pytest.mark.parametrize("host", ["::1", "::"])
def test_audio_flows_by_ipv6_and_by_ipv4_beside_it(host: str) -> None:
    """Sends and receives by both where the socket is for both, each under its own address."""

    async def scenario() -> None:
        ours = PortRange(host, 31_700, 31_740).open()
        got: asyncio.Queue[tuple[str, int]] = asyncio.Queue()
        ours.attach(lambda data, source, control: got.put_nowait(source))
        loop = asyncio.get_running_loop()
        for peer_host in ("::1",) if host == "::1" else ("::1", HOST):
            peer = bind(peer_host, 0)
            await loop.sock_sendto(peer, b"audio", (peer_host, ours.port))
            source = await asyncio.wait_for(got.get(), 5)
            assert source == (peer_host, peer.getsockname()[1])
            ours.send(b"back", source)
            assert await asyncio.wait_for(loop.sock_recv(peer, 10), 5) == b"back"
            peer.close()
        assert ours.dropped == 0
        ours.close()

    asyncio.run(scenario())
