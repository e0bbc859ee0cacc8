"""How the last two seconds before a pause sound: melody, loudness and pace, in a few numbers.

    samples ─► 40 ms windows every 10 ms ─┬─► autocorrelation ─► pitch, voicing ─┐
                                          ├─► level ─────────────────────────────┼─► summary
                                          └─► eight bands ─► change of timbre ───┘

People who have finished let pitch and loudness fall; people who will go on hold the pitch, stretch
the last syllable, or fill the pause with a steady "um" (Gravano & Hirschberg 2011, "Turn-taking
cues in task-oriented dialogue"). Pitch by the autocorrelation of the window divided by that of
the window's own shape (Boersma 1993).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from appliance.speech.features import normalise

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

RATE: Final = 8000
SECONDS: Final = 2.0
"""Of voice before the pause that are looked at."""
LEVEL_DBFS: Final = -26.0
_WINDOW: Final = 320
_SHIFT: Final = 80
_FFT: Final = 512
_LOWEST_HZ: Final = 65.0
_HIGHEST_HZ: Final = 400.0
_LAGS: Final = np.arange(int(RATE / _HIGHEST_HZ), int(RATE / _LOWEST_HZ) + 1)
_SHAPE: Final = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
_VOICED: Final = 0.55
"""Height of the autocorrelation's peak from which a window has a pitch."""
_OCTAVE: Final = 0.04
"""Taken from the peak for each octave below the highest pitch: a period is not two of them."""
_EDGES: Final = (4, 12, 20, 32, 48, 72, 104, 152, 230)
"""Bins of the spectrum (15.6 Hz each) between which the eight bands lie."""
_DIP: Final = 3.0
"""Decibels between a syllable's loudness and the weakest place before the next."""
_FRAMES: Final = RATE // _SHIFT
"""Frames in a second."""

NAMES: Final = (
    "pitch_slope", "pitch_end", "pitch_above_lowest", "pitch_spread_end", "voiced_end",
    "level_end", "level_slope", "last_syllable", "lengthening", "syllables_per_second",
    "timbre_steady", "voice_seconds",
)  # fmt: skip
"""What `summary` returns, in order."""


def _shape_correlation() -> Floats:
    spectrum = np.fft.rfft(_SHAPE, _FFT)
    whole = np.fft.irfft(np.abs(spectrum) ** 2)
    return np.asarray(whole[: int(_LAGS[-1]) + 1] / whole[0], np.float32)


_SHAPE_CORRELATION: Final = _shape_correlation()


def tracks(samples: Floats) -> Floats:
    """Return pitch (Hz, 0 where there is none), level (dB) and change of timbre (dB).

    [frames, 3], one every 10 ms, of samples (±1, 8 kHz); empty for less than 40 ms. Levels are
    those of a caller whose loud part has LEVEL_DBFS: how loud the line is does not count.
    """
    count = (len(samples) - _WINDOW) // _SHIFT + 1
    if count <= 0:
        return np.zeros((0, 3), np.float32)
    index = np.arange(count)[:, None] * _SHIFT + np.arange(_WINDOW)
    windows = normalise(samples, LEVEL_DBFS)[index].astype(np.float32)
    windows -= windows.mean(1, keepdims=True)
    spectrum = np.fft.rfft(windows * _SHAPE, _FFT)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    level = 10 * np.log10((windows**2).mean(1) + 1e-12)
    bands = np.add.reduceat(power, _EDGES, axis=1)[:, :-1]
    timbre = 10 * np.log10(bands + 1e-9)
    timbre -= timbre.mean(1, keepdims=True)
    change = np.zeros(count, np.float32)
    change[1:] = np.abs(np.diff(timbre, axis=0)).mean(1)
    return np.stack([_pitch(power), level, change], 1).astype(np.float32)


def _pitch(power: Floats) -> Floats:
    """Return the pitch of each window in Hz, 0 where it has none."""
    correlation = np.fft.irfft(power, axis=1)[:, : int(_LAGS[-1]) + 1]
    zero = np.maximum(correlation[:, :1], 1e-12)
    height = (correlation / zero / _SHAPE_CORRELATION)[:, _LAGS]
    left, top, right = height[:, :-2], height[:, 1:-1], height[:, 2:]
    # A period is seldom a whole number of samples: a parabola through three finds its top, without
    # which twice the period could fit better.
    bend = np.minimum(left - 2 * top + right, -1e-6)
    offset = np.clip(0.5 * (left - right) / bend, -0.5, 0.5)
    peak = np.where((top >= left) & (top >= right), top - 0.25 * (left - right) * offset, -1.0)
    best = (peak - _OCTAVE * np.log2(_LAGS[1:-1] / _LAGS[0])).argmax(1)
    rows = np.arange(len(best))
    pitch = RATE / (_LAGS[1:-1][best] + offset[rows, best])
    return np.where(peak[rows, best] > _VOICED, pitch, 0.0).astype(np.float32)


