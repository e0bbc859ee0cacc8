"""Runs of digits and letters among recognised words: "double seven oh four", "b c one two".

What is unclear stays words: a wrong figure is worse than a number in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Found = tuple[str, int] | None
    """What stands at a place as it is written, and where it ends; None where nothing does."""
    Number = Callable[[Sequence[str], int], Found]


@dataclass(frozen=True, slots=True)
class Digits:
    """How a language says runs of digits."""

    words: Mapping[str, str]
    """Digit words with their digit."""
    weak: frozenset[str]
    """Those that are ordinary words too ("oh"): none of them opens a short run."""
    repeats: Mapping[str, int]
    """ "double" and its like with their factor."""
    pair: Callable[[Sequence[str], int], tuple[int, int] | None]
    """Reads a number of 10 to 99 at a place: its value and where it ends."""
    hours: int
    """A pair of numbers whose first is up to this may be a time: it stays words."""


@dataclass(frozen=True, slots=True)
class Alphabet:
    """How a language spells."""

    names: Mapping[tuple[str, ...], str]
    """What is said for a letter besides the letter itself; longer ones are tried first."""
    words: Mapping[str, str]
    """The spelling alphabet ("bravo", "Berta")."""
    likens: tuple[tuple[str, ...], ...]
    """What stands between a letter and a word for it: "as in"."""
    weak: frozenset[str]
    """Letters that are words too."""
    repeats: Mapping[str, int]


_WORDS_NEEDED: Final = 3
"""So many words of the spelling alphabet in a row are no coincidence."""


def digit(words: Sequence[str], at: int, tables: Digits) -> Found:
    """Read one digit, or a repeated one ("double five"), at a place."""
    factor = tables.repeats.get(words[at])
    if factor:
        value = tables.words.get(words[at + 1]) if at + 1 < len(words) else None
        return (value * factor, at + 2) if value else None
    value = tables.words.get(words[at])
    return (value, at + 1) if value else None


def digits(words: Sequence[str], at: int, tables: Digits, *, cued: bool) -> Found:
    """Read a run of digits and two-digit numbers at a place.

    Args:
        words: lower case.
        at: where to begin.
        tables: of the language.
        cued: whether the words before announce a number ("extension").

    Returns:
        The digits and where the run ends; None where it is unclear or none.

    """
    run = ""
    ones = pairs = 0
    end = at
    while end < len(words):
        pair = tables.pair(words, end)
        if pair:
            run += str(pair[0])
            pairs += 1
            end = pair[1]
            continue
        one = digit(words, end, tables)
        if one is None:
            break
        run += one[0]
        ones += len(one[0])
        end = one[1]
    if run and (cued or _clear(words[at], run, ones, pairs, tables)):
        return run, end
    return None


def _clear(first: str, run: str, ones: int, pairs: int, tables: Digits) -> bool:
    """Whether a run can only be digits, with nothing that announces it."""
    if pairs == 0:
        return ones >= (3 if first in tables.weak else 2)
    if ones == 0:
        return pairs > 2 or (pairs == 2 and int(run[:2]) > tables.hours)
    return ones + pairs >= 4 or (ones + pairs >= 3 and (ones >= 2 or run[0] == "0"))


@dataclass(frozen=True, slots=True)
class _Item:
    kind: str
    """letter, word (of the spelling alphabet), sure ("b as in bravo"), number."""
    text: str
    end: int
    weak: bool = False


def letters(words: Sequence[str], at: int, alphabet: Alphabet, number: Number) -> Found:
    """Read a spelled word or a code of letters and digits at a place.

    Args:
        words: lower case.
        at: where to begin.
        alphabet: of the language.
        number: reads one number at a place: its digits and where it ends.

    Returns:
        Capitals and digits without blanks, and where the run ends; None where it is unclear.

    """
    items: list[_Item] = []
    end = at
    while end < len(words):
        item = _item(words, end, alphabet, number)
        if item is None:
            break
        items.append(item)
        end = item.end
    kinds = [item.kind for item in items]
    named = kinds.count("word")
    if "sure" not in kinds and named < _WORDS_NEEDED and not (named == 2 and "number" in kinds):
        # A few are just words ("november", "golf").
        items = items[: kinds.index("word")] if named else items
    if end < len(words) and items and items[-1].weak and "sure" not in kinds:
        items = items[:-1]  # "b c a day"
    whole = at == 0 and bool(items) and items[-1].end == len(words)
    if not _is_code(items, whole=whole):
        return None
    return "".join(item.text for item in items), items[-1].end


def _is_code(items: Sequence[_Item], *, whole: bool) -> bool:
    kinds = [item.kind for item in items]
    if "sure" in kinds or "word" in kinds:
        return True
    count = kinds.count("letter")
    if count == 2 == len(items) and items[0].weak and not whole:
        return False  # "get a w from", "i t"
    if count >= 2:
        return count > 2 or not all(item.weak for item in items)
    return count == 1 and len(items) > 1 and not any(item.weak for item in items)


def _item(words: Sequence[str], at: int, alphabet: Alphabet, number: Number) -> _Item | None:
    letter = _letter(words, at, alphabet)
    if letter:
        text, end = letter
        sure = _likened(words, end, text, alphabet)
        if sure:
            return _Item("sure", text, sure)
        return _Item("letter", text, end, words[at] in alphabet.weak and end == at + 1)
    if words[at] in alphabet.words:
        return _Item("word", alphabet.words[words[at]], at + 1)
    found = number(words, at)
    return _Item("number", found[0], found[1]) if found else None


def _letter(words: Sequence[str], at: int, alphabet: Alphabet) -> Found:
    for size in (3, 2, 1):
        name = alphabet.names.get(tuple(words[at : at + size]))
        if name:
            return name, at + size
    factor = alphabet.repeats.get(words[at])
    if factor and at + 1 < len(words):
        once = _letter(words, at + 1, alphabet)
        return (once[0] * factor, once[1]) if once and len(once[0]) == 1 else None
    if len(words[at]) == 1 and words[at].isalpha():
        return words[at].upper(), at + 1
    return None


def _likened(words: Sequence[str], at: int, letter: str, alphabet: Alphabet) -> int:
    """Return where "as in bravo" ends after a letter, 0 where there is none."""
    for joint in alphabet.likens:
        end = at + len(joint)
        if tuple(words[at:end]) == joint and end < len(words):
            word = words[end]
            if word[:1].upper() == letter and (
                len(word) > 1 or words[end + 1 : end + 2] == ["ray"]
            ):
                return end + (1 if len(word) > 1 else 2)
    return 0
