"""The mean of several checkpoints of one training: what it began with, its middle, its end.

Fine-tuned on synthetic speech alone, a network forgets what people sound like; between where it
began and where it ended lies one that keeps both (Wortsman et al. 2022, "Robust fine-tuning").
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

State = dict[str, Tensor]


def mean(states: Sequence[State], shares: Sequence[float], fresh: int = 0) -> State:
    """Return the weighted mean of `states`; `shares` need not add up to one.

    The first `fresh` states had not yet learned any pieces: their piece head is left out.
    """
    blended: State = {}
    for name in states[0]:
        first = fresh if name.startswith("piece_head") else 0
        total = sum(shares[first:])
        parts = zip(states[first:], shares[first:], strict=True)
        blended[name] = torch.stack([state[name] * (share / total) for state, share in parts]).sum(
            0
        )
    return blended


def write(begun: State, others: Sequence[Path], shares: Sequence[float], out: Path) -> None:
    """Write to `out` what export needs of the mean of `begun` and the checkpoints `others`.

    The hours and seconds are those of the last of `others`.
    """
    saved = [torch.load(path, weights_only=True) for path in others]
    states = [begun, *(checkpoint["average"] for checkpoint in saved)]
    counts = {name: saved[-1][name] for name in ("steps", "heard_s", "spent_s")}
    torch.save({"average": mean(states, shares, fresh=1), **counts}, out)
