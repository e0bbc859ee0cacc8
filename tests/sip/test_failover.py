"""Which registrar is asked next."""

import pytest

from appliance.sip.address import Address
from appliance.sip.errors import RemoteError
from appliance.sip.failover import MOST_REDIRECTIONS, MOST_REGISTRARS, Round, contacts
from appliance.sip.message import Headers, Response


def at(number, transport="udp", port=5060):
    return Address(transport, f"192.0.2.{number}", port)


def moved(*values):
    return Response(Headers([("Contact", value) for value in values]), 302, "Moved")


def test_registrars_are_asked_in_their_order_and_once():
    """A round is over when all were asked."""
    made = Round((at(1), at(2), at(1)))
    assert made.next() == at(1)
    assert not made.last
    assert made.next() == at(2)
    assert made.last
    assert made.next() is None


def test_registrars_located_meanwhile_are_asked_too():
    """In their new order, and none twice."""
    made = Round((at(1),))
    made.next()
    made.extend((at(3), at(1), at(2)))
    assert [made.next() for _ in range(3)] == [at(3), at(2), None]


def test_a_long_list_is_cut():
    """Each silent registrar costs seconds."""
    made = Round(tuple(at(number) for number in range(50)))
    asked = 0
    while made.next():
        asked += 1
    assert asked == MOST_REGISTRARS


def test_a_redirection_comes_next_the_preferred_contact_first():
    """By q, and before the registrars that are left."""
    made = Round((at(1), at(2)))
    made.next()
    made.redirected(moved("<sip:192.0.2.7>;q=0.2", "<sip:192.0.2.8:5070>, <sip:pbx2>"), at(1))
    assert [made.next() for _ in range(4)] == [at(8, port=5070), at(7), at(2), None]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ((), "nowhere"),
        (("<sip:192.0.2.1>",), "circle"),
        (("<sip:[::FFFF:192.0.2.1]>",), "circle"),
        (("<sip:pbx2.example>",), "pbx2.example"),
        (("<sip:192.0.2.5;transport=tcp>",), "192.0.2.5 (tcp)"),
        (("nonsense<",), "nowhere"),
    ],
)
def test_a_redirection_that_leads_nowhere_says_why(values, reason):
    """Circles, names and other transports are not followed."""
    made = Round((at(1),))
    made.next()
    with pytest.raises(RemoteError) as caught:
        made.redirected(moved(*values), at(1))
    assert reason in caught.value.reason
    assert made.next() is None


def test_redirections_end():
    """Five, and no more, even where each names a new address."""
    made = Round((at(1),))
    made.next()
    for number in range(MOST_REDIRECTIONS):
        made.redirected(moved(f"<sip:192.0.2.{10 + number}>"), at(1))
        assert made.next()
    with pytest.raises(RemoteError):
        made.redirected(moved("<sip:192.0.2.99>"), at(1))


def test_tls_is_not_given_up_and_keeps_its_name():
    """The certificate must bear the name of who redirected us."""
    secure = Address("tls", "192.0.2.1", 5061, "pbx.example")
    made = Round((secure,))
    made.next()
    made.redirected(moved("<sip:192.0.2.2>", "<sip:192.0.2.3;transport=udp>"), secure)
    following = made.next()
    assert following == at(2, "tls", 5061)
    assert following.name == "pbx.example"
    assert made.next() is None


def test_preferences_are_read_with_care():
    """Nonsense in q counts as none."""
    values = ("<sip:a>;q=0.1", "<sip:b>;q=x", "<sip:c>;q=0.5", "<sip:d>;q=", "<sip:e>;q=2")
    assert [uri.host for uri in contacts(moved(*values))] == ["b", "d", "e", "c", "a"]
