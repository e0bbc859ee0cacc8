"""Comfort noise."""

import pytest

from appliance.audio.coder import CodecError
from appliance.audio.noise import ComfortNoise
from appliance.audio.pcm import level_dbfs, unpack


@pytest.mark.parametrize("level", [30, 41, 50, 64, 80])
def test_the_noise_is_as_loud_as_the_packet_says(level):
    """-dBov of the first byte within 2 dB, whatever its highest bit."""
    hiss = ComfortNoise()
    assert hiss.decode(bytes([level | 0x80, 1, 2])) == b""
    heard = b"".join(hiss.rest(160) for _ in range(50))
    assert level_dbfs(heard) == pytest.approx(-level, abs=2.1)


def test_the_noise_does_not_repeat_itself_and_has_no_tone():
    """Frames differ, and neighbouring samples have nothing to do with each other."""
    hiss = ComfortNoise()
    hiss.decode(b"\x28")
    frames = [hiss.rest(160) for _ in range(50)]
    assert len(set(frames)) > 40
    samples = unpack(b"".join(frames)).tolist()
    power = sum(x * x for x in samples)
    for lag in (1, 2, 5, 40, 80):
        alike = sum(a * b for a, b in zip(samples, samples[lag:], strict=False))
        assert abs(alike) < 0.1 * power


def test_the_quietest_levels_are_silence():
    """127 and what 16 bits cannot hold is digital silence, no error."""
    hiss = ComfortNoise()
    hiss.decode(b"\x7f")
    assert hiss.rest(160) == bytes(320)
    assert hiss.rest(9999) is None


def test_before_any_packet_there_is_no_rest_and_an_empty_packet_is_none():
    """Only a packet announces that nothing follows."""
    hiss = ComfortNoise(48000)
    assert (hiss.resting, hiss.clock) == (False, 48000)
    with pytest.raises(CodecError):
        hiss.samples(b"")
    hiss.decode(b"\x40")
    assert hiss.resting
    assert hiss.samples(b"\x40") == 0
    assert hiss.encode(bytes(320)) == b""
