"""Which of many phrases a line of text sounds most like; letters and sounds together.

    phrases ─► IPA (espeak-ng) and letters ─► numbered symbols, once
    heard ──► the same ─► shortlist by shared pairs ─► alignment of all at once ─► likeness

The alignment lets a phrase stand anywhere between two words of what was heard, at a price for what
stands around it: "yes it is the billing department please" holds "billing department". Where
espeak-ng is missing, letters alone decide.
"""

from __future__ import annotations

import functools
import itertools
import unicodedata
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from appliance.speech.engines.vocabulary import vocabulary
from appliance.speech.words.phonemes import PhonemesError, phonemise

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

_SOUNDS: Final = 0.65
"""Weight of the sounds; the letters have the rest."""
_AROUND: Final = 0.25
"""Price of each symbol heard before or after a phrase …"""
_AROUND_MOST: Final = 0.15
"""… and the most of it on each side, as a share of the phrase's length."""
_MISSING: Final = 1.0
"""Price of a symbol of the phrase that was not heard."""
_ADDED: Final = 0.9
"""Price of a symbol heard inside a phrase that does not have it."""
_SHORTLIST: Final = 64
_BUCKETS: Final = 1024
_FAR: Final = np.float32(1e6)

_VOWELS: Final = {
    # height (0 close to 3 open), place (0 front to 2 back)
    "i": (0, 0), "y": (0, 0), "ɪ": (0.5, 0.3), "ʏ": (0.5, 0.3), "ᵻ": (0.5, 0.6), "e": (1, 0),
    "ø": (1, 0.3), "ɛ": (2, 0), "œ": (2, 0.3), "æ": (2.5, 0), "a": (3, 0.7), "ɐ": (2.5, 1),
    "ə": (1.5, 1), "ɚ": (1.5, 1), "ɜ": (2, 1), "ʌ": (2, 1.5), "ɑ": (3, 2), "ɒ": (3, 2),
    "ɔ": (2, 2), "o": (1, 2), "ʊ": (0.5, 1.7), "u": (0, 2),
}  # fmt: skip
_CONSONANTS: Final = {
    # place, manner, voiced
    "p": (0, 0, 0), "b": (0, 0, 1), "m": (0, 1, 1), "f": (0.5, 2, 0), "v": (0.5, 2, 1),
    "w": (0.5, 3, 1), "θ": (1, 2, 0), "ð": (1, 2, 1), "t": (1.5, 0, 0), "d": (1.5, 0, 1),
    "ɾ": (1.5, 0, 1), "n": (1.5, 1, 1), "s": (1.5, 2, 0), "z": (1.5, 2, 1), "l": (1.5, 3, 1),
    "ɹ": (2, 3, 1), "r": (2, 3, 1), "ʁ": (2.5, 3, 1), "ʃ": (2, 2, 0), "ʒ": (2, 2, 1),
    "j": (2.5, 3, 1), "ç": (2.5, 2, 0), "k": (3, 0, 0), "g": (3, 0, 1), "ɡ": (3, 0, 1),
    "ŋ": (3, 1, 1), "x": (3, 2, 0), "h": (3.5, 2, 0), "ʔ": (3.5, 0, 0),
}  # fmt: skip
_SYMBOLS: Final = (*_VOWELS, *_CONSONANTS, *"abcdefghijklmnopqrstuvwxyz0123456789")
_IPA: Final = {symbol: at for at, symbol in enumerate((*_VOWELS, *_CONSONANTS))}
_LETTER: Final = {
    letter: at + len(_IPA) for at, letter in enumerate("abcdefghijklmnopqrstuvwxyz0123456789")
}
_FOLDED: Final = {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe"}


def _price(one: str, other: str) -> float:
    """Return what hearing one sound for another costs, 0 to 1."""
    if one == other:
        return 0.0
    if one in _VOWELS and other in _VOWELS:
        (height, place), (height2, place2) = _VOWELS[one], _VOWELS[other]
        return min(1.0, 0.15 + 0.2 * abs(height - height2) + 0.15 * abs(place - place2))
    if one in _CONSONANTS and other in _CONSONANTS:
        first, second = _CONSONANTS[one], _CONSONANTS[other]
        apart = 0.2 * abs(first[0] - second[0]) + 0.35 * (first[1] != second[1])
        return min(1.0, 0.15 + apart + 0.2 * abs(first[2] - second[2]))
    return 1.0


def _prices() -> Floats:
    """Return the price of each symbol heard for each other, letters apart from sounds."""
    table = np.ones((len(_SYMBOLS) + 1, len(_SYMBOLS) + 1), np.float32)
    np.fill_diagonal(table, 0.0)
    for one, row in _IPA.items():
        for other, column in _IPA.items():
            table[row, column] = _price(one, other)
    return table


_PRICES: Final = _prices()
_NONE: Final = len(_SYMBOLS)


@functools.lru_cache(maxsize=8192)
def _sounds(words: str, accent: str) -> tuple[str, ...]:
    """Return the IPA of each word, empty strings where espeak-ng is missing."""
    try:
        said = tuple(phonemise(word, accent) for word in words.split())
    except PhonemesError:
        return ("",) * len(words.split())
    return said


def _encoded(text: str, accent: str) -> tuple[list[list[int]], list[list[int]]]:
    """Return the numbers of the sounds and of the letters of each word."""
    words = text.split()
    spelled = []
    for word in words:
        folded = "".join(_FOLDED.get(letter, letter) for letter in word.lower())
        letters = unicodedata.normalize("NFD", folded)
        spelled.append([_LETTER[letter] for letter in letters if letter in _LETTER])
    said = [
        [_IPA[symbol] for symbol in ipa if symbol in _IPA]
        for word in words
        for ipa in _sounds(word, accent)
    ]
    # Signs that are neither (a script without letters of ours) are compared as they are written.
    for at, word in enumerate(words):
        if not spelled[at]:
            spelled[at] = [_LETTER[f"{ord(sign) % 36:d}"[0]] for sign in word]
    return said, spelled


class Phrases:
    """Phrases laid out for comparison; made once, used for every utterance."""

    def __init__(self, phrases: Sequence[str], language: str) -> None:
        """Take lower-case phrases without punctuation."""
        self.phrases = tuple(phrases)
        self._accent = vocabulary(language).accent
        encoded = [_encoded(phrase, self._accent) for phrase in self.phrases]
        self._views = [
            _Table([list(itertools.chain.from_iterable(both[view])) for both in encoded])
            for view in (0, 1)
        ]
        self._heard = bool(self.phrases) and any(self._views[0].lengths)

    def likeness(self, text: str) -> Floats:
        """Return how much each phrase [N] is what `text` says, 0 to 1."""
        if not self.phrases or not text:
            return np.zeros(len(self.phrases), np.float32)
        encoded = _encoded(text, self._accent)
        sound = _SOUNDS if self._heard and any(encoded[0]) else 0.0
        shares = (sound, 1.0 - sound)
        chosen = self._shortlist(encoded)
        found = np.zeros(len(chosen), np.float32)
        for view, share, words in zip(self._views, shares, encoded, strict=True):
            if share:
                found += np.float32(share) * view.likeness(words, chosen)
        likeness = np.zeros(len(self.phrases), np.float32)
        likeness[chosen] = found
        return likeness

    def _shortlist(self, encoded: tuple[list[list[int]], list[list[int]]]) -> Ints:
        count = len(self.phrases)
        if count <= _SHORTLIST:
            return np.arange(count, dtype=np.int32)
        shared = sum(
            (view.shared(words) for view, words in zip(self._views, encoded, strict=True)),
            np.zeros(count, np.float32),
        )
        return np.argpartition(-shared, _SHORTLIST)[:_SHORTLIST].astype(np.int32)


class _Table:
    """One view of all phrases: symbols [N, longest], lengths [N], pairs [buckets, N]."""

    def __init__(self, sequences: Sequence[Sequence[int]]) -> None:
        self.lengths: Ints = np.array([len(one) for one in sequences], np.int32)
        longest = int(self.lengths.max(initial=0))
        self._symbols: Ints = np.full((len(sequences), longest), _NONE, np.int32)
        self._pairs = np.zeros((_BUCKETS, len(sequences)), np.float32)
        for at, one in enumerate(sequences):
            self._symbols[at, : len(one)] = one
            self._pairs[_pairs(one), at] = 1.0
        size = np.sqrt(self._pairs.sum(0))
        self._pairs /= np.maximum(size, 1.0)

    def shared(self, words: Sequence[Sequence[int]]) -> Floats:
        """Return how many pairs of neighbouring symbols each phrase [N] shares with these words."""
        heard = sorted(set(_pairs([symbol for word in words for symbol in word])))
        return np.asarray(self._pairs[heard].sum(0), np.float32)

    def likeness(self, words: Sequence[Sequence[int]], chosen: Ints) -> Floats:
        """Return the likeness of the phrases `chosen` [C] to these words, 0 to 1."""
        heard = [symbol for word in words for symbol in word]
        edges = {0}
        for word in words:
            edges.add(max(edges) + len(word))
        lengths = self.lengths[chosen]
        # Symbols along the first axis: a running minimum over it is one operation for all phrases.
        symbols = self._symbols[chosen, : int(lengths.max(initial=0))].T
        kinds, numbers = np.unique(np.array(heard, np.int32), return_inverse=True)
        prices = _PRICES[kinds[:, None, None], symbols] if heard else _PRICES[:0, None, None]
        steps = np.arange(len(symbols) + 1, dtype=np.float32)[:, None] * np.float32(_MISSING)
        most = lengths.astype(np.float32) * np.float32(_AROUND_MOST)
        columns = np.arange(len(chosen))
        best = np.full(len(chosen), _FAR, np.float32)
        # A symbol that is missing costs the same wherever it is: `cost` is kept less `steps`.
        cost = np.zeros((len(symbols) + 1, len(chosen)), np.float32)
        moved = np.empty_like(cost)
        for at in range(len(heard) + 1):
            if at:
                np.add(cost[:-1], prices[numbers[at - 1]], out=moved[1:])
                moved[1:] -= np.float32(_MISSING)
                moved[0] = np.minimum(np.float32(_AROUND * at), most) if at in edges else _FAR
                cost += np.float32(_ADDED)
                np.minimum(moved, cost, out=moved)
                np.minimum.accumulate(moved, axis=0, out=moved)
                cost, moved = moved, cost
            if at in edges:
                rest = np.minimum(np.float32(_AROUND * (len(heard) - at)), most)
                np.minimum(best, (cost + steps)[lengths, columns] + rest, out=best)
        found = 1.0 - best / np.maximum(lengths, 1)
        return np.where(lengths > 0, np.clip(found, 0.0, 1.0), 0.0).astype(np.float32)


def _pairs(symbols: Sequence[int]) -> list[int]:
    """Return the buckets of neighbouring symbols, the edges marked."""
    padded = [_NONE, *symbols, _NONE]
    return [(first * 61 + second) % _BUCKETS for first, second in itertools.pairwise(padded)]
