import ast
import inspect
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.dialogue import expressions
from appliance.dialogue.expressions import (
    DEEPEST,
    FUNCTIONS,
    LONGEST,
    Expression,
    ExpressionError,
)
from appliance.dialogue.values import text
from tests.dialogue.test_values import JSON

NOW = datetime.fromisoformat("2026-11-24 15:30")
VALUES = {
    "sure": "yes",
    "number": "0047",
    "reading": "112",
    "half": 0.5,
    "day": "2026-12-01",
    "name": "Anna Meyer",
    "customer": {"name": "Ben", "balance": -12.5, "tags": ["gold", "new"]},
    "rows": [{"id": 7}, {"id": 9}],
    "open": "no",
    "level": "verified",
    "empty": "",
}


def value(source: str):
    return Expression.parse(source).evaluate(VALUES, NOW)


@pytest.mark.parametrize(
    ("source", "result"),
    [
        # names and constants
        ("sure", "yes"), ("nobody", None), ("customer.name", "Ben"), ("rows.1.id", 9),
        ("yes", "yes"), ("false", "no"), ("none", None), ("today", "2026-11-24"), ("now", "15:30"),
        ("'a b'", "a b"), ('"it\'s"', "it's"), ("12", 12), ("1.5", 1.5),
        # or gives the first that is there, and the last that was asked for
        ("nobody or name", "Anna Meyer"), ("empty or none", None), ("sure and name", "Anna Meyer"),
        ("open and name", "no"), ("not open", "yes"), ("not not open", "no"), ("not name", "no"),
        ("sure or open and none", "yes"), ("(sure or open) and none", None),
        ("not open and sure", "yes"), ("not sure == no", "yes"),
        # equal: numbers as numbers, two texts as texts, absent is empty
        ("reading == 112", "yes"), ("reading == 112.0", "yes"), ("number == 47", "yes"),
        ("number == '47'", "no"), ("number != '0047'", "no"), ("name == 'anna MEYER'", "yes"),
        ("nobody == ''", "yes"), ("nobody == none", "yes"), ("sure == yes", "yes"),
        # order
        ("reading < 113", "yes"), ("reading <= 112", "yes"), ("reading > '99'", "yes"),
        ("day > today", "yes"), ("now >= '08:00'", "yes"), ("nobody < 1", "no"),
        ("nobody > 1", "no"), ("customer.balance < 0", "yes"),
        # in
        ("'meyer' in name", "yes"), ("'gold' in customer.tags", "yes"), ("7 in rows", "no"),
        ("'balance' in customer", "yes"), ("'x' in 12", "no"), ("nobody in name", "no"),
        # reckoning
        ("reading + 1", 113), ("reading - 12.5", 99.5), ("2 * 3 + 4", 10), ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20), ("7 % 4", 3), ("1 / 4", 0.25), ("1 / 0", None), ("1 % 0", None),
        ("-reading", -112), ("--2", 2), ("-name", None), ("name * 2", None), ("10 - 3 - 2", 5),
        ("name + '!'", "Anna Meyer!"), ("'a' + none", "a"),
        # days
        ("today + 14", "2026-12-08"), ("day - today", 7), ("day - 1", "2026-11-30"),
        ("today + 99999999", None), ("'20261124' + 1", 20261125), ("'2026-13-01' + 1", "2026-13-011"),
        ("'2026-11-24T10:00' + 1", "2026-11-25"), ("weekday(today)", 2), ("weekday(name)", None),
        # functions
        ("length(name)", 10), ("length(rows)", 2), ("length(4711)", 4), ("length(nobody)", 0),
        ("lower(name)", "anna meyer"), ("upper(name)", "ANNA MEYER"), ("digits('a1 b2')", "12"),
        ("number('007')", 7.0), ("text(half)", "0.5"), ("last(number, 2)", "47"),
        ("first(name, 4)", "Anna"), ("last(name, none)", "r"), ("round(2.567, 1)", 2.6),
        ("round(2.4)", 2), ("least(3, 'x', 2)", 2), ("most(reading, 7)", 112), ("most('x')", None),
    ],
)  # fmt: skip
def test_evaluate(source, result):
    """Reads, compares and reckons as the guide says."""
    assert value(source) == result


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "ends too early"),
        ("a +", "ends too early"),
        ("a b", "'b' is not expected"),
        ("a = b", "write == to compare"),
        ("= b", "stands where a value should"),
        ("(a", "ends too early"),
        ("(a]", "']' has no meaning"),
        ("a)", "')' is not expected"),
        ("a or", "ends too early"),
        ("or a", "'or' stands where a value should"),
        ("f(a)", "there is no 'f(...)'; there are length"),
        ("last(a)", "'last' takes 2 to 2 values, not 1"),
        ("last(a b)", "',' is missing"),
        ("a; b", "';' has no meaning"),
        ("a['b']", "'[' has no meaning"),
        ("'a", "a quote is not closed"),
        ("a" * (LONGEST + 1), f"longer than {LONGEST}"),
        ("(" * (DEEPEST + 1) + "a" + ")" * (DEEPEST + 1), "nested too deeply"),
        ("-" * (DEEPEST + 1) + "1", "nested too deeply"),
        ("not " * (DEEPEST + 1) + "a", "nested too deeply"),
        ("lower(" * (DEEPEST + 1) + "a" + ")" * (DEEPEST + 1), "nested too deeply"),
    ],
)
def test_mistakes(source, reason):
    """Says in words what is wrong with an expression."""
    with pytest.raises(ExpressionError) as caught:
        Expression.parse(source)
    assert reason in str(caught.value)


