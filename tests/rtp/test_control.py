"""RTCP: when reports are sent and what they say."""

import pytest

from appliance.rtp.control import Control
from appliance.rtp.rtcp import (
    Goodbye,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceDescription,
    compound,
    parse_compound,
)
from appliance.rtp.source import Source

PEER = ("b", 4001)


def block(**changes):
    options = {"fraction": 0, "lost": 0, "highest": 0, "jitter": 0, "last_report": 0, "delay": 0}
    return ReportBlock(**({"ssrc": 1} | options | changes))


def test_intervals_are_5_s_half_to_one_and_a_half_and_differ():
    """Reports are spread between 2.5 and 7.5 s, differently for each SSRC (RFC 3550 6.3.1)."""
    spread = []
    for ssrc in (1, 2, 0xDEADBEEF):
        control = Control(ssrc=ssrc, cname="c", now=0.0)
        assert 1.25 <= control.due <= 3.75
        for _ in range(50):
            before = control.due
            control.report(None, before)
            spread.append(control.due - before)
    assert 2.5 <= min(spread) < 3
    assert 7 < max(spread) <= 7.5
    assert sum(spread) / len(spread) == pytest.approx(5, abs=0.5)
    assert len(set(spread)) == len(spread)


def test_who_has_sent_makes_a_sender_report():
    """SR with counts and the RTP clock at its NTP time; RR when nothing was sent since."""
    control = Control(ssrc=7, cname="me@box", now=0.0)
    assert parse_compound(control.report(None, 1.0)) == (
        ReceiverReport(7),
        SourceDescription(((7, "me@box"),)),
    )
    control.sent(160)
    control.sent(160)
    control.clock(0xFFFFFFFF, 2.0)
    report, _ = parse_compound(control.report(None, 2.5))
    assert report == SenderReport(7, (2 << 32) + (1 << 31), 3999, 2, 320)
    assert isinstance(parse_compound(control.report(None, 3.0))[0], ReceiverReport)


def test_the_round_trip_is_what_the_peer_did_not_keep():
    """A - LSR - DLSR (RFC 3550 6.4.1): sent at 10 s, kept for 1 s, back at 11.25 s."""
    control = Control(ssrc=1, cname="c", now=0.0)
    report = ReceiverReport(2, (block(fraction=64, last_report=10 << 16, delay=1 << 16),))
    assert control.receive(bytes(report), PEER, None, False, 11.25) is None
    assert control.round_trip_ms == pytest.approx(250)
    assert control.remote_loss == 0.25
    assert control.address == PEER


def test_reports_on_others_are_not_about_us():
    """Only the block with our SSRC counts; one without LSR has no round trip."""
    control = Control(ssrc=1, cname="c", now=0.0)
    report = ReceiverReport(2, (block(ssrc=9, fraction=255, last_report=1), block(fraction=128)))
    control.receive(bytes(report), PEER, None, False, 1.0)
    assert control.round_trip_ms is None
    assert control.remote_loss == 0.5


def test_the_senders_report_comes_back_in_ours():
    """LSR and DLSR of the source we hear; reports of other sources are not taken for it."""
    control = Control(ssrc=1, cname="c", now=0.0)
    source = Source(2, 0)
    source.judge(0)
    control.receive(bytes(SenderReport(3, 5 << 32, 0, 0, 0)), PEER, source, False, 1.0)
    assert source.block(1.0).last_report == 0
    control.receive(bytes(SenderReport(2, 5 << 32, 0, 0, 0)), PEER, source, False, 1.0)
    (answer, _) = parse_compound(control.report(source, 3.0))
    assert isinstance(answer, ReceiverReport)
    assert (answer.blocks[0].last_report, answer.blocks[0].delay) == (5 << 16, 2 << 16)


def test_only_the_source_we_hear_can_leave():
    """BYE of its SSRC tells that it left, with its reason; BYE of another does not."""
    control = Control(ssrc=1, cname="c", now=0.0)
    source = Source(2, 0)
    other, ours = Goodbye((3,)), Goodbye((3, 2), "done")
    first = ReceiverReport(2)
    assert control.receive(compound(first, other), PEER, source, True, 1.0) is None
    assert control.receive(compound(first, ours), PEER, source, True, 1.0) == (2, "done")
    assert control.receive(compound(first, ours), PEER, None, True, 1.0) is None
    assert control.multiplexed
    assert control.address is None


def test_goodbye_is_a_report_and_a_bye():
    """The last compound begins with a report, as every compound has to."""
    control = Control(ssrc=1, cname="c", now=0.0)
    kinds = [type(packet) for packet in parse_compound(control.goodbye(None, 1.0))]
    assert kinds == [ReceiverReport, SourceDescription, Goodbye]


def test_the_reports_clock_runs_at_the_codecs_rate():
    """Half a second after the clock was read it is 24,000 further at 48 kHz."""
    control = Control(ssrc=7, cname="me@box", now=0.0)
    control.sent(40)
    control.clock(1000, 2.0, 48000)
    report, _ = parse_compound(control.report(None, 2.5))
    assert report.timestamp == 25000


def test_another_ssrc_begins_its_counts_anew():
    """Packets and octets are of the present source; what was before is remembered apart."""
    control = Control(ssrc=7, cname="me@box", now=0.0)
    control.sent(40)
    control.renew(8)
    assert (control.packets, control.sent_before) == (0, 1)
    control.sent(10)
    report, names = parse_compound(control.report(None, 2.5))
    assert (report.ssrc, report.packets, report.octets) == (8, 1, 10)
    assert names == SourceDescription(((8, "me@box"),))
