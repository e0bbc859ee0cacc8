"""Datagrams of a switched call, passed on over real sockets."""

import asyncio
import socket

import pytest

from appliance import rtp, sip
from appliance.exchange.relay import Anchor, Relay, Side
from appliance.rtp.packet import RtpPacket
from appliance.rtp.srtp import KEY_BYTES, Guard
from appliance.system.ports import PortError

HOST = "127.0.0.1"


def packet(sequence: int) -> bytes:
    return bytes(RtpPacket(0, sequence, 1, 1, b"\xff" * 160))


def agree(anchor: Anchor, sock: socket.socket, **named) -> None:
    sock.bind((HOST, 0))
    sock.setblocking(False)
    port = sock.getsockname()[1]
    anchor.agree(sip.Media(HOST, port, "PCMU", 0, None, sip.Direction.SENDRECV, 20, **named))


def udp() -> socket.socket:
    return socket.socket(type=socket.SOCK_DGRAM)


def test_anchors_pass_real_datagrams_and_show_them() -> None:
    """Datagrams between two real sockets pass both ways, RTP is shown to the tap, ports return."""

    async def scene() -> None:
        relay, loop = Relay(HOST), asyncio.get_running_loop()
        near, far = relay.open(), relay.open()
        near.join(far)
        seen: list[bytes] = []
        near.tap = lambda data, now: seen.append(data)
        with udp() as left, udp() as right:
            agree(near, left)
            agree(far, right)
            left.sendto(packet(1), (HOST, near.port))
            assert await asyncio.wait_for(loop.sock_recv(right, 2000), 5) == packet(1)
            right.sendto(packet(2), (HOST, far.port))
            assert await asyncio.wait_for(loop.sock_recv(left, 2000), 5) == packet(2)
        assert seen == [packet(1)]
        for anchor in (near, far, near):
            anchor.close()

    asyncio.run(scene())


def test_encrypted_leg_is_joined_with_another_one() -> None:
    """A leg that is joined anew hears the new one only, and its recording is plain."""

    async def scene() -> None:
        relay, loop = Relay(HOST), asyncio.get_running_loop()
        anchors = [relay.open() for _ in range(3)]
        suite = rtp.SUITES[0]
        ours, theirs = (sip.Crypto(suite, bytes([n]) * KEY_BYTES[suite]) for n in (1, 2))
        phone = Guard(rtp.Protection(suite, theirs.key, ours.key))
        seen: list[bytes] = []
        anchors[0].tap = lambda data, now: seen.append(data)
        with udp() as near, udp() as first, udp() as second:
            agree(anchors[0], near, sending=ours, receiving=theirs)
            agree(anchors[1], first)
            agree(anchors[2], second)
            anchors[0].join(anchors[1])
            near.sendto(phone.protect(packet(1), control=False), (HOST, anchors[0].port))
            assert await asyncio.wait_for(loop.sock_recv(first, 2000), 5) == packet(1)
            anchors[2].join(anchors[0])
            near.sendto(phone.protect(packet(2), control=False), (HOST, anchors[0].port))
            assert await asyncio.wait_for(loop.sock_recv(second, 2000), 5) == packet(2)
            first.sendto(packet(3), (HOST, anchors[1].port))
            second.sendto(packet(4), (HOST, anchors[2].port))
            got = await asyncio.wait_for(loop.sock_recv(near, 2000), 5)
            assert phone.unprotect(got, control=False) == packet(4)
        assert seen == [packet(1), packet(2)]
        for anchor in anchors:
            anchor.close()

    asyncio.run(scene())


def test_keys_that_do_not_fit_leave_the_leg_silent() -> None:
    """An agreement that cannot be encrypted sends nothing rather than something plain."""

    async def scene() -> None:
        relay = Relay(HOST)
        near, far = relay.open(), relay.open()
        near.join(far)
        bad = sip.Crypto(rtp.SUITES[0], b"short")
        with udp() as left:
            agree(near, left, sending=bad, receiving=bad)
            near.send(packet(1))
            await asyncio.sleep(0)
            with pytest.raises(BlockingIOError):
                left.recv(2000)
        near.close()
        far.close()

    asyncio.run(scene())


def test_exhausted_range_is_said() -> None:
    """Where no second pair is free, nothing stays bound."""

    async def scene() -> None:
        with udp() as probe:
            probe.bind((HOST, 0))
            base = probe.getsockname()[1] & ~1
        relay = Relay(HOST, base, base + 1)
        held = relay.open()
        with pytest.raises(PortError):
            relay.open()
        held.close()
        relay.open().close()

    asyncio.run(scene())


def test_sides_are_each_others_other() -> None:
    """The other side of the other side is the side."""
    assert Side.CALLER.other is Side.CALLED
    assert Side.CALLED.other is Side.CALLER
