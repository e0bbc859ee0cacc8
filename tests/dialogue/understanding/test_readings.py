import pytest

from appliance.dialogue.events import Heard
from appliance.dialogue.understanding.readings import MOST, readings, trust


def test_weights_follow_confidence():
    """Gives the first choice its confidence and shares the rest among its rivals."""
    found = dict(readings(Heard("My Meter!", 0.8, (("my metre", 0.6), ("mime eater", 0.4)))))
    assert found["my meter"] == pytest.approx(0.8)
    assert found["my metre"] == pytest.approx(0.12)
    assert found["mime eater"] == pytest.approx(0.08)


def test_the_same_reading_counts_once():
    """Leaves out rivals that say the same, and all beyond the fourth."""
    others = (("a b", 0.9), ("A, B", 0.9), *((f"c{n}", 0.5) for n in range(9)))
    assert [text for text, _ in readings(Heard("a b", 0.5, others))] == ["a b", "c0", "c1", "c2"]
    assert MOST == 4


def test_doubted_words():
    """Reads a sentence without the words that were hardly heard, too, but for less."""
    heard = Heard("my purple meter", 0.8, words=(("my", 0.9), ("purple", 0.1), ("meter", 0.8)))
    found = dict(readings(heard))
    assert 0 < found["my meter"] < found["my purple meter"]
    assert sum(found.values()) == pytest.approx(0.8)
    every = Heard("my meter", 0.8, words=(("my", 0.1), ("meter", 0.1)))
    assert dict(readings(every)) == {"my meter": 0.8}


def test_nothing_heard():
    """Has no reading of silence, and little trust in it."""
    assert readings(Heard("", 0.0)) == []
    assert trust(Heard("", 0.0)) < trust(Heard("yes", 0.5)) < trust(Heard("yes", 1.0)) == 1.0
