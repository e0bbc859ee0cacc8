"""The notation of grammars and the automata that it stands for."""

from __future__ import annotations

import itertools

import pytest

from appliance.speech.recognition.rules import Automaton, RuleError, Said, automaton


def _all(grammar: Automaton, longest: int) -> set[str]:
    """Every answer of up to `longest` words."""
    found, open_ = set(), [(0, "")]
    while open_:
        state, text = open_.pop()
        if state in grammar.ends:
            found.add(text.strip())
        if len(text.split()) < longest:
            ways = grammar.ways[state].items()
            open_ += [(target, f"{text} {word.word}") for word, target in ways]
    return found


@pytest.mark.parametrize(
    ("rule", "answers"),
    [
        ("a", {"a"}),
        ("a b", {"a b"}),
        ("a | b c", {"a", "b c"}),
        ("a [b] c", {"a c", "a b c"}),
        ("(a | b) (c | d)", {"a c", "a d", "b c", "b d"}),
        ("[a | b] c", {"c", "a c", "b c"}),
        ("[a [b]]", {"", "a", "a b"}),
        ("<x> and <x>", {f"{a} and {b}" for a, b in itertools.product(("x", "y z"), repeat=2)}),
        ("a{b}", {"a b"}),
    ],
)
def test_notation(rule: str, answers: set[str]) -> None:
    """A rule stands for exactly its answers."""
    assert _all(automaton({"top": rule, "x": "x | y z"}, "top"), 5) == answers


def test_one_way_for_each_word() -> None:
    """Alternatives that begin alike are one way until they differ."""
    grammar = automaton({"top": "a b c | a b d | a e"}, "top")
    assert [len(ways) for ways in grammar.ways] == [1, 2, 2, 0]
    assert grammar.after([Said("a"), Said("b"), Said("d")]) in grammar.ends


def test_words_that_are_not_told() -> None:
    """A word may be said beside an answer and within it; only the latter is told."""
    grammar = automaton({"top": "{at} (at home | five)"}, "top")
    state = grammar.after([Said("at", told=False), Said("at"), Said("home")])
    assert state in grammar.ends
    assert grammar.after([Said("at")]) is None


def test_how_far_an_answer_is() -> None:
    """Words that are no beginning of an answer lead nowhere, beginnings to no end."""
    grammar = automaton({"top": "the first [of may]"}, "top")
    assert grammar.after([Said("of")]) is None
    assert grammar.after([Said("the")]) not in grammar.ends
    assert grammar.after([Said("the"), Said("first")]) in grammar.ends
    assert grammar.after([Said("the"), Said("first"), Said("of")]) not in grammar.ends


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("(a | b", r"lacks a '\)'"),
        ("[a", r"lacks a '\]'"),
        ("a)", r"a '\)' too many"),
        ("<none>", "no rule 'none'"),
        ("a <top>", "refers to itself"),
        ("<around>", "refers to itself"),
    ],
)
def test_mistakes(rule: str, reason: str) -> None:
    """A rule that is not in the notation is refused, with the reason."""
    with pytest.raises(RuleError, match=reason):
        automaton({"top": rule, "around": "b [<around>]"}, "top")


def test_unknown_start() -> None:
    """The rule to begin with must exist."""
    with pytest.raises(RuleError, match="no rule 'down'"):
        automaton({"top": "a"}, "down")
