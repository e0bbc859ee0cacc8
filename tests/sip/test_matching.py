"""Which transaction a message belongs to."""

from appliance.sip.matching import acknowledge, client_key, server_key
from appliance.sip.message import respond
from tests.sip.test_transaction import request


def test_peers_of_rfc_2543_are_matched_without_a_branch():
    """The whole Via, Call-ID, tag and number name the transaction (17.2.3)."""
    old = request("INVITE", branch="1")
    assert server_key(old) == server_key(request("ACK", branch="1"))
    assert server_key(old) != server_key(request("INVITE", branch="1", number=2))


def test_the_ack_of_a_failure_copies_the_invite():
    """Same branch, same route, same URI, To with the peer's tag (17.1.1.3)."""
    made = request("INVITE")
    ack = acknowledge(made, respond(made, 486, tag="t"))
    assert ack.vias == made.vias
    assert ack.headers["Route"] == "<sip:proxy;lr>"
    assert ack.to.tag == "t"
    assert str(ack.cseq) == "1 ACK"
    assert ack.uri == made.uri


def test_the_bare_cookie_is_no_branch():
    """It names nothing, so the older rule applies (RFC 4475 3.2.1)."""
    bare = request("INVITE", branch="z9hG4bK")
    assert server_key(bare) == server_key(request("ACK", branch="z9hG4bK"))
    assert server_key(bare) != server_key(request("INVITE", branch="z9hG4bK", number=2))


def test_a_response_is_matched_by_branch_and_method():
    """The CANCEL of an INVITE has its branch, and is another transaction (17.1.3)."""
    keys = {client_key(respond(request(method), 200)) for method in ("INVITE", "CANCEL")}
    assert len(keys) == 2
    assert client_key(respond(request("INVITE"), 180)) in keys
    assert client_key(respond(request("INVITE", branch="z9hG4bK2"), 180)) not in keys
