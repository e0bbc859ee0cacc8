import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.dialogue.text import distance, likeness, normalise, overlap, pairs, skeleton, words


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Put me THROUGH, please!", "put me through please"),
        ("I\N{RIGHT SINGLE QUOTATION MARK}d like the X-ray", "i'd like the x ray"),
        ("  'hello'  ", "hello"),
        ("'' - !", ""),
        ("extension 201.", "extension 201"),
        ("at 15:30, on 1.12.2026.", "at 15:30 on 1.12.2026"),
        ("+49 30 123-456", "+49 30 123 456"),
        ("€12.50 and 1,250.50!", "euro 12.50 and 1,250.50"),
        ("-5 degrees, 10-12", "minus 5 degrees 10 12"),
        ("call 201,202. 5 %", "call 201,202 5 percent"),
        ("Müller & Söhne", "müller söhne"),
    ],
)
def test_normalise(written, plain):
    """Writes a sentence as the recogniser does."""
    assert normalise(written) == plain


@settings(derandomize=True)
@given(st.text(max_size=30) | st.text("15:.,+-/ a'€%", max_size=12))
def test_normal_form_is_final(text):
    """Leaves what is normal as it is."""
    assert normalise(normalise(text)) == normalise(text)


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


def plain_distance(one, other):
    """The table of the textbook."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            diagonal, row[j] = row[j], min(diagonal + (a != b), row[j] + 1, row[j - 1] + 1)
    return row[-1]


@given(st.text("abä ", max_size=80), st.text("abä ", max_size=80))
def test_distance_is_that_of_the_table(one, other):
    """Counts as the plain table does, whatever the lengths."""
    assert distance(one, other) == plain_distance(one, other)


def test_overlap():
    """Is one for the same letters, nothing for none and for emptiness."""
    assert overlap(pairs("abc"), pairs("abc")) == 1.0
    assert overlap(pairs("abc"), pairs("xyz")) == 0.0
    assert overlap(frozenset(), frozenset()) == 0.0
