"""When a caller has begun to speak and when the turn is over; pure, told everything.

    windows (32 ms: probability, level) ─► Endpointer ─► Started · Decode · Over
                        expectation, progress of the last decode ─┘

    QUIET ── 2 of 3 windows voiced ──► TALKING ── silent for `patience` ──► Over, QUIET
                                          │  every 200 ms of speech: Decode (for a partial)
                                          │  at 96 ms of silence: Decode (speculative)
                                          └─ 15 s: Over

How long silence must last depends on what was asked and on what has been understood so far: a
complete answer ends the turn almost at once, half a telephone number waits. The decode that
judges this runs while the silence is still growing, so that it costs no time of its own.
"""

from __future__ import annotations

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
_NOT_ASKED: Final = 0.3
_UNJUDGED: Final = 0.7


def patience(kind: Kind, progress: Progress) -> float:
    """Return the seconds of silence that end a turn."""
    if kind is Kind.NOTHING:
        return _NOT_ASKED
    return _ASKED[kind].get(progress, _UNJUDGED)


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
        self, voiced_end: float, expectation: Expectation, progress: Progress
    ) -> list[Output]:
        """Take the answer to a final `Decode`; stale answers are ignored."""
        if not self._talking or voiced_end != self._voiced_end or expectation != self._expectation:
            return []
        self._progress = progress
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
        self._recent.clear()
        return [Started(self._began)]

    def _while_talking(self, window: Window) -> list[Output]:
        self._loudest = max(self._loudest, window.level_dbfs)
        floor = max(FLOOR_DBFS, self._loudest - RANGE_DB)
        if window.probability > END_PROBABILITY and window.level_dbfs > floor:
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
            return [Decode(self._began, self._now, self._voiced_end, final=True)]
        if self._voiced_end - self._decoded_to < PARTIAL_EVERY:
            return []
        self._decoded_to = self._now
        return [Decode(self._began, self._now, self._voiced_end, final=False)]

    def _conclude(self) -> list[Output]:
        """End the turn where silence has lasted long enough for what has been understood."""
        silence = self._now - self._voiced_end
        kind = self._expectation.kind
        needed = patience(kind, self._progress)
        if self._progress is Progress.UNKNOWN and kind is not Kind.NOTHING:
            needed = max(_ASKED[kind].values()) + JUDGE_WITHIN
        # Window ends fall on a 32 ms grid: rounding must not add a window to the patience.
        return self._end() if silence >= needed - 0.016 else []

    def _end(self) -> list[Output]:
        self._talking = False
        self._recent.clear()
        return [Over(self._began, self._voiced_end, self._now, self._voice >= SHORTEST)]
