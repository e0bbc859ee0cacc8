"""Bringing writes to their systems: at once where a caller waits, later for as long as it takes.

    settle ◄─ an attempt, by whoever made it ─► done | dead | waits on
       │
       └─ what waits: one thread, in order, further and further apart, for days

What holds one write up (a system that is down) holds up all for that system; what one system says
about one write only holds up what the same call wrote after it.
"""

from __future__ import annotations

import json
import logging
import random
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from appliance.call.connectors import backoff, stored
from appliance.call.connectors.answers import Answer, refused, unavailable
from appliance.call.connectors.floor import report
from appliance.call.connectors.systems import Systems
from appliance.dialogue import Status
from appliance.records.outbox import Letter, Outbox

_log = logging.getLogger(__name__)
DISK: Final = (sqlite3.Error, OSError)
"""What an outbox raises where its file cannot be written or read."""
_LOOK: Final = 60.0
"""Seconds between two looks at what waits; what waits grows older by them."""
_LEAD: Final = 1.0
"""Seconds between two looks at whether another deliverer has ended."""


class Delivery:
    """The thread that delivers what waits, and what becomes of every attempt."""

    def __init__(self, outbox: Outbox, systems: Systems, *, first: float = 0.0) -> None:
        """`first`: seconds before it begins."""
        self._outbox = outbox
        self._systems = systems
        self._due: dict[str, float] = {}
        """When a letter may be tried again, and a system (its name before a slash)."""
        self._failures: dict[str, int] = {}
        self._changed = threading.Condition()
        self._nudged = False
        self._stopping = False
        self._begin = time.monotonic() + first
        # A defect in an attempt ends the attempt, and not the delivery of everything else.
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="delivery")
        self._thread = threading.Thread(target=self._run, name="delivery", daemon=True)
        self._thread.start()

    def settle(self, letter: Letter, answer: Answer) -> None:
        """Say on disk what an attempt has come to, and let go of the letter."""
        try:
            if answer.status is Status.DONE:
                self._outbox.done(letter.key).result()
                self._arrived(letter)
            elif answer.status is Status.UNAVAILABLE:
                self._outbox.failed(letter.key, answer.reason).result()
                self._wait(letter, answer)
            else:
                _log.error(
                    "%s: %s %s; what was to be written is kept as undelivered",
                    letter.connector, letter.backend, answer.reason,
                )  # fmt: skip
                self._outbox.bury(letter.key, answer.reason).result()
                self._arrived(letter)
        except DISK as error:
            # It stays as it was, and is delivered once more with the same key.
            _log.error("the outbox cannot be written: %s", type(error).__name__)
        finally:
            self._outbox.release(letter.key)
            self.nudge()

    def nudge(self) -> None:
        """What waits, or what is known of its systems, is no longer what it was."""
        with self._changed:
            self._nudged = True
            self._changed.notify()

    def close(self) -> None:
        """Deliver nothing more; an attempt that is under way ends by itself."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(1.0)
        self._hand.shutdown(wait=False)

    # what is learned from an attempt

    def _arrived(self, letter: Letter) -> None:
        """The system answers: what else waits for it may be tried at once."""
        with self._changed:
            self._failures.pop(letter.backend, None)
            self._due.pop(_system(letter), None)
            self._due.pop(letter.key, None)

    def _wait(self, letter: Letter, answer: Answer) -> None:
        with self._changed:
            if answer.down or answer.key_refused:
                name, tried = _system(letter), self._failures.get(letter.backend, 0) + 1
                if not answer.after and self._due.get(name, 0.0) > time.monotonic():
                    return  # what callers write meanwhile does not put off what waits
                self._failures[letter.backend] = tried
            else:
                name, tried = letter.key, letter.tries + 1
            pause = max(backoff.later(tried, random.random()), answer.after)
            self._due[name] = time.monotonic() + pause

    # the thread

    def _run(self) -> None:
        self._pause(self._begin)
        while not self._outbox.leading.acquire(timeout=_LEAD):
            if self._stopping:
                return
        looked = time.monotonic()
        try:
            while not self._stopping:
                try:
                    now = time.monotonic()
                    if now - looked >= _LOOK:
                        self._age(now - looked)
                        looked = now
                    next_time = self._deliver()
                except DISK as error:
                    if self._stopping:
                        return
                    _log.error("the outbox cannot be read: %s", type(error).__name__)
                    next_time = time.monotonic() + _LOOK
                self._pause(next_time)
        finally:
            self._outbox.leading.release()

    def _pause(self, until: float) -> None:
        with self._changed:
            while not (self._nudged or self._stopping):
                left = until - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            self._nudged = False

    def _deliver(self) -> float:
        """Try everything that is due, in order; return when to look again."""
        waiting = self._outbox.waiting()
        held: set[tuple[str, str]] = set()
        for letter in waiting:
            if self._stopping:
                break
            same = (letter.backend, letter.call)
            if same in held or not self._is_due(letter):
                held.add(same)
            elif not self._outbox.claim(letter.key):
                held.add(same)  # somebody tries it just now
            elif not self._outbox.there(letter.key):
                self._outbox.release(letter.key)  # and has, since we looked
            else:
                answer = self._attempt(letter)
                self.settle(letter, answer)
                if answer.status is Status.UNAVAILABLE:
                    held.add(same)
        with self._changed:
            known = {name for letter in waiting for name in (letter.key, _system(letter))}
            self._due = {name: due for name, due in self._due.items() if name in known}
            return min([*self._due.values(), time.monotonic() + _LOOK])

    def _is_due(self, letter: Letter) -> bool:
        now = time.monotonic()
        with self._changed:
            return all(self._due.get(name, 0.0) <= now for name in (letter.key, _system(letter)))

    def _attempt(self, letter: Letter) -> Answer:
        try:
            definition = stored.restore(letter.definition)
            arguments = json.loads(letter.arguments)
        except ValueError:
            return refused("cannot be read any more")
        connector = definition.connector
        gate = self._systems.gate(definition)
        until = time.monotonic() + connector.timeout
        attempt = self._hand.submit(
            gate.ask, connector, arguments, letter.key, until=until, attempts=1
        )
        fault = attempt.exception()
        if fault is None:
            return attempt.result()
        report(fault)
        return unavailable("cannot be asked for a fault of the box", down=False)

    def _age(self, seconds: float) -> None:
        for letter in self._outbox.aged(seconds).result():
            if self._outbox.claim(letter.key):
                self._outbox.bury(letter.key, f"given up: {letter.reason}").result()
                self._outbox.release(letter.key)
                if letter.kept:
                    _log.error("%s: %s was given up", letter.connector, letter.backend)


def _system(letter: Letter) -> str:
    return f"{letter.backend}/"
