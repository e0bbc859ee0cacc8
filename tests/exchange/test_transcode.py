"""Streams of one codec made into streams of another, packet by packet."""

import itertools

import pytest

from appliance.audio import codecs, pcm, tones
from appliance.audio.coder import CodecMissingError
from appliance.exchange.transcode import Transcoder, moved
from appliance.rtp.packet import RtpPacket

SOUND = tones.sine(500, 1.0, -12)


def stream(
    name: str, milliseconds: int = 20, *, sequence: int = 65530, timestamp: int = 2**32 - 900
):
    """Packets of a second of sound, with numbers that wrap on the way."""
    coder = codecs.make(name)
    size = 16 * milliseconds
    made = []
    for index, start in enumerate(range(0, len(SOUND) - size + 1, size)):
        made.append(
            RtpPacket(
                97, (sequence + index) & 0xFFFF,
                (timestamp + index * 8 * milliseconds * coder.clock // 8000) & 0xFFFFFFFF, 7,
                coder.encode(SOUND[start : start + size]), marker=index == 0,
            )
        )  # fmt: skip
    return made


def through(transcoder: Transcoder, packets) -> list[RtpPacket]:
    return [made for packet in packets for made in transcoder.convert(packet, 98)]


def heard(name: str, packets) -> bytes:
    coder = codecs.make(name)
    return b"".join(coder.decode(packet.payload) for packet in packets)


@pytest.mark.parametrize("source", codecs.DESCRIPTIONS)
@pytest.mark.parametrize("target", codecs.DESCRIPTIONS)
def test_sound_survives_in_every_codec(source: str, target: str) -> None:
    """A tone comes out as loud and as high as it went in, in packets without a gap."""
    made = through(Transcoder(source, target), stream(source))
    assert {packet.payload_type for packet in made} == {98}
    sound = heard(target, made)
    assert len(sound) == len(SOUND)
    middle = slice(len(sound) // 2, -640)
    assert abs(pcm.level_dbfs(sound[middle]) - pcm.level_dbfs(SOUND)) < 1.5
    samples = pcm.unpack(sound[middle])
    crossings = sum(a < 0 <= b for a, b in itertools.pairwise(samples))
    assert abs(crossings * 8000 / len(samples) - 500) < 10
    step = 160 * codecs.make(target).clock // 8000
    assert [moved(made[0].sequence, p.sequence, 16) for p in made] == list(range(len(made)))
    assert [moved(made[0].timestamp, p.timestamp, 32) for p in made] == [
        step * index for index in range(len(made))
    ]
    assert [p.marker for p in made] == [True] + [False] * (len(made) - 1)
    assert {p.ssrc for p in made} == {7}


@pytest.mark.parametrize("milliseconds", [10, 30, 40, 60])
def test_lengths_that_the_codec_lacks_are_made_its_own(milliseconds: int) -> None:
    """Opus packets hold 20 ms here, whatever came: no sample is added or lost between them."""
    made = through(Transcoder("PCMU", "opus"), stream("PCMU", milliseconds))
    assert len(made) >= 48
    assert [moved(made[0].timestamp, p.timestamp, 32) for p in made] == [
        960 * index for index in range(len(made))
    ]
    assert [moved(made[0].sequence, p.sequence, 16) for p in made] == list(range(len(made)))


def test_loss_stays_a_loss_and_nothing_comes_twice() -> None:
    """A gap in the numbers is a gap of as many; a packet that comes late or twice is dropped."""
    packets = stream("PCMU")
    transcoder = Transcoder("PCMU", "G722")
    made = through(transcoder, [*packets[:5], packets[3], *packets[8:10], packets[6], packets[9]])
    numbers = [moved(packets[0].sequence, p.sequence, 16) for p in made]
    assert numbers == [0, 1, 2, 3, 4, 8, 9]
    assert [moved(made[0].timestamp, p.timestamp, 32) // 160 for p in made] == numbers


def test_keys_and_noise_take_their_place_among_the_audio() -> None:
    """What is no audio is not touched but for its numbers, in the clock of the other codec."""
    packets = stream("PCMU")
    transcoder = Transcoder("PCMU", "opus")
    first = transcoder.convert(packets[0], 98)
    key = RtpPacket(101, packets[1].sequence, packets[1].timestamp, 7, b"\1\x8a\3\x20")
    (carried,) = transcoder.carry(key)
    assert (carried.payload_type, carried.payload) == (101, key.payload)
    assert moved(first[0].sequence, carried.sequence, 16) == 1
    assert moved(first[0].timestamp, carried.timestamp, 32) == 960
    assert transcoder.carry(key) == []
    (after,) = transcoder.convert(packets[2], 98)
    assert moved(first[0].sequence, after.sequence, 16) == 2


def test_sender_that_begins_anew_is_followed() -> None:
    """A jump of the numbers far ahead or back is no loss of thousands of packets."""
    packets = stream("PCMU")
    for sequence in (20_000, 60_000):
        transcoder = Transcoder("PCMU", "PCMA")
        (first,) = transcoder.convert(packets[0], 98)
        jump = RtpPacket(0, sequence, 5, 7, packets[1].payload)
        (second,) = transcoder.convert(jump, 98)
        assert moved(first.sequence, second.sequence, 16) == 1


def test_payload_that_is_none_is_dropped() -> None:
    """Damaged payloads make no audio; the next good one does."""
    packets = stream("opus")
    transcoder = Transcoder("opus", "PCMU")
    assert transcoder.convert(RtpPacket(97, 1, 1, 7, b""), 0) == []
    assert transcoder.convert(RtpPacket(97, 2, 961, 7, packets[0].payload), 0)


def test_codec_that_is_missing_is_said() -> None:
    """There is no transcoder from or to a codec that nobody knows."""
    for pair in (("G729", "PCMU"), ("PCMU", "G729")):
        with pytest.raises(CodecMissingError):
            Transcoder(*pair)
