"""The best way through a graph for an utterance: kaldi-decoder's beam search.

    log-probabilities ─► FasterDecoder ─► labels of the frames, words

Povey et al. 2011, "The Kaldi speech recognition toolkit". The decoder does not let go of the
interpreter, so it is called for a few frames at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import kaldi_decoder
import kaldifst
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = npt.NDArray[np.float32]
Ways = tuple[tuple[int, ...], ...]
"""Pronunciations of a word, each the columns of its phones."""

BEAM: Final = 12.0
"""Natural logarithm that a token may be behind the best one."""
ACTIVE: Final = 600
"""Tokens kept from frame to frame at most; bounds the time that noise may take."""
_AT_ONCE: Final = 8
"""Frames decoded before other threads may run."""


@dataclass(frozen=True, slots=True)
class Walk:
    """The best way through a graph."""

    labels: npt.NDArray[np.intp]
    """The column of every frame."""
    words: tuple[int, ...]
    """Output labels."""
    cost: float
    """What the graph takes for it."""
    sound: float
    """Natural logarithm of its frames' probability."""

    @property
    def score(self) -> float:
        """Natural logarithm of its probability, costs of the graph included."""
        return self.sound - self.cost

    def runs(self, blank: int) -> list[tuple[int, int, int]]:
        """Return the columns said, repeats merged, each with its first and last frame."""
        found: list[tuple[int, int, int]] = []
        before = blank
        for frame, label in enumerate(self.labels.tolist()):
            if label != blank:
                if label == before:
                    found[-1] = (label, found[-1][1], frame)
                else:
                    found.append((label, frame, frame))
            before = label
        return found


def walk(graph: kaldifst.StdFst, log_probs: Floats) -> Walk | None:
    """Return the best way through `graph` for [frames, labels]; None where there is none.

    Input labels of the graph are columns + 1.
    """
    if not len(log_probs):
        return None
    scores = kaldi_decoder.DecodableCtc(np.ascontiguousarray(log_probs, np.float32))
    options = kaldi_decoder.FasterDecoderOptions(beam=BEAM, max_active=ACTIVE)
    decoder = kaldi_decoder.FasterDecoder(graph, options)
    decoder.init_decoding()
    while decoder.num_frames_decoded() < len(log_probs):
        decoder.advance_decoding(scores, _AT_ONCE)
    ended, best = decoder.get_best_path()
    if not ended:
        return None
    _, labels, words, cost = kaldifst.get_linear_symbol_sequence(best)
    return Walk(
        np.array(labels, np.intp) - 1, tuple(words), float(cost.value1), -float(cost.value2)
    )


def spans(words: Sequence[Ways], phones: Sequence[int]) -> list[tuple[int, int]]:
    """Return where in `phones` each word is said; an unfinished word may follow the last.

    A word that was told before its end, where no other was possible any more, has no span: the
    list is shorter then.
    """
    reached: list[dict[int, int]] = [{0: -1}]
    for ways in words:
        ends: dict[int, int] = {}
        for begin in reached[-1]:
            for way in ways:
                end = begin + len(way)
                if tuple(phones[begin:end]) == way:
                    ends.setdefault(end, begin)
        if not ends:
            break
        reached.append(ends)
    if len(reached) == 1:
        return []
    end = max(reached[-1])
    found = []
    for ends in reversed(reached[1:]):
        found.append((ends[end], end))
        end = ends[end]
    return found[::-1]
