"""The recipe of word graphs: probabilities, pruning, the graph and its place in a pack."""

from __future__ import annotations

import itertools
import math
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from appliance.speech.recognition.wordgraph import Table, WordGraph
from appliance.system.packs.manifest import load_pack
from models.train.lm import ngram
from models.train.lm.__main__ import Texts, base, build, listed, pronunciations, vocabulary
from models.train.lm.compose import compose
from models.train.lm.ngram import END, START
from tests.speech import graphs, tones

TEXT = ["a b c", "a b", "b c a", "c", "a b c a b c"]
WORDS = ["a", "b", "c", "d"]
BASE = dict.fromkeys([*WORDS, END], 0.2)


def _sums(model: ngram.Model) -> list[float]:
    histories = [*model.follows, ("d",), ("d", "a"), ("b", "b")]
    return [
        sum(math.exp(model.score(history, word)) for word in [*WORDS, END]) for history in histories
    ]


def test_probabilities_sum_to_one() -> None:
    """After every history, seen or not, the words' probabilities are all there is."""
    other = ngram.Text(["d d a", "d"], BASE)
    model = ngram.mixed([(ngram.Text(TEXT, BASE), 0.7), (other, 0.3)], least=(1, 1, 1))
    assert _sums(model) == pytest.approx([1.0] * len(_sums(model)), abs=1e-5)


def test_pruned_probabilities_sum_to_one() -> None:
    """So they are after pruning, and the smaller the model the larger the threshold."""
    model = ngram.mixed([(ngram.Text(TEXT, BASE), 1.0)], least=(1, 1, 1))
    sizes = []
    for threshold in (0.0, 1e-3, 1e-2, 1.0):
        smaller = ngram.pruned(model, threshold)
        assert _sums(smaller) == pytest.approx([1.0] * len(_sums(smaller)), abs=1e-5)
        sizes.append(sum(smaller.size()))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == len(WORDS) + 1 < sizes[0]


def test_what_was_seen_is_likelier() -> None:
    """A sentence like the text's is likelier than its words in another order."""
    model = ngram.mixed([(ngram.Text(TEXT, BASE), 1.0)], least=(1, 1, 1))
    assert model.sentence("a b c") > model.sentence("c b a")
    assert model.score((START,), "a") > model.score((START,), "b")


def test_witten_bell() -> None:
    """After one history the probability is that of the textbook."""
    text = ngram.Text(["a b", "a b", "a c"], BASE)
    # "a" is followed three times, by two kinds of words: (2 + 2 P(b)) / (3 + 2).
    lower = text.probability((), "b")
    assert text.probability(("a",), "b") == pytest.approx((2 + 2 * lower) / 5)
    assert text.probability(("c",), "a") < text.probability((), "a")


def test_the_graph_costs_what_the_model_says() -> None:
    """The cheapest way to say words through the graph costs what the model gives them."""
    model = ngram.mixed([(ngram.Text(TEXT, BASE), 1.0)], least=(1, 1, 1))
    said = {"a": [(0, 1)], "b": [(0, 2), (1,)], "c": [(0, 1)], "d": [(0, 1, 2)]}
    graph, door = compose(model, WORDS, said, 3)
    assert 0 <= door < graph.states
    for words in itertools.product(WORDS, repeat=3):
        numbers = [WORDS.index(word) + 1 for word in words]
        assert _cheapest(graph, numbers) <= -model.sentence(" ".join(words)) + 0.02
    assert _cheapest(graph, [1, 2, 3]) == pytest.approx(-model.sentence("a b c"), abs=0.02)


