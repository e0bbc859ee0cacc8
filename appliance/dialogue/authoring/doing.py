"""The steps that do something: set, call, note, transfer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from appliance.dialogue import templates
from appliance.dialogue.authoring.connecting import answered
from appliance.dialogue.authoring.names import Names, check_name
from appliance.dialogue.authoring.nodes import Table, near
from appliance.dialogue.authoring.passing import read_arguments
from appliance.dialogue.authoring.places import mode_at
from appliance.dialogue.connectors import Connector
from appliance.dialogue.expressions import Expression
from appliance.dialogue.script import CallOp, NoteOp, SlotKind, TransferOp

_DIALLED: Final = re.compile(r"\+?(?:[0-9*#]|\{[^{}]+\})+")
"""A text that yields a number: digits around names in braces."""


def set_of(table: Table, names: Names) -> Iterator[tuple[str, Expression]]:
    """Yield the variables and expressions of `set: {name: expression}`."""
    inner = table.table("set")
    if inner is None:
        return
    rows = list(inner.rows())
    if not rows:
        table.wrong("set", "name the variable and its value: set: {due: today + 14}")
    for name, node, place in rows:
        check_name(inner, name, name, "a variable", names.slots)
        text = table.reader.text(node, place)
        value = names.expression(inner, name, text, secrets=False)
        if value is not None:
            yield name, value


def call_of(table: Table, names: Names) -> CallOp:
    """Return the operation of `call: connector`; the step's blocks are compiled by the caller."""
    name = table.text("call")
    connector = names.connector(table, "call", name)
    arguments = read_arguments(table, "with", connector, names)
    result = table.text("as")
    if result:
        check_name(table, "as", result, "a variable", names.slots)
    if connector:
        if connector.level > names.reachable:
            level = connector.level.name.lower()
            reason = f"'{name}' is for callers who are {level}, and nobody can be"
            table.wrong("call", f"{reason}: write 'authentication:' in dialogue.yaml")
        if table.has("pending") and not connector.write:
            table.wrong("pending", f"'{name}' changes nothing: its answer is there or it failed")
    undo = table.text("undo")
    if undo:
        _check_undo(table, undo, connector, names)
    return CallOp(name, arguments, result, undo=undo)


def _check_undo(table: Table, undo: str, connector: Connector | None, names: Names) -> None:
    """Report an undo that cannot be done with what the call was given and answered."""
    back = names.connector(table, "undo", undo)
    if back is None or connector is None:
        return
    if not connector.write:
        table.wrong("undo", f"'{connector.name}' changes nothing: there is nothing to undo")
    if not back.write:
        table.wrong("undo", f"'{undo}' changes nothing, so it undoes nothing")
    columns = answered(connector)
    if columns is None:
        return
    known = {*connector.parameters, *columns}
    for parameter in back.parameters:
        if parameter not in known:
            hint = near(parameter, known) or f"there are: {', '.join(sorted(known))}"
            reason = f"'{undo}' needs '{parameter}', which '{connector.name}' neither takes nor "
            table.wrong("undo", f"{reason}answers; {hint}")


def note_of(table: Table, names: Names) -> NoteOp:
    """Return the operation of `note: kind`."""
    kind = table.text("note")
    node = table.need("fields", "what is kept")
    rows = table.reader.table(node, table.at("fields")) if node is not None else None
    found: list[tuple[str, str]] = []
    for name, value, place in rows.rows() if rows else ():
        text = table.reader.text(value, place)
        if rows:
            names.check_holes(rows, name, text)
        found.append((name, text))
    word = table.text("connector")
    connector = names.connector(table, "connector", word)
    if connector:
        _check_delivery(table, connector, names, [name for name, _ in found])
    return NoteOp(kind, tuple(found), word)


def _check_delivery(table: Table, connector: Connector, names: Names, given: list[str]) -> None:
    if not connector.write:
        table.wrong("connector", f"'{connector.name}' only reads: a note is written somewhere")
    if connector.level > names.reachable:
        table.wrong(
            "connector", f"'{connector.name}' is for callers who are {connector.level.name.lower()}"
        )
    missing = [name for name in connector.parameters if name not in given]
    more = [name for name in given if name not in connector.parameters]
    if missing or more:
        needed = ", ".join(connector.parameters) or "none"
        table.wrong("fields", f"the fields must be the parameters of '{connector.name}': {needed}")


def transfer_of(table: Table, names: Names) -> TransferOp:
    """Return the operation of `transfer: where`; `failed` is compiled by the caller."""
    target = table.text("transfer")
    name = table.text("name")
    hole = templates.HOLE.fullmatch(target)
    slot = names.slots.get(hole[1]) if hole else None
    named = target in names.destinations or (slot and slot.kind is SlotKind.DESTINATION)
    if target and not named:
        _check_target(table, target, names)
    if named and name:
        table.wrong("name", "a destination has a name of its own: leave 'name:' out")
    say = table.needed_text("say", "what is said before the caller is put through")
    briefing = table.text("briefing")
    for field, text in (("say", say), ("briefing", briefing), ("name", name)):
        names.check_holes(table, field, text)
    return TransferOp(target, say, -1, briefing, mode_at(table), name)


def _check_target(table: Table, target: str, names: Names) -> None:
    holes = templates.holes(target)
    if not holes:
        hint = near(target, names.destinations) or "declare it under 'destinations:'"
        table.wrong("transfer", f"there is no destination '{target}'; {hint}")
        return
    plain = holes[0] if templates.HOLE.fullmatch(target) else ""
    slot = names.slots.get(plain)
    bare = plain and "." not in plain and plain not in names.variables
    if bare and (slot is None or slot.kind is not SlotKind.PHONE):
        table.wrong("transfer", f"there is no slot '{plain}' of type destination")
        return
    if not _DIALLED.fullmatch(target):
        table.wrong("transfer", "this yields no number: write {name.column}, or digits with it")
    names.check_holes(table, "transfer", target)
    if not table.has("name"):
        table.need("name", "whom the caller is put through to")
