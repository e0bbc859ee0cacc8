import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.dialogue.understanding.features import features
from appliance.dialogue.understanding.linear import (
    MAGIC,
    Calibration,
    Linear,
    LinearError,
    confidences,
    write,
)

WORDS = ["meter", "reading", "power", "cut", "bill", "move", "house"]


def made(count: int = 7) -> tuple[bytes, dict]:
    """A model with arbitrary weights, and these weights."""
    rng = random.Random(3)
    keys = sorted(features(WORDS))
    weights = [rng.uniform(0.5, 5.0) for _ in keys]
    scales = [rng.uniform(0.001, 0.01) for _ in keys]
    rows = bytes(rng.randrange(1, 256) for _ in range(len(keys) * count))
    names = [f"class {at}" for at in range(count - 1)] + [""]
    plain = {
        key: (weights[at], [scales[at] * (b - 128) for b in rows[at * count : (at + 1) * count]])
        for at, key in enumerate(keys)
    }
    return write(names, Calibration(), keys, weights, scales, rows), plain


@pytest.mark.parametrize("count", [2, 7, 150])
def test_margins_are_sums_of_weights(count):
    """Adds up in one long integer what a plain sum over all classes gives."""
    data, plain = made(count)
    said = ["my", *WORDS, "meter", "reading"]
    amounts = {k: a * plain[k][0] for k, a in features(said).items() if k in plain}
    length = math.sqrt(sum(a * a for a in amounts.values()))
    wanted = [sum(a / length * plain[k][1][at] for k, a in amounts.items()) for at in range(count)]
    found = list(Linear.parse(data).margins(said).values())
    assert found == pytest.approx(wanted, abs=0.02 * max(map(abs, wanted)) + 0.002)


def test_nothing_known():
    """Gives every class the margin of what it surely is not where no word is known."""
    found = Linear.parse(made()[0]).margins(["uuu"])
    assert set(found.values()) == {-1.0}


def test_confidences_add_up_to_one():
    """Makes confidences of margins, the order kept."""
    found = confidences({"a": 0.9, "b": 0.1, "": -0.5}, Calibration(), {})
    assert sum(found.values()) == pytest.approx(1.0, abs=0.01)
    assert found["a"] > found["b"]


def test_temperature_and_none_are_calibrated():
    """Is less sure at a higher temperature; takes less for a request the higher "none" is set."""
    margins = {"a": 0.9, "b": 0.1, "": 0.0}
    cool = confidences(margins, Calibration(temperature=0.1), {})
    warm = confidences(margins, Calibration(temperature=1.0), {})
    assert cool["a"] > warm["a"]
    strict = confidences(margins, Calibration(none_offset=2.0), {})
    assert strict[""] > strict.get("a", 0.0)


def test_the_nearest_example_counts():
    """Adds likeness to a known example where it was calibrated to help."""
    margins = {"a": 0.0, "b": 0.0, "": -1.0}
    found = confidences(margins, Calibration(near_slope=1.0), {"b": 0.9})
    assert found["b"] > found["a"]


@pytest.mark.parametrize("cut", [0, 5, len(MAGIC), len(MAGIC) + 2, 60, 300, -1])
def test_cut_off(cut):
    """Refuses, in words, a file that is not whole."""
    with pytest.raises(LinearError):
        Linear.parse(made()[0][:cut])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"features": 1', b'"features": 9'),
        (b'"temperature": 0.25', b'"temperature": 0.00'),
        (b'"classes": [', b'"klasses": ['),
        (b"understanding 1", b"understanding 2"),
        (b'"rows"', b"'rows'"),
    ],
)
def test_of_another_version(old, new):
    """Refuses a model whose features, calibration or shape are not this version's."""
    data = made()[0]
    assert old in data
    with pytest.raises(LinearError):
        Linear.parse(data.replace(old, new))


@given(st.lists(st.text("abcdemortu", min_size=1, max_size=30), max_size=60))
def test_any_words(words):
    """Stays finite whatever is said."""
    model = Linear.parse(made()[0])
    assert all(map(math.isfinite, model.margins(words).values()))
    assert sum(model.classify(words).values()) <= 1.000001
