"""Connectionist temporal classification: reading a network's frames, in numpy.

`log_probs` is always [frames, labels], natural logarithm; `blank` the column that says nothing.
Graves et al. 2006, "Connectionist Temporal Classification", sections 3 (best path) and 4.1
(forward variables).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_LEAST: Final = 1e-300
IMPOSSIBLE: Final = -1e30
"""The logarithm given to what cannot be: more labels than frames."""


@dataclass(frozen=True, slots=True)
class Label:
    """One label that was read and the frames that it fills."""

    label: int
    first: int
    last: int


def best_path(log_probs: Floats, blank: int) -> tuple[Label, ...]:
    """Return the labels of the best label of every frame, repeats merged, blanks left out."""
    best = log_probs.argmax(1)
    found: list[Label] = []
    before = blank
    for frame, label in enumerate(best.tolist()):
        if label != blank:
            if label == before:
                found[-1] = Label(label, found[-1].first, frame)
            else:
                found.append(Label(label, frame, frame))
        before = label
    return tuple(found)


class Targets:
    """Label sequences prepared for scoring together; made once, used for every utterance.

    They are laid out as a prefix tree, because a dialogue's sentences begin alike by the dozen: a
    node is one label after one beginning, and what is computed for it serves all that share it.
    """

    def __init__(self, sequences: Sequence[Sequence[int]]) -> None:
        """Build the tree; an empty sequence means that nothing was said."""
        labels, parents = [-1], [0]
        children: dict[tuple[int, int], int] = {}
        ends: list[int] = []
        for sequence in sequences:
            node = 0
            for label in sequence:
                child = children.setdefault((node, label), len(labels))
                if child == len(labels):
                    labels.append(label)
                    parents.append(node)
                node = child
            ends.append(node)
        self.lengths: Ints = np.array([len(sequence) for sequence in sequences], np.int64)
        self.labels: Ints = np.array(labels, np.int64)
        self.parents: Ints = np.array(parents, np.int64)
        self.ends: Ints = np.array(ends, np.int64)
        # Between two equal labels there must be a blank.
        self.direct: Doubles = (self.labels != self.labels[self.parents]).astype(np.float64)


def forward(log_probs: Floats, targets: Targets, blank: int) -> Doubles:
    """Return log P(sequence | frames) of every sequence [N], over all alignments.

    Worked in the linear domain, scaled to a maximum of 1 at each frame: multiplications cost a
    tenth of logarithms. What falls below 1e-300 of the best beginning is IMPOSSIBLE; so far behind
    it could not come back.
    """
    if not len(targets.ends):
        return np.zeros(0)
    said: Doubles = np.zeros(len(targets.labels))
    """Of each node: all alignments that end in its label …"""
    rested: Doubles = np.zeros(len(targets.labels))
    """… and in the blank after it."""
    rested[0] = 1.0
    total = 0.0
    labels = np.where(targets.labels < 0, blank, targets.labels)
    peaks = log_probs.max(1) if len(log_probs) else np.zeros(0, np.float32)
    # Row maxima are taken out so that single precision probabilities do not vanish.
    probs = np.exp(log_probs - peaks[:, None]).astype(np.float64)
    for peak, frame in zip(peaks.tolist(), probs, strict=True):
        come = targets.direct * said[targets.parents]
        come += rested[targets.parents]
        come[0] = 0.0
        rested += said
        rested *= frame[blank]
        said += come
        said *= frame[labels]
        scale = max(float(said.max()), float(rested.max()), _LEAST)
        said /= scale
        rested /= scale
        total += peak + math.log(scale)
    end = said[targets.ends] + rested[targets.ends]
    found: Doubles = np.where(end > _LEAST, total + np.log(np.maximum(end, _LEAST)), IMPOSSIBLE)
    return found


def align(log_probs: Floats, labels: Sequence[int], blank: int) -> tuple[Label, ...]:
    """Return the frames of each label on the best alignment; empty where none exists."""
    frames, width = len(log_probs), 2 * len(labels) + 1
    if not labels or frames < len(labels):
        return ()
    states = np.full(width, blank, np.int64)
    states[1::2] = labels
    skip = np.full(width, IMPOSSIBLE)
    skip[2:][(states[2:] != states[:-2]) & (states[2:] != blank)] = 0.0
    score = np.full(width, IMPOSSIBLE)
    score[:2] = log_probs[0, states[:2]]
    back = np.zeros((frames, width), np.int8)
    moves = np.full((3, width), IMPOSSIBLE)
    for at in range(1, frames):
        moves[0] = score
        moves[1, 1:] = score[:-1]
        moves[2, 2:] = score[:-2] + skip[2:]
        back[at] = moves.argmax(0)
        score = np.maximum(moves.max(0) + log_probs[at, states], 2 * IMPOSSIBLE)
    state = width - 1 if score[-1] >= score[-2] else width - 2
    if score[state] <= IMPOSSIBLE / 2:
        return ()
    found: dict[int, tuple[int, int]] = {}
    for at in range(frames - 1, -1, -1):
        if state % 2:
            found[state // 2] = (at, found.get(state // 2, (at, at))[1])
        state -= int(back[at, state])
    return tuple(Label(int(labels[i]), *found[i]) for i in range(len(labels)))
