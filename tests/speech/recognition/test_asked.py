"""Numbers, dates, times and amounts read on frames."""

from __future__ import annotations

from functools import cache

import pytest

from appliance.contracts.expectation import Kind
from appliance.speech.recognition.asked import KINDS, Asked
from appliance.speech.turns.endpointing import Progress
from tests.speech import graphs, tones


def _spell(word: str) -> tuple[tuple[int, ...], ...]:
    return (tuple(tones.LETTERS.index(letter) for letter in word if letter in tones.LETTERS),)


@cache
def _asked(kind: Kind) -> Asked:
    return Asked(kind, "en", _spell, graphs.BLANK)


@pytest.mark.parametrize(
    ("kind", "said", "text", "progress"),
    [
        (Kind.NUMBER, "one hundred and twelve", "one hundred and twelve", Progress.OPEN),
        (Kind.NUMBER, "one hundred and", "one hundred and", Progress.INCOMPLETE),
        (Kind.NUMBER, "um twenty please", "twenty", Progress.COMPLETE),
        (Kind.DATE, "the twenty second of november", "the twenty second of november",
         Progress.OPEN),
        (Kind.DATE, "the twenty", "the twenty", Progress.INCOMPLETE),
        (Kind.DATE, "on sunday", "sunday", Progress.OPEN),
        (Kind.DATE, "the day after tomorrow", "the day after tomorrow", Progress.COMPLETE),
        (Kind.TIME, "half past three", "half past three", Progress.OPEN),
        (Kind.TIME, "half past", "half past", Progress.INCOMPLETE),
        (Kind.TIME, "at five oh five p m", "five oh five p m", Progress.COMPLETE),
        (Kind.AMOUNT, "ten percent", "ten percent", Progress.COMPLETE),
        (Kind.AMOUNT, "twelve dollars and", "twelve dollars and", Progress.INCOMPLETE),
    ],
)  # fmt: skip
def test_answers(kind: Kind, said: str, text: str, progress: Progress) -> None:
    """The words of an answer are read without what was said around, and how far it has come."""
    answer = _asked(kind).read(graphs.frames(said.replace("'", "")))
    assert answer is not None
    assert (answer.text, answer.progress) == (text, progress)


@pytest.mark.parametrize(
    ("kind", "said", "text"),
    [(Kind.TIME, "haf past thre", "half past three"), (Kind.DATE, "nxt mondy", "next monday"),
     (Kind.AMOUNT, "ten percont", "ten percent"), (Kind.NUMBER, "twnty tw", "twenty two")],
)  # fmt: skip
def test_unclear_answers(kind: Kind, said: str, text: str) -> None:
    """An answer that is said badly is read as the nearest one of the grammar."""
    answer = _asked(kind).read(graphs.frames(said, others=0.3))
    assert answer is not None
    assert answer.text == text


def test_answers_that_can_be_over_come_first() -> None:
    """Where it might be an answer or half of one, it is the answer."""
    log_probs = graphs.frames("half")
    for frame, both in zip((1, 3, 5, 7), ("hf", "ao", "lu", "fr"), strict=True):
        half, four = (tones.LETTERS.index(letter) for letter in both)
        log_probs[frame, [half, four]] = (-0.5, -0.9)
    answer = _asked(Kind.TIME).read(log_probs)
    assert answer is not None
    assert answer.text == "four"


def test_the_score_falls_where_an_answer_is_forced() -> None:
    """What is no answer at all has a score far below the sound's."""
    scores = {}
    for said in ("half past three", "operator bill right"):
        log_probs = graphs.frames(said)
        answer = _asked(Kind.TIME).read(log_probs)
        scores[said] = (answer.score if answer else -99.0) - float(log_probs.max(1).sum())
    assert scores["half past three"] > -5 > -20 > scores["operator bill right"]


def test_times_of_words() -> None:
    """Every word stands at its frames."""
    answer = _asked(Kind.TIME).read(graphs.frames("...noon..."))
    assert answer is not None
    assert answer.words == (("noon", 4, 10),)


@pytest.mark.parametrize("kind", KINDS)
def test_silence(kind: Kind) -> None:
    """Silence is no answer."""
    assert _asked(kind).read(graphs.certain([graphs.BLANK] * 20)) is None


def test_other_languages() -> None:
    """German answers have a grammar of their own, unknown languages the English one."""
    words = {"de": "halb drei", "en": "half past three", "fr": "half past three"}
    for language, said in words.items():
        answer = Asked(Kind.TIME, language, _spell, graphs.BLANK).read(graphs.frames(said))
        assert answer is not None
        assert answer.text == said
