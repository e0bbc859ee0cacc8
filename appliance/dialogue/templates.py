"""Example templates: `[maybe]`, `(one|other)`, `{slot}`, expanded in a fixed order."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

_MARK: Final = re.compile(r"[\[\]()|]|\{[^{}]*\}|[^\[\]()|{}]+|[{}]")
HOLE: Final = re.compile(r"\{(\w+)\}")
"""A slot or fact in a sentence."""
MOST: Final = 400
"""Sentences that one template may stand for."""


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
