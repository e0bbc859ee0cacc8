"""`call.connectors.answers`: what of an answer reaches a dialogue."""

from appliance.call.connectors.answers import Answer, refused, shape, unavailable
from appliance.dialogue import Status
from appliance.dialogue.values import DEEPEST
from tests.call.connectors.support import connector, http

READ = connector("find", http())


def done(value):
    return Answer(Status.DONE, value)


def test_the_first_row_is_the_answer():
    """Takes the first of several rows, one row, or a bare value as it is."""
    assert shape(READ, done([{"a": 1}, {"a": 2}])).value == {"a": 1}
    assert shape(READ, done({"a": 1})).value == {"a": 1}
    assert shape(READ, done("open")).value == "open"


def test_no_row_is_nothing_for_a_read_and_done_for_a_write():
    """Tells NOTHING where a read found none; a write that returns none has been done."""
    write = connector("w", http("POST"), write=True)
    for empty in (None, []):
        assert shape(READ, done(empty)).status is Status.NOTHING
        assert shape(write, done(empty)).status is Status.DONE
    many = shape(connector("m", http(), many=True), done([]))
    assert (many.status, many.value) == (Status.NOTHING, {"rows": []})


def test_fields_are_named_by_the_dialogue():
    """Keeps what was declared, found by dotted paths; what is not there is absent."""
    wanted = {"name": "person.full", "first": "tags.0", "none": "x.y"}
    row = {"person": {"full": "Anna"}, "tags": ["a", "b"], "iban": "DE00"}
    found = shape(connector("f", http(), fields=wanted, many=True), done([row]))
    assert found.value == {"rows": [{"name": "Anna", "first": "a", "none": None}]}
    assert shape(connector("f", http(), fields={"v": "value"}), done(3)).value == {"v": 3}


def test_rows_beyond_the_limit_are_left_out():
    """Hands on 200 rows at most."""
    many = connector("m", http(), many=True)
    assert len(shape(many, done([{"n": n} for n in range(500)])).value["rows"]) == 200
    assert len(shape(many, done([{"n": n} for n in range(500)]), 1000).value["rows"]) == 500


def test_what_is_too_deep_too_long_or_too_much_is_cut():
    """Bounds depth, the length of a text and the number of values; NaN is no JSON."""
    deep = "end"
    for _ in range(30):
        deep = {"in": deep}
    found, levels = shape(READ, done(deep)).value, 0
    while isinstance(found, dict):
        found, levels = found["in"], levels + 1
    assert found is None
    assert levels < DEEPEST
    assert len(shape(READ, done({"t": "x" * 10_000})).value["t"]) == 4000
    assert len(shape(READ, done({str(n): n for n in range(9999)})).value) < 5001
    assert shape(READ, done({"n": float("inf")})).value == {"n": None}


def test_what_is_no_answer_keeps_its_reason():
    """Hands on why a system did not answer, and no value."""
    assert shape(READ, refused("answered 422")) == refused("answered 422")
    found = shape(READ, unavailable("broke off", after=3))
    assert (found.reason, found.after, found.down) == ("broke off", 3, True)
