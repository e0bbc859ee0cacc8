import pytest

from appliance.dialogue.text import distance, likeness, normalise, overlap, pairs, skeleton, words


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Put me THROUGH, please!", "put me through please"),
        ("I\N{RIGHT SINGLE QUOTATION MARK}d like the X-ray", "i'd like the x ray"),
        ("  'hello'  ", "hello"),
        ("'' - !", ""),
        ("extension 201.", "extension 201"),
    ],
)
def test_normalise(written, plain):
    """Writes a sentence as the recogniser does."""
    assert normalise(written) == plain


def test_words():
    """Splits a list that is written as one text."""
    assert words("a b  c") == ("a", "b", "c")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pharmacy", "farmacy"),
        ("message", "massage"),
        ("cardiology", "cardio logy"),
        ("fix", "vics"),
    ],
)
def test_skeleton_of_what_sounds_alike(one, other):
    """Gives the same skeleton to words that sound alike on a poor line."""
    assert skeleton(one) == skeleton(other) != ""


def test_skeleton_tells_apart():
    """Does not take cardiology for radiology."""
    assert skeleton("cardiology") != skeleton("radiology")


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("abc", "abc", 0), ("ab", "ba", 2)],
)
def test_distance(one, other, edits):
    """Counts insertions, deletions and replacements, either way round."""
    assert distance(one, other) == distance(other, one) == edits
    assert 0.0 <= likeness(one, other) <= 1.0


def test_overlap():
    """Is one for the same letters, nothing for none and for emptiness."""
    assert overlap(pairs("abc"), pairs("abc")) == 1.0
    assert overlap(pairs("abc"), pairs("xyz")) == 0.0
    assert overlap(frozenset(), frozenset()) == 0.0
