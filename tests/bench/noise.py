"""Recogniser noise, simulated: words dropped, exchanged for others that sound alike, or swapped.

Half of the errors are substitutions by a word of the same or nearly the same pronunciation (CMUdict,
at most one phone away, the commoner the likelier), a quarter are dropped words, a quarter change
places with the next word. German has no dictionary of pronunciations here: words that are one
letter away stand in.
"""

import functools
import random
from collections import defaultdict
from pathlib import Path

TEXT = Path(__file__).resolve().parents[3] / "shared" / "data" / "text"
COMMON = 20_000
"""Words of the frequency list that a recogniser may write."""


def _phones(line):
    word, _, rest = line.partition(" ")
    sounds = tuple(part.rstrip("012") for part in rest.partition(" #")[0].split())
    return word.partition("(")[0], sounds


class Noise:
    """Knows which words sound alike."""

    def __init__(self, folder=TEXT):
        listed = (folder / "frequency_words" / "en_50k.txt").read_text("utf-8").splitlines()
        common = {line.split()[0]: at for at, line in enumerate(listed[:COMMON])}
        self._rank = common
        self._sounds = defaultdict(list)
        self._near = defaultdict(set)
        for line in (folder / "cmudict" / "cmudict.dict").read_text("utf-8").splitlines():
            word, sounds = _phones(line)
            self._sounds[word].append(sounds)
            if word in common:
                for key in _keys(sounds):
                    self._near[key].add(word)

    @functools.cache  # noqa: B019 - one instance per bench
    def alike(self, word):
        """Return words that sound like `word`, the closest and commonest first."""
        found = {}
        for sounds in self._sounds.get(word, ()):
            for key in _keys(sounds):
                for other in self._near.get(key, ()):
                    if other != word:
                        same = sounds in self._sounds[other]
                        rank = (not same, self._rank[other])
                        found[other] = min(rank, found.get(other, rank))
        return tuple(sorted(found, key=found.get))[:8]

    def spoil(self, text, rate, rng):
        """Return `text` as a recogniser that errs in `rate` of the words may write it."""
        words = text.lower().split()
        said = []
        at = 0
        while at < len(words):
            word = words[at]
            chance = rng.random()
            if chance >= rate:
                said.append(word)
            elif chance < rate / 2:
                others = self.alike(word.strip("?!.,;:\"'()"))
                said.append(others[int(len(others) * rng.random() ** 2)] if others else word[:-1])
            elif chance < rate * 0.75 and len(words) > 1:
                pass
            elif at + 1 < len(words):
                said += [words[at + 1], word]
                at += 1
            at += 1
        return " ".join(said) or text

    def spoiled(self, texts, rate, seed=2026):
        """Return all of `texts` spoiled, the same way each time."""
        rng = random.Random(seed)
        return [self.spoil(text, rate, rng) for text in texts]


def _keys(sounds):
    """Return what words share that are one phone away: the sounds without each one of them."""
    yield sounds
    for at in range(len(sounds)):
        yield (*sounds[:at], "*", *sounds[at + 1 :])
        yield (*sounds[:at], *sounds[at + 1 :])
