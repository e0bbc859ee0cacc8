"""How loud a voice is on the telephone: speech level, peaks, and soft edges.

    phrase ─► edges faded ─► rate ─► active level (P.56) ─► gain ─► peaks held ─► int16

Levels. 0 dBm0 is the sine 3.14 dB (A-law; µ-law 3.17 dB) below the largest that G.711 can carry
(ITU-T G.711, tables 1 and 2: "theoretical load capacity"). Against the largest sample an RMS of
that sine stands another 3.01 dB lower, so 0 dBm0 is -6.15 dBFS here, where dBFS means RMS relative
to a sample of full scale (what ITU-T writes as dBov). Active speech belongs at -19 dBm0, which is
-25.15 dBFS.

Active level is that of ITU-T P.56, method B: the power of a signal over the time in which somebody
speaks, pauses up to 200 ms counted in, so that a slow speaker is not made louder than a quick one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Int16s = npt.NDArray[np.int16]

DBM0: Final = -(3.14 + 20 * math.log10(math.sqrt(2)))
"""0 dBm0 in dBFS (RMS relative to a full-scale sample), by A-law: -6.15."""
SPEECH_DBM0: Final = -19.0
"""Active speech level of what the box says."""
LEVEL: Final = 10 ** ((SPEECH_DBM0 + DBM0) / 20)
"""The same as RMS relative to full scale: 0.0553."""
CEILING: Final = 10 ** (-3 / 20)
"""No sample exceeds this."""

_ENVELOPE: Final = 0.03
"""Seconds: P.56's time constant of the envelope, taken twice."""
_HANGOVER: Final = 0.2
"""Seconds that still count as active after the envelope fell below the threshold."""
_MARGIN: Final = 15.9
"""dB between the active level and the threshold that belongs to it."""
_STEPS: Final = 1000
"""Points of the envelope a second; P.56 asks for 600 at least."""
_GAIN_LIMITS: Final = (0.1, 12.0)
_LOOK: Final = 0.005
"""Seconds before and after a peak within which the gain bends: in less time it would follow the
waveform itself, which is heard as distortion; in more, the words around a peak would sink."""
FADE: Final = 0.004
"""Seconds of a fade at an edge."""


def active_level(samples: Floats, rate: int) -> float:
    """Return the active speech level of samples (±1, `rate` Hz) in dBFS; -inf for silence."""
    block = max(1, rate // _STEPS)
    count = len(samples) // block
    if count == 0:
        return -math.inf
    energy = float(np.square(samples, dtype=np.float64).sum())
    if energy == 0.0:
        return -math.inf
    size = np.abs(samples[: count * block], dtype=np.float64).reshape(count, block).mean(1)
    step = block / rate
    # Two equal one-pole filters in a row answer a pulse with t·exp(-t/T); ten T hold all of it.
    at = np.arange(1, round(10 * _ENVELOPE / step) + 1) * step
    kernel = at * np.exp(-at / _ENVELOPE)
    # The tail is let ring out, so that the end of a phrase counts like its middle.
    envelope = np.convolve(size, kernel / kernel.sum())
    hang = round(_HANGOVER / step)
    padded = np.concatenate([np.zeros(hang), envelope[: count + hang]])
    held = np.lib.stride_tricks.sliding_window_view(padded, hang + 1).max(1)[:count]
    thresholds = 10 ** (np.arange(-70, 1) / 20)
    active = count - np.searchsorted(np.sort(held), thresholds)
    known = active > 0
    if not known.any():  # shorter or quieter than the envelope can tell
        return 10 * math.log10(energy / len(samples))
    levels = 10 * np.log10(energy / (active[known] * block))
    above = levels - 20 * np.log10(thresholds[known])
    # The margin shrinks as the threshold rises: the level is where it crosses 15.9 dB.
    crossed = int(np.argmax(above <= _MARGIN))
    if above[crossed] > _MARGIN:
        return float(levels[-1])
    if crossed == 0:
        return float(levels[0])
    part = (above[crossed - 1] - _MARGIN) / (above[crossed - 1] - above[crossed])
    return float(levels[crossed - 1] + part * (levels[crossed] - levels[crossed - 1]))


def gain_to(level: float, samples: Floats, rate: int) -> float:
    """Return the factor that brings samples to an active level of `level` dBFS, within limits.

    1.0 for silence: what says nothing is not made loud.
    """
    found = active_level(samples, rate)
    if found == -math.inf:
        return 1.0
    low, high = _GAIN_LIMITS
    return min(high, max(low, float(10 ** ((level - found) / 20))))


def levelled(samples: Floats, rate: int) -> Floats:
    """Bring a phrase to telephone level, so that packs and phrases sound alike."""
    return samples * np.float32(gain_to(SPEECH_DBM0 + DBM0, samples, rate))


def faded(samples: Floats, rate: int, *, begin: bool = True, end: bool = True) -> Floats:
    """Let a phrase rise from nothing and sink to nothing within `FADE` seconds at its edges.

    Returns a copy; a phrase shorter than two fades is all fade.
    """
    length = min(round(FADE * rate), len(samples) // 2)
    made = samples.copy()
    if length:
        ramp = (0.5 - 0.5 * np.cos(np.pi * np.arange(length) / length)).astype(np.float32)
        if begin:
            made[:length] *= ramp
        if end:
            made[-length:] *= ramp[::-1]
    return made


def held(samples: Floats, rate: int) -> Floats:
    """Lower the gain smoothly around peaks so that no sample exceeds `CEILING`.

    A gain that moves over milliseconds keeps the waveform, where bending its tops would add
    harmonics. Samples far from any peak stay as they are.
    """
    size = np.abs(samples)
    if not len(samples) or float(size.max()) <= CEILING:
        return samples
    look = max(1, round(_LOOK * rate))
    need = np.minimum(1.0, CEILING / np.maximum(size, CEILING))
    view = np.lib.stride_tricks.sliding_window_view
    least = view(np.pad(need, 2 * look, constant_values=1.0), 2 * look + 1).min(1)
    # Averages of minima that all lie within reach of the peak never exceed what the peak needs.
    window = np.hanning(2 * look + 3)[1:-1]
    smooth = np.convolve(least, window / window.sum(), mode="valid")
    return np.asarray(samples * smooth, np.float32)


def limited(samples: Floats, rate: int = 8000) -> Int16s:
    """Write 16-bit samples with peaks held below `CEILING`."""
    loud = np.clip(held(samples, rate), -CEILING, CEILING)
    return np.asarray(np.round(loud * 32767.0), dtype=np.int16)
