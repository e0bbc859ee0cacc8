"""Transducers as arrays: the library's file form, and the frames of CTC."""

from __future__ import annotations

import itertools
from pathlib import Path

import kaldifst
import numpy as np
import pytest

from appliance.speech.recognition import fst
from appliance.speech.recognition.beam import walk
from appliance.speech.recognition.ctc import Targets, forward

BLANK = 2


def _chain(labels: list[int]) -> fst.Arcs:
    """A graph that says `labels` (columns + 1) as the word 7, after which it may end."""
    count = len(labels)
    return fst.Arcs(
        start=0,
        final=np.append(np.full(count, fst.NEVER), 0).astype(np.float32),
        first=np.append(np.arange(count + 1), count).astype(np.int32),
        ilabel=np.array(labels, np.int32),
        olabel=np.array([0] * (count - 1) + [7], np.int32),
        weight=np.array([0.5] + [0.0] * (count - 1), np.float32),
        to=np.arange(1, count + 1, dtype=np.int32),
    )


def test_the_library_reads_what_is_laid_out(tmp_path: Path) -> None:
    """A transducer comes back from the library's own file as it was."""
    graph = _chain([1, 2, 1])
    loaded = fst.load(fst.tables(graph))
    loaded.write(str(tmp_path / "a.fst"))
    back = fst.parse((tmp_path / "a.fst").read_bytes())
    assert back.start == graph.start
    for name in ("final", "first", "ilabel", "olabel", "weight", "to"):
        assert np.array_equal(getattr(back, name), getattr(graph, name)), name


def test_what_the_library_wrote_is_read(tmp_path: Path) -> None:
    """A graph that the library compiled is read arc by arc."""
    made = kaldifst.compile("0 1 5 6 0.25\n1 0.75\n", acceptor=False)
    kaldifst.StdConstFst(made).write(str(tmp_path / "a.fst"))
    graph = fst.parse((tmp_path / "a.fst").read_bytes())
    assert (graph.ilabel.tolist(), graph.olabel.tolist(), graph.to.tolist()) == ([5], [6], [1])
    assert graph.weight.tolist() == [0.25]
    assert graph.final.tolist() == [np.inf, 0.75]
    assert graph.source().tolist() == [0]


@pytest.mark.parametrize("data", [b"", b"abcd", b"\xd6\xfd\xb2\x7e\x04\x00\x00\x00spam"])
def test_other_files_are_refused(data: bytes) -> None:
    """What is no such file is refused with a reason."""
    with pytest.raises(ValueError, match="OpenFst"):
        fst.parse(data)


@pytest.mark.parametrize("labels", [[1], [1, 2], [1, 1], [2, 2, 1]])
def test_frames_are_those_of_ctc(labels: list[int]) -> None:
    """A framed graph takes exactly the frames that CTC merges to its labels.

    Of every sequence of frames in turn it is asked whether it says the labels; the judge is the
    forward algorithm of `ctc`, which knows no graphs.
    """
    framed = fst.framed(_chain(labels), BLANK, 0)
    loaded = fst.load(framed.tables)
    targets = Targets([[label - 1 for label in labels]])
    for path in itertools.product(range(3), repeat=4):
        log_probs = np.full((4, 3), -50.0, np.float32)
        log_probs[np.arange(4), path] = 0.0
        possible = forward(log_probs, targets, BLANK)[0] > -25
        way = walk(loaded, log_probs)
        # The word is told with the last label: a walk may also stop before the end of a graph.
        said = way is not None and way.score > -25 and way.words == (7,)
        assert said == possible, path


def test_a_slot_takes_more() -> None:
    """What is joined behind the slot can be said instead of what the graph has."""
    framed = fst.framed(_chain([1, 2]), BLANK, 0)
    slot = framed.slot
    behind = fst.Arcs(
        start=0,
        final=np.array([np.inf, 0.0], np.float32),
        first=np.array([0, 1, 1], np.int32),
        ilabel=np.array([2], np.int32),
        olabel=np.array([9], np.int32),
        weight=np.zeros(1, np.float32),
        to=np.array([slot + 1], np.int32),
    )
    joined = fst.load(fst.joined(framed.tables, fst.tables(behind)))
    for labels, words in (([0, 1], (7,)), ([1], (9,))):
        log_probs = np.full((len(labels), 3), -9.0, np.float32)
        log_probs[np.arange(len(labels)), labels] = 0.0
        way = walk(joined, log_probs)
        assert way is not None
        assert way.words == words
