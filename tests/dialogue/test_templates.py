import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.dialogue.templates import (
    MOST,
    TemplateError,
    annotated,
    expand,
    fill,
    holes,
    inline,
)


@pytest.mark.parametrize(
    ("template", "sentences"),
    [
        ("hello", ["hello"]),
        ("[please] help", ["help", "please help"]),
        ("(a|b) c", ["a c", "b c"]),
        ("[the|your] hours", ["hours", "the hours", "your hours"]),
        ("go [to (the|a) {place}]", ["go", "go to the {place}", "go to a {place}"]),
        ("(a|a) b", ["a b"]),
    ],
)
def test_expand(template, sentences):
    """Stands for every reading, the shortest of an optional part first, each once."""
    assert expand(template) == sentences


@pytest.mark.parametrize(
    "template", ["[a", "a]", "(a|b", "a|b", "a)", "(a]", "{a b}", "{a", "a}", "{}"]
)
def test_brackets_that_do_not_match(template):
    """Says in words what is wrong with a template."""
    with pytest.raises(TemplateError):
        expand(template)


def test_too_many():
    """Refuses a template that stands for more sentences than can be listened for."""
    with pytest.raises(TemplateError, match=str(MOST)):
        expand("(a|b|c) " * 12)


def test_holes_and_fill():
    """Finds the slots of a sentence and fills them."""
    assert holes("{a} and {b} and {a}") == ("a", "b", "a")
    assert fill("to {a}", {"a": "x"}.__getitem__) == "to x"


@settings(derandomize=True)
@given(st.text("ab []()|{}", max_size=24))
def test_any_text(template):
    """Either expands to plain sentences or says what is wrong."""
    try:
        found = expand(template)
    except TemplateError:
        return
    assert not any(sign in sentence for sentence in found for sign in "[]()|")


@pytest.mark.parametrize(
    ("template", "found", "values"),
    [
        (
            "my reading is [four five](reading)",
            "my reading is {reading}",
            (("reading", "four five"),),
        ),
        ("[a](x) and [ b  c ](y)", "{x} and {y}", (("x", "a"), ("y", "b c"))),
        ("[please](a|b)", "[please](a|b)", ()),
        ("[please] (a)", "[please] (a)", ()),
        ("[a|b](x)", "[a|b](x)", ()),
    ],
)
def test_annotated(template, found, values):
    """Takes a text in brackets before one word in round ones for a slot and what was said."""
    assert annotated(template) == (found, values)


def test_rules():
    """Puts named parts in their places, those within others too."""
    rules = {"want": "i want|i would <like>", "like": "like to"}
    assert inline("<want> go", rules) == "(i want|i would (like to)) go"
    assert expand(inline("< want > go", rules)) == ["i want go", "i would like to go"]


@pytest.mark.parametrize(
    ("template", "rules", "reason"),
    [
        ("<wnt> go", {"want": "x"}, "did you mean '<want>'"),
        ("<a>", {}, "declare it under 'rules:'"),
        ("<a>", {"a": "<b>", "b": "<a>"}, "holds itself"),
        ("<r0>", {f"r{at}": f"<r{at + 1}>" for at in range(20)}, "more than 8 deep"),
        ("<a>" * 3, {"a": "x" * 2000}, "longer than"),
        ("<a>", {"a": "<b><b>", "b": "<c><c>", "c": "x" * 1500}, "longer than"),
    ],
)
def test_rules_that_cannot_be(template, rules, reason):
    """Says in words what is wrong with a rule."""
    with pytest.raises(TemplateError, match=reason):
        inline(template, rules)


def test_holes_with_columns():
    """Finds columns of slots and variables, and fills them."""
    assert holes("{a.b} {c}") == ("a.b", "c")
    assert holes("{a.} {.a} {a..b}") == ()
    assert fill("{a.b}", {"a.b": "x"}.__getitem__) == "x"
