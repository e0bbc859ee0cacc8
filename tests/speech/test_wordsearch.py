"""Free speech becomes words of the lexicon, the best ones."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from appliance.speech import wordsearch
from appliance.speech.ctc import Targets, forward
from appliance.speech.wordsearch import EACH_LETTER, EACH_WORD, WordSearch

BLANK = 4
PIECES = {"_": 0, "a": 1, "b": 2, "c": 3}
WORDS = ("ab", "abc", "ba", "c", "bb", "")


def _encode(word: str) -> tuple[int, ...]:
    return tuple(PIECES[letter] for letter in f"_{word}") if word else ()


@pytest.fixture
def search() -> WordSearch:
    return WordSearch(WORDS, _encode, BLANK)


def _frames(count: int, seed: int) -> np.ndarray:
    logits = np.random.default_rng(seed).standard_normal((count, BLANK + 1)) * 2.5
    return (logits - np.log(np.exp(logits).sum(1, keepdims=True))).astype(np.float32)


def _certain(pieces: str) -> np.ndarray:
    """Frames that say one piece each, "-" for the blank."""
    frames = np.full((len(pieces), BLANK + 1), math.log(0.01), np.float32)
    for row, piece in zip(frames, pieces, strict=True):
        row[PIECES.get(piece, BLANK)] = math.log(0.96)
    return frames


@pytest.mark.parametrize("seed", range(12))
def test_best_of_all(search: WordSearch, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No sequence of words is likelier, over all its alignments and with its fees."""
    # Nothing is left out for speed here, so that the search must be exact.
    monkeypatch.setattr(wordsearch, "BEAM", 10_000)
    monkeypatch.setattr(wordsearch, "LIKELY", 0.0)
    log_probs = _frames(7, seed)
    sequences = [
        words
        for size in range(4)
        for words in itertools.product(WORDS[:-1], repeat=size)
        if sum(len(word) + 1 for word in words) <= 7
    ]
    spelled = [[piece for word in words for piece in _encode(word)] for words in sequences]
    scores = forward(log_probs, Targets(spelled), BLANK)
    fees = [
        sum(EACH_WORD if len(word) > 1 else EACH_LETTER for word in words) for words in sequences
    ]
    ranked = sorted(zip(scores - np.array(fees), sequences, strict=True), key=lambda pair: -pair[0])
    found = search.text(log_probs)
    best = next(score for score, words in ranked if " ".join(words) == found)
    assert best == pytest.approx(ranked[0][0], abs=1e-4)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("--_-a-b--", "ab"),
        ("_ab_c", "ab c"),
        ("_aabb", "ab"),
        ("_ab-b", "ab"),
        ("_b-b", "bb"),
        ("_abc_ba", "abc ba"),
        ("-----", ""),
    ],
)
def test_said_clearly(search: WordSearch, said: str, text: str) -> None:
    """What is said clearly is written as it was said; what is no word becomes one."""
    assert search.text(_certain(said)) == text


def test_one_long_sound_is_not_two(search: WordSearch) -> None:
    """A piece that lasts is one piece: to be two, a blank must stand between."""
    frames = _certain("_bbb")
    frames[:, BLANK] = math.log(1e-6)
    assert search.text(frames) != "bb"


def test_every_word_is_known(search: WordSearch) -> None:
    """Whatever the frames, only words of the lexicon come out."""
    for seed in range(30):
        assert set(search.text(_frames(40, seed)).split()) <= set(WORDS)


def test_no_frames(search: WordSearch) -> None:
    """Without frames nothing was said."""
    assert search.text(np.zeros((0, BLANK + 1), np.float32)) == ""


def test_half_a_word(search: WordSearch) -> None:
    """A word that has only begun is not made up, what stands before it stays."""
    assert search.text(_certain("_ba-_-")) == "ba"
    assert search.text(_certain("-_")) == ""
