"""`system.ports`: UDP ports in pairs."""

from __future__ import annotations

import asyncio
import socket

import pytest

from appliance.system.ports import EXPEDITED, SIGNALLING, PortError, PortRange, bind

HOST = "127.0.0.1"


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


def test_a_datagram_the_kernel_refuses_is_counted() -> None:
    """Loses it like any other packet."""
    pair = PortRange(HOST, 31_600, 31_640).open()
    pair.send(b"x" * 70_000, (HOST, 9))
    assert pair.dropped == 1
    pair.close()
