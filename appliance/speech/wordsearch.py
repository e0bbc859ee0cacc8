"""Free speech as words of the lexicon: a beam search over word pieces.

    log_probs ─► beam of (words so far, place in the tree of words) ─► best sequence of whole words

The best path alone writes what no one says ("billling", "in voice" run together); here every word
is one of the lexicon's. CTC prefix search (Graves 2008, section 7.5; Hannun et al. 2014) in which
a prefix may only grow along the tree of the lexicon's words, each written in pieces.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Floats = npt.NDArray[np.float32]

BEAM: Final = 12
"""Prefixes kept from frame to frame."""
LIKELY: Final = 3e-3
"""Probability below which a piece is not tried …"""
MOST: Final = 8
"""… and how many are tried in one frame at most."""
EACH_WORD: Final = 1.2
"""Taken from the natural logarithm of a sequence for each word: longer words are likelier …"""
EACH_LETTER: Final = 0.4
"""… but spelling is made of words of one letter."""
_ROOT: Final = 0
_SURELY_BLANK: Final = 0.999


class WordSearch:
    """The tree of a lexicon's words in pieces; `text` may be called from any thread."""

    def __init__(
        self,
        words: Iterable[str],
        encode: Callable[[str], tuple[int, ...]],
        blank: int,
    ) -> None:
        """Build the tree; words that cannot be written in pieces are left out."""
        self._blank = blank
        self._children: list[dict[int, int]] = [{}]
        self._label: list[int] = [-1]
        self._word: list[str] = [""]
        for word in words:
            pieces = encode(word)
            if not pieces:
                continue
            node = _ROOT
            for piece in pieces:
                child = self._children[node].get(piece)
                if child is None:
                    child = len(self._children)
                    self._children[node][piece] = child
                    self._children.append({})
                    self._label.append(piece)
                    self._word.append("")
                node = child
            self._word[node] = self._word[node] or word

    def text(self, log_probs: Floats) -> str:
        """Return the best words of [frames, pieces + blank], apart by spaces; empty for none."""
        tree = self._children, self._label, self._word
        return _Search(tree, self._blank).run(log_probs)


class _Search:
    """One search; a prefix is (history, node), its value (ends in blank, ends in a label)."""

    def __init__(self, tree: tuple[list[dict[int, int]], list[int], list[str]], blank: int) -> None:
        self._children, self._label, self._word = tree
        self._blank = blank
        self._beam: dict[tuple[int, int], tuple[float, float]] = {(0, _ROOT): (1.0, 0.0)}
        self._histories: list[tuple[int, str]] = [(0, "")]
        self._numbers: dict[tuple[int, str], tuple[int, float]] = {}

    def run(self, log_probs: Floats) -> str:
        for frame in np.exp(log_probs.astype(np.float64)):
            rest = float(frame[self._blank])
            if rest > _SURELY_BLANK:
                self._beam = {key: (a + b, 0.0) for key, (a, b) in self._beam.items()}
                continue
            tried = np.flatnonzero(frame > LIKELY)
            tried = tried[np.argsort(-frame[tried])][:MOST]
            likely = [(int(p), float(frame[p])) for p in tried if p != self._blank]
            self._advance(frame, rest, likely)
        return self._best()

    def _advance(
        self, frame: npt.NDArray[np.float64], rest: float, likely: list[tuple[int, float]]
    ) -> None:
        grown: dict[tuple[int, int], list[float]] = {}
        for (history, node), (in_blank, in_label) in self._beam.items():
            whole = in_blank + in_label
            entry = grown.setdefault((history, node), [0.0, 0.0])
            entry[0] += whole * rest
            last = self._label[node]
            if node != _ROOT:
                entry[1] += in_label * float(frame[last])
            for piece, probability in likely:
                weight = (in_blank if piece == last else whole) * probability
                if weight <= 0.0:
                    continue
                child = self._children[node].get(piece) if node != _ROOT else None
                if child is not None:
                    grown.setdefault((history, child), [0.0, 0.0])[1] += weight
                begun = self._children[_ROOT].get(piece)
                if begun is not None and (node == _ROOT or self._word[node]):
                    now, worth = self._after(history, self._word[node])
                    grown.setdefault((now, begun), [0.0, 0.0])[1] += weight * worth
        kept = sorted(grown.items(), key=lambda item: -(item[1][0] + item[1][1]))[:BEAM]
        scale = sum(kept[0][1]) or 1.0
        self._beam = {key: (a / scale, b / scale) for key, (a, b) in kept}

    def _after(self, history: int, word: str) -> tuple[int, float]:
        """Return the history with one word more and the factor that the word costs."""
        if not word:
            return history, 1.0
        found = self._numbers.get((history, word))
        if found is None:
            worth = math.exp(-(EACH_WORD if len(word) > 1 else EACH_LETTER))
            found = self._numbers[history, word] = (len(self._histories), worth)
            self._histories.append((history, word))
        return found

    def _best(self) -> str:
        ended = [
            ((a + b) * self._after(history, self._word[node])[1], history, self._word[node])
            for (history, node), (a, b) in self._beam.items()
            if node == _ROOT or self._word[node]
        ]
        if not ended:
            ended = [(a + b, history, "") for (history, _), (a, b) in self._beam.items()]
        _, history, word = max(ended)
        words = [word] if word else []
        while history:
            history, before = self._histories[history]
            words.append(before)
        return " ".join(reversed(words))
