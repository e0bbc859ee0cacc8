"""Filter banks: Kaldi's numbers, and the same ones while an utterance grows."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.speech.features import (
    BINS,
    FilterBank,
    filter_banks,
    frame_count,
    level_dbfs,
    normalise,
    voiced_rms,
)

knf = pytest.importorskip("kaldi_native_fbank")


def _noise(samples: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    slow = np.repeat(rng.uniform(0.001, 0.2, samples // 400 + 1), 400)[:samples]
    return (rng.standard_normal(samples) * slow).astype(np.float32)


def _kaldi(samples: np.ndarray) -> np.ndarray:
    options = knf.FbankOptions()
    options.frame_opts.dither = 0
    options.frame_opts.snip_edges = False
    options.frame_opts.samp_freq = 8000
    options.mel_opts.num_bins = BINS
    options.mel_opts.low_freq = 20
    options.mel_opts.high_freq = -400
    bank = knf.OnlineFbank(options)
    bank.accept_waveform(8000, samples)
    bank.input_finished()
    return np.stack([bank.get_frame(i) for i in range(bank.num_frames_ready)])


@pytest.mark.parametrize("samples", [100, 139, 140, 800, 8037, 24000])
def test_kaldi(samples: int) -> None:
    """Every number is that of kaldi-native-fbank, for any length."""
    sound = _noise(samples)
    expected = _kaldi(sound)
    assert expected.shape == (frame_count(samples), BINS)
    np.testing.assert_allclose(filter_banks(sound), expected, atol=1e-3)


def test_silence() -> None:
    """Digital silence gives Kaldi's floor, and no sound no frames."""
    np.testing.assert_allclose(filter_banks(np.zeros(800, np.float32)), _kaldi(np.zeros(800)))
    assert filter_banks(np.zeros(0, np.float32)).shape == (0, BINS)


@pytest.mark.parametrize("step", [1, 80, 160, 256, 1999])
def test_growing(step: int) -> None:
    """An utterance fed piece by piece gives the frames of the whole at its level."""
    sound = _noise(4000, seed=step)
    bank = FilterBank()
    for at in range(0, len(sound), step):
        bank.accept(sound[at : at + step])
    np.testing.assert_array_equal(bank.samples, sound)
    expected = filter_banks(normalise(sound, -23.0))
    np.testing.assert_allclose(bank.frames(-23.0), expected, atol=1e-3)


def test_growing_asked_between() -> None:
    """Asking for the frames so far does not change those that come."""
    sound = _noise(6000)
    bank = FilterBank()
    for at in range(0, len(sound), 500):
        bank.accept(sound[at : at + 500])
        so_far = normalise(sound[: at + 500], -20.0)
        np.testing.assert_allclose(bank.frames(-20.0), filter_banks(so_far), atol=1e-3)


def test_padding() -> None:
    """Silence asked for behind the utterance is in its frames."""
    sound = _noise(4000)
    bank = FilterBank()
    bank.accept(sound)
    whole = np.concatenate([normalise(sound, -23.0), np.zeros(1600, np.float32)])
    np.testing.assert_allclose(bank.frames(-23.0, 1600), filter_banks(whole), atol=1e-3)


def test_level() -> None:
    """The level of the voiced part is set, however long the silence around it."""
    tone = (0.01 * np.sin(np.arange(8000) * 0.5)).astype(np.float32)
    sound = np.concatenate([np.zeros(16000, np.float32), tone, np.zeros(4000, np.float32)])
    levelled = normalise(sound, -23.0)
    assert level_dbfs(levelled[16000:24000]) == pytest.approx(-23.0, abs=0.1)
    assert voiced_rms(levelled) == pytest.approx(10 ** (-23 / 20), rel=0.01)


def test_level_of_nothing() -> None:
    """Silence stays silence and has a level."""
    assert not normalise(np.zeros(8000, np.float32), -23.0).any()
    assert level_dbfs(np.zeros(0, np.float32)) == -120.0
    assert level_dbfs(np.zeros(10, np.float32)) == -120.0
    assert voiced_rms(np.zeros(100, np.float32)) == 0.0


def test_recipe_agrees() -> None:
    """The recipe that trains recognisers levels and transforms speech just as the product does."""
    channel = pytest.importorskip("models.train.stt.channel", exc_type=ImportError)
    sound = _noise(12000)
    np.testing.assert_allclose(channel.normalise(sound), normalise(sound, -23.0), rtol=1e-5)
    np.testing.assert_allclose(channel.features(sound), filter_banks(sound), atol=1e-3)
