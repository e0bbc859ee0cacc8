"""What must reach the site's systems, kept on disk until it has: an outbox in SQLite.

    put ─► waiting ─► done: deleted and overwritten
              │
              └─────► dead: refused, or given up; kept until a person has looked

A letter is on the disk before its future is done. It is delivered at least once: whoever delivers
it says so afterwards, so a power cut in between delivers it once more, with the same key.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from appliance.records.files import open_durably

_T = TypeVar("_T")

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS letters (
    number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, call TEXT NOT NULL,
    backend TEXT NOT NULL, connector TEXT NOT NULL, definition TEXT NOT NULL,
    arguments TEXT NOT NULL, lasts REAL NOT NULL, kept INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, waited REAL NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '', dead INTEGER NOT NULL DEFAULT 0
);
"""
_WRITTEN: Final = "key, call, backend, connector, definition, arguments, lasts, kept"
_READ: Final = f"{_WRITTEN}, number, tries, waited, reason"
"""The fields of a Letter, in their order."""
FORTNIGHT: Final = 14 * 86_400.0
"""Seconds that a letter is tried for."""
_MOST: Final = 200
"""Letters to each system that are looked at in one go: one that is down hides no other."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One write on its way; texts whose meaning belongs to whoever delivers it."""

    key: str
    """The idempotency key; a second letter with it is the same one."""
    call: str
    """Letters of one call to one system arrive in their order."""
    backend: str
    """Name of the system."""
    connector: str
    """Name of what is done there."""
    definition: str
    """How it is done, as it was agreed when it was put here."""
    arguments: str
    lasts: float = FORTNIGHT
    """Seconds of waiting after which it is given up; a box that is off does not wait."""
    kept: bool = True
    """Whether it stays, dead, for a person to look at; else it is deleted."""
    number: int = 0
    """Its place; given by the outbox."""
    tries: int = 0
    waited: float = 0.0
    """Seconds so far. Counted, and not told by two dates: the clock of a box without a battery is
    wrong by years until the network sets it."""
    reason: str = ""
    """Why the last attempt failed."""


