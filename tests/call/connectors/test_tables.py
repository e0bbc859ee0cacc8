"""`call.connectors.tables`: lookups in a file of the dialogue's folder."""

import pytest

from appliance.call.connectors.drivers import Question, Site
from appliance.call.connectors.tables import Tables
from appliance.dialogue import Status
from tests.call.connectors.support import Lookup, backend, connector, http

TEXT = "\ufeffname, ward, tel\nAnna Meyer, A 1, 200\nBernd Groß, a1, 201\nNobody, ,\nshort\n"


@pytest.fixture
def tables():
    return Tables(Site(backend("csv", "p.csv"), table=TEXT))


def ask(tables, match, **values):
    answer = tables.ask(Question(connector("find", Lookup(match)), values, 1.0))
    assert answer.status is Status.DONE
    return [row["name"] for row in answer.value]


def test_rows_are_found_by_their_columns(tables):
    """Finds rows whose columns equal the parameters, case and spaces aside."""
    assert ask(tables, {"ward": "w"}, w="a 1") == ["Anna Meyer", "Bernd Groß"]
    assert ask(tables, {"ward": "w", "name": "n"}, w="A1", n="bernd GROSS") == ["Bernd Groß"]
    assert ask(tables, {"ward": "w"}, w="b") == []
    assert ask(tables, {"tel": "t"}, t=200) == ["Anna Meyer"]


def test_no_parameters_are_every_row(tables):
    """Returns the whole file where nothing is asked for."""
    assert len(ask(tables, {})) == 4


def test_nothing_finds_nobody(tables):
    """Finds nobody for an empty value, not everybody whose column is empty."""
    assert ask(tables, {"ward": "w"}, w="") == []
    assert ask(tables, {"ward": "w"}, w=None) == []


def test_only_a_lookup_is_asked_of_a_file(tables):
    """Refuses another kind of request."""
    assert tables.ask(Question(connector("x", http()), {}, 1.0)).status is Status.REFUSED
    tables.close()
