"""Dialogs: routes, targets, sequence numbers."""

import pytest

from appliance.sip import Address
from appliance.sip.dialog import Dialog, is_secure, secured
from appliance.sip.errors import RemoteError
from appliance.sip.message import respond
from tests.sip.raw import invite

PEER = Address("udp", "192.0.2.9", 5060)
ROUTES = (
    ("Record-Route", "<sip:192.0.2.20;lr>, <sip:p2.example;lr>"),
    ("Record-Route", "<sip:192.0.2.22;lr>"),
)


def test_the_called_side_keeps_the_routes_in_order():
    """RFC 3261 12.1.1."""
    dialog = Dialog.answering(invite(fields=ROUTES).request, "t", PEER)
    assert [route.uri.host for route in dialog.routes] == ["192.0.2.20", "p2.example", "192.0.2.22"]
    assert dialog.key == ("raw", "t", "raw")
    assert dialog.remote_sequence == 1
    assert dialog.next_hop() == Address("udp", "192.0.2.20", 5060)


def test_the_calling_side_reverses_the_routes():
    """RFC 3261 12.1.2."""
    request = invite(fields=ROUTES).request
    response = respond(request, 200, tag="t", headers=[("Contact", "<sip:x@192.0.2.5:5070>")])
    dialog = Dialog.calling(request, response, PEER)
    assert [route.uri.host for route in dialog.routes] == ["192.0.2.22", "p2.example", "192.0.2.20"]
    assert dialog.key == ("raw", "raw", "t")
    assert str(dialog.target) == "sip:x@192.0.2.5:5070"
    assert dialog.local_sequence == 1


def test_a_dialog_is_sips_as_a_whole():
    """By the request URI, else the first route, else the Contact of the INVITE (12.1.1)."""
    plain = invite().request
    contact = plain.with_headers(plain.headers.setting("Contact", "<sips:300@192.0.2.9>"))
    routed = plain.with_headers(contact.headers.adding(ROUTES))
    broken = plain.with_headers(plain.headers.setting("Contact", "<"))
    kinds = [is_secure(one) for one in (plain, contact, routed, broken)]
    assert kinds == [False, True, False, False]
    assert Dialog.answering(contact, "t", PEER).secure
    assert not Dialog.answering(plain, "t", PEER).secure
    fields = [("Contact", "<sip:a@b;transport=tls>"), ("X", "<sip:c@d>")]
    assert secured(fields) == [("Contact", "<sips:a@b;transport=tls>"), ("X", "<sip:c@d>")]


def test_requests_carry_routes_and_count():
    """A loose route stays a header, the URI is the target's (12.2.1.1)."""
    dialog = Dialog.answering(invite(fields=ROUTES).request, "t", PEER)
    first, second = dialog.request("INFO", "v"), dialog.request("BYE", "v")
    assert first.uri == "sip:300@192.0.2.9:5060"
    assert len(first.headers.lines("Route")) == 3
    assert [str(one.headers["CSeq"]) for one in (first, second)] == ["1 INFO", "2 BYE"]
    assert dialog.request("ACK", "v", sequence=1).headers["CSeq"] == "1 ACK"
    assert dialog.local_sequence == 2


def test_a_strict_router_becomes_the_request_uri():
    """The target goes to the end of the routes (12.2.1.1)."""
    fields = (("Record-Route", "<sip:192.0.2.20;x=1>, <sip:192.0.2.21;lr>"),)
    dialog = Dialog.answering(invite(fields=fields).request, "t", PEER)
    made = dialog.request("BYE", "v")
    assert made.uri == "sip:192.0.2.20;x=1"
    assert made.headers.lines("Route") == ("<sip:192.0.2.21;lr>", "<sip:300@192.0.2.9:5060>")


@pytest.mark.parametrize(
    ("contact", "source", "hop"),
    [
        ("<sip:300@192.0.2.9:5070>", PEER, Address("udp", "192.0.2.9", 5070)),
        ("<sip:300@phone.local>", PEER, PEER),
        ("<sip:300@192.0.2.9;transport=tcp>", PEER, PEER),
        (
            "<sip:300@10.0.0.5:5060>",
            Address("udp", "192.0.2.77", 4711),
            Address("udp", "192.0.2.77", 4711),
        ),
        (
            "<sip:300@192.0.2.9>",
            Address("udp", "192.0.2.9", 4711),
            Address("udp", "192.0.2.9", 4711),
        ),
    ],
)
def test_requests_go_where_the_peer_can_be_reached(contact, source, hop):
    """The Contact where it is an address that is the peer's own, else the way it came."""
    request = invite().request
    request = request.with_headers(request.headers.setting("Contact", contact))
    assert Dialog.answering(request, "t", source).next_hop() == hop


