import time

import numpy as np
import pytest

from appliance.speech.understanding.solver import rows, signs, solve


def made(count=120, width=12, classes=3, seed=1):
    """Sentences of random features of which one tells the class."""
    rng = np.random.default_rng(seed)
    wanted = rng.integers(0, classes, count)
    counted = []
    for label in wanted:
        noise = rng.choice(np.arange(classes, width), 3, replace=False)
        counted.append({int(label): 1.0, **{int(key): 1.0 for key in noise}})
    table = rows(counted, {at: at for at in range(width)}, np.ones(width, np.float32))
    return table, wanted


def learn(table, wanted, *, passes=30, costs=1.0, until=float("inf")):
    return solve(
        table,
        signs(wanted, 3),
        np.full(len(table), costs, np.float32),
        width=12,
        passes=passes,
        until=until,
    )


def test_rows_have_length_one():
    """Weighs by rarity and brings every row to length one; leaves out what has no column."""
    table = rows([{1: 2.0, 2: 1.0, 9: 5.0}, {}], {1: 0, 2: 1}, np.array([1.0, 3.0], np.float32))
    columns, values = table.row(0)
    assert columns.tolist() == [0, 1]
    assert values == pytest.approx(np.array([2.0, 3.0]) / np.sqrt(13.0))
    assert len(table.row(1)[0]) == 0


def test_learns_what_tells():
    """Separates classes that one feature tells apart."""
    table, wanted = made()
    margins = table.margins(learn(table, wanted))
    assert (margins.argmax(axis=1) == wanted).all()
    assert (margins.max(axis=1) > 0.3).all()


def test_is_the_optimum():
    """Finds the same weights as scikit-learn's solver of the same problem."""
    svm = pytest.importorskip("sklearn.svm", reason="scikit-learn is not installed")
    table, wanted = made(80)
    weights = learn(table, wanted, passes=300)
    dense = np.zeros((len(table), 12), np.float32)
    for at in range(len(table)):
        columns, values = table.row(at)
        dense[at, columns] = values
    peer = svm.LinearSVC(C=1.0, fit_intercept=False, tol=1e-7, max_iter=100_000).fit(dense, wanted)
    assert pytest.approx(peer.coef_, abs=0.02) == weights.T


def test_costs_weigh_examples():
    """Follows the costlier of two that contradict each other."""
    table = rows([{0: 1.0}, {0: 1.0}], {0: 0}, np.ones(1, np.float32))
    weights = solve(
        table,
        signs(np.array([0, 1]), 2),
        np.array([10.0, 1.0], np.float32),
        width=1,
        passes=50,
        until=float("inf"),
    )
    assert weights[0, 0] > 0 > weights[0, 1]


def test_several_classes_at_once():
    """Learns rows that are of two classes."""
    table = rows([{0: 1.0}, {1: 1.0}, {0: 1.0, 1: 1.0}], {0: 0, 1: 1}, np.ones(2, np.float32))
    wanted = np.array([[1, -1], [-1, 1], [1, 1]], np.float32)
    weights = solve(
        table, wanted, np.full(3, 10, np.float32), width=2, passes=50, until=float("inf")
    )
    assert (table.margins(weights)[2] > 0).all()


def test_keeps_to_its_time():
    """Ends after the pass in which its time is over."""
    table, wanted = made()
    once = learn(table, wanted, passes=1)
    assert np.array_equal(learn(table, wanted, passes=30, until=time.thread_time() - 1), once)
