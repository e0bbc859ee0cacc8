"""Which of several classes a sentence belongs to: weighted n-grams against known examples.

    sentence -> words without courtesies -> word 1-2-grams, character 3-5-grams -> tf-idf
             -> likeness to every example (inverted index) -> best per class -> confidence

Likeness is Tversky's ratio (Psychological Review 84, 1977) over weights: what an example has and
the sentence lacks counts more than what the sentence says besides. It is 1 for a known sentence
and near 0 for anything foreign, so that "none of these" is a threshold and not a class.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from appliance.dialogue.text import likeness, overlap, pairs, skeleton
from appliance.dialogue.understanding.features import MOST_WORDS
from appliance.dialogue.understanding.manners import Manners, manners

_WORD: Final = 3.0
"""How much a word counts, by itself; its letters (together), sound and neighbour count besides."""
_LETTERS: Final = 3.0
_SOUND: Final = 1.0
_PAIR: Final = 1.5
_NAME: Final = 25.0
"""Weight of a destination, person or day in a sentence, whatever its name."""
_TAG: Final = 8.0
"""Weight of a number, a time or the like: they stand in many a sentence."""
_NAMES: Final = ("w {destination}", "w {list_", "w {day}")
_MISSING: Final = 0.85
"""Weight of what an example has and the sentence lacks."""
_BESIDES: Final = 0.3
"""Weight of what the sentence has and the example lacks."""
_RIVAL: Final = 0.35
"""How far a rival class as likely as the best takes the confidence down."""
_COMMON: Final = 0.06
"""Share of the examples from which a string of letters tells nothing and is left out."""
_MENDABLE: Final = 4
"""Letters of a word that may have been misheard."""
_LEAST_MENDED: Final = 0.74
"""Likeness from which an unknown word is taken for a known one."""
_MENDED: Final = 0.95
"""Likeness that is left after each such word."""


def content(text: str, language: str = "en") -> list[str]:
    """Return the words of a normalised text without courtesies, or all where no other are there."""
    words = text.split()[:MOST_WORDS]
    return _content(words, manners(language)) or words


def _content(words: Sequence[str], known: Manners) -> list[str]:
    kept: list[str] = []
    before = ""
    for word in words:
        if (before, word) in known.pairs:
            if kept and kept[-1] == before:
                kept.pop()
        elif word not in known.courtesies:
            kept.append(word)
        before = word
    return kept


def _features(words: Sequence[str]) -> dict[str, float]:
    """Return the n-grams of `words` with how much each counts within its word."""
    found: defaultdict[str, float] = defaultdict(float)
    for first, second in itertools.pairwise(words):
        found[f"b {first} {second}"] += _PAIR
    for word in words:
        found[f"w {word}"] += _WORD
        if word[0] == "{":
            continue
        marked = f"<{word}>"
        grams = [marked[i : i + n] for n in (3, 4, 5) for i in range(len(marked) - n + 1)]
        for gram in grams:
            found[gram] += _LETTERS / len(grams)
        sound = skeleton(word)
        if len(sound) > 1:
            found[f"s {sound}"] += _SOUND
    return found


def _tags(features: Iterable[str]) -> frozenset[str]:
    return frozenset(feature for feature in features if feature.startswith("w {"))


def courteous(text: str, language: str = "en") -> bool:
    """Return whether a normalised text is courtesies and nothing else: "hello", "thank you"."""
    return bool(text) and not _content(text.split()[:MOST_WORDS], manners(language))


class Classifier:
    """Trained when made; immutable afterwards."""

    def __init__(self, examples: Mapping[str, Sequence[str]], language: str = "en") -> None:
        """Learn from `examples`: class name to normalised sentences."""
        self._language = language
        plain = {
            name: dict.fromkeys(" ".join(content(text, language)) for text in texts)
            for name, texts in examples.items()
        }
        rows = [(name, text) for name, texts in plain.items() for text in texts if text]
        self._classes = [name for name, _ in rows]
        self._known = {text: name for name, text in reversed(rows)}
        counts = [_features(text.split()) for _, text in rows]
        seen: Counter[str] = Counter(feature for count in counts for feature in count)
        most = max(8, int(len(rows) * _COMMON))
        self._common = frozenset(
            feature for feature, n in seen.items() if n > most and feature[1:2] != " "
        )
        self._idf = {
            feature: math.log(1.0 + len(rows) / (1.0 + times)) for feature, times in seen.items()
        }
        self._unseen = math.log(1.0 + len(rows))
        vocabulary = sorted({word for _, text in rows for word in text.split() if word[0] != "{"})
        self._vocabulary = frozenset(vocabulary)
        self._alike = [
            (word, skeleton(word), pairs(word)) for word in vocabulary if len(word) >= _MENDABLE
        ]
        self._mass: list[float] = []
        self._tags: list[frozenset[str]] = []
        self._index: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for row, count in enumerate(counts):
            weights = self._weights(count)
            self._mass.append(sum(weights.values()))
            self._tags.append(_tags(count))
            for feature, weight in weights.items():
                self._index[feature].append((row, weight))

    def _weights(self, count: Mapping[str, float]) -> dict[str, float]:
        weights: dict[str, float] = {}
        for feature, amount in count.items():
            if feature in self._common:
                continue
            if feature.startswith("w {"):
                weights[feature] = _NAME if feature.startswith(_NAMES) else _TAG
                continue
            known = self._idf.get(feature)
            if known is not None:
                weights[feature] = amount * known
            elif feature.startswith("w "):
                # Letters that are nowhere known say no more than the word itself.
                weights[feature] = amount * self._unseen
        return weights

    def _mended(self, words: list[str]) -> tuple[list[str], int]:
        """Return `words` with unknown ones replaced by the known word they sound like."""
        mended: list[str] = []
        times = 0
        for word in words:
            near = "" if word in self._vocabulary or word[0] == "{" else self._near(word)
            times += bool(near)
            mended.append(near or word)
        return mended, times

    def _near(self, word: str) -> str:
        if len(word) < _MENDABLE:
            return ""
        sound, letters = skeleton(word), pairs(word)
        found, most = "", _LEAST_MENDED
        for known, their_sound, their_letters in self._alike:
            if overlap(letters, their_letters) < 0.3:
                continue
            score = 0.5 * likeness(word, known) + 0.5 * likeness(sound, their_sound)
            if score > most:
                found, most = known, score
        return found

    def scores(self, text: str) -> dict[str, float]:
        """Return the likeness, 0 to 1, of the nearest example of each class that is like `text`."""
        words = content(text, self._language)
        known = self._known.get(" ".join(words))
        if known is not None:
            return {known: 1.0}
        words, mended = self._mended(words)
        weights = self._weights(_features(words))
        mass = sum(weights.values())
        tags = _tags(weights)
        shared: defaultdict[int, float] = defaultdict(float)
        for feature, weight in weights.items():
            for row, theirs in self._index.get(feature, ()):
                shared[row] += min(weight, theirs)
        best: dict[str, float] = {}
        for row, common in shared.items():
            lacking = self._mass[row] - common
            # An example without a destination is not meant by a sentence that names one.
            lost = sum(weights[tag] for tag in tags - self._tags[row]) if tags else 0.0
            unmet = (_MISSING - _BESIDES) * lost
            besides = mass - common
            score = (
                _MENDED**mended
                * common
                / (common + _MISSING * lacking + _BESIDES * besides + unmet)
            )
            name = self._classes[row]
            if score > best.get(name, 0.0):
                best[name] = min(1.0, score)
        return best

    def classify(self, text: str) -> dict[str, float]:
        """Return the confidence, 0 to 1, of every class that is like `text` at all."""
        scores = self.scores(text)
        return confidences(scores)


def confidences(scores: Mapping[str, float]) -> dict[str, float]:
    """Return the confidences of classes by likeness: a near rival takes the best one's down."""
    ranked = sorted(scores.values(), reverse=True)
    return {name: _confidence(score, ranked) for name, score in scores.items()}


def _confidence(score: float, ranked: Sequence[float]) -> float:
    others = ranked[1:] if score >= ranked[0] else ranked
    rival = others[0] if others else 0.0
    stretched = min(1.0, max(0.0, (score - 0.12) / 0.58))
    if score >= 0.999 or rival <= 0:
        return stretched
    return stretched * (1.0 - _RIVAL * min(1.0, rival / score) ** 4)


def best(found: Mapping[str, float]) -> tuple[str, float]:
    """Return the strongest of several, ("", 0.0) of none; the first name wins a draw."""
    return max(found.items(), key=lambda item: (item[1], item[0]), default=("", 0.0))


def merge(readings: Iterable[tuple[Mapping[str, float], float]]) -> dict[str, float]:
    """Return the weighted mean of several readings' confidences."""
    total: defaultdict[str, float] = defaultdict(float)
    mass = 0.0
    for found, weight in readings:
        mass += weight
        for name, confidence in found.items():
            total[name] += weight * confidence
    return {name: value / mass for name, value in total.items()} if mass > 0 else {}
