"""Reading the steps of processes/*.yaml into a flat list of operations, with labels resolved.

- say: We are by the river.
- ask: number                      slot; prompt, reprompt, confirm, keys, unknown: steps
- set: {due: today + 14}           variables by expressions
- if: open and not closed_today    an expression; then, else
- switch: slot                     or variable.column; cases: {value: steps}, else
- authenticate: verified           failed: steps
- call: find_customer              with, as; nothing, failed, pending: steps; undo
- transfer: radiology              or "{slot}", or a text that yields a number; say, briefing,
                                   name, mode, failed: steps
- note: message                    fields: {name: text}; connector
- hours: day                       slot
- process: message                 goes on there
- do: find_address                 goes there and comes back
- goto: label                      any step may carry `label:`
- resume: question                 or repeat: back to where the caller was
- end: resolved                    or failed, or hang-up
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import yaml

from appliance.dialogue import templates
from appliance.dialogue.authoring.asking import ask_of, authenticate_of, hours_of, say_of
from appliance.dialogue.authoring.doing import call_of, note_of, set_of, transfer_of
from appliance.dialogue.authoring.names import Names
from appliance.dialogue.authoring.nodes import Reader, Table, near
from appliance.dialogue.expressions import Expression
from appliance.dialogue.script import (
    AskOp,
    AuthenticateOp,
    CallOp,
    EndOp,
    JumpOp,
    Op,
    ResumeOp,
    RunOp,
    SetOp,
    UnlessOp,
)

_ALWAYS: Final = Expression.parse("yes")
_BESIDE: Final[Mapping[str, frozenset[str]]] = {"transfer": frozenset({"say"})}
"""What a step of one verb may hold that is a verb of its own elsewhere."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The operations of a process, and where each of them stands in its file."""

    reader: Reader
    ops: tuple[Op, ...]
    places: tuple[tuple[yaml.Node, str], ...]
    whole: bool
    """Whether every jump leads somewhere."""


def read_steps(table: Table, names: Names) -> Compiled:
    """Return the operations under `steps:`; mistakes go to the table's reader."""
    node = table.need("steps", "the list of steps")
    compiler = _Compiler(table.reader, names)
    if node is not None:
        compiler.steps(node, "steps")
    compiler.add(EndOp(hang_up=False), node or table.node, "steps")
    return compiler.finish()


