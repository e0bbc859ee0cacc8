"""REFER and NOTIFY, both roles."""

import pytest

from appliance.sip import (
    Answered,
    EndReason,
    Incoming,
    LocalError,
    TransferProgress,
    TransferRequested,
)
from appliance.sip.dialog import Dialog
from appliance.sip.errors import RemoteError
from appliance.sip.guard import Policy
from appliance.sip.message import respond
from appliance.sip.parser import parse
from appliance.sip.transfer import MOVES, NEWS, Phase, far_end, read_sipfrag
from tests.sip.raw import invite
from tests.sip.test_modify import Raw
from tests.sip.wire import PBX, ended, media, pair, requests, responses, talk


@pytest.mark.parametrize("status", [200, 486])
def test_a_call_is_handed_over_with_news(wire, status):
    """The peer is asked, tells how it goes, and the last news is final."""
    box, peer = pair(wire)
    there, here = talk(wire, peer, box)
    box.agent.transfer(here, "201", wire.now)
    wire.until(lambda: peer.all(TransferRequested))
    assert peer.all(TransferRequested) == [
        TransferRequested(there, "sip:201@pbx", "sip:100@192.0.2.1:5060")
    ]
    peer.agent.notify_transfer(there, 180, "Ringing", wire.now)
    wire.run(20)
    peer.agent.notify_transfer(there, status, "So it went", wire.now)
    wire.until(lambda: box.all(TransferProgress) and box.last(TransferProgress).final)
    assert box.last(TransferProgress) == TransferProgress(here, status, "So it went", True)
    assert len([event for event in box.all(TransferProgress) if event.final]) == 1
    with pytest.raises(LocalError):
        peer.agent.notify_transfer(there, 200, "OK", wire.now)
    box.agent.hang_up(here, wire.now)
    wire.quiet([box, peer])


def test_a_refused_transfer_is_final_and_may_be_tried_again(clean):
    """603 to the REFER is told once; the call goes on and a second REFER is possible."""
    raw = Raw(clean)
    for number in (1, 2):
        raw.box.agent.transfer(raw.call, "sip:201@192.0.2.7", clean.now)
        with pytest.raises(LocalError):
            raw.box.agent.transfer(raw.call, "202", clean.now)
        clean.settle()
        raw.give(bytes(respond(parse(requests(clean, "REFER")[-1].data), 603)))
        assert (
            raw.box.all(TransferProgress)
            == [TransferProgress(raw.call, 603, "Decline", True)] * number
        )
    assert ended(raw.box, raw.call) == []


def test_a_transfer_without_news_fails(clean):
    """Accepted and then silent: final 408 after its time; nothing hangs."""
    raw = Raw(clean)
    raw.box.agent.transfer(raw.call, "201", clean.now)
    clean.settle()
    raw.give(bytes(respond(parse(requests(clean, "REFER")[-1].data), 202)))
    clean.run(NEWS + 1)
    assert raw.box.last(TransferProgress).status == 408
    assert raw.box.last(TransferProgress).final


def test_news_prolong_the_patience(clean):
    """A target that rings for long is told of now and then, and not given up."""
    raw = Raw(clean)
    raw.box.agent.transfer(raw.call, "201", clean.now)
    clean.settle()
    raw.give(bytes(respond(parse(requests(clean, "REFER")[-1].data), 202)))
    for _ in range(3):
        clean.run(NEWS - 10)
        raw.ask("NOTIFY", **notify())
    assert not any(event.final for event in raw.box.all(TransferProgress))


def test_a_refer_that_nobody_answers_fails(clean):
    """Silence is final 408."""
    raw = Raw(clean)
    raw.box.agent.transfer(raw.call, "201", clean.now)
    clean.run(40)
    assert [event.status for event in raw.box.all(TransferProgress)] == [408]


def notify(body=b"SIP/2.0 180 Ringing\r\n", state="active", event="refer"):
    return {
        "body": body,
        "fields": (
            ("Event", event),
            ("Subscription-State", state),
            ("Content-Type", "message/sipfrag"),
        ),
    }


