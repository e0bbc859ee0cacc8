"""Features on disk: shards of utterances, each a .npy of frames and a .json of rows."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

Features = npt.NDArray[np.float16]
"""Filter banks [frames, 40]."""


@dataclass(frozen=True, slots=True)
class Row:
    """One utterance."""

    written: str
    origin: str
    """Set and speaker, such as "espeak:en-us+f2" or "an4:mblw"."""
    frames: Features
    labels: npt.NDArray[np.int16] | None = None
    """Phone id of every 40 ms, where known."""


@dataclass(slots=True)
class Writer:
    """Collects rows and writes a shard whenever `limit_s` seconds are reached."""

    folder: Path
    name: str
    limit_s: float = 3600.0
    total_s: float = 0.0
    _rows: list[Row] = field(default_factory=list)
    _held_s: float = 0.0
    _count: int = 0

    def add(self, row: Row) -> None:
        """Add `row`."""
        self._rows.append(row)
        self._held_s += len(row.frames) / 100
        self.total_s += len(row.frames) / 100
        if self._held_s >= self.limit_s:
            self.flush()

    def flush(self) -> None:
        """Write what is held; a reader never sees half a shard."""
        if not self._rows:
            return
        stem = self.folder / f"{self.name}-{self._count:03d}"
        with open(f"{stem}.npy", "wb") as file:
            np.save(file, np.concatenate([row.frames for row in self._rows]))
        index = [
            {
                "written": row.written,
                "origin": row.origin,
                "frames": len(row.frames),
                "labels": None if row.labels is None else row.labels.tolist(),
            }
            for row in self._rows
        ]
        temporary = Path(f"{stem}.part")
        temporary.write_text(json.dumps(index))
        os.replace(temporary, f"{stem}.json")
        self._rows, self._held_s, self._count = [], 0.0, self._count + 1


def read(index: Path) -> Iterator[Row]:
    """Yield the rows of the shard whose .json is `index`; frames are memory-mapped."""
    frames = np.load(index.with_suffix(".npy"), mmap_mode="r")
    start = 0
    for entry in json.loads(index.read_text()):
        labels = entry["labels"]
        part = frames[start : start + entry["frames"]]
        start += entry["frames"]
        yield Row(
            entry["written"],
            entry["origin"],
            part,
            None if labels is None else np.array(labels, np.int16),
        )
