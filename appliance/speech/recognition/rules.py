"""Grammars of answers: a notation for them, and the automaton over words that it stands for.

    "<hour> [o'clock] | half past <hour>"  ─►  states with a way on for each word

Words stand as they are said; `a | b` is either, `[a]` may be left out, `( )` groups, `<name>` is
another rule, and words in `{ }` may be said but are not part of the answer ("{um} at {please}").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_PARTS: Final = re.compile(r"[|()\[\]{}]|<[^<>\s]+>|[^|()\[\]{}<>\s]+")


class RuleError(ValueError):
    """A rule that is not in the notation."""


@dataclass(frozen=True, slots=True)
class Said:
    """A word of an answer."""

    word: str
    told: bool = True
    """Whether it is part of the answer that is reported."""


@dataclass(frozen=True, slots=True)
class Automaton:
    """A grammar as states; the first is where an answer begins."""

    ways: tuple[Mapping[Said, int], ...]
    """Of each state: the words that may follow, and where they lead."""
    ends: frozenset[int]
    """States in which an answer may be over."""

    def after(self, words: Iterable[Said]) -> int | None:
        """Return the state after `words`; None where they are no beginning of an answer."""
        state = 0
        for word in words:
            following = self.ways[state].get(word)
            if following is None:
                return None
            state = following
        return state


def automaton(rules: Mapping[str, str], start: str) -> Automaton:
    """Return the automaton of the rule called `start`, with one way on for each word.

    Raises RuleError where a rule is not in the notation, unknown, or refers to itself.
    """
    net = _Net(rules)
    first = net.state()
    last = net.rule(start, first, ())
    return _determined(net, first, last)


class _Net:
    """Thompson's construction: states joined by words and by steps without a word."""

    def __init__(self, rules: Mapping[str, str]) -> None:
        self._rules = rules
        self.words: list[list[tuple[Said, int]]] = []
        self.steps: list[list[int]] = []

    def state(self) -> int:
        self.words.append([])
        self.steps.append([])
        return len(self.words) - 1

    def rule(self, name: str, begin: int, above: tuple[str, ...], *, told: bool = True) -> int:
        """Add a rule behind `begin`; return its end."""
        if name in above:
            raise RuleError(f"the rule '{name}' refers to itself")
        if name not in self._rules:
            raise RuleError(f"there is no rule '{name}'")
        parts = iter(_PARTS.findall(self._rules[name]))
        return self._choice(parts, begin, "", (*above, name), told=told)

    def _choice(
        self, parts: Iterator[str], begin: int, close: str, above: tuple[str, ...], *, told: bool
    ) -> int:
        """Read up to `close` (the end where empty)."""
        end = self.state()
        at = self._branch(begin)
        for part in parts:
            if part == close:
                break
            if part == "|":
                self.steps[at].append(end)
                at = self._branch(begin)
            else:
                at = self._item(part, parts, at, above, told=told)
        else:
            if close:
                raise RuleError(f"the rule '{above[-1]}' lacks a '{close}'")
        self.steps[at].append(end)
        return end

    def _branch(self, begin: int) -> int:
        state = self.state()
        self.steps[begin].append(state)
        return state

    def _item(
        self, part: str, parts: Iterator[str], at: int, above: tuple[str, ...], *, told: bool
    ) -> int:
        if part == "(":
            return self._choice(parts, at, ")", above, told=told)
        if part == "{":
            return self._choice(parts, at, "}", above, told=False)
        if part == "[":
            end = self._choice(parts, at, "]", above, told=told)
            self.steps[at].append(end)
            return end
        if part in ")]}":
            raise RuleError(f"the rule '{above[-1]}' has a '{part}' too many")
        if part.startswith("<"):
            return self.rule(part[1:-1], at, above, told=told)
        end = self.state()
        self.words[at].append((Said(part, told), end))
        return end


def _determined(net: _Net, first: int, last: int) -> Automaton:
    """Return the subset construction of a net (Rabin and Scott 1959)."""

    def reach(states: Iterable[int]) -> frozenset[int]:
        found, open_ = set(states), list(states)
        while open_:
            for following in net.steps[open_.pop()]:
                if following not in found:
                    found.add(following)
                    open_.append(following)
        # Only states that words leave, and the last, tell subsets apart.
        return frozenset(state for state in found if net.words[state] or state == last)

    numbers: dict[frozenset[int], int] = {reach([first]): 0}
    ways: list[dict[Said, int]] = []
    for subset in _growing(numbers):
        leads: dict[Said, set[int]] = {}
        for state in subset:
            for word, target in net.words[state]:
                leads.setdefault(word, set()).add(target)
        ways.append(
            {
                word: numbers.setdefault(reach(targets), len(numbers))
                for word, targets in leads.items()
            }
        )
    ends = frozenset(number for subset, number in numbers.items() if last in subset)
    return Automaton(tuple(ways), ends)


def _growing(numbers: Mapping[frozenset[int], int]) -> Iterator[frozenset[int]]:
    """Yield the keys of a mapping in order while it grows."""
    at = 0
    listed: list[frozenset[int]] = []
    while at < len(numbers):
        if at == len(listed):
            listed = list(numbers)
        yield listed[at]
        at += 1
