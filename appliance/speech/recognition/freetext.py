"""Words of free speech: by the pack's word graph, or by the pieces alone where it has none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import numpy.typing as npt

from appliance.speech.recognition.ctc import Targets, best_path, forward
from appliance.speech.recognition.lexicon import SPACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.speech.recognition.lexicon import Pieces
    from appliance.speech.recognition.wordgraph import Branch, Candidate, Placed, WordGraph

Floats = npt.NDArray[np.float32]

_BY_PIECES: Final = 0.4
"""What the pieces' logarithm is worth beside that of the phones and the language model …"""
_PIECES_BIAS: Final = 1.0
"""… after this has been taken from their blanks."""
_WORST: Final = 25.0
"""Natural logarithm that the pieces may put one reading behind another at most."""
_KEEN: Final = 0.3
"""What the sum of all these is worth between readings: they are not independent."""
_TRUST: Final = (1.29, 0.34, 1.11, 4.15, 1.96)
"""Logistic regression of whether a word is right, on voices held out from training: 1, how far
its phones are behind the likeliest ones, how sure the network is of these in the word and in the
utterance (natural logarithms), and the share of the other readings that have it there too."""


@dataclass(frozen=True, slots=True)
class Found:
    """One recognised word; frames of the network, inclusive."""

    text: str
    first: int
    last: int
    confidence: float
    """Within 0 to 1."""


class FreeText(Protocol):
    """What reads free speech."""

    def read(self, posteriors: Sequence[Floats]) -> tuple[tuple[Found, ...], ...]:
        """Return the readings of the heads' log-probabilities, pieces first, best reading first.

        There is at least one; it is empty where nothing was said.
        """


class GraphText:
    """Words of the graph, read on the phone head and weighed by both heads."""

    def __init__(
        self, graph: WordGraph, pieces: Pieces, blank: int, branch: Branch | None = None
    ) -> None:
        """Read by `graph`, with what the question adds in `branch`; `blank` is the pieces'."""
        self._graph, self._branch = graph, branch
        self._pieces, self._blank = pieces, blank

    def read(self, posteriors: Sequence[Floats]) -> tuple[tuple[Found, ...], ...]:
        """Read both heads."""
        candidates = self._graph.read(posteriors[-1], self._branch)
        if len(candidates) > 1:
            candidates = self._weighed(candidates, posteriors[0])
        return tuple(_trusted(candidate, candidates) for candidate in candidates) or ((),)

    def _weighed(self, candidates: Sequence[Candidate], log_probs: Floats) -> tuple[Candidate, ...]:
        biased = log_probs.copy()
        biased[:, self._blank] -= np.float32(_PIECES_BIAS)
        spelled = Targets([self._pieces.encode(candidate.text) for candidate in candidates])
        scores = forward(biased, spelled, self._blank)
        best = scores.max()
        total = {
            candidate.text: candidate.score + _BY_PIECES * max(score - best, -_WORST)
            for candidate, score in zip(candidates, scores.tolist(), strict=True)
        }
        return tuple(sorted(candidates, key=lambda candidate: -total[candidate.text]))


def _trusted(candidate: Candidate, others: Sequence[Candidate]) -> tuple[Found, ...]:
    rivals = [other for other in others if other is not candidate]
    return tuple(
        Found(word.text, word.first, word.last, _trust(word, candidate.sure, rivals))
        for word in candidate.words
    )


def _trust(word: Placed, overall: float, rivals: Sequence[Candidate]) -> float:
    """Return how likely a word is right, 0 to 1."""
    agreed = [
        any(w.text == word.text and w.first <= word.last and word.first <= w.last for w in r.words)
        for r in rivals
    ]
    share = sum(agreed) / len(agreed) if agreed else 1.0
    features = (1.0, word.margin, word.sure, overall, share)
    value = sum(weight * feature for weight, feature in zip(_TRUST, features, strict=True))
    return round(1.0 / (1.0 + math.exp(min(-value, 500.0))), 3)


class PathText:
    """The likeliest pieces of every frame, words or not, in lower case."""

    def __init__(self, pieces: Pieces, blank: int) -> None:
        self._pieces, self._blank = pieces, blank

    def read(self, posteriors: Sequence[Floats]) -> tuple[tuple[Found, ...], ...]:
        """Read the first head."""
        log_probs = posteriors[0]
        words: list[tuple[str, int, int, list[float]]] = []
        for label in best_path(log_probs, self._blank):
            name = self._pieces.name(label.label)
            if name.startswith("<"):
                continue
            if name.startswith(SPACE) or not words:
                words.append(("", label.first, label.last, []))
            text, first, _, sure = words[-1]
            sure.append(float(log_probs[label.first : label.last + 1, label.label].max()))
            words[-1] = (text + name.removeprefix(SPACE).lower(), first, label.last, sure)
        return (
            tuple(
                Found(text, first, last, round(math.exp(sum(sure) / len(sure)), 3))
                for text, first, last, sure in words
                if text
            ),
        )
