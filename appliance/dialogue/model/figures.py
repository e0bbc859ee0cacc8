"""The numbers of a text, however they are written or said, so that invented ones are noticed.

    "from nine to half past five, 0900 12 34"  ─►  runs ("9",) ("5",) ("0900", "12", "34")

A run is what stands next to each other with nothing but signs between: a telephone number in
groups, digit by digit or in pairs is one run, and all its joined forms are equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Final

from appliance.dialogue.slots import numbers_de, numbers_en
from appliance.dialogue.slots.numerals import Tight, plain
from appliance.dialogue.text import words

_TOKEN: Final = re.compile(
    r"(?<![\d.,:])(?:\d{1,2}:\d\d|\d{1,3}(?:[.,]\d{3})+|\d+[.,]\d{1,2})(?![\d:]|[.,]\d)"
    r"|\d+|[^\W\d_]+(?:'[^\W\d_]+)*"
)
"""A time, thousands, a decimal number; figures; a word."""
_ZERO: Final = frozenset({"oh", "o"})
_TIMES: Final = {"double": 2, "triple": 3, "doppel": 2, "dreifach": 3, "zweimal": 2, "dreimal": 3}
_ALONE: Final = frozenset(words("one a an ein eins eine einen einem einer eines ones"))
"""Number words that mostly are none where no other stands beside them."""
_BETWEEN: Final = frozenset(words("and und point komma comma dot minus dash strich"))
_JOINED: Final = 24
"""Most parts of a run that are joined."""


def runs(text: str, language: str = "en") -> tuple[tuple[str, ...], ...]:
    """Return the runs of numbers of a text, each as its parts in figures."""
    return tuple(dict.fromkeys(_runs(text, language)))


def _runs(text: str, language: str) -> Iterator[tuple[str, ...]]:
    said = _TOKEN.findall(text.lower())
    # Read in every way that a long number is said: "two hundred five" may be 205, or 200 and 5.
    for tight in (Tight.JOINED, Tight.GROUPS, Tight.SINGLE):
        yield from _read(said, language, tight)


def _read(said: list[str], language: str, tight: Tight) -> Iterator[tuple[str, ...]]:
    numbers = numbers_de if language.startswith("de") else numbers_en
    run: list[str] = []
    lone: list[str] = []
    at, times = 0, 1
    while at <= len(said):
        word = said[at] if at < len(said) else ""
        if word[:1].isdecimal():
            run += [*lone, *[_figure(word)] * times]
            lone, at, times = [], at + 1, 1
            continue
        found = numbers.cardinal(said, at, tight) if word else None
        if found is not None:
            parts = [plain(abs(found.value))]
            if word in _ALONE and found.end == at + 1 and not run and not lone:
                lone = parts * times
            else:
                run += [*lone, *parts * times]
                lone = []
            at, times = found.end, 1
            continue
        if word in _ZERO and (run or lone or _number_follows(said, at + 1, numbers)):
            run, lone = [*run, *lone, "0"], []
        elif word in _TIMES:
            times = _TIMES[word]
        elif word not in _BETWEEN:
            if run:
                yield tuple(run)
            run, lone, times = [], [], 1
        at += 1


def _number_follows(said: list[str], at: int, numbers: ModuleType) -> bool:
    """Return whether the next word is a number: then "oh" is a zero and not a sigh."""
    word = said[at] if at < len(said) else ""
    return (
        word[:1].isdecimal()
        or word in _ZERO
        or (word not in _ALONE and numbers.cardinal(said, at, Tight.SINGLE) is not None)
    )


def _figure(word: str) -> str:
    """Return figures in one form: "2,50" and "2.5" are the same, so are "1.500" and "1500"."""
    if ":" in word or word.isdecimal():
        return word.removesuffix(":00")
    whole, _, rest = word.replace(",", ".").rpartition(".")
    if len(rest) == 3:
        return word.replace(",", "").replace(".", "")
    return f"{whole}.{rest}".rstrip("0").rstrip(".")


def joined(text: str, language: str = "en") -> frozenset[str]:
    """Return every number that a text holds, its runs joined in all ways: what may be repeated."""
    held: set[str] = set()
    for run in runs(text, language):
        for first in range(len(run)):
            for end in range(first + 1, min(len(run), first + _JOINED) + 1):
                held.add("".join(run[first:end]))
        # "17:30" is said "seventeen thirty" too.
        held.update(part.replace(":", "") for part in run)
    return frozenset(held)


def invented(text: str, allowed: Iterable[str], language: str = "en") -> bool:
    """Return whether a text holds a number that is not among the `allowed` (`joined`) ones.

    A text is read in several ways; it is enough that one of them is allowed throughout.
    """
    held = frozenset(allowed)
    said = _TOKEN.findall(text.lower())
    return not any(
        all("".join(run) in held for run in _read(said, language, tight))
        for tight in (Tight.JOINED, Tight.GROUPS, Tight.SINGLE)
    )


def digits(text: str, language: str = "en") -> frozenset[str]:
    """Return the digits of a text in the ways it may be read, all its numbers joined."""
    return frozenset(
        _digits("".join("".join(run) for run in _read(said, language, tight)))
        for said in (_TOKEN.findall(text.lower()),)
        for tight in (Tight.JOINED, Tight.GROUPS, Tight.SINGLE)
    ) | {_digits(text)}


def wholes(text: str, language: str = "en") -> frozenset[str]:
    """Return the digits of each number of a text as a whole, and those of all of them."""
    single = {_digits("".join(run)) for run in runs(text, language)}
    return digits(text, language) | single


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
