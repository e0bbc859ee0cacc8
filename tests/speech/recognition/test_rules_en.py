"""What English answers the grammars take."""

from __future__ import annotations

import random

import pytest

from appliance.speech.recognition.rules import Automaton, Said, automaton
from appliance.speech.recognition.rules_en import RULES
from models.train.stt.languages import english

GRAMMARS = {kind: automaton(RULES, kind) for kind in ("number", "date", "time", "amount")}


def _takes(grammar: Automaton, text: str) -> bool:
    states = {0}
    for word in text.split():
        found = {grammar.ways[s].get(Said(word, told)) for s in states for told in (True, False)}
        states = {state for state in found if state is not None}
    return bool(states & grammar.ends)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("number", "one hundred and twelve"),
        ("number", "a thousand two hundred five please"),
        ("number", "um twelve point five"),
        ("number", "four oh seven"),
        ("date", "the twenty second of november"),
        ("date", "on monday the fifth of may nineteen eighty four"),
        ("date", "next tuesday"),
        ("date", "the day after tomorrow"),
        ("date", "in two weeks"),
        ("date", "may nineteen"),
        ("time", "half past three"),
        ("time", "at eight o'clock in the morning"),
        ("time", "five oh five p m"),
        ("time", "a quarter to nine"),
        ("time", "noon"),
        ("amount", "twelve dollars fifty"),
        ("amount", "twelve dollars and fifty cents"),
        ("amount", "three hundred kilowatt hours"),
        ("amount", "two and a half hours"),
        ("amount", "ten percent"),
    ],
)
def test_answers(kind: str, said: str) -> None:
    """An answer as people say it belongs to its grammar."""
    assert _takes(GRAMMARS[kind], said)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("number", "and"),
        ("number", "hundred and"),
        ("number", "twenty twelve hundred"),
        ("date", "the twenty"),
        ("date", "thirty second of may"),
        ("date", "monday tuesday"),
        ("time", "half past"),
        ("time", "thirteen o'clock past"),
        ("amount", "dollars"),
        ("amount", "and fifty cents"),
    ],
)
def test_no_answers(kind: str, said: str) -> None:
    """What is no whole answer does not."""
    assert not _takes(GRAMMARS[kind], said)


@pytest.mark.parametrize(
    ("kind", "make"),
    [("number", lambda rng: english.number(rng.randint(0, 9999), rng)), ("date", english.date),
     ("time", english.clock), ("amount", english.money)],
)  # fmt: skip
def test_what_the_recogniser_learned(kind: str, make: object) -> None:
    """Answers made up for the training belong to the grammar, written apart from it."""
    assert callable(make)
    rng = random.Random(4)
    said = [english.normalise(make(rng)) for _ in range(300)]
    missed = {text for text in said if not _takes(GRAMMARS[kind], text)}
    assert len(missed) <= 3, missed
