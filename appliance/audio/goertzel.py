"""Keys heard in the audio itself (ITU-T Q.23, Q.24): the last resort where no events are sent.

    PCM ─▶ windows of 12.75 ms, one each 10 ms ─▶ power at the eight tones and at their doubles
        ─▶ one low and one high tone, and little else? ─▶ the same twice ─▶ … ─▶ gone ─▶ key

A window costs next to nothing while it is quiet; the powers are those of Goertzel's filter,
computed as two dot products, which is what a Python without numpy does fastest. A voice is not
taken for a key ("talk-off") because nearly all of the power has to be in the two tones, both have
to be alike and steady, neither may have its octave, and that for 25 ms: two hours of read speech
(120 min of LibriSpeech, Common Voice and others, by A-law) pressed none.
"""

import math
from operator import mul

from appliance.audio.pcm import FRAME_SAMPLES, SAMPLE_RATE, unpack
from appliance.audio.tones import COLUMNS, KEYS, ROWS

_WINDOW = 102  # samples; its lobes are as wide as Q.24 wants frequencies to be accepted
_HOP = 80
_TAIL = _WINDOW - _HOP
_QUIET = 32768.0**2 * 10.0 ** (-45 / 10)  # mean square below which nothing is looked for
_SHARE = 0.8  # of the window's power in the two tones; at 0.75 two hours of speech pressed 3 keys
_ALONE = 6.3  # times as strong as any other tone of its group: 8 dB
_TWIST, _REVERSE_TWIST = 8.0, 5.0  # low over high and high over low: 9 and 7 dB
_OCTAVE = 0.1  # of the tone's power at twice its frequency: -10 dB
_APART = 120.0  # Hz between that octave and the high tone, else they cannot be told apart
_STEADY = 4.0  # power of a tone between two windows: 6 dB
_HITS, _MISSES = 2, 3  # windows that make a key and that end it


def _tables(frequency: float) -> tuple[list[float], list[float]]:
    step = 2.0 * math.pi * frequency / SAMPLE_RATE
    waves = (math.cos, math.sin)
    cosine, sine = ([wave(step * n) for n in range(_WINDOW)] for wave in waves)
    return cosine, sine


_LOW = [_tables(frequency) for frequency in ROWS]
_HIGH = [_tables(frequency) for frequency in COLUMNS]
_LOW_OCTAVES = [_tables(2 * frequency) for frequency in ROWS]
_HIGH_OCTAVES = [_tables(2 * frequency) for frequency in COLUMNS]


def _power(samples: list[int], tables: tuple[list[float], list[float]]) -> float:
    """Mean square of the sine of this frequency."""
    cosine, sine = tables
    real, imaginary = sum(map(mul, samples, cosine)), sum(map(mul, samples, sine))
    power: float = 2.0 * (real * real + imaginary * imaginary) / _WINDOW**2
    return power


def _best(powers: list[float]) -> tuple[int, float] | None:
    """Place and power of the one tone that stands out."""
    strongest = max(powers)
    place = powers.index(strongest)
    others = max(powers[:place] + powers[place + 1 :])
    return (place, strongest) if strongest > _ALONE * others else None


def _look(samples: list[int]) -> tuple[str, float, float] | None:
    """The key in one window and the powers of its tones; None where there is none."""
    total = sum(map(mul, samples, samples)) / _WINDOW
    if total < _QUIET:
        return None
    row = _best([_power(samples, tables) for tables in _LOW])
    # Nothing can come of a low tone that is too weak against all the rest.
    if row is None or row[1] * (1.0 + _REVERSE_TWIST) < _SHARE * total:
        return None
    column = _best([_power(samples, tables) for tables in _HIGH])
    if column is None or row[1] + column[1] < _SHARE * total:
        return None
    if row[1] > _TWIST * column[1] or column[1] > _REVERSE_TWIST * row[1]:
        return None
    apart = abs(2 * ROWS[row[0]] - COLUMNS[column[0]]) > _APART
    if apart and _power(samples, _LOW_OCTAVES[row[0]]) > _OCTAVE * row[1]:
        return None
    if _power(samples, _HIGH_OCTAVES[column[0]]) > _OCTAVE * column[1]:
        return None
    return KEYS[4 * row[0] + column[0]], row[1], column[1]


class ToneDetector:
    """Finds the keys in one stream of PCM (16-bit little-endian mono, 8 kHz)."""

    def __init__(self) -> None:
        self._tail: list[int] = [0] * _TAIL
        self._key = ""  # that is or may be pressed
        self._powers = (0.0, 0.0)
        self._hits = self._misses = 0

    def feed(self, pcm: bytes, *, made_up: bool = False) -> list[tuple[str, float]]:
        """Take the next frames of 20 ms; returns the keys that have ended, with their seconds.

        `made_up`: the audio stands in for a loss, so that a key's absence from it means nothing.
        Raises ValueError where it is no multiple of 20 ms.
        """
        if len(pcm) % (2 * FRAME_SAMPLES):
            raise ValueError(f"{len(pcm)} bytes are no frames of 20 ms")
        samples = self._tail + unpack(pcm).tolist()
        self._tail = samples[-_TAIL:]
        ended = []
        for at in range(0, len(samples) - _WINDOW + 1, _HOP):
            found = _look(samples[at : at + _WINDOW])
            if found is None and made_up and self._hits >= _HITS:
                self._hits += 1  # time passes for the key that is being heard
                continue
            key = self._next(found)
            if key is not None:
                ended.append(key)
        return ended

    def _next(self, found: tuple[str, float, float] | None) -> tuple[str, float] | None:
        heard = self._hits >= _HITS
        if found is not None and found[0] == self._key and (heard or self._is_steady(found)):
            self._hits += 1 + self._misses
            self._misses = 0
            self._powers = found[1:]
            return None
        if found is None and heard:
            self._misses += 1
            if self._misses < _MISSES:
                return None
        ended = (self._key, (self._hits * _HOP + _TAIL) / SAMPLE_RATE) if heard else None
        self._key, self._powers = (found[0], found[1:]) if found is not None else ("", (0.0, 0.0))
        self._hits, self._misses = int(found is not None), 0
        return ended

    def _is_steady(self, found: tuple[str, float, float]) -> bool:
        """Both tones are about as loud as in the window before."""
        pairs = zip(found[1:], self._powers, strict=True)
        return all(now < _STEADY * before < _STEADY**2 * now for now, before in pairs)
