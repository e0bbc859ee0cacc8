"""How an utterance was meant: words to the box, a listener's noise, a cough, somebody else.

    text, confidence ─┐
    voiced audio ─► pitch · hiss · level ─► Manner

A listener says "mhm" and "okay" (Yngve 1970, "On getting a word in edgewise": back-channels) so
that the speaker goes on; a recogniser makes some word of it. What it sounds like decides: a hum has
a pitch throughout and nothing above 1 kHz, a cough has no pitch, a television is farther away than
the caller has been so far.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from appliance.contracts.backchannels import backchannels
from appliance.contracts.expectation import Kind
from appliance.contracts.speech import SAMPLE_RATE, Manner
from appliance.speech.features import voiced_rms

if TYPE_CHECKING:
    from appliance.speech.recognition.scoring import Reading

Floats = npt.NDArray[np.float32]

_LONGEST: Final = 1.1
"""Seconds of voice that a listener's noise takes at most."""
_HUM_LONGEST: Final = 0.9
_COUGH_LONGEST: Final = 1.3
_UNSURE: Final = 0.25
"""Confidence below which nothing was understood …"""
_SURE: Final = 0.5
"""… and from which it was words, whatever it sounds like."""
_FARTHER: Final = 14.0
"""dB below the caller's usual level at which it is somebody else."""
_TURNS: Final = 5
"""Turns that make a usual level; fewer than two make none."""
_FRAME: Final = 256
_STEP: Final = 128
_PITCH: Final = (70.0, 420.0)
"""Hz of human voices."""
_PERIODIC: Final = 0.55
"""Normalised autocorrelation above which a frame has a pitch."""
_HUMS: Final = 0.75
"""Share of loud frames with a pitch in a hum …"""
_DULL: Final = 0.03
"""… and of its power above 1 kHz at most."""
_COUGHS: Final = 0.25
"""Share of loud frames with a pitch in a cough at most."""


class Usual:
    """The level of the caller so far, dBFS."""

    def __init__(self) -> None:
        self._levels: deque[float] = deque(maxlen=_TURNS)

    def note(self, level: float) -> None:
        """Take the level of a turn that was words to the box."""
        self._levels.append(level)

    @property
    def level(self) -> float | None:
        """The median of the last turns; None where there were too few."""
        return float(np.median(self._levels)) if len(self._levels) > 1 else None


def level(samples: Floats) -> float:
    """Return the level of the loud part of an utterance (±1, 8 kHz) in dBFS."""
    return 20.0 * float(np.log10(max(voiced_rms(samples), 1e-6)))


def manner(
    samples: Floats, reading: Reading, kind: Kind, usual: float | None, language: str = "en"
) -> Manner:
    """Return how an utterance was meant.

    `samples`: its voiced part (±1, 8 kHz); `kind`: what was expected; `usual`: the caller's level
    so far (dBFS). Where yes or no is asked, "okay" is an answer.
    """
    seconds = len(samples) / SAMPLE_RATE
    if usual is not None and level(samples) < usual - _FARTHER:
        return Manner.BACKGROUND
    understood = bool(reading.text) and reading.confidence >= _UNSURE
    asked = kind in (Kind.YES_NO, Kind.CHOICE, Kind.DIGITS, Kind.LETTERS)
    if seconds <= _LONGEST and kind is not Kind.YES_NO:
        words = reading.text.replace("-", " ")
        if all(len(word) == 1 for word in words.split()):
            words = words.replace(" ", "")  # a hum is easily read as letters: "m h m"
        if words in backchannels(language):
            return Manner.BACKCHANNEL
    if understood and (asked or seconds > _LONGEST or reading.confidence >= _SURE):
        return Manner.SPEECH
    pitched, bright = _sound_of(samples)
    if seconds <= _HUM_LONGEST and pitched >= _HUMS and bright <= _DULL:
        return Manner.BACKCHANNEL
    if seconds <= _COUGH_LONGEST and pitched <= _COUGHS:
        return Manner.NOISE
    return Manner.SPEECH


def _sound_of(samples: Floats) -> tuple[float, float]:
    """Return the share of loud frames with a pitch, and of the power above 1 kHz."""
    if len(samples) < _FRAME:
        return 0.0, 1.0
    frames = np.lib.stride_tricks.sliding_window_view(samples, _FRAME)[::_STEP].astype(np.float64)
    frames = frames - frames.mean(1, keepdims=True)
    power = (frames**2).mean(1)
    loud = frames[power >= power.max() / 100]
    spectra = np.abs(np.fft.rfft(loud, 2 * _FRAME)) ** 2
    over = spectra[:, round(1000 / SAMPLE_RATE * 2 * _FRAME) :].sum() / max(spectra.sum(), 1e-20)
    correlation = np.fft.irfft(spectra)[:, :_FRAME]
    # A lag has fewer products than lag 0: what is compared is their mean.
    correlation /= np.arange(_FRAME, 0, -1)
    low, high = (round(SAMPLE_RATE / hertz) for hertz in reversed(_PITCH))
    best = correlation[:, low:high].max(1) / np.maximum(correlation[:, 0], 1e-20)
    return float((best >= _PERIODIC).mean()), float(over)
