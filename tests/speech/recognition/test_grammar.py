"""The loop over a few words: exact, for every length, with times."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from appliance.speech.recognition.grammar import Loop, LoopWord

PHONES = 4
BLANK = PHONES
WORDS = [
    LoopWord("a", (0,)),
    LoopWord("bc", (1, 2)),
    LoopWord("cc", (2, 2)),
    LoopWord("da", (3, 0), symbols=2, penalty=-0.5),
]


def _frames(count: int, seed: int) -> np.ndarray:
    logits = np.random.default_rng(seed).standard_normal((count, PHONES + 1)) * 1.5
    return (logits - np.log(np.exp(logits).sum(1, keepdims=True))).astype(np.float32)


def _spell(phones: list[int], count: int) -> list[tuple[int, ...]]:
    """Every frame-wise path of `count` frames that says `phones`."""
    return [
        path
        for path in itertools.product(sorted({*phones, BLANK}), repeat=count)
        if [k for k, _ in itertools.groupby(path) if k != BLANK] == phones
    ]


@pytest.mark.parametrize("seed", range(4))
def test_exact(seed: int) -> None:
    """For every number of symbols the reading is the best of all readings and alignments."""
    log_probs = _frames(5, seed)
    best: dict[int, tuple[float, str]] = {}
    for size in range(4):
        for words in itertools.product(WORDS, repeat=size):
            symbols = sum(word.symbols for word in words)
            phones = [phone for word in words for phone in word.phones]
            if symbols > 3 or len(phones) > 5:
                continue
            for path in _spell(phones, 5):
                score = sum(log_probs[at, label] for at, label in enumerate(path))
                score += sum(word.penalty for word in words)
                if score > best.get(symbols, (-1e9, ""))[0]:
                    best[symbols] = (float(score), " ".join(word.text for word in words))
    found = Loop(WORDS, BLANK).decode(log_probs, 3)
    assert {path.symbols: path.text for path in found} == {k: v[1] for k, v in best.items()}
    for path in found:
        assert path.score == pytest.approx(best[path.symbols][0], abs=1e-4)
    assert [path.score for path in found] == sorted((p.score for p in found), reverse=True)


@pytest.mark.parametrize("seed", range(4))
def test_without_counting(seed: int) -> None:
    """Without a known length the one reading is the best of all lengths."""
    log_probs = _frames(30, seed)
    loop = Loop(WORDS, BLANK)
    (free,) = loop.decode(log_probs)
    counted = loop.decode(log_probs, 40)[0]
    assert (free.text, free.words) == (counted.text, counted.words)
    assert free.score == pytest.approx(counted.score, abs=1e-3)


def test_times() -> None:
    """Words carry the frames from their first phone to their last."""
    frames = np.full((9, PHONES + 1), -6.0, np.float32)
    for at, label in enumerate([BLANK, 1, 1, BLANK, 2, BLANK, BLANK, 0, BLANK]):
        frames[at, label] = -0.1
    (path,) = Loop(WORDS, BLANK).decode(frames)
    assert [(w.text, w.first, w.last) for w in path.words] == [("bc", 1, 4), ("a", 7, 7)]


def test_equal_phones_need_a_blank() -> None:
    """One long sound is not two words."""
    frames = np.full((4, PHONES + 1), -6.0, np.float32)
    frames[:, 0] = -0.1
    loop = Loop(WORDS, BLANK)
    assert loop.decode(frames)[0].text == "a"
    frames[1] = -6.0
    frames[1, BLANK] = -0.1
    assert loop.decode(frames)[0].text == "a a"


def test_silence() -> None:
    """Blanks, or no frames at all, read as nothing said."""
    frames = np.full((20, PHONES + 1), -9.0, np.float32)
    frames[:, BLANK] = 0.0
    assert Loop(WORDS, BLANK).decode(frames, 5)[0].text == ""
    assert Loop(WORDS, BLANK).decode(frames[:0], 5)[0].words == ()


def test_long_strings() -> None:
    """Forty words in a row are read back as they were said."""
    rng = random.Random(1)
    said = [rng.choice(WORDS[:3]) for _ in range(40)]
    rows = []
    for word in said:
        for phone in word.phones:
            for label in (phone, BLANK):
                row = np.full(PHONES + 1, -7.0, np.float32)
                row[label] = -0.05
                rows.append(row)
    (path,) = Loop(WORDS, BLANK).decode(np.array(rows))
    assert path.text == " ".join(word.text for word in said)
    assert path.symbols == 40
