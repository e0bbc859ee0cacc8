"""German numbers in words, whole or split by the recogniser: "ein und zwanzig", "zwo komma fünf".

Words are cut into their parts ("drei hundert fünf zehn" are "drei", "hundert", "fünfzehn"), so that
it does not matter where the recogniser has put its spaces.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final

from appliance.dialogue.slots.numerals import Number, Tight, written
from appliance.dialogue.text import words

_UNITS: Final = {
    "ein": 1, "eins": 1, "eine": 1, "einen": 1, "einem": 1, "einer": 1, "zwei": 2, "zwo": 2,
    "drei": 3, "vier": 4, "fünf": 5, "fuenf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9,
}  # fmt: skip
_TEENS: Final = {
    **{name: value for value, name in enumerate(words(
        "zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn"), 10)},
    "zwoelf": 12, "fuenfzehn": 15,
}  # fmt: skip
_TENS: Final = {
    "zwanzig": 20, "dreißig": 30, "dreissig": 30, "vierzig": 40, "fünfzig": 50, "fuenfzig": 50,
    "sechzig": 60, "siebzig": 70, "achtzig": 80, "neunzig": 90,
}  # fmt: skip
_SCALES: Final = {
    "tausend": 1000, "million": 1_000_000, "millionen": 1_000_000,
    "milliarde": 1_000_000_000, "milliarden": 1_000_000_000,
}  # fmt: skip
_JOINTS: Final = ("und", "hundert", "null", "einhalb")
_ARTICLES: Final = frozenset({"ein", "eine", "einen", "einem", "einer"})
_PART: Final = re.compile(
    "|".join(sorted([*_UNITS, *_TEENS, *_TENS, *_SCALES, *_JOINTS], key=len, reverse=True))
)
_ORDINAL_ROOTS: Final = {
    "erst": 1, "zweit": 2, "zwot": 2, "dritt": 3, "viert": 4, "fünft": 5, "sechst": 6,
    "siebt": 7, "siebent": 7, "acht": 8, "neunt": 9, "zehnt": 10, "elft": 11, "zwölft": 12,
}  # fmt: skip
_ENDING: Final = re.compile(r"(.+?)(?:e|en|er|es|em)")


@lru_cache(maxsize=4096)
def _parts(word: str) -> tuple[str, ...]:
    """Return the parts of a number word, () where it is none."""
    found = tuple(_PART.findall(word))
    return found if found and "".join(found) == word else ()


class _Stream:
    """The parts of the words from one on, each with the word that it stands in."""

    def __init__(self, said: Sequence[str], at: int) -> None:
        self.parts: list[str] = []
        self.ends: list[int] = []
        """For each part: the word after its own where it is the last part of it, else 0."""
        for index in range(at, len(said)):
            parts = _parts(said[index])
            if not parts:
                break
            self.parts += parts
            self.ends += [0] * (len(parts) - 1) + [index + 1]

    def at(self, index: int) -> str:
        return self.parts[index] if index < len(self.parts) else ""


def cardinal(said: Sequence[str], at: int, tight: Tight = Tight.JOINED) -> Number | None:
    """Return the number that begins at word `at`, the longest one, or None."""
    if at >= len(said):
        return None
    word = said[at]
    if word == "minus" and tight is Tight.JOINED:
        inner = cardinal(said, at + 1)
        return inner and Number(-inner.value, inner.end)
    figure = written(word, decimal=",")
    if figure is not None:
        return _with_fraction(said, _scaled(said, Number(figure, at + 1)), tight)
    if word in {"anderthalb", "eineinhalb"}:
        return _scaled(said, Number(Decimal("1.5"), at + 1))
    if list(said[at : at + 2]) == ["ein", "dutzend"]:
        return Number(Decimal(12), at + 2)
    stream = _Stream(said, at)
    if not stream.parts or stream.parts[0] in {"und", "einhalb"}:
        return None
    if tight is not Tight.JOINED:
        return _word_by_word(said, at, tight)
    value, used = _whole(stream)
    if used and stream.at(used) == "einhalb":
        return _scaled(said, Number(value + Decimal("0.5"), stream.ends[used]))
    # A number ends where a word ends: what is left of a word is no number at all.
    if not used or not stream.ends[used - 1]:
        return None
    number = Number(value, stream.ends[used - 1])
    return _with_fraction(said, number, tight)


def _word_by_word(said: Sequence[str], at: int, tight: Tight) -> Number | None:
    """Read one word; GROUPS also "ein und zwanzig" and "drei hundert"."""
    if tight is Tight.GROUPS:
        if said[at + 1 : at + 2] and said[at + 1] == "und" and at + 2 < len(said):
            joined = said[at] + "und" + said[at + 2]
            if said[at] in _UNITS and said[at + 2] in _TENS:
                return Number(_whole(_Stream([joined], 0))[0], at + 3)
        if said[at + 1 : at + 2] and said[at + 1] in {"hundert", "tausend"}:
            value, used = _whole(_Stream([said[at], said[at + 1]], 0))
            return Number(value, at + 2) if used else None
    stream = _Stream([said[at]], 0)
    value, used = _whole(stream)
    return Number(value, at + 1) if used == len(stream.parts) else None


def _scaled(said: Sequence[str], number: Number) -> Number:
    scale = _SCALES.get(said[number.end]) if number.end < len(said) else None
    return Number(number.value * scale, number.end + 1) if scale else number


def _with_fraction(said: Sequence[str], number: Number, tight: Tight) -> Number:
    if tight is not Tight.JOINED or number.end >= len(said) or said[number.end] != "komma":
        return number
    digits, end = "", number.end + 1
    while end < len(said):
        found = cardinal(said, end, Tight.GROUPS)
        if found is None or found.value >= 100 or found.value != int(found.value):
            break
        digits, end = f"{digits}{int(found.value)}", found.end
    whole = int(number.value)
    return _scaled(said, Number(Decimal(f"{whole}.{digits}"), end)) if digits else number


def _whole(stream: _Stream) -> tuple[Decimal, int]:
    """Return the value of the parts from the first on, and how many were used."""
    total, used, limit = 0, 0, 0
    while used < len(stream.parts):
        start = used
        if limit and stream.at(start) == "und":
            start += 1
        value, end = _below_thousand(stream, start)
        if end == start and stream.at(start) == "tausend" and not limit:
            value = 1
        elif end == start or (limit and not 0 < value < limit):
            break
        scale = _SCALES.get(stream.at(end), 0)
        if not scale:
            total, used = total + value, end
            break
        if limit and scale >= limit:
            break
        total, used, limit = total + value * scale, end + 1, scale
    return Decimal(total), used


def _below_thousand(stream: _Stream, at: int) -> tuple[int, int]:
    if stream.at(at) == "null":
        return 0, at + 1
    value, end = _below_hundred(stream, at)
    if stream.at(end) != "hundert":
        return value, end
    value, end = (value if end > at else 1) * 100, end + 1
    start = end + 1 if stream.at(end) == "und" else end
    rest, after = _below_hundred(stream, start)
    return (value + rest, after) if after > start else (value, end)


def _below_hundred(stream: _Stream, at: int) -> tuple[int, int]:
    part = stream.at(at)
    if part in _TEENS:
        return _TEENS[part], at + 1
    if part in _TENS:
        return _TENS[part], at + 1
    if part in _UNITS:
        tens = _TENS.get(stream.at(at + 2), 0)
        if stream.at(at + 1) == "und" and tens:
            return tens + _UNITS[part], at + 3
        return _UNITS[part], at + 1
    return 0, at


def is_article(word: str) -> bool:
    """Whether a word may be "one" or "a"."""
    return word in _ARTICLES


def ordinal(said: Sequence[str], at: int) -> Number | None:
    """Return the ordinal (1 to 99) that begins at word `at`: "einundzwanzigsten", "dritter".

    Split words count as one: "ein und zwanzigsten".
    """
    for size in (1, 2, 3):
        if at + size > len(said):
            break
        found = _ordinal("".join(said[at : at + size]))
        if found and (size == 1 or said[at] in _UNITS):
            return Number(Decimal(found), at + size)
    return None


@lru_cache(maxsize=4096)
def _ordinal(word: str) -> int:
    ending = _ENDING.fullmatch(word)
    if not ending:
        return 0
    root = ending[1]
    if root in _ORDINAL_ROOTS:
        return _ORDINAL_ROOTS[root]
    if root.endswith("zehnt"):
        return _TEENS.get(root[:-1], 0)
    if root.endswith("st"):
        parts = _parts(root[:-2])
        stream = _Stream([root[:-2]], 0)
        value, used = _below_hundred(stream, 0)
        return value if used and used == len(parts) and value >= 20 else 0
    return 0
