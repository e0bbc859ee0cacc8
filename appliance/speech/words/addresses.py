"""E-mail and web addresses among recognised words: "jane dot doe at example dot com".

Only what ends in a known top-level domain is an address, and only what cannot be a sentence is an
e-mail address: "look at example dot com" is a web address after two words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from appliance.speech.words.runs import Found

_DOMAINS: Final = frozenset({
    "com", "org", "net", "edu", "gov", "info", "eu", "io", "de", "at", "ch", "uk", "us", "fr",
})  # fmt: skip
_MOST: Final = 12
"""Words of an address, signs and letters apart."""


@dataclass(frozen=True, slots=True)
class Signs:
    """How a language says addresses."""

    marks: Mapping[str, str]
    """Words for ``. - _``."""
    ats: frozenset[str]
    """Words for ``@``."""
    only_ats: frozenset[str]
    """Those that mean nothing else."""
    cues: frozenset[str]
    """Words that announce an e-mail address, right before it or one word before."""
    never: frozenset[str]
    """Words that no address begins with."""
    number: Callable[[Sequence[str], int], Found]
    """Reads digits at a place."""


def address(words: Sequence[str], at: int, signs: Signs) -> Found:
    """Read an address at a place: ``jane.doe@example.com``, ``example.com``."""
    name = _name(words, at, signs)
    if name is None:
        return None
    text, end, certain = name
    before = words[max(0, at - 2) : at]
    if end < len(words) and words[end] in signs.ats:
        site = _name(words, end + 1, signs)
        sure = certain or words[end] in signs.only_ats or not signs.cues.isdisjoint(before)
        if site and _is_site(site[0]) and sure:
            return f"{text}@{site[0]}", site[1]
        return None
    return (text, end) if _is_site(text) else None


def _is_site(text: str) -> bool:
    head, dot, last = text.rpartition(".")
    return bool(dot) and len(head) > 1 and last in _DOMAINS


def _name(words: Sequence[str], at: int, signs: Signs) -> tuple[str, int, bool] | None:
    """Read names with marks between, letters and digits joined; whether it can be nothing else."""
    text, end, certain = "", at, False
    if at < len(words) and words[at] in signs.never:
        return None
    while end < min(len(words), at + _MOST):
        number = signs.number(words, end)
        word = words[end]
        if number:
            part, after = number
            certain = certain or bool(text)
        elif word.isalpha() and (
            # letters and digits may follow each other at once, words only a mark
            len(word) == 1 or (word not in signs.marks and not text[-1:].isalnum())
        ):
            part, after = word, end + 1
        else:
            break
        text, end = text + part, after
        mark = signs.marks.get(words[end]) if end + 1 < len(words) else None
        if mark:
            text, end, certain = text + mark, end + 1, True
    if not text or not text[-1].isalnum():
        return None
    return text, end, certain
