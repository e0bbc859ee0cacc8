"""Connectors: everything that a conversation asks of the site's systems, off the loop.

    read  ─────────────────────────────► Floor ─► Gate ─► Result
    write ─► Outbox (on disk) ─► Floor ─► Gate ─► Result, or PENDING ─► Delivery, for days

Whoever asks hears once, at the latest when the patience of the engine ends, whatever hangs.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from appliance.call.connectors import stored
from appliance.call.connectors.answers import ENTRIES, Answer, refused, unavailable
from appliance.call.connectors.builtin import Builtin
from appliance.call.connectors.deadlines import Deadlines
from appliance.call.connectors.delivery import DISK, Delivery
from appliance.call.connectors.entries import entries
from appliance.call.connectors.floor import Floor, Job
from appliance.call.connectors.stored import Definition
from appliance.call.connectors.systems import Systems
from appliance.dialogue import (
    BUILT_IN,
    Backend,
    BackendKind,
    Connector,
    Invoke,
    Json,
    Result,
    Script,
    Status,
)
from appliance.dialogue.connectors import HttpRequest
from appliance.dialogue.script import Entry
from appliance.records.outbox import Letter, Outbox

_log = logging.getLogger(__name__)
LONGEST: Final = 18.0
"""Seconds that a caller waits at most, whatever attempts and timeouts multiply to."""
_GRACE: Final = 0.5
"""Seconds after the end of patience in which an attempt may still tell how it went."""
_BUILTIN_TIME: Final = 3.0
_ENTRIES_TIME: Final = 15.0
_BRIEFING: Final = Connector(
    "briefing", "briefing", HttpRequest("POST", "", body="{details}"), ("details",), write=True,
    attempts=1,
)  # fmt: skip
_BRIEFING_LASTS: Final = 600.0
"""Seconds after which nobody needs to be told any more who is being put through."""

Done = Callable[[Result], None]


class _Ticket:
    """Somebody who waits; told once, whoever comes first."""

    def __init__(self, id: str, done: Done) -> None:  # noqa: A002 - the engine's word for it
        self._id = id
        self._done = done
        self._lock = threading.Lock()
        self._told = False

    def tell(self, status: Status, value: Json = None, reason: str = "") -> None:
        with self._lock:
            if self._told:
                return
            self._told = True
        try:
            self._done(Result(self._id, status, value, reason))
        except RuntimeError as error:  # its loop has been closed: nobody waits any more
            _log.warning("a result came too late: %s", type(error).__name__)

    def answer(self, answer: Answer) -> None:
        self.tell(answer.status, answer.value, answer.reason)


@dataclass(slots=True)
class _Write:
    """A write under way."""

    letter: Letter
    definition: Definition
    arguments: Mapping[str, Json]
    until: float
    ticket: _Ticket
    safe: bool = False
    """Whether it is in the outbox."""

    def unanswered(self, reason: str) -> None:
        """Tell that nobody knows yet."""
        self.ticket.tell(Status.PENDING if self.safe else Status.UNAVAILABLE, reason=reason)


class Connectors:
    """The systems of one published dialogue. `submit` returns at once; the rest may wait."""

    def __init__(
        self,
        script: Script,
        folder: Path,
        secrets: Mapping[str, str],
        outbox: Outbox,
        *,
        files: Mapping[str, str] | None = None,
        briefing_url: str = "",
    ) -> None:
        """Make ready; nothing is asked before `submit`, but what waits in the outbox is delivered.

        `folder`: the dialogue's; `files`: its texts by path, read from there where not given.
        """
        self._script = script
        self._outbox = outbox
        self._briefing_url = briefing_url
        texts = _files(script, folder) if files is None else {**script.tables, **files}
        self._deadlines = Deadlines()
        self._systems = Systems(folder, texts, secrets, outbox.path.parent, self._deadlines)
        self._builtin = Builtin(outbox.path.parent, script.authentication.lock)
        self._floor = Floor()
        self._delivery = Delivery(outbox, self._systems)

    def submit(self, invoke: Invoke, call: str, done: Done) -> None:
        """Ask. `done` hears once, on another thread, and must only pass it on."""
        ticket = _Ticket(invoke.id, done)
        if invoke.connector in BUILT_IN:
            self._submit_builtin(invoke, ticket)
            return
        connector = self._script.connectors.get(invoke.connector)
        backend = self._script.backends.get(connector.backend) if connector else None
        if connector is None or backend is None:
            answer = refused(f"there is no connector {invoke.connector}")
            self._floor.submit("", 1, _job(lambda: ticket.answer(answer), ticket))
            return
        arguments = dict(invoke.arguments)
        until = time.monotonic() + min(LONGEST, connector.timeout * connector.attempts)
        definition = self._systems.define(backend, connector)
        if connector.write:
            self._submit_write(
                _Write(
                    _letter(definition, arguments, call, invoke.key or invoke.id),
                    definition, arguments, until, ticket,
                )
            )  # fmt: skip
            return
        self._at(until, lambda: ticket.answer(unavailable("took too long to answer")))
        read = _job(lambda: self._read(definition, arguments, until, ticket), ticket)
        self._floor.submit(backend.name, backend.most, read)

    def brief(self, details: Mapping[str, str], key: str) -> None:
        """Post a briefing to the webhook of the settings, if there is one; nobody waits for it.

        `key`: what tells this hand-over from every other.
        """
        if not self._briefing_url:
            return
        backend = Backend("briefing", BackendKind.HTTP, self._briefing_url, most=2)
        definition = Definition(backend, _BRIEFING)
        arguments: dict[str, Json] = {"details": dict(details)}
        letter = _letter(definition, arguments, key, key)
        letter = replace(letter, lasts=_BRIEFING_LASTS, kept=False)
        until = time.monotonic() + _BRIEFING.timeout
        ticket = _Ticket(key, lambda _: None)
        self._submit_write(_Write(letter, definition, arguments, until, ticket))

    def entries(self) -> Mapping[str, tuple[Entry, ...]]:
        """Return the entries of every list that comes from a connector; may take seconds.

        A list whose system cannot be asked is left out, and a line of the log says so.
        """
        found: dict[str, tuple[Entry, ...]] = {}
        for name, catalogue in self._script.lists.items():
            connector = self._script.connectors.get(catalogue.connector)
            backend = self._script.backends.get(connector.backend) if connector else None
            if connector is None or backend is None:
                continue
            connector = replace(connector, many=True)
            gate = self._systems.gate(self._systems.define(backend, connector))
            until = time.monotonic() + _ENTRIES_TIME
            answer = gate.ask(
                connector, {}, "", until=until, attempts=connector.attempts, most=ENTRIES
            )
            rows = answer.value.get("rows") if isinstance(answer.value, Mapping) else None
            if answer.status is Status.DONE and isinstance(rows, list):
                found[name] = entries(catalogue, rows)
            else:
                _log.warning("the list %s is not known: %s", name, answer.reason)
        return found

    def problems(self) -> tuple[str, ...]:
        """Return what a person must mend, in words: secrets, files, what was never delivered."""
        found: list[str] = []
        for backend in self._script.backends.values():
            found += self._systems.problems(backend)
        found += self._systems.troubles()
        try:
            dead = self._outbox.dead()
        except DISK:
            return (*found, "the outbox cannot be read")
        counts: dict[tuple[str, str, str], int] = {}
        for letter in dead:
            kind = (letter.connector, letter.backend, letter.reason)
            counts[kind] = counts.get(kind, 0) + 1
        found += [
            f"{connector}: {count} not delivered to {backend}: {reason}"
            for (connector, backend, reason), count in counts.items()
        ]
        return tuple(dict.fromkeys(found))

    def close(self) -> None:
        """Begin nothing more. What waits in the outbox stays there; the outbox stays open."""
        self._delivery.close()
        self._floor.close()
        self._systems.close()
        self._deadlines.close()
        self._builtin.close()

    # reads

    def _submit_builtin(self, invoke: Invoke, ticket: _Ticket) -> None:
        arguments = dict(invoke.arguments)
        until = time.monotonic() + _BUILTIN_TIME
        self._at(until, lambda: ticket.answer(unavailable("attempts cannot be counted in time")))

        def ask() -> None:
            ticket.answer(self._builtin.ask(invoke.connector, arguments))

        self._floor.submit("", 1, _job(ask, ticket))

    def _read(
        self, definition: Definition, arguments: Mapping[str, Json], until: float, ticket: _Ticket
    ) -> None:
        connector = definition.connector
        gate = self._systems.gate(definition)
        ticket.answer(gate.ask(connector, arguments, "", until=until, attempts=connector.attempts))

    # writes

    def _submit_write(self, write: _Write) -> None:
        letter, backend = write.letter, write.definition.backend
        self._at(write.until, lambda: write.unanswered("is not answered yet"))
        if not self._outbox.claim(letter.key):  # the same write, under way already
            write.safe = True
            self._floor.submit("", 1, _job(lambda: write.unanswered("is under way"), write.ticket))
            return

        def kept(put: Future[bool]) -> None:
            job = Job(lambda: self._write(write, put), lambda: self._broken(write))
            self._floor.submit(backend.name, backend.most, job)

        put = self._outbox.put(letter)
        put.add_done_callback(lambda put: self._kept(write, put))
        put.add_done_callback(kept)

    @staticmethod
    def _kept(write: _Write, put: Future[bool]) -> None:
        error = put.exception()
        write.safe = error is None
        if error is not None:
            _log.error("the outbox cannot be written: %s", type(error).__name__)

    def _write(self, write: _Write, put: Future[bool]) -> None:
        letter, connector = write.letter, write.definition.connector
        try:
            # One that was there before this is the delivery's; so is one behind others.
            wait = write.safe and (not put.result() or self._outbox.behind(letter.key))
        except DISK:
            wait = False
        if wait or time.monotonic() >= write.until:
            self._outbox.release(letter.key)
            self._delivery.nudge()
            write.unanswered("waits behind others")
            return
        gate = self._systems.gate(write.definition)
        answer = gate.ask(
            connector, write.arguments, letter.key, until=write.until, attempts=connector.attempts
        )
        self._delivery.settle(letter, answer)
        if answer.status is Status.UNAVAILABLE:
            write.unanswered(answer.reason)
        else:
            write.ticket.answer(answer)

    def _broken(self, write: _Write) -> None:
        self._outbox.release(write.letter.key)
        write.unanswered("a fault of the box")

    def _at(self, until: float, call: Callable[[], None]) -> None:
        self._deadlines.at(until + _GRACE, call)


def _job(do: Callable[[], None], ticket: _Ticket) -> Job:
    return Job(do, lambda: ticket.answer(unavailable("a fault of the box")))


def _letter(definition: Definition, arguments: Mapping[str, Json], call: str, key: str) -> Letter:
    connector, backend = definition.connector.name, definition.backend.name
    name = hashlib.sha256(f"{call}\0{key}\0{connector}".encode()).hexdigest()[:32]
    return Letter(name, call, backend, connector, stored.dump(definition), json.dumps(arguments))


def _files(script: Script, folder: Path) -> dict[str, str]:
    """Return the texts that systems need; `problems` tells of those that cannot be read."""
    found = dict(script.tables)
    for backend in script.backends.values():
        if backend.authority:
            try:
                found[backend.authority] = (folder / backend.authority).read_text("utf-8")
            except (OSError, UnicodeDecodeError):
                continue
    return found
