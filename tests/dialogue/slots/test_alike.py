import pytest

from appliance.dialogue.slots.alike import key, score


@pytest.mark.parametrize(
    ("one", "other"),
    [("meyer", "maier"), ("schmidt", "schmitt"), ("snyder", "schneider"), ("phillip", "filip"),
     ("weiß", "weiss"), ("müller", "mueller")],
)  # fmt: skip
def test_same_sound(one, other):
    """Gives names that sound alike the same key."""
    assert key(one) == key(other)


@pytest.mark.parametrize(("one", "other"), [("meyer", "mohr"), ("klein", "kahn"), ("anna", "otto")])
def test_other_sound(one, other):
    """Tells names apart by their vowels too."""
    assert key(one) != key(other)
    assert score(one, other) < 0.7


def test_score():
    """Is one for the same word only, and high for a misheard one."""
    assert score("meyer", "meyer") == 1.0
    assert 0.8 < score("maier", "meyer") < 1.0
    assert score("meyer", "radiology") < 0.4
