"""Reading tests/*.yaml into cases, or into every mistake that is in them.

A file is a list of conversations, or a table of defaults with `conversations:` in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import yaml

from appliance.contracts.expectation import Kind
from appliance.contracts.outcome import Outcome
from appliance.dialogue.authoring.mistakes import DialogueError, Mistake
from appliance.dialogue.authoring.nodes import Reader, Table, near
from appliance.dialogue.connectors import Level
from appliance.dialogue.events import Status, ToolCall
from appliance.dialogue.rehearsing.cases import (
    USUAL,
    Answer,
    Case,
    Check,
    Checked,
    Deed,
    Speech,
    Step,
)
from appliance.dialogue.script import CALL_FACTS, Script, is_call_fact
from appliance.dialogue.values import Json

FOLDER: Final = "tests/"
"""Where cases lie in a dialogue's folder."""
_FILE: Final = re.compile(r"tests/.+\.ya?ml")
_WHOLE: Final = re.compile(r"-?(0|[1-9][0-9]{0,14})")
_BROKEN: Final = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
_KEYS: Final = re.compile(r"[0-9*#]+")
_STALL: Final = "stall"
_STATUSES: Final = {
    "done": Status.DONE, "nothing": Status.NOTHING, "refused": Status.REFUSED,
    "down": Status.UNAVAILABLE, "pending": Status.PENDING,
}  # fmt: skip
_BARE: Final = (Deed.WAIT, Deed.HANG_UP, Deed.DECLINED, Deed.UNANSWERED)
_INTENTS: Final = ("yes", "no", "answer", "emergency", "key", "none")
"""What `Understood.intent` may be besides the author's intents."""
_DOCUMENTED: Final = ("process", "resolution", "reason", "level", "summary", "source")
_LEVELS: Final = {level.name.lower(): level for level in Level}


def read_cases(files: Mapping[str, str], script: Script) -> tuple[Case, ...]:
    """Return the cases of a dialogue's files (relative path to text); other files are passed over.

    Raises DialogueError with every mistake found in all of them.
    """
    mistakes: list[Mistake] = []
    cases: list[Case] = []
    for path in sorted(files):
        if _FILE.fullmatch(path):
            cases += _File(Reader(path, mistakes), script).cases(files[path])
    if mistakes:
        raise DialogueError(mistakes)
    return tuple(cases)


def parse_answer(text: str) -> Answer:
    """Return what a person types for a system's answer: a word for how it goes, or {a: 1}.

    Raises ValueError with what was expected.
    """
    mistakes: list[Mistake] = []
    reader = Reader("", mistakes)
    node = reader.root(text)
    found = Answer(Status.NOTHING) if node is None else _answer(reader, node, "")
    if mistakes:
        raise ValueError(mistakes[0].reason)
    return found


@dataclass(frozen=True, slots=True)
class _Defaults:
    """What holds for every conversation of a file that does not say otherwise."""

    at: datetime = USUAL
    facts: Mapping[str, str] = field(default_factory=dict)
    connectors: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict)


