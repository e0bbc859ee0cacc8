"""Messages as values."""

import pytest

from appliance.sip.errors import LocalError, RemoteError
from appliance.sip.message import Headers, Request, Response, respond
from appliance.sip.parser import parse

INVITE = Request(
    Headers(
        [
            ("Via", "SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b;branch=z9hG4bK2"),
            ("v", "SIP/2.0/UDP c;branch=z9hG4bK3"),
            ("Record-Route", "<sip:p1;lr>"),
            ("From", "<sip:a@b>;tag=1"),
            ("To", "<sip:c@d>"),
            ("Call-ID", "x"),
            ("CSeq", "1 INVITE"),
        ]
    ),
    "INVITE",
    "sip:c@d",
    body=b"v=0\r\n",
)


def test_headers_are_found_without_case_and_in_compact_form():
    """A name is a name, however written."""
    headers = Headers([("v", "1"), ("VIA", "2, 3"), ("X-A", "4")])
    assert headers["via"] == "1"
    assert headers.lines("Via") == ("1", "2, 3")
    assert headers.listed("Via") == ["1", "2", "3"]
    assert "x-a" in headers
    assert "y" not in headers
    assert headers.get("y") is None
    assert len(headers) == 2
    with pytest.raises(KeyError):
        headers["nothing"]


def test_headers_change_by_making_new_ones():
    """Setting, adding and removing leave the old value alone."""
    old = Headers([("X-A", "1"), ("X-B", "2"), ("x-a", "3")])
    assert old.setting("x-a", "9").fields == (("X-A", "9"), ("X-B", "2"), ("x-a", "3"))
    assert old.setting("X-C", "9").fields[-1] == ("X-C", "9")
    assert old.without("X-A").fields == (("X-B", "2"),)
    assert old["X-A"] == "1"


def test_a_field_is_read_once():
    """What was read is remembered, carried along where other fields change, and never an error."""
    readings = []

    def reader(text: str) -> int:
        readings.append(text)
        return int(text)

    headers = Headers([("X-A", "7"), ("X-B", "x")])
    assert [headers.read("X-A", reader), headers.read("X-A", reader)] == [7, 7]
    changed = headers.setting("X-B", "8")
    assert changed.read("X-A", reader) == 7
    assert readings == ["7"]
    assert headers.setting("x-a", "9").read("X-A", reader) == 9
    assert Headers([("x", "5")]).read("session-expires", int) == 5
    assert changed.read("X-B", reader) == 8
    for _ in range(2):
        with pytest.raises(ValueError):
            headers.read("X-B", reader)
        with pytest.raises(RemoteError):
            headers.read("X-C", reader)
    assert readings == ["7", "9", "8", "x", "x"]


def test_messages_round_trip():
    """What is written is read back equal, and the length is always right."""
    data = bytes(INVITE)
    assert data.endswith(b"Content-Length: 5\r\n\r\nv=0\r\n")
    again = parse(data)
    assert isinstance(again, Request)
    assert (again.method, again.uri, again.body) == ("INVITE", "sip:c@d", b"v=0\r\n")
    assert again.headers.fields == INVITE.headers.fields
    response = parse(bytes(Response(INVITE.headers, 200, "All Right")))
    assert isinstance(response, Response)
    assert (response.status, response.reason) == (200, "All Right")


def test_a_line_break_in_a_header_never_leaves():
    """Header injection is refused at the last door too."""
    for bad in ("a\r\nY: b", "a\rb", "a\n b"):
        with pytest.raises(LocalError):
            bytes(Request(Headers([("X", bad)]), "BYE", "sip:a@b"))
        with pytest.raises(LocalError):
            bytes(Response(Headers(), 200, bad))


def test_a_response_copies_what_it_must():
    """All Vias in order, From, To with a tag, Call-ID, CSeq; Record-Route where a dialog comes."""
    response = respond(INVITE, 200, tag="t")
    assert [via[-1] for via in response.vias] == ["1", "2", "3"]
    assert response.to.tag == "t"
    assert response.headers["Record-Route"] == "<sip:p1;lr>"
    assert str(response.cseq) == "1 INVITE"
    assert response.reason == "OK"
    assert not respond(INVITE, 100, tag="t").to.tag
    assert "Record-Route" not in respond(INVITE, 486, tag="t").headers


def test_what_cannot_be_read_is_copied_as_it_came():
    """A request refused for its To gets that To back; one with a tag keeps it."""
    broken = INVITE.with_headers(INVITE.headers.setting("To", '"open <sip:c@d>'))
    assert respond(broken, 400, tag="t").headers["To"] == '"open <sip:c@d>'
    tagged = INVITE.with_headers(INVITE.headers.setting("To", "sip:c@d;x=1;tag=z"))
    assert respond(tagged, 200, tag="t").headers["To"] == "sip:c@d;x=1;tag=z"
    bare = INVITE.with_headers(INVITE.headers.setting("To", "sip:c@d;x=1"))
    assert respond(bare, 200, tag="t").headers["To"] == "sip:c@d;x=1;tag=t"


def test_missing_headers_are_their_fault():
    """A view of what is not there raises RemoteError."""
    empty = Request(Headers(), "BYE", "sip:a@b")
    for view in ("via", "sender", "to", "call_id", "cseq"):
        with pytest.raises(RemoteError):
            getattr(empty, view)
    assert empty.contact() is None
    assert empty.content_type == ""


def test_a_star_is_no_contact():
    """`Contact: *` names nobody."""
    assert Request(Headers([("m", "*")]), "REGISTER", "sip:a").contact() is None
