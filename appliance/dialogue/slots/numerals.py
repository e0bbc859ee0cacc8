"""Numbers as they are said or written, in the language of the conversation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import Final

_PLAIN: Final = re.compile(r"\d{1,18}")
_POINTED: Final = {
    ".": re.compile(r"(\d{1,3}(?:,\d{3})+|\d{1,18})(?:\.(\d{1,6}))?"),
    ",": re.compile(r"(\d{1,3}(?:\.\d{3})+|\d{1,18})(?:,(\d{1,6}))?"),
}
_EITHER: Final = re.compile(r"(\d{1,18})[.,](\d{1,6})")


class Tight(IntEnum):
    """How much of what is said is taken as one number: a long one is said in several ways."""

    SINGLE = 0
    """Word by word: "twenty one" is 20 and 1."""
    GROUPS = 1
    """"twenty one" is 21, "two hundred five" is 200 and 5."""
    JOINED = 2
    """As one reckons: "two hundred five" is 205."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number, and the word after its last."""

    value: Decimal
    end: int


def written(word: str, decimal: str) -> Decimal | None:
    """Return the value of figures, "1,250.50"; `decimal` is the sign before the decimals.

    The other sign stands between thousands; where it cannot ("3,5" in English) it is taken for a
    decimal sign all the same.
    """
    if not word or not word[0].isdecimal() or not word.isascii():
        return None
    if _PLAIN.fullmatch(word):
        return Decimal(word)
    found = _POINTED[decimal].fullmatch(word)
    if found:
        whole = re.sub(r"\D", "", found[1])
        return Decimal(f"{whole}.{found[2]}" if found[2] else whole)
    either = _EITHER.fullmatch(word)
    return Decimal(f"{either[1]}.{either[2]}") if either else None


def plain(value: Decimal) -> str:
    """Return a number as its canonical text: "112", "-3.5"."""
    if value == value.to_integral_value():
        return str(int(value))
    return f"{value.normalize():f}"
