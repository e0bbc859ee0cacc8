"""Melody, loudness and pace of made voices whose every property is known."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.speech.turns import prosody
from appliance.speech.turns.prosody import NAMES, summary, tracks

RATE = 8000


def voice(pitch: np.ndarray, level: float | np.ndarray = 0.1) -> np.ndarray:
    """Return a buzz whose pitch (Hz) is given for every sample."""
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    harmonics = range(1, 12)
    buzz = sum(np.sin(k * phase) / k * (k * pitch < 3800) for k in harmonics)
    return np.asarray(level * buzz, np.float32)


def glide(first: float, last: float, seconds: float) -> np.ndarray:
    """Return a pitch that moves evenly in semitones."""
    return np.geomspace(first, last, round(seconds * RATE))


def beats(lengths: list[float], gap: float = 0.06) -> np.ndarray:
    """Return syllables of these lengths (s) on one pitch, softer in between."""
    parts = []
    for length in lengths:
        size = round(length * RATE)
        parts += [np.hanning(size) ** 0.3, np.full(round(gap * RATE), 0.02)]
    level = np.concatenate(parts[:-1])
    return voice(np.full(len(level), 150.0), 0.1 * level)


def cue(samples: np.ndarray, name: str) -> float:
    return float(summary(tracks(samples))[NAMES.index(name)])


@pytest.mark.parametrize("pitch", [80, 120, 210, 340])
def test_pitch(pitch: float) -> None:
    """The pitch of a steady voice is found to a hundredth of its height, for deep and high voices."""
    found = tracks(voice(np.full(RATE, float(pitch))))[:, 0]
    assert np.median(found) == pytest.approx(pitch, rel=0.01)
    assert (found > 0).mean() > 0.95


def test_noise_has_no_pitch() -> None:
    """Hiss and silence have no pitch."""
    hiss = np.random.default_rng(1).standard_normal(RATE).astype(np.float32) * 0.1
    assert (tracks(hiss)[:, 0] > 0).mean() < 0.05
    assert not tracks(np.zeros(RATE, np.float32))[:, 0].any()


def test_level() -> None:
    """Level is in decibels: a tenth of the amplitude is 20 dB less."""
    halves = np.repeat([0.2, 0.02], RATE)
    level = tracks(voice(np.full(len(halves), 150.0), halves))[:, 1]
    assert level[10:80].mean() - level[-80:].mean() == pytest.approx(20, abs=0.1)


@pytest.mark.parametrize(("last", "sign"), [(90, -1), (160, 1)])
def test_slope(last: float, sign: int) -> None:
    """A voice that falls at its end has a falling pitch, one that rises a rising one."""
    said = voice(np.concatenate([glide(120, 120, 1.0), glide(120, last, 0.3)]))
    semitones = 12 * np.log2(last / 120)
    assert cue(said, "pitch_slope") == pytest.approx(semitones / 0.3, rel=0.35)
    assert np.sign(cue(said, "pitch_end")) == sign


def test_level_falls() -> None:
    """A voice that dies away is told from one that breaks off."""
    fade = np.concatenate([np.full(RATE, 0.1), np.geomspace(0.1, 0.01, round(0.3 * RATE))])
    pitch = np.full(len(fade), 130.0)
    assert cue(voice(pitch, fade), "level_slope") == pytest.approx(-20 / 0.3, rel=0.3)
    assert abs(cue(voice(pitch, 0.1), "level_slope")) < 3


def test_syllables() -> None:
    """Syllables are counted, and a last one that is stretched is noticed."""
    even = beats([0.16] * 6)
    stretched = beats([0.16] * 5 + [0.4])
    assert cue(even, "syllables_per_second") == pytest.approx(1 / 0.22, rel=0.35)
    assert cue(stretched, "last_syllable") == pytest.approx(0.4, abs=0.1)
    assert cue(stretched, "lengthening") > cue(even, "lengthening") + 0.4


def test_steady_timbre() -> None:
    """A held vowel changes less than a voice that moves from one sound to the next."""
    held = voice(np.full(RATE, 140.0))
    rng = np.random.default_rng(2)
    moving = held.copy()
    for at in range(0, RATE, 480):
        kernel = rng.standard_normal(12)
        moving[at : at + 480] = np.convolve(held[at : at + 480], kernel / 3, "same")
    assert cue(held, "timbre_steady") < 0.5 * cue(moving, "timbre_steady")


def test_level_of_the_line_does_not_matter() -> None:
    """A quiet caller sounds as a loud one does."""
    said = voice(np.concatenate([glide(120, 140, 0.8), glide(140, 95, 0.5)]))
    loud, quiet = summary(tracks(said)), summary(tracks(said * np.float32(0.05)))
    np.testing.assert_allclose(loud, quiet, atol=0.05)


@pytest.mark.parametrize("samples", [0, 100, 319, 320, 900])
def test_short(samples: int) -> None:
    """Whatever little there is gives numbers, all of them finite."""
    for made in (np.zeros(samples, np.float32), voice(np.full(samples, 200.0))):
        found = summary(tracks(made))
        assert found.shape == (len(NAMES),)
        assert np.isfinite(found).all()


def test_bounds() -> None:
    """No sound gives a number out of bounds: a broken one may not outweigh all others."""
    rng = np.random.default_rng(3)
    for scale in (1e-4, 1.0):
        wild = (rng.standard_normal(2 * RATE) * scale).astype(np.float32)
        found = summary(tracks(wild * (rng.random(2 * RATE) > 0.5)))
        assert (found >= prosody._LOWEST).all()
        assert (found <= prosody._HIGHEST).all()
