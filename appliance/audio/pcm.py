"""Arithmetic on PCM: 16-bit signed little-endian mono at 8 kHz, as `bytes`."""

import math
import sys
from array import array
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from operator import mul

SAMPLE_RATE = 8000
"""Samples a second of all PCM in the rooms without numpy."""
FRAME_SAMPLES = 160
"""Samples in one frame of 20 ms."""
FRAME_BYTES = 2 * FRAME_SAMPLES
"""Bytes in one frame of 20 ms."""
FLOOR_DBFS = -100.0
"""What `level_dbfs` says of digital silence."""
_LOUDEST = 32767


def unpack(pcm: bytes) -> "array[int]":
    """The samples as numbers; raises ValueError on half a sample."""
    samples = array("h", pcm)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def to_bytes(samples: "array[int]") -> bytes:
    """PCM of an array of 16-bit numbers, which is the caller's no more."""
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def pack(samples: Iterable[float]) -> bytes:
    """PCM of these numbers, saturated at the 16-bit limits."""
    return to_bytes(
        array("h", [max(-_LOUDEST - 1, min(_LOUDEST, round(value))) for value in samples])
    )


def silence(samples: int) -> bytes:
    """Digital silence of so many samples."""
    return bytes(2 * samples)


def gain(pcm: bytes, db: float) -> bytes:
    """The same audio louder or softer by `db` decibels, saturated."""
    factor = 10.0 ** (db / 20.0)
    return pack(factor * sample for sample in unpack(pcm))


def level_dbfs(pcm: bytes) -> float:
    """RMS level in dB relative to full scale (a full-scale sine is -3.0); silence is -100."""
    samples = unpack(pcm)
    power = sum(map(mul, samples, samples))
    if not power:
        return FLOOR_DBFS
    return 10.0 * math.log10(power / len(samples) / 32768.0**2)


def mix(a: bytes, b: bytes) -> bytes:
    """Sum of two signals, saturated; as long as the longer one."""
    return pack(x + y for x, y in zip_longest(unpack(a), unpack(b), fillvalue=0))


def fade(pcm: bytes, start: float, end: float) -> bytes:
    """The audio with a gain that moves linearly from factor `start` to factor `end`."""
    samples = unpack(pcm)
    step = (end - start) / max(1, len(samples) - 1)
    return pack(sample * (start + step * index) for index, sample in enumerate(samples))


def crossfade(old: Sequence[int], new: Sequence[int]) -> list[int]:
    """Numbers that begin as `old` and end as `new`, which are equally long (overlap-add)."""
    scale = len(old) + 1
    return [
        (a * (scale - index) + b * index) // scale
        for index, (a, b) in enumerate(zip(old, new, strict=True), 1)
    ]
