"""Words sorted into kinds, so that dates and times are found by patterns of one letter each.

    "half past three on tuesday"  ->  h p N - W  ->  patterns of times see "hpN", of dates "W"

A language is a table from phrase to (letter, value); numbers ("N", "O" for ordinals) come from the
language's own module. What is in no table is "-": it ends every pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from appliance.dialogue.slots import numbers
from appliance.dialogue.text import likeness

Table = Mapping[str, tuple[str, int]]
_DATE: Final = re.compile(r"\d{4}/\d{1,2}/\d{1,2}|\d{1,2}[./]\d{1,2}(?:[./](?:\d{4}|\d{2}))?")
_CLOCK: Final = re.compile(r"(\d{1,2})[:.](\d{2})(?::\d{2})?(?:am|pm|a|p|h|hrs?|uhr|ish)?")
_HOUR: Final = re.compile(r"(\d{1,2})(?:am|pm|uhr|hrs?|h|ish)")
_LONGEST: Final = 4
_LEAST: Final = 0.76
"""Likeness from which a long word is a misheard one of the table."""


@dataclass(frozen=True, slots=True)
class Item:
    """One word or phrase."""

    letter: str
    value: int
    first: int
    end: int
    sure: float = 1.0
    text: str = ""


class Lexer:
    """Sorts the words of one language."""

    def __init__(
        self, table: Table, language: str, misheard: str = "", *, clock: bool = False
    ) -> None:
        """`misheard` are the letters whose words may be misheard.

        `clock`: "5.30" is a time, else a date.
        """
        self._table = {tuple(phrase.split()): item for phrase, item in table.items()}
        self._language = language
        self._clock = clock
        self._long = {
            phrase: item
            for phrase, item in table.items()
            if item[0] in misheard and len(phrase) >= 6 and " " not in phrase
        }
        self._starts = {phrase[0] for phrase in self._table}

    def items(self, said: Sequence[str]) -> list[Item]:
        """Return every word of `said` in one item, in their order."""
        return list(self._items(said))

    def _items(self, said: Sequence[str]) -> Iterator[Item]:
        at = 0
        while at < len(said):
            item = (
                self._phrase(said, at)
                or _figures(said[at], at, clock=self._clock)
                or self._number(said, at)
                or self._alike(said[at], at)
                or Item("-", 0, at, at + 1, text=said[at])
            )
            yield item
            at = item.end

    def _phrase(self, said: Sequence[str], at: int) -> Item | None:
        if said[at] not in self._starts:
            return None
        for size in range(min(_LONGEST, len(said) - at), 0, -1):
            found = self._table.get(tuple(said[at : at + size]))
            if found:
                return Item(found[0], found[1], at, at + size)
        return None

    def _number(self, said: Sequence[str], at: int) -> Item | None:
        for letter, read in (("O", numbers.ordinal), ("N", numbers.cardinal)):
            found = read(said, at, self._language)
            if found is not None and numbers.whole(found.value):
                if letter == "N" and "and" in said[at : found.end] and found.value < 1000:
                    continue
                return Item(letter, int(found.value), at, found.end)
        return None

    def _alike(self, word: str, at: int) -> Item | None:
        if len(word) < 5:
            return None
        best, score = None, _LEAST
        for phrase, item in self._long.items():
            if abs(len(phrase) - len(word)) <= 2 and (like := likeness(word, phrase)) >= score:
                best, score = item, like
        return best and Item(best[0], best[1], at, at + 1, score)


def _figures(word: str, at: int, *, clock: bool) -> Item | None:
    if not word[0].isdecimal() or word.isdecimal():
        return None
    date = _DATE.fullmatch(word)
    if date and not clock:
        return Item("D", 0, at, at + 1, text=word)
    found = _CLOCK.fullmatch(word) or _HOUR.fullmatch(word)
    if found is None or not clock:
        return None
    hour = int(found[1])
    minute = int(found[2]) if found.re is _CLOCK else 0
    if hour > 24 or minute > 59:
        return None
    return Item("C", hour * 60 + minute, at, at + 1, text=word)


def letters(items: Sequence[Item]) -> str:
    """Return the letters of items in one text, to look for patterns in."""
    return "".join(item.letter for item in items)


def kept(items: Sequence[Item]) -> list[Item]:
    """Return the items without the filling ("the", "of")."""
    return [item for item in items if item.letter != "."]
