"""The other end of a test call: what the box's own records say of it.

Read only, and only counts: the records of the box hold nothing that was said and nobody's number.
"""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_LIKE: Final = 4
"""Seconds by which the box's length of a call may differ from ours."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the box noted of one call."""

    seconds: int
    codec: str
    received: int
    """RTP packets that it got."""
    lost: int
    keys: int


class Witness:
    """Reads the records of a box that runs on this machine."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._last: int | None = None

    def mark(self) -> bool:
        """Remember which calls there were; False where there are no records to be read."""
        rows = self._query("SELECT coalesce(max(rowid), 0) FROM calls", ())
        self._last = int(rows[0][0]) if rows else None
        return self._last is not None

    def testify(self, seconds: float) -> Evidence | None:
        """Return what was noted since of the call that took about so long; None: of none."""
        if self._last is None:
            return None
        rows = self._query(
            "SELECT seconds, codec, received, lost, keys FROM calls WHERE rowid > ?", (self._last,)
        )
        near = [row for row in rows if abs(row[0] - seconds) <= _LIKE]
        if not near:
            return None
        length, codec, received, lost, keys = min(near, key=lambda row: abs(row[0] - seconds))
        return Evidence(length, codec, received, lost, keys)

    def _query(self, statement: str, values: tuple[int, ...]) -> list[tuple[Any, ...]]:
        with contextlib.suppress(sqlite3.Error):
            place = f"{self._file.resolve().as_uri()}?mode=ro"
            with contextlib.closing(sqlite3.connect(place, uri=True, timeout=1.0)) as file:
                return file.execute(statement, values).fetchall()
        return []
