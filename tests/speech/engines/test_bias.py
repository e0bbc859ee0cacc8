"""Expected words as a graph: heard more readily, anything else still heard."""

from __future__ import annotations

from pathlib import Path

import kaldifst
import numpy as np
import pytest

from appliance.speech.engines import bias

BLANK, COLUMNS = 0, 5


def cheapest(made: kaldifst.StdVectorFst, pieces: list[int]) -> float:
    """Return the least that a row of pieces, one a frame, costs in the graph."""
    never = float("inf")
    costs = {made.start: 0.0}

    def close(costs: dict[int, float]) -> dict[int, float]:
        waiting = list(costs)
        while waiting:
            state = waiting.pop()
            for arc in kaldifst.ArcIterator(made, state):
                price = costs[state] + arc.weight.value
                if arc.ilabel == 0 and price < costs.get(arc.nextstate, never):
                    costs[arc.nextstate] = price
                    waiting.append(arc.nextstate)
        return costs

    costs = close(costs)
    for piece in pieces:
        after: dict[int, float] = {}
        for state, cost in costs.items():
            for arc in kaldifst.ArcIterator(made, state):
                if arc.ilabel == piece + 1:
                    price = cost + arc.weight.value
                    after[arc.nextstate] = min(price, after.get(arc.nextstate, never))
        costs = close(after)
    return min((cost + made.final(state).value for state, cost in costs.items()), default=never)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([], 0), ([0, 0], 0),
        ([1, 2], 2), ([1, 1, 0, 2, 2, 0], 2),  # the word, slowly
        ([1, 2, 0, 1, 2], 4), ([1, 2, 1, 2], 4),  # twice
        ([3, 0, 3], 2),  # a piece twice needs a blank between
        ([4], 0), ([1, 2, 4], 2), ([4, 1, 2, 4], 2), ([1], 0), ([2], 0), ([1, 0, 4, 0], 0),
        ([3], 0), ([3, 3, 3], 0),
    ],
)  # fmt: skip
def test_expected_words_gain(pieces: list[int], expected: int) -> None:
    """Each piece of a whole expected word gains; anything else is as good as without a graph."""
    made = bias.graph([[1, 2], [3, 3], []], COLUMNS, BLANK)
    assert cheapest(made, pieces) == pytest.approx(-expected * bias.GAIN)


def test_words_that_begin_alike() -> None:
    """A word that another begins with is a word of its own."""
    made = bias.graph([[1], [1, 2], [1, 2, 3]], COLUMNS, BLANK)
    gains = [-cheapest(made, row) / bias.GAIN for row in ([1], [1, 2], [1, 2, 3], [1, 3])]
    assert gains == pytest.approx([1, 2, 3, 1])


def test_five_hundred_names() -> None:
    """Beginnings that are shared stand once."""
    rng = np.random.default_rng(1)
    names = [rng.integers(1, 40, 6).tolist() for _ in range(500)]
    made = bias.graph([*names, *names], 40, BLANK)
    assert made.num_states == bias.graph(names, 40, BLANK).num_states
    assert cheapest(made, names[7]) <= -len(names[7]) * bias.GAIN


def test_a_graph_is_written(tmp_path: Path) -> None:
    """What is written is what the library reads."""
    made = bias.graph([[1, 2]], COLUMNS, BLANK)
    bias.write(made, tmp_path / "a.fst")
    again = kaldifst.StdVectorFst.read(str(tmp_path / "a.fst"))
    assert again.num_states == made.num_states


def test_the_fewest_pieces() -> None:
    """A phrase is spelled with as few pieces as there are, or not at all."""
    names = {name: at for at, name in enumerate(["<blk>", "▁", "a", "b", "▁ab", "ab", "c"])}
    assert bias.fewest("ab", names) == (4,)
    assert bias.fewest("aba cab", names) == (4, 2, 1, 6, 5)
    assert bias.fewest("abd", names) == ()
    assert bias.fewest("", names) == ()
