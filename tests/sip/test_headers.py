"""Structured headers: the round trip, and what peers get wrong."""

import pytest

from appliance.sip.errors import RemoteError
from appliance.sip.headers import CSeq, NameAddr, RAck, Replaces, Via, asked
from appliance.sip.uri import Uri


@pytest.mark.parametrize(
    "text",
    [
        "<sip:100@pbx>",
        '"A \\"B\\", C" <sip:100@pbx;x=1>;tag=7',
        '"Jürgen" <sips:a@[::1]:5061>;tag=a;q="1;2"',
        "<sip:201@pbx?Replaces=1%3Bto-tag%3D2>",
    ],
)
def test_name_addrs_round_trip(text):
    """A name-addr is written as it was read."""
    assert str(NameAddr.parse(text)) == text
    assert NameAddr.parse(str(NameAddr.parse(text))) == NameAddr.parse(text)


def test_an_address_without_brackets_owns_no_params():
    """Without brackets the parameters are the header's."""
    value = NameAddr.parse("sip:100@pbx;tag=7")
    assert value.tag == "7"
    assert value.uri.params == ()
    assert NameAddr.parse("The Phone <sip:a@b>").display == "The Phone"


@pytest.mark.parametrize("text", ['"open <sip:a@b>', '"x" sip:a@b', "<sip:a@b", "<sip:a@b> x", ""])
def test_broken_name_addrs_are_refused(text):
    """What is no address raises RemoteError."""
    with pytest.raises(RemoteError):
        NameAddr.parse(text)


def test_tagging_replaces_the_tag():
    """A tag is set once, the rest stays."""
    assert str(NameAddr.parse("<sip:a@b>;x=1").tagged("t")) == "<sip:a@b>;x=1;tag=t"
    assert NameAddr.parse("<sip:a@b>;tag=1").tagged("2").tag == "2"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport", None),
        ("SIP / 2.0 / UDP   pbx ;branch=z9hG4bK1", "SIP/2.0/UDP pbx;branch=z9hG4bK1"),
        ("SIP/2.0/TLS [2001:db8::9]:5061;branch=z9hG4bK1", None),
    ],
)
def test_vias_round_trip(text, written):
    """A Via is written as it was read, blanks apart."""
    via = Via.parse(text)
    assert str(via) == (written or text)
    assert Via.parse(str(via)) == via
    assert via.branch == "z9hG4bK1"


@pytest.mark.parametrize(
    "text",
    ["", "SIP/2.0/UDP", "SIP/3.0/UDP h", "HTTP/2.0/UDP h", "SIP/2.0/UDP h:x", "SIP/2.0/UDP ;a"],
)
def test_broken_vias_are_refused(text):
    """What is no Via raises RemoteError."""
    with pytest.raises(RemoteError):
        Via.parse(text)


def test_the_receiver_notes_where_a_request_came_from():
    """`received` and `rport` are filled in as RFC 3581 asks."""
    asked = Via.parse("SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bK1")
    assert str(asked.seen_from("192.0.2.9", 4711)) == (
        "SIP/2.0/UDP 10.0.0.1:5060;rport=4711;branch=z9hG4bK1;received=192.0.2.9"
    )
    assert "received=10.0.0.1" in str(asked.seen_from("10.0.0.1", 5060))
    plain = Via.parse("SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1")
    assert plain.seen_from("10.0.0.1", 9) == plain
    assert "received=192.0.2.9" in str(plain.seen_from("192.0.2.9", 9))


def test_cseqs_round_trip():
    """A CSeq is a number and a method."""
    assert str(CSeq.parse("0009  INVITE")) == "9 INVITE"
    for bad in ("", "INVITE", "x INVITE", "1", "-1 BYE", "99999999999 BYE", "1 2 3"):
        with pytest.raises(RemoteError):
            CSeq.parse(bad)


def test_a_rack_round_trips():
    """Two numbers and a method."""
    assert RAck.parse(" 776656  1 INVITE ") == RAck(776656, CSeq(1, "INVITE"))
    assert str(RAck(776656, CSeq(1, "INVITE"))) == "776656 1 INVITE"


@pytest.mark.parametrize("text", ["", "1", "1 INVITE", "x 1 INVITE", "1 x INVITE", "-1 1 INVITE"])
def test_what_is_no_rack_raises(text):
    """Nothing is guessed."""
    with pytest.raises(RemoteError):
        RAck.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "a@b;to-tag=1;from-tag=2",
        "98732@sip.example.com;to-tag=r33th4x0r;from-tag=ff87ff;early-only",
    ],
)
def test_a_replaces_round_trips(text):
    """A dialog by its name, and whether only an early one is meant (RFC 3891 6.1)."""
    assert str(Replaces.parse(text)) == text


@pytest.mark.parametrize("text", ["", ";to-tag=1;from-tag=2", "a@b;to-tag=1", "a@b;from-tag=1"])
def test_what_names_no_dialog_raises(text):
    """All three parts are needed."""
    with pytest.raises(RemoteError):
        Replaces.parse(text)


def test_a_replaces_travels_in_a_uri():
    """Escaped as RFC 3261 19.1.1 wants it, and read back the same; other headers are left."""
    replaces = Replaces("a&b=c@[::1]%", "x?", "y")
    uri = replaces.within(Uri.parse("sip:201@pbx;transport=tcp"))
    assert Replaces.parse(asked(Uri.parse(str(uri)), "replaces")) == replaces
    assert asked(Uri.parse("sip:1@h?Subject=x&REPLACES=a%3Bb"), "Replaces") == "a;b"
    assert asked(Uri.parse("sip:1@h?%52eplaces=a"), "Replaces") == "a"
    assert asked(Uri.parse("sip:1@h?Subject=x"), "Replaces") == ""
    assert asked(Uri.parse("sip:1@h"), "Replaces") == ""
