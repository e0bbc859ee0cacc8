"""One system as it is asked: with its breaker, its attempts, and what is wrong with it.

ask ─► breaker ─► driver ─► Answer ─► shaped
          ▲          │
          └─ again, after a pause, while there is time
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from appliance.call.connectors import backoff, binding
from appliance.call.connectors.answers import ROWS, Answer, refused, shape, unavailable
from appliance.call.connectors.breaker import Breaker
from appliance.call.connectors.database import Database
from appliance.call.connectors.deadlines import Deadlines
from appliance.call.connectors.directory import Directory
from appliance.call.connectors.drivers import Driver, Question, Site
from appliance.call.connectors.tables import Tables
from appliance.call.connectors.web import Web
from appliance.dialogue import BackendKind, Connector, Json, Status

_log = logging.getLogger(__name__)
_LEAST: Final = 0.1
"""Seconds in which nobody answers: no attempt is begun with fewer left."""

for _name in ("httpx", "httpcore"):
    # They would log the address of every request, and with it a caller's number.
    logging.getLogger(_name).setLevel(logging.ERROR)


class Gate:
    """The way to one system. Any number of threads may ask at once."""

    def __init__(self, name: str, driver: Driver) -> None:
        self.name = name
        self.trouble = ""
        """What a person must mend, in words; empty: nothing."""
        self._driver = driver
        self._breaker = Breaker()
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def ask(
        self,
        connector: Connector,
        arguments: Mapping[str, Json],
        key: str,
        *,
        until: float,
        attempts: int,
        most: int = ROWS,
    ) -> Answer:
        """Ask until there is an answer, at most `attempts` times, and not beyond `until`."""
        try:
            values = binding.parameters(arguments, connector.parameters, key)
            answer = self._attempts(connector, values, key, until, attempts, most)
        except binding.BindingError as error:
            answer = refused(str(error))
        if answer.status in {Status.UNAVAILABLE, Status.REFUSED}:
            _log.warning("%s: %s %s", connector.name, self.name, answer.reason)
        return answer

    def close(self) -> None:
        """Ask nothing more."""
        self._closed.set()
        self._driver.close()

    def _attempts(
        self,
        connector: Connector,
        values: Mapping[str, Json],
        key: str,
        until: float,
        attempts: int,
        most: int,
    ) -> Answer:
        answer = unavailable("was too busy to be asked", down=False)
        for tried in range(attempts):
            if tried:
                pause = max(backoff.soon(tried, random.random()), answer.after)
                if time.monotonic() + pause + _LEAST > until or self._closed.wait(pause):
                    break
            left = until - time.monotonic()
            if left < _LEAST or self._closed.is_set():
                break
            with self._lock:
                allowed = self._breaker.allows(time.monotonic())
            if not allowed:
                return unavailable("has failed several times and is left alone for a moment")
            timeout = min(connector.timeout, left)
            answer = self._driver.ask(Question(connector, values, timeout, key, most))
            self._note(answer)
            if answer.status is not Status.UNAVAILABLE:
                return shape(connector, answer, most)
        return replace(answer, value=None)

    def _note(self, answer: Answer) -> None:
        self.trouble = answer.reason if answer.key_refused else ""
        now = time.monotonic()
        with self._lock:
            if answer.status is Status.UNAVAILABLE and (answer.down or answer.key_refused):
                self._breaker.failed(now)
            else:
                self._breaker.succeeded(now)


class Unusable:
    """A system that cannot be asked before a person has mended something."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def ask(self, question: Question) -> Answer:
        """Say so."""
        del question
        return unavailable(self._reason, key_refused=True)

    def close(self) -> None:
        """Nothing is held."""


def driver(site: Site, folder: Path, deadlines: Deadlines) -> Driver:
    """Return what asks a system. Raises ValueError with what is wrong with it."""
    kind = site.backend.kind
    if kind is BackendKind.HTTP:
        return Web(site)
    if kind is BackendKind.SQL:
        return Database(site, folder, deadlines)
    if kind is BackendKind.LDAP:
        return Directory(site)
    return Tables(site)
