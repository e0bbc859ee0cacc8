"""Tones of the telephone network as PCM (16-bit little-endian mono, 8 kHz)."""

import math

from appliance.audio.pcm import SAMPLE_RATE, mix, pack, silence

ROWS = (697.0, 770.0, 852.0, 941.0)
COLUMNS = (1209.0, 1336.0, 1477.0, 1633.0)
KEYS = "123A456B789C*0#D"


def sine(frequency: float, seconds: float, level_dbfs: float = -13.0) -> bytes:
    """A sine of so many hertz; its level is RMS relative to full scale, at most -3.02 dB."""
    peak = 32768.0 * math.sqrt(2.0) * 10.0 ** (level_dbfs / 20.0)
    step = 2.0 * math.pi * frequency / SAMPLE_RATE
    return pack(peak * math.sin(step * n) for n in range(round(seconds * SAMPLE_RATE)))


def _pair(low: float, high: float, seconds: float, level_dbfs: float) -> bytes:
    return mix(sine(low, seconds, level_dbfs), sine(high, seconds, level_dbfs))


def dtmf(digit: str, seconds: float = 0.1) -> bytes:
    """The two tones of a key (ITU-T Q.23), -10 dBFS each; ValueError when there is no such key."""
    if len(digit) != 1 or digit.upper() not in KEYS:
        raise ValueError(f"{digit!r} is no telephone key: use one of 0-9, *, #, A-D")
    row, column = divmod(KEYS.index(digit.upper()), 4)
    return _pair(ROWS[row], COLUMNS[column], seconds, -10.0)


def ringback() -> bytes:
    """One period of the ringing tone (440 and 480 Hz): 2 s tone, 4 s pause."""
    return _pair(440.0, 480.0, 2.0, -19.0) + silence(4 * SAMPLE_RATE)


def busy() -> bytes:
    """One period of the busy tone (480 and 620 Hz): 0.5 s tone, 0.5 s pause."""
    return _pair(480.0, 620.0, 0.5, -24.0) + silence(SAMPLE_RATE // 2)
