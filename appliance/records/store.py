"""Call records, left messages and summaries in SQLite (WAL, every commit on disk before it counts).

All writing happens on one thread of the store's own, so that the loop that paces audio never
waits for a disk. A write that fails (disk full, file locked) is kept and tried with the next one.
"""

from __future__ import annotations

import json
import sqlite3
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from appliance.contracts.outcome import HandedOver, Known, Outcome, Reason, Resolution

SCHEMA_VERSION: Final = 3
_PENDING: Final = 10_000
"""Rows kept in memory while the disk refuses; older ones are then lost and counted."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS schema (version INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS calls (
    id TEXT PRIMARY KEY, started TEXT NOT NULL, seconds INTEGER NOT NULL, outcome TEXT NOT NULL,
    turns INTEGER NOT NULL, intents TEXT NOT NULL, reprompts INTEGER NOT NULL,
    barge_ins INTEGER NOT NULL, keys INTEGER NOT NULL, transferred_to TEXT NOT NULL,
    codec TEXT NOT NULL, received INTEGER NOT NULL, lost INTEGER NOT NULL,
    concealed INTEGER NOT NULL, jitter_ms REAL NOT NULL,
    answers INTEGER NOT NULL, answer_median_ms INTEGER NOT NULL, answer_worst_ms INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS notes (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, fields TEXT NOT NULL,
    left TEXT NOT NULL, expires TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS notes_expire ON notes (expires);
CREATE TABLE IF NOT EXISTS summaries (
    id TEXT PRIMARY KEY, call TEXT NOT NULL, process TEXT NOT NULL, text TEXT NOT NULL,
    source TEXT NOT NULL, made TEXT NOT NULL, expires TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS summaries_expire ON summaries (expires);
"""
_ADDED: Final = (
    ("calls", "handed_over", "TEXT NOT NULL DEFAULT 'no'"),
    ("calls", "mos", "REAL NOT NULL DEFAULT 0"),
    ("calls", "process", "TEXT NOT NULL DEFAULT ''"),
    ("calls", "resolution", "TEXT NOT NULL DEFAULT ''"),
    ("calls", "reason", "TEXT NOT NULL DEFAULT ''"),
    ("calls", "level", "TEXT NOT NULL DEFAULT ''"),
)
"""Columns added since version 1: with a default, so that a rolled-back box still writes here."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One finished call: counts and times, nothing that was said and nobody's number."""

    id: str
    """Random; names the call nowhere else."""
    started: datetime
    """With a time zone; stored in UTC and rounded down to the minute."""
    seconds: int
    """From the INVITE to the end."""
    outcome: Outcome
    turns: int = 0
    """Utterances and keys that the dialogue answered."""
    intents: tuple[tuple[str, int], ...] = ()
    """Intents of the dialogue and how often each was understood."""
    reprompts: int = 0
    """Times that the caller was asked again after silence or something not understood."""
    barge_ins: int = 0
    keys: int = 0
    transferred_to: str = ""
    """Name of the destination as the dialogue has it, never a number of the caller's."""
    handed_over: HandedOver = HandedOver.NO
    """How the caller came to that person."""
    codec: str = ""
    received: int = 0
    """RTP packets."""
    lost: int = 0
    concealed: int = 0
    """Frames of 20 ms that were invented."""
    jitter_ms: float = 0.0
    mos: float = 0.0
    """Estimated quality of what was heard from the caller, 1 to 4.5 (ITU-T G.107); 0: unknown."""
    answers_ms: tuple[int, ...] = ()
    """End of the caller's speech to the first packet of the answer; stored as a summary."""
    process: str = ""
    """Of the dialogue: what the last request was about; empty: nothing was asked for."""
    resolution: Resolution | None = None
    """How that ended; None where nothing was asked for."""
    reason: Reason | None = None
    """Why it was not resolved."""
    level: Known | None = None
    """How well the caller was known then."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a caller wants passed on; their words, kept on the box until it expires."""

    id: str
    """Random."""
    kind: str
    fields: tuple[tuple[str, str], ...]
    left: datetime
    """With a time zone."""


@dataclass(frozen=True, slots=True)
class Summary:
    """How one request of a call ended, in words; they name what the caller told, and expire."""

    id: str
    """Random."""
    call: str
    """Of the call record."""
    process: str
    text: str
    source: str
    """The document that an answer was taken from; empty: none was."""
    made: datetime
    """With a time zone."""


