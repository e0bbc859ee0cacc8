"""Loss concealment after ITU-T G.711 Appendix I: repeat the last pitch periods, fading out.

    history ─▶ pitch ─▶ period, period, … overlapped and added ─▶ fade to silence in 60 ms ─▶ out
    next good audio ─▶ overlap-add with what would have been repeated ─▶ out

Appendix I delays all audio by 3.75 ms so that it can overlap the start of a gap; here the
repetition begins at the height where the history ends and glides to its own within 2 ms, and
good audio passes undelayed and untouched.
Everything for a gap is computed at its first sample, so that the cost is bounded.
"""

from operator import mul

from appliance.audio.pcm import crossfade, pack, silence, unpack

_SHORTEST, _LONGEST = 40, 120  # pitch lags in samples: 200 Hz to 66 Hz
_WINDOW = 160  # samples compared
_HISTORY = 3 * _LONGEST + _LONGEST // 4
_FADE_FROM, _FADE_TO = 80, 480  # samples after the start of the gap
_GLIDE = 16  # samples
_RECOVERY, _LONG_RECOVERY = 32, 80  # samples of overlap-add after one lost frame, and after more
_GAINS = [1.0] * _FADE_FROM + [
    1.0 - n / (_FADE_TO - _FADE_FROM) for n in range(_FADE_TO - _FADE_FROM)
]
# The more is missing, the more periods are repeated in turn, or it would sound like a buzzer.
_STAGES = ((0, 80, 1), (80, 240, 2), (240, _FADE_TO, 3))


class Concealer:
    """Fills gaps in a stream of PCM (16-bit little-endian mono, 8 kHz)."""

    def __init__(self) -> None:
        self._history = silence(_HISTORY)
        self._made: bytes | None = None  # what stands in for the gap, while in one
        self._used = 0

    @property
    def exhausted(self) -> bool:
        """The gap has lasted so long that only silence is made up."""
        return self._made is not None and self._used >= _FADE_TO

    @property
    def smoothing(self) -> bool:
        """The next good audio will be blended with what was made up."""
        return self._made is not None

    def good(self, pcm: bytes) -> bytes:
        """Audio that arrived; the first after a gap comes back with its start smoothed."""
        if self._made is not None:
            length = _RECOVERY if self._used <= _WINDOW else _LONG_RECOVERY
            length = min(length, len(pcm) // 2)
            made = self._made[2 * self._used :][: 2 * length].ljust(2 * length, b"\0")
            start = pack(crossfade(unpack(made), unpack(pcm[: 2 * length])))
            pcm = start + pcm[2 * length :]
            self._made = None
        self._history = (self._history + pcm)[-2 * _HISTORY :]
        return pcm

    def conceal(self, samples: int) -> bytes:
        """Stand-in for so many missing samples."""
        if self._made is None:
            self._made = pack(_continuation(unpack(self._history).tolist()))
            self._used = 0
        pcm = self._made[2 * self._used : 2 * (self._used + samples)].ljust(2 * samples, b"\0")
        self._used = min(self._used + samples, _FADE_TO)
        self._history = (self._history + pcm)[-2 * _HISTORY :]
        return pcm


def _continuation(history: list[int]) -> list[float]:
    """60 ms that go on as the history did, fading to silence."""
    if not any(history):
        return [0.0] * _FADE_TO
    pitch = _pitch(history)
    quarter = pitch // 4
    made: list[int] = []
    for begin, end, periods in _STAGES:
        length = periods * pitch
        cycle = history[-length:]
        # The end of the cycle is led into its beginning, so that the repetition has no click.
        before = history[-length - quarter : -length]
        cycle[-quarter:] = crossfade(cycle[-quarter:], before)
        phase = begin % pitch
        turns = (phase + end - begin) // length + 1
        made += (cycle * turns)[phase : phase + end - begin]
    step = history[-1] - history[-pitch - 1]
    made[:_GLIDE] = [made[n] + step * (_GLIDE - n) // _GLIDE for n in range(_GLIDE)]
    return list(map(mul, made, _GAINS))


def _pitch(history: list[int]) -> int:
    """Lag of best normalised correlation with the latest 20 ms: coarse at 4 kHz, then fine."""
    decimated = history[-_WINDOW - _LONGEST :: 2]
    coarse = 2 * _best_lag(decimated, _WINDOW // 2, _SHORTEST // 2, _LONGEST // 2)
    fine = range(max(_SHORTEST, coarse - 1), min(_LONGEST, coarse + 1) + 1)
    return _best_lag(history, _WINDOW, fine.start, fine.stop - 1)


def _best_lag(history: list[int], window: int, shortest: int, longest: int) -> int:
    end = len(history)
    latest = history[end - window :]
    best, lag_of_best = -1.0, longest
    start = end - window - shortest
    energy = sum(sample * sample for sample in history[start : start + window])
    for lag in range(shortest, longest + 1):
        start = end - window - lag
        earlier = history[start : start + window]
        product = sum(map(mul, latest, earlier))
        if product > 0 and energy > 0:
            score = product * product / energy
            if score > best:
                best, lag_of_best = score, lag
        # Move the energy window one sample towards the past.
        if lag < longest:
            energy += history[start - 1] ** 2 - history[start + window - 1] ** 2
    return lag_of_best