def test_news_may_overtake_the_202(clean):
    """A NOTIFY before the answer to REFER counts (RFC 3515 2.4.4)."""
    raw = Raw(clean)
    raw.box.agent.transfer(raw.call, "201", clean.now)
    clean.settle()
    assert raw.ask("NOTIFY", **notify()).status == 200
    assert raw.box.last(TransferProgress) == TransferProgress(raw.call, 180, "Ringing", False)
    assert raw.ask("NOTIFY", **notify(b"SIP/2.0 200 OK", "terminated")).status == 200
    assert raw.box.last(TransferProgress).final
    raw.give(bytes(respond(parse(requests(clean, "REFER")[-1].data), 202)))
    clean.run(NEWS + 1)
    assert len(raw.box.all(TransferProgress)) == 2
    assert raw.ask("NOTIFY", **notify()).status == 481


def test_a_subscription_that_ends_without_outcome_is_final(clean):
    """Terminated with 100 says that nothing more will be known."""
    raw = Raw(clean)
    raw.box.agent.transfer(raw.call, "201", clean.now)
    clean.settle()
    raw.ask("NOTIFY", **notify(b"SIP/2.0 100 Trying", "terminated;reason=timeout"))
    assert raw.box.last(TransferProgress) == TransferProgress(raw.call, 100, "Trying", True)


def test_news_that_nobody_asked_for_are_refused(clean):
    """481 without a REFER, 489 for another event, 400 for a body that is no news."""
    raw = Raw(clean)
    assert raw.ask("NOTIFY", **notify()).status == 481
    assert raw.ask("NOTIFY", **notify(event="presence")).status == 489
    raw.box.agent.transfer(raw.call, "201", clean.now)
    clean.settle()
    assert raw.ask("NOTIFY", **notify(b"rubbish")).status == 400
    assert raw.box.all(TransferProgress) == []


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ((), 400),
        ((("Refer-To", "<sip:1@a>"), ("Refer-To", "<sip:2@a>")), 400),
        ((("Refer-To", "nonsense"),), 400),
        ((("Refer-To", "<sip:201@pbx1?Replaces=a%40b>"),), 202),
        ((("r", "sip:201@pbx1"), ("b", '"Boss" <sip:1@x>')), 202),
    ],
)
def test_a_refer_is_checked(clean, fields, status):
    """Exactly one address to call, in any form."""
    raw = Raw(clean)
    raw.ask("REFER", fields=fields)
    assert len(responses(clean, status)) == 1
    assert len(raw.box.all(TransferRequested)) == (status == 202)


def test_each_refer_gets_its_own_subscription(clean):
    """100 at once, one at a time, and the second one carries its number (RFC 3515 2.4.6)."""
    raw = Raw(clean)
    fields = (("Refer-To", "<sip:201@pbx1>"),)
    raw.ask("REFER", fields=fields)
    first = parse(requests(clean, "NOTIFY")[0].data)
    assert (first.headers["Event"], first.body) == ("refer", b"SIP/2.0 100 Trying\r\n")
    assert first.headers["Subscription-State"].startswith("active")
    assert raw.ask("REFER", fields=fields).status == 491
    with pytest.raises(LocalError):
        raw.box.agent.notify_transfer(raw.call, 99, "", clean.now)
    with pytest.raises(LocalError):
        raw.box.agent.notify_transfer(raw.call, 200, "a\nb", clean.now)
    raw.box.agent.notify_transfer(raw.call, 503, "", clean.now)
    clean.settle()
    last = parse(requests(clean, "NOTIFY")[-1].data)
    assert last.body == b"SIP/2.0 503 Service Unavailable\r\n"
    assert last.headers["Subscription-State"] == "terminated;reason=noresource"
    raw.ask("REFER", fields=fields)
    assert parse(requests(clean, "NOTIFY")[-1].data).headers["Event"] == f"refer;id={raw.number}"


def test_a_call_that_ends_in_the_middle_ends_once(clean):
    """The peer hangs up after its 202: that it took the REFER, then Ended, is all the news."""
    raw = Raw(clean)
    raw.box.agent.transfer(raw.call, "201", clean.now)
    clean.settle()
    raw.give(bytes(respond(parse(requests(clean, "REFER")[-1].data), 202)))
    raw.ask("BYE")
    clean.run(40)
    news = [(event.status, event.final) for event in raw.box.all(TransferProgress)]
    assert news == [(202, False)]
    assert ended(raw.box, raw.call) == [EndReason.HUNG_UP]
    assert raw.box.idle()


def test_sipfrags_are_read():
    """A status line, whatever follows it."""
    assert read_sipfrag(b"SIP/2.0 486 Busy Here\r\nVia: x\r\n") == (486, "Busy Here")
    assert read_sipfrag(b"\r\nSIP/2.0 200") == (200, "OK")
    for bad in (b"", b"SIP/2.0", b"SIP/2.0 99 x", b"HTTP/1.1 200 OK", b"\xff"):
        with pytest.raises(RemoteError):
            read_sipfrag(bad)


