"""The best way through a graph, and where on it the words are."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.speech.recognition import fst
from appliance.speech.recognition.beam import Walk, spans, walk

BLANK = 2


def _graph() -> fst.Arcs:
    """Say label 1 as word 4 (cost 1), or label 2 as word 5 (cost 3)."""
    return fst.Arcs(
        start=0,
        final=np.array([np.inf, 0.0], np.float32),
        first=np.array([0, 2, 2], np.int32),
        ilabel=np.array([1, 2], np.int32),
        olabel=np.array([4, 5], np.int32),
        weight=np.array([1.0, 3.0], np.float32),
        to=np.array([1, 1], np.int32),
    )


@pytest.mark.parametrize(("heard", "word"), [([-0.1, -3.0], 4), ([-1.5, -1.0], 4), ([-9, -0.1], 5)])
def test_sound_and_cost_are_weighed(heard: list[float], word: int) -> None:
    """The word is chosen by its sound and its cost together."""
    way = walk(fst.load(fst.framed(_graph(), 2, 0).tables), np.array([[*heard, -9.0]], np.float32))
    assert way is not None
    assert way.words == (word,)
    assert way.labels.tolist() == [word - 4]
    assert way.cost == pytest.approx({4: 1.0, 5: 3.0}[word])
    assert way.sound == pytest.approx(heard[word - 4], abs=1e-4)
    assert way.score == pytest.approx(way.sound - way.cost)


def test_nothing_heard() -> None:
    """Without frames there is no way."""
    graph = fst.load(fst.framed(_graph(), 2, 0).tables)
    assert walk(graph, np.zeros((0, 3), np.float32)) is None


def test_long_speech() -> None:
    """Frames beyond the first few are decoded as well."""
    log_probs = np.full((100, 3), -9.0, np.float32)
    log_probs[:, BLANK] = 0.0
    log_probs[97] = [0.0, -9.0, -9.0]
    way = walk(fst.load(fst.framed(_graph(), 2, 0).tables), log_probs)
    assert way is not None
    assert (len(way.labels), way.words) == (100, (4,))
    assert way.runs(BLANK) == [(0, 97, 97)]


def test_runs() -> None:
    """Repeats are one, equal labels with a blank between are two."""
    way = Walk(np.array([2, 0, 0, 2, 0, 1, 2]), (), 0.0, 0.0)
    assert way.runs(BLANK) == [(0, 1, 2), (0, 4, 4), (1, 5, 5)]


@pytest.mark.parametrize(
    ("words", "phones", "found"),
    [
        ([((1, 2),), ((3,),)], [1, 2, 3], [(0, 2), (2, 3)]),
        ([((1,), (1, 2)), ((2, 3), (3,))], [1, 2, 3], [(0, 2), (2, 3)]),
        ([((1,), (1, 2)), ((2, 3),)], [1, 2, 3], [(0, 1), (1, 3)]),
        ([((1, 2),)], [1, 2, 3], [(0, 2)]),
        ([((1, 2),), ((3, 4),)], [1, 2, 3], [(0, 2)]),
        ([((1, 2),)], [1], []),
        ([], [1], []),
    ],
)
def test_spans(
    words: list[tuple[tuple[int, ...], ...]], phones: list[int], found: list[tuple[int, int]]
) -> None:
    """Every word stands on phones that are one of its pronunciations; half a word has no place."""
    if words == [((1,), (1, 2)), ((2, 3), (3,))]:
        assert spans(words, phones) in (found, [(0, 1), (1, 3)])
    else:
        assert spans(words, phones) == found