class _Compiler:
    """Appends operations while it walks the steps, then fills in where jumps lead."""

    def __init__(self, reader: Reader, names: Names) -> None:
        self._reader, self._names = reader, names
        self._ops: list[Op] = []
        self._places: list[tuple[yaml.Node, str]] = []
        self._labels: dict[str, int] = {}
        self._gotos: list[tuple[int, str, yaml.Node, str]] = []
        self._verbs: dict[str, Callable[[Table], object]] = {
            "say": lambda table: self._single(table, say_of(table, self._names)),
            "ask": self._ask,
            "set": self._set,
            "if": self._if,
            "switch": self._switch,
            "authenticate": self._authenticate,
            "call": self._call,
            "transfer": self._transfer,
            "note": lambda table: self._single(table, note_of(table, self._names)),
            "hours": lambda table: self._single(table, hours_of(table, self._names)),
            "process": lambda table: self._run(table, "process"),
            "do": lambda table: self._run(table, "do"),
            "goto": self._goto,
            "resume": self._resume,
            "end": self._end,
        }

    def add(self, op: Op, node: yaml.Node, place: str) -> int:
        """Append an operation and return its index."""
        self._ops.append(op)
        self._places.append((node, place))
        return len(self._ops) - 1

    def finish(self) -> Compiled:
        """Resolve labels and return the operations."""
        whole = True
        for at, label, node, place in self._gotos:
            if label in self._labels:
                self._ops[at] = JumpOp(self._labels[label])
            else:
                whole = False
                reason = f"there is no step with 'label: {label}'; {near(label, self._labels)}"
                self._reader.wrong(node, place, reason)
        return Compiled(self._reader, tuple(self._ops), tuple(self._places), whole)

    def steps(self, node: yaml.Node, place: str) -> None:
        """Compile a list of steps."""
        items = self._reader.items(node, place)
        if isinstance(node, yaml.SequenceNode) and not items:
            self._reader.wrong(node, place, "there is no step here")
        for item, field in items:
            table = self._reader.table(item, field)
            if table is not None:
                self._step(table)

    def _step(self, table: Table) -> None:
        written = [name for name in self._verbs if table.has(name)]
        beside = frozenset().union(*(_BESIDE.get(verb, frozenset()) for verb in written))
        verbs = [verb for verb in written if verb not in beside]
        if len(verbs) != 1:
            reason = f"a step does one thing, this does {' and '.join(verbs)}"
            if not verbs:
                words = [name for name, _, _ in table.rows()]
                hint = next(filter(None, (near(word, self._verbs) for word in words)), "")
                known = f"a step is one of {', '.join(self._verbs)}"
                reason = f"this is no step; {hint or known}"
            self._reader.wrong(table.node, table.field, reason)
            return
        label = table.text("label")
        if label and (label in self._labels or not templates.NAME.fullmatch(label)):
            table.wrong("label", f"'{label}' cannot be used, or stands on another step already")
        if label:
            self._labels[label] = len(self._ops)
        self._verbs[verbs[0]](table)
        table.close()

    def _single(self, table: Table, op: Op) -> int:
        return self.add(op, table.node, table.field)

    def _block(self, table: Table, name: str) -> None:
        node = table.get(name)
        if node is not None:
            self.steps(node, table.at(name))

    def _aside(self, table: Table, at: int, names: tuple[str, ...]) -> None:
        """Compile blocks that operation `at` leads to by fields of the same names.

        The usual way jumps over them, and each comes back behind the last.
        """
        written = [name for name in names if table.has(name)]
        jumps = [self._single(table, JumpOp(0))] if written else []
        for name in written:
            op = self._ops[at]
            start = len(self._ops)
            if isinstance(op, AskOp):
                self._ops[at] = replace(op, unknown=start)
            elif isinstance(op, AuthenticateOp):
                self._ops[at] = replace(op, failed=start)
            elif isinstance(op, CallOp):
                self._ops[at] = _led(op, name, start)
            self._block(table, name)
            jumps.append(self._single(table, JumpOp(0)))
        for jump in jumps:
            self._ops[jump] = JumpOp(len(self._ops))

    def _ask(self, table: Table) -> None:
        at = self._single(table, ask_of(table, self._names))
        self._aside(table, at, ("unknown",))

    def _set(self, table: Table) -> None:
        for name, value in set_of(table, self._names):
            self._single(table, SetOp(name, value))

    def _authenticate(self, table: Table) -> None:
        at = self._single(table, authenticate_of(table, self._names))
        self._aside(table, at, ("failed",))

    def _call(self, table: Table) -> None:
        at = self._single(table, call_of(table, self._names))
        self._aside(table, at, ("nothing", "failed", "pending"))

    def _if(self, table: Table) -> None:
        condition = self._names.expression(table, "if", table.text("if")) or _ALWAYS
        unless = self._single(table, UnlessOp(condition, 0))
        self._block(table, "then")
        if table.get("else") is not None:
            jump = self._single(table, JumpOp(0))
            self._ops[unless] = UnlessOp(condition, len(self._ops))
            self._block(table, "else")
            self._ops[jump] = JumpOp(len(self._ops))
        else:
            self._ops[unless] = UnlessOp(condition, len(self._ops))
        table.need("then", "what is done where it holds")

    def _switch(self, table: Table) -> None:
        subject = self._names.expression(table, "switch", table.text("switch"), secrets=False)
        node = table.need("cases", "what is done for each value")
        cases = self._reader.table(node, table.at("cases")) if node is not None else None
        jumps: list[int] = []
        for value, steps, place in cases.rows() if cases else ():
            if cases and subject:
                reason = self._names.wrong_value(subject.source, value)
                if reason:
                    cases.wrong(value, reason)
            quote = "'" if '"' in value else '"'
            source = f"({subject.source}) == {quote}{value}{quote}" if subject else "yes"
            condition = self._names.expression(table, "switch", source) or _ALWAYS
            unless = self._single(table, UnlessOp(condition, 0))
            self.steps(steps, place)
            jumps.append(self._single(table, JumpOp(0)))
            self._ops[unless] = UnlessOp(condition, len(self._ops))
        self._block(table, "else")
        for jump in jumps:
            self._ops[jump] = JumpOp(len(self._ops))

    def _transfer(self, table: Table) -> None:
        op = transfer_of(table, self._names)
        at = self._single(table, op)
        if table.get("failed") is not None:
            self._ops[at] = replace(op, failed=len(self._ops))
            self._block(table, "failed")

    def _run(self, table: Table, verb: str) -> None:
        process = table.text(verb)
        self._names.check_process(table, verb, process)
        self._single(table, RunOp(process, returns=verb == "do"))

    def _goto(self, table: Table) -> None:
        label = table.text("goto")
        at = self._single(table, JumpOp(0))
        if label:
            self._gotos.append((at, label, table.node, table.at("goto")))

    def _resume(self, table: Table) -> None:
        self._single(table, ResumeOp(_one_of(table, "resume", ("question", "repeat")) == "repeat"))

    def _end(self, table: Table) -> None:
        word = _one_of(table, "end", ("resolved", "failed", "hang-up"))
        self._single(table, EndOp(word == "hang-up", "failed" if word == "failed" else "resolved"))


def _led(op: CallOp, name: str, start: int) -> CallOp:
    if name == "nothing":
        return replace(op, nothing=start)
    return replace(op, failed=start) if name == "failed" else replace(op, pending=start)


def _one_of(table: Table, name: str, options: tuple[str, ...]) -> str:
    text = table.text(name)
    if text and text not in options:
        table.wrong(name, f"'{text}' is not known: write {' or '.join(options)}")
    return text
