"""Weighted transducers as arrays, in and out of OpenFst's binary form.

    file ─► Arcs ─► framed ─► Tables ─► joined ─► StdConstFst, searched by kaldi-decoder

Building a graph arc by arc through the library takes seconds for a hundred thousand arcs; as
arrays it takes milliseconds. The binary form is that of `ConstFst` (OpenFst, const-fst.h).
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import Any, Final

import kaldifst
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]

_MAGIC: Final = 2125659606
_VERSION: Final = 2
_PROPERTIES: Final = 0x1  # expanded; nothing else is claimed
_HEADER: Final = struct.Struct("<iiQqqq")
_STATE: Final = np.dtype(
    [("final", "<f4"), ("pos", "<u4"), ("arcs", "<u4"), ("iepsilons", "<u4"), ("oepsilons", "<u4")]
)
_ARC: Final = np.dtype([("ilabel", "<i4"), ("olabel", "<i4"), ("weight", "<f4"), ("to", "<i4")])
NEVER: Final = np.float32(np.inf)
"""Final weight of a state in which nothing may end."""


@dataclass(frozen=True, slots=True)
class Arcs:
    """A transducer; arcs are sorted by their source. Weights are negative natural logarithms."""

    start: int
    final: Floats
    """[states]."""
    first: Ints
    """[states + 1]: where the arcs of each state begin."""
    ilabel: Ints
    """[arcs]; 0 is taken without a frame."""
    olabel: Ints
    """[arcs]; 0 says nothing."""
    weight: Floats
    """[arcs]."""
    to: Ints
    """[arcs]: target states."""

    @property
    def states(self) -> int:
        """Number of states."""
        return len(self.final)

    def source(self) -> Ints:
        """Return the source state of every arc."""
        return np.repeat(np.arange(self.states, dtype=np.int32), np.diff(self.first))


def parse(data: bytes) -> Arcs:
    """Read OpenFst's binary form of a ConstFst. Raises ValueError for anything else."""
    at, names = 4, []
    if len(data) < 4 or struct.unpack_from("<i", data)[0] != _MAGIC:
        raise ValueError("not an OpenFst file")
    for _ in range(2):
        if len(data) < at + 4:
            raise ValueError("a truncated OpenFst file")
        (size,) = struct.unpack_from("<i", data, at)
        names.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    if names != [b"const", b"standard"]:
        raise ValueError(f"an OpenFst file of {names}, not a ConstFst of StdArcs")
    _, flags, _, start, states, arcs = _HEADER.unpack_from(data, at)
    at += _HEADER.size
    if flags:
        raise ValueError("an OpenFst file with symbols or alignment")
    table = np.frombuffer(data, _STATE, states, at)
    listed = np.frombuffer(data, _ARC, arcs, at + table.nbytes)
    first = np.append(table["pos"], arcs).astype(np.int32)
    fields = (listed[name].copy() for name in ("ilabel", "olabel", "weight", "to"))
    return Arcs(start, table["final"].copy(), first, *fields)


@dataclass(frozen=True, slots=True)
class Tables:
    """A transducer as its file has it."""

    start: int
    states: npt.NDArray[np.void]
    arcs: npt.NDArray[np.void]


def tables(graph: Arcs) -> Tables:
    """Lay out a transducer for the library."""
    states = np.zeros(graph.states, _STATE)
    states["final"] = graph.final
    states["pos"] = graph.first[:-1]
    states["arcs"] = np.diff(graph.first)
    for name, label in (("iepsilons", graph.ilabel), ("oepsilons", graph.olabel)):
        counted = np.cumsum(np.append(0, label == 0))
        states[name] = counted[graph.first[1:]] - counted[graph.first[:-1]]
    arcs = np.empty(len(graph.to), _ARC)
    for name in ("ilabel", "olabel", "weight", "to"):
        arcs[name] = getattr(graph, name)
    return Tables(graph.start, states, arcs)


def joined(base: Tables, behind: Tables) -> Tables:
    """Return `base` with the arcs of its last state and all further states from `behind`.

    The targets in `behind` count from the first state of `base`; its own first state is the last
    of `base`, which must be without arcs.
    """
    states = behind.states.copy()
    states["pos"] += len(base.arcs)
    return Tables(
        base.start,
        np.concatenate([base.states[:-1], states]),
        np.concatenate([base.arcs, behind.arcs]),
    )


