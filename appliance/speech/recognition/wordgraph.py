"""Free speech as words: a graph of pronunciations and a language model over the phone head.

    graph.npz ─► Arcs ─► framed ─► walk, at several scales ─► Candidates: words, frames, scores

The graph is min(det(lexicon ∘ language model)), made by models/train/lm; how CTC fills frames with
labels is added when it is loaded. What a question brings (hotwords) hangs on its slot.
"""

from __future__ import annotations

import math
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from appliance.speech.recognition import fst
from appliance.speech.recognition.beam import spans, walk
from appliance.system.packs.manifest import PackError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import kaldifst

    from appliance.speech.recognition.beam import Walk, Ways

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]

_SURELY_BLANK: Final = math.log(0.999)
_SCALES: Final = (1.0, 0.7, 1.5, 2.5)
"""By what the network's logarithms are multiplied in turn, besides the graph's own scale: what
the language model and the sound lead to if either is given more weight."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One word of a candidate; frames of the network, inclusive."""

    text: str
    first: int
    last: int
    margin: float
    """How far its phones are behind the likeliest ones, and …"""
    sure: float
    """… how sure the network is of those: natural logarithms for each label."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to read an utterance."""

    words: tuple[Placed, ...]
    sure: float
    """As of a word, of the whole utterance."""
    score: float
    """Natural logarithm of its probability by language and sound."""

    @property
    def text(self) -> str:
        """The words."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class Table:
    """The words of a graph by their numbers, which begin with 1."""

    words: tuple[str, ...]
    said: Mapping[str, Ways]

    @classmethod
    def read(cls, file: Path, phones: Sequence[str]) -> Table:
        """Read lines of a word and its pronunciations, apart by tabs.

        Raises PackError where a line names a phone that the recogniser does not have.
        """
        ids = {phone: at for at, phone in enumerate(phones)}
        said: dict[str, Ways] = {}
        for line in file.read_text(encoding="utf-8").splitlines():
            word, *ways = line.split("\t")
            try:
                said[word] = tuple(tuple(ids[phone] for phone in way.split()) for way in ways)
            except KeyError as error:
                raise PackError(
                    f"'{file.name}' of pack '{file.parent.name}' uses the unknown phone {error} in "
                    f"'{word}': install the pack again."
                ) from None
        return cls(tuple(said), said)


class WordGraph:
    """A graph, ready to decode; `read` may be called from any thread."""

    def __init__(self, file: Path, table: Table, phones: int) -> None:
        """Load `file`, the graph over `phones` phones whose words stand in `table`.

        Raises PackError where it is no such graph.
        """
        try:
            with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
                arcs, door, self._scale, self._bias = _unpacked(stored)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise PackError(
                f"'{file.name}' of pack '{file.parent.name}' is no word graph ({error}): install "
                "the pack again."
            ) from error
        if arcs.ilabel.max(initial=0) > phones or arcs.olabel.max(initial=0) > len(table.words):
            raise PackError(
                f"'{file.name}' of pack '{file.parent.name}' has other phones or words than its "
                "tables: install the pack again."
            )
        self.table = table
        self._blank = phones
        self._framed = fst.framed(arcs, phones, door)
        self._fst = fst.load(self._framed.tables)

    @property
    def blank(self) -> int:
        """Column of the blank."""
        return self._blank

    @property
    def framed(self) -> fst.Framed:
        """The graph over frames, to be extended."""
        return self._framed

    def read(self, log_probs: Floats, branch: Branch | None = None) -> tuple[Candidate, ...]:
        """Return different ways to read the phone head's [frames, phones + blank], best first."""
        biased = log_probs.copy()
        biased[:, self._blank] -= np.float32(self._bias)
        frames = self._kept(log_probs)
        heard = _Heard(biased[frames], log_probs[frames], frames, self._blank)
        found: dict[str, Candidate] = {}
        for scale in _SCALES:
            weighed = heard.biased * np.float32(self._scale * scale)
            way = walk(branch.fst if branch else self._fst, weighed)
            if way is None:
                break
            score = self._scale * heard.sound(way) - way.cost
            candidate = self._candidate(way, heard, score, branch)
            known = found.get(candidate.text)
            if known is None or known.score < candidate.score:
                found[candidate.text] = candidate
        return tuple(sorted(found.values(), key=lambda candidate: -candidate.score))

    def _candidate(
        self, way: Walk, heard: _Heard, score: float, branch: Branch | None
    ) -> Candidate:
        words = [self._word(number, branch) for number in way.words]
        runs = way.runs(self._blank)
        placed = []
        where = spans([ways for _, ways in words], [label for label, _, _ in runs])
        for (text, _), (begin, end) in zip(words, where, strict=False):
            first, last = runs[begin][1], runs[end - 1][2]
            margin = heard.behind(way, first, last) / (end - begin)
            sure = heard.sure(first, last)
            placed.append(
                Placed(text, int(heard.frames[first]), int(heard.frames[last]), margin, sure)
            )
        return Candidate(tuple(placed), heard.sure(0, len(heard.frames)), score)

    def _kept(self, log_probs: Floats) -> Ints:
        """Return the frames worth decoding: of a silence one is as good as many."""
        sure = log_probs[:, self._blank] > _SURELY_BLANK
        return np.flatnonzero(~(sure & np.append(False, sure[:-1])))

    def _word(self, number: int, branch: Branch | None) -> tuple[str, Ways]:
        if number <= len(self.table.words):
            text = self.table.words[number - 1]
            return text, self.table.said[text]
        added = branch.words if branch else ()
        return added[number - len(self.table.words) - 1]


