"""Behaviour of `appliance.speech.speaking.resampling`."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.speech.speaking.resampling import Resampler


def tone(rate: int, hertz: float, seconds: float) -> NDArray[np.float32]:
    return np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate).astype(np.float32)


@pytest.mark.parametrize("source", [16000, 22050, 24000, 8000])
def test_the_rate_changes_without_delay_or_colour(source: int) -> None:
    """A tone keeps its phase, level and length."""
    change = Resampler(source, 8000)
    made = np.concatenate([change.push(tone(source, 440, 0.5)), change.flush()])
    want = tone(8000, 440, 0.5)
    assert abs(len(made) - len(want)) <= 2
    middle = slice(400, 3600)
    np.testing.assert_allclose(made[middle], want[middle], atol=0.01)


def test_pieces_join_without_a_seam() -> None:
    """The same samples in any pieces give the same output."""
    noise = np.random.default_rng(1).standard_normal(5000).astype(np.float32)
    whole, cut = Resampler(16000, 8000), Resampler(16000, 8000)
    at_once = np.concatenate([whole.push(noise), whole.flush()])
    edges = [0, 1, 2, 3, 50, 51, 1000, 1000, 4999, 5000]
    pieces = [cut.push(noise[a:b]) for a, b in itertools.pairwise(edges)]
    np.testing.assert_allclose(np.concatenate([*pieces, cut.flush()]), at_once, atol=1e-6)


def test_what_8_khz_cannot_carry_is_removed() -> None:
    """A tone above 4 kHz does not fold back."""
    change = Resampler(16000, 8000)
    made = change.push(tone(16000, 5000, 0.5))
    assert np.abs(made[200:]).max() < 1e-3


def test_equal_rates_pass_through() -> None:
    """Nothing is done where nothing is to do."""
    change = Resampler(16000, 16000)
    samples = tone(16000, 440, 0.1)
    assert change.push(samples) is samples
    assert len(change.flush()) == 0