def test_just_deep_enough():
    """Takes brackets and chains of the greatest size."""
    assert value("(" * DEEPEST + "1" + ")" * DEEPEST) == 1
    assert value("+".join("1" for _ in range(LONGEST // 2))) == LONGEST // 2


def test_names_and_comparisons():
    """Tells which names it reads, and which are held against a fixed value."""
    found = Expression.parse(
        "a.b == 'x' and 'y' != c and not (d == yes) and e == f and g == 7 and today > now"
    )
    assert found.names == {"a.b", "c", "d", "e", "f", "g"}
    assert found.comparisons == {("a.b", "x"), ("c", "y"), ("d", "yes"), ("g", "7")}


def test_equality():
    """Is equal where the text is, so that a dialogue can be compared with itself."""
    assert Expression.parse("a + 1") == Expression.parse("a + 1")
    assert Expression.parse("a + 1") != Expression.parse("a + 2")
    assert len({Expression.parse("a"), Expression.parse("a")}) == 1


def test_a_long_text_is_cut():
    """Does not let texts grow without end."""
    grown = Expression.parse("a + a").evaluate({"a": "x" * 4000}, NOW)
    assert len(grown) == 4000


def test_no_way_out():
    """Uses nothing of Python's that could run a text."""
    names = {
        node.id for node in ast.walk(ast.parse(inspect.getsource(expressions)))
        if isinstance(node, ast.Name)
    }  # fmt: skip
    assert not names & {"eval", "exec", "compile", "getattr", "__import__", "globals", "open"}
    for source in ("__class__", "name.__class__", "customer.__class__.__bases__", "name.upper"):
        assert value(source) is None


_WORDS = st.sampled_from([
    "a", "b.c", "b.0", "today", "now", "yes", "none", "1", "2.5", "'x'", "'2026-12-01'", '""',
    "(", ")", ",", "+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "=", "in", "and",
    "or", "not", *(f"{name}(" for name in FUNCTIONS),
])  # fmt: skip


@settings(derandomize=True, max_examples=400)
@given(st.lists(_WORDS, max_size=14).map(" ".join) | st.text(max_size=40), JSON, JSON)
def test_any_text_and_any_values(source, one, other):
    """Refuses a text with a reason, or evaluates it to a value whatever the names hold."""
    try:
        found = Expression.parse(source)
    except ExpressionError:
        return
    values = {"a": one, "b": {"c": other, "0": one}}
    assert isinstance(text(found.evaluate(values, NOW)), str)
    assert found.holds(values, NOW) in {True, False}


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    signs = st.sampled_from(
        ["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "in", "and", "or"]
    )
    calls = st.sampled_from([name for name, (least, _, _) in FUNCTIONS.items() if least == 1])
    return (
        st.tuples(inner, signs, inner).map(lambda parts: f"({' '.join(parts)})")
        | st.tuples(calls, inner).map(lambda parts: f"{parts[0]}({parts[1]})")
        | inner.map(lambda part: f"not {part}")
        | inner.map(lambda part: f"-{part}")
        | st.tuples(inner, inner).map(lambda parts: f"last({parts[0]}, {parts[1]})")
    )


_WHOLE = st.recursive(
    st.sampled_from(["a", "b.c", "today", "now", "none", "7", "0", "'2026-12-01'", "'x'"]),
    _grown,
    max_leaves=8,
)


@settings(derandomize=True, max_examples=400)
@given(_WHOLE.filter(lambda source: len(source) <= LONGEST), JSON, JSON)
def test_any_expression_yields_a_value(source, one, other):
    """Reckons everything that can be written, with any values, without failing."""
    found = Expression.parse(source)
    values = {"a": one, "b": {"c": other}}
    result = text(found.evaluate(values, NOW))
    assert text(found.evaluate(values, NOW)) == result
