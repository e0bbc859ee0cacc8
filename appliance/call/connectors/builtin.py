"""What the engine asks of the box itself: whether somebody has failed too often."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from appliance.call.connectors.answers import Answer, refused, unavailable
from appliance.dialogue import ATTEMPT, LOCK, Json, Status
from appliance.dialogue.values import number, text, truth
from appliance.records.attempts import Attempts

_log = logging.getLogger(__name__)
FILES: Final = ("attempts.sqlite", "attempts.key")
"""Beside the outbox."""


class Builtin:
    """Counts attempts. Where the file cannot be used, the answer is UNAVAILABLE, never "free"."""

    def __init__(self, folder: Path, lock: float) -> None:
        """`lock`: seconds of a lock-out, as the dialogue has it."""
        self._lock = lock
        self._attempts: Attempts | None = None
        try:
            self._attempts = Attempts(folder / FILES[0], folder / FILES[1], failed=_log.error)
        except OSError as error:
            _log.error("attempts cannot be counted: %s", error)

    def ask(self, connector: str, arguments: Mapping[str, Json]) -> Answer:
        """Answer LOCK or ATTEMPT."""
        if self._attempts is None:
            return unavailable("attempts cannot be counted")
        identity = text(arguments.get("identity"))
        lock = number(arguments.get("lock")) or self._lock
        now = time.time()
        try:
            if connector == LOCK:
                locked = self._attempts.locked(identity, lock, now)
            elif connector == ATTEMPT:
                locked = self._attempts.attempt(
                    identity,
                    passed=truth(arguments.get("passed")),
                    tries=int(number(arguments.get("tries")) or 1),
                    lock=lock,
                    now=now,
                )
            else:
                return refused(f"there is no {connector}")
        except sqlite3.Error as error:
            _log.error("attempts cannot be counted: %s", error)
            return unavailable("attempts cannot be counted")
        return Answer(Status.DONE, {"locked": locked})

    def close(self) -> None:
        """Close the file."""
        if self._attempts is not None:
            self._attempts.close()
