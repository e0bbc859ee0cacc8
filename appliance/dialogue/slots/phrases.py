"""Finds which of many named things was said, misheard or not, fast: an index of letter pairs.

phrases ─► exact table by words
└► pairs of letters and of sounds ─► a few likely ones ─► compared letter by letter
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from appliance.dialogue.slots.alike import key, score
from appliance.dialogue.text import pairs
from appliance.dialogue.text import words as word_list

COMMON: Final = frozenset(
    word_list(
        "i i'd i'm you me to the a an of for in on at is are am it be can could would like "
        "want need please put through connect speak talk with from and or yes no not what "
        "when where who how do your my we they them this that there here have about his her "
        "ich sie mich mir bitte mit von der die das den dem ein eine einen und oder ja nein nicht "
        "möchte würde gerne hätte sprechen verbinden zu zum zur im am bei für es ist war hier "
        "was wann wo wer wie können könnten kann haben ihr ihre mein meine guten tag hallo hello"
    )
)
"""Words that are no misheard name."""
LEAST: Final = 0.7
"""Score below which a name is not taken for a misheard one."""
_SHORTEST: Final = 4
"""Letters of a name that may be misheard; shorter ones must be exact."""
_LOOKED_AT: Final = 5
"""Names that are compared letter by letter for each stretch of words."""
_SHARED: Final = 0.4
"""Pairs of letters and sounds that two names share before they are compared letter by letter."""
_WHOLE: Final = 0.97
"""Score of a whole name said exactly: nothing misheard is looked for then."""


@dataclass(frozen=True, slots=True)
class Match:
    """A thing that may have been named: words `first` to `end` (exclusive)."""

    id: str
    first: int
    end: int
    score: float
    weight: float = 1.0
    """Of the phrase that it is named by; the score is at most that."""


class Phrases:
    """Knows many things by what callers say for them."""

    def __init__(self, named: Iterable[tuple[str, str, float]]) -> None:
        """Index (id, normalised phrase, weight); the weight is the score of its exact mention."""
        self._exact: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
        for name, phrase, weight in named:
            words = tuple(phrase.split())
            if words:
                known = self._exact[words]
                known[name] = max(weight, known.get(name, 0.0))
        self._list = list(self._exact)
        self._letters = ["".join(words) for words in self._list]
        self._sizes = sorted({len(words) for words in self._list})
        self._pairs = [pairs(letters) | pairs(key(letters)) for letters in self._letters]
        self._postings: dict[str, list[int]] = defaultdict(list)
        for at, found in enumerate(self._pairs):
            if len(self._letters[at]) >= _SHORTEST:
                for pair in found:
                    self._postings[pair].append(at)

    def find(self, said: Sequence[str], *, alike: bool = True) -> list[Match]:
        """Return what is named in `said`, the best first; misheard names where none is exact."""
        found = self._exactly(said)
        if not any(match.score >= _WHOLE for match in found) and alike:
            found += self._alike(said)
        best: dict[str, Match] = {}
        for match in found:
            if match.id not in best or _rank(match) > _rank(best[match.id]):
                best[match.id] = match
        return sorted(best.values(), key=_rank, reverse=True)

    def _exactly(self, said: Sequence[str]) -> list[Match]:
        return [
            Match(name, at, at + size, weight, weight)
            for size in self._sizes
            for at in range(len(said) - size + 1)
            for name, weight in self._exact.get(tuple(said[at : at + size]), {}).items()
        ]

    def _alike(self, said: Sequence[str]) -> list[Match]:
        found: list[Match] = []
        longest = max(2, self._sizes[-1] if self._sizes else 0)
        for at in range(len(said)):
            for size in range(1, min(longest, 3, len(said) - at) + 1):
                window = said[at : at + size]
                if not COMMON.isdisjoint(window):
                    break
                letters = "".join(window)
                if len(letters) < _SHORTEST or not letters.isalpha():
                    continue
                found += self._near(letters, at, size)
        return found

    def _near(self, letters: str, at: int, size: int) -> list[Match]:
        wanted = pairs(letters) | pairs(key(letters))
        counts: Counter[int] = Counter()
        for pair in wanted:
            counts.update(self._postings.get(pair, ()))
        size_of = len(wanted)
        likely = sorted(
            (
                (overlap, number)
                for number, shared in counts.items()
                if shared * 3 > size_of
                and (overlap := 2.0 * shared / (size_of + len(self._pairs[number]))) >= _SHARED
            ),
            reverse=True,
        )
        found: list[Match] = []
        for _, number in likely[:_LOOKED_AT]:
            if abs(len(self._list[number]) - size) > 2:
                continue
            like = score(letters, self._letters[number])
            if like >= LEAST:
                found += [
                    Match(name, at, at + size, like * weight, weight)
                    for name, weight in self._exact[self._list[number]].items()
                ]
        return found


def _rank(match: Match) -> tuple[float, int, int]:
    """Rank the clearest first, then the longest, then the last said."""
    return match.score, match.end - match.first, match.first
