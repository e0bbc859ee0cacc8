"""`call.loudness`: louder and quieter without clipping."""

from __future__ import annotations

import pytest

from appliance.audio.pcm import level_dbfs, pack, unpack
from appliance.audio.tones import sine
from appliance.call.loudness import FULL, KNEE, amplified


@pytest.mark.parametrize("gain", [-6.0, 6.0])
def test_a_quiet_frame_changes_by_as_much_as_was_asked(gain: float) -> None:
    """Moves the level of what stays below the knee by exactly that many decibels."""
    frame = sine(440, 0.02, -30)
    assert level_dbfs(amplified(frame, gain)) == pytest.approx(level_dbfs(frame) + gain, abs=0.05)


def test_without_gain_a_frame_stays_as_it_is() -> None:
    """Returns the very same bytes."""
    frame = sine(440, 0.02)
    assert amplified(frame, 0.0) is frame


def test_loud_peaks_bend_and_never_clip() -> None:
    """Keeps order and sign of all values, below full scale, without a step at the knee."""
    ramp = list(range(-32_000, 32_001, 250))
    loud = list(unpack(amplified(pack(ramp), 6.0)))
    assert loud == sorted(loud)
    assert max(loud) < FULL
    assert len(set(loud[-20:])) > 10, "no plateau"
    assert loud[len(loud) // 2] == 0
    below, above = KNEE / 10 ** (12 / 20) - 1, KNEE / 10 ** (12 / 20) + 1
    low, high = unpack(amplified(pack([below, above]), 12.0))
    assert 0 <= high - low <= 10
