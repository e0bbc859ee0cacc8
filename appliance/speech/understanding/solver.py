"""A linear support vector machine for sparse rows, all classes at once, in numpy.

Dual coordinate descent for the squared hinge (Hsieh et al., "A Dual Coordinate Descent Method for
Large-scale Linear SVM", ICML 2008), one class against the others. A step looks at one sentence and
moves every class's weights together, which is what makes it fast without compiled code.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

_STILL: Final = 1e-3
"""Largest step of a pass from which nothing changes any more."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows of length one: row `i` has `columns` and `values` from `starts[i]` on."""

    starts: Ints
    columns: Ints
    values: Floats

    def __len__(self) -> int:
        return len(self.starts) - 1

    def row(self, at: int) -> tuple[Ints, Floats]:
        """Return columns and values of one row."""
        part = slice(self.starts[at], self.starts[at + 1])
        return self.columns[part], self.values[part]

    def margins(self, weights: Floats) -> Floats:
        """Return rows times `weights` (columns by classes)."""
        found = np.zeros((len(self), weights.shape[1]), np.float32)
        for at in range(len(self)):
            columns, values = self.row(at)
            found[at] = np.dot(values, weights[columns])
        return found


def rows(
    counted: Sequence[Mapping[int, float]], columns: Mapping[int, int], inverse: Floats
) -> Rows:
    """Return features (key to amount) as rows over `columns`, by `inverse` document frequency."""
    starts, found, amounts = [0], [], []
    for counts in counted:
        for key, amount in counts.items():
            column = columns.get(key)
            if column is not None:
                found.append(column)
                amounts.append(amount)
        starts.append(len(found))
    where = np.array(found, np.int64)
    values: Floats = np.array(amounts, np.float32) * inverse[where]
    edges = np.array(starts, np.int64)
    squares = np.zeros(len(values) + 1)
    np.cumsum(np.square(values, dtype=np.float64), out=squares[1:])
    lengths = np.sqrt(np.maximum(squares[edges[1:]] - squares[edges[:-1]], 1e-12))
    values /= np.repeat(lengths, np.diff(edges)).astype(np.float32)
    return Rows(edges, where, values)


def signs(classes: Ints, count: int) -> Floats:
    """Return 1 where a row is of a class and -1 where it is not."""
    found = np.full((len(classes), count), -1.0, np.float32)
    found[np.arange(len(classes)), classes] = 1.0
    return found


def solve(
    examples: Rows,
    wanted: Floats,
    costs: Floats,
    *,
    width: int,
    passes: int,
    until: float,
    seed: int = 5,
) -> Floats:
    """Return weights, `width` columns by classes.

    `wanted`: 1 where a row is of a class, -1 where it is not; `costs`: what a mistake about it
    costs; `until`: seconds of time.thread_time() from which on no further pass begins.
    """
    chance = np.random.default_rng(seed)
    weights = np.zeros((width, wanted.shape[1]), np.float32)
    duals = np.zeros_like(wanted)
    soft = (0.5 / costs).astype(np.float32)
    parts = [examples.row(at) for at in range(len(examples))]
    squares = [float(values @ values) for _, values in parts]
    for turn in range(passes):
        moved = 0.0
        for at in chance.permutation(len(examples)):
            columns, values = parts[at]
            here, sign, dual, ease = weights[columns], wanted[at], duals[at], soft[at]
            slope = sign * (values @ here) - 1.0 + ease * dual
            fresh = np.maximum(dual - slope / (squares[at] + ease), 0.0)
            step = (fresh - dual) * sign
            most = float(np.abs(step).max())
            if turn and most < _STILL:
                continue
            moved = max(moved, most)
            duals[at] = fresh
            weights[columns] = here + values[:, None] * step
        if moved < _STILL or time.thread_time() > until:
            break
    return weights
