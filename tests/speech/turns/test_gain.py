"""One level for quiet and loud callers, in windows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from appliance.speech.audiofile import read_audio
from appliance.speech.features import level_dbfs, normalise
from appliance.speech.turns.gain import (
    HIGHEST_DB,
    LOWEST_DB,
    STEADY_SECONDS,
    WANTED_DBFS,
    Gain,
    Steadiness,
)
from appliance.speech.turns.vad import WINDOW, Detector, Track

SECONDS = WINDOW / 8000


def feed(gain: Gain, level: float, windows: int, probability: float = 0.95) -> float:
    """Play a noise of this level; return the level of the last amplified window."""
    rng = np.random.default_rng(1)
    for _ in range(windows):
        window = (rng.standard_normal(WINDOW) * 10 ** (level / 20)).astype(np.float32)
        amplified = gain.amplify(window)
        gain.heard(level_dbfs(window), probability)
    return level_dbfs(amplified)


@pytest.mark.parametrize("level", [-45, -36, -26, -16])
def test_one_level(level: float) -> None:
    """Callers of any usual level come out alike."""
    assert feed(Gain(), level, 30) == pytest.approx(WANTED_DBFS, abs=1.5)


@pytest.mark.parametrize(("level", "bound"), [(-70, HIGHEST_DB), (-3, LOWEST_DB)])
def test_bounds(level: float, bound: float) -> None:
    """However faint or loud the caller, the gain stays bounded."""
    gain = Gain()
    feed(gain, level, 200)
    assert gain.decibels == pytest.approx(bound, abs=0.2)


def test_noise_teaches_nothing() -> None:
    """What is no speech does not move the gain: pauses stay pauses."""
    gain = Gain()
    before = gain.decibels
    feed(gain, -60, 500, probability=0.1)
    assert gain.decibels == before


def test_pauses_between_words() -> None:
    """The weak ends of words do not raise the gain."""
    gain = Gain()
    feed(gain, -26, 50)
    before = gain.decibels
    feed(gain, -50, 20, probability=0.7)
    assert gain.decibels == pytest.approx(before, abs=0.1)


def test_louder_at_once_quieter_slowly() -> None:
    """A louder voice is followed within a few windows, a quieter one within seconds."""
    gain = Gain()
    feed(gain, -40, 60)
    assert feed(gain, -20, 6) == pytest.approx(WANTED_DBFS, abs=2)
    after = feed(gain, -34, 10)
    assert after < WANTED_DBFS - 4
    assert feed(gain, -34, 200) == pytest.approx(WANTED_DBFS, abs=1.5)


def test_no_steps() -> None:
    """The gain moves within a window: no click between two of them."""
    gain = Gain()
    hold = np.full(WINDOW, 0.01, np.float32)
    before = gain.amplify(hold)
    gain.heard(-45.0, 0.9)
    after = gain.amplify(hold)
    joined = np.concatenate([before, after])
    assert np.abs(np.diff(joined)).max() < 0.001
    assert after[-1] > 1.5 * before[-1]


def test_never_above_full_scale() -> None:
    """A caller who suddenly shouts is clipped, not wrapped."""
    gain = Gain()
    feed(gain, -50, 50)
    assert np.abs(gain.amplify(np.full(WINDOW, 0.9, np.float32))).max() <= 1.0


def test_steady() -> None:
    """A sound that does not change is told after STEADY_SECONDS, and no longer once it changes."""
    steadiness = Steadiness(SECONDS)
    said = [steadiness.steady(-40 + 0.5 * (at % 3)) for at in range(round(2 / SECONDS))]
    assert said.index(True) == pytest.approx(STEADY_SECONDS / SECONDS, abs=2)
    assert not steadiness.steady(-25)


def test_speech_is_not_steady(evaluation: Callable[[str], list[tuple[Path, str]]]) -> None:
    """No stretch of human speech is taken for a machine's sound."""
    for file, _ in evaluation("common_voice_eval")[::6]:
        samples = normalise(read_audio(file), -26)
        steadiness, track = Steadiness(SECONDS), Track()
        detector = Detector(_model())
        for at in range(0, len(samples) - WINDOW + 1, WINDOW):
            window = samples[at : at + WINDOW]
            voiced = detector.probability(track, window) > 0.5
            assert not (steadiness.steady(level_dbfs(window)) and voiced), file.name


def _model() -> Path:
    packs = Path(__file__).resolve().parents[3] / "models" / "packs"
    return packs / "silero-vad" / "silero_vad.onnx"


@pytest.mark.parametrize("level", [-45, -36, -16])
def test_human_voices_of_any_level(
    level: float, detector: Detector, evaluation: Callable[[str], list[tuple[Path, str]]]
) -> None:
    """The detector finds the same voice in a quiet or loud caller as in one of usual level."""
    agree = total = 0
    for file, _ in evaluation("common_voice_eval")[::6]:
        samples = read_audio(file)
        heard = []
        for each in (-26, level):
            gain, track = Gain(), Track()
            said = normalise(samples, each)
            found = []
            for at in range(0, len(said) - WINDOW + 1, WINDOW):
                window = said[at : at + WINDOW]
                probability = detector.probability(track, gain.amplify(window))
                gain.heard(level_dbfs(window), probability)
                found.append(probability > 0.5)
            heard.append(np.array(found))
        agree += int((heard[0] == heard[1]).sum())
        total += len(heard[0])
    assert agree / total > 0.97
