"""How the recognisers are trained, where what trains them is installed."""

import random
import tomllib
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pip install attendant[train]")
pool = pytest.importorskip("models.train.stt.pool", exc_type=ImportError)
train = pytest.importorskip("models.train.stt.train", exc_type=ImportError)
voices = pytest.importorskip("models.train.stt.voices", exc_type=ImportError)
manifest = pytest.importorskip("models.train.stt.manifest", exc_type=ImportError)
splice = pytest.importorskip("models.train.stt.splice", exc_type=ImportError)

from models.train.stt import blend, network, shards  # noqa: E402, needs torch
from models.train.stt.languages import LANGUAGES  # noqa: E402, needs torch
from models.train.stt.score import edits, greedy, word_errors  # noqa: E402, needs torch

ENGLISH, GERMAN = LANGUAGES["en"], LANGUAGES["de"]


def test_everyday_german() -> None:
    """Before a vowel r becomes a fricative, after one a vowel; -en often loses its vowel."""
    ends = set()
    for seed in range(20):
        said = voices.everyday(
            "dEr r'o:t@ St'YRm _!'u:r f'A:rt h'A:b@n n'eh@n@n", random.Random(seed)
        )
        assert "r" not in said
        assert said.startswith("dE3 Q")
        assert "'u:3" in said
        assert "f'A:3t" in said
        assert "St'YRm" in said
        assert said.endswith("n'eh@n@n")
        ends.add(said.split()[5])
    assert ends == {"h'A:b@n", "h'A:bn-"}


def test_pool_draws_from_every_part(tmp_path: Path) -> None:
    """Each part gives its share of the hours; what has no targets or too little room is left out."""
    for name in ("own", "other"):
        (tmp_path / name).mkdir()
        writer = shards.Writer(tmp_path / name, "synth")
        for written in ["ja"] * 30 + ["nein"]:
            writer.add(shards.Row(written, "test", np.zeros((200, 40), np.float16)))
        writer.flush()
    own = pool.Part(tmp_path / "own", {"synth": 1.0}, lambda _: ([2, 3], [1]))
    shares = {"synth": 0.5, "human": 0.5}
    other = pool.Part(tmp_path / "other", shares, lambda t: ([4] if t == "ja" else [], None))
    examples = pool.Pool([own, other]).draw(60.0, 10.0, random.Random(1))
    assert [e.pieces for e in examples].count([2, 3]) == 20
    assert [e.pieces for e in examples].count([4]) == 10
    assert sum(map(len, pool.batches(examples, 6.0, random.Random(1)))) == 30
    assert pool.example(shards.Row("nein", "t", np.zeros((200, 40), np.float16)), other) is None
    assert pool.example(shards.Row("ja", "t", np.zeros((8, 40), np.float16)), own) is None


def test_recogniser_has_the_languages_phones() -> None:
    """The phone head is as wide as the language needs, the piece head is the same for all."""
    pieces, phones = network.Recogniser(phones=48, width=16, blocks=4)(torch.zeros(2, 40, 41))
    assert phones.shape == (2, 10, 49)
    assert pieces.shape == (2, 10, network.PIECES + 1)


def test_german_that_english_people_can_say() -> None:
    """Words with ich, ach, ö or ü cannot be put together of English; r is one only before a vowel."""
    assert splice.in_english(["RX", "A", "T"]) == ["R", "A", "T"]
    assert splice.in_english(["F", "IY", "RX"]) == ["F", "IY", "AH"]
    assert splice.in_english(["L", "EY", "RX", "AX"]) == ["L", "EY", "R", "AH"]
    assert splice.in_english(["IH", "CX"]) is None
    assert splice.in_english(["UE", "B", "AX"]) is None


