"""The site's systems as a test wants them: what each answers, and what stands in the folder.

Invoke ─► the test's answer ─► else a row of the folder's own CSV file ─► else it is missing
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Final

from appliance.dialogue.actions import ATTEMPT, LOCK, Invoke, Think
from appliance.dialogue.connectors import BackendKind, Connector, Lookup
from appliance.dialogue.events import (
    Event,
    Result,
    Status,
    Thought,
    ThoughtFailed,
    ThoughtOver,
)
from appliance.dialogue.rehearsing.cases import Answer, Case, Speech
from appliance.dialogue.script import Script
from appliance.dialogue.values import Json, look_up, number, text

_TRIES: Final = 3


class Systems:
    """Answers for one conversation; remembers who failed how often."""

    def __init__(self, script: Script, case: Case) -> None:
        """Answer as `case` says."""
        self._script = script
        self._answers = {name: list(answers) for name, answers in case.connectors.items()}
        self._model = list(case.model)
        self._failed: dict[str, int] = {}
        self.missing: list[str] = []
        """Connectors that were asked and of which the test says nothing."""

    def answer(self, invoke: Invoke) -> Result | None:
        """Return what the system says; None where it says nothing at all."""
        given = dict(invoke.arguments)
        if invoke.connector in {LOCK, ATTEMPT}:
            return Result(invoke.id, Status.DONE, {"locked": self._locked(invoke, given)})
        answer = self._canned(invoke.connector)
        connector = self._script.connectors.get(invoke.connector)
        if answer is None and connector is not None:
            answer = self._looked_up(connector, given)
        if answer is None:
            self.missing.append(invoke.connector)
            answer = Answer(Status.UNAVAILABLE)
        if answer.status is None:
            return None
        return Result(invoke.id, answer.status, answer.value)

    def think(self, think: Think) -> tuple[Event, ...]:
        """Return what the language model says, in order; nothing where it stalls.

        A test that gives it no words has none.
        """
        speech = self._model.pop(0) if self._model else Speech(down=True)
        if speech.stalls:
            return ()
        if speech.down:
            return (ThoughtFailed(think.id, "down"),)
        said = (Thought(think.id, speech.text),) if speech.text else ()
        return (*said, ThoughtOver(think.id, speech.calls))

    def _canned(self, name: str) -> Answer | None:
        answers = self._answers.get(name)
        if not answers:
            return None
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def _locked(self, invoke: Invoke, given: Mapping[str, Json]) -> bool:
        who = text(given.get("identity"))
        if invoke.connector == ATTEMPT:
            passed = given.get("passed") is True
            self._failed[who] = 0 if passed else self._failed.get(who, 0) + 1
        tries = number(given.get("tries")) or self._script.authentication.tries or _TRIES
        return self._failed.get(who, 0) >= tries

    def _looked_up(self, connector: Connector, given: Mapping[str, Json]) -> Answer | None:
        backend = self._script.backends.get(connector.backend)
        if backend is None or backend.kind is not BackendKind.CSV:
            return None
        table = self._script.tables.get(backend.where)
        if table is None or not isinstance(connector.request, Lookup):
            return None
        return look_up_rows(connector, connector.request, table, given)


def look_up_rows(
    connector: Connector, request: Lookup, table: str, given: Mapping[str, Json]
) -> Answer:
    """Return what a lookup finds in a CSV text, as the connector hands it on."""
    rows = [
        row
        for row in csv.DictReader(io.StringIO(table))
        if all(
            _plain(row.get(column)) == _plain(given.get(parameter))
            for column, parameter in request.match.items()
        )
    ]
    found = [shaped(connector, row) for row in rows]
    if connector.many:
        return Answer(Status.DONE, {"rows": found})
    return Answer(Status.DONE, found[0]) if found else Answer(Status.NOTHING)


def shaped(connector: Connector, row: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return a row under the names that the dialogue has for its columns."""
    if not connector.fields:
        return row
    return {name: look_up(row, path) for name, path in connector.fields.items()}


def _plain(value: Json) -> str:
    return "".join(text(value).casefold().split())


def value_text(value: Json) -> str:
    """Return a value in one short line, for whoever reads a transcript."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {value_text(held)}" for name, held in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(map(value_text, value)) or "none"
    return text(value)
