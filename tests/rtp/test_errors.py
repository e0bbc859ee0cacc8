"""The two error roots of the media core."""

import pytest

from appliance.rtp import LocalError, MediaSession, PacketError
from appliance.rtp.packet import RtpPacket


def test_bytes_that_are_no_packet_are_the_peers_fault():
    """Whoever parses a packet can catch one error for all that a wire can bring."""
    with pytest.raises(PacketError, match=r"\w+ \w+"):
        RtpPacket.parse(b"\x00")


def test_an_illegal_move_is_ours():
    """A codec that does not exist is refused where the session is made, not on the wire."""
    with pytest.raises(LocalError):
        MediaSession(
            codec="nothing", payload_type=0, dtmf_payload_type=None, remote=("127.0.0.1", 4000),
            ssrc=1, sequence=1, timestamp=1, cname="x", now=0.0,
        )  # fmt: skip


def test_the_roots_are_apart():
    """Neither error is caught where the other is meant."""
    assert not issubclass(PacketError, LocalError)
    assert not issubclass(LocalError, PacketError)
