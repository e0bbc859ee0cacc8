"""What an author says about the site's own systems: how each is asked, never with which password.

    connectors.yaml ─► Backend (where) + Connector (what is asked of it) ─► `call` carries it out

Parameters are bound by whoever carries it out: into JSON, a query string, `:name` of a statement,
an escaped LDAP filter. No text of a caller ever becomes part of a statement, a path or a header.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from appliance.dialogue.values import Json


class Level(IntEnum):
    """How sure the box is of who calls."""

    UNKNOWN = 0
    IDENTIFIED = 1
    """They say who they are, or their number does."""
    VERIFIED = 2
    """They have proved it."""


class BackendKind(StrEnum):
    """What kind of system it is."""

    HTTP = "http"
    """JSON over HTTP(S)."""
    SQL = "sql"
    """SQLite or PostgreSQL."""
    LDAP = "ldap"
    """A directory server."""
    CSV = "csv"
    """A file of the dialogue's own folder, with a line of column names first."""


@dataclass(frozen=True, slots=True)
class Backend:
    """One system of the site's."""

    name: str
    kind: BackendKind
    where: str
    """HTTP and LDAP: URL. SQL: `sqlite:///file` or `postgresql://host:port/database`. CSV: the
    file's path in the dialogue's folder."""
    user: str = ""
    secret: str = ""
    """Name of a secret in the box's own file of secrets; never the secret itself."""
    scheme: str = "bearer"
    """HTTP: how the secret is shown: "bearer", "basic" (with `user`), or the name of a header."""
    authority: str = ""
    """PEM file of the authority that signed its certificate, in the dialogue's folder; empty:
    those that the machine trusts."""
    most: int = 4
    """Requests under way at once."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One HTTP request; `{name}` in any text is a parameter, percent-encoded or as JSON."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Fixed by the author; parameters do not go into headers."""
    body: Json = None
    """JSON whose texts may be `{name}` (then it is the parameter as it is) or hold one."""
    nothing: tuple[int, ...] = (404,)
    """Statuses that mean: there is none."""
    answer: str = ""
    """Dotted path to what is wanted in the JSON of the answer; empty: all of it."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement with `:name` for each parameter; `:key` is the idempotency key."""

    text: str


@dataclass(frozen=True, slots=True)
class Lookup:
    """Rows of a CSV file: those whose columns equal the parameters, case and spaces aside."""

    match: Mapping[str, str]
    """Column: parameter. None: every row."""


@dataclass(frozen=True, slots=True)
class Search:
    """An LDAP search; `{name}` in the filter is escaped (RFC 4515 section 3)."""

    base: str
    filter: str
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Connector:
    """One thing that can be asked of a system, or done there."""

    name: str
    backend: str
    request: HttpRequest | Statement | Lookup | Search
    parameters: tuple[str, ...]
    """Every one of them must be given by a `call` step."""
    level: Level = Level.UNKNOWN
    """How sure the box must be of who calls; the engine sees to it."""
    write: bool = False
    """It changes something: it goes through the durable outbox, with an idempotency key."""
    many: bool = False
    """The result is `rows`, a list; else the first row, or nothing."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Name in the dialogue: dotted path in a row of the answer. Empty: the row as it is."""
    timeout: float = 4.0
    """Seconds for one attempt."""
    attempts: int = 2
    """While the caller waits; a write is tried on for days."""
    private: frozenset[str] = frozenset()
    """Parameters that appear in no log and no record: a PIN."""
