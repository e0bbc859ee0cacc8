"""Reading an author's YAML as nodes, so that each mistake has its file, line and field.

    text -> events (aliases refused) -> nodes -> Table / items -> checked values

Values are taken as they were written (`201` and "201" are the same text, `no` is no false).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Final

import yaml

from appliance.dialogue.authoring.mistakes import Mistake

_LONGEST: Final = 200_000
"""Characters; a dialogue file of a person's hand is far shorter."""
_DEEPEST: Final = 20
_SPAN: Final = re.compile(r"(\d{1,6}(?:\.\d+)?) ?(?:(second|minute|hour|day)s?)?")
_UNITS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_ADVICE: Final = (
    ("mapping values are not allowed", "a text that holds ': ' stands in quotes"),
    ("'\\t'", "lines begin with spaces, never with a tab"),
    ("expected <block end>", "the line does not begin below the ones that it belongs to"),
    ("could not find expected ':'", "a name is followed by ': ' and its value"),
    ("expected ',' or", "within { } and [ ] a text that holds , : { or [ stands in quotes"),
    ("unexpected end of stream", "a quote is not closed"),
    ("cannot start any token", "a text that begins with this sign stands in quotes"),
    ("undefined alias", "a text that begins with * stands in quotes"),
)
"""What YAML complains of, and what its author most likely has to do."""
_TRUE: Final = frozenset({"true", "yes", "on"})
_FALSE: Final = frozenset({"false", "no", "off"})


class Reader:
    """Collects the mistakes of one file while its nodes are read."""

    def __init__(self, file: str, mistakes: list[Mistake]) -> None:
        """Add what is wrong with `file` to `mistakes`."""
        self.file = file
        self._mistakes = mistakes

    def wrong(self, node: yaml.Node | None, field: str, reason: str) -> None:
        """Note a mistake at a node; no node: the whole file."""
        line = _line(node) if node is not None else 0
        self._mistakes.append(Mistake(self.file, line, field, reason))

    def parse(self, text: str) -> Table | None:
        """Return the file's mapping, or None where it has none (and say why)."""
        root = self.root(text)
        return None if root is None else self.table(root, "")

    def root(self, text: str) -> yaml.Node | None:
        """Return the file's outermost node, or None where there is none (and say why)."""
        if len(text) > _LONGEST:
            self.wrong(None, "", f"the file is longer than {_LONGEST} characters")
            return None
        try:
            if not self._plain(text):
                return None
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            problem = error.problem or error.context or "it cannot be read"
            reason = f"this is not YAML: {problem}{_meant(problem)}"
            self._mistakes.append(Mistake(self.file, line, "", reason))
            return None
        except yaml.YAMLError as error:
            reason = f"this is not YAML: {str(error).splitlines()[0]}"
            self._mistakes.append(Mistake(self.file, 1, "", reason))
            return None
        if root is None:
            self.wrong(None, "", "the file is empty")
        return root

    def _plain(self, text: str) -> bool:
        """Return whether `text` has neither aliases nor unreasonable depth."""
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                reason = "anchors and aliases (& and *) are not used here: write the value out"
                self._mistakes.append(Mistake(self.file, _line(event), "", reason))
                return False
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                reason = "this is nested too deeply"
                self._mistakes.append(Mistake(self.file, _line(event), "", reason))
                return False
        return True

    def table(self, node: yaml.Node, field: str) -> Table | None:
        """Return a mapping node as a table, or None and say what it is instead."""
        if isinstance(node, yaml.MappingNode):
            return Table(self, node, field)
        self.wrong(node, field, f"expected names with values (name: value), found {_is(node)}")
        return None

    def text(self, node: yaml.Node, field: str) -> str:
        """Return a scalar node's text on one line, or "" and say what is wrong."""
        if not isinstance(node, yaml.ScalarNode):
            bare = unquoted(node)
            hint = f": a name in braces is written in quotes: {bare}" if bare else ""
            self.wrong(node, field, f"expected a text, found {_is(node)}{hint}")
            return ""
        text = " ".join(node.value.split())
        if not text:
            self.wrong(node, field, "the text is empty")
        return text

    def items(self, node: yaml.Node, field: str) -> list[tuple[yaml.Node, str]]:
        """Return the items of a list node with their fields."""
        if not isinstance(node, yaml.SequenceNode):
            self.wrong(node, field, f"expected a list (lines that begin with -), found {_is(node)}")
            return []
        return [(item, f"{field}[{at}]") for at, item in enumerate(node.value)]

    def texts(self, node: yaml.Node, field: str) -> tuple[str, ...]:
        """Return a list of texts; a single text counts as a list of one."""
        if isinstance(node, yaml.ScalarNode):
            text = self.text(node, field)
            return (text,) if text else ()
        read = [self.text(item, place) for item, place in self.items(node, field)]
        return tuple(text for text in read if text)