def summary(found: Floats) -> Floats:
    """Return the numbers of NAMES for tracks [frames, 3] that end where the voice ends.

    Pitch in semitones (slope per second), levels in dB, lengths in seconds; each is bounded, and
    0 where there is nothing to measure.
    """
    numbers = np.zeros(len(NAMES), np.float32)
    loud = _spoken(found)
    if not len(loud):
        return numbers
    found = found[: loud[-1] + 1]
    pitch, level, change = (found[:, at].astype(np.float64) for at in range(3))
    peak = float(np.percentile(level, 90))
    numbers[0:5] = _melody(pitch)
    speech = level > peak - 25
    last = level[-20:]
    numbers[5] = last.mean() - level[speech].mean()
    numbers[6] = _slope(level[-30:])
    syllables = _syllables(level, peak)
    if syllables:
        lengths = [(end - begin) / _FRAMES for begin, end in syllables]
        numbers[7] = lengths[-1]
        before = lengths[:-1]
        numbers[8] = np.log(lengths[-1] / np.mean(before)) if before else 0.0
        numbers[9] = len(lengths) * _FRAMES / max(int(speech.sum()), 20)
    numbers[10] = change[-25:].mean()
    numbers[11] = speech.sum() / _FRAMES
    return np.asarray(np.clip(numbers, _LOWEST, _HIGHEST), np.float32)


_LOWEST: Final = np.array([-60, -12, 0, 0, 0, -20, -120, 0, -2, 0, 0, 0], np.float32)
_HIGHEST: Final = np.array([60, 12, 24, 6, 1, 6, 60, 1, 2, 12, 12, 2], np.float32)


def _spoken(found: Floats) -> npt.NDArray[np.intp]:
    """Return the frames that are not the room."""
    if not len(found):
        return np.zeros(0, np.intp)
    level = found[:, 1]
    return np.flatnonzero(level > max(float(np.percentile(level, 90)) - 28.0, -70.0))


def _melody(pitch: Doubles) -> list[float]:
    """Return slope, end and height above the lowest pitch, spread at the end, share voiced."""
    share = float((pitch[-30:] > 0).mean())
    at = np.flatnonzero(pitch)
    if len(at) < 6:
        return [0.0, 0.0, 0.0, 0.0, share]
    tones = 12 * np.log2(pitch[at] / 100.0)
    # An octave's error is no melody: what lies far from the middle is left out.
    near = np.abs(tones - np.median(tones)) < 9
    tones, at = tones[near], at[near]
    if len(tones) < 6:
        return [0.0, 0.0, 0.0, 0.0, share]
    end = tones[-25:][at[-25:] > at[-1] - 30]
    final = float(np.median(end[-5:]))
    slope = _slope(end) if len(end) >= 5 else 0.0
    lowest = float(np.percentile(tones, 10))
    return [slope, final - float(np.median(tones)), final - lowest, float(end.std()), share]


def _slope(values: Doubles) -> float:
    """Return the slope of values 10 ms apart, per second."""
    if len(values) < 2:
        return 0.0
    at = np.arange(len(values)) / _FRAMES
    at -= at.mean()
    return float(at @ (values - values.mean()) / (at @ at))


def _syllables(level: Doubles, peak: float) -> list[tuple[int, int]]:
    """Return first and last + 1 frame of each hill of loudness; 3 dB of dip divide two."""
    smooth = np.convolve(np.pad(level, 2, mode="edge"), np.ones(5) / 5, "valid").tolist()
    hills: list[tuple[int, int, float]] = []
    begin, valley, top, low = 0, 0, smooth[0], 0.0
    falling = False
    for at, value in enumerate(smooth):
        if not falling and value > top:
            top = value
        elif not falling and value < top - _DIP:
            falling, low, valley = True, value, at
        elif falling and value < low:
            low, valley = value, at
        elif falling and value > low + _DIP:
            hills.append((begin, valley, top))
            begin, top, falling = valley, value, False
    hills.append((begin, len(smooth), top))
    return [(first, last) for first, last, high in hills if high > peak - 20 and last - first >= 4]
