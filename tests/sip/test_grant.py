"""What the answer to a REGISTER says."""

import pytest

from appliance.sip.address import Address
from appliance.sip.grant import granted, retry_after, seen_at, service_route, why
from appliance.sip.message import Headers, Response

OURS = "<sip:100@192.0.2.1:5060>"


def said(*fields, status=200, reason=""):
    return Response(Headers(fields), status, reason)


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ((("Contact", f"<sip:999@192.0.2.5>;expires=10, {OURS};expires=77"),), 77),
        ((("Contact", f"{OURS};expires=77"), ("Expires", "88")), 77),
        ((("Contact", OURS), ("Expires", "88")), 88),
        ((("Contact", "nonsense<"), ("Expires", "88")), 88),
        ((("Expires", "soon"),), 300),
        ((), 300),
    ],
)
def test_our_own_contact_counts(fields, seconds):
    """Then Expires, then what we asked for (RFC 3261 10.2.4)."""
    assert granted(said(*fields), OURS, 300) == seconds


@pytest.mark.parametrize(
    ("via", "host", "port"),
    [
        ("192.0.2.1:5062;received=203.0.113.5;rport=40000", "203.0.113.5", 40000),
        ("192.0.2.1:5062;rport=40000", "192.0.2.1", 40000),
        ("192.0.2.1:5062;rport", "192.0.2.1", 5062),
        ("192.0.2.1;rport=0", "192.0.2.1", 5061),
        ("[2001:DB8::1]:5062;received=[2001:db8:0::2]", "2001:db8::2", 5062),
    ],
)
def test_where_we_are_seen(via, host, port):
    """By received and rport, each where it is told (RFC 3581)."""
    response = said(("Via", f"SIP/2.0/TLS {via};branch=z9hG4bK1"))
    assert seen_at(response, "tls") == Address("tls", host, port)


@pytest.mark.parametrize("via", ["SIP/2.0/UDP box;branch=z9hG4bK1", "nonsense"])
def test_a_name_is_no_place(via):
    """Nothing is believed that is not an address."""
    assert seen_at(said(("Via", via)), "udp") is None


def test_a_refusal_is_told_in_words():
    """Ours where we have some, else its own, else those of the RFC."""
    assert "password" in why(said(status=403, reason="Forbidden"))
    assert why(said(status=486, reason="B\tsy")) == "B?sy"
    assert why(said(status=486)) == "Busy Here"
    assert why(said(status=499)) == "refused"


@pytest.mark.parametrize(
    ("text", "seconds"), [("20", 20), ("7 (busy)", 7), ("9;duration=5", 9), ("x", None), ("", None)]
)
def test_the_time_to_wait_is_read(text, seconds):
    """Comments and parameters aside."""
    assert retry_after(said(("Retry-After", text))) == seconds


def test_the_service_route_is_read_in_its_order():
    """A broken one is as none (RFC 3608)."""
    routes = service_route(said(("Service-Route", "<sip:a;lr>, <sip:b;lr>")))
    assert [str(route) for route in routes] == ["<sip:a;lr>", "<sip:b;lr>"]
    assert service_route(said(("Service-Route", "<nonsense"))) == ()
    assert service_route(said()) == ()
