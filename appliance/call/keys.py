"""A key counts once, by whichever way a telephone tells it.

    telephone-event (RFC 4733) > INFO (RFC 2976) > tones in the audio

Once a better way has been seen, the lesser ones are no longer listened to: they tell the same.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

ECHO: Final = 1.5
"""Seconds within which the first key told by a better way is the one that a lesser way told."""


class Way(IntEnum):
    """How a key was told; a higher one is trusted more."""

    TONES = 1
    INFO = 2
    EVENT = 3


class Keys:
    """The keys of one telephone."""

    __slots__ = ("_at", "_best", "_last")

    def __init__(self) -> None:
        self._best = Way.TONES
        self._last = ""
        self._at = 0.0

    @property
    def best(self) -> Way:
        """The best way seen so far."""
        return self._best

    def press(self, way: Way, digit: str, now: float) -> bool:
        """Take a key; returns whether it counts."""
        if way < self._best:
            return False
        better, self._best = way > self._best, way
        if better and digit == self._last and now - self._at < ECHO:
            return False
        self._last, self._at = digit, now
        return True
