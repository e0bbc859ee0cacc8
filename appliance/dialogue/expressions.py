"""The small language of conditions and computed values; it can read, compare and reckon.

    text -> tokens -> tree (checked while it is read) -> evaluate(values, now)

    or  and  not  == != < <= > >= in  + -  * / %  -x  f(x)  (x)
    name.name  12.5  'text'  yes  no  none  today  now

There is no loop, no assignment and no way to anything that was not handed in. What cannot be
reckoned (a name without a value, a text times a text) is `none`: a conversation goes on.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from appliance.dialogue.values import Json, look_up, number, text, truth

LONGEST: Final = 400
"""Characters of an expression."""
DEEPEST: Final = 20
"""Brackets and signs within each other."""
_LONGEST_TEXT: Final = 4000
"""Characters that a reckoned text is cut off at."""
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>'[^']*'|\"[^\"]*\")"
    r"|(?P<name>[A-Za-z_]\w*(?:\.\w+)*)|(?P<sign>==|!=|<=|>=|[-+*/%<>(),=])|(?P<wrong>\S))"
)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?![^T ])", re.ASCII)
_CONSTANTS: Final[Mapping[str, Json]] = {
    "yes": "yes", "no": "no", "true": "yes", "false": "no", "none": None,
}  # fmt: skip
_ROWS: Final = (("or",), ("and",), ("==", "!=", "<", "<=", ">", ">=", "in"), ("+", "-"),
                ("*", "/", "%"))  # fmt: skip
"""Signs between two values, the loosest first."""


class ExpressionError(ValueError):
    """An expression that cannot be read, in words that say where."""


@dataclass(frozen=True, slots=True)
class _Scope:
    values: Mapping[str, Json]
    now: datetime


_Tree = Callable[[_Scope], Json]


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition or value, read once and evaluated often; equal where the text is."""

    source: str
    names: frozenset[str] = field(compare=False)
    """The dotted names that it reads, `today` and `now` left out."""
    comparisons: frozenset[tuple[str, str]] = field(compare=False)
    """Each name that is held against a fixed value by == or !=, and the value as text."""
    _tree: _Tree = field(compare=False, repr=False)

    @classmethod
    def parse(cls, source: str) -> Expression:
        """Read an expression. Raises ExpressionError with a sentence for its author."""
        if len(source) > LONGEST:
            raise ExpressionError(f"this is longer than {LONGEST} characters: use `set` steps")
        parser = _Parser(source)
        tree = parser.whole()
        return cls(source, frozenset(parser.names), frozenset(parser.comparisons), tree)

    def evaluate(self, values: Mapping[str, Json], now: datetime) -> Json:
        """Return its value; `now` is the site's wall time."""
        return self._tree(_Scope(values, now))

    def holds(self, values: Mapping[str, Json], now: datetime) -> bool:
        """Return whether its value counts as there."""
        return truth(self.evaluate(values, now))


