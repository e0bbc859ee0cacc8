"""A circuit breaker: a system that is down is left alone for a while, and nobody waits for it.

    CLOSED ──failures in a row──► OPEN ──its time has passed──► HALF_OPEN (one may try)
       ▲                            ▲                              │   │
       │                            └──────────failure─────────────┘   │
       └───────────────────────────────success─────────────────────────┘

Pure: the time is an argument, in monotonic seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

FAILURES: Final = 5
"""In a row, before it opens."""
FIRST: Final = 5.0
"""Seconds that it stays open at first; each further time twice as long."""
LONGEST: Final = 60.0
"""Seconds that it stays open at most."""


class State(StrEnum):
    """Where a breaker stands."""

    CLOSED = "closed"
    """Everybody may ask."""
    OPEN = "open"
    """Nobody may."""
    HALF_OPEN = "half-open"
    """One is asking, and the others wait for how it goes."""


class Input(StrEnum):
    """What moves it."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ENOUGH = "enough"
    """A failure, and the last one that is borne."""
    TRIED = "tried"
    """Somebody asks, and the time of being open has passed."""


TABLE: Final[Mapping[tuple[State, Input], State]] = {
    (State.CLOSED, Input.SUCCEEDED): State.CLOSED,
    (State.CLOSED, Input.FAILED): State.CLOSED,
    (State.CLOSED, Input.ENOUGH): State.OPEN,
    (State.OPEN, Input.TRIED): State.HALF_OPEN,
    # One that had begun before it opened.
    (State.OPEN, Input.SUCCEEDED): State.CLOSED,
    (State.HALF_OPEN, Input.SUCCEEDED): State.CLOSED,
    (State.HALF_OPEN, Input.FAILED): State.OPEN,
    (State.HALF_OPEN, Input.ENOUGH): State.OPEN,
    # The one that tried never told how it went, and its time has passed too.
    (State.HALF_OPEN, Input.TRIED): State.HALF_OPEN,
}
"""What is not here does not happen: such an input is ignored."""


class Breaker:
    """The breaker of one system. One thread at a time."""

    def __init__(self) -> None:
        self.state = State.CLOSED
        self._failures = 0
        self._until = 0.0
        self._pause = FIRST

    def allows(self, now: float) -> bool:
        """Whether the system may be asked; whoever is allowed says afterwards how it went."""
        if self.state is State.CLOSED:
            return True
        if now < self._until:
            return False
        self._move(Input.TRIED, now)
        return True

    def succeeded(self, now: float) -> None:
        """It has answered."""
        self._failures = 0
        self._pause = FIRST
        self._move(Input.SUCCEEDED, now)

    def failed(self, now: float) -> None:
        """It has not."""
        self._failures += 1
        self._move(Input.ENOUGH if self._failures >= FAILURES else Input.FAILED, now)

    def _move(self, by: Input, now: float) -> None:
        after = TABLE.get((self.state, by))
        if after is None:
            return
        if after is not State.CLOSED and (after is State.OPEN or by is Input.TRIED):
            self._until = now + self._pause
        if after is State.OPEN:
            self._pause = min(LONGEST, self._pause * 2)
        self.state = after
