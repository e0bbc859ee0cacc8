"""How sure an answer is: its distance from the best thing that the network could have said.

The margin is 0 for an answer that the network would have given itself and falls as the answer has
to be forced onto the sound. It is per label, so that short and long answers are comparable.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from appliance.speech.recognition.ctc import best_path

if TYPE_CHECKING:
    from collections.abc import Iterable

Floats = npt.NDArray[np.float32]

_CENTRE: Final = -1.5
"""Margin (per label, natural logarithm) that an answer is as likely right as wrong at."""
_SLOPE: Final = 4.0
_DOUBT: Final = 2.0
"""What the network's own doubt counts, in the word that it doubts most, beside the margin."""


def likely(margin: float) -> float:
    """Return the probability, 0 to 1, that an answer of this margin was said."""
    return 1.0 / (1.0 + math.exp(min(_SLOPE * (_CENTRE - margin), 500.0)))


class Sound:
    """The frames of an utterance on one head."""

    def __init__(self, log_probs: Floats, bias: float, blank: int) -> None:
        """Take `log_probs` [frames, labels]; `bias` is taken from every blank."""
        self.blank = blank
        self.biased: Floats = log_probs.copy()
        self.biased[:, blank] -= np.float32(bias)
        self._best = log_probs.max(1)
        self._said = self.biased.argmax(1) != blank
        self._filler = float(self.biased.max(1).sum(dtype=np.float64))
        self._labels = max(1, len(best_path(self.biased, blank)))

    def confidence(self, score: float, words: Iterable[tuple[str, int, int]]) -> float:
        """Return how likely an answer of this score was said.

        `words` are the answer's, each with first and last frame.
        """
        margin = (score - self._filler) / self._labels
        doubts = [self._sure(first, last) for _, first, last in words]
        return round(likely(margin + _DOUBT * min(doubts, default=0.0)), 3)

    def _sure(self, first: int, last: int) -> float:
        """Return how sure the network is of the labels that it hears here, the mean logarithm."""
        part = slice(first, last + 1)
        said = self._best[part][self._said[part]]
        return float(said.mean()) if len(said) else 0.0