def load(graph: Tables) -> kaldifst.StdFst:
    """Return the transducer as the library has it."""
    kinds = b"".join(struct.pack("<i", len(name)) + name for name in (b"const", b"standard"))
    sizes = len(graph.states), len(graph.arcs)
    header = _HEADER.pack(_VERSION, 0, _PROPERTIES, graph.start, *sizes)
    number = os.memfd_create("graph")
    try:
        with os.fdopen(os.dup(number), "wb") as stream:
            stream.write(struct.pack("<i", _MAGIC) + kinds + header)
            stream.write(graph.states.data)
            stream.write(graph.arcs.data)
        return kaldifst.StdConstFst.read(f"/proc/self/fd/{number}")
    finally:
        os.close(number)


@dataclass(frozen=True, slots=True)
class Framed:
    """A graph over a CTC network's frames."""

    tables: Tables
    entry: tuple[int, ...]
    """[labels + 1]: label to the state in which `door` waits after that label; 0: after a blank."""
    slot: int
    """The last state; every way through `door` may go on to it, it has no arcs."""


def framed(graph: Arcs, labels: int, door: int) -> Framed:
    """Return `graph` over the frames of `labels` + 1 columns; input label `labels` + 1 is blank.

    Graves et al. 2006, section 3.1: a label may fill several frames, blanks may stand between
    labels and must between two equal ones. Every state is split by the label that led to it, so
    that no step without a frame is added. A state entered without a frame waits for nothing
    itself: the one before it does.
    """
    through, blank = labels + 1, labels + 1
    wide = 2 * through
    keys = _keys(graph, labels, door)
    state, last = keys // wide, keys % wide
    waits, last = last < through, last % through
    counts = graph.first[state + 1] - graph.first[state]
    at = np.repeat(np.arange(len(keys)), counts)
    arc = np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
    arc += graph.first[state][at]
    label = graph.ilabel[arc]
    allowed = (label == 0) | (label != last[at])
    at, arc, label = at[allowed], arc[allowed], label[allowed]
    to = graph.to[arc].astype(np.int64) * wide + np.where(label == 0, through + last[at], label)
    waiting = np.flatnonzero(waits)
    held = np.flatnonzero(waits & (last > 0))
    doors = np.flatnonzero(state == door)
    rows = np.concatenate([at, waiting, held, doors])
    order = np.argsort(rows, kind="stable")

    def column(spoken: npt.NDArray[Any], *fills: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.concatenate([spoken, *fills])[order]

    silent = np.zeros(len(waiting) + len(held) + len(doors))
    reached = np.searchsorted(keys, to)
    laid_out = tables(
        Arcs(
            start=int(np.searchsorted(keys, graph.start * wide)),
            final=np.append(graph.final[state], NEVER).astype(np.float32),
            first=np.append(
                np.searchsorted(rows[order], np.arange(len(keys) + 1)), len(rows)
            ).astype(np.int32),
            ilabel=column(
                label, np.full(len(waiting), blank), last[held], np.zeros(len(doors))
            ).astype(np.int32),
            olabel=column(graph.olabel[arc], silent).astype(np.int32),
            weight=column(graph.weight[arc], silent).astype(np.float32),
            to=column(
                reached,
                np.searchsorted(keys, state[waiting] * wide),
                held,
                np.full(len(doors), len(keys)),
            ).astype(np.int32),
        )
    )
    return Framed(
        laid_out,
        tuple(
            int(np.searchsorted(keys, door * wide + (through + label if label else 0)))
            for label in range(labels + 1)
        ),
        len(keys),
    )


def _keys(graph: Arcs, labels: int, door: int) -> npt.NDArray[np.int64]:
    """Return every state with what led to it, as state · 2(labels + 1) + label, sorted.

    The label is 0 after a blank; `labels` + 1 is added where the state is entered without a frame.
    """
    through = labels + 1
    wide = 2 * through
    seen = np.zeros(graph.states * wide, np.bool_)
    seen[graph.start * wide] = True
    seen[door * wide + through : (door + 1) * wide] = True
    framed = graph.ilabel > 0
    to = graph.to[framed].astype(np.int64) * wide
    seen[to + graph.ilabel[framed]] = True
    seen[to] = True
    seen[door * wide] = True
    source, target = graph.source()[~framed].astype(np.int64), graph.to[~framed].astype(np.int64)
    while True:
        before = int(seen.sum())
        for last in range(through):
            live = seen[source * wide + last] | seen[source * wide + through + last]
            seen[target[live] * wide + through + last] = True
        if int(seen.sum()) == before:
            return np.flatnonzero(seen)
