"""Free text by graph and by pieces, and how sure it is."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.speech.recognition.freetext import GraphText, PathText
from appliance.speech.recognition.lexicon import Pieces
from appliance.speech.recognition.wordgraph import Table, WordGraph
from appliance.system.packs.manifest import Pack
from tests.speech import graphs, tones

MARK = len(tones.PIECES)
"""Column of the pieces' blank."""


@pytest.fixture(scope="module")
def pack(tone_pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """The tone pack with a graph."""
    return graphs.make_pack(tone_pack, tmp_path_factory.mktemp("graph"))


@pytest.fixture(scope="module")
def text(pack: Pack) -> GraphText:
    """Free text by its graph."""
    table = Table.read(pack.path("words"), graphs.PHONES)
    graph = WordGraph(pack.path("graph"), table, graphs.BLANK)
    return GraphText(graph, Pieces(pack.path("tokens")), MARK)


def _pieces(said: str, others: float = 0.02) -> graphs.Floats:
    """Log-probabilities of the pieces: a word mark before each word, blanks between."""
    labels = [MARK]
    for word in said.split():
        for symbol in [0, *(tones.PIECES.index(letter) for letter in word)]:
            labels += [symbol, MARK]
    probs = np.full((len(labels), MARK + 1), others / MARK)
    probs[np.arange(len(labels)), labels] = 1 - others
    return np.log(probs).astype(np.float32)


def _words(found: tuple[tuple[object, ...], ...]) -> list[str]:
    return [" ".join(word.text for word in reading) for reading in found]  # type: ignore[attr-defined]


def test_clear_speech_is_sure(text: GraphText) -> None:
    """Clear words are read with confidence, words said badly with less, in order."""
    clear = text.read([_pieces("are you open"), graphs.frames("are you open", 0.02)])[0]
    mixed = text.read([_pieces("are you open"), graphs.frames("are y.. oppn", 0.3)])[0]
    assert [word.text for word in clear] == ["are", "you", "open"]
    assert min(word.confidence for word in clear) > 0.8
    assert max(word.confidence for word in mixed) < min(word.confidence for word in clear)
    assert all(0 <= word.confidence <= 1 for word in (*clear, *mixed))


def test_the_pieces_decide_where_phones_do_not(text: GraphText) -> None:
    """Of readings that the phones like alike, the one that the pieces have is taken."""
    phones = np.full((7, graphs.BLANK + 1), -7.0, np.float32)
    phones[::2, graphs.BLANK] = -0.1
    for at, both in enumerate(("st", "iw", "xo")):
        phones[2 * at + 1, [tones.LETTERS.index(letter) for letter in both]] = -0.7
    found = {said: _words(text.read([_pieces(said), phones])) for said in ("six", "two")}
    assert found["six"][0] == "six"
    assert found["two"][0] == "two"


def test_several_readings(text: GraphText) -> None:
    """Unclear speech has several readings, all different; what they share is surer."""
    rng = np.random.default_rng(9)
    phones = graphs.frames("are you open", 0.3)
    unclear = np.log(rng.dirichlet(np.full(graphs.BLANK + 1, 0.3), 14) + 1e-4)
    phones = np.concatenate([phones, unclear.astype(np.float32)])
    found = text.read([_pieces("are you open"), phones])
    texts = _words(found)
    assert len(set(texts)) == len(texts) > 1
    shared = [word.confidence for word in found[0] if all(word.text in t.split() for t in texts)]
    lonely = [word.confidence for word in found[0]
              if not all(word.text in t.split() for t in texts)]  # fmt: skip
    assert shared
    assert lonely
    assert max(shared) > max(lonely)


def test_silence(text: GraphText, pack: Pack) -> None:
    """Silence gives one reading without words, from either."""
    quiet = [_pieces(""), graphs.certain([graphs.BLANK] * 9, 0.0005)]
    assert text.read(quiet) == ((),)
    assert PathText(Pieces(pack.path("tokens")), MARK).read(quiet) == ((),)


def test_pieces_alone(pack: Pack) -> None:
    """Without a graph the likeliest pieces are the text, words or not, with their frames."""
    path = PathText(Pieces(pack.path("tokens")), MARK)
    (found,) = path.read([_pieces("yxs bill")])
    assert [(word.text, word.first, word.last) for word in found] == [
        ("yxs", 1, 7),
        ("bill", 9, 17),
    ]
    assert all(word.confidence == pytest.approx(0.98, abs=0.01) for word in found)
