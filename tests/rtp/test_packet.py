"""RTP packets: the round trip, captured bytes and refusals."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.rtp.errors import PacketError
from appliance.rtp.packet import Extension, RtpPacket

CAPTURES = Path(__file__).parent / "captures"
U32 = st.integers(0, 0xFFFFFFFF)
PACKETS = st.builds(
    RtpPacket,
    payload_type=st.integers(0, 127),
    sequence=st.integers(0, 0xFFFF),
    timestamp=U32,
    ssrc=U32,
    payload=st.binary(max_size=200),
    marker=st.booleans(),
    csrcs=st.lists(U32, max_size=15).map(tuple),
    extension=st.none()
    | st.builds(
        Extension,
        st.integers(0, 0xFFFF),
        st.binary(max_size=20).map(lambda data: data[: len(data) // 4 * 4]),
    ),
    padding=st.integers(0, 255),
)


@settings(derandomize=True)
@given(PACKETS)
def test_parsing_is_the_reverse_of_writing(packet):
    """Every packet survives bytes() and parse()."""
    assert RtpPacket.parse(bytes(packet)) == packet


def capture(name):
    return (CAPTURES / f"{name}.bin").read_bytes()


def test_a_plain_packet_is_read():
    """A PCMU packet as phones send it."""
    packet = RtpPacket.parse(capture("rtp_pcmu"))
    assert (packet.payload_type, packet.sequence, packet.timestamp) == (0, 4711, 160000)
    assert packet.ssrc == 0xDEADBEEF
    assert packet.marker
    assert packet.payload == b"\xff" * 160


def test_every_optional_part_is_read():
    """CSRCs, a one-byte header extension (RFC 8285) and padding are taken off the payload."""
    packet = RtpPacket.parse(capture("rtp_full"))
    assert packet.csrcs == (1, 2)
    assert packet.extension == Extension(0xBEDE, b"\x10\x85\x00\x00")
    assert packet.padding == 4
    assert packet.payload == b"\xd5" * 80
    assert bytes(packet) == capture("rtp_full")


@pytest.mark.parametrize(
    "name",
    [
        "rtp_truncated_header",
        "rtp_truncated_csrc",
        "rtp_truncated_extension",
        "rtp_padding_too_long",
        "rtp_padding_zero",
        "rtp_version_1",
        "empty",
    ],
)
def test_damaged_packets_are_refused(name):
    """Truncated or contradictory headers raise PacketError."""
    with pytest.raises(PacketError):
        RtpPacket.parse(capture(name))
