"""The line's state as values."""

from pathlib import Path
from xml.etree import ElementTree

from appliance import contracts
from appliance.contracts.status import LineState, LineStatus, SpeechState


def test_a_box_starts_without_a_claim():
    """Before anything is known the status claims nothing."""
    status = LineStatus()
    assert (status.line, status.speech, status.calls) == (
        LineState.STARTING,
        SpeechState.STARTING,
        0,
    )


def test_the_bus_interface_has_a_property_for_every_field():
    """What the status knows can be read on D-Bus under the same words."""
    xml = Path(contracts.__file__).with_name("org.attendant.Line1.xml")
    names = {p.get("name") for p in ElementTree.parse(xml).iter("property")}
    fields = {"line": "State"} | {f: f.capitalize() for f in LineStatus.__slots__ if f != "line"}
    assert names == set(fields.values())
