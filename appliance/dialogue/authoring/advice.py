"""Advice about a dialogue that can be used: nothing is wrong, and something may be meant otherwise.

Script -> advise -> sentences for the author, none that keeps the dialogue from being published
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from appliance.dialogue import templates
from appliance.dialogue.authoring.connecting import KEY
from appliance.dialogue.connectors import BackendKind, Statement
from appliance.dialogue.expressions import Expression
from appliance.dialogue.script import (
    AskOp,
    CallOp,
    HoursOp,
    NoteOp,
    Op,
    RunOp,
    SayOp,
    Script,
    SetOp,
    TransferOp,
    UnlessOp,
)

FEW: Final = 5
"""Sentences below which an intent is hardly understood."""
_AT_HOME: Final = re.compile(r"localhost|127\.[\d.]+|::1|[\w-]+\.(?:local|lan|internal|home\.arpa)")


def advise(script: Script) -> tuple[str, ...]:
    """Return what an author may want to look at, in plain sentences."""
    return (
        *_unused(script),
        *_intents(script),
        *_systems(script),
        *_steps(script),
    )


def _unused(script: Script) -> Iterator[str]:
    used = frozenset(_names(script))
    for name in script.slots:
        if name not in used:
            yield f"dialogue.yaml: nothing asks for or uses the slot '{name}'."
    listed = {slot.list for slot in script.slots.values()}
    for name in script.lists:
        if name not in listed:
            yield f"dialogue.yaml: no slot uses the list '{name}'."
    begun = {script.person, script.farewell, *(i.process for i in script.intents.values())}
    begun |= {op.process for op in _ops(script) if isinstance(op, RunOp)}
    for name in script.processes:
        if name not in begun:
            yield f"processes/{name}.yaml: no intent and no step leads here."
    asked = {op.connector for op in _ops(script) if isinstance(op, CallOp | NoteOp)}
    asked |= {op.undo for op in _ops(script) if isinstance(op, CallOp)}
    asked |= {catalogue.connector for catalogue in script.lists.values()}
    proofs = script.authentication
    asked |= {p.connector for p in (proofs.number, proofs.knowledge, proofs.pin) if p}
    for name in script.connectors:
        if name not in asked:
            yield f"connectors.yaml: nothing asks the connector '{name}'."


def _intents(script: Script) -> Iterator[str]:
    for name, intent in script.intents.items():
        count = sum(len(templates.expand(example)) for example in intent.examples)
        if count < FEW:
            yield (
                f"intents/{name}.yaml: {count} sentences are few: callers say it in more ways "
                "than one thinks, ten examples that differ are good."
            )


def _systems(script: Script) -> Iterator[str]:
    for name, backend in script.backends.items():
        if backend.kind is not BackendKind.HTTP or not backend.secret:
            continue
        address = urlsplit(backend.where)
        if address.scheme == "http" and not _AT_HOME.fullmatch(address.hostname or ""):
            yield (
                f"connectors.yaml: the secret of '{name}' crosses the network in the clear: "
                "write https://."
            )
    for name, connector in script.connectors.items():
        request = connector.request
        if connector.write and isinstance(request, Statement) and _inserts(request.text):
            yield (
                f"connectors.yaml: '{name}' may be written twice where it is tried again: keep "
                f"':{KEY}' in a column of its own and add 'on conflict do nothing'."
            )


def _inserts(statement: str) -> bool:
    """Return whether a statement adds a row each time it is tried."""
    return "insert" in statement.lower().split() and f":{KEY}" not in statement


def _steps(script: Script) -> Iterator[str]:
    for name, process in script.processes.items():
        for op in process.ops:
            if not isinstance(op, CallOp) or op.pending >= 0:
                continue
            if script.connectors[op.connector].write:
                yield (
                    f"processes/{name}.yaml: where '{op.connector}' cannot be reached, the caller "
                    "hears that it is done; say with 'pending:' that it is kept and done later."
                )


def _ops(script: Script) -> Iterator[Op]:
    for process in script.processes.values():
        yield from process.ops


def _names(script: Script) -> Iterator[str]:
    """Yield the first names of everything that is said, asked, sent or decided by."""
    for text in _texts(script):
        if isinstance(text, Expression):
            yield from (name.partition(".")[0] for name in text.names)
        else:
            yield from (name.partition(".")[0] for name in templates.holes(text))
    for op in _ops(script):
        if isinstance(op, AskOp | HoursOp):
            yield op.slot
    for proof in (
        script.authentication.number,
        script.authentication.knowledge,
        script.authentication.pin,
    ):
        if proof:
            yield from proof.ask


def _texts(script: Script) -> Iterator[str | Expression]:
    for intent in script.intents.values():
        yield from (*intent.examples, intent.confirm)
    for slot in script.slots.values():
        yield from (end for end in (slot.lowest, slot.highest) if end)
    for op in _ops(script):
        if isinstance(op, SayOp):
            yield op.text
        elif isinstance(op, AskOp):
            yield from (op.prompt, op.reprompt, op.confirm, op.keys)
        elif isinstance(op, SetOp):
            yield op.value
        elif isinstance(op, UnlessOp):
            yield op.condition
        elif isinstance(op, CallOp):
            yield from (value for _, value in op.arguments)
        elif isinstance(op, NoteOp):
            yield from (text for _, text in op.fields)
        elif isinstance(op, TransferOp):
            yield from (op.destination, op.say, op.briefing, op.name)
