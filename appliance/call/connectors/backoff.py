"""How long to leave a system alone after it has failed: longer each time, and never in step.

Pure; `chance` is a random number of [0, 1).
"""

from __future__ import annotations

from typing import Final

LONGEST: Final = 900.0
"""Seconds between two attempts of a write that nobody waits for."""
_FIRST: Final = 5.0
_SOON: Final = 0.1
_STEPS: Final = 20


def soon(tried: int, chance: float) -> float:
    """Return the pause, in seconds, while a caller waits, after `tried` attempts."""
    return float(_SOON * 2 ** (min(tried, _STEPS) - 1) * (0.5 + chance))


def later(tried: int, chance: float) -> float:
    """Return the pause, in seconds, while nobody waits, after `tried` attempts."""
    return float(min(LONGEST, _FIRST * 2 ** (min(tried, _STEPS) - 1)) * (0.5 + chance / 2))