class _File:
    """One file under way."""

    def __init__(self, reader: Reader, script: Script) -> None:
        self._reader = reader
        self._script = script

    def cases(self, text: str) -> Iterator[Case]:
        root = self._reader.root(text)
        defaults = _Defaults()
        if root is None:
            return
        place = "conversations"
        if isinstance(root, yaml.MappingNode):
            table = self._reader.table(root, "")
            assert table is not None  # noqa: S101 - it is a mapping
            defaults = self._defaults(table, defaults)
            node = table.need(place, "the list of conversations")
            table.close()
            if node is None:
                return
            root = node
        for node, at in self._reader.items(root, place):
            table = self._reader.table(node, at)
            if table is not None:
                yield self._case(table, defaults)

    def _defaults(self, table: Table, before: _Defaults) -> _Defaults:
        """Read what may stand at the top of the file, and in each conversation again."""
        return _Defaults(
            self._when(table, before.at),
            {**before.facts, **self._facts(table)},
            {**before.connectors, **self._connectors(table)},
        )

    def _case(self, table: Table, defaults: _Defaults) -> Case:
        name = table.needed_text("name", "what the conversation is to show")
        held = self._defaults(table, defaults)
        model = tuple(
            self._speech(node, at) for node, at in self._several(table.get("model"), "model")
        )
        node = table.need("talk", "what is said")
        steps = self._reader.items(node, table.at("talk")) if node is not None else []
        talk = tuple(step for step in (self._step(*one) for one in steps) if step is not None)
        if node is not None and not talk:
            table.wrong("talk", "a conversation needs at least one step")
        table.close()
        line = table.node.start_mark.line + 1 if table.node.start_mark else 0
        return Case(
            name, talk, held.at, tuple(held.facts.items()), held.connectors, model,
            self._reader.file, line,
        )  # fmt: skip

    def _when(self, table: Table, default: datetime) -> datetime:
        text = table.text("at")
        if not text:
            return default
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            at = None
        if at is None or at.tzinfo is not None:
            table.wrong("at", f"expected a local time like \"2026-11-24 10:00\", found '{text}'")
            return default
        return at

    def _facts(self, table: Table) -> dict[str, str]:
        found = {name: text for name in sorted(CALL_FACTS) if (text := table.text(name))}
        more = table.table("facts")
        for name, node, at in more.rows() if more is not None else ():
            if is_call_fact(name):
                found[name] = self._reader.text(node, at)
            else:
                known = near(name, CALL_FACTS) or f"use {', '.join(sorted(CALL_FACTS))} or x_..."
                self._reader.wrong(node, at, f"'{name}' is nothing that the line tells; {known}")
        return found

    # what the site's systems answer

    def _connectors(self, table: Table) -> dict[str, tuple[Answer, ...]]:
        given = table.table("connectors")
        found = {}
        for name, node, at in given.rows() if given is not None else ():
            self._known("connector", name, self._script.connectors, node, at)
            answers = tuple(
                _answer(self._reader, one, place) for one, place in self._several(node, at)
            )
            found[name] = answers or (Answer(Status.NOTHING),)
        return found

    def _several(self, node: yaml.Node | None, field: str) -> list[tuple[yaml.Node, str]]:
        """Return the items of a list; one that is none counts as its only item."""
        if node is None:
            return []
        if isinstance(node, yaml.SequenceNode):
            return self._reader.items(node, field)
        return [(node, field)]

    def _speech(self, node: yaml.Node, field: str) -> Speech:
        if isinstance(node, yaml.ScalarNode):
            if node.value in {"down", _STALL}:
                return Speech(down=node.value == "down", stalls=node.value == _STALL)
            self._reader.wrong(
                node, field, f"expected say, call, down or stall, not '{node.value}'"
            )
            return Speech()
        table = self._reader.table(node, field)
        if table is None:
            return Speech()
        text, name = table.text("say"), table.text("call")
        given = table.get("with")
        arguments = _json(given) if given is not None else {}
        if not text and not name:
            table.wrong("say", "expected what the model says (say:) or wants done (call:)")
        table.close()
        if not isinstance(arguments, Mapping):
            table.wrong("with", "expected names with values")
            arguments = {}
        return Speech(text, (ToolCall(name, arguments),) if name else ())

    # what happens, and what must follow

    def _step(self, node: yaml.Node, field: str) -> Step | None:
        line = node.start_mark.line + 1 if node.start_mark else 0
        if isinstance(node, yaml.ScalarNode):
            word = node.value.strip()
            if word in _BARE:
                return Step(Deed(word), line=line)
            known = [str(deed) for deed in _BARE]
            hint = near(word, known) or f"use one of: {', '.join(known)}, or say: text"
            self._reader.wrong(node, field, f"'{word}' is no step; {hint}")
            return None
        table = self._reader.table(node, field)
        if table is None:
            return None
        deed, texts = self._deed(table)
        confidence = table.number("confidence", 1.0, 0.0, 1.0)
        checks = tuple(check for kind in Checked for check in self._checks(table, kind))
        table.close()
        return Step(deed, texts, confidence, checks, line)

    def _deed(self, table: Table) -> tuple[Deed | None, tuple[str, ...]]:
        found: Deed | None = None
        texts: tuple[str, ...] = ()
        for deed in Deed:
            node = table.get(deed.value)
            if node is None:
                continue
            if found is not None:
                table.wrong(deed.value, f"a step is one thing: '{found}' or '{deed}'; write two")
            elif deed is Deed.SAY:
                texts = table.texts(deed.value)
            elif deed is Deed.PRESS:
                keys = table.text(deed.value).replace(" ", "")
                if keys and not _KEYS.fullmatch(keys):
                    table.wrong(deed.value, f"expected keys 0-9, * and #, found '{keys}'")
                texts = (keys,)
            found = found or deed
        return found, texts

    def _checks(self, table: Table, kind: Checked) -> Iterator[Check]:
        node = table.get(kind.value)
        if node is None:
            return
        at = table.at(kind.value)
        line = node.start_mark.line + 1 if node.start_mark else 0
        if kind is Checked.CALLED and isinstance(node, yaml.MappingNode):
            for name, given, place in _rows(self._reader, node, at):
                self._known("connector", name, self._script.connectors, given, place)
                connector = self._script.connectors.get(name)
                values = self._values(given, place)
                self._each(
                    "parameter", values, connector.parameters if connector else values, given, place
                )
                yield Check(kind, name, values, line)
        elif kind in {Checked.SLOTS, Checked.NOTED, Checked.DOCUMENTED}:
            yield self._table_check(node, kind, at, line)
        elif kind in {Checked.HEAR, Checked.NOT_HEAR, Checked.CALLED, Checked.NOT_CALLED}:
            for text in self._reader.texts(node, at):
                if kind in {Checked.CALLED, Checked.NOT_CALLED}:
                    self._known("connector", text, self._script.connectors, node, at)
                yield Check(kind, text, line=line)
        else:
            text = self._reader.text(node, at)
            what, names = self._names(kind)
            if names and text:
                self._known(what, text, names, node, at)
            yield Check(kind, text, line=line)

    def _table_check(self, node: yaml.Node, kind: Checked, at: str, line: int) -> Check:
        if kind is Checked.NOTED and isinstance(node, yaml.ScalarNode):
            return Check(kind, self._reader.text(node, at), line=line)
        values = self._values(node, at)
        if kind is Checked.SLOTS:
            self._each("slot", values, self._script.slots, node, at)
        if kind is Checked.DOCUMENTED:
            self._each("word of the record", values, _DOCUMENTED, node, at)
        text = values.pop("kind", "") if kind is Checked.NOTED else ""
        return Check(kind, text, values, line)

    def _names(self, kind: Checked) -> tuple[str, Iterable[str]]:
        """Return what may be named by a check of one word; nothing: any text."""
        script = self._script
        names: Mapping[Checked, tuple[str, Callable[[], Iterable[str]]]] = {
            Checked.ASKED: ("slot", lambda: script.slots),
            Checked.INTENT: ("intent", lambda: (*script.intents, *_INTENTS)),
            Checked.PROCESS: ("process", lambda: script.processes),
            Checked.LEVEL: ("level", lambda: _LEVELS),
            Checked.EXPECTS: ("kind of answer", lambda: [kind.value for kind in Kind]),
            Checked.ENDED: ("outcome", lambda: [outcome.value for outcome in Outcome]),
        }
        what, known = names.get(kind, ("", tuple))
        return what, known()

    def _values(self, node: yaml.Node, at: str) -> dict[str, str]:
        return {
            name: _written(self._reader, given, place)
            for name, given, place in _rows(self._reader, node, at)
        }

    def _each(
        self, what: str, names: Iterable[str], known: Iterable[str], node: yaml.Node, at: str
    ) -> None:
        for name in names:
            self._known(what, name, known, node, at)

    def _known(
        self, what: str, name: str, known: Iterable[str], node: yaml.Node, field: str
    ) -> None:
        names = list(known)
        if name not in names:
            hint = near(name, names) or f"there are: {', '.join(sorted(names)[:12]) or 'none'}"
            self._reader.wrong(node, field, f"there is no {what} '{name}'; {hint}")


