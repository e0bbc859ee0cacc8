import dataclasses

import pytest

from appliance.dialogue import load
from appliance.dialogue.connectors import Backend, Connector, HttpRequest, Level, Statement
from tests.dialogue.authoring.guide import guide_files


def test_levels_are_ordered():
    """Compares how sure the box is of a caller."""
    assert Level.UNKNOWN < Level.IDENTIFIED < Level.VERIFIED


def test_a_connector_is_a_value():
    """Is equal to itself read again, and cannot be changed while calls run on it."""
    one, other = load(guide_files()), load(guide_files())
    assert one.connectors == other.connectors
    assert one.backends == other.backends
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.connectors["new_ticket"].level = Level.UNKNOWN


def test_what_is_usual():
    """Reads for everybody, keeps nothing secret in itself, and takes 404 for nothing."""
    connector = Connector("c", "b", Statement("select 1"), ())
    assert (connector.level, connector.write, connector.many) == (Level.UNKNOWN, False, False)
    assert HttpRequest("GET", "/").nothing == (404,)
    assert not {"password", "token"} & {field.name for field in dataclasses.fields(Backend)}
