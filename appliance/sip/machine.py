"""A state machine: its transitions are a table, and `go` is the only way through it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Generic, TypeVar

P = TypeVar("P", bound=Enum)
M = TypeVar("M", bound=Enum)


class Machine(Generic[P, M]):
    """A phase that changes by the moves of a table only."""

    def __init__(self, moves: Mapping[tuple[P, M], P], phase: P) -> None:
        self.phase = phase
        self._moves = moves

    def can(self, move: M) -> bool:
        """Whether the table has this move here."""
        return (self.phase, move) in self._moves

    def go(self, move: M) -> bool:
        """Make a move; False, and nothing changes, where the table has none."""
        if not self.can(move):
            return False
        self.phase = self._moves[self.phase, move]
        return True