def _answer(reader: Reader, node: yaml.Node, field: str) -> Answer:
    if not isinstance(node, yaml.ScalarNode):
        return Answer(Status.DONE, _json(node))
    word = node.value.strip()
    if word == _STALL:
        return Answer(None)
    if word not in _STATUSES:
        words = ", ".join((*_STATUSES, _STALL))
        hint = near(word, (*_STATUSES, _STALL)) or f"use one of: {words}"
        reader.wrong(node, field, f"expected names with values, or a word for how it goes; {hint}")
        return Answer()
    status = _STATUSES[word]
    return Answer(status, {} if status is Status.DONE else None)


def _rows(reader: Reader, node: yaml.Node, field: str) -> list[tuple[str, yaml.Node, str]]:
    table = reader.table(node, field)
    return [] if table is None else list(table.rows())


def _written(reader: Reader, node: yaml.Node, field: str) -> str:
    """Return a scalar as it was written, an empty one too."""
    if isinstance(node, yaml.ScalarNode) and not node.value:
        return ""
    return reader.text(node, field)


def _json(node: yaml.Node) -> Json:
    """Return what a back end would have sent: quoted is text, `0047` too, 47 is a number."""
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _json(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_json(item) for item in node.value]
    text = str(node.value)
    if isinstance(node, yaml.ScalarNode) and node.style is None:
        if text in {"", "null", "~"}:
            return None
        if text in {"true", "false"}:
            return text == "true"
        if _WHOLE.fullmatch(text):
            return int(text)
        if _BROKEN.fullmatch(text):
            return float(text)
    return text
