"""What sentences, conditions and steps may speak of, and the words for what does not exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from appliance.dialogue import templates
from appliance.dialogue.authoring.nodes import Table, near
from appliance.dialogue.connectors import Backend, Connector, Level
from appliance.dialogue.expressions import Expression, ExpressionError
from appliance.dialogue.script import (
    CALL_FACTS,
    Catalogue,
    Destination,
    Slot,
    SlotKind,
    is_call_fact,
)

Columns = frozenset[str] | None
"""What a variable or entry is known to hold; None: it may hold anything."""


def joined(one: Columns, other: Columns) -> Columns:
    """Return what a variable holds that is filled in two ways."""
    return None if one is None or other is None else one | other


ENGINE_NAMES: Final = frozenset({"open", "level", "today", "now"})
"""What the engine knows by itself; conditions and computed values may read it."""
RESERVED: Final = frozenset({
    *ENGINE_NAMES, *CALL_FACTS, "value", "destination", "key", "site", "result",
    "yes", "no", "true", "false", "none", "not", "and", "or", "in",
})  # fmt: skip
"""What neither a slot nor a variable may be called."""
ENTRY_COLUMNS: Final = frozenset({"id", "name"})
"""What every entry holds, whatever its list's columns are."""
LEVELS: Final[Mapping[str, Level]] = {level.name.lower(): level for level in Level}


@dataclass(frozen=True, slots=True)
class Systems:
    """What connectors.yaml says."""

    backends: Mapping[str, Backend] = field(default_factory=dict)
    connectors: Mapping[str, Connector] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()
    """Connectors that stand there and could not be read: their own mistakes are enough."""
    readable: bool = True
    """Whether the file is YAML at all."""

    def connector(self, table: Table, name: str, connector: str) -> Connector | None:
        """Return the connector that is named at `name`, or None and report it."""
        found = self.connectors.get(connector)
        if connector and not found and self.readable and connector not in self.broken:
            hint = near(connector, self.connectors) or "declare it in connectors.yaml"
            table.wrong(name, f"there is no connector '{connector}'; {hint}")
        return found