@dataclass(frozen=True, slots=True)
class Branch:
    """A graph with more in its slot."""

    fst: kaldifst.StdFst
    words: tuple[tuple[str, Ways], ...]
    """Words with numbers beyond the graph's own."""


class _Heard:
    """The frames of an utterance that are decoded."""

    def __init__(self, biased: Floats, log_probs: Floats, frames: Ints, blank: int) -> None:
        self.biased, self.frames = biased, frames
        self._best = biased.max(1) if len(biased) else np.zeros(0, np.float32)
        said = biased.argmax(1) != blank if len(biased) else np.zeros(0, np.bool_)
        self._sure = np.where(said, log_probs.max(1, initial=-np.inf), 0.0)
        self._said = said

    def sound(self, way: Walk) -> float:
        """Return the sum of a way's logarithms."""
        return float(self.biased[np.arange(len(way.labels)), way.labels].sum(dtype=np.float64))

    def behind(self, way: Walk, first: int, last: int) -> float:
        """Return by how much a way falls short of the best labels of these frames."""
        labels = way.labels[first : last + 1]
        part = self.biased[np.arange(first, first + len(labels)), labels]
        return float((part - self._best[first : last + 1]).sum())

    def sure(self, first: int, last: int) -> float:
        """Return how likely the best labels of these frames are, the mean logarithm."""
        part = slice(first, last + 1)
        count = int(self._said[part].sum())
        if not count:
            return 0.0 if first == 0 else self.sure(0, len(self.frames))
        return float(self._sure[part].sum()) / count


def packed(arcs: fst.Arcs, door: int, scale: float, bias: float) -> dict[str, npt.NDArray[Any]]:
    """Return what a graph file holds; weights keep three digits.

    `scale` multiplies the network's logarithms, `bias` is taken from every blank's before.
    """
    counts = np.diff(arcs.first)
    return {
        "counts": counts.astype(np.uint16),
        "final": arcs.final.astype(np.float16),
        "ilabel": arcs.ilabel.astype(np.uint8),
        "olabel": arcs.olabel.astype(np.uint16),
        "weight": arcs.weight.astype(np.float16),
        "jump": (arcs.to - arcs.source()).astype(np.int32),
        "places": np.array([arcs.start, door], np.int32),
        "scales": np.array([scale, bias], np.float32),
    }


def _unpacked(stored: Mapping[str, npt.NDArray[Any]]) -> tuple[fst.Arcs, int, float, float]:
    first = np.append(0, np.cumsum(stored["counts"], dtype=np.int64)).astype(np.int32)
    start, door = (int(place) for place in stored["places"])
    scale, bias = (float(value) for value in stored["scales"])
    source = np.repeat(np.arange(len(first) - 1, dtype=np.int32), stored["counts"])
    arcs = fst.Arcs(
        start,
        stored["final"].astype(np.float32),
        first,
        stored["ilabel"].astype(np.int32),
        stored["olabel"].astype(np.int32),
        stored["weight"].astype(np.float32),
        source + stored["jump"],
    )
    inside = 0 <= start < arcs.states and 0 <= door < arcs.states and len(arcs.to) == first[-1]
    if not inside or not len(arcs.to) or arcs.to.min() < 0 or arcs.to.max() >= arcs.states:
        raise ValueError("arcs that lead nowhere")
    return arcs, door, scale, bias
