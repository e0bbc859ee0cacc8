"""What every kind of system has in common for whoever asks it, and the choice of the right one."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from appliance.call.connectors.answers import Answer
from appliance.dialogue import Backend, Connector, Json


@dataclass(frozen=True, slots=True)
class Site:
    """A system, and what it takes to reach it that is written nowhere in the dialogue."""

    backend: Backend
    secret: str = ""
    authority: str = ""
    """PEM of the authority that signed its certificate; empty: those that the machine trusts."""
    table: str = ""
    """The text of a CSV file."""
    authority_file: Path | None = None
    """The same authority in a file, for libraries that only take one."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request to a system."""

    connector: Connector
    values: Mapping[str, Json]
    """Every parameter by name, and the idempotency key as `key`."""
    timeout: float
    """Seconds that the answer may take."""
    key: str = ""
    """The idempotency key of a write."""
    most: int = 200
    """Rows that are wanted at most."""


class Driver(Protocol):
    """One system. Any number of threads may ask at once.

    `ask` raises BindingError and nothing else; whatever a library of ours raises is an Answer.
    """

    def ask(self, question: Question) -> Answer:
        """Ask once."""

    def close(self) -> None:
        """Let go of connections; nobody asks any more."""


LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def host(url: str) -> str:
    """Return the host of a URL, small; empty where there is none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def tls_context(authority: str) -> ssl.SSLContext:
    """Return how a system proves who it is: by this authority (PEM), or those of the machine.

    Raises ValueError where the text holds no certificate.
    """
    try:
        context = ssl.create_default_context(cadata=authority or None)
    except ssl.SSLError as error:
        raise ValueError("the file of the authority holds no certificate") from error
    # Left out as in system.tls: authorities that sites make for themselves do not pass it.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
