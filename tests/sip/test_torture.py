"""The 49 messages of RFC 4475, each as a file from the RFC: what a user agent does with it.

The first part of a file's name is the outcome the RFC asks for (or, where it leaves a choice, the
one it calls acceptable): the status that is answered, `ring` for an INVITE that becomes a call,
`taken` for a response that is read, `drop` for what is answered by nothing.
"""

from pathlib import Path

import pytest

from appliance.sip import Incoming, Registrar
from appliance.sip.errors import RemoteError
from appliance.sip.message import Request, Response
from appliance.sip.parser import check, parse, salvage
from tests.sip.wire import Wire

FILES = sorted((Path(__file__).parent / "torture" / "rfc4475").glob("*.sip"))
MESSAGES = {path.stem.partition("-")[2]: path.read_bytes() for path in FILES}
OUTCOMES = {path.stem.partition("-")[2]: path.stem.partition("-")[0] for path in FILES}


def met(data: bytes, registrar: Registrar | None = None):
    """A fresh user agent that has received it, and the responses it sent."""
    wire = Wire()
    box = wire.station("192.0.2.1", registrar=registrar)
    peer = wire.station("192.0.2.9")
    box.agent.receive(data, peer.address, wire.now)
    sent = [parse(packet.data) for packet in box.agent.outgoing()]
    assert all(isinstance(message, Response) for message in sent)
    return box, sent


def test_all_of_them_are_here():
    """RFC 4475 has 49 messages."""
    assert len(MESSAGES) == 49


@pytest.mark.parametrize("name", OUTCOMES)
def test_each_message_has_the_outcome_of_the_rfc(name):
    """Each is answered, made a call of, read or dropped as RFC 4475 section 3 says."""
    wanted = OUTCOMES[name]
    box, sent = met(MESSAGES[name])
    events = box.agent.events()
    statuses = [str(response.status) for response in sent]
    if wanted == "ring":
        assert statuses == ["100"]
        ((call,),) = ([event.call for event in events if isinstance(event, Incoming)],)
        box.agent.ring(call, 1001.0)
        assert [parse(packet.data).status for packet in box.agent.outgoing()] == [180]
    elif wanted in ("taken", "drop"):
        assert (sent, events) == ([], [])
    else:
        assert [status for status in statuses if status != "100"] == [wanted]
        assert events == []


@pytest.mark.parametrize("name", OUTCOMES)
def test_each_answer_copies_what_it_must(name):
    """Whatever is answered bears every Via and the To, From, Call-ID and CSeq of the request."""
    _, sent = met(MESSAGES[name])
    for response in sent:
        data = MESSAGES[name]
        try:
            request = parse(data)
        except RemoteError:
            request = salvage(data)
        assert isinstance(request, Request)
        for field in ("From", "Call-ID", "CSeq"):
            assert response.headers.lines(field)[:1] == request.headers.lines(field)[:1]
        if "To" in request.headers:
            assert response.headers["To"].startswith(request.headers["To"])
        assert len(response.vias) == len(request.vias)


@pytest.mark.parametrize("name", [name for name, wanted in OUTCOMES.items() if wanted == "taken"])
def test_odd_responses_are_read(name):
    """A response with an unusual reason, or none, is a response."""
    message = parse(MESSAGES[name])
    check(message)
    assert isinstance(message, Response)


@pytest.mark.parametrize("name", ["bigcode", "scalarlg", "bcast"])
def test_broken_responses_reach_no_transaction(name):
    """What a response lacks is found before anybody waits for it; nobody is answered."""
    assert salvage(MESSAGES[name]) is None
    with pytest.raises(RemoteError):
        check(parse(MESSAGES[name]))


REGISTRATIONS = {
    "escnull": (404, 401),
    "dblreq": (401,),
    "scalar02": (400,),
    "regbadct": (400, 401),
    "unksm2": (400, 404, 416),
    "regaut01": (401,),
    "cparam01": (401,),
    "cparam02": (401,),
    "regescrt": (401,),
}
"""What a registrar that wants a password of everybody may answer."""


