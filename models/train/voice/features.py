"""What the student learns to predict: 32 numbers each 5 ms, two sets to a frame of 10 ms.

    [0] log F0 (interpolated where unvoiced)  [1] voiced 0/1
    [2..27) 25 mel-cepstra (alpha 0.42, natural log, after the teacher's post-filter, output +-1)
    [27..32) strengths of five mixed-excitation bands, 0..1

Post-filter and gain are those of flite's synthesis filter (cst_mlsa.c), moved from the filter into
the features so that the vocoder inside the graph stays a plain one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE: Final = 16000
ALPHA: Final = 0.42
BETA: Final = 0.4
GAIN: Final = 1.5
ORDER: Final = 25
WIDTH: Final = 32
LEAD_FRAMES: Final = 5
"""Silence kept before the first phone, in frames of 10 ms."""
TRAIL_FRAMES: Final = 12


def warped(bins: int) -> NDArray[np.float64]:
    """Warped angular frequency (bilinear transform, ALPHA) of `bins` bins over 0..pi."""
    linear = np.pi * np.arange(bins) / (bins - 1)
    return linear + 2 * np.arctan(ALPHA * np.sin(linear) / (1 - ALPHA * np.cos(linear)))


_COSINES: Final = np.cos(np.outer(np.arange(ORDER), warped(129)))


def _energy(cepstra: NDArray[np.float64]) -> NDArray[np.float64]:
    power = np.exp(2 * (cepstra[:, :ORDER] @ _COSINES))
    total = power[:, 1:-1].sum(1) * 2 + power[:, 0] + power[:, -1]
    return np.asarray(total / 256, dtype=np.float64)


def _from_filter(coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
    cepstra = coefficients.copy()
    cepstra[:, :-1] += ALPHA * coefficients[:, 1:]
    return cepstra


def postfiltered(cepstra: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sharpen the formants of mel-cepstra [frames, 25] as flite does, energy kept; scale to +-1."""
    wide = np.concatenate([cepstra, np.zeros((len(cepstra), 1), np.float32)], 1).astype(np.float64)
    filt = wide.copy()
    for i in range(ORDER - 1, -1, -1):
        filt[:, i] = wide[:, i] - ALPHA * filt[:, i + 1]
    before = _energy(wide)
    filt[:, 1] -= BETA * ALPHA * wide[:, 2]
    filt[:, 2:] *= 1 + BETA
    filt[:, 0] += 0.5 * np.log(before / _energy(_from_filter(filt)))
    sharp = _from_filter(filt)[:, :ORDER]
    sharp[:, 0] += np.log(GAIN / 32768)
    return sharp.astype(np.float32)


def joined(
    pitch: NDArray[np.floating], cepstra: NDArray[np.floating], strengths: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Rows [frames, 32] of F0 in Hz (0 where unvoiced), cepstra [frames, 25] and strengths."""
    hertz = pitch.astype(np.float64)
    voiced = hertz > 0
    at = np.arange(len(hertz))
    log_pitch = (
        np.interp(at, at[voiced], np.log(hertz[voiced]))
        if voiced.any()
        else np.full(len(hertz), np.log(120.0))
    )
    rows = np.concatenate([log_pitch[:, None], voiced[:, None], cepstra, strengths], axis=1)
    return rows.astype(np.float32)


def framed(
    rows: NDArray[np.float32], seconds: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.int64], int]:
    """Lay rows over their tokens.

    Args:
        rows: what `joined` made, one row each 5 ms.
        seconds: duration of each token, the first and last being the silence around.

    Returns:
        features [frames of 10 ms, 64], frames per token, and how many frames of leading silence
        were cut.

    """
    edges = np.round(np.concatenate([[0.0], np.cumsum(seconds)]) / 0.010).astype(np.int64)
    counts = np.maximum(np.diff(edges), 0)
    cut = max(0, int(counts[0]) - LEAD_FRAMES)
    counts[0] -= cut
    counts[-1] -= max(0, int(counts[-1]) - TRAIL_FRAMES)
    total = int(counts.sum())
    need = 2 * (cut + total)
    if len(rows) < need:
        rows = np.concatenate([rows, np.repeat(rows[-1:], need - len(rows), 0)])
    return rows[2 * cut : need].reshape(total, 2 * WIDTH), counts, cut
