"""URIs, as written and as read."""

import pytest

from appliance.sip.address import Address
from appliance.sip.errors import LocalError, RemoteError
from appliance.sip.uri import Uri, user_part

HERE = Address("udp", "192.0.2.1", 5060)


@pytest.mark.parametrize(
    "text",
    [
        "sip:100@pbx1",
        "sip:100@192.0.2.7:5062;transport=udp;lr",
        "sips:a%20b:secret@[2001:db8::1]:5061",
        "sip:pbx",
        "sip:201@pbx?Replaces=abc%40x%3Bto-tag%3D1",
        "tel:+49301234;phone-context=example.com",
        "http://example.com/x",
        "soap.beep://192.0.2.103:3002",
        "sip:user;par=u%40example.net@example.com",
    ],
)
def test_uris_round_trip(text):
    """Every kind of URI is written as it was read."""
    assert str(Uri.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sip:",
        "100",
        "sip:a@",
        "sip:a@b:port",
        "sip:a@b:70000",
        "sip:a b@c",
        "sip:a@[::1",
        "sip:a@b:",
        "sip:<a@b>",
        "sip:a@b\udcff",
        "sip:a@b@c",
        ":a@b",
        "7up:a@b",
        "sip:a@b,c",
    ],
)
def test_nonsense_is_refused(text):
    """What is no URI raises RemoteError, whatever it is."""
    with pytest.raises(RemoteError):
        Uri.parse(text)


def test_the_user_part_is_shown_as_people_write_it():
    """Escapes are resolved, password and parameters left out."""
    assert Uri.parse("sip:J%C3%BCrgen:pw@h").name == "Jürgen"
    assert Uri.parse("sip:100;phone-context=x@h").name == "100"
    assert Uri.parse("tel:+49").name == "+49"


def test_a_user_part_is_escaped():
    """A hash or an at sign cannot break out of the user part."""
    assert user_part("*21#") == "*21%23"
    assert user_part("a@b;c") == "a%40b%3Bc"
    with pytest.raises(LocalError):
        user_part("a\r\nb")


def test_only_addresses_are_reached_without_a_resolver():
    """A name gives no address, nor does another transport."""
    assert Uri.parse("sip:a@192.0.2.7").address(HERE) == Address("udp", "192.0.2.7", 5060)
    assert Uri.parse("sip:a@[::1]:7").address(HERE) == Address("udp", "::1", 7)
    assert Uri.parse("sip:a@pbx").address(HERE) is None
    assert Uri.parse("sip:a@192.0.2.7;transport=tcp").address(HERE) is None
    assert Uri.parse("tel:1").address(HERE) is None


def test_loose_routes_and_bare_uris():
    """`lr` marks a loose router; a request line has no URI headers."""
    assert Uri.parse("sip:p;lr").loose
    assert not Uri.parse("sip:p").loose
    assert str(Uri.parse("sip:a@b;x=1?H=2").bare()) == "sip:a@b;x=1"