def test_units_are_cut_where_the_phones_lie() -> None:
    """The edges of phones are half-way between their peaks."""
    log_probs = np.full((12, 40), -10.0, np.float32)
    log_probs[:, 39] = -0.1
    for frame, phone in ((2, 5), (6, 7), (10, 5)):
        log_probs[frame, [phone, 39]] = -0.1, -10.0
    assert splice.edges_of(log_probs, [5, 7, 5]) == [1, 4, 8, 12]
    assert splice.edges_of(log_probs[:2], [5, 7, 5]) is None


def test_speech_is_put_together_from_the_longest_units() -> None:
    """A run that was said as a whole is cut out whole; a phone never said makes a word unsayable."""
    samples = np.arange(4000, dtype=np.float32)
    speaker = splice.Speaker()
    speaker.add(samples, [0, 1000, 2000, 3000, 4000], ["T", "A", "TH", "K"])
    assert ("T", "A") in speaker.units
    assert all("TH" not in unit for unit in speaker.units)
    whole = speaker.say(["T", "A"], random.Random(1))
    assert np.array_equal(whole, samples[:2000])
    turned = speaker.say(["A", "T"], random.Random(1))
    assert len(turned) == 2000 - splice._FADE
    assert turned[0] == 1000
    assert turned[-1] == 999
    assert speaker.say(["A", "S"], random.Random(1)) is None


def test_scores() -> None:
    """Greedy decoding drops repeats and blanks; errors are edits."""
    logits = torch.nn.functional.one_hot(torch.tensor([[1, 1, 4, 1, 2, 4]]), 5).float()
    assert greedy(logits, torch.tensor([6]), blank=4) == [[1, 1, 2]]
    assert edits([1, 2, 3], [1, 3, 4, 5]) == 3
    assert word_errors("guten tag", "guten morgen frau") == (2, 3)


def test_german_phones_begin_like_english_ones() -> None:
    """Every German phone has English neighbours to begin like; the shared ones are themselves."""
    for phone in GERMAN.phones:
        assert all(0 <= n < ENGLISH.blank for n in train.neighbours(phone, ENGLISH.phones))
    assert train.neighbours("SH", ENGLISH.phones) == [ENGLISH.phones.index("SH")]


def test_a_new_manifest_keeps_what_others_put_into_the_pack(tmp_path: Path) -> None:
    """A word graph stays listed, with its new hash, when the recogniser is exported again."""
    for name in ("model.int8.onnx", "tokens.txt", "lexicon.txt", "bpe.txt"):
        (tmp_path / name).write_text(name)
    manifest.write(tmp_path, GERMAN, {}, {})
    (tmp_path / "graph.npz").write_text("graph")
    entry = '\n[[files]]\nrole = "graph"\npath = "graph.npz"\nbytes = 1\nsha256 = ""\n'
    gone = entry.replace("graph", "words")
    with (tmp_path / "manifest.toml").open("a") as file:
        file.write(entry + gone)
    manifest.write(tmp_path, GERMAN, {"hours_heard": 1.0}, {"kerstin_de/word_error": 97.0})
    found = tomllib.loads((tmp_path / "manifest.toml").read_text(encoding="utf-8"))
    listed = {file["role"]: file["bytes"] for file in found["files"]}
    assert set(listed) == {"model", "tokens", "lexicon", "bpe", "graph"}
    assert listed["graph"] == 5
    assert found["figures"] == {"kerstin_de/word_error": 97.0}
    assert found["stt"]["phone_blank"] == 48


def test_blend() -> None:
    """The mean is weighted; the piece head of a network that has learned no pieces counts nothing."""
    states = [
        {"sub1.linear.weight": torch.full((2,), v), "piece_head.bias": torch.full((3,), v)}
        for v in (0.0, 1.0, 3.0)
    ]
    found = blend.mean(states, [0.5, 0.25, 0.25], fresh=1)
    assert found["sub1.linear.weight"].tolist() == [1.0, 1.0]
    assert found["piece_head.bias"].tolist() == [2.0, 2.0, 2.0]