@pytest.mark.parametrize("name", REGISTRATIONS)
def test_a_registrar_refuses_or_challenges_each(name):
    """No odd REGISTER gets a binding without a password, and none goes unanswered."""
    users = {"user": "x", "j.user": "x", "watson": "x"}
    registrar = Registrar("example.com", users, lambda: "nonce")
    _, sent = met(MESSAGES[name], registrar)
    assert len(sent) == 1
    assert sent[0].status in REGISTRATIONS[name]
    assert not any(registrar.bindings(user, 1000.0) for user in users)


def request(name: str) -> Request:
    message = parse(MESSAGES[name])
    assert isinstance(message, Request)
    return message


def test_a_tortuous_invite_keeps_its_meaning():
    """wsinv: folding, compact names, blanks everywhere, leading zeros, three Vias."""
    message = request("wsinv")
    assert (message.to.tag, message.sender.tag) == ("1918181833n", "98asjd8")
    assert message.sender.display == 'J Rosenberg \\"'
    assert (message.cseq.number, message.cseq.method) == (9, "INVITE")
    assert message.headers["Max-Forwards"] == "0068"
    assert message.headers["Subject"] == ""
    assert message.headers["UnknownHeaderWithUnusualValue"] == ";;,,;;,;"
    assert message.headers["NewFangledHeader"].split() == [
        "newfangled", "value", "continued", "newfangled", "value",
    ]  # fmt: skip
    assert [via.partition("branch")[2].strip(" =") for via in message.vias] == [
        "390skdjuw",
        "z9hG4bK9ikj8",
        "z9hG4bK30239",
    ]
    contact = message.contact()
    assert contact is not None
    assert contact.display == 'Quoted string ""'
    assert contact.params == (("newparam", "newvalue"), ("secondparam", None), ("q", "0.33"))
    assert len(message.body) == 150


def test_the_widest_range_of_characters_is_kept():
    """intmeth: a method of every token character, a display name with control characters."""
    message = request("intmeth")
    assert message.method == "!interesting-Method0123456789_*+`.%indeed'~"
    assert message.sender.tag == "_token~1'+`*%!-."
    assert dict(message.sender.params)["fromparam''~+*_!.-%"] == '"работающий"'
    assert message.call_id == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"
    assert message.headers["extensionHeader-!.%*+_`'~"] == "\ufeff大停電"


def test_escapes_are_no_separators():
    """esc01, esc02, semiuri: what is escaped or stands in a user part splits nothing."""
    from appliance.sip.uri import Uri

    assert Uri.parse(request("esc01").uri).name == "sips:user@example.com"
    assert Uri.parse(request("semiuri").uri).user == "user;par=u%40example.net"
    assert request("esc02").method == "RE%47IST%45R"
    assert len(request("esc02").headers.listed("Contact")) == 2
    assert request("cparam01").contact().params == (("unknownparam", None),)
    assert request("cparam02").contact().params == ()


def test_a_body_is_what_its_length_says():
    """mpart01 holds null bytes; of two messages in one datagram the first one counts."""
    assert request("mpart01").body.count(b"\0") == 2
    assert len(request("mpart01").body) == 553
    assert request("dblreq").body == b""


def test_reasons_are_utf_8_or_absent():
    """unreason, noreason."""
    assert parse(MESSAGES["unreason"]).reason == "= 2**3 * 5**2 но сто девяносто девять - простое"
    assert parse(MESSAGES["noreason"]).reason == ""


def test_an_extension_nobody_has_is_named():
    """bext01: Unsupported names what Require asked for, and not what concerns proxies."""
    _, (response,) = met(MESSAGES["bext01"])
    assert response.headers.listed("Unsupported") == [
        "nothingSupportsThis",
        "nothingSupportsThisEither",
    ]


def test_a_body_nobody_knows_is_told_what_is():
    """invut: 415 says what may be sent."""
    _, sent = met(MESSAGES["invut"])
    assert "application/sdp" in sent[-1].headers["Accept"]


def test_a_branch_that_names_nothing_names_no_transaction():
    """badbranch: two requests with the bare cookie are told apart by their other fields."""
    wire = Wire()
    box, peer = wire.station("192.0.2.1"), wire.station("192.0.2.9")
    other = MESSAGES["badbranch"].replace(b"sadonfo", b"another").replace(b"33242", b"33243")
    for data in (MESSAGES["badbranch"], other):
        box.agent.receive(data, peer.address, wire.now)
    sent = [parse(packet.data) for packet in box.agent.outgoing()]
    assert len({response.call_id for response in sent}) == 2