class _Parser:
    """Descends through the rows of signs; every method returns a tree."""

    def __init__(self, source: str) -> None:
        self.names: set[str] = set()
        self.comparisons: set[tuple[str, str]] = set()
        self._source = source
        self._tokens: list[tuple[str, str]] = []
        for found in _TOKEN.finditer(source):
            kind = str(found.lastgroup)
            if kind == "wrong" and found[kind] in "'\"":
                raise ExpressionError(f"a quote is not closed in '{source}'")
            if kind == "wrong":
                raise ExpressionError(f"'{found[kind]}' has no meaning in '{source}'")
            self._tokens.append((kind, found[kind]))
        self._at = 0
        self._depth = 0

    def whole(self) -> _Tree:
        tree = self._row(0)
        if self._at < len(self._tokens):
            raise ExpressionError(
                f"'{self._peek()}' is not expected in '{self._source}'{self._hint()}"
            )
        return tree

    def _hint(self) -> str:
        return ": write == to compare" if self._peek() == "=" else ""

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _take(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise ExpressionError(f"'{self._source}' ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExpressionError("this is nested too deeply: use `set` steps")

    def _row(self, row: int) -> _Tree:
        if row == len(_ROWS):
            return self._single()
        start = self._at
        left = self._row(row + 1)
        while self._peek() in _ROWS[row] and self._tokens[self._at][0] != "text":
            between = self._at
            _, sign = self._take()
            left = _joined(sign, left, self._row(row + 1))
            if sign in {"==", "!="}:
                self._compared(start, between)
        return left

    def _compared(self, start: int, between: int) -> None:
        """Note a comparison of one name with one fixed text or truth."""
        sides = self._tokens[start:between], self._tokens[between + 1 : self._at]
        if not all(len(side) == 1 for side in sides):
            return
        (kind, word), (other_kind, other) = sides[0][0], sides[1][0]
        if word in _CONSTANTS or kind != "name":
            (kind, word), (other_kind, other) = (other_kind, other), (kind, word)
        if kind != "name" or word in _CONSTANTS:
            return
        if other_kind == "text":
            self.comparisons.add((word, other[1:-1]))
        elif other_kind == "number" or other in _CONSTANTS:
            constant = _CONSTANTS.get(other, other)
            self.comparisons.add((word, text(constant)))

    def _single(self) -> _Tree:
        kind, word = self._take()
        if kind == "number":
            value: Json = float(word) if "." in word else int(word)
            return lambda _scope: value
        if kind == "text":
            return lambda _scope: word[1:-1]
        if kind == "name":
            return self._named(word)
        if word == "(":
            self._deeper()
            tree = self._row(0)
            self._close(")")
            self._depth -= 1
            return tree
        if word == "-":
            self._deeper()
            inner = self._single()
            self._depth -= 1
            return lambda scope: _minus(inner(scope))
        raise ExpressionError(
            f"'{word}' stands where a value should in '{self._source}'{self._hint()}"
        )

    def _named(self, word: str) -> _Tree:
        if word == "not":
            self._deeper()
            inner = self._row(2)
            self._depth -= 1
            return lambda scope: "no" if truth(inner(scope)) else "yes"
        if self._peek() == "(" and word in FUNCTIONS:
            return self._called(word)
        if self._peek() == "(":
            raise ExpressionError(f"there is no '{word}(...)'; there are {', '.join(FUNCTIONS)}")
        if word in _CONSTANTS:
            constant = _CONSTANTS[word]
            return lambda _scope: constant
        if word == "today":
            return lambda scope: scope.now.date().isoformat()
        if word == "now":
            return lambda scope: scope.now.strftime("%H:%M")
        if word in {"or", "and", "in"}:
            raise ExpressionError(f"'{word}' stands where a value should in '{self._source}'")
        self.names.add(word)
        return lambda scope: look_up(scope.values, word)

    def _called(self, word: str) -> _Tree:
        least, most, function = FUNCTIONS[word]
        self._deeper()
        self._take()
        given: list[_Tree] = []
        while self._peek() != ")":
            given.append(self._row(0))
            if self._peek() != ")":
                self._close(",")
        self._close(")")
        self._depth -= 1
        if not least <= len(given) <= most:
            raise ExpressionError(f"'{word}' takes {least} to {most} values, not {len(given)}")
        return lambda scope: function(scope.now, [tree(scope) for tree in given])

    def _close(self, sign: str) -> None:
        if self._take()[1] != sign:
            raise ExpressionError(f"'{sign}' is missing in '{self._source}'")


def _joined(sign: str, left: _Tree, right: _Tree) -> _Tree:
    if sign == "or":
        return lambda scope: _first(left(scope), lambda: right(scope))
    if sign == "and":
        return lambda scope: right(scope) if truth(value := left(scope)) else value
    return lambda scope: _SIGNS[sign](left(scope), right(scope))


def _first(value: Json, other: Callable[[], Json]) -> Json:
    return value if truth(value) else other()


def _said(holds: bool) -> Json:
    return "yes" if holds else "no"


def _equal(one: Json, other: Json) -> bool:
    """Numbers as numbers ("7" is 7), truths as "yes" and "no", all else as text, absent as ''."""
    first, second = number(one), number(other)
    if first is not None and second is not None and not (_code(one) and _code(other)):
        return first == second
    return text(one).casefold() == text(other).casefold()


def _code(value: Json) -> bool:
    """Whether a value is a text: '007' and '7' are two customers."""
    return isinstance(value, str)


def _less(one: Json, other: Json, *, also: bool) -> Json:
    first, second = number(one), number(other)
    if first is not None and second is not None:
        return _said(first < second or (also and first == second))
    if one is None or other is None:
        return "no"
    return _said(text(one) < text(other) or (also and text(one) == text(other)))


def _within(one: Json, many: Json) -> Json:
    if isinstance(many, str):
        return _said(bool(text(one)) and text(one).casefold() in many.casefold())
    if isinstance(many, Sequence):
        return _said(any(_equal(one, each) for each in many))
    return _said(isinstance(many, Mapping) and text(one) in many)


def _plus(one: Json, other: Json) -> Json:
    day, days = _day(one), number(other)
    if day is not None and days is not None:
        return _later(day, days)
    first, second = number(one), number(other)
    if first is not None and second is not None:
        return _whole(first + second)
    return f"{text(one)}{text(other)}"[:_LONGEST_TEXT]


def _less_by(one: Json, other: Json) -> Json:
    day, before, days = _day(one), _day(other), number(other)
    if day is not None and before is not None:
        return (day - before).days
    if day is not None and days is not None:
        return _later(day, -days)
    return _reckoned(one, other, lambda a, b: a - b)


def _reckoned(one: Json, other: Json, how: Callable[[float, float], float]) -> Json:
    first, second = number(one), number(other)
    if first is None or second is None:
        return None
    try:
        return _whole(how(first, second))
    except ArithmeticError:
        return None


def _whole(value: float) -> Json:
    if not math.isfinite(value):
        return None
    return int(value) if value == int(value) else value


def _minus(value: Json) -> Json:
    found = number(value)
    return None if found is None else _whole(-found)


def _day(value: Json) -> date | None:
    """Return the day of "2026-12-01" or "2026-12-01T15:30"; "20261201" is a number."""
    if not isinstance(value, str) or not _DAY.match(value):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def _later(day: date, days: float) -> Json:
    try:
        return (day + timedelta(days=int(days))).isoformat()
    except OverflowError:
        return None


_SIGNS: Final[Mapping[str, Callable[[Json, Json], Json]]] = {
    "==": lambda a, b: _said(_equal(a, b)),
    "!=": lambda a, b: _said(not _equal(a, b)),
    "<": lambda a, b: _less(a, b, also=False),
    "<=": lambda a, b: _less(a, b, also=True),
    ">": lambda a, b: _less(b, a, also=False),
    ">=": lambda a, b: _less(b, a, also=True),
    "in": _within,
    "+": _plus,
    "-": _less_by,
    "*": lambda a, b: _reckoned(a, b, lambda x, y: x * y),
    "/": lambda a, b: _reckoned(a, b, lambda x, y: x / y),
    "%": lambda a, b: _reckoned(a, b, lambda x, y: x % y),
}


def _length(_now: datetime, given: Sequence[Json]) -> Json:
    value = given[0]
    return len(value) if isinstance(value, Sequence | Mapping) else len(text(value))


def _rounded(_now: datetime, given: Sequence[Json]) -> Json:
    value = number(given[0])
    places = int(number(given[1]) or 0) if len(given) > 1 else 0
    return None if value is None else _whole(round(value, max(0, min(places, 6))))


def _extreme(pick: Callable[[list[float]], float]) -> Callable[[datetime, Sequence[Json]], Json]:
    def chosen(_now: datetime, given: Sequence[Json]) -> Json:
        found = [value for each in given if (value := number(each)) is not None]
        return _whole(pick(found)) if found else None

    return chosen


FUNCTIONS: Final[Mapping[str, tuple[int, int, Callable[[datetime, Sequence[Json]], Json]]]] = {
    "length": (1, 1, _length),
    "lower": (1, 1, lambda _now, given: text(given[0]).lower()),
    "upper": (1, 1, lambda _now, given: text(given[0]).upper()),
    "digits": (1, 1, lambda _now, given: re.sub(r"\D", "", text(given[0]))),
    "number": (1, 1, lambda _now, given: number(given[0])),
    "text": (1, 1, lambda _now, given: text(given[0])),
    "last": (2, 2, lambda _now, given: text(given[0])[-max(1, int(number(given[1]) or 1)) :]),
    "first": (2, 2, lambda _now, given: text(given[0])[: max(0, int(number(given[1]) or 0))]),
    "round": (1, 2, _rounded),
    "least": (1, 8, _extreme(min)),
    "most": (1, 8, _extreme(max)),
    "weekday": (1, 1, lambda _now, given: day.isoweekday() if (day := _day(given[0])) else None),
}
"""Name: fewest and most values, and what it does. `weekday` is 1 for Monday to 7 for Sunday."""
