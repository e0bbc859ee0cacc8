"""`call.facts`: what the line tells about a call."""

from __future__ import annotations

from appliance import dialogue, sip
from appliance.call.facts import facts
from appliance.sip.identity import NOWHERE, Origin
from appliance.sip.message import Headers


def told(caller: str = "0301234", name: str = "Anna", origin: Origin = NOWHERE) -> dict[str, str]:
    incoming = sip.Incoming("h", caller, name, "100", Headers([]), origin=origin)
    return dict(facts(incoming))


def test_caller_and_called_are_told() -> None:
    """Names the caller and the number that was called; nothing stands for what is unknown."""
    assert told() == {"caller": "0301234", "caller_name": "Anna", "called": "100"}
    assert "caller_name" not in told(name="")


def test_what_is_asserted_goes_before_what_the_telephone_says() -> None:
    """Prefers the trusted number and name."""
    known = told(origin=Origin(number="200", name="Ward 3"))
    assert (known["caller"], known["caller_name"]) == ("200", "Ward 3")


def test_a_caller_who_wants_to_stay_unknown_does() -> None:
    """Tells neither number nor name of a private or anonymous caller."""
    private = told(origin=Origin(number="200", private=True))
    assert private == told("anonymous", "Anonymous") == {"called": "100"}


def test_an_address_is_nobodys_number() -> None:
    """Leaves out what stands for a telephone without a number or a name."""
    assert told("10.0.0.7", "10.0.0.7") == {"called": "100"}
    assert told("200", "10.0.0.7") == {"caller": "200", "called": "100"}


def test_diversion_and_headers_are_told() -> None:
    """Hands on whom the call was for, why it was diverted, and configured headers."""
    origin = Origin(
        diverted_from="201", diversion_reason="no-answer", fields=(("X-Customer-Id", "77"),)
    )
    known = told(origin=origin)
    assert known["diverted_from"] == "201"
    assert known["diversion_reason"] == "no-answer"
    assert known["x_customer_id"] == "77"


def test_every_fact_is_known_to_the_dialogue() -> None:
    """Uses no name that an author could not write."""
    origin = Origin("1", "n", False, "2", "r", fields=(("X-A-B", "c"),))
    names = told(origin=origin).keys()
    assert names >= dialogue.CALL_FACTS
    assert names - dialogue.CALL_FACTS == {"x_a_b"}


def test_a_value_is_one_printable_line() -> None:
    """Drops what could break a sentence or a header."""
    assert told(name="An\x07na\n  B")["caller_name"] == "An na B"
    assert len(told(name="x" * 999)["caller_name"]) == 120
