"""When a caller has begun to speak and when the turn is over; pure, told everything.

    windows (32 ms: probability, level) ─► Endpointer ─► Started · Decode · Over
                        expectation, progress of the last decode ─┘

    QUIET ── 2 of 3 windows voiced ──► TALKING ── silent for `patience` ──► Over, QUIET
                                          │  every 200 ms of speech: Decode (for a partial)
                                          │  at 96 ms of silence: Decode (speculative)
                                          └─ 15 s: Over

How long silence must last depends on what was asked and on what has been understood so far: a
complete answer ends the turn almost at once, half a telephone number waits. Where it is open
whether more comes, it depends on how likely it is that the caller has finished (turnend.py), and
in numbers on the pauses that this caller has made. The decode that judges all this runs while the
silence is still growing, so that it costs no time of its own.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from appliance.contracts.expectation import Expectation, Kind

START_PROBABILITY: Final = 0.5
"""A window is the beginning of speech above this …"""
END_PROBABILITY: Final = 0.35
"""… and still speech above this."""
FLOOR_DBFS: Final = -55.0
"""Nothing quieter is speech, whatever the network says."""
RANGE_DB: Final = 36.0
"""Nor is what lies this far below the loudest window of the utterance: it is the room."""
START_WINDOWS: Final = 2
START_AMONG: Final = 3
SHORTEST: Final = 0.120
"""Seconds of voice; less is a click or a cough."""
LONGEST: Final = 15.0
"""Seconds of one turn."""
PARTIAL_EVERY: Final = 0.2
"""Seconds of further speech from one partial to the next."""
SPECULATE_AFTER: Final = 0.09
"""Seconds of silence after which the utterance is decoded as if it were over."""
JUDGE_WITHIN: Final = 1.0
"""Seconds of silence beyond all patience that a late decode is waited for."""


class Progress(StrEnum):
    """How far an answer has come, judged by the recogniser against the expectation."""

    UNKNOWN = "unknown"
    """Not decoded yet."""
    NOTHING = "nothing"
    """Sound, but nothing understood."""
    UNSURE = "unsure"
    """Something understood that may go on or be wrong."""
    INCOMPLETE = "incomplete"
    """Surely not all: half a number."""
    OPEN = "open"
    """An acceptable answer that may well go on: a number of unknown length, a free sentence."""
    COMPLETE = "complete"
    """All that was asked for, with confidence."""


_ASKED: Final = {
    Kind.YES_NO: {
        Progress.COMPLETE: 0.16, Progress.OPEN: 0.4, Progress.UNSURE: 0.5, Progress.NOTHING: 0.7,
    },
    Kind.CHOICE: {
        Progress.COMPLETE: 0.19, Progress.OPEN: 0.4, Progress.UNSURE: 0.5, Progress.NOTHING: 0.7,
    },
    Kind.FREE: {
        Progress.COMPLETE: 0.19, Progress.OPEN: 0.42, Progress.UNSURE: 0.6, Progress.NOTHING: 0.7,
    },
    Kind.DIGITS: {
        Progress.COMPLETE: 0.2, Progress.OPEN: 1.0, Progress.UNSURE: 1.2, Progress.INCOMPLETE: 1.8,
        Progress.NOTHING: 1.2,
    },
    Kind.LETTERS: {
        Progress.COMPLETE: 0.28, Progress.OPEN: 1.2, Progress.UNSURE: 1.3, Progress.INCOMPLETE: 1.8,
        Progress.NOTHING: 1.3,
    },
    Kind.NUMBER: {
        Progress.COMPLETE: 0.3, Progress.OPEN: 0.6, Progress.UNSURE: 0.7, Progress.INCOMPLETE: 1.2,
        Progress.NOTHING: 0.8,
    },
    Kind.DATE: {
        Progress.COMPLETE: 0.25, Progress.OPEN: 0.6, Progress.UNSURE: 0.7, Progress.INCOMPLETE: 1.2,
        Progress.NOTHING: 0.8,
    },
    Kind.TIME: {
        Progress.COMPLETE: 0.25, Progress.OPEN: 0.6, Progress.UNSURE: 0.7, Progress.INCOMPLETE: 1.2,
        Progress.NOTHING: 0.8,
    },
    Kind.AMOUNT: {
        Progress.COMPLETE: 0.25, Progress.OPEN: 0.6, Progress.UNSURE: 0.7, Progress.INCOMPLETE: 1.2,
        Progress.NOTHING: 0.8,
    },
    Kind.NOTHING: {},
}  # fmt: skip
"""Seconds of silence by what was asked and how far the answer has come."""
_NOT_ASKED: Final = 0.3
_UNJUDGED: Final = 0.7


@dataclass(frozen=True, slots=True)
class Curve:
    """Patience by the probability that the caller has finished.

    Let a caller who goes on do so after a pause longer than t with probability exp(-t / `pace`),
    and let one interruption cost as much as a fixed time of waiting. The waiting that costs least
    then falls with the log-odds of having finished, in a straight line of that slope.
    """

    even: float
    """Seconds where both are equally likely: all of the price of an interruption."""
    pace: float
    """Mean seconds that a pause within such an answer lasts beyond any given length."""
    least: float
    most: float

    def __call__(self, likely: float) -> float:
        """Return the seconds of silence that end a turn that is `likely` (0 to 1) over."""
        bounded = min(max(likely, 1e-6), 1 - 1e-6)
        odds = math.log(bounded / (1 - bounded))
        return min(max(self.even - self.pace * odds, self.least), self.most)


_SENTENCE: Final = Curve(0.8, 0.22, 0.16, 1.6)
_VALUE: Final = Curve(0.75, 0.22, 0.22, 1.3)
_CURVES: Final = {
    Kind.FREE: _SENTENCE,
    Kind.DIGITS: Curve(0.9, 0.25, 0.24, 1.25),
    Kind.LETTERS: Curve(0.95, 0.25, 0.28, 1.3),
    Kind.NUMBER: _VALUE,
    Kind.DATE: _VALUE,
    Kind.TIME: _VALUE,
    Kind.AMOUNT: _VALUE,
}
"""Where it is open whether more comes, and somebody has judged how likely that is."""
_OWN_PACE: Final = 1.1
"""A caller who has paused within this number is waited for this much longer than they did."""
_LEAST_UNSURE: Final = 0.6
"""Seconds of patience with a number of known length of which symbols may be missing."""
_GROUPED: Final = frozenset({Kind.DIGITS, Kind.LETTERS})


def patience(
    expectation: Expectation,
    progress: Progress,
    likely: float | None = None,
    longest_pause: float = 0.0,
) -> float:
    """Return the seconds of silence that end a turn.

    `likely`: probability that the caller has finished, None where nobody has judged it.
    `longest_pause`: seconds of the longest pause in this turn after which the caller went on.
    """
    kind = expectation.kind
    if kind is Kind.NOTHING:
        return _NOT_ASKED
    if likely is None or not is_weighed(expectation, progress):
        return _ASKED[kind].get(progress, _UNJUDGED)
    curve = _CURVES[kind]
    needed = curve(likely)
    if kind in _GROUPED:
        needed = max(needed, min(_OWN_PACE * longest_pause, curve.most))
        if expectation.shortest and progress is Progress.UNSURE:
            # Symbols may be missing, whatever the voice did: half of the pauses within a number
            # are shorter than this.
            needed = min(max(needed, _LEAST_UNSURE), _ASKED[kind][progress])
    return needed


def is_weighed(expectation: Expectation, progress: Progress) -> bool:
    """Whether patience hangs on how likely it is that the caller has finished."""
    kind = expectation.kind
    if kind not in _CURVES:
        return False
    return progress in {Progress.OPEN, Progress.UNSURE}


def longest_patience(kind: Kind) -> float:
    """Return the seconds of silence after which a turn has ended, whatever is understood."""
    if kind is Kind.NOTHING:
        return _NOT_ASKED
    curve = _CURVES.get(kind)
    return max(*_ASKED[kind].values(), curve.most if curve else 0.0)


@dataclass(frozen=True, slots=True)
class Window:
    """What the voice activity detector says about one stretch of audio."""

    start: float
    """Stream time of its first sample, s."""
    end: float
    """Stream time after its last sample, s."""
    probability: float
    level_dbfs: float


@dataclass(frozen=True, slots=True)
class Started:
    """The caller began to speak."""

    at: float


@dataclass(frozen=True, slots=True)
class Decode:
    """Decode the audio from `start` to `end` now; answer with `Endpointer.judged`."""

    start: float
    end: float
    voiced_end: float
    final: bool
    """Whether the caller is silent: then score what is expected; otherwise a partial will do."""
    voice: float = 0.0
    """Seconds of voice in this turn."""
    pauses: tuple[float, ...] = ()
    """Seconds of the silences within this turn that the caller has ended by going on."""


@dataclass(frozen=True, slots=True)
class Over:
    """The turn is over."""

    start: float
    end: float
    """Stream time of the end of the last voiced window."""
    decided: float
    spoken: bool
    """Whether there was enough voice to be a word; otherwise a noise."""


Output = Started | Decode | Over


class Endpointer:
    """The turn-taking of one call."""

    def __init__(self) -> None:
        self._expectation = Expectation()
        self._recent: deque[tuple[bool, float]] = deque(maxlen=START_AMONG)
        self._talking = False
        self._began = self._voiced_end = self._voice = 0.0
        self._loudest = FLOOR_DBFS
        self._decoded_to = 0.0
        self._speculated_at: float | None = None
        self._progress = Progress.UNKNOWN
        self._likely: float | None = None
        self._pauses: list[float] = []
        self._now = 0.0

    @property
    def talking(self) -> bool:
        """Whether a turn is going on."""
        return self._talking

    @property
    def expectation(self) -> Expectation:
        """What is expected now."""
        return self._expectation

    def expect(self, expectation: Expectation) -> None:
        """Take a new expectation; a turn that is going on is judged anew by it."""
        self._expectation = expectation
        self._progress = Progress.UNKNOWN
        self._speculated_at = None

    def judged(
        self,
        voiced_end: float,
        expectation: Expectation,
        progress: Progress,
        likely: float | None = None,
    ) -> list[Output]:
        """Take the answer to a final `Decode`; stale answers are ignored.

        `likely`: how probable it is that the caller has finished, 0 to 1, where that was judged.
        """
        if not self._talking or voiced_end != self._voiced_end or expectation != self._expectation:
            return []
        self._progress, self._likely = progress, likely
        return self._conclude()

    def window(self, window: Window) -> list[Output]:
        """Take the next window, in order of time."""
        self._now = window.end
        return self._while_talking(window) if self._talking else self._while_quiet(window)

    def flush(self) -> list[Output]:
        """The audio has ended: end a turn that is going on."""
        return self._end() if self._talking else []

    def _while_quiet(self, window: Window) -> list[Output]:
        voiced = window.probability > START_PROBABILITY and window.level_dbfs > FLOOR_DBFS
        self._recent.append((voiced, window.start))
        if sum(voiced for voiced, _ in self._recent) < START_WINDOWS:
            return []
        self._talking = True
        self._began = next(start for voiced, start in self._recent if voiced)
        self._voiced_end = window.end
        self._voice = START_WINDOWS * (window.end - window.start)
        self._loudest = window.level_dbfs
        self._decoded_to = self._began
        self._speculated_at = None
        self._progress = Progress.UNKNOWN
        self._pauses = []
        self._recent.clear()
        return [Started(self._began)]

    def _while_talking(self, window: Window) -> list[Output]:
        self._loudest = max(self._loudest, window.level_dbfs)
        floor = max(FLOOR_DBFS, self._loudest - RANGE_DB)
        if window.probability > END_PROBABILITY and window.level_dbfs > floor:
            if window.start - self._voiced_end >= SPECULATE_AFTER:
                self._pauses.append(window.start - self._voiced_end)
            self._voiced_end = window.end
            self._voice += window.end - window.start
            self._speculated_at = None
            self._progress = Progress.UNKNOWN
        if window.end - self._began >= LONGEST:
            return self._end()
        outputs = self._conclude()
        if not outputs and self._expectation.kind is not Kind.NOTHING:
            outputs = self._decode()
        return outputs

    def _decode(self) -> list[Output]:
        silence = self._now - self._voiced_end
        if silence >= SPECULATE_AFTER:
            if self._speculated_at is not None:
                return []
            self._speculated_at = self._now
            self._decoded_to = self._now
            return [self._wish(final=True)]
        if self._voiced_end - self._decoded_to < PARTIAL_EVERY:
            return []
        self._decoded_to = self._now
        return [self._wish(final=False)]

    def _wish(self, *, final: bool) -> Decode:
        return Decode(
            self._began, self._now, self._voiced_end, final, self._voice, tuple(self._pauses)
        )

    def _conclude(self) -> list[Output]:
        """End the turn where silence has lasted long enough for what has been understood."""
        silence = self._now - self._voiced_end
        kind = self._expectation.kind
        longest = max(self._pauses, default=0.0)
        needed = patience(self._expectation, self._progress, self._likely, longest)
        if self._progress is Progress.UNKNOWN and kind is not Kind.NOTHING:
            needed = longest_patience(kind) + JUDGE_WITHIN
        # Window ends fall on a 32 ms grid: rounding must not add a window to the patience.
        return self._end() if silence >= needed - 0.016 else []

    def _end(self) -> list[Output]:
        self._talking = False
        self._recent.clear()
        return [Over(self._began, self._voiced_end, self._now, self._voice >= SHORTEST)]
