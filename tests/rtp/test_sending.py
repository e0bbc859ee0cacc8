"""Frames and keys become RTP packets."""

import itertools

import pytest

from appliance.audio.codecs import available, make
from appliance.audio.tones import dtmf, sine
from appliance.rtp.dtmf import TelephoneEvent
from appliance.rtp.sending import Sender

needs_opus = pytest.mark.skipif("opus" not in available(), reason="no libopus on this machine")


def sender(codec="PCMU", ptime=20, parameters="", **options):
    made = Sender(**({"ssrc": 7, "sequence": 65534, "timestamp": 0xFFFFFF00} | options))
    made.agree(make(codec, parameters), 96, ptime)
    made.dtmf_payload_type = 101
    return made


def say(made, frames, pcm=None):
    for n in range(frames):
        made.frame(sine(300, 0.02) if pcm is None else pcm[320 * n :][:320], allowed=True)
    return made.packets()


def steps(packets):
    return {
        ((b.sequence - a.sequence) & 0xFFFF, (b.timestamp - a.timestamp) & 0xFFFFFFFF)
        for a, b in itertools.pairwise(packets)
    }


@pytest.mark.parametrize(
    ("codec", "ptime", "units"),
    [
        ("PCMA", 10, 80), ("PCMA", 30, 240), ("G722", 20, 160), ("G722", 60, 480),
        ("PCMU", 5, 80), ("PCMU", 200, 480),
        pytest.param("opus", 10, 480, marks=needs_opus),
        pytest.param("opus", 20, 960, marks=needs_opus),
        pytest.param("opus", 30, 960, marks=needs_opus),
        pytest.param("opus", 60, 2880, marks=needs_opus),
    ],
)  # fmt: skip
def test_packets_follow_each_other_on_the_codecs_clock(codec, ptime, units):
    """Sequence by one, timestamps by the packet's length in RTP units, through both wraps."""
    packets = say(sender(codec, ptime), 60)
    assert steps(packets) == {(1, units)}
    assert [packet.marker for packet in packets] == [True] + [False] * (len(packets) - 1)
    assert {packet.payload_type for packet in packets} == {96}


def test_a_change_of_codec_neither_loses_nor_doubles_time():
    """What was said before leaves in the old codec; the clock never runs back."""
    made = sender("PCMU", 40)
    say(made, 3)
    made.agree(make("G722"), 9, 20)
    packets = say(made, 2)
    assert [(p.payload_type, len(p.payload)) for p in packets] == [(96, 160), (9, 160), (9, 160)]
    assert steps(packets) == {(1, 160)}


@needs_opus
def test_a_change_of_clock_goes_on_from_the_timestamp_reached():
    """From 8 to 48 kHz: monotonic, at the new speed from then on."""
    made = sender("PCMU", timestamp=1000)
    say(made, 10)
    made.agree(make("opus"), 107, 20)
    assert [p.timestamp for p in say(made, 3)] == [2600, 3560, 4520]


@needs_opus
def test_keys_are_as_long_as_their_own_clock_says():
    """With telephone-event/48000 a tick of 20 ms is 960 units; with /8000 beside Opus 160."""
    for clock in (8000, 48000):
        made = sender("opus")
        made.keys.clock = clock
        made.keys.play("5")
        packets = say(made, 10)
        durations = [TelephoneEvent.parse(p.payload).duration for p in packets]
        assert durations == [clock // 50 * n for n in (1, 2, 3, 4, 5, 5, 5)]
        assert len({p.timestamp for p in packets}) == 1
        after = say(made, 1)[0]
        assert after.marker
        assert (after.timestamp - packets[0].timestamp) & 0xFFFFFFFF == 9600


def test_tones_take_the_place_of_audio():
    """200 ms a key: the tones and a pause; then the audio goes on in the same talk."""
    made = sender("PCMU")
    made.tones.play("5")
    packets = say(made, 11)
    audio = b"".join(make("PCMU").decode(p.payload) for p in packets)
    quiet = make("PCMU").encode(bytes(320))
    assert audio[:1600] == make("PCMU").decode(make("PCMU").encode(dtmf("5")))
    assert [p.payload == quiet for p in packets] == [False] * 5 + [True] * 5 + [False]
    assert [p.marker for p in packets] == [True] + [False] * 10


def test_tones_are_sent_though_nothing_is_said():
    """With None for audio, the keys still leave."""
    made = sender("PCMU")
    made.tones.play("12")
    for _ in range(25):
        made.frame(None, allowed=True)
    assert len(made.packets()) == 20


@needs_opus
def test_silence_that_opus_does_not_send_ends_the_talk():
    """With DTX packets are missing; the next to be sent has the marker and the true time."""
    made = sender("opus", parameters="usedtx=1", timestamp=0, sequence=0)
    packets = say(made, 20) + say(made, 100, bytes(32000)) + say(made, 20)
    assert len(packets) < 100
    assert [p.sequence for p in packets] == list(range(len(packets)))
    for before, packet in itertools.pairwise(packets):
        assert packet.marker == (packet.timestamp - before.timestamp > 960)
    assert packets[-1].timestamp == 139 * 960


def test_who_may_not_send_does_not_but_its_clock_runs():
    """While on hold nothing leaves; afterwards the timestamp tells how long it was."""
    made = sender("PCMU", timestamp=0)
    say(made, 1)
    made.keys.play("1")
    made.tones.play("2")
    made.stop()
    for _ in range(5):
        made.frame(sine(300, 0.02), allowed=False)
    assert made.packets() == []
    (packet,) = say(made, 1)
    assert (packet.timestamp, packet.marker, packet.payload_type) == (960, True, 96)


def test_another_source_has_another_ssrc_and_room_before_the_wrap():
    """`renew` goes on in time, as somebody else, with a low sequence number."""
    made = sender("PCMU", sequence=0xFFFF)
    say(made, 1)
    assert made.wrapped
    made = sender("PCMU", sequence=0x9000, timestamp=0)
    say(made, 1)
    made.renew()
    (packet,) = say(made, 1)
    assert packet.ssrc == made.ssrc != 7
    assert (packet.sequence, packet.timestamp, packet.marker) == (0x1001, 160, True)
    assert not made.wrapped