def test_the_table_is_whole():
    """Every phase is entered and left."""
    assert {phase for phase, _ in MOVES} == set(MOVES.values()) == set(Phase)


TRUSTING = Policy(trusted=("192.0.2.0/24",))


def three(wire):
    """Somebody who called the box, and a colleague whom the box has called: all of it talks."""
    box, caller = wire.station("192.0.2.1"), wire.station("192.0.2.7")
    colleague = wire.station("192.0.2.8", policy=TRUSTING)
    _, first = talk(wire, caller, box)
    second, there = talk(wire, box, colleague)
    return box, caller, colleague, first, second, there


@pytest.mark.parametrize("outcome", ["answered", "refused"])
def test_an_attended_transfer_joins_the_two_others(wire, outcome):
    """The caller takes our place at the colleague, we are told, and our two calls end."""
    box, caller, colleague, first, second, there = three(wire)

    def calls(event, now):
        if isinstance(event, TransferRequested):
            caller.errand = event.call
            caller.new = caller.agent.invite(event.target, media("192.0.2.7"), now)
        elif isinstance(event, Answered) and event.call == caller.new:
            caller.agent.notify_transfer(caller.errand, 200, "OK", now)

    def takes(event, now):
        if isinstance(event, Incoming) and event.replaces:
            if outcome == "answered":
                colleague.agent.answer(event.call, media("192.0.2.8"), now)
            else:
                colleague.agent.reject(event.call, 603, now)

    caller.react, colleague.react = calls, takes
    caller.new = ""
    box.agent.transfer_to(first, second, wire.now)
    wire.until(lambda: [event for event in colleague.all(Incoming) if event.replaces])
    assert colleague.last(Incoming).replaces == there
    if outcome == "refused":
        wire.run(40)
        assert ended(colleague, there) == []
        assert ended(box, second) == ended(box, first) == []
        return
    wire.until(lambda: box.all(TransferProgress) and box.last(TransferProgress).final)
    assert box.last(TransferProgress) == TransferProgress(first, 200, "OK", True)
    wire.until(lambda: ended(box, second))
    assert ended(colleague, there) == [EndReason.REPLACED]
    assert ended(box, second) == [EndReason.HUNG_UP]
    assert caller.new in caller.agent.calls()
    box.agent.hang_up(first, wire.now)
    caller.agent.hang_up(caller.new, wire.now)
    wire.quiet([box, caller, colleague])


def test_the_far_end_is_named_so_that_our_place_is_found(clean):
    """Refer-To holds the colleague's name and, escaped, the dialog as the colleague sees it."""
    box, _, colleague, first, second, there = three(clean)
    box.agent.transfer_to(first, second, clean.now)
    clean.settle()
    refer = parse(requests(clean, "REFER")[0].data)
    dialog = colleague.agent._book.calls[there].dialog
    call_id, to_tag, from_tag = dialog.key
    assert refer.headers["Refer-To"] == (
        f"<sip:100@192.0.2.8:5060?Replaces={call_id}%3Bto-tag%3D{to_tag}%3Bfrom-tag%3D{from_tag}>"
    )
    assert refer.headers["Referred-By"] == "<sip:100@192.0.2.1:5060>"


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("<sip:201@pbx>", "sip:201@pbx"),
        ("<sip:anonymous@anonymous.invalid>", "sip:300@192.0.2.9:5060"),
        ("<sip:pbx>", "sip:300@192.0.2.9:5060"),
        ("<tel:+4930>", "sip:300@192.0.2.9:5060"),
    ],
)
def test_a_far_end_without_a_name_is_its_contact(name, uri):
    """What cannot be called by name is called where it said it is."""
    request = invite().request
    request = request.with_headers(request.headers.setting("From", f"{name};tag=x"))
    far = far_end(Dialog.answering(request, "t", PBX))
    assert str(far.bare()) == uri
    assert far.headers == "Replaces=raw%3Bto-tag%3Dx%3Bfrom-tag%3Dt"