@dataclass(frozen=True, slots=True)
class Names:
    """What a process or intent may speak of."""

    intents: frozenset[str]
    processes: frozenset[str]
    destinations: Mapping[str, Destination] = field(default_factory=dict)
    slots: Mapping[str, Slot] = field(default_factory=dict)
    facts: frozenset[str] = frozenset()
    lists: Mapping[str, Catalogue] = field(default_factory=dict)
    systems: Systems = field(default_factory=Systems)
    variables: Mapping[str, Columns] = field(default_factory=dict)
    reachable: Level = Level.UNKNOWN
    """The highest level that any proof of `authentication:` leads to."""

    @property
    def connectors(self) -> Mapping[str, Connector]:
        """What may be asked of the site's systems."""
        return self.systems.connectors

    def check_holes(self, table: Table, name: str, text: str, *, secrets: bool = False) -> None:
        """Report what stands in braces in a text and is no slot, variable or fact.

        A secret slot is refused too, unless `secrets` are let through (to a connector).
        """
        known = {*self.slots, *self.variables, *self.facts, *CALL_FACTS}
        for hole in templates.holes(text):
            reason = self._wrong_hole(hole, known)
            if reason:
                table.wrong(name, reason)
            elif hole in self.slots and self.slots[hole].secret and not secrets:
                table.wrong(name, f"'{hole}' is secret: it is never said, kept or told to anybody")
        self._check_braces(table, name, text)

    def check_facts(self, table: Table, name: str, text: str) -> None:
        """Report what stands in braces in a sentence that is said before any slot is known."""
        known = {*self.facts, *CALL_FACTS}
        for hole in templates.holes(text):
            if hole not in known and not is_call_fact(hole):
                table.wrong(name, _unknown(f"'{{{hole}}}'", hole, known))
        self._check_braces(table, name, text)

    @staticmethod
    def _check_braces(table: Table, name: str, text: str) -> None:
        rest = templates.HOLE.sub("", text)
        if "{" in rest or "}" in rest:
            table.wrong(name, "a slot is written {name}, in letters, digits and _")

    def _wrong_hole(self, hole: str, known: set[str]) -> str:
        root, _, rest = hole.partition(".")
        if root not in known and not is_call_fact(root):
            return _unknown(f"'{{{hole}}}'", root, known)
        return self._wrong_column(root, rest)

    def _wrong_column(self, root: str, rest: str) -> str:
        """Return what is wrong with `root.rest`, or ""; `root` is known."""
        if not rest:
            return ""
        column = rest.partition(".")[0]
        if root in self.slots:
            slot = self.slots[root]
            if slot.kind is not SlotKind.ENTRY:
                return f"'{root}' is no entry of a list: it has no '{rest}'"
            columns = self._list_columns(slot.list)
        elif root in self.variables:
            columns = self.variables[root]
        else:
            return f"'{root}' is a plain text: it has no '{rest}'"
        if columns is None or column in columns:
            return ""
        hint = near(column, columns) or f"there are: {', '.join(sorted(columns)) or 'none'}"
        return f"'{root}' has no '{column}'; {hint}"

    def _list_columns(self, name: str) -> Columns:
        catalogue = self.lists.get(name)
        if catalogue is None or not catalogue.columns:
            return None
        return ENTRY_COLUMNS.union(catalogue.columns)

    def expression(
        self, table: Table, name: str, text: str, *, secrets: bool = True
    ) -> Expression | None:
        """Return an expression that stands at `name`, or None and report what is wrong with it."""
        if not text:
            return None
        try:
            found = Expression.parse(text)
        except ExpressionError as error:
            table.wrong(name, str(error))
            return None
        known = {*self.slots, *self.variables, *self.facts, *CALL_FACTS, *ENGINE_NAMES}
        for subject in sorted(found.names):
            root, _, rest = subject.partition(".")
            if root not in known and not is_call_fact(root):
                hint = near(root, known) or "declare it in dialogue.yaml"
                quoted = f"a text is written in quotes: '{subject}'"
                table.wrong(name, f"there is no slot '{root}'; {hint}; {quoted}")
            elif reason := self._wrong_column(root, rest):
                table.wrong(name, reason)
            elif root in self.slots and self.slots[root].secret and not secrets:
                table.wrong(name, f"'{root}' is secret: it is never said, kept or told to anybody")
        for subject, value in sorted(found.comparisons):
            if reason := self.wrong_value(subject, value):
                table.wrong(name, reason)
        return found

    def wrong_value(self, subject: str, value: str) -> str:
        """Return why a slot can never have a value, or "" where it can (or is no slot)."""
        slot = self.slots.get(subject)
        if slot is None or not value:
            return ""
        if slot.kind is SlotKind.YES_NO and value not in {"yes", "no"}:
            return f"'{subject}' is yes or no, never '{value}'"
        if slot.kind is SlotKind.DESTINATION and value not in self.destinations:
            return f"there is no destination '{value}'; {near(value, self.destinations)}"
        if slot.kind is SlotKind.CHOICE:
            ids = [choice.id for choice in slot.choices]
            if value not in ids:
                hint = near(value, ids) or f"it is one of {', '.join(ids)}"
                return f"'{subject}' is never '{value}'; {hint}"
        return ""

    def check_process(self, table: Table, name: str, process: str) -> None:
        """Report a process that does not exist."""
        if process and process not in self.processes:
            hint = near(process, self.processes) or f"write processes/{process}.yaml"
            table.wrong(name, f"there is no process '{process}'; {hint}")

    def slot(self, table: Table, name: str) -> Slot | None:
        """Return the slot that is named at `name`, or None and report it."""
        slot = table.text(name)
        if slot and slot not in self.slots:
            hint = near(slot, self.slots) or "declare it in dialogue.yaml under 'slots:'"
            table.wrong(name, f"there is no slot '{slot}'; {hint}")
        return self.slots.get(slot)

    def connector(self, table: Table, name: str, connector: str) -> Connector | None:
        """Return the connector that is named at `name`, or None and report it."""
        return self.systems.connector(table, name, connector)

    def level(self, table: Table, name: str) -> Level:
        """Return the optional level at `name`; report one that no proof leads to."""
        return reached(table, name, self.reachable)


def level_at(table: Table, name: str) -> Level:
    """Return the optional level at `name`."""
    text = table.text(name, "unknown")
    if text not in LEVELS:
        table.wrong(name, f"'{text}' is no level: write unknown, identified or verified")
    return LEVELS.get(text, Level.UNKNOWN)


def reached(table: Table, name: str, reachable: Level) -> Level:
    """Return the optional level at `name`; report one above the level that can be reached."""
    level = level_at(table, name)
    if level > reachable:
        table.wrong(name, unreachable(level))
    return level


def unreachable(level: Level) -> str:
    """Return the words for a level that no proof leads to."""
    proof = "'knowledge:' or 'pin:'" if level is Level.VERIFIED else "'number:' or 'knowledge:'"
    return f"nobody can be {level.name.lower()}: write {proof} under 'authentication:'"


def check_name(table: Table, name: str, word: str, what: str, taken: Iterable[str] = ()) -> bool:
    """Return whether a slot, variable or rule may be called `word`; report it where not."""
    if not templates.NAME.fullmatch(word):
        table.wrong(name, f"'{word}' must be written in small letters, digits and _")
    elif word in RESERVED or is_call_fact(word):
        table.wrong(name, f"'{word}' cannot be the name of {what}")
    elif word in taken:
        table.wrong(name, f"'{word}' is taken already: choose another name for {what}")
    else:
        return True
    return False


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    listed = ", ".join(sorted(known)) or "nothing"
    return f"{what} is not known; {near(name, known) or f'known here: {listed}'}"
