"""Counting one source's packets (RFC 3550 A.1, A.3, A.8)."""

import pytest

from appliance.rtp.source import Source, Verdict


def heard(first, numbers):
    source = Source(1, first)
    return source, [source.judge(number & 0xFFFF) for number in numbers]


def test_sequence_numbers_are_extended_across_wraps():
    """The extended number goes on at 2^16, also backwards for a reordered packet."""
    source, verdicts = heard(65534, range(65534, 65540))
    assert set(verdicts) == {Verdict.ACCEPT}
    assert source.highest == 65539
    assert source.extend(65535) == 65535
    assert source.extend(5) == 65541
    assert source.expected == 6


def test_a_jump_is_dropped_until_its_successor_confirms_it():
    """One stray number is discarded; two that follow each other are a restart."""
    source, _ = heard(10, [10, 11])
    assert source.judge(40000) is Verdict.DISCARD
    assert source.judge(12) is Verdict.ACCEPT
    assert source.judge(40001) is Verdict.DISCARD
    assert source.judge(40002) is Verdict.RESTART
    assert source.received == 3


def test_losses_are_reported_since_the_last_report_and_in_total():
    """Fraction of the interval in 1/256, cumulative loss since the beginning."""
    source, _ = heard(0, [n for n in range(100) if n % 4 != 1])
    block = source.block(1.0)
    assert (block.fraction, block.lost, block.highest) == (256 * 25 // 100, 25, 99)
    for n in range(100, 200):
        source.judge(n)
    block = source.block(2.0)
    assert (block.fraction, block.lost) == (0, 25)
    assert source.block(3.0).fraction == 0


def test_duplicates_make_the_loss_negative_but_not_the_fraction():
    """RFC 3550 6.4.1: the cumulative loss may fall below zero, the fraction may not."""
    source, _ = heard(0, [0, 0, 1, 1])
    block = source.block(0.0)
    assert (block.fraction, block.lost) == (0, -2)


def test_jitter_is_the_smoothed_change_of_transit():
    """A constant transit has none; alternating by 10 ms comes to 10 ms; a wrap is no jitter."""
    source = Source(1, 0)
    for n in range(500):
        source.arrived((0xFFFFFF00 + 160 * n) & 0xFFFFFFFF, 0.02 * n)
    assert source.jitter == pytest.approx(0, abs=0.01)
    for n in range(500, 900):
        source.arrived((0xFFFFFF00 + 160 * n) & 0xFFFFFFFF, 0.02 * n + 0.01 * (n % 2))
    assert source.jitter == pytest.approx(80, rel=0.01)


def test_the_report_names_the_last_sender_report_and_its_age():
    """LSR is the middle of its NTP time, DLSR its age in 1/65536 s; both 0 before any."""
    source, _ = heard(0, [0])
    assert (source.block(1.0).last_report, source.block(1.0).delay) == (0, 0)
    source.sender_reported(0x1122334455667788, 2.0)
    block = source.block(2.5)
    assert (block.last_report, block.delay) == (0x33445566, 32768)


def test_jitter_is_kept_across_a_change_of_clock():
    """48 kHz counts in its own units; in ms the figure goes on where it was."""
    source = Source(1, 0)
    for n in range(500):
        source.arrived(160 * n, 0.02 * n + 0.01 * (n % 2))
    assert source.jitter_ms == pytest.approx(10, rel=0.01)
    source.arrived(99, 10.0, 48000)
    assert source.jitter_ms == pytest.approx(10, rel=0.01)
    for n in range(500):
        source.arrived(960 * n, 10 + 0.02 * n + 0.02 * (n % 2), 48000)
    assert source.jitter == pytest.approx(960, rel=0.01)
    assert source.jitter_ms == pytest.approx(20, rel=0.01)


def test_the_extended_number_wraps_at_32_bits_in_reports_only():
    """After 65,536 wraps the report's 32 bits begin again; counting does not."""
    source, _ = heard(65535, [65535])
    source.highest = 0xFFFFFFFF
    source._first = 0xFFFFFF00
    assert source.judge(0) is Verdict.ACCEPT
    assert source.highest == 0x100000000
    assert source.block(0.0).highest == 0
    assert source.expected == 0x101
    assert source.extend(65535) == 0xFFFFFFFF