def test_only_calls_that_stand_are_joined(clean):
    """A call that rings, the same call twice, and a dead handle: LocalError, nothing is sent."""
    box, caller = clean.station("192.0.2.1"), clean.station("192.0.2.7")
    _, first = talk(clean, caller, box)
    clean.station("192.0.2.8")
    ringing = box.agent.invite("sip:1@192.0.2.8", media(), clean.now)
    clean.run(0.1)
    for one, two in ((first, ringing), (ringing, first), (first, first), (first, "gone")):
        with pytest.raises(LocalError):
            box.agent.transfer_to(one, two, clean.now)
    clean.run(1)
    assert requests(clean, "REFER") == []


def test_a_peer_that_sends_no_news_is_believed(clean):
    """Refer-Sub: false in the answer ends the waiting at once (RFC 4488)."""
    raw = Raw(clean)
    raw.box.agent.transfer(raw.call, "201", clean.now)
    clean.settle()
    fields = [("Refer-Sub", "false")]
    raw.give(bytes(respond(parse(requests(clean, "REFER")[-1].data), 202, headers=fields)))
    (news,) = raw.box.all(TransferProgress)
    assert (news.status, news.final) == (202, True)
    raw.box.agent.transfer(raw.call, "202", clean.now)


def test_a_peer_that_wants_no_news_gets_none(clean):
    """Refer-Sub: false in the REFER: 202 says so too, and no NOTIFY goes out."""
    raw = Raw(clean)
    fields = (("Refer-To", "<sip:201@pbx1>"), ("Refer-Sub", "false"))
    raw.ask("REFER", fields=fields)
    assert parse(responses(clean, 202)[0].data).headers["Refer-Sub"] == "false"
    raw.box.agent.notify_transfer(raw.call, 200, "OK", clean.now)
    clean.settle()
    assert requests(clean, "NOTIFY") == []
    assert len(raw.box.all(TransferRequested)) == 1


def test_news_of_another_transfer_are_refused(clean):
    """A NOTIFY that names an earlier REFER is 481; one that names this one counts."""
    raw = Raw(clean)
    raw.box.agent.transfer(raw.call, "201", clean.now)
    clean.settle()
    number = parse(requests(clean, "REFER")[-1].data).cseq.number
    assert raw.ask("NOTIFY", **notify(event=f"refer;id={number + 1}")).status == 481
    assert raw.ask("NOTIFY", **notify(event=f"refer;id={number}")).status == 200
    assert len(raw.box.all(TransferProgress)) == 1


def test_a_refusal_of_a_transfer_says_why(clean):
    """Warning and Reason stand behind the phrase."""
    raw = Raw(clean)
    raw.box.agent.transfer(raw.call, "201", clean.now)
    clean.settle()
    refer = parse(requests(clean, "REFER")[-1].data)
    raw.give(bytes(respond(refer, 403, headers=[("Warning", '399 pbx "no transfers here"')])))
    assert raw.box.all(TransferProgress) == [
        TransferProgress(raw.call, 403, "Forbidden (no transfers here)", True)
    ]


def test_a_transfer_asked_outside_any_call_is_refused(clean):
    """A REFER from nowhere makes nobody call anybody."""
    box, peer = pair(clean)
    request = invite(b"", (("Refer-To", "<sip:0900@pbx>"),), method="REFER").request
    box.agent.receive(bytes(request), peer.address, clean.now)
    clean.settle()
    assert parse(clean.sent[-1][2].data).status in (403, 481)
    assert box.told == []


def test_a_transfer_before_the_answer_waits(clean):
    """491 to a REFER while the call rings."""
    box, peer = pair(clean)
    clean.cut.add(peer.address)
    raw = invite()
    box.agent.receive(raw.data, peer.address, clean.now)
    clean.settle()
    box.agent.ring(box.last(Incoming).call, clean.now)
    clean.settle()
    refer = raw.within(responses(clean, 180)[0].data, "REFER", 2, (("Refer-To", "<sip:201@pbx>"),))
    box.agent.receive(refer, peer.address, clean.now)
    clean.settle()
    assert len(responses(clean, 491)) == 1
    assert box.all(TransferRequested) == []


def test_a_refer_carries_further_fields(clean):
    """What the owner adds stands in the REFER; a field with a second line in it is refused."""
    raw = Raw(clean)
    with pytest.raises(LocalError):
        raw.box.agent.transfer(raw.call, "201", clean.now, headers=[("X-Note", "a\r\nVia: b")])
    raw.box.agent.transfer(raw.call, "201", clean.now, headers=[("X-Note", "Anna, verified")])
    clean.settle()
    (sent,) = requests(clean, "REFER")
    assert parse(sent.data).headers.lines("X-Note") == ("Anna, verified",)
