"""Reading CTC frames: the best path, the probability of sequences, their alignment."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from appliance.speech.recognition.ctc import IMPOSSIBLE, Label, Targets, align, best_path, forward

BLANK = 3


def _frames(count: int, seed: int = 0) -> np.ndarray:
    logits = np.random.default_rng(seed).standard_normal((count, BLANK + 1)) * 2
    return (logits - np.log(np.exp(logits).sum(1, keepdims=True))).astype(np.float32)


def _collapse(path: tuple[int, ...]) -> tuple[int, ...]:
    merged = [label for label, _ in itertools.groupby(path)]
    return tuple(label for label in merged if label != BLANK)


def _by_enumeration(log_probs: np.ndarray) -> dict[tuple[int, ...], float]:
    """The probability of every sequence, by summing over every path there is."""
    found: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(BLANK + 1), repeat=len(log_probs)):
        weight = float(np.exp(sum(log_probs[at, label] for at, label in enumerate(path))))
        found[_collapse(path)] = found.get(_collapse(path), 0.0) + weight
    return found


def test_forward_is_the_sum_over_all_paths() -> None:
    """The probability of each sequence is that of all its alignments; together they are one."""
    log_probs = _frames(6)
    expected = _by_enumeration(log_probs)
    sequences = list(expected)
    found = forward(log_probs, Targets(sequences), BLANK)
    np.testing.assert_allclose(np.exp(found), list(expected.values()), rtol=1e-5)
    assert np.exp(found).sum() == pytest.approx(1.0, rel=1e-5)


def test_forward_agrees_with_torch() -> None:
    """Long sequences with repeats score as PyTorch's CTC loss does."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(5)
    log_probs = _frames(80, seed=1)
    sequences = [rng.integers(0, BLANK, rng.integers(1, 40)).tolist() for _ in range(50)]
    found = forward(log_probs, Targets(sequences), BLANK)
    for sequence, value in zip(sequences, found, strict=True):
        loss = torch.nn.functional.ctc_loss(
            torch.from_numpy(log_probs)[:, None].double(), torch.tensor([sequence]),
            torch.tensor([80]), torch.tensor([len(sequence)]), blank=BLANK, reduction="sum",
        )  # fmt: skip
        if torch.isfinite(loss):
            assert value == pytest.approx(-loss.item(), abs=1e-3)
        else:
            assert value == IMPOSSIBLE


def test_forward_of_the_impossible() -> None:
    """More labels than frames, or two equal ones without room for a blank, cannot be."""
    log_probs = _frames(3)
    found = forward(log_probs, Targets([[0, 1, 2], [0, 1, 2, 0], [1, 1], [1, 1, 1]]), BLANK)
    assert (found > IMPOSSIBLE).tolist() == [True, False, True, False]


def test_forward_without_frames_or_phrases() -> None:
    """Without frames only silence is possible; without phrases there is nothing to score."""
    nothing = np.zeros((0, BLANK + 1), np.float32)
    assert forward(nothing, Targets([[], [1]]), BLANK).tolist() == [0.0, IMPOSSIBLE]
    assert forward(_frames(4), Targets([]), BLANK).shape == (0,)


def test_forward_of_extreme_frames() -> None:
    """Frames of absolute certainty neither overflow nor become nan."""
    log_probs = np.full((2000, BLANK + 1), -1e4, np.float32)
    log_probs[:, BLANK] = 0.0
    log_probs[1000] = [0.0, -1e4, -1e4, -1e4]
    found = forward(log_probs, Targets([[0], [1], []]), BLANK)
    assert found[0] == pytest.approx(0.0)
    assert np.isfinite(found).all()
    assert found[1] < -1000


def test_best_path() -> None:
    """Repeats are merged, a blank parts two equal labels, frames are told."""
    frames = np.full((7, BLANK + 1), -5.0, np.float32)
    for at, label in enumerate([BLANK, 1, 1, BLANK, 1, 2, BLANK]):
        frames[at, label] = 0.0
    assert best_path(frames, BLANK) == (Label(1, 1, 2), Label(1, 4, 4), Label(2, 5, 5))
    assert best_path(frames[:0], BLANK) == ()


@pytest.mark.parametrize("seed", range(5))
def test_align_is_the_best_of_all(seed: int) -> None:
    """The alignment found is the best among all that spell the sequence."""
    log_probs = _frames(7, seed)
    labels = [1, 1, 0]
    paths = itertools.product(range(BLANK + 1), repeat=7)
    fitting = [path for path in paths if _collapse(path) == tuple(labels)]
    best = max(fitting, key=lambda path: sum(log_probs[at, c] for at, c in enumerate(path)))
    found = align(log_probs, labels, BLANK)
    assert [label.label for label in found] == labels
    covered = {at: part.label for part in found for at in range(part.first, part.last + 1)}
    assert covered == {at: label for at, label in enumerate(best) if label != BLANK}


def test_align_without_room() -> None:
    """Where no alignment exists there is none."""
    assert align(_frames(3), [1, 1, 1], BLANK) == ()
    assert align(_frames(2), [0, 1, 2], BLANK) == ()
    assert align(_frames(2), [], BLANK) == ()
    assert align(_frames(0), [0], BLANK) == ()
