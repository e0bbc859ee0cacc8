"""What training draws from: groups of utterances, weighted, growing while shards arrive."""

import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from models.train.stt import shards
from models.train.stt.network import FLOOR, MELS


@dataclass(frozen=True, slots=True)
class Example:
    """One utterance to learn from."""

    frames: shards.Features
    pieces: list[int]
    phones: list[int] | None
    words: int


@dataclass(frozen=True, slots=True)
class Part:
    """Shards of one language."""

    folder: Path
    shares: Mapping[str, float]
    """Share of the hours of every group, by the beginning of its shards' names."""
    targets: Callable[[str], tuple[list[int], list[int] | None]]
    """What is written to piece ids and phone ids; no pieces: nothing can be learned from it."""


@dataclass(slots=True)
class _Group:
    examples: list[Example] = field(default_factory=list)
    order: list[int] = field(default_factory=list)


def _needed(ids: list[int]) -> int:
    """Return how many frames CTC needs at least for `ids`."""
    return len(ids) + sum(a == b for a, b in itertools.pairwise(ids))


def example(row: shards.Row, part: Part) -> Example | None:
    """Return `row` with its targets; None where it is too short for them."""
    room = len(row.frames) // 4 - 1
    ids, phones = part.targets(row.written)
    if not ids or _needed(ids) >= room:
        return None
    if phones is not None and _needed(phones) >= room:
        phones = None
    return Example(row.frames, ids, phones, len(row.written.split()))


class Pool:
    """All training examples."""

    def __init__(self, parts: list[Part]) -> None:
        """Read what there is; `refresh` reads what came later."""
        self._parts = parts
        self._seen: set[Path] = set()
        self._groups = [{name: _Group() for name in part.shares} for part in parts]
        self.hours = 0.0
        self.refresh()

    def refresh(self) -> None:
        """Read the shards that were not yet there last time."""
        for part, groups in zip(self._parts, self._groups, strict=True):
            for index in sorted(part.folder.glob("*.json")):
                name = next((g for g in groups if index.name.startswith(g)), None)
                if name is None or index in self._seen:
                    continue
                self._seen.add(index)
                for row in shards.read(index):
                    found = example(row, part)
                    if found is not None:
                        groups[name].examples.append(found)
                        self.hours += len(found.frames) / 360000

    def draw(self, seconds: float, longest_s: float, rng: random.Random) -> list[Example]:
        """Return about `seconds` of examples none of which is longer than `longest_s`."""
        chosen: list[Example] = []
        present = [
            (part.shares[name], group)
            for part, groups in zip(self._parts, self._groups, strict=True)
            for name, group in groups.items()
            if group.examples
        ]
        total = sum(share for share, _ in present)
        for share, group in present:
            left = seconds * 100 * share / total
            tries = 4 * len(group.examples)
            while left > 0 and tries:
                tries -= 1
                if not group.order:
                    group.order = rng.sample(range(len(group.examples)), len(group.examples))
                found = group.examples[group.order.pop()]
                if len(found.frames) <= longest_s * 100:
                    chosen.append(found)
                    left -= len(found.frames)
        return chosen


def batches(examples: list[Example], seconds: float, rng: random.Random) -> Iterator[list[Example]]:
    """Yield `examples` in batches of similar length, at most `seconds` with their padding."""
    ordered = sorted(examples, key=lambda e: len(e.frames) * rng.uniform(0.97, 1.03))
    found: list[list[Example]] = [[]]
    longest = 0
    for item in ordered:
        longest = max(longest, len(item.frames))
        if found[-1] and longest * (len(found[-1]) + 1) > seconds * 100:
            found.append([])
            longest = len(item.frames)
        found[-1].append(item)
    rng.shuffle(found)
    yield from (batch for batch in found if batch)


def stack(frames: list[shards.Features]) -> tuple[Tensor, Tensor]:
    """Return features [N, T, 40] padded with silence (T a multiple of 4) and lengths / 4 [N]."""
    longest = -(-max(len(f) for f in frames) // 4) * 4
    x = torch.full((len(frames), longest, MELS), FLOOR)
    for at, part in enumerate(frames):
        x[at, : len(part)] = torch.from_numpy(np.asarray(part, np.float32))
    return x, torch.tensor([(len(f) + 3) // 4 for f in frames])