class Table:
    """A mapping of the author's; `close` reports the names that nobody asked for."""

    def __init__(self, reader: Reader, node: yaml.MappingNode, field: str) -> None:
        """Read the names of `node`; each may stand once."""
        self.reader, self.node, self.field = reader, node, field
        self._values: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        self._asked: dict[str, None] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                reader.wrong(key, field, "a name must be a plain word")
            elif key.value in self._values:
                reader.wrong(key, self.at(key.value), f"'{key.value}' stands here twice")
            else:
                self._values[key.value] = (key, value)

    def at(self, name: str) -> str:
        """Return the dotted field of a name."""
        return f"{self.field}.{name}" if self.field else name

    def wrong(self, name: str, reason: str) -> None:
        """Note a mistake at a name's line, or at the table's where it is absent."""
        found = self._values.get(name)
        self.reader.wrong(found[0] if found else self.node, self.at(name), reason)

    def get(self, name: str) -> yaml.Node | None:
        """Return the value of a name, or None where it is absent."""
        self._asked[name] = None
        found = self._values.get(name)
        return found[1] if found else None

    def need(self, name: str, what: str) -> yaml.Node | None:
        """Return the value of a name, or None and say that it is missing."""
        node = self.get(name)
        if node is None:
            self.wrong(name, f"{what} is missing: add '{name}:'")
        return node

    def text(self, name: str, default: str = "") -> str:
        """Return an optional text."""
        node = self.get(name)
        return default if node is None else self.reader.text(node, self.at(name))

    def needed_text(self, name: str, what: str) -> str:
        """Return a text that must be there, "" where it is not."""
        node = self.need(name, what)
        return "" if node is None else self.reader.text(node, self.at(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return an optional list of texts."""
        node = self.get(name)
        return () if node is None else self.reader.texts(node, self.at(name))

    def flag(self, name: str, *, default: bool) -> bool:
        """Return an optional yes or no."""
        node = self.get(name)
        if node is None:
            return default
        text = self.reader.text(node, self.at(name)).lower()
        if text not in _TRUE | _FALSE:
            self.wrong(name, f"expected yes or no, found '{text}'")
        return text in _TRUE

    def number(self, name: str, default: float, lowest: float, highest: float) -> float:
        """Return an optional number within bounds."""
        node = self.get(name)
        if node is None:
            return default
        text = self.reader.text(node, self.at(name))
        try:
            value = float(text)
        except ValueError:
            self.wrong(name, f"expected a number, found '{text}'")
            return default
        if not lowest <= value <= highest:
            self.wrong(name, f"expected a number from {lowest:g} to {highest:g}, found {text}")
            return default
        return value

    def table(self, name: str) -> Table | None:
        """Return an optional table."""
        node = self.get(name)
        return None if node is None else self.reader.table(node, self.at(name))

    def whole(self, name: str, default: int, lowest: int, highest: int) -> int:
        """Return an optional whole number within bounds."""
        value = self.number(name, default, lowest, highest)
        if value != int(value):
            self.wrong(name, f"expected a whole number, found {value:g}")
            return default
        return int(value)

    def seconds(self, name: str, default: float, lowest: float, highest: float) -> float:
        """Return an optional span of time: "90", "90 seconds", "15 minutes", "1 hour"."""
        node = self.get(name)
        if node is None:
            return default
        text = self.reader.text(node, self.at(name))
        found = _SPAN.fullmatch(text)
        if found is None:
            self.wrong(name, f"'{text}' is no span of time: write 90 seconds or 15 minutes")
            return default
        value = float(found[1]) * _UNITS[found[2] or "second"]
        if not lowest <= value <= highest:
            reason = f"expected {lowest:g} to {highest:g} seconds, found {value:g}"
            self.wrong(name, reason)
            return default
        return value

    def one_of(self, name: str, options: Iterable[str], default: str = "") -> str:
        """Return an optional text that is one of `options`."""
        text = self.text(name, default)
        known = tuple(options)
        if text and text != default and text not in known:
            hint = near(text, known) or f"write {' or '.join(known)}"
            self.wrong(name, f"'{text}' is not known: {hint}")
            return default
        return text

    def has(self, name: str) -> bool:
        """Return whether a name stands here; it does not count as asked for."""
        return name in self._values

    def peek(self, path: str) -> str:
        """Return the text at a dotted path, "" where there is none; nothing is reported."""
        node: yaml.Node | None = self.node
        for name in path.split("."):
            pairs = node.value if isinstance(node, yaml.MappingNode) else []
            node = next((value for key, value in pairs if key.value == name), None)
        return " ".join(node.value.split()) if isinstance(node, yaml.ScalarNode) else ""

    def rows(self) -> Iterator[tuple[str, yaml.Node, str]]:
        """Yield every name with its value and field, as a table of free names."""
        for name, (_, value) in self._values.items():
            self._asked[name] = None
            yield name, value, self.at(name)

    def close(self) -> None:
        """Note every name that was not asked for, with the nearest that exists."""
        for name in self._values:
            if name not in self._asked:
                known = f"use one of: {', '.join(sorted(self._asked))}"
                self.wrong(name, f"'{name}' is not known here; {near(name, self._asked) or known}")


def unquoted(node: yaml.Node) -> str:
    """Return what was meant by {name} without quotes, which is a table to YAML; "" for others."""
    if not isinstance(node, yaml.MappingNode) or not node.flow_style or len(node.value) != 1:
        return ""
    key, value = node.value[0]
    empty = isinstance(value, yaml.ScalarNode) and value.style is None and not value.value
    return f'"{{{key.value}}}"' if empty and isinstance(key, yaml.ScalarNode) else ""


def near(name: str, known: Iterable[str]) -> str:
    """Return "did you mean '...'?" for the nearest known name, or ""."""
    found = difflib.get_close_matches(name, list(known), 1)
    return f"did you mean '{found[0]}'?" if found else ""


def _meant(problem: str) -> str:
    """Return ": what to do" about a complaint of YAML's, or ""."""
    found = next((advice for part, advice in _ADVICE if part in problem), "")
    return f": {found}" if found else ""


def _line(marked: yaml.Node | yaml.Event) -> int:
    return marked.start_mark.line + 1 if marked.start_mark else 1


def _is(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "names with values"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return f"'{node.value}'" if node.value else "nothing"
