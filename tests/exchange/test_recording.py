"""Both directions of a call on one time line."""

import struct

from appliance.audio.g711 import CODECS
from appliance.audio.tones import sine
from appliance.audio.wav import read_wav
from appliance.exchange.recording import Recording, Track, decode
from appliance.exchange.relay import Side
from appliance.rtp.packet import RtpPacket

TONE = sine(400, 0.02, -10)


def packet(timestamp: int, *, ssrc: int = 1, codec: str = "PCMU", pcm: bytes = TONE) -> bytes:
    held = CODECS[codec]
    return bytes(RtpPacket(held.payload_type, 7, timestamp % 2**32, ssrc, held.encode(pcm)))


def onset(pcm: bytes) -> int:
    """Return the first sample that is not silent."""
    samples = struct.unpack(f"<{len(pcm) // 2}h", pcm)
    return next(index for index, sample in enumerate(samples) if abs(sample) > 500)


def test_both_sides_lie_where_they_were_heard() -> None:
    """A sound half a second into one side stands half a second into that channel alone."""
    recording = Recording(10.0)
    recording.add(Side.CALLER, packet(5000), 10.5)
    recording.add(Side.CALLED, packet(90, codec="PCMA"), 11.0)
    wav = read_wav(recording.wav())
    assert (wav.rate, wav.channels) == (8000, 2)
    left, right = (
        b"".join(wav.pcm[at : at + 2] for at in range(2 * side, len(wav.pcm), 4)) for side in (0, 1)
    )
    assert abs(onset(left) - 4000) < 8
    assert abs(onset(right) - 8000) < 8
    assert len(left) == len(right)


def test_jitter_does_not_move_samples() -> None:
    """Packets that arrive unevenly stand evenly, by their timestamps."""
    track = Track()
    for index, delay in enumerate((0.0, 0.015, 0.0, 0.03)):
        parsed = decode(packet(1000 + 160 * index))
        assert parsed is not None
        track.add(*parsed, 1.0 + 0.02 * index + delay)
    assert len(track.pcm) == 2 * (8000 + 4 * 160)


def test_timestamps_wrap_around() -> None:
    """A stream whose 32-bit timestamps wrap goes on where it was."""
    recording = Recording(0.0)
    recording.add(Side.CALLER, packet(2**32 - 160), 1.0)
    recording.add(Side.CALLER, packet(0), 1.1)  # late by 80 ms: its timestamp counts
    assert len(recording.pcm(Side.CALLER)) == 2 * (8000 + 320)


def test_new_source_is_tied_to_the_clock() -> None:
    """After a transfer the new telephone's audio stands at the time at which it came."""
    recording = Recording(0.0)
    recording.add(Side.CALLED, packet(77, ssrc=1), 1.0)
    recording.add(Side.CALLED, packet(3_000_000_000, ssrc=2), 3.0)
    assert len(recording.pcm(Side.CALLED)) == 2 * (24_000 + 160)


def test_jump_in_time_is_tied_to_the_clock() -> None:
    """A stream whose timestamps jump goes on at the time at which it comes."""
    recording = Recording(0.0)
    recording.add(Side.CALLED, packet(0), 1.0)
    recording.add(Side.CALLED, packet(8_000_000), 1.02)
    assert len(recording.pcm(Side.CALLED)) == 2 * (8000 + 320)


def test_silence_suppression_leaves_a_gap() -> None:
    """A pause without packets stays as long as it was."""
    recording = Recording(0.0)
    recording.add(Side.CALLED, packet(0), 0.0)
    recording.add(Side.CALLED, packet(16_000), 2.0)
    assert len(recording.pcm(Side.CALLED)) == 2 * (16_000 + 160)


def test_garbage_is_passed_over() -> None:
    """What is no G.711 packet leaves no trace."""
    recording = Recording(0.0)
    for data in (b"", b"\x80", bytes(50), bytes(RtpPacket(101, 1, 1, 1, b"\1\2\3\4"))):
        recording.add(Side.CALLER, data, 1.0)
    assert recording.pcm(Side.CALLER) == b""
