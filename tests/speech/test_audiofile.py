"""Sound files of any kind become 8 kHz mono."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from appliance.contracts.errors import UserError
from appliance.speech.audiofile import RATE, read_audio, resample


def _tone(hertz: float, rate: int, seconds: float = 0.5) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)).astype("f4")


@pytest.mark.parametrize("rate", [6000, 11025, 16000, 22050, 32000, 44100, 48000, 96000])
def test_tones_survive(rate: int) -> None:
    """What a telephone passes comes out in place, within a thousandth."""
    for hertz in (300, 1000, 2400):
        found = resample(_tone(hertz, rate), rate, RATE)
        expected = _tone(hertz, RATE)
        assert abs(len(found) - len(expected)) <= 1
        count = min(len(found), len(expected)) - 200
        assert np.abs(found[200:count] - expected[200:count]).max() < 1e-3


@pytest.mark.parametrize("rate", [11025, 16000, 44100, 48000])
def test_no_aliases(rate: int) -> None:
    """What 8 kHz cannot hold is gone, 60 dB down, instead of folded back."""
    found = resample(_tone(min(5000, rate * 0.45), rate), rate, RATE)
    assert np.abs(found[200:-200]).max() < 0.5 * 10 ** (-60 / 20)


@pytest.mark.parametrize(
    ("suffix", "subtype"), [(".wav", "PCM_16"), (".wav", "ULAW"), (".flac", "PCM_16"), (".ogg", "")]
)
def test_formats(tmp_path: Path, suffix: str, subtype: str) -> None:
    """WAV (µ-law too), FLAC and Ogg are read; channels are mixed."""
    file = tmp_path / f"sound{suffix}"
    tone = _tone(500, 16000)
    both = np.stack([tone, tone], axis=1)
    soundfile.write(file, both, 16000, subtype or None)
    found = read_audio(file)
    assert found.dtype == np.float32
    assert len(found) == pytest.approx(4000, abs=2)
    error = found[400:-400] - _tone(500, RATE)[400 : len(found) - 400]
    assert np.sqrt(np.mean(error**2)) < 0.03


def test_mix(tmp_path: Path) -> None:
    """Opposite channels cancel: the mix is their mean."""
    file = tmp_path / "x.wav"
    tone = _tone(500, 8000)
    soundfile.write(file, np.stack([tone, -tone], axis=1), 8000)
    assert np.abs(read_audio(file)).max() < 1e-4


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "does not exist"), (b"", "not a sound file"), (b"RIFF1234WAVE", "not a sound file"),
     (bytes(range(256)) * 40, "not a sound file")],
)  # fmt: skip
def test_no_sound_file(tmp_path: Path, content: bytes | None, said: str) -> None:
    """What is no sound file is refused in a sentence that says what to name instead."""
    file = tmp_path / "x.wav"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UserError, match=said):
        read_audio(file)


def test_empty_and_folder(tmp_path: Path) -> None:
    """A file without samples and a folder are refused."""
    file = tmp_path / "x.wav"
    soundfile.write(file, np.zeros(0, np.float32), 8000)
    with pytest.raises(UserError, match="holds no sound"):
        read_audio(file)
    with pytest.raises(UserError, match="not a sound file"):
        read_audio(tmp_path)


def test_broken_samples(tmp_path: Path) -> None:
    """Samples that are no numbers are taken for silence."""
    file = tmp_path / "x.wav"
    soundfile.write(file, np.array([np.nan, np.inf, 0.1], np.float32), 8000, "FLOAT")
    assert np.isfinite(read_audio(file)).all()
