"""Text as a recogniser writes it: normal form, likeness of words that were misheard."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_APOSTROPHES: Final = str.maketrans({"\N{RIGHT SINGLE QUOTATION MARK}": "'", "`": "'"})
_NOT_WORD: Final = re.compile(r"[^a-z0-9äöüß' ]+")
_KEPT: Final = frozenset("äöüß")
_SOUNDS: Final = (
    (re.compile(r"ough|augh"), "f"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"tch|ch|sh|ti(?=on)|ci(?=an)"), "j"),
    (re.compile(r"th"), "t"),
    (re.compile(r"x"), "ks"),
    (re.compile(r"ck|qu|q"), "k"),
    (re.compile(r"c(?=[eiy])|z"), "s"),
    (re.compile(r"c"), "k"),
    (re.compile(r"g(?=[eiy])|j"), "j"),
    (re.compile(r"d"), "t"),
    (re.compile(r"b"), "p"),
    (re.compile(r"v"), "f"),
    (re.compile(r"g"), "k"),
    (re.compile(r"kn|gn"), "n"),
    (re.compile(r"m"), "n"),
    (re.compile(r"[^a-z]|[aeiouwhy]"), ""),
    (re.compile(r"(.)\1+"), r"\1"),
)


def words(text: str) -> tuple[str, ...]:
    """Return the words of a list written as one text."""
    return tuple(text.split())


def normalise(text: str) -> str:
    """Return `text` in lower case, letters, digits and apostrophes only, single spaces.

    The letters of English and German; others lose their accents ("café" is "cafe").
    """
    text = _unaccented(text.lower().translate(_APOSTROPHES).replace("-", " "))
    stripped = (word.strip("'") for word in _NOT_WORD.sub(" ", text).split())
    return " ".join(word for word in stripped if word)


def _unaccented(text: str) -> str:
    if text.isascii():
        return text
    return "".join(
        letter
        if letter in _KEPT
        else "".join(
            c for c in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(c)
        )
        for letter in unicodedata.normalize("NFC", text)
    )


def skeleton(text: str) -> str:
    """Return the consonants of `text` by kind of sound: what survives a poor line.

    Voiced and unvoiced partners fall together, vowels are dropped (after Soundex, Russell 1918,
    without its length limit).
    """
    for pattern, sound in _SOUNDS:
        text = pattern.sub(sound, text)
    return text


def distance(first: str, second: str) -> int:
    """Return the edit distance (Levenshtein) of two strings."""
    if len(first) < len(second):
        first, second = second, first
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(second, 1):
            diagonal, row[j] = row[j], min(diagonal + (a != b), row[j] + 1, row[j - 1] + 1)
    return row[-1]


def likeness(first: str, second: str) -> float:
    """Return how alike two strings are, 0 to 1: one minus edits by the longer length."""
    longer = max(len(first), len(second))
    return 1.0 if longer == 0 else 1.0 - distance(first, second) / longer


def pairs(text: str) -> frozenset[str]:
    """Return the pairs of neighbouring letters of `text`, edges marked."""
    marked = f"<{text}>"
    return frozenset(marked[i : i + 2] for i in range(len(marked) - 1))


def overlap(first: frozenset[str], second: frozenset[str]) -> float:
    """Return the Dice overlap of two sets, 0 to 1."""
    size = len(first) + len(second)
    return 2.0 * len(first & second) / size if size else 0.0
