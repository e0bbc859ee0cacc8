"""A caller's samples as a model wants them."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.speech.engines.intake import Intake
from appliance.speech.features import voiced_rms


def _tone(seconds: float, level: float) -> np.ndarray:
    return (level * np.sin(2 * np.pi * 440 * np.arange(round(8000 * seconds)) / 8000)).astype(
        np.float32
    )


def test_rate() -> None:
    """A model of 16 kHz gets twice the samples, but for the filter's few milliseconds."""
    intake = Intake(16_000, 0.0)
    made = np.concatenate([intake.push(piece) for piece in np.array_split(_tone(1.0, 0.1), 7)])
    assert 15_800 < len(made) <= 16_000
    assert np.sqrt(np.mean(made[1000:] ** 2)) == pytest.approx(0.1 / np.sqrt(2), rel=0.01)


def test_a_model_of_the_telephone() -> None:
    """A model of 8 kHz gets the samples as they are."""
    tone = _tone(0.3, 0.1)
    assert np.array_equal(Intake(8000, 0.0).push(tone), tone)


@pytest.mark.parametrize("level", [0.01, 0.1, 0.9])
def test_level(level: float) -> None:
    """The voiced part comes to the pack's level from the first piece with voice on."""
    intake = Intake(8000, -23.0)
    assert not intake.push(np.zeros(2400, np.float32)).any()
    made = [intake.push(piece) for piece in np.array_split(_tone(1.0, level), 5)]
    for piece in made:
        assert 20 * np.log10(voiced_rms(piece)) == pytest.approx(-23.0, abs=0.5)


def test_a_gain_changes_without_a_jump() -> None:
    """A caller who becomes louder is turned down within a few samples, not at one."""
    intake = Intake(8000, -23.0)
    quiet, loud = (intake.push(_tone(0.5, level)) for level in (0.02, 0.5))
    steps = np.abs(np.diff(np.concatenate([quiet[-80:], loud[:80]]) / 0.5))
    assert steps.max() < 2.0
    assert intake._gain is not None


def test_noise_of_the_line_is_not_amplified() -> None:
    """Before anybody speaks the level stays as it is."""
    noise = np.random.default_rng(1).normal(0, 0.001, 4000).astype(np.float32)
    assert np.array_equal(Intake(8000, -23.0).push(noise), noise)
