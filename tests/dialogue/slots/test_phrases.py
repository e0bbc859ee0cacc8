import pytest

from appliance.dialogue.slots.phrases import Phrases

THINGS = Phrases([
    ("lab", "laboratory", 1.0), ("lab", "the blood lab", 1.0), ("bill", "billing", 1.0),
    ("x", "x ray", 1.0), ("part", "street", 0.5),
])  # fmt: skip


@pytest.mark.parametrize(
    ("text", "name"),
    [("laboratory", "lab"), ("the blood lab please", "lab"), ("labratory", "lab"), ("biling", "bill"),
     ("lab oratory", "lab"), ("x ray", "x")],
)  # fmt: skip
def test_find(text, name):
    """Finds things exactly, misheard and split."""
    assert THINGS.find(text.split())[0].id == name


@pytest.mark.parametrize("text", ["", "the", "x", "tomorrow", "12345", "what would you like"])
def test_finds_nothing(text):
    """Invents nothing; short names must be exact."""
    assert THINGS.find(text.split()) == []


def test_scores():
    """Scores an exact mention with its weight, a misheard one below it, and says where."""
    exact, alike = THINGS.find(["billing"])[0], THINGS.find(["to", "biling"])[0]
    assert (exact.score, exact.first, exact.end) == (1.0, 0, 1)
    assert (alike.first, alike.end) == (1, 2)
    assert 0.7 <= alike.score < 1.0
    assert THINGS.find(["street"])[0].score == 0.5
    assert THINGS.find(["biling"], alike=False) == []


def test_common_words_are_no_misheard_names():
    """Takes an everyday word for no misheard name."""
    assert Phrases([("w", "wantt", 1.0)]).find(["i", "want", "to", "pay"]) == []
    assert Phrases([("w", "wantt", 1.0)]).find(["mister", "wanttt"])[0].id == "w"