def test_the_target_is_refreshed():
    """A new Contact replaces the old; none leaves it; a broken one raises."""
    dialog = Dialog.answering(invite().request, "t", PEER)
    request = invite().request
    dialog.refresh(request.with_headers(request.headers.without("Contact")))
    assert str(dialog.target) == "sip:300@192.0.2.9:5060"
    dialog.refresh(request.with_headers(request.headers.setting("Contact", "<sip:n@h>")))
    assert str(dialog.target) == "sip:n@h"
    with pytest.raises(RemoteError):
        dialog.refresh(request.with_headers(request.headers.setting("Contact", "<")))


def test_a_peer_without_contact_is_reached_at_its_name():
    """From serves where Contact is missing."""
    request = invite().request
    dialog = Dialog.answering(request.with_headers(request.headers.without("Contact")), "t", PEER)
    assert str(dialog.target) == "sip:300@192.0.2.9"


TCP = Address("tcp", "192.0.2.9", 33333, "pbx.example")


def over(flow, contact="<sip:300@192.0.2.9:5060;transport=tcp>", fields=()):
    """A dialog that came over a connection."""
    request = invite(fields=fields).request
    headers = request.headers.setting("Contact", contact)
    headers = headers.setting("Via", f"SIP/2.0/TCP {flow.host};branch=z9hG4bKx")
    return Dialog.answering(request.with_headers(headers), "t", flow)


def test_a_connection_that_stands_serves_its_host():
    """Whatever port the Contact names; another host needs another connection (18.1.1)."""
    assert over(TCP).next_hop() == TCP
    assert over(TCP, "<sip:300@192.0.2.9:7777>").next_hop() == TCP
    assert over(TCP, "<sip:300@192.0.2.8:5062>").next_hop() == Address("tcp", "192.0.2.8", 5062)
    route = (("Record-Route", "<sip:192.0.2.20:5070;lr;transport=tcp>"),)
    assert over(TCP, fields=route).next_hop() == Address("tcp", "192.0.2.20", 5070)


def test_a_connection_that_broke_is_made_anew():
    """To where the peer wants it, under the name that its certificate must bear."""
    dialog = over(TCP)
    dialog.lost(Address("tcp", "192.0.2.9", 1))
    assert dialog.next_hop() == TCP
    dialog.lost(TCP)
    assert dialog.next_hop() == Address("tcp", "192.0.2.9", 5060)
    assert dialog.next_hop().name == "pbx.example"
    again = Address("tcp", "192.0.2.9", 44444)
    dialog.heard(again)
    assert dialog.next_hop() == again


def test_a_datagram_from_elsewhere_moves_nothing():
    """Only a connection of the same host takes the place of the old one."""
    dialog = over(TCP)
    dialog.heard(Address("tcp", "192.0.2.66", 1))
    dialog.heard(Address("udp", "192.0.2.9", 5060))
    assert dialog.next_hop() == TCP


@pytest.mark.parametrize(
    ("contact", "to", "hop"),
    [
        ("<sip:x@10.0.0.5:5070>", "8.8.8.8", ("8.8.8.8", 5060)),
        ("<sip:x@10.0.0.5:5070>", "10.0.0.1", ("10.0.0.5", 5070)),
        ("<sip:x@8.8.4.4:5070>", "8.8.8.8", ("8.8.4.4", 5070)),
        ("<sip:x@[fd00::5]:5070>", "2606:4700::1", ("2606:4700::1", 5060)),
        ("<sip:x@[2001:db8::5]:5070>", "2001:db8::1", ("2001:db8::5", 5070)),
        ("<sip:x@phone.example>", "8.8.8.8", ("8.8.8.8", 5060)),
    ],
)
def test_a_public_peer_that_names_a_private_address_is_reached_where_it_is(contact, to, hop):
    """A PBX behind a NAT writes the address of its own network into its Contact."""
    request = invite().request
    response = respond(request, 200, tag="t", headers=[("Contact", contact)])
    dialog = Dialog.calling(request, response, Address("udp", to, 5060))
    assert (dialog.next_hop().host, dialog.next_hop().port) == hop


def test_addresses_of_both_families_are_written_and_read():
    """IPv6 routes and targets, in the URI and as the next hop."""
    fields = (("Record-Route", "<sip:[2001:db8::20]:5070;lr>"),)
    request = invite(fields=fields).request
    headers = request.headers.setting("Contact", "<sip:300@[2001:db8::9]>")
    headers = headers.setting("Via", "SIP/2.0/UDP [2001:db8::9]:5060;branch=z9hG4bKx;rport")
    source = Address("udp", "2001:db8::9", 5060)
    dialog = Dialog.answering(request.with_headers(headers), "t", source)
    assert dialog.next_hop() == Address("udp", "2001:db8::20", 5070)
    made = dialog.request("BYE", "v")
    assert made.uri == "sip:300@[2001:db8::9]"
    assert made.headers["Route"] == "<sip:[2001:db8::20]:5070;lr>"
