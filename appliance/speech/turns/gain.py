"""Quiet and loud callers brought to one level for the detector of voices; a steady noise told.

    window ─► amplify (by what is known so far) ─► detector ─► heard(level, probability)
                     ▲                                                │
                     └── gain ◄── level of the voice: up at once, down slowly ◄┘

The gain is bounded and moves slowly, so that pauses stay pauses. The recogniser sets the level of
each utterance itself; this is for whatever must decide while the audio comes.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

WANTED_DBFS: Final = -26.0
"""Level of loud windows of a voice that the detector is best at."""
HIGHEST_DB: Final = 24.0
LOWEST_DB: Final = -12.0
UNKNOWN_DBFS: Final = -32.0
"""Level that a caller is taken to have until one has been heard."""
_LOUDER: Final = 0.5
"""Share of the way to a louder level that one window goes …"""
_QUIETER: Final = 0.02
"""… and to a quieter one: a second and a half to most of it."""
_VOICE: Final = 0.6
"""Probability of speech from which a window tells of the caller's level."""
_WITHIN_DB: Final = 18.0
"""A window farther below the level than this is the end of a word, or somebody else."""

STEADY_SECONDS: Final = 1.5
STEADY_DB: Final = 5.0
"""A sound that stays within this for STEADY_SECONDS is a machine, a tone or the line: speech falls
and rises by 20 dB and more within a second."""


def _bounded(samples: Floats) -> Floats:
    return np.asarray(np.clip(samples, -1.0, 1.0), np.float32)


class Gain:
    """The gain of one call."""

    def __init__(self) -> None:
        self._voice = UNKNOWN_DBFS
        self._known = False
        self._factor = np.float32(10 ** (self.decibels / 20))

    @property
    def decibels(self) -> float:
        """What a caller of this level needs, dB."""
        return min(max(WANTED_DBFS - self._voice, LOWEST_DB), HIGHEST_DB)

    def amplify(self, window: Floats) -> Floats:
        """Return the window at the level that the detector is used to; the gain moves within it."""
        wanted = np.float32(10 ** (self.decibels / 20))
        before, self._factor = self._factor, wanted
        if before == wanted:
            return _bounded(window * wanted)
        return _bounded(window * np.linspace(before, wanted, len(window), dtype=np.float32))

    def heard(self, level_dbfs: float, probability: float) -> None:
        """Learn from a window: its level before `amplify`, and how likely it holds speech."""
        if probability < _VOICE:
            return
        if not self._known:
            self._known, self._voice = True, max(level_dbfs, WANTED_DBFS - HIGHEST_DB)
        elif level_dbfs > self._voice:
            self._voice += _LOUDER * (level_dbfs - self._voice)
        elif level_dbfs > self._voice - _WITHIN_DB:
            self._voice += _QUIETER * (level_dbfs - self._voice)


class Steadiness:
    """Tells a sound that stays as it is from speech."""

    def __init__(self, window_seconds: float) -> None:
        """`window_seconds`: length of the windows whose levels come."""
        self._levels: deque[float] = deque(maxlen=round(STEADY_SECONDS / window_seconds))

    def steady(self, level_dbfs: float) -> bool:
        """Take the next window's level; return whether the last STEADY_SECONDS were all alike."""
        self._levels.append(level_dbfs)
        if len(self._levels) < (self._levels.maxlen or 0):
            return False
        return max(self._levels) - min(self._levels) < STEADY_DB
