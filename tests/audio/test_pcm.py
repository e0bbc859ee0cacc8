"""Arithmetic on PCM."""

import pytest

from appliance.audio import pcm
from appliance.audio.tones import sine


def test_packing_is_the_reverse_of_unpacking_and_saturates():
    """Samples survive pack and unpack; numbers beyond 16 bits stop at the limits."""
    assert pcm.unpack(pcm.pack([1, -2, 32767])).tolist() == [1, -2, 32767]
    assert pcm.unpack(pcm.pack([1e6, -1e6])).tolist() == [32767, -32768]
    assert pcm.pack([1]) == b"\x01\x00"


def test_silence_has_two_bytes_a_sample():
    """silence(n) is n samples of zero, at the floor of the level scale."""
    assert pcm.silence(160) == bytes(pcm.FRAME_BYTES)
    assert pcm.level_dbfs(pcm.silence(160)) == pcm.FLOOR_DBFS
    assert pcm.level_dbfs(b"") == pcm.FLOOR_DBFS


def test_gain_moves_the_level_by_as_many_decibels():
    """A gain of -6 dB lowers the level by 6 dB; too much gain saturates and does not wrap."""
    tone = sine(1000, 0.1, -20)
    assert pcm.level_dbfs(tone) == pytest.approx(-20, abs=0.05)
    assert pcm.level_dbfs(pcm.gain(tone, -6)) == pytest.approx(-26, abs=0.05)
    assert max(pcm.unpack(pcm.gain(tone, 60))) == 32767


def test_mixing_adds_pads_and_saturates():
    """Mix is the saturated sum, as long as the longer signal."""
    assert pcm.unpack(pcm.mix(pcm.pack([1, 30000, 5]), pcm.pack([2, 30000]))).tolist() == [
        3,
        32767,
        5,
    ]


def test_fading_is_linear():
    """Fade goes from the first factor at the first sample to the second at the last."""
    faded = pcm.unpack(pcm.fade(pcm.pack([1000] * 11), 1.0, 0.0)).tolist()
    assert faded == list(range(1000, -1, -100))
    assert pcm.fade(b"", 1.0, 0.0) == b""


def test_a_crossfade_leads_from_one_signal_into_the_other():
    """Crossfade begins near the old signal and ends near the new one."""
    assert pcm.crossfade([100] * 4, [0] * 4) == [80, 60, 40, 20]
