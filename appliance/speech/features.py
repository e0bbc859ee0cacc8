"""Log mel filter banks as Kaldi computes them, and the level that they are computed at.

    samples ─► normalise (voiced part to level_dbfs) ─► 25 ms windows every 10 ms
            ─► minus mean ─► pre-emphasis 0.97 ─► povey window ─► |FFT 256|² ─► 40 mels ─► ln

Kaldi's `compute-fbank-feats` with dither 0, snip_edges false, 20 Hz to 3600 Hz, samples ±1; the
recogniser's graph was trained on exactly these (Povey et al. 2011, "The Kaldi Speech Recognition
Toolkit"; feature-window.cc and mel-computations.cc).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

RATE: Final = 8000
"""Hz."""
BINS: Final = 40
WINDOW: Final = 200
"""Samples of one window: 25 ms."""
SHIFT: Final = 80
"""Samples from window to window: 10 ms."""
_LEAD: Final = WINDOW // 2 - SHIFT // 2
"""Samples that the first window reaches to the left of the first sample."""
_FFT: Final = 256
_LOW_HZ: Final = 20.0
_HIGH_HZ: Final = RATE / 2 - 400.0
_PREEMPHASIS: Final = np.float32(0.97)
_ENERGY_FLOOR: Final = np.float32(np.finfo(np.float32).eps)
_BLOCK: Final = 160
"""Samples of the frames that a level is measured over: 20 ms."""


def _mel(hertz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return np.asarray(1127.0 * np.log1p(np.asarray(hertz) / 700.0))


def _filters() -> Floats:
    """Return the triangles [128, 40] of Kaldi's mel bank, the Nyquist bin left out as there."""
    low, high = float(_mel(_LOW_HZ)), float(_mel(_HIGH_HZ))
    edges = low + (high - low) / (BINS + 1) * np.arange(BINS + 2)
    at = _mel(np.arange(_FFT // 2) * (RATE / _FFT))[:, None]
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising = (at - left) / (centre - left)
    falling = (right - at) / (right - centre)
    return np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)


_FILTERS: Final = _filters()
_POVEY: Final = ((0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))) ** 0.85).astype(
    np.float32
)


def frame_count(samples: int) -> int:
    """Return the number of frames that `samples` samples give."""
    return (samples + SHIFT // 2) // SHIFT


def filter_banks(samples: Floats) -> Floats:
    """Return log mel energies [frames, 40] of `samples` (±1, 8 kHz, any length).

    Windows that reach over an edge see the samples mirrored there.
    """
    return np.log(np.maximum(_energies(samples, 0), _ENERGY_FLOOR))


class FilterBank:
    """The filter banks of an utterance that grows; each sample is transformed about once.

    A gain is a shift of all logarithms, so that the level, known only at the end, is set after.
    """

    __slots__ = ("_samples", "_settled")

    def __init__(self) -> None:
        self._samples: Floats = np.zeros(0, np.float32)
        self._settled: Floats = np.zeros((0, BINS), np.float32)

    def accept(self, samples: Floats) -> None:
        """Append samples (±1, 8 kHz)."""
        self._samples = np.concatenate([self._samples, samples])
        # Frames whose window reaches over the end change when more samples come.
        settled = max(0, (len(self._samples) - WINDOW + _LEAD) // SHIFT + 1)
        first = len(self._settled)
        if settled > first:
            fresh = _energies(self._samples, first, settled)
            self._settled = np.concatenate([self._settled, fresh])

    @property
    def samples(self) -> Floats:
        """All samples so far."""
        return self._samples

    def frames(self, level: float, pad: int = 0) -> Floats:
        """Return the features [frames, 40] of all samples and `pad` samples of silence after.

        They are `filter_banks(normalise(samples, level))` but for rounding.
        """
        rms = voiced_rms(self._samples)
        gain = np.float32((10 ** (level / 20) / rms) ** 2 if rms > 1e-5 else 1.0)
        padded = np.concatenate([self._samples, np.zeros(pad, np.float32)])
        rest = _energies(padded, len(self._settled))
        energies = np.concatenate([self._settled, rest]) * gain
        return np.log(np.maximum(energies, _ENERGY_FLOOR))


def _energies(samples: Floats, first: int, last: int | None = None) -> Floats:
    """Return the mel energies of frames `first` to `last` (all where None) of `samples`."""
    last = frame_count(len(samples)) if last is None else last
    if last <= first:
        return np.zeros((0, BINS), np.float32)
    index = np.arange(first, last)[:, None] * SHIFT - _LEAD + np.arange(WINDOW)
    # Mirrored as Kaldi does: -1 is sample 0, len is sample len - 1; again where it is very short.
    index %= 2 * len(samples)
    index = np.where(index < len(samples), index, 2 * len(samples) - 1 - index)
    windows = samples[index]
    windows -= windows.mean(1, keepdims=True)
    emphasised = windows.copy()
    emphasised[:, 1:] -= _PREEMPHASIS * windows[:, :-1]
    emphasised[:, 0] -= _PREEMPHASIS * windows[:, 0]
    spectrum = np.fft.rfft(emphasised * _POVEY, _FFT)[:, : _FFT // 2]
    power = spectrum.real**2 + spectrum.imag**2
    return power.astype(np.float32) @ _FILTERS


def voiced_rms(samples: Floats) -> float:
    """Return the root mean square of the loud 20 ms frames of `samples` (8 kHz, ±1).

    Loud is what lies within 20 dB of the 95th percentile of frame power; 0 for less than a frame.
    """
    blocks = samples[: len(samples) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    if not len(blocks):
        return 0.0
    power = (blocks.astype(np.float64) ** 2).mean(1)
    return float(np.sqrt(power[power >= np.percentile(power, 95) / 100].mean()))


def normalise(samples: Floats, level_dbfs: float) -> Floats:
    """Return `samples` scaled so that their voiced part has `level_dbfs`; silence stays."""
    rms = voiced_rms(samples)
    if rms <= 1e-5:
        return samples
    return samples * np.float32(10 ** (level_dbfs / 20) / rms)


def level_dbfs(samples: Floats) -> float:
    """Return the level of all of `samples` (±1) in dBFS, -120 for digital silence or nothing."""
    if not len(samples):
        return -120.0
    power = float(np.mean(samples.astype(np.float64) ** 2))
    return 10.0 * float(np.log10(max(power, 1e-12)))
