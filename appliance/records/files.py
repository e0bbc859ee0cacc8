"""Opening a SQLite file that must outlive power cuts: nothing counts before it is on the disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

PRIVATE: Final = 0o600
"""Permissions: these files hold what callers asked for."""


def open_durably(path: Path, schema: str, failed: Callable[[str], None]) -> sqlite3.Connection:
    """Open or make a file (WAL, every commit on the disk, what is deleted is overwritten).

    A damaged file is set aside as `NAME.damaged-TIME` and a fresh one is begun; `failed` hears of
    it. The connection may be used by any thread, one at a time. Raises OSError where the folder
    cannot be written or the file cannot be opened.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        try:
            return _open(path, schema)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # busy, no permission, disk full
                raise
            stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
            aside = path.with_name(f"{path.name}.damaged-{stamp}")
            failed(f"{path.name} is damaged ({error}); it is kept as {aside.name}")
            path.rename(aside)
            for suffix in ("-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            return _open(path, schema)
    except sqlite3.Error as error:
        raise OSError(f"{path} cannot be opened: {error}") from error


def _open(path: Path, schema: str) -> sqlite3.Connection:
    path.touch(PRIVATE)  # SQLite gives its -wal and -shm the same permissions
    file = sqlite3.connect(path, timeout=5.0, check_same_thread=False)
    try:
        verdict = file.execute("PRAGMA quick_check(1)").fetchone()
        if verdict[0] != "ok":
            raise sqlite3.DatabaseError(verdict[0])
        file.execute("PRAGMA journal_mode=WAL")
        file.execute("PRAGMA synchronous=FULL")
        file.execute("PRAGMA secure_delete=ON")
        file.executescript(schema)
    except sqlite3.Error:
        file.close()
        raise
    return file