_Row = tuple[str, tuple[object, ...]]


@dataclass(slots=True)
class _Backlog:
    rows: deque[_Row] = field(default_factory=deque)
    dropped: int = 0


class Store:
    """The file of records. Methods may be called from any thread; close it at the end."""

    def __init__(
        self, path: Path, *, note_days: int = 30, failed: Callable[[str], None] | None = None
    ) -> None:
        """Open or make the file.

        A damaged file is set aside as `NAME.damaged-TIME` and a fresh one is begun; `failed` hears
        of that and of writes that failed (on the store's thread). Raises OSError where the folder
        cannot be written.
        """
        self._path = path
        self._days = note_days
        self._failed = failed or (lambda _words: None)
        self._backlog = _Backlog()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="records")
        try:
            self._file = self._writer.submit(self._open).result()
        except sqlite3.Error as error:
            self._writer.shutdown()
            raise OSError(f"{path} cannot be opened: {error}") from error

    # writing

    def add(self, record: CallRecord) -> Future[None]:
        """Keep a record; returns at once, the future tells when it is on disk."""
        started = record.started.astimezone(UTC).replace(second=0, microsecond=0)
        answers = sorted(record.answers_ms)
        values = (
            record.id, started.isoformat(), record.seconds, record.outcome.value, record.turns,
            json.dumps(dict(record.intents)), record.reprompts, record.barge_ins, record.keys,
            record.transferred_to, record.codec, record.received, record.lost, record.concealed,
            record.jitter_ms, len(answers), answers[len(answers) // 2] if answers else 0,
            answers[-1] if answers else 0, record.handed_over.value, record.mos,
            record.process, record.resolution or "", record.reason or "", record.level or "",
        )  # fmt: skip
        return self._writer.submit(self._write, (_insert("calls", len(values)), values))

    def leave(self, note: Note) -> Future[None]:
        """Keep a caller's message; returns at once, the future tells when it is on disk."""
        left = note.left.astimezone(UTC).replace(microsecond=0)
        expires = left + timedelta(days=self._days)
        values = (
            note.id, note.kind, json.dumps(note.fields), left.isoformat(), expires.isoformat(),
        )  # fmt: skip
        return self._writer.submit(self._write, (_insert("notes", len(values)), values))

    def summarise(self, summary: Summary) -> Future[None]:
        """Keep how a request ended; returns at once, the future tells when it is on disk."""
        made = summary.made.astimezone(UTC).replace(microsecond=0)
        expires = made + timedelta(days=self._days)
        values = (
            summary.id, summary.call, summary.process, summary.text, summary.source,
            made.isoformat(), expires.isoformat(),
        )  # fmt: skip
        return self._writer.submit(self._write, (_insert("summaries", len(values)), values))

    def purge(self, now: datetime) -> Future[int]:
        """Delete messages and summaries that have expired at `now`; the future holds how many."""
        return self._writer.submit(self._purge, now)

    # reading

    def messages(self) -> list[Note]:
        """Return the messages left, oldest first. Raises sqlite3.Error where it cannot be read."""
        rows = self._query("SELECT id, kind, fields, left FROM notes ORDER BY left")
        return [
            Note(
                str(row[0]), str(row[1]),
                tuple((str(name), str(value)) for name, value in json.loads(str(row[2]))),
                datetime.fromisoformat(str(row[3])),
            )
            for row in rows
        ]  # fmt: skip

    def summaries(self, call: str = "") -> list[Summary]:
        """Return how requests ended, oldest first: of one call, or of all.

        Raises sqlite3.Error where it cannot be read.
        """
        rows = self._query(
            "SELECT id, call, process, text, source, made FROM summaries"
            " WHERE ?1 = '' OR call = ?1 ORDER BY made, rowid",
            call,
        )
        return [
            Summary(
                str(row[0]), str(row[1]), str(row[2]), str(row[3]), str(row[4]),
                datetime.fromisoformat(str(row[5])),
            )
            for row in rows
        ]  # fmt: skip

    def outcomes(self) -> dict[Outcome, int]:
        """Return how many calls ended how. Raises sqlite3.Error where it cannot be read.

        Left out are outcomes that only a newer version knows: the box has been rolled back.
        """
        rows = self._query("SELECT outcome, count(*) FROM calls GROUP BY outcome")
        known = {outcome.value: outcome for outcome in Outcome}
        return {known[str(name)]: int(str(count)) for name, count in rows if str(name) in known}

    def close(self) -> None:
        """Write what is pending and close; the store is of no use afterwards."""
        self._writer.submit(self._finish).result()
        self._writer.shutdown()

    # on the writer's thread

    def _open(self) -> sqlite3.Connection:
        try:
            return self._prepare()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # busy, no permission, disk full
                raise
            stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
            aside = self._path.with_name(f"{self._path.name}.damaged-{stamp}")
            self._failed(f"{self._path} is damaged ({error}); it is kept as {aside.name}")
            self._path.rename(aside)
            for suffix in ("-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            return self._prepare()

    def _prepare(self) -> sqlite3.Connection:
        file = sqlite3.connect(self._path, timeout=5.0)
        try:
            verdict = file.execute("PRAGMA quick_check(1)").fetchone()
            if verdict[0] != "ok":
                raise sqlite3.DatabaseError(verdict[0])
            file.execute("PRAGMA journal_mode=WAL")
            file.execute("PRAGMA synchronous=FULL")
            file.execute("PRAGMA secure_delete=ON")  # an expired message is overwritten
            file.executescript(_SCHEMA)
            with file:
                # A newer version only adds columns (a rolled-back box must still write here).
                for table, column, kind in _ADDED:
                    there = file.execute(f"SELECT name FROM pragma_table_info('{table}')")  # noqa: S608 - our own names
                    if (column,) not in there.fetchall():
                        file.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
                version = file.execute("SELECT max(version) FROM schema").fetchone()[0]
                if version is None:
                    file.execute("INSERT INTO schema VALUES (?)", (SCHEMA_VERSION,))
                elif version < SCHEMA_VERSION:
                    file.execute("UPDATE schema SET version = ?", (SCHEMA_VERSION,))
        except sqlite3.Error:
            file.close()
            raise
        return file

    def _write(self, row: _Row) -> None:
        self._backlog.rows.append(row)
        if len(self._backlog.rows) > _PENDING:
            self._backlog.rows.popleft()
            self._backlog.dropped += 1
        try:
            self._flush()
        except sqlite3.Error as error:
            self._failed(f"{len(self._backlog.rows)} records wait for {self._path}: {error}")
            raise

    def _flush(self) -> None:
        rows = self._backlog.rows
        with self._file:
            for statement, values in rows:
                self._file.execute(statement, values)
        rows.clear()

    def _purge(self, now: datetime) -> int:
        try:
            moment = (now.astimezone(UTC).replace(microsecond=0).isoformat(),)
            with self._file:
                done = self._file.execute("DELETE FROM notes WHERE expires <= ?", moment)
                also = self._file.execute("DELETE FROM summaries WHERE expires <= ?", moment)
            self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            self._failed(f"expired messages could not be deleted: {error}")
            return 0
        return done.rowcount + also.rowcount

    def _query(self, statement: str, *values: str) -> list[tuple[object, ...]]:
        return self._writer.submit(
            lambda: self._file.execute(statement, values).fetchall()
        ).result()

    def _finish(self) -> None:
        try:
            self._flush()
        except sqlite3.Error as error:
            self._failed(f"{len(self._backlog.rows)} records could not be written: {error}")
        finally:
            self._file.close()


_COLUMNS: Final = {
    "calls": "id, started, seconds, outcome, turns, intents, reprompts, barge_ins, keys,"
    " transferred_to, codec, received, lost, concealed, jitter_ms, answers, answer_median_ms,"
    " answer_worst_ms, handed_over, mos, process, resolution, reason, level",
    "notes": "id, kind, fields, left, expires",
    "summaries": "id, call, process, text, source, made, expires",
}


def _insert(table: str, count: int) -> str:
    """Columns are named, and a row that is there already stays: writing twice is harmless."""
    marks = ", ".join("?" * count)
    return f"INSERT OR IGNORE INTO {table} ({_COLUMNS[table]}) VALUES ({marks})"  # noqa: S608 - our own names
