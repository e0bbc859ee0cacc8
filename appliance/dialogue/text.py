"""Text as a recogniser writes it: normal form, likeness of words that were misheard."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_APOSTROPHES: Final = str.maketrans({"\N{RIGHT SINGLE QUOTATION MARK}": "'", "`": "'"})
_NOT_WORD: Final = re.compile(
    r"(?<![0-9])[.,:/]|[.,:/](?![0-9])|(?<! )\+|\+(?![0-9])|[^a-z0-9äöüß'.,:/+ ]"
)
_SIGNS: Final = (
    (re.compile(r"(?<![\w)])-(?=\d)"), " minus "),
    (re.compile(r"\u20ac"), " euro "),
    (re.compile(r"\$"), " dollar "),
    (re.compile(r"\u00a3"), " pound "),
    (re.compile(r"%"), " percent "),
)
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

    The letters of English and German; others lose their accents ("café" is "cafe"). Figures stay
    whole: "15:30", "1.12.2026", "1,250.50", "+49". What is normal stays as it is.
    """
    text = text.lower().translate(_APOSTROPHES)
    if not text.isascii() or any(sign in text for sign in "-$%"):
        for sign, word in _SIGNS:
            text = sign.sub(word, text)
        text = _unaccented(text.replace("-", " "))
    stripped = (word.strip("'") for word in _NOT_WORD.sub(" ", f" {text}").split())
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
    """Return the edit distance (Levenshtein) of two strings.

    A column of the table is two bit strings, rises and falls (Myers, J. ACM 46, 1999, as Hyyrö
    wrote it down in 2003): one pass of whole-number arithmetic for each letter of the longer.
    """
    if first == second:
        return 0
    if len(first) < len(second):
        first, second = second, first
    size = len(second)
    if not size:
        return len(first)
    places: dict[str, int] = {}
    for at, letter in enumerate(second):
        places[letter] = places.get(letter, 0) | 1 << at
    whole, last = (1 << size) - 1, 1 << (size - 1)
    rises, falls, edits = whole, 0, size
    for letter in first:
        same = places.get(letter, 0)
        diagonal = (((same & rises) + rises) ^ rises) | same | falls
        up = falls | ~(diagonal | rises)
        down = rises & diagonal
        edits += bool(up & last) - bool(down & last)
        up, down = up << 1 | 1, down << 1
        rises = (down | ~(diagonal | up)) & whole
        falls = up & diagonal & whole
    return edits


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
