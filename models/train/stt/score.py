"""Decoding and counting errors."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from models.train.stt.network import PIECES


def greedy(logits: Tensor, lengths: Tensor, blank: int = PIECES) -> list[list[int]]:
    """Return the best ids of each utterance: repeats and blanks removed."""
    found: list[list[int]] = []
    for best, length in zip(logits.argmax(-1), lengths.tolist(), strict=True):
        ids = torch.unique_consecutive(best[:length]).tolist()
        found.append([i for i in ids if i != blank])
    return found


def edits(said: Sequence[object], meant: Sequence[object]) -> int:
    """Return the edit distance of what was `said` to what was `meant`."""
    row = list(range(len(said) + 1))
    for i, word in enumerate(meant, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(said, 1):
            changed = diagonal + (word != other)
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, changed)
    return row[-1]


def word_errors(heard: str, written: str) -> tuple[int, int]:
    """Return the word edit distance of `heard` to `written`, and the words of `written`."""
    meant = written.split()
    return edits(heard.split(), meant), len(meant)


def ctc_costs(log_probs: Tensor, candidates: list[list[int]], blank: int) -> Tensor:
    """Return −log P of every candidate, given log-probabilities [S, V] of one utterance."""
    count = len(candidates)
    return functional.ctc_loss(
        log_probs[:, None].expand(-1, count, -1),
        torch.tensor([number for ids in candidates for number in ids]),
        torch.full((count,), len(log_probs)),
        torch.tensor([len(ids) for ids in candidates]),
        blank=blank,
        reduction="none",
    )
