"""What German answers the grammars take."""

from __future__ import annotations

import random

import pytest

from appliance.speech.recognition.rules import Automaton, Said, automaton
from appliance.speech.recognition.rules_de import RULES
from models.train.stt.languages import german

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
        ("number", "zweihundert vierundzwanzig"),
        ("number", "also tausend zweihundert fünf bitte"),
        ("number", "zwölf komma fünf"),
        ("date", "der zweiundzwanzigste november"),
        ("date", "am montag den fünften mai"),
        ("date", "nächsten dienstag"),
        ("date", "übermorgen"),
        ("date", "in zwei wochen"),
        ("date", "am dritten zehnten neunzehnhundert achtzig"),
        ("time", "halb drei"),
        ("time", "um acht uhr morgens"),
        ("time", "viertel nach neun"),
        ("time", "vierzehn uhr dreißig"),
        ("time", "fünf vor halb acht"),
        ("amount", "zwölf euro fünfzig"),
        ("amount", "dreihundert kilowattstunden"),
        ("amount", "zweieinhalb stunden"),
        ("amount", "zehn prozent"),
    ],
)
def test_answers(kind: str, said: str) -> None:
    """An answer as people say it belongs to its grammar."""
    assert _takes(GRAMMARS[kind], said)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("number", "komma fünf"),
        ("number", "zwanzig hundert"),
        ("date", "der"),
        ("date", "montag dienstag"),
        ("time", "halb"),
        ("time", "viertel nach"),
        ("amount", "euro"),
        ("amount", "und fünfzig cent"),
    ],
)
def test_no_answers(kind: str, said: str) -> None:
    """What is no whole answer does not."""
    assert not _takes(GRAMMARS[kind], said)


@pytest.mark.parametrize(
    ("kind", "make"),
    [("number", lambda rng: german.number(rng.randint(0, 9999), rng)), ("date", german.date),
     ("time", german.clock), ("amount", german.money)],
)  # fmt: skip
def test_what_the_recogniser_learned(kind: str, make: object) -> None:
    """Answers made up for the training belong to the grammar, written apart from it."""
    assert callable(make)
    rng = random.Random(4)
    said = [german.normalise(make(rng)) for _ in range(300)]
    missed = {text for text in said if not _takes(GRAMMARS[kind], text)}
    assert len(missed) <= 3, missed
