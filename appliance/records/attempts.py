"""Who failed to prove who they are, how often, and until when they may not try again.

An identity (a customer number) stands here as a keyed hash only; the key is random, made once, and
stays on the box: the file tells nobody who has called.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from appliance.records.files import PRIVATE, open_durably
from appliance.settings.atomic import write_atomically

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS attempts (
    identity BLOB PRIMARY KEY, failures INTEGER NOT NULL, until REAL NOT NULL, last REAL NOT NULL
) WITHOUT ROWID;
"""
_KEY_LENGTH: Final = 32
"""Bytes."""
_FORGOTTEN: Final = 90 * 86_400.0
"""Seconds after which failures that never became a lock-out are deleted."""


class Attempts:
    """The file of attempts. Any thread may use it; every method waits for the disk.

    `now` is the wall clock in seconds. Methods raise sqlite3.Error where the file cannot be used:
    whoever asks must then treat everybody as locked out.
    """

    def __init__(
        self, path: Path, key: Path, *, failed: Callable[[str], None] | None = None
    ) -> None:
        """Open or make the file, and its key. Raises OSError."""
        self._key = _key(key)
        self._file = open_durably(path, _SCHEMA, failed or (lambda _words: None))
        self._lock = threading.Lock()

    def locked(self, identity: str, lock: float, now: float) -> bool:
        """Whether an identity is locked out; `lock`: seconds that a lock-out lasts at most."""
        with self._lock:
            return self._until(self._hash(identity), lock, now) > now

    def attempt(self, identity: str, *, passed: bool, tries: int, lock: float, now: float) -> bool:
        """Count an attempt and return whether the identity is locked out now.

        `tries` failures in a row, over any number of calls, lock it out for `lock` seconds. One
        that is locked out stays so whatever it knows, and no longer for trying.
        """
        name = self._hash(identity)
        with self._lock:
            if self._until(name, lock, now) > now:
                return True
            with self._file:
                self._file.execute("BEGIN IMMEDIATE")
                if passed:
                    self._file.execute("DELETE FROM attempts WHERE identity = ?", (name,))
                    return False
                return self._fail(name, tries, lock, now)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    def _fail(self, name: bytes, tries: int, lock: float, now: float) -> bool:
        self._file.execute(
            "DELETE FROM attempts WHERE until <= ? AND last < ?", (now, now - _FORGOTTEN)
        )
        row = self._file.execute(
            "SELECT failures FROM attempts WHERE identity = ?", (name,)
        ).fetchone()
        failures = (row[0] if row else 0) + 1
        out = failures >= tries
        self._file.execute(
            "INSERT OR REPLACE INTO attempts (identity, failures, until, last) VALUES (?, ?, ?, ?)",
            # After a lock-out the count begins anew.
            (name, 0 if out else failures, now + lock if out else 0.0, now),
        )
        return out

    def _until(self, name: bytes, lock: float, now: float) -> float:
        row = self._file.execute(
            "SELECT until FROM attempts WHERE identity = ?", (name,)
        ).fetchone()
        if row is None:
            return 0.0
        if row[0] > now + lock:
            # The clock has been set back (a box without a battery): it would last for years.
            with self._file:
                self._file.execute(
                    "UPDATE attempts SET until = ? WHERE identity = ?", (now + lock, name)
                )
            return now + lock
        return float(row[0])

    def _hash(self, identity: str) -> bytes:
        text = "".join(identity.split()).casefold().encode("utf-8", "replace")
        return hashlib.blake2b(text, key=self._key, digest_size=32).digest()


def _key(path: Path) -> bytes:
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        found = b""
    if len(found) != _KEY_LENGTH:
        found = secrets.token_bytes(_KEY_LENGTH)
        write_atomically(path, found, PRIVATE)
    return found
