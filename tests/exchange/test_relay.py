"""Datagrams of a switched call, decided in virtual time and passed on over real sockets."""

import asyncio
import socket

import pytest

from appliance.exchange.relay import Bridge, Relay, Side
from appliance.rtp.packet import RtpPacket
from appliance.system.ports import PortError

A, B, C = ("127.0.0.1", 4000), ("127.0.0.1", 5000), ("127.0.0.1", 6000)
RTP = bytes(RtpPacket(0, 1, 1, 1, b"\xff" * 160))
RTCP = bytes([0x80, 201, 0, 1, 0, 0, 0, 1])


def bridge() -> Bridge:
    made = Bridge()
    made.aim(Side.CALLER, *A, 101)
    made.aim(Side.CALLED, *B, 96)
    return made


def test_datagrams_go_to_the_other_side() -> None:
    """RTP goes to the other side's port, RTCP to the one above it."""
    made = bridge()
    assert made.forward(Side.CALLER, False, RTP, A, 0.0) == (RTP, B)
    assert made.forward(Side.CALLED, False, RTP, B, 0.0) == (RTP, A)
    assert made.forward(Side.CALLER, True, RTCP, A, 0.0) == (RTCP, (B[0], B[1] + 1))


def test_first_source_is_answered_where_it_sends_from() -> None:
    """A telephone behind address translation is answered at the address that it sends from."""
    made = bridge()
    made.forward(Side.CALLER, False, RTP, ("10.0.0.9", 999), 0.0)
    assert made.forward(Side.CALLED, False, RTP, B, 0.0) == (RTP, ("10.0.0.9", 999))


def test_stranger_does_not_take_a_stream_over() -> None:
    """A second source is ignored while the first one sends, and accepted when that is quiet."""
    made = bridge()
    assert made.forward(Side.CALLER, False, RTP, A, 0.0)
    assert made.forward(Side.CALLER, False, RTP, C, 0.5) is None
    assert made.forward(Side.CALLED, False, RTP, B, 0.6) == (RTP, A)
    assert made.forward(Side.CALLER, False, RTP, C, 1.5) == (RTP, B)


def test_new_aim_forgets_the_old_telephone() -> None:
    """After a transfer the new telephone is heard at once and the old one no longer sent to."""
    made = bridge()
    made.forward(Side.CALLED, False, RTP, B, 0.0)
    made.aim(Side.CALLED, *C, None)
    assert made.forward(Side.CALLER, False, RTP, A, 0.1) == (RTP, C)
    assert made.forward(Side.CALLED, False, RTP, C, 0.1) == (RTP, A)
    made.aim(Side.CALLED, *B, None)
    assert made.forward(Side.CALLED, False, RTP, C, 0.2) is None
    assert made.forward(Side.CALLED, False, RTP, B, 0.2) == (RTP, A)


def test_transferor_that_still_sends_is_not_taken_for_the_target() -> None:
    """Late audio of the telephone that was here before neither passes nor turns ours to it."""
    made = bridge()
    made.forward(Side.CALLED, False, RTP, B, 0.0)
    made.aim(Side.CALLED, *C, None)
    assert made.forward(Side.CALLED, False, RTP, B, 0.01) is None
    assert made.forward(Side.CALLER, False, RTP, A, 0.02) == (RTP, C)
    assert made.forward(Side.CALLED, False, RTP, C, 0.03) == (RTP, A)


def test_hold_in_its_old_form_keeps_the_address() -> None:
    """A telephone that holds with 0.0.0.0 may still play music, from where it was."""
    made = bridge()
    made.forward(Side.CALLED, False, RTP, B, 0.0)
    made.aim(Side.CALLED, "0.0.0.0", B[1], None)
    assert made.forward(Side.CALLED, False, RTP, B, 0.1) == (RTP, A)
    made.aim(Side.CALLED, *B, None)
    assert made.forward(Side.CALLED, False, RTP, B, 0.2) == (RTP, A)


def test_telephone_where_it_said_it_is_comes_first() -> None:
    """The address of the answer is believed at once, whoever sent before."""
    made = bridge()
    made.forward(Side.CALLER, False, RTP, C, 0.0)
    assert made.forward(Side.CALLER, False, RTP, A, 0.1) == (RTP, B)
    assert made.forward(Side.CALLED, False, RTP, B, 0.1) == (RTP, A)


def test_keys_are_renumbered_for_the_other_leg() -> None:
    """Telephone-event leaves with the payload type that its receiver negotiated, marker kept."""
    made = bridge()
    event = bytes(RtpPacket(101, 1, 1, 1, b"\1\2\3\4", marker=True))
    onward = made.forward(Side.CALLER, False, event, A, 0.0)
    assert onward is not None
    assert RtpPacket.parse(onward[0]) == RtpPacket(96, 1, 1, 1, b"\1\2\3\4", marker=True)


@pytest.mark.parametrize("data", [b"", b"\x80\x00", bytes(40), b"\xc0" * 40])
def test_garbage_is_dropped(data: bytes) -> None:
    """What is neither RTP nor RTCP goes nowhere and latches nothing."""
    made = bridge()
    assert made.forward(Side.CALLER, False, data, C, 0.0) is None
    assert made.forward(Side.CALLED, False, RTP, B, 0.0) == (RTP, A)


def test_anchor_passes_real_datagrams_and_shows_them() -> None:
    """Datagrams between two real sockets pass both ways, RTP is shown to the tap, ports return."""

    async def scene() -> None:
        anchor = Relay("127.0.0.1").open()
        seen: list[Side] = []
        anchor.tap = lambda side, data, now: seen.append(side)
        with (
            socket.socket(type=socket.SOCK_DGRAM) as left,
            socket.socket(type=socket.SOCK_DGRAM) as right,
        ):
            for side, sock in ((Side.CALLER, left), (Side.CALLED, right)):
                sock.bind(("127.0.0.1", 0))
                sock.setblocking(False)
                anchor.aim(side, "127.0.0.1", sock.getsockname()[1], None)
            loop = asyncio.get_running_loop()
            left.sendto(RTP, ("127.0.0.1", anchor.ports[Side.CALLER]))
            assert await asyncio.wait_for(loop.sock_recv(right, 2000), 5) == RTP
            right.sendto(RTP, ("127.0.0.1", anchor.ports[Side.CALLED]))
            assert await asyncio.wait_for(loop.sock_recv(left, 2000), 5) == RTP
        assert seen == [Side.CALLER, Side.CALLED]
        anchor.close()
        anchor.close()

    asyncio.run(scene())


def test_exhausted_range_is_said() -> None:
    """Where no second pair is free, nothing stays bound."""

    async def scene() -> None:
        with socket.socket(type=socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            base = probe.getsockname()[1] & ~1
        relay = Relay("127.0.0.1", base, base + 1)
        for _ in range(2):
            with pytest.raises(PortError):
                relay.open()

    asyncio.run(scene())


def test_sides_are_each_others_other() -> None:
    """The other side of the other side is the side."""
    assert Side.CALLER.other is Side.CALLED
    assert Side.CALLED.other is Side.CALLER
