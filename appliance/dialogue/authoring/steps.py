"""Reading processes/*.yaml: steps into a flat list of operations, with labels resolved.

- say: We are by the river.
- ask: number                      slot; prompt, reprompt, confirm
- if: open                         open, slot, or slot == value; then, else
                                   a slot or a fact of the call: caller, caller_name, called,
                                   diverted_from, diversion_reason, x_customer_id (a header)
- switch: slot                     cases: {value: steps}, else
- transfer: radiology              or "{slot}"; say, briefing, failed: steps
- note: message                    fields: {name: text}
- hours: day                       slot
- process: message                 goes on there
- goto: label                      any step may carry `label:`
- resume: question                 or repeat: back to where the caller was
- end: resolved                    or hang-up
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import yaml

from appliance.dialogue import templates
from appliance.dialogue.authoring.flow import check_flow
from appliance.dialogue.authoring.nodes import Reader, Table, near
from appliance.dialogue.expressions import Expression, ExpressionError
from appliance.dialogue.script import (
    CALL_FACTS,
    AskOp,
    Destination,
    EndOp,
    HoursOp,
    JumpOp,
    NoteOp,
    Op,
    ResumeOp,
    RunOp,
    SayOp,
    Slot,
    SlotKind,
    TransferOp,
    UnlessOp,
    is_call_fact,
)

_LABEL: Final = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Names:
    """What a process or intent may speak of."""

    intents: frozenset[str]
    processes: frozenset[str]
    destinations: Mapping[str, Destination] = field(default_factory=dict)
    slots: Mapping[str, Slot] = field(default_factory=dict)
    facts: frozenset[str] = frozenset()

    def check_holes(self, table: Table, name: str, text: str) -> None:
        """Report what stands in braces in a sentence and is neither slot nor fact."""
        known = {*self.slots, *self.facts, *CALL_FACTS}
        self._check(table, name, text, known)

    def check_facts(self, table: Table, name: str, text: str) -> None:
        """Report what stands in braces in a sentence that is said before any slot is known."""
        self._check(table, name, text, {*self.facts, *CALL_FACTS})

    @staticmethod
    def _check(table: Table, name: str, text: str, known: set[str]) -> None:
        for hole in templates.holes(text):
            if hole not in known and not is_call_fact(hole):
                hint = near(hole, known) or f"known here: {', '.join(sorted(known)) or 'nothing'}"
                table.wrong(name, f"'{{{hole}}}' is not known; {hint}")
        if "{" in templates.HOLE.sub("", text) or "}" in templates.HOLE.sub("", text):
            table.wrong(name, "a slot is written {name}, in letters, digits and _")


def read_process(reader: Reader, text: str, names: Names) -> tuple[Op, ...]:
    """Return the operations of a process file; mistakes go to `reader`."""
    table = reader.parse(text)
    if table is None:
        return ()
    node = table.need("steps", "the list of steps")
    table.close()
    if node is None:
        return ()
    compiler = _Compiler(reader, names)
    compiler.steps(node, "steps")
    compiler.add(EndOp(hang_up=False), node, "steps")
    return compiler.finish()


class _Compiler:
    """Appends operations while it walks the steps, then fills in where jumps lead."""

    def __init__(self, reader: Reader, names: Names) -> None:
        self._reader, self._names = reader, names
        self._ops: list[Op] = []
        self._places: list[tuple[yaml.Node, str]] = []
        self._labels: dict[str, int] = {}
        self._gotos: list[tuple[int, str, yaml.Node, str]] = []
        self._verbs: dict[str, Callable[[Table], None]] = {
            "say": self._say, "ask": self._ask, "if": self._if, "switch": self._switch,
            "transfer": self._transfer, "note": self._note, "hours": self._hours,
            "process": self._process, "goto": self._goto, "resume": self._resume,
            "end": self._end,
        }  # fmt: skip

    def add(self, op: Op, node: yaml.Node, place: str) -> int:
        """Append an operation and return its index."""
        self._ops.append(op)
        self._places.append((node, place))
        return len(self._ops) - 1

    def finish(self) -> tuple[Op, ...]:
        """Resolve labels, check the flow and return the operations."""
        whole = True
        for at, label, node, place in self._gotos:
            if label in self._labels:
                self._ops[at] = JumpOp(self._labels[label])
            else:
                whole = False
                reason = f"there is no step with 'label: {label}'; {near(label, self._labels)}"
                self._reader.wrong(node, place, reason)
        if whole:
            for at, reason in check_flow(self._ops):
                self._reader.wrong(*self._places[at], reason)
        return tuple(self._ops)

    def steps(self, node: yaml.Node, place: str) -> None:
        """Compile a list of steps."""
        items = self._reader.items(node, place)
        if isinstance(node, yaml.SequenceNode) and not items:
            self._reader.wrong(node, place, "there is no step here")
        for item, field_ in items:
            table = self._reader.table(item, field_)
            if table is None:
                continue
            verbs = [name for name, _, _ in table.rows() if name in self._verbs]
            table = self._reader.table(item, field_) or table
            if "transfer" in verbs:
                verbs = [verb for verb in verbs if verb != "say"]
            if len(verbs) != 1:
                known = ", ".join(self._verbs)
                reason = (
                    f"a step does one thing, this does {' and '.join(verbs)}"
                    if verbs
                    else f"this is no step; a step is one of {known}"
                )
                self._reader.wrong(item, field_, reason)
                continue
            label = table.text("label")
            if label and (label in self._labels or not _LABEL.fullmatch(label)):
                table.wrong("label", f"'{label}' cannot be used, or stands on another step already")
            if label:
                self._labels[label] = len(self._ops)
            self._verbs[verbs[0]](table)
            table.close()

    def _at(self, table: Table, op: Op) -> int:
        return self.add(op, table.node, table.field)

    def _say(self, table: Table) -> None:
        text = table.text("say")
        self._names.check_holes(table, "say", text)
        self._at(table, SayOp(text))

    def _slot(self, table: Table, name: str) -> Slot | None:
        slot = table.text(name)
        if slot and slot not in self._names.slots:
            hint = near(slot, self._names.slots) or "declare it in dialogue.yaml under 'slots:'"
            table.wrong(name, f"there is no slot '{slot}'; {hint}")
        return self._names.slots.get(slot)

    def _ask(self, table: Table) -> None:
        slot = self._slot(table, "ask")
        prompt = table.needed_text("prompt", "the question")
        reprompt, confirm = table.text("reprompt"), table.text("confirm")
        for name, text in (("prompt", prompt), ("reprompt", reprompt), ("confirm", confirm)):
            self._names.check_holes(table, name, text)
        if slot and confirm and slot.name not in templates.holes(confirm):
            table.wrong("confirm", f"this question does not name the value: put in {{{slot.name}}}")
        if slot and confirm and slot.kind is SlotKind.YES_NO:
            table.wrong("confirm", "a yes or no is not confirmed")
        self._at(table, AskOp(slot.name if slot else "", prompt, reprompt, confirm))

    def _block(self, table: Table, name: str) -> None:
        node = table.get(name)
        if node is not None:
            self.steps(node, table.at(name))

    def _if(self, table: Table) -> None:
        condition = self._condition(table, "if", table.text("if"))
        self._branch(table, condition, "then")
        table.need("then", "what is done where it holds")

    def _branch(self, table: Table, condition: Expression, name: str) -> None:
        unless = self._at(table, UnlessOp(condition, 0))
        self._block(table, name)
        if table.get("else") is not None:
            jump = self._at(table, JumpOp(0))
            self._ops[unless] = UnlessOp(condition, len(self._ops))
            self._block(table, "else")
            self._ops[jump] = JumpOp(len(self._ops))
        else:
            self._ops[unless] = UnlessOp(condition, len(self._ops))

    def _condition(self, table: Table, name: str, text: str) -> Expression:
        try:
            condition = Expression.parse(text)
        except ExpressionError as error:
            if text:
                table.wrong(name, str(error))
            return Expression.parse("open")
        for subject in sorted(condition.names):
            root = subject.partition(".")[0]
            if root != "open" and root not in self._names.slots and not is_call_fact(root):
                hint = near(root, self._names.slots) or "declare it in dialogue.yaml"
                quoted = f"a text is written in quotes: '{subject}'"
                table.wrong(name, f"there is no slot '{root}'; {hint}; {quoted}")
        return condition

    def _value(self, table: Table, name: str, subject: str, value: str) -> None:
        slot = self._names.slots.get(subject)
        if slot is None:
            return
        if slot.kind is SlotKind.YES_NO and value not in {"yes", "no"}:
            table.wrong(name, f"'{subject}' is yes or no, never '{value}'")
        if slot.kind is SlotKind.DESTINATION and value not in self._names.destinations:
            hint = near(value, self._names.destinations)
            table.wrong(name, f"there is no destination '{value}'; {hint}")

    def _switch(self, table: Table) -> None:
        slot = self._slot(table, "switch")
        node = table.need("cases", "what is done for each value")
        cases = self._reader.table(node, table.at("cases")) if node is not None else None
        jumps: list[int] = []
        for value, steps, place in cases.rows() if cases else ():
            if slot and cases:
                self._value(cases, value, slot.name, value)
            quote = "'" if '"' in value else '"'
            condition = Expression.parse(
                f"{slot.name if slot else 'open'} == {quote}{value}{quote}"
            )
            unless = self._at(table, UnlessOp(condition, 0))
            self.steps(steps, place)
            jumps.append(self._at(table, JumpOp(0)))
            self._ops[unless] = UnlessOp(condition, len(self._ops))
        self._block(table, "else")
        for jump in jumps:
            self._ops[jump] = JumpOp(len(self._ops))

    def _transfer(self, table: Table) -> None:
        target = table.text("transfer")
        hole = templates.HOLE.fullmatch(target)
        if hole:
            slot = self._names.slots.get(hole[1])
            if slot is None or slot.kind is not SlotKind.DESTINATION:
                table.wrong("transfer", f"there is no slot '{hole[1]}' of type destination")
        elif target and target not in self._names.destinations:
            hint = near(target, self._names.destinations)
            table.wrong("transfer", f"there is no destination '{target}'; {hint}")
        say = table.needed_text("say", "what is said before the caller is put through")
        self._names.check_holes(table, "say", say)
        briefing = table.text("briefing")
        self._names.check_holes(table, "briefing", briefing)
        op = TransferOp(target, say, -1, briefing)
        at = self._at(table, op)
        if table.get("failed") is not None:
            self._ops[at] = replace(op, failed=len(self._ops))
            self._block(table, "failed")

    def _note(self, table: Table) -> None:
        kind = table.text("note")
        node = table.need("fields", "what is kept")
        rows = self._reader.table(node, table.at("fields")) if node is not None else None
        found: list[tuple[str, str]] = []
        for name, value, place in rows.rows() if rows else ():
            text = self._reader.text(value, place)
            if rows:
                self._names.check_holes(rows, name, text)
            found.append((name, text))
        self._at(table, NoteOp(kind, tuple(found)))

    def _hours(self, table: Table) -> None:
        slot = self._slot(table, "hours")
        if slot and slot.kind is not SlotKind.DAY:
            table.wrong("hours", f"'{slot.name}' is no slot of type day")
        self._at(table, HoursOp(slot.name if slot else ""))

    def _process(self, table: Table) -> None:
        process = table.text("process")
        if process and process not in self._names.processes:
            hint = near(process, self._names.processes)
            table.wrong("process", f"there is no process '{process}'; {hint}")
        self._at(table, RunOp(process))

    def _goto(self, table: Table) -> None:
        label = table.text("goto")
        at = self._at(table, JumpOp(0))
        if label:
            self._gotos.append((at, label, table.node, table.at("goto")))

    def _resume(self, table: Table) -> None:
        self._at(table, ResumeOp(self._one_of(table, "resume", ("question", "repeat")) == "repeat"))

    def _end(self, table: Table) -> None:
        self._at(table, EndOp(self._one_of(table, "end", ("resolved", "hang-up")) == "hang-up"))

    def _one_of(self, table: Table, name: str, options: tuple[str, ...]) -> str:
        text = table.text(name)
        if text and text not in options:
            table.wrong(name, f"'{text}' is not known: write {' or '.join(options)}")
        return text
