"""Which variables a process knows: what it, its callers and its sub-processes have set.

nodes of all processes -> scan -> Traces -> known(process) -> Names for compiling
operations -> unset: a sentence that speaks of a variable before any step has set it
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import yaml

from appliance.dialogue import templates
from appliance.dialogue.authoring.flow import following
from appliance.dialogue.authoring.names import Columns
from appliance.dialogue.authoring.proofs import columns_of
from appliance.dialogue.connectors import Connector
from appliance.dialogue.script import (
    AskOp,
    CallOp,
    NoteOp,
    Op,
    RunOp,
    SayOp,
    SetOp,
    TransferOp,
)


@dataclass(slots=True)
class Trace:
    """What the steps of a process set and where they lead, read off before they are checked."""

    sets: dict[str, list[str]] = field(default_factory=dict)
    """Variable: connectors whose answer it holds; "" for a computed value."""
    goes: set[str] = field(default_factory=set)
    """Processes that it goes on with or does."""
    does: set[str] = field(default_factory=set)
    """Those that come back to it."""


def scan(node: yaml.Node | None) -> Trace:
    """Return the trace of a process file; nothing is reported here."""
    trace = Trace()
    for table in _tables(node):
        pairs = {key.value: value for key, value in table.value if _plain(key)}
        variables = pairs.get("set")
        if isinstance(variables, yaml.MappingNode):
            for name, value in variables.value:
                if _plain(name):
                    # Nothing is not another shape: {last: none} beside `as: last`.
                    filled = [] if _plain(value) and value.value == "none" else [""]
                    trace.sets.setdefault(name.value, []).extend(filled)
        if "call" in pairs and _plain(pairs.get("as")):
            connector = pairs["call"].value if _plain(pairs["call"]) else ""
            trace.sets.setdefault(pairs["as"].value, []).append(connector)
        for verb in ("process", "do"):
            if _plain(pairs.get(verb)):
                trace.goes.add(pairs[verb].value)
        if _plain(pairs.get("do")):
            trace.does.add(pairs["do"].value)
    return trace


def _plain(node: yaml.Node | None) -> bool:
    return isinstance(node, yaml.ScalarNode) and bool(node.value)


def _tables(node: yaml.Node | None) -> Iterator[yaml.MappingNode]:
    if isinstance(node, yaml.MappingNode):
        yield node
        for _, value in node.value:
            yield from _tables(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _tables(item)


@dataclass(frozen=True, slots=True)
class Traces:
    """The traces of all processes."""

    each: Mapping[str, Trace]

    def _closed(self, start: Iterable[str]) -> set[str]:
        """Return `start` and every process that can be gone to from there."""
        found: set[str] = set()
        waiting = [name for name in start if name in self.each]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(other for other in self.each[name].goes if other in self.each)
        return found

    def leads(self, start: str, goal: str) -> bool:
        """Return whether one process, or one that it goes to, is another."""
        return goal in self._closed([start])

    def before(self, process: str) -> frozenset[str]:
        """Return the variables that may be set when a process begins, because of its callers."""
        callers = [
            name
            for name in self.each
            if any(process in self._closed([other]) for other in self.each[name].goes)
        ]
        return frozenset(name for caller in callers for name in self.during(caller))

    def during(self, process: str) -> frozenset[str]:
        """Return what a process and the sub-processes it does may set."""
        return frozenset(self.each[process].sets).union(
            *(self.each[name].sets for name in self._closed(self.each[process].does))
        )

    def returned(self, process: str) -> frozenset[str]:
        """Return what may have been set when a sub-process comes back."""
        return frozenset().union(*(self.each[name].sets for name in self._closed([process])))

    def columns(
        self, names: Iterable[str], connectors: Mapping[str, Connector]
    ) -> dict[str, Columns]:
        """Return what each of some variables holds, whichever process has set it."""
        found: dict[str, Columns] = {}
        for name in names:
            filled = [c for trace in self.each.values() for c in trace.sets.get(name, ())]
            found[name] = columns_of(connectors, tuple(filled))
        return found

    def all(self) -> frozenset[str]:
        """Return every variable that any process sets."""
        return frozenset(name for trace in self.each.values() for name in trace.sets)


def unset(
    ops: Sequence[Op], before: frozenset[str], traces: Traces, variables: Iterable[str]
) -> list[tuple[int, str]]:
    """Return (operation, reason) for sentences and requests that use a variable too early.

    Conditions and computed values may ask for what is not there yet: it is none.
    """
    known = _assigned(ops, traces)
    found: list[tuple[int, str]] = []
    for at, op in enumerate(ops):
        here = known.get(at)
        if here is None:
            continue
        early = sorted(_reads(op) & set(variables) - here - before)
        found += [(at, f"'{name}' is used before any step has set it") for name in early]
    return found


def _assigned(ops: Sequence[Op], traces: Traces) -> dict[int, frozenset[str]]:
    """Return what may be set when each operation that is reached begins."""
    known: dict[int, frozenset[str]] = {0: frozenset()}
    waiting = [0]
    while waiting:
        at = waiting.pop()
        after = known[at] | _writes(ops[at], traces)
        for follows in following(ops, at):
            before = known.get(follows)
            if follows < len(ops) and (before is None or not after <= before):
                known[follows] = after | (before or frozenset())
                waiting.append(follows)
    return known


def _writes(op: Op, traces: Traces) -> frozenset[str]:
    if isinstance(op, SetOp):
        return frozenset({op.name})
    if isinstance(op, CallOp):
        return frozenset({op.result} - {""})
    if isinstance(op, RunOp) and op.returns:
        return traces.returned(op.process)
    return frozenset()


def _reads(op: Op) -> frozenset[str]:
    """Return the first names of what an operation says, sends or keeps."""
    texts: list[str] = []
    names: set[str] = set()
    if isinstance(op, SayOp):
        texts = [op.text]
    elif isinstance(op, AskOp):
        texts = [op.prompt, op.reprompt, op.confirm, op.keys]
    elif isinstance(op, TransferOp):
        texts = [op.destination, op.say, op.briefing, op.name]
    elif isinstance(op, NoteOp):
        texts = [text for _, text in op.fields]
    elif isinstance(op, CallOp):
        texts = [value for _, value in op.arguments if isinstance(value, str)]
        names.update(*(value.names for _, value in op.arguments if not isinstance(value, str)))
    names.update(*(templates.holes(text) for text in texts))
    return frozenset(name.partition(".")[0] for name in names)
