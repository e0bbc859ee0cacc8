"""Voice activity: speech is found, noise and silence are not, calls do not mix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from appliance.speech.audiofile import read_audio
from appliance.speech.runtime import session
from appliance.speech.turns.vad import WINDOW, Detector, Track
from appliance.system.packs.manifest import PackError
from tests.speech import tones

RNG = np.random.default_rng(3)


def _windows(samples: np.ndarray) -> list[np.ndarray]:
    return [samples[at : at + WINDOW] for at in range(0, len(samples) - WINDOW + 1, WINDOW)]


@pytest.mark.parametrize("amplitude", [0.0, 0.001, 0.01, 0.1])
def test_noise(detector: Detector, amplitude: float) -> None:
    """Neither silence nor hiss of any level is taken for speech."""
    track = Track()
    hiss = (RNG.standard_normal(16000) * amplitude).astype(np.float32)
    assert max(detector.probability(track, window) for window in _windows(hiss)) < 0.5


def test_human_speech(
    detector: Detector, evaluation: Callable[[str], list[tuple[Path, str]]]
) -> None:
    """Spoken digits of people that the detector does not know are speech."""
    for file, _ in evaluation("fsdd_digits_8k")[::12]:
        track = Track()
        sound = np.concatenate([tones.silence(0.2), read_audio(file), tones.silence(0.2)])
        found = [detector.probability(track, window) for window in _windows(sound)]
        assert sum(probability > 0.5 for probability in found) >= 2, file.name
        assert found[0] < 0.5


def test_context(detector: Detector, packs_folder: Path) -> None:
    """The network sees each window after the last 4 ms of the one before, as it was trained."""
    graph = session(packs_folder / "silero-vad" / "silero_vad.onnx")
    sound = (RNG.standard_normal(1024) * np.linspace(0.01, 0.5, 1024)).astype(np.float32)
    track, state = Track(), np.zeros((2, 1, 128), np.float32)
    before = np.zeros(32, np.float32)
    for window in _windows(sound):
        feed = {"input": np.concatenate([before, window])[None], "state": state,
                "sr": np.array(8000, np.int64)}  # fmt: skip
        expected, state = graph.run(None, feed)
        assert detector.probability(track, window) == pytest.approx(float(expected[0, 0]), abs=1e-6)
        before = window[-32:]


def test_batch(detector: Detector) -> None:
    """Several calls in one run get what each would get alone."""
    sounds = [(RNG.standard_normal(2048) * level).astype(np.float32) for level in (0.01, 0.3)]
    alone = [Track(), Track()]
    together = [Track(), Track()]
    for at in range(0, 2048, WINDOW):
        windows = [sound[at : at + WINDOW] for sound in sounds]
        expected = [
            detector.probability(track, window)
            for track, window in zip(alone, windows, strict=True)
        ]
        found = detector.probabilities(together, windows)
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_reset(detector: Detector) -> None:
    """A track that is reset hears as a fresh one does."""
    sound = (RNG.standard_normal(WINDOW) * 0.1).astype(np.float32)
    used, fresh = Track(), Track()
    detector.probability(used, sound)
    used.reset()
    assert detector.probability(used, sound) == detector.probability(fresh, sound)


def test_not_a_graph(tmp_path: Path) -> None:
    """A file that is no graph is refused with what to do."""
    file = tmp_path / "x.onnx"
    file.write_bytes(b"not a graph")
    with pytest.raises(PackError, match="install the voice activity pack again"):
        Detector(file)


def test_another_graph(tone_pack: object) -> None:
    """A graph of something else is refused with what to do."""
    with pytest.raises(PackError, match="not a Silero network"):
        Detector(tone_pack.path("model"))  # type: ignore[attr-defined]
