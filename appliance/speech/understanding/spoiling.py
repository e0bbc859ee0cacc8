"""Sentences as a poor recogniser would write them, to train on: what is learnt then survives it."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from appliance.dialogue.text import skeleton

_DROPPED: Final = 0.08
_CHANGED: Final = 0.14
"""Share of words that are dropped, and changed."""
_SHORTEST: Final = 4
"""Letters of a word that may lose one; a shorter one is exchanged."""


class Spoiler:
    """Knows the words of a dialogue by their sound. Draws are repeatable."""

    def __init__(self, sentences: Iterable[Sequence[str]], seed: int = 5) -> None:
        words = sorted({word for said in sentences for word in said if word[0] != "{"})
        self._words = words
        self._alike: defaultdict[str, list[str]] = defaultdict(list)
        for word in words:
            self._alike[skeleton(word)].append(word)
        self._random = random.Random(seed)

    def spoil(self, said: Sequence[str]) -> list[str]:
        """Return a sentence with words lost or misheard; tags are kept."""
        kept: list[str] = []
        for word in said:
            chance = self._random.random()
            if word[0] == "{" or chance >= _DROPPED + _CHANGED:
                kept.append(word)
            elif chance >= _DROPPED:
                kept.append(self._changed(word))
        return kept or list(said)

    def _changed(self, word: str) -> str:
        alike = [other for other in self._alike[skeleton(word)] if other != word]
        if alike and self._random.random() < 0.5:
            return self._random.choice(alike)
        if len(word) < _SHORTEST:
            return self._random.choice(self._words)
        at = self._random.randrange(1, len(word))
        return word[:at] + word[at + 1 :]
