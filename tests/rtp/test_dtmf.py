"""Key presses over a network that loses, doubles and reorders."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.audio.tones import dtmf
from appliance.rtp.dtmf import KeyReceiver, KeySender, TelephoneEvent, ToneSender
from appliance.rtp.errors import LocalError, PacketError
from appliance.rtp.events import KeyPressed

CAPTURES = Path(__file__).parent / "captures"
KEYS = "0123456789*#ABCD"


def event(digit, duration, ended=False):
    return bytes(TelephoneEvent(KEYS.index(digit), ended, 10, duration))


def play(digits, start=0):
    """(tick, packet) for everything that is sent."""
    sender = KeySender()
    sender.play(digits)
    sent, tick = [], 0
    while sender.busy:
        packet = sender.next((start + 160 * tick) & 0xFFFFFFFF)
        if packet is not None:
            sent.append((tick, packet))
        tick += 1
    return sent


@settings(derandomize=True)
@given(st.integers(0, 255), st.booleans(), st.integers(0, 63), st.integers(0, 0xFFFF))
def test_payloads_survive_the_round_trip(number, ended, volume, duration):
    """To parse is the reverse of bytes."""
    packet = TelephoneEvent(number, ended, volume, duration)
    assert TelephoneEvent.parse(bytes(packet)) == packet


def test_a_captured_end_packet_is_read():
    """Key 5, ended, -10 dBm0, 125 ms; cut short it is refused."""
    data = (CAPTURES / "rtp_dtmf_end.bin").read_bytes()[12:]
    assert TelephoneEvent.parse(data) == TelephoneEvent(5, True, 10, 1000)
    with pytest.raises(PacketError):
        TelephoneEvent.parse(data[:3])


def test_a_digit_is_sent_as_the_standard_asks():
    """Marker on the first packet only, one timestamp, growing duration, three equal ends."""
    sent = play("7", start=0xFFFFFFF0)
    events = [TelephoneEvent.parse(packet.payload) for _, packet in sent]
    assert [packet.marker for _, packet in sent] == [True] + [False] * 6
    assert {packet.timestamp for _, packet in sent} == {0xFFFFFFF0}
    assert [e.duration for e in events] == [160, 320, 480, 640, 800, 800, 800]
    assert [e.ended for e in events] == [False] * 4 + [True] * 3
    assert {(e.event, e.volume) for e in events} == {(7, 10)}


def test_digits_are_told_apart_by_timestamp_and_pause():
    """Each digit has its own timestamp, at least 40 ms after the end of the one before."""
    sent = play("11")
    first, second = sent[:7], sent[7:]
    begin = {packet.timestamp for _, packet in second}
    assert begin == {1600}
    assert 1600 - 800 >= 320
    assert second[0][0] - first[-1][0] >= 2


def test_unknown_keys_are_refused_before_anything_is_sent():
    """To play them raises LocalError and queues nothing; lower case letters are keys."""
    sender = KeySender()
    with pytest.raises(LocalError):
        sender.play("12x")
    assert not sender.busy
    sender.play("a")
    assert sender.busy
    sender.cancel()
    assert not sender.busy


def test_a_key_is_told_once_with_its_duration():
    """All packets of a press, its three ends included, are one event, told at the first end."""
    receiver = KeyReceiver()
    for tick, packet in play("5"):
        receiver.receive(packet.payload, packet.timestamp, 0.02 * tick)
        told = receiver.events()
        assert told == ([KeyPressed("5", 0.1)] if tick == 4 else [])
    assert receiver.deadline() is None


def test_a_lost_end_is_made_up_for_by_time():
    """Without an end packet the press is told when nothing has come for 200 ms."""
    receiver = KeyReceiver()
    receiver.receive(event("9", 160), 1000, 1.0)
    receiver.receive(event("9", 320), 1000, 1.02)
    assert receiver.deadline() == pytest.approx(1.22)
    receiver.tick(1.21)
    assert receiver.events() == []
    receiver.tick(1.22)
    assert receiver.events() == [KeyPressed("9", 0.04)]
    receiver.receive(event("9", 800, ended=True), 1000, 1.3)
    assert receiver.events() == []


def test_a_lost_end_is_made_up_for_by_the_next_key():
    """The same key again is a second press, known by its timestamp."""
    receiver = KeyReceiver()
    receiver.receive(event("1", 640), 1000, 1.0)
    receiver.receive(event("1", 160), 2600, 1.12)
    assert receiver.events() == [KeyPressed("1", 0.08)]


def test_only_the_last_end_packet_is_enough():
    """A press of which all else was lost is told."""
    receiver = KeyReceiver()
    receiver.receive(event("#", 800, ended=True), 77, 0.0)
    assert receiver.events() == [KeyPressed("#", 0.1)]


def test_reordered_packets_of_the_key_before_are_not_a_press():
    """An old timestamp, also across the wrap at 2^32, is a straggler."""
    receiver = KeyReceiver()
    receiver.receive(event("1", 800, ended=True), 0xFFFFFF00, 0.0)
    receiver.receive(event("2", 160), 0x540, 0.2)
    receiver.receive(event("1", 800, ended=True), 0xFFFFFF00, 0.21)
    receiver.receive(event("2", 800, ended=True), 0x540, 0.3)
    assert [key.digit for key in receiver.events()] == ["1", "2"]


def test_a_time_line_that_went_back_does_not_silence_the_keys():
    """A second after the last packet an older timestamp is a new press."""
    receiver = KeyReceiver()
    receiver.receive(event("1", 800, ended=True), 90000, 0.0)
    receiver.receive(event("2", 800, ended=True), 160, 1.5)
    assert [key.digit for key in receiver.events()] == ["1", "2"]


def test_a_long_press_in_segments_is_one_key():
    """After 65,535 units the press goes on with a new timestamp (RFC 4733 2.5.1.3)."""
    receiver = KeyReceiver()
    now = 0.0
    for begin, last in ((0, 0xFFFF), (0xFFFF, 0xFFFF), (2 * 0xFFFF, 8000)):
        for duration in range(800, last + 1, 800):
            now += 0.1
            receiver.receive(event("0", duration), begin, now)
            receiver.tick(now)
    receiver.receive(event("0", 8000, ended=True), 2 * 0xFFFF, now)
    (key,) = receiver.events()
    assert key.digit == "0"
    assert key.duration == pytest.approx((2 * 0xFFFF + 8000) / 8000)


def test_events_that_are_no_keys_are_ignored():
    """Flash and the tones of modems are no key presses."""
    receiver = KeyReceiver()
    receiver.receive(bytes(TelephoneEvent(16, True, 10, 800)), 0, 0.0)
    receiver.tick(9.0)
    assert receiver.events() == []


def test_a_restarted_source_may_use_old_timestamps():
    """After restart what was open is told and any timestamp is new."""
    receiver = KeyReceiver()
    receiver.receive(event("1", 160), 5000, 0.0)
    receiver.restart()
    receiver.receive(event("2", 160, ended=True), 10, 0.1)
    assert [key.digit for key in receiver.events()] == ["1", "2"]


@pytest.mark.parametrize("seed", range(20))
def test_digits_are_counted_exactly_through_a_bad_network(seed):
    """20 % loss, duplicates and reordering: the digits come out as they went in.

    A digit all of whose seven packets are lost (1 in 78,000) cannot be known.
    """
    chance = random.Random(seed)
    digits = "".join(chance.choices(KEYS, k=40)) + "0000"
    arrivals = []
    for tick, packet in play(digits, start=0xFFFFF000):
        copies = 1 + (chance.random() < 0.1)
        arrivals += [
            (0.02 * tick + 0.05 * chance.random(), packet)
            for _ in range(copies)
            if chance.random() >= 0.2
        ]
    receiver = KeyReceiver()
    for now, packet in sorted(arrivals, key=lambda arrival: arrival[0]):
        receiver.tick(now)
        receiver.receive(packet.payload, packet.timestamp, now)
    receiver.tick(1e9)
    assert "".join(key.digit for key in receiver.events()) == digits


# ---- other clocks, and tones


def test_durations_follow_the_clock_of_the_events():
    """At 48 kHz 100 ms are 4,800 units, in and out, also when the end was lost."""
    receiver = KeyReceiver(48000)
    receiver.receive(event("1", 4800, ended=True), 10, 0.0)
    receiver.receive(event("2", 2880), 96000, 2.0)
    receiver.tick(3.0)
    assert receiver.events() == [KeyPressed("1", 0.1), KeyPressed("2", 0.06)]
    sender = KeySender(48000)
    sender.play("1")
    packets = [sender.next(960 * n) for n in range(10)]
    durations = [TelephoneEvent.parse(p.payload).duration for p in packets if p is not None]
    assert durations == [960, 1920, 2880, 3840, 4800, 4800, 4800]


@pytest.mark.parametrize("kept", [{0}, {3}, {6}, {1, 5}, {2, 3}])
@pytest.mark.parametrize("clock", [8000, 48000])
def test_a_key_is_known_by_any_of_its_packets(kept, clock):
    """Start or end lost, or all but one: the key is told once."""
    sender, receiver = KeySender(clock), KeyReceiver(clock)
    sender.play("7")
    packets = [packet for packet in (sender.next(5) for _ in range(10)) if packet is not None]
    for n, packet in enumerate(packets):
        if n in kept:
            receiver.receive(packet.payload, packet.timestamp, 0.02 * n)
    receiver.tick(1.0)
    assert [key.digit for key in receiver.events()] == ["7"]


def test_tones_are_frames_of_tone_and_of_silence():
    """Five frames of the two tones, five of silence, for each key; nothing after cancel."""
    sender = ToneSender()
    sender.play("5d")
    frames = []
    while sender.busy:
        frames.append(sender.next())
    assert [any(frame) for frame in frames] == ([True] * 5 + [False] * 5) * 2
    assert b"".join(frames[:5]) == dtmf("5")
    assert {len(frame) for frame in frames} == {320}
    sender.play("1")
    sender.cancel()
    assert not sender.busy
    with pytest.raises(LocalError, match="'!'"):
        sender.play("1!")