class Outbox:
    """The file of letters. Any thread may use it; what it writes, it writes on its own.

    Futures hold sqlite3.Error or OSError where the file cannot be written or is closed.
    """

    def __init__(self, path: Path, *, failed: Callable[[str], None] | None = None) -> None:
        """Open or make the file; `failed` hears of a damaged one. Raises OSError."""
        self.path = path
        self._file = open_durably(path, _SCHEMA, failed or (lambda _words: None))
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="outbox")
        self._claimed: set[str] = set()
        self._lock = threading.Lock()
        self._closed = False
        self.leading = threading.Lock()
        """Held by the one who delivers what waits; made for two that overlap at a publish."""

    # writing

    def put(self, letter: Letter) -> Future[bool]:
        """Keep a letter; the future is done when it is on the disk: False where it was already."""
        values = (
            letter.key, letter.call, letter.backend, letter.connector, letter.definition,
            letter.arguments, letter.lasts, int(letter.kept),
        )  # fmt: skip
        statement = f"INSERT OR IGNORE INTO letters ({_WRITTEN}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - our own names
        return self._submit(lambda: self._write(statement, values) > 0)

    def done(self, key: str) -> Future[bool]:
        """It has arrived: delete it, and overwrite what it said. False where there was none."""
        return self._submit(lambda: self._delete(key))

    def failed(self, key: str, reason: str) -> Future[bool]:
        """It could not be delivered; it goes on waiting."""
        return self._update("tries = tries + 1, reason = ?", "key = ?", reason, key)

    def bury(self, key: str, reason: str) -> Future[bool]:
        """It will never arrive; it stays for a person to look at, if it is one of those."""
        return self._submit(lambda: self._bury(key, reason))

    def aged(self, seconds: float) -> Future[list[Letter]]:
        """Count time against all that waits; the future holds those that have waited too long."""
        return self._submit(lambda: self._age(seconds))

    def revive(self, key: str) -> Future[bool]:
        """Let a dead letter be delivered after all. False where there is none."""
        return self._update("dead = 0, tries = 0, waited = 0", "key = ? AND dead = 1", key)

    # reading

    def waiting(self) -> list[Letter]:
        """Return what is to be delivered, in its order. Raises sqlite3.Error, OSError."""
        return self._submit(lambda: self._select("dead = 0")).result()

    def there(self, key: str) -> bool:
        """Whether a letter still waits. Raises sqlite3.Error, OSError."""
        return self._submit(lambda: self._there(key)).result()

    def behind(self, key: str) -> bool:
        """Whether a letter of the same call to the same system, put before this one, still waits.

        Raises sqlite3.Error, OSError.
        """
        return self._submit(lambda: self._behind(key)).result()

    def dead(self) -> list[Letter]:
        """Return what never arrived, oldest first. Raises sqlite3.Error, OSError."""
        return self._submit(lambda: self._select("dead = 1")).result()

    # who delivers which; in memory only, as a restart has nothing under way

    def claim(self, key: str) -> bool:
        """Take a letter into one's hands; False where somebody else has it."""
        with self._lock:
            free = key not in self._claimed
            self._claimed.add(key)
            return free

    def release(self, key: str) -> None:
        """Let others deliver it."""
        with self._lock:
            self._claimed.discard(key)

    def close(self) -> None:
        """Write what is pending and close; whatever is asked afterwards fails with OSError."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._writer.shutdown()
        self._file.close()

    # on the writer's thread

    def _submit(self, work: Callable[[], _T]) -> Future[_T]:
        with self._lock:
            if not self._closed:
                return self._writer.submit(work)
        failed: Future[_T] = Future()
        failed.set_exception(OSError("the outbox is closed"))
        return failed

    def _update(self, change: str, which: str, *values: object) -> Future[bool]:
        statement = f"UPDATE letters SET {change} WHERE {which}"  # noqa: S608 - our own names
        return self._submit(lambda: self._write(statement, values) > 0)

    def _write(self, statement: str, values: tuple[object, ...]) -> int:
        with self._file:
            return self._file.execute(statement, values).rowcount

    def _delete(self, key: str) -> bool:
        found = self._write("DELETE FROM letters WHERE key = ?", (key,)) > 0
        # The log still holds the page as it was written; emptied, it goes too.
        self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return found

    def _bury(self, key: str, reason: str) -> bool:
        statement = "UPDATE letters SET dead = 1, reason = ? WHERE key = ? AND kept = 1"
        return self._write(statement, (reason, key)) > 0 or self._delete(key)

    def _age(self, seconds: float) -> list[Letter]:
        self._write("UPDATE letters SET waited = waited + ? WHERE dead = 0", (seconds,))
        return self._select("dead = 0 AND waited >= lasts")

    def _there(self, key: str) -> bool:
        found = self._file.execute("SELECT 1 FROM letters WHERE key = ? AND dead = 0", (key,))
        return found.fetchone() is not None

    def _behind(self, key: str) -> bool:
        found = self._file.execute(
            "SELECT 1 FROM letters AS mine JOIN letters AS other ON other.call = mine.call"
            " AND other.backend = mine.backend AND other.number < mine.number"
            " WHERE mine.key = ? AND other.dead = 0",
            (key,),
        )
        return found.fetchone() is not None

    def _select(self, which: str) -> list[Letter]:
        statement = (
            f"SELECT {_READ} FROM (SELECT *, row_number() OVER"  # noqa: S608 - our own names
            f" (PARTITION BY backend ORDER BY number) AS place FROM letters WHERE {which})"
            f" WHERE place <= {_MOST} ORDER BY number"
        )
        return [_letter(row) for row in self._file.execute(statement)]


def _letter(row: tuple[Any, ...]) -> Letter:
    key, call, backend, connector, definition, arguments, lasts, kept, *rest = row
    number, tries, waited, reason = rest
    return Letter(
        key, call, backend, connector, definition, arguments, lasts, bool(kept), number, tries,
        waited, reason,
    )  # fmt: skip
