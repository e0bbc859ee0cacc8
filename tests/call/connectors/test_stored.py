"""`call.connectors.stored`: a definition comes back as it was kept."""

import json

import pytest

from appliance.call.connectors.stored import Definition, dump, restore
from appliance.dialogue import Level
from tests.call.connectors.support import Lookup, Search, Statement, backend, connector, http

REQUESTS = [
    http("POST", "/t", query={"a": "{a}"}, headers={"X": "1"}, body={"t": ["{a}", 1, None]},
         nothing=(404, 410), answer="data.0"),
    Statement("insert into t values (:a, :key)"),
    Lookup({"name": "a"}),
    Search("dc=x", "(cn={a})", ("cn", "mail")),
]  # fmt: skip


@pytest.mark.parametrize("request_", REQUESTS)
def test_what_is_kept_comes_back(request_):
    """Returns the very definition that was kept, whatever its kind."""
    made = connector(
        "new", request_, ("a",), write=True, level=Level.VERIFIED, fields={"n": "x.y"},
        private=frozenset({"a"}), attempts=3,
    )  # fmt: skip
    definition = Definition(
        backend("http", "https://x", secret="token", user="u", most=2), made, "PEM"
    )
    assert restore(dump(definition)) == definition


def test_what_a_newer_box_has_added_is_left_out():
    """Reads what a newer version has kept: the box may have been rolled back."""
    definition = Definition(backend("sql", "sqlite:///x"), connector("c", REQUESTS[1]))
    kept = json.loads(dump(definition))
    for part in (kept, kept["backend"], kept["connector"], kept["connector"]["request"]):
        part["new"] = 1
    assert restore(json.dumps(kept)) == definition


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"backend": 1}', "null"])
def test_what_is_no_definition_is_refused(text):
    """Raises ValueError and nothing else."""
    with pytest.raises(ValueError):
        restore(text)
