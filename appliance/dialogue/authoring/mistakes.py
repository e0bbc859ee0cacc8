"""What is wrong with a dialogue, in words for its author."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake of an author."""

    file: str
    """Path inside the dialogue's folder."""
    line: int
    """From 1; 0 where the file itself is missing."""
    field: str
    """Dotted, for example `steps[2].say`; empty for the whole file."""
    reason: str

    def __str__(self) -> str:
        """Return "file:line: field: reason"."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.field}: {self.reason}" if self.field else f"{place}: {self.reason}"


class DialogueError(ValueError):
    """A dialogue that cannot be used; `mistakes` holds every one that was found."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        """Keep `mistakes` in the order of files and lines."""
        self.mistakes: tuple[Mistake, ...] = tuple(sorted(set(mistakes)))
        super().__init__("\n".join(map(str, self.mistakes)))
