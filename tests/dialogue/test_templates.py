import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.dialogue.templates import MOST, TemplateError, expand, fill, holes


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
