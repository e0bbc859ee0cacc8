"""SQL by SQLAlchemy: SQLite and PostgreSQL.

    :name ─► bound parameter ─► one statement in one transaction (read-only for a read) ─► rows

Decided here:
- A statement is the author's text; a value reaches the server beside it, never inside it.
- PostgreSQL decides the type of a parameter by where it stands, as with a literal in quotes: the
  caller's "0047" fits a text column and an integer column alike.
- Two clocks end a statement: the server's own (statement_timeout), and ours, which shuts the
  connection's socket: a server that is frozen stops no clock of its own.
- The first words of a transaction double as the test whether the pooled connection still lives.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import psycopg
import sqlalchemy
from sqlalchemy import Connection, exc

from appliance.call.connectors.answers import Answer, refused, unavailable
from appliance.call.connectors.deadlines import Deadlines
from appliance.call.connectors.drivers import Question, Site
from appliance.dialogue import Json, Status
from appliance.dialogue.connectors import Statement

_RECYCLE: Final = 600
"""Seconds after which a pooled connection is replaced."""
_CONNECT: Final = 3
"""Seconds for reaching PostgreSQL."""
_LATER: Final = ("08", "53", "55", "57", "58", "40", "XX")
"""Classes of SQLSTATE that pass: connection, resources, locks, shutdown, system, rollback."""
_READ_ONLY: Final = "25006"
"""A statement that changes something, on a server or in a transaction that only reads."""
_SQLITE_LATER: Final = frozenset({
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PROTOCOL,
})  # fmt: skip


class UnreadableError(ValueError):
    """A column holds what cannot be said; the text names its type."""


class Database:
    """A database. Its connections are pooled."""

    def __init__(self, site: Site, folder: Path, deadlines: Deadlines) -> None:
        """`folder`: where a relative SQLite file is looked for. Raises ValueError."""
        self._deadlines = deadlines
        backend = site.backend
        try:
            url = sqlalchemy.make_url(backend.where)
        except exc.ArgumentError as error:
            raise ValueError("its address is no database's") from error
        self._postgres = url.get_backend_name() == "postgresql"
        extra: dict[str, Any] = {"check_same_thread": False}
        if self._postgres:
            url = url.set(drivername="postgresql+psycopg")
            if backend.user:
                url = url.set(username=backend.user)
            if backend.secret:
                url = url.set(password=site.secret)
            extra = {"connect_timeout": _CONNECT, "prepare_threshold": None}
            if site.authority_file is not None:
                extra |= {"sslmode": "verify-full", "sslrootcert": str(site.authority_file)}
        else:
            file = (folder / (url.database or "")).absolute()
            # Never made: a file that is missing is a mistake, not an empty register.
            url = sqlalchemy.URL.create(
                "sqlite", database=f"file:{quote(str(file))}", query={"mode": "rw", "uri": "true"}
            )
        self._engine = sqlalchemy.create_engine(
            url,
            hide_parameters=True,
            pool_size=backend.most,
            max_overflow=2,
            pool_timeout=2.0,
            pool_recycle=_RECYCLE,
            connect_args=extra,
            poolclass=sqlalchemy.QueuePool,
        )

    def ask(self, question: Question) -> Answer:
        """Carry out one statement in one transaction."""
        request = question.connector.request
        if not isinstance(request, Statement):
            return refused("a database is asked with a statement")
        until = time.monotonic() + question.timeout
        try:
            with self._connection(until, write=question.connector.write) as connection:
                done = connection.execute(
                    sqlalchemy.text(request.text), self._bound(question.values)
                )
                names = list(done.keys()) if done.returns_rows else []
                rows = done.fetchmany(question.most) if names else []
                wanted = {path.split(".")[0] for path in question.connector.fields.values()}
                found = [
                    {
                        name: _json(value)
                        for name, value in zip(names, row, strict=True)
                        if name in wanted or not wanted
                    }
                    for row in rows
                ]
                connection.commit()
                return Answer(Status.DONE, found)
        except UnreadableError as error:
            return refused(str(error))
        except exc.DBAPIError as error:
            return _failure(error, write=question.connector.write)
        except exc.TimeoutError:
            return unavailable("all its connections are in use", down=False)
        except exc.StatementError:
            return refused("a parameter does not fit the statement")
        except exc.SQLAlchemyError:
            return refused("the statement cannot be carried out as it is written")

    def close(self) -> None:
        """Close its connections."""
        self._engine.dispose()

    def _bound(self, values: Mapping[str, Json]) -> dict[str, Any]:
        return {name: self._value(value) for name, value in values.items()}

    def _value(self, value: Json) -> str | int | float | bool | None:
        if isinstance(value, Mapping) or (
            isinstance(value, Sequence) and not isinstance(value, str)
        ):
            return json.dumps(value)
        if self._postgres and isinstance(value, int | float) and not isinstance(value, bool):
            return repr(value)  # PostgreSQL compares no integer with a text
        return value

    @contextlib.contextmanager
    def _connection(self, until: float, *, write: bool) -> Iterator[Connection]:
        """Yield a connection that lives, in a transaction that ends in time."""
        again = True
        while True:
            connection = self._engine.connect()
            alarm = self._deadlines.at(until, _stop(connection))
            try:
                try:
                    self._prepare(connection, until, write=write)
                except exc.DBAPIError as error:
                    # It was in the pool while the server was restarted: all of them were.
                    if not (again and error.connection_invalidated):
                        raise
                    again = False
                    continue
                yield connection
                return
            finally:
                # Closing rolls back, and that waits for the server like anything else.
                with contextlib.suppress(exc.SQLAlchemyError):
                    connection.close()
                self._deadlines.cancel(alarm)

    def _prepare(self, connection: Connection, until: float, *, write: bool) -> None:
        left = max(1, int((until - time.monotonic()) * 1000))
        if self._postgres:
            connection.execution_options(postgresql_readonly=not write)
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {left}")
        else:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {left}")
            connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if write else 'ON'}")


def _stop(connection: Connection) -> Callable[[], None]:
    """Return what ends whatever a connection is waiting for; any thread may call it."""
    raw = connection.connection.driver_connection
    if isinstance(raw, sqlite3.Connection):
        return lambda: _interrupt(raw)
    assert isinstance(raw, psycopg.Connection)  # noqa: S101 - there is no third
    return lambda: _shut(raw)


def _interrupt(raw: sqlite3.Connection) -> None:
    with contextlib.suppress(sqlite3.Error):
        raw.interrupt()


def _shut(raw: psycopg.Connection[Any]) -> None:
    with (
        contextlib.suppress(OSError, psycopg.Error),
        # The same connection under a number of our own: libpq finds it ended, and closes its own.
        socket.socket(fileno=os.dup(raw.fileno())) as same,
    ):
        same.shutdown(socket.SHUT_RDWR)


def _failure(error: exc.DBAPIError, *, write: bool) -> Answer:
    """Return what an error of the database means; its own words may quote a caller."""
    cause = error.orig
    if isinstance(cause, psycopg.Error):
        state = cause.sqlstate or ""
        if state.startswith("28"):
            return unavailable("it refuses the user or the secret", key_refused=True)
        if state == _READ_ONLY and write:
            return unavailable("it only reads just now")
        if state == "57014":
            return unavailable("took too long to answer")
        if state.startswith(_LATER):
            down = not state.startswith(("40", "55"))
            return unavailable(f"failed (SQLSTATE {state})", down=down)
        if state:
            return refused(f"refused (SQLSTATE {state})")
        if isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
            if "passw" in str(cause).lower():  # libpq has no code for what it refuses by itself
                return unavailable("it refuses the user or the secret", key_refused=True)
            return unavailable("cannot be reached, or broke off")
        return refused(f"refused ({type(cause).__name__})")
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        name = getattr(cause, "sqlite_errorname", type(cause).__name__)
        if code & 0xFF in _SQLITE_LATER or (code & 0xFF == sqlite3.SQLITE_READONLY and write):
            return unavailable(f"failed ({name})", down=code & 0xFF != sqlite3.SQLITE_BUSY)
        return refused(f"refused ({name})")
    return refused(f"refused ({type(cause).__name__})")


def _json(value: object) -> Json:
    """Return a column as JSON. Raises UnreadableError for bytes and what else cannot be said."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, time_of_day):
        return value.isoformat("auto" if value.second or value.microsecond else "minutes")
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): _json(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_json(inner) for inner in value]
    raise UnreadableError(f"a column holds {type(value).__name__}, which cannot be said")
