"""What a caller hears while an answer is awaited: never nothing.

    0.7 s of nothing ─► a sentence ─► soft sound, again and again ─► 6 s ─► a sentence ─► ...

Pure; PCM is 16-bit little-endian mono at 8 kHz.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Final

from appliance import dialogue
from appliance.audio.pcm import SAMPLE_RATE, pack, silence

PAUSE: Final = 0.7
"""Seconds of nothing after which the caller hears that it takes a moment."""
AGAIN: Final = 6.0
"""Seconds from the end of one such sentence to the next."""
PERIOD: Final = 1.1
"""Seconds from one soft sound to the next."""
_LOUD: Final = 32768.0 * 10 ** (-20.0 / 20.0)
_NOTE: Final = 0.16
"""Seconds of one of the two notes."""
_NOTES: Final = (392.0, 523.25)


class Cue(StrEnum):
    """What the caller is to hear now."""

    NOTHING = "nothing"
    FIRST = "first"
    """That it takes a moment."""
    AGAIN = "again"
    """That it is still going on."""
    SOUND = "sound"


class Waiting:
    """One wait for one answer."""

    def __init__(self, wait: dialogue.Await, now: float) -> None:
        """Begin to wait; the caller hears nothing at this moment."""
        self.wait = wait
        self._until = now + wait.timeout
        self._still = now
        """Since when nothing has been heard, or when the last sentence ended."""
        self._sentences = 0

    def go_on(self, wait: dialogue.Await, now: float) -> bool:
        """Wait on for the same answer after something else was said; False for another one."""
        if wait.id != self.wait.id:
            return False
        self.wait = wait
        self._still = now
        return True

    def over(self, now: float) -> bool:
        """Whether the answer is not to be expected any more."""
        return now >= self._until

    def hush(self, now: float) -> None:
        """The caller speaks, or a sentence of ours has just ended."""
        self._still = now

    def cue(self, now: float) -> Cue:
        """Nothing is to be heard at this moment: say what is next."""
        still = now - self._still
        if not self._sentences:
            if still < PAUSE:
                return Cue.NOTHING
            self._sentences = 1
            return Cue.FIRST
        if still >= AGAIN:
            self._sentences += 1
            return Cue.AGAIN
        return Cue.SOUND


def _sound() -> bytes:
    """Two soft notes that die away, then quiet up to the period."""
    samples = round(_NOTE * SAMPLE_RATE)
    pcm = b"".join(
        pack(
            _LOUD * math.exp(-5.0 * n / samples) * min(1.0, n / 80)
            * math.sin(2.0 * math.pi * pitch * n / SAMPLE_RATE)
            for n in range(samples)
        )
        for pitch in _NOTES
    )  # fmt: skip
    return pcm + silence(round(PERIOD * SAMPLE_RATE) - len(pcm) // 2)


SOUND: Final = _sound()
"""One period of the soft sound."""
