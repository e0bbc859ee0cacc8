"""Pieces to words, with times and confidences."""

from __future__ import annotations

import math

import pytest

from appliance.speech.engines.hypothesis import Hypothesis, plain, timed, untimed


def test_pieces_become_words() -> None:
    """Pieces that begin with a space begin a word; times and confidences are its pieces'."""
    found = timed([" hel", "lo", " World"], [0.4, 0.6, 1.0], [math.log(0.5), math.log(0.5), 0.0])
    assert found is not None
    assert found.text == "hello world"
    assert found.written == ("hello", "World")
    first, last = found.words
    assert (first.start, first.end, first.confidence) == (0.36, 0.84, 0.5)
    assert (last.start, last.confidence) == (0.96, 1.0)
    assert found.confidence == 0.75


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        (["▁a", "b", "▁c"], "ab c"),
        (["he@@", "llo", "world"], "hello world"),
        (["你", "好"], "你 好"),
        (["ok", "你", "好"], "ok 你 好"),
        ([" five", " five", "5", "-", "1234", "."], "five five 5 1234"),
        ([" Yes", ",", " it's", " ", "$", "12", ".", "50"], "yes it's $12.50"),
    ],
)
def test_marks_of_every_kind(pieces: list[str], words: str) -> None:
    """Marks of beginning, marks of going on, signs, and punctuation."""
    found = timed(pieces, [0.1 * at for at in range(len(pieces))], [])
    assert found is not None
    assert found.text == words


def test_words_end_before_the_next() -> None:
    """No word lasts into the one that follows, and none forever."""
    found = timed([" a", " b"], [0.5, 0.6], [])
    assert found is not None
    assert found.words[0].end == found.words[1].start
    assert found.words[1].end == pytest.approx(0.84)


def test_times_must_be_of_each_piece() -> None:
    """Where times are missing, pieces cannot be placed."""
    assert timed([" a", " b"], [0.5], []) is None
    assert timed([], [], []) is None


def test_a_line_without_times() -> None:
    """Words without times share the voiced time by their length."""
    found = untimed("Yes, double-seven!", 0.3, 2.1)
    assert [word.text for word in found.words] == ["yes", "double", "seven"]
    assert found.words[0].start == 0.3
    assert found.words[-1].end == pytest.approx(2.1)
    assert [word.end for word in found.words[:2]] == [word.start for word in found.words[1:]]
    assert found.confidence is None
    assert untimed("yes", 0, 1, [math.log(0.25)]).confidence == 0.25


def test_nothing() -> None:
    """Silence is a hypothesis too."""
    assert untimed(" ", 0.0, 1.0) == Hypothesis()
    assert Hypothesis().text == ""


def test_a_plain_line() -> None:
    """Capitals and punctuation go, what belongs to numbers and words stays."""
    assert plain("It's 3:30 — on 22/11, O’Neill; 50%!") == "it's 3:30 on 22/11 o'neill 50%"
