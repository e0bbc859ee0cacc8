"""What training draws from: groups of utterances, weighted, growing while shards arrive."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from models.train.stt import shards
from models.train.stt.encoder import Encoder
from models.train.stt.lexicon import pronounce
from models.train.stt.network import FLOOR, MELS

GROUPS = {
    "synth": 0.50,
    "human_libri": 0.12,
    "human_voice": 0.13,
    "human_ocean": 0.09,
    "human_an4": 0.06,
    "human_words": 0.05,
    "human_fsdd": 0.02,
    "human_strings": 0.03,
}
"""Share of the hours of every group, by the beginning of its shards' names."""


@dataclass(frozen=True, slots=True)
class Example:
    """One utterance to learn from."""

    frames: shards.Features
    pieces: list[int]
    phones: list[int] | None
    words: int


@dataclass(slots=True)
class _Group:
    examples: list[Example] = field(default_factory=list)
    order: list[int] = field(default_factory=list)


def _needed(ids: list[int]) -> int:
    """Return how many frames CTC needs at least for `ids`."""
    return len(ids) + sum(a == b for a, b in itertools.pairwise(ids))


def example(row: shards.Row, encoder: Encoder, lexicon: dict[str, list[str]]) -> Example | None:
    """Return `row` with its targets; None where it is too short for them."""
    room = len(row.frames) // 4 - 1
    ids = encoder.encode(row.written)
    if not ids or _needed(ids) >= room:
        return None
    phones = pronounce(row.written, lexicon)
    if phones is not None and _needed(phones) >= room:
        phones = None
    return Example(row.frames, ids, phones, len(row.written.split()))


class Pool:
    """All training examples of WORK/shards."""

    def __init__(self, folder: Path, encoder: Encoder, lexicon: dict[str, list[str]]) -> None:
        """Read what there is; `refresh` reads what came later."""
        self._folder, self._encoder, self._lexicon = folder, encoder, lexicon
        self._seen: set[str] = set()
        self._groups = {name: _Group() for name in GROUPS}
        self.hours = 0.0
        self.refresh()

    def refresh(self) -> None:
        """Read the shards that were not yet there last time."""
        for index in sorted(self._folder.glob("*.json")):
            name = next((g for g in GROUPS if index.name.startswith(g)), None)
            if name is None or index.name in self._seen:
                continue
            self._seen.add(index.name)
            for row in shards.read(index):
                found = example(row, self._encoder, self._lexicon)
                if found is not None:
                    self._groups[name].examples.append(found)
                    self.hours += len(found.frames) / 360000

    def draw(self, seconds: float, longest_s: float, rng: random.Random) -> list[Example]:
        """Return about `seconds` of examples none of which is longer than `longest_s`."""
        chosen: list[Example] = []
        present = {name: group for name, group in self._groups.items() if group.examples}
        total = sum(GROUPS[name] for name in present)
        for name, group in present.items():
            left = seconds * 100 * GROUPS[name] / total
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