def _cheapest(graph: object, words: list[int]) -> float:
    """Bellman and Ford over (state, words said)."""
    g = graph
    assert hasattr(g, "source")
    arcs = list(zip(g.source().tolist(), g.olabel.tolist(), g.weight.tolist(), g.to.tolist(),
                    strict=True))  # fmt: skip
    cost = {(g.start, 0): 0.0}
    while True:
        better = False
        for source, label, weight, to in arcs:
            for at in range(len(words) + 1):
                if (source, at) not in cost or (label and words[at : at + 1] != [label]):
                    continue
                key, value = (to, at + bool(label)), cost[source, at] + weight
                if value < cost.get(key, math.inf) - 1e-6:
                    cost[key], better = value, True
        if not better:
            break
    return min(
        cost.get((state, len(words)), math.inf) + float(final)
        for state, final in enumerate(g.final.tolist())
    )


def test_vocabulary() -> None:
    """Words of callers, listed ones and frequent ones of public texts, if they can be said."""
    texts = Texts(["one two", "bill"], ["open hours", "open no", "open"], ["yes", "zzz"], {})
    known = dict.fromkeys(["one", "two", "open", "hours", "yes", "no"], 1)
    assert vocabulary(texts, known) == ["one", "open", "two", "yes"]


def test_what_is_known_without_texts() -> None:
    """A frequent word is likelier than a rare one, none is impossible, and all sum to one."""
    shares = base(Texts([], [], [], {"a": 90, "b": 10}), ["a", "b", "c"])
    assert shares["a"] > shares["b"] > shares["c"] > 0
    assert sum(shares.values()) == pytest.approx(1.0)


def test_pronunciations(tmp_path: Path) -> None:
    """Lexicons add to each other; what is said in other phones is left out."""
    (tmp_path / "a").write_text("the DH AH\nbill B IH L\n")
    (tmp_path / "b").write_text("the DH IY\nthe DH AH\nbad XX\n")
    found = pronunciations([tmp_path / "a", tmp_path / "b"], ["DH", "AH", "IY", "B", "IH", "L"])
    assert found == {"the": [(0, 1), (0, 2)], "bill": [(3, 4, 5)]}


def test_the_manifest_keeps_what_it_says(tmp_path: Path) -> None:
    """A pack gets its graph listed once, however often it is built; comments stay."""
    folder = tones.make_pack(tmp_path)
    manifest = folder / "manifest.toml"
    manifest.write_text("# made by hand\n" + manifest.read_text())
    for threshold in (0.0, 1e-2):
        build(folder, "en", Texts(graphs.SENTENCES, [], [], {}), [], threshold, 0.5)
        pack = load_pack(folder)
        assert [file.role for file in pack.files].count("graph") == 1
    assert manifest.read_text().startswith("# made by hand\n")
    table = Table.read(pack.path("words"), graphs.PHONES)
    assert "operator" in table.words
    assert WordGraph(pack.path("graph"), table, graphs.BLANK).read(graphs.frames("right"))


def test_listed_refuses_nothing_else(tmp_path: Path) -> None:
    """Listing a file changes no other line of the manifest."""
    folder = tones.make_pack(tmp_path)
    before = (folder / "manifest.toml").read_text()
    (folder / "extra.bin").write_bytes(b"12345")
    listed(folder, "graph", "extra.bin")
    after = (folder / "manifest.toml").read_text()
    assert [line for line in before.splitlines() if line not in after.splitlines()] == []
    assert load_pack(folder).path("graph").name == "extra.bin"


def test_one_command(tmp_path: Path) -> None:
    """The command line makes the graph of a pack from a file of sentences."""
    folder = tones.make_pack(tmp_path)
    lines = tmp_path / "sentences.txt"
    lines.write_text("Are you open?\nThe bill, please!\n")
    command = [sys.executable, "-m", "models.train.lm", "--language", "en", "--data", str(tmp_path),
               "--work", str(tmp_path), "--pack", str(folder), "--sentences", str(lines)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    pack = load_pack(folder)
    assert set(Table.read(pack.path("words"), graphs.PHONES).words) >= {"are", "you", "open"}
    stored = np.load(pack.path("graph"))
    assert stored["scales"].tolist() == pytest.approx([1.2, 2.0])
    shutil.rmtree(folder)
