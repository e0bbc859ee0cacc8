"""Finding a destination in what was heard, although it may have been misheard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from appliance.dialogue.script import Destination
from appliance.dialogue.slots import digits
from appliance.dialogue.text import likeness, normalise, overlap, pairs, skeleton
from appliance.dialogue.text import words as word_list

_ARTICLES: Final = frozenset(
    word_list("the a an your our my please der die das den dem ihre unsere bitte zur zum")
)
_COMMON: Final = frozenset(
    word_list(
        "i i'd i'm you me to the a an of for in on at is are am it be can could would like "
        "want need please put through connect speak talk with from and or yes no not what "
        "when where who how do your my we they them this that there here open close closed "
        "hours message leave call back someone somebody person operator people hello today "
        "tomorrow now know tell get give have department about his her time times opening "
        "help thank thanks right good "
        "ich sie mich mir bitte mit von der die das den dem ein eine einen und oder ja nein nicht "
        "möchte würde gerne hätte sprechen verbinden zu zum zur im am bei für es ist war hier was "
        "wann wo wer wie können könnten kann haben ihr ihre mein meine guten tag jemand jemandem"
    )
)
"""Words that are no misheard name."""
_LEAST: Final = 0.7
"""Likeness below which a name is not taken for a misheard one."""
_SHORTEST: Final = 4
"""Letters of a name that may be misheard; shorter ones must be exact."""


@dataclass(frozen=True, slots=True)
class Found:
    """A destination in a sentence: words `first` to `end` (exclusive)."""

    id: str
    first: int
    end: int
    confidence: float


@dataclass(frozen=True, slots=True)
class _Name:
    id: str
    words: tuple[str, ...]
    letters: str
    sound: str
    letter_pairs: frozenset[str]
    sound_pairs: frozenset[str]


class Finder:
    """Knows the listed destinations by name, synonym and number."""

    def __init__(self, destinations: Iterable[Destination], language: str = "en") -> None:
        """Prepare the names of those that callers can ask for."""
        self._language = language
        listed = [place for place in destinations if place.listed]
        self._names = [
            _name(place.id, phrase)
            for place in listed
            for phrase in dict.fromkeys(
                " ".join(w for w in normalise(raw).split() if w not in _ARTICLES)
                for raw in (place.name, *place.synonyms)
            )
            if phrase
        ]
        self._numbers = {place.number: place.id for place in reversed(listed)}
        self._longest = max((len(name.words) for name in self._names), default=0)

    def find(self, words: list[str]) -> Found | None:
        """Return the destination that `words` (normalised) name most clearly, or None."""
        best = max(self._exact(words), key=_rank, default=None)
        return best or max(self._alike(words), key=_rank, default=None)

    def _exact(self, words: list[str]) -> Iterable[Found]:
        for name in self._names:
            size = len(name.words)
            for at in range(len(words) - size + 1):
                if tuple(words[at : at + size]) == name.words:
                    yield Found(name.id, at, at + size, 1.0)
        for first, end, said in digits.runs(words, self._language):
            if said in self._numbers:
                yield Found(self._numbers[said], first, end, 1.0)

    def _alike(self, words: list[str]) -> Iterable[Found]:
        for size in range(1, self._longest + 3):
            for at in range(len(words) - size + 1):
                window = words[at : at + size]
                if window[0] in _COMMON or window[-1] in _COMMON:
                    continue
                letters = "".join(window)
                if len(letters) < _SHORTEST:
                    continue
                sound = skeleton(letters)
                letter_pairs, sound_pairs = pairs(letters), pairs(sound)
                for name in self._names:
                    if len(name.letters) < _SHORTEST or abs(len(name.words) - size) > 2:
                        continue
                    looks = overlap(letter_pairs, name.letter_pairs)
                    sounds = overlap(sound_pairs, name.sound_pairs)
                    if looks < 0.4 and sounds < 0.6:
                        continue
                    score = max(
                        likeness(letters, name.letters),
                        0.5 * likeness(letters, name.letters) + 0.5 * likeness(sound, name.sound),
                    )
                    if score >= _LEAST:
                        yield Found(name.id, at, at + size, score)


def _rank(found: Found) -> tuple[float, int, int]:
    """Rank the clearest first, then the longest, then the last said."""
    return found.confidence, found.end - found.first, found.first


def _name(place: str, phrase: str) -> _Name:
    letters = phrase.replace(" ", "")
    sound = skeleton(letters)
    return _Name(place, tuple(phrase.split()), letters, sound, pairs(letters), pairs(sound))
