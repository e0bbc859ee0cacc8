"""RTCP packets: the round trip, captured bytes, tolerance."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.rtp import rtcp
from appliance.rtp.errors import PacketError

CAPTURES = Path(__file__).parent / "captures"
U32 = st.integers(0, 0xFFFFFFFF)
BLOCKS = st.lists(
    st.builds(
        rtcp.ReportBlock,
        ssrc=U32,
        fraction=st.integers(0, 255),
        lost=st.integers(-0x800000, 0x7FFFFF),
        highest=U32,
        jitter=U32,
        last_report=U32,
        delay=U32,
    ),
    max_size=3,
).map(tuple)
NAMES = st.text(max_size=40)
PACKETS = st.one_of(
    st.builds(rtcp.SenderReport, U32, st.integers(0, 2**64 - 1), U32, U32, U32, BLOCKS),
    st.builds(rtcp.ReceiverReport, U32, BLOCKS),
    st.builds(rtcp.SourceDescription, st.lists(st.tuples(U32, NAMES), max_size=3).map(tuple)),
    st.builds(rtcp.Goodbye, st.lists(U32, max_size=3).map(tuple), NAMES),
)


def capture(name):
    return (CAPTURES / f"{name}.bin").read_bytes()


@settings(derandomize=True)
@given(st.lists(PACKETS, min_size=1, max_size=4))
def test_parsing_is_the_reverse_of_writing(packets):
    """A compound of any packets survives compound() and parse_compound()."""
    data = rtcp.compound(*packets)
    assert len(data) % 4 == 0
    if len(data) >= 8:
        assert rtcp.parse_compound(data) == tuple(packets)


def test_a_sender_report_is_read():
    """SR with one block and SDES, as a phone sends them."""
    report, names = rtcp.parse_compound(capture("rtcp_sr_sdes"))
    assert report == rtcp.SenderReport(
        ssrc=0xCAFEBABE,
        ntp=0xE5A1B2C380000000,
        timestamp=160,
        packets=50,
        octets=8000,
        blocks=(rtcp.ReportBlock(0x0BADF00D, 32, 5, 0x10010, 33, 0xB2C38000, 0x10000),),
    )
    assert names == rtcp.SourceDescription(((0xCAFEBABE, "phone@example"),))


def test_a_goodbye_is_read_also_after_unknown_kinds():
    """BYE with its reason is found behind a report, and behind kinds we do not know."""
    assert rtcp.parse_compound(capture("rtcp_rr_bye"))[1] == rtcp.Goodbye((0xCAFEBABE,), "done")
    assert rtcp.parse_compound(capture("rtcp_xr_bye")) == (rtcp.Goodbye((0xCAFEBABE,)),)


def test_a_truncated_tail_does_not_spoil_the_rest():
    """What stands before the damage is read."""
    (report,) = rtcp.parse_compound(capture("rtcp_truncated_sdes"))
    assert isinstance(report, rtcp.SenderReport)


@pytest.mark.parametrize("name", ["empty", "rtcp_truncated_first", "rtcp_header_only", "rtp_pcmu"])
def test_what_has_no_readable_packet_is_refused(name):
    """Too short, cut within the first packet, or no RTCP: PacketError."""
    with pytest.raises(PacketError):
        rtcp.parse_compound(capture(name))


def test_padding_is_no_part_of_a_packet():
    """A BYE padded with four bytes has no reason."""
    data = bytes.fromhex("a1cb0002 cafebabe 00000004")
    assert rtcp.parse_compound(data) == (rtcp.Goodbye((0xCAFEBABE,)),)
    reason = bytes.fromhex("a1cb0003 cafebabe 03627965 00000004")
    assert rtcp.parse_compound(reason) == (rtcp.Goodbye((0xCAFEBABE,), "bye"),)


def test_losses_are_clamped_to_their_24_bits():
    """A cumulative loss that does not fit is written as the nearest that does (A.3)."""
    block = rtcp.ReportBlock(1, 0, -0x900000, 0, 0, 0, 0)
    (report,) = rtcp.parse_compound(bytes(rtcp.ReceiverReport(1, (block,))))
    assert isinstance(report, rtcp.ReceiverReport)
    assert report.blocks[0].lost == -0x800000


@settings(derandomize=True, max_examples=300)
@given(st.binary(max_size=120), st.integers(192, 223))
def test_no_bytes_break_the_reader(noise, kind):
    """Any datagram is read or refused with PacketError."""
    for data in (noise, b"\x85" + bytes([kind, 0, len(noise) // 4]) + noise):
        try:
            rtcp.parse_compound(data)
        except PacketError:
            pass
