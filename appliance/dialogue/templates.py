"""Example templates: `[maybe]`, `(one|other)`, `{slot}`, expanded in a fixed order.

Before they are expanded: `<rule>` stands for a named part, `[four five](reading)` for a slot.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_MARK: Final = re.compile(r"[\[\]()|]|\{[^{}]*\}|[^\[\]()|{}]+|[{}]")
HOLE: Final = re.compile(r"\{(\w+(?:\.\w+)*)\}")
"""A slot, variable or fact in a sentence, or a column of one: `{name}`, `{name.column}`."""
NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
"""How authors name slots, variables, lists and the like."""
_RULE: Final = re.compile(r"<([^<>]*)>")
_NAMED: Final = re.compile(r"\[([^\[\]()|{}<>]*)\]\((\w+)\)")
_DEEPEST: Final = 8
"""Rules within rules."""
MOST: Final = 400
"""Sentences that one template may stand for."""
_LONGEST: Final = 4000
"""Characters of a template with its rules in place."""


class TemplateError(ValueError):
    """A template whose brackets do not match, in words."""


@dataclass(frozen=True, slots=True)
class _Text:
    text: str


@dataclass(frozen=True, slots=True)
class _Choice:
    options: tuple[tuple[_Text | _Choice, ...], ...]


def holes(text: str) -> tuple[str, ...]:
    """Return the names in braces, in order."""
    return tuple(HOLE.findall(text))


def fill(text: str, value: Callable[[str], str]) -> str:
    """Return `text` with every `{name}` replaced by `value(name)`."""
    return HOLE.sub(lambda found: value(found[1]), text)


def annotated(template: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return `template` with `[four five](reading)` written `{reading}`, and (slot, text) of each.

    This is how Rasa writes examples. An optional part directly before one single word in round
    brackets means nothing else.
    """
    found = tuple((slot, " ".join(text.split())) for text, slot in _NAMED.findall(template))
    return _NAMED.sub(r"{\2}", template), found


def inline(template: str, rules: Mapping[str, str]) -> str:
    """Return `template` with every `<name>` replaced by the rule of that name, in brackets.

    Raises TemplateError for a rule that does not exist, or that holds itself.
    """
    return _inlined(template, rules, ())


def _inlined(template: str, rules: Mapping[str, str], within: tuple[str, ...]) -> str:
    def rule(found: re.Match[str]) -> str:
        name = found[1].strip()
        if name not in rules:
            near = difflib.get_close_matches(name, list(rules), 1)
            hint = f"did you mean '<{near[0]}>'?" if near else "declare it under 'rules:'"
            raise TemplateError(f"there is no rule '<{name}>'; {hint}")
        if name in within:
            raise TemplateError(f"the rule '<{name}>' holds itself")
        if len(within) >= _DEEPEST:
            raise TemplateError(f"rules are nested more than {_DEEPEST} deep at '<{name}>'")
        return f"({_inlined(rules[name], rules, (*within, name))})"

    text = _RULE.sub(rule, template)
    if len(text) > _LONGEST:
        raise TemplateError(f"this becomes longer than {_LONGEST} characters: divide it")
    return text


def expand(template: str, most: int = MOST) -> list[str]:
    """Return the sentences a template stands for, holes kept, the shortest reading first.

    Raises TemplateError where brackets do not match or more than MOST sentences would result.
    """
    marks = _MARK.findall(template)
    parts, at = _sequence(marks, 0, "")
    if at != len(marks):
        raise TemplateError(f"'{marks[at]}' in \"{template}\" closes nothing")
    if _count(parts) > MOST:
        raise TemplateError(f'"{template}" stands for more than {MOST} sentences: divide it')
    sentences = (" ".join(words.split()) for words in _texts(parts))
    return list(itertools.islice(dict.fromkeys(s for s in sentences if s), most))


def _sequence(marks: list[str], at: int, closing: str) -> tuple[tuple[_Text | _Choice, ...], int]:
    """Read up to `closing` or a bar; return the parts and the place of what stopped it."""
    parts: list[_Text | _Choice] = []
    while at < len(marks):
        mark = marks[at]
        if mark in {"[", "("}:
            end = "]" if mark == "[" else ")"
            options: list[tuple[_Text | _Choice, ...]] = [()] if mark == "[" else []
            while True:
                option, at = _sequence(marks, at + 1, end)
                options.append(option)
                if at >= len(marks):
                    raise TemplateError(f"'{mark}' is not closed by '{end}'")
                if marks[at] == end:
                    break
            parts.append(_Choice(tuple(options)))
        elif mark in {"]", ")", "|"}:
            if mark == closing or (mark == "|" and closing):
                return tuple(parts), at
            raise TemplateError(f"'{mark}' stands where nothing is open")
        elif mark in {"{", "}"} or (mark[0] == "{" and not HOLE.fullmatch(mark)):
            raise TemplateError("a slot is written {name}, in letters, digits and _")
        else:
            parts.append(_Text(mark))
        at += 1
    return tuple(parts), at


def _count(parts: tuple[_Text | _Choice, ...]) -> int:
    total = 1
    for part in parts:
        if isinstance(part, _Choice):
            total *= sum(_count(option) for option in part.options)
    return total


def _texts(parts: tuple[_Text | _Choice, ...]) -> Iterator[str]:
    if not parts:
        yield ""
        return
    first, rest = parts[0], parts[1:]
    heads = [first.text] if isinstance(first, _Text) else _options(first)
    for head in heads:
        for tail in _texts(rest):
            yield f"{head} {tail}" if isinstance(first, _Choice) else f"{head}{tail}"


def _options(choice: _Choice) -> list[str]:
    return [text for option in choice.options for text in _texts(option)]
