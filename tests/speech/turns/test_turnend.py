"""Has the caller finished? The network's arithmetic, its pack, and what it says of sentences."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from appliance.contracts.expectation import Kind
from appliance.speech.turns import prosody
from appliance.speech.turns.turnend import BUCKETS, CUES, WIDTH, Moment, TurnModel, cues, grams
from appliance.system.packs.manifest import PackError, PackKind, load_pack

NO_SOUND = np.zeros((0, 3), np.float32)


@pytest.fixture(scope="module")
def english(packs_folder: Path) -> TurnModel:
    pack = load_pack(packs_folder / "turns-en")
    assert pack.kind is PackKind.TURN
    return TurnModel(pack.path("weights"))


@pytest.fixture(scope="module")
def german(packs_folder: Path) -> TurnModel:
    return TurnModel(load_pack(packs_folder / "turns-de").path("weights"))


def moment(text: str, confidence: float = 0.9, kind: Kind = Kind.FREE) -> Moment:
    return Moment(kind, text, confidence, 1.5, (), NO_SOUND)


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("i would like to", "i would like to cancel my appointment"),
        ("my number is", "what is my number"),
        ("what are your", "what are your opening hours"),
        ("i want to book a table for", "i want to book a table for two"),
        ("can you tell me the", "can you tell me the time"),
        ("four four", "four four five five one two six"),
        ("i am calling because", "i am calling because of my bill"),
        ("yes and", "yes please"),
        ("no um", "no"),
    ],
)
def test_english_sentences(english: TurnModel, broken: str, whole: str) -> None:
    """A sentence that is broken off is told from a whole one."""
    assert english.sentence(broken) < english.sentence(whole) - 1.5
    assert english.probability(moment(broken)) < english.probability(moment(whole))


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("ich möchte gerne mit der", "ich möchte gerne mit der apotheke sprechen"),
        ("meine nummer ist", "das ist meine nummer"),
        ("können sie mir sagen wann", "können sie mir sagen wann sie geöffnet haben"),
        ("wie spät ist", "wie spät ist es"),
        ("ja und", "ja bitte"),
    ],
)
def test_german_sentences(german: TurnModel, broken: str, whole: str) -> None:
    """The same in German."""
    assert german.sentence(broken) < german.sentence(whole) - 1.0


def test_unsure_words_count_less(english: TurnModel) -> None:
    """The less the recogniser is sure of its words, the less they move the judgement."""
    texts = ("i would like to", "i would like to cancel my appointment")
    sure, unsure = (
        [english.probability(moment(text, confidence)) for text in texts]
        for confidence in (0.95, 0.3)
    )
    assert sure[1] - sure[0] > unsure[1] - unsure[0]


def test_probability_is_one(english: TurnModel) -> None:
    """Whatever is heard, the result is a probability."""
    rng = np.random.default_rng(1)
    for kind in Kind:
        for text in ("", "a", "yes " * 400, "ähm, 12 %&", "\n"):
            sound = np.abs(rng.standard_normal((40, 3))).astype(np.float32) * 100
            judged = Moment(kind, text, 1.0, 15.0, (0.9,) * 40, sound)
            assert 0.0 <= english.probability(judged) <= 1.0


def test_cues() -> None:
    """Each cue stands at the place that its name has."""
    tracks = np.tile(np.array([120.0, -26.0, 1.0], np.float32), (120, 1))
    seen = Moment(Kind.DIGITS, "four five", 0.5, np.e - 1, (0.3, 0.6), tracks)
    found = dict(zip(CUES, cues(seen, 2.0).tolist(), strict=True))
    assert found["sentence"] == 2.0
    assert found["sentence_sure"] == 1.0
    assert found["words"] == pytest.approx(np.log(3))
    assert found["earlier_pauses"] == pytest.approx(np.log(3))
    assert found["longest_pause"] == pytest.approx(0.6)
    assert found["voice"] == pytest.approx(1.0)
    assert (found["digits"], found["letters"], found["numbers"]) == (1.0, 0.0, 0.0)
    assert found["voice_seconds"] == pytest.approx(1.2)
    assert found["nothing_understood"] == 0.0
    silent = dict(zip(CUES, cues(replace(seen, text=""), 0.0).tolist(), strict=True))
    assert silent["nothing_understood"] == 1.0
    assert len(CUES) == len(cues(seen, 2.0)) == 11 + len(prosody.NAMES)


def test_grams() -> None:
    """Texts that end alike share rows, all rows exist, and marks and capitals do not matter."""
    first, second = grams("please call the pharmacy"), grams("the pharmacy")
    assert set(first) & set(second)
    assert grams("Call me, now!") == grams("call me now")
    for text in ("", "ja", "so weiter " * 50):
        assert all(0 <= row < BUCKETS for row in grams(text))


def weights(**changed: np.ndarray) -> dict[str, np.ndarray]:
    number = len(CUES)
    made = {
        "table": np.zeros((BUCKETS, WIDTH), np.int8), "scale": np.ones(WIDTH, np.float32),
        "text_in": np.zeros((WIDTH, 24), np.float32), "text_in_bias": np.zeros(24, np.float32),
        "text_out": np.zeros(24, np.float32), "text_out_bias": np.float32(0),
        "mean": np.zeros(number, np.float32), "spread": np.ones(number, np.float32),
        "in": np.zeros((number, 24), np.float32), "in_bias": np.zeros(24, np.float32),
        "out": np.zeros(24, np.float32), "out_bias": np.float32(0),
    }  # fmt: skip
    return made | changed


def test_arithmetic(tmp_path: Path) -> None:
    """The networks compute what their weights say."""
    table = np.zeros((BUCKETS, WIDTH), np.int8)
    rows = grams("hello")
    table[rows, 0] = 2
    text_in, out = np.zeros((WIDTH, 24), np.float32), np.zeros(24, np.float32)
    text_in[0, 0], out[0] = 1.0, 0.5
    inside = np.zeros((len(CUES), 24), np.float32)
    inside[CUES.index("sentence"), 0] = 1.0
    file = tmp_path / "weights.npz"
    np.savez(
        file,
        **weights(table=table, scale=np.full(WIDTH, 0.1, np.float32), text_in=text_in,
                  text_out=out, **{"in": inside, "out": out}),
    )  # fmt: skip
    model = TurnModel(file)
    expected = min(0.5 * 0.1 * 2 * len(rows), 6.0)
    assert model.sentence("hello") == pytest.approx(expected, rel=1e-5)
    odds = 0.5 * min(expected, 4.0)
    assert model.probability(moment("hello")) == pytest.approx(1 / (1 + np.exp(-odds)), rel=1e-5)


def test_wrong_file(tmp_path: Path) -> None:
    """A file that is no weights, lacks some, or is of another shape is refused with what to do."""
    file = tmp_path / "weights.npz"
    file.write_bytes(b"nothing")
    with pytest.raises(PackError, match="install the pack again"):
        TurnModel(file)
    few = weights()
    few.pop("out")
    np.savez(file, **few)
    with pytest.raises(PackError, match="out"):
        TurnModel(file)
    np.savez(file, **weights(mean=np.zeros(3, np.float32)))
    with pytest.raises(PackError, match="another version"):
        TurnModel(file)
    with pytest.raises(PackError, match="no weights"):
        TurnModel(tmp_path / "absent.npz")


def test_small(packs_folder: Path) -> None:
    """The packs stay small: 200 kB each."""
    for name in ("turns-en", "turns-de"):
        assert sum(file.bytes for file in load_pack(packs_folder / name).files) <= 200_000
