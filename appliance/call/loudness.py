"""The voice made louder or quieter for a caller who asked for it; nothing clips.

PCM is 16-bit little-endian mono at 8 kHz.
"""

from __future__ import annotations

import math
from typing import Final

from appliance.audio.pcm import pack, unpack

FULL: Final = 32_767.0
KNEE: Final = 0.6 * FULL
"""Sample value up to which loudness is what was asked for; above, it bends towards full scale."""


def amplified(frame: bytes, gain: float) -> bytes:
    """Return a frame `gain` dB louder; peaks are bent so that they never reach full scale."""
    if not gain:
        return frame
    factor = 10.0 ** (gain / 20.0)
    return pack(_bent(sample * factor) for sample in unpack(frame))


def _bent(value: float) -> float:
    """A soft limiter: straight up to the knee, then a hyperbolic tangent of the same slope."""
    size = abs(value)
    if size <= KNEE:
        return value
    room = FULL - KNEE
    return math.copysign(KNEE + room * math.tanh((size - KNEE) / room), value)
