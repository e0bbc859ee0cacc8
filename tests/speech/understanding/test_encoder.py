import numpy as np
import pytest

from appliance.speech.understanding.encoder import Encoder
from appliance.system.packs.manifest import PackError
from tests.speech.understanding.encoders import PIECES, WIDTH, graph, make_pack


def test_vectors_of_length_one(tmp_path):
    """Returns a vector of length one for each text, an empty and a long one too."""
    found = Encoder(make_pack(tmp_path)).encode(["i moved", "", "my meter " * 100])
    assert found.shape == (3, WIDTH)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1.0)
    assert Encoder(make_pack(tmp_path, "b")).encode([]).shape == (0, WIDTH)


def test_padding_changes_nothing(tmp_path):
    """Gives a text the same vector beside a longer one as alone, however many are encoded."""
    encoder = Encoder(make_pack(tmp_path))
    alone = encoder.encode(["i moved"])[0]
    beside = encoder.encode(["i moved", "when are you open please", *["my meter"] * 70])[0]
    assert beside == pytest.approx(alone, abs=1e-6)


def test_pooling(tmp_path):
    """Takes the mean of the pieces or the first, as the pack says; one vector as it is."""
    mean = Encoder(make_pack(tmp_path, "mean")).encode(["i moved"])[0]
    first = Encoder(make_pack(tmp_path, "first", pooling="cls"))
    assert first.encode(["i moved"])[0] != pytest.approx(mean, abs=0.01)
    assert first.encode(["i moved"])[0] == pytest.approx(first.encode(["open"])[0], abs=1e-6)
    whole = Encoder(make_pack(tmp_path, "whole", graph(pooled=True)))
    assert whole.encode(["i moved"])[0] == pytest.approx(mean, abs=1e-5)


def test_a_prefix_is_part_of_the_sentence(tmp_path):
    """Writes what the model was trained with before each sentence."""
    plain = Encoder(make_pack(tmp_path, "plain")).encode(["open"])
    prefixed = Encoder(make_pack(tmp_path, "prefixed", prefix="my house "))
    assert prefixed.encode(["open"]) != pytest.approx(plain, abs=0.01)
    assert prefixed.encode(["open"]) == pytest.approx(
        Encoder(make_pack(tmp_path, "other")).encode(["my house open"]), abs=1e-6
    )


def test_without_token_types(tmp_path):
    """Feeds a graph no more than it takes."""
    assert Encoder(make_pack(tmp_path, model=graph(types=False))).encode(["open"]).any()


def test_other_graphs(tmp_path):
    """Says which pack does not fit."""
    other = graph()
    other.graph.input[1].name = "lengths"
    with pytest.raises(PackError, match="'tiny' wants"):
        Encoder(make_pack(tmp_path, model=other))
    pack = make_pack(tmp_path, "torn")
    pack.path("model").write_bytes(b"rubbish")
    with pytest.raises(PackError, match="'torn'"):
        Encoder(pack)


def test_a_graph_that_fails(tmp_path):
    """Says so where the vocabulary has more pieces than the graph knows."""
    encoder = Encoder(make_pack(tmp_path, model=graph(pieces=8)))
    with pytest.raises(PackError, match="tiny 1"):
        encoder.encode([PIECES[-4]])
