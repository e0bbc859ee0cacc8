"""Free speech by a word graph: what is read, what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from appliance.speech.recognition.wordgraph import Table, WordGraph
from appliance.system.packs.manifest import Pack, PackError
from tests.speech import graphs


@pytest.fixture(scope="module")
def pack(tone_pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """The tone pack with a graph."""
    return graphs.make_pack(tone_pack, tmp_path_factory.mktemp("graph"))


@pytest.fixture(scope="module")
def graph(pack: Pack) -> WordGraph:
    """Its graph."""
    table = Table.read(pack.path("words"), graphs.PHONES)
    return WordGraph(pack.path("graph"), table, graphs.BLANK)


@pytest.mark.parametrize(
    "said", ["are you open", "one two three", "the bill please", "eight", "bill operator"]
)
def test_what_is_said_is_read(graph: WordGraph, said: str) -> None:
    """Clear speech is read as its words, in sentences of the model and in others."""
    assert graph.read(graphs.frames(said))[0].text == said


@pytest.mark.parametrize(
    ("said", "meant"),
    [("are you opon", "are you open"), ("th bill pleas", "the bill please"),
     ("one two thrwe", "one two three"), ("rigth", "right")],
)  # fmt: skip
def test_unclear_speech_is_read_as_words(graph: WordGraph, said: str, meant: str) -> None:
    """What is said badly is read as the words that it is nearest to."""
    assert graph.read(graphs.frames(said, others=0.3))[0].text == meant


def test_the_model_decides_between_words_alike(graph: WordGraph) -> None:
    """Where the sound leaves it open, the likelier sequence of words wins."""
    log_probs = graphs.frames("are you .pen", others=0.3)
    assert graph.read(log_probs)[0].text == "are you open"


def test_words_have_their_frames(graph: WordGraph) -> None:
    """Every word stands at the frames in which it was said, silence left out or not."""
    log_probs = graphs.frames("..........no.....bill", others=0.0005)
    found = graph.read(log_probs)[0].words
    assert [(word.text, word.first, word.last) for word in found] == [
        ("no", 11, 13),
        ("bill", 20, 26),
    ]


@pytest.mark.parametrize("count", [0, 1, 30])
def test_silence(graph: WordGraph, count: int) -> None:
    """Silence of any length has no words."""
    found = graph.read(graphs.certain([graphs.BLANK] * count, 0.0005))
    assert not any(candidate.words for candidate in found)


def test_candidates_are_different_and_sorted(graph: WordGraph) -> None:
    """Unclear speech has several readings, the best first, none twice."""
    rng = np.random.default_rng(5)
    log_probs = np.log(rng.dirichlet(np.full(graphs.BLANK + 1, 0.3), 40) + 1e-4)
    found = graph.read(log_probs.astype(np.float32))
    texts = [candidate.text for candidate in found]
    assert len(set(texts)) == len(texts) > 1
    scores = [candidate.score for candidate in found]
    assert scores == sorted(scores, reverse=True)


def test_noise_takes_no_longer_than_bounded(graph: WordGraph) -> None:
    """Even frames that say nothing about any label are decoded."""
    even = np.full((60, graphs.BLANK + 1), -3.3, np.float32)
    assert graph.read(even)


@pytest.mark.parametrize("damage", ["text", "cut", "labels", "missing"])
def test_damaged_graphs_are_refused(pack: Pack, tmp_path: Path, damage: str) -> None:
    """A file that is no graph of this pack is refused in words, not loaded."""
    file = tmp_path / "graph.npz"
    data = pack.path("graph").read_bytes()
    table = Table.read(pack.path("words"), graphs.PHONES)
    if damage == "text":
        file.write_text("no graph")
    elif damage == "cut":
        file.write_bytes(data[: len(data) // 2])
    elif damage == "labels":
        shutil.copy(pack.path("graph"), file)
        table = Table(table.words[:3], table.said)
    with pytest.raises(PackError, match=r"graph\.npz"):
        WordGraph(file, table, graphs.BLANK)


def test_unknown_phones_are_refused(tmp_path: Path) -> None:
    """A table of words in phones that the recogniser lacks is refused."""
    (tmp_path / "words.txt").write_text("bill\tB I L\nhours\tH OURS\n")
    with pytest.raises(PackError, match="unknown phone 'OURS' in 'hours'"):
        Table.read(tmp_path / "words.txt", graphs.PHONES)
