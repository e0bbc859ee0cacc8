"""Session timers, in both roles and on both sides of a call."""

import pytest

from appliance.sip import Answered, Confirmed, EndReason, Incoming, MediaChanged, Rejected
from appliance.sip.guard import Policy
from appliance.sip.message import respond
from appliance.sip.parser import parse
from appliance.sip.refresh import FLOOR, Interval, Refresher
from tests.sip.raw import SDP, invite
from tests.sip.wire import ACCOUNT, ended, media, pair, requests, responses, talk

TIMER = ("Supported", "timer")
UPDATES = ("Allow", "INVITE, ACK, BYE, UPDATE")


class Line:
    """A box and a peer that is written by hand; `given` grows with what the box says."""

    def __init__(self, wire, **policy):
        self.wire = wire
        self.box = wire.station("192.0.2.1", account=ACCOUNT, policy=Policy(**policy))
        self.peer = wire.station("192.0.2.9")
        wire.cut.add(self.peer.address)
        self.number = 1
        self.call = ""

    def give(self, data):
        self.box.agent.receive(data, self.peer.address, self.wire.now)
        self.wire.settle()

    def sent(self, method):
        return [parse(packet.data) for packet in requests(self.wire, method)]

    def last(self, method):
        return self.sent(method)[-1]

    def respond(self, request, status, *fields, body=b""):
        head = [("Contact", "<sip:300@192.0.2.9:5060>"), *fields]
        if body:
            head.append(("Content-Type", "application/sdp"))
        self.give(bytes(respond(request, status, tag="far", headers=head, body=body)))

    def timer(self):
        return self.box.agent._book.calls[self.call].refresh

    def ended(self):
        return ended(self.box, self.call)


class Called(Line):
    """The peer has called, and the box has answered."""

    def __init__(self, wire, *fields, **policy):
        super().__init__(wire, **policy)
        self.raw = invite(fields=fields)
        self.give(self.raw.data)
        if not self.box.all(Incoming):
            return
        self.call = self.box.last(Incoming).call
        self.box.agent.answer(self.call, media(), wire.now)
        wire.settle()
        self.ok = parse(responses(wire, 200)[-1].data)
        self.give(self.raw.ack(bytes(self.ok)))
        assert self.box.all(Confirmed)

    def ask(self, method, *fields, body=b""):
        self.number += 1
        self.give(self.raw.within(bytes(self.ok), method, self.number, fields=fields, body=body))
        answer = parse(self.wire.sent[-1][2].data)
        if method == "INVITE" and answer.status == 200:
            self.give(self.raw.within(bytes(self.ok), "ACK", self.number))
        return answer


class Calls(Line):
    """The box calls, and the peer answers so."""

    def __init__(self, wire, *fields, **policy):
        super().__init__(wire, **policy)
        self.call = self.box.agent.invite(
            "sip:300@192.0.2.9", media(), wire.now, route=self.peer.address
        )
        wire.settle()
        self.asked = self.last("INVITE")
        self.respond(self.asked, 200, *fields, body=SDP)
        assert self.box.all(Answered)


def expires(message):
    return message.headers.get("Session-Expires")


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("1800", Interval(1800)),
        (" 90 ; refresher=uac", Interval(90, "uac")),
        ("90;x=1;Refresher=UAS", Interval(90, "uas")),
        ("90;refresher=me", Interval(90)),
        ("", None),
        (None, None),
        ("Session-Expires", None),
        ("-1", None),
        ("99999999999", None),
    ],
)
def test_the_field_is_read_tolerantly(text, interval):
    """Seconds and who refreshes; nonsense is as if it were not there."""
    assert Interval.parse(text) == interval
    assert interval is None or Interval.parse(str(interval)) == interval


# both sides ours


def test_a_long_call_is_refreshed(wire):
    """For hours, by UPDATE without a body from the caller's side, and nobody is told anything."""
    box, peer = pair(wire)
    there, here = talk(wire, peer, box)
    wire.run(4 * 3600)
    assert ended(box, here) == ended(peer, there) == []
    updates = [parse(packet.data) for packet in requests(wire, "UPDATE")]
    assert len({update.cseq.number for update in updates}) >= 15
    assert {update.body for update in updates} == {b""}
    assert {update.sender.uri.host for update in updates} == {"192.0.2.9"}
    assert not box.all(MediaChanged)
    assert not peer.all(MediaChanged)
    peer.agent.hang_up(there, wire.now)
    wire.quiet([box, peer])


@pytest.mark.parametrize("gone", ["caller", "called"])
def test_a_call_whose_peer_vanished_ends(clean, gone):
    """The refresher hears no answer, the other side no refresh: both hang up in time."""
    box, peer = pair(clean)
    there, here = talk(clean, peer, box)
    clean.cut.add((peer if gone == "caller" else box).address)
    start = clean.now
    if gone == "called":
        clean.until(lambda: ended(peer, there), 1800)
        assert ended(peer, there) == [EndReason.TIMEOUT]
        assert clean.now - start < 1000
    else:
        clean.until(lambda: ended(box, here), 1800)
        assert ended(box, here) == [EndReason.EXPIRED]
        assert 1800 - 32 - 1 <= clean.now - start <= 1800 - 32
        assert requests(clean, "BYE")


def test_without_a_wish_nothing_is_asked(clean):
    """session_expires 0: neither INVITE nor 200 name a timer, and none runs."""
    policy = Policy(session_expires=0)
    box = clean.station("192.0.2.1", account=ACCOUNT, policy=policy)
    peer = clean.station("192.0.2.9", policy=policy)
    talk(clean, peer, box)
    assert all(expires(parse(packet.data)) is None for _, _, packet in clean.sent)
    clean.run(4000)
    assert not requests(clean, "UPDATE")


# as the called side


@pytest.mark.parametrize(
    ("fields", "answer", "required", "refresher"),
    [
        ((), None, False, "NOBODY"),
        ((TIMER,), "1800;refresher=uac", True, "PEER"),
        ((TIMER, ("Session-Expires", "600")), "600;refresher=uac", True, "PEER"),
        ((TIMER, ("Session-Expires", "600;refresher=uac")), "600;refresher=uac", True, "PEER"),
        ((TIMER, ("Session-Expires", "600;refresher=uas")), "600;refresher=uas", False, "US"),
        ((("Session-Expires", "600"),), "600;refresher=uas", False, "US"),
        ((("Session-Expires", "600;refresher=uac"),), "600;refresher=uas", False, "US"),
        ((TIMER, ("Session-Expires", "7200")), "1800;refresher=uac", True, "PEER"),
        (
            (TIMER, ("Session-Expires", "7200"), ("Min-SE", "3600")),
            "3600;refresher=uac",
            True,
            "PEER",
        ),
        ((TIMER, ("Session-Expires", "rubbish")), "1800;refresher=uac", True, "PEER"),
        ((("Session-Expires", "30"),), None, False, "NOBODY"),
        ((("Require", "timer"), ("Session-Expires", "600")), "600;refresher=uac", True, "PEER"),
        ((("k", "100rel, TIMER"), ("x", "600")), "600;refresher=uac", True, "PEER"),
    ],
)
def test_the_refresher_is_chosen_by_the_table(clean, fields, answer, required, refresher):
    """RFC 4028 section 9; a proxy may ask for a peer that knows nothing of timers."""
    line = Called(clean, *fields)
    assert expires(line.ok) == answer
    assert ("timer" in line.ok.headers.listed("Require")) is required
    assert line.timer().refresher is Refresher[refresher]


def test_too_short_an_interval_is_refused(clean):
    """422 with the least we accept; 90 s is enough."""
    line = Called(clean, TIMER, ("Session-Expires", "89"))
    (refused,) = [parse(packet.data) for packet in responses(clean, 422)]
    assert refused.headers["Min-SE"] == "90"
    assert line.box.idle() or not line.box.agent.calls()
    assert expires(Called(clean, TIMER, ("Session-Expires", "90")).ok) == "90;refresher=uac"


def test_too_short_a_refresh_is_refused_and_the_call_stays(clean):
    """422, and the old timer runs on."""
    line = Called(clean, TIMER, ("Session-Expires", "600"))
    for method in ("UPDATE", "INVITE"):
        refused = line.ask(method, TIMER, ("Session-Expires", "60"), body=SDP)
        assert (refused.status, refused.headers["Min-SE"]) == (422, "90")
    assert line.timer().seconds == 600
    clean.run(599)
    assert line.ended() == [EndReason.EXPIRED]


@pytest.mark.parametrize(("seconds", "early"), [(600, 32), (90, 30)])
def test_a_peer_that_does_not_refresh_is_hung_up(clean, seconds, early):
    """At the lesser of 32 s and a third of the interval before its end (section 10)."""
    line = Called(clean, TIMER, ("Session-Expires", str(seconds)))
    clean.run(seconds - early - 1)
    assert line.ended() == []
    clean.run(2)
    assert line.ended() == [EndReason.EXPIRED]
    assert line.sent("BYE")
    clean.run(100)
    assert line.box.idle()


@pytest.mark.parametrize(("method", "body"), [("UPDATE", b""), ("UPDATE", SDP), ("INVITE", SDP)])
def test_a_refresh_of_the_peer_renews_and_renegotiates(clean, method, body):
    """A new interval counts from the answer; the roles may change."""
    line = Called(clean, TIMER, ("Session-Expires", "600"))
    clean.run(500)
    answer = line.ask(method, TIMER, ("Session-Expires", "900;refresher=uac"), body=body)
    assert (answer.status, expires(answer)) == (200, "900;refresher=uac")
    clean.run(860)
    assert line.ended() == []
    answer = line.ask(method, TIMER, ("Session-Expires", "900;refresher=uas"), body=body)
    assert expires(answer) == "900;refresher=uas"
    assert line.timer().refresher is Refresher.US
    assert not line.box.all(MediaChanged)


def test_a_change_without_the_field_keeps_the_timer_of_whoever_refreshes(clean):
    """Ours goes on; a peer that asks for no timer any more has none (section 9)."""
    line = Called(clean, ("Session-Expires", "600"))
    assert expires(line.ask("UPDATE")) == "600;refresher=uas"
    line = Called(clean, TIMER, ("Session-Expires", "600"))
    assert expires(line.ask("UPDATE")) is None
    clean.run(2000)
    assert line.ended() == []


def test_whose_duty_it_is_stays_where_nobody_says_otherwise(clean):
    """A refresh that names nobody leaves it; one that names the peer frees us."""
    line = Called(clean, TIMER, UPDATES, ("Session-Expires", "600;refresher=uas"))
    assert expires(line.ask("UPDATE", TIMER, ("Session-Expires", "600"))) == "600;refresher=uas"
    answer = line.ask("UPDATE", TIMER, ("Session-Expires", "600;refresher=uac"))
    assert expires(answer) == "600;refresher=uac"
    clean.run(500)
    assert not line.sent("UPDATE")


def test_our_answer_is_what_we_refresh_with(clean):
    """The description that stands may have been our answer: one codec, the peer's numbers."""
    line = Called(clean, ("Session-Expires", "600"))
    clean.run(300.3)
    assert line.last("INVITE").body == line.ok.body


# as the calling side


def test_our_invite_asks_for_a_timer(clean):
    """Supported, Session-Expires without a refresher, Min-SE (section 7.1)."""
    asked = Calls(clean, session_expires=600, min_se=120).asked
    assert "timer" in asked.headers.listed("Supported")
    assert (expires(asked), asked.headers["Min-SE"]) == ("600", "120")


@pytest.mark.parametrize(
    ("said", "refresher", "seconds"),
    [
        ("600;refresher=uac", Refresher.US, 600),
        ("600;refresher=uas", Refresher.PEER, 600),
        ("600", Refresher.US, 600),
        ("1;refresher=uac", Refresher.US, FLOOR),
        (None, Refresher.NOBODY, 0),
    ],
)
def test_the_answer_decides(clean, said, refresher, seconds):
    """Who refreshes, and how often; without the field there is no timer (section 7.2)."""
    line = Calls(clean, *([("Session-Expires", said)] if said else []))
    assert (line.timer().refresher, line.timer().seconds) == (refresher, seconds)


def test_a_greater_interval_is_asked_for_after_a_refusal(clean):
    """422 with Min-SE: the same INVITE again with that; one that asks for nothing more is final."""
    line = Line(clean, session_expires=600)
    line.call = line.box.agent.invite("sip:300@192.0.2.9", media(), clean.now)
    clean.settle()
    line.respond(line.last("INVITE"), 422, ("Min-SE", "1200"))
    again = line.last("INVITE")
    assert (expires(again), again.headers["Min-SE"]) == ("1200", "1200")
    assert again.call_id == line.sent("INVITE")[0].call_id
    line.respond(again, 422, ("Min-SE", "1200"))
    assert line.box.last(Rejected).status == 422


def test_a_peer_that_always_wants_more_is_given_up(clean):
    """Three times, not for ever."""
    line = Line(clean)
    line.call = line.box.agent.invite("sip:300@192.0.2.9", media(), clean.now)
    for least in range(2000, 2020):
        clean.settle()
        if not line.ended():
            line.respond(line.last("INVITE"), 422, ("Min-SE", str(least)))
    assert len(line.sent("INVITE")) == 4
    assert line.ended() == [EndReason.REJECTED]


# our refreshes


def test_we_refresh_at_half_the_interval(clean):
    """UPDATE without a body where the peer takes it; its 200 renews."""
    line = Calls(clean, ("Session-Expires", "600;refresher=uac"), UPDATES)
    for _ in range(3):
        before = len(line.sent("UPDATE"))
        clean.run(299)
        assert len(line.sent("UPDATE")) == before
        clean.run(1.1)
        update = line.last("UPDATE")
        assert (expires(update), update.body) == ("600;refresher=uac", b"")
        assert "timer" in update.headers.listed("Supported")
        line.respond(update, 200, ("Session-Expires", "600;refresher=uac"))
    assert line.ended() == []


def test_without_update_we_refresh_by_the_same_description(clean):
    """A re-INVITE whose body is the one that stands, version and all (section 7.4)."""
    line = Calls(clean, ("Session-Expires", "600;refresher=uac"), ("Allow", "INVITE, BYE"))
    for _ in range(2):
        clean.run(300.3)
        again = line.last("INVITE")
        assert again.body == line.asked.body
        assert expires(again) == "600;refresher=uac"
        line.respond(again, 200, ("Session-Expires", "600;refresher=uac"), body=SDP)
    assert not line.sent("UPDATE")
    assert len(line.sent("ACK")) == 3
    assert not line.box.all(MediaChanged)


def test_a_refused_update_is_replaced_by_a_reinvite(clean):
    """Whatever Allow said (405, 501, 403)."""
    line = Calls(clean, ("Session-Expires", "600;refresher=uac"), UPDATES)
    clean.run(300.3)
    line.respond(line.last("UPDATE"), 405)
    assert len(line.sent("INVITE")) == 2
    line.respond(
        line.last("INVITE"), 200, ("Session-Expires", "600;refresher=uac"), UPDATES, body=SDP
    )
    clean.run(300.3)
    assert len(line.sent("INVITE")) == 3
    assert len(line.sent("UPDATE")) == 1


@pytest.mark.parametrize("allow", [UPDATES, ("Allow", "INVITE, BYE")])
@pytest.mark.parametrize("status", [408, 481])
def test_a_peer_that_lost_the_call_ends_it(clean, allow, status):
    """BYE and TIMEOUT."""
    line = Calls(clean, ("Session-Expires", "600;refresher=uac"), allow)
    clean.run(300.3)
    line.respond(line.last("UPDATE" if allow is UPDATES else "INVITE"), status)
    assert line.ended() == [EndReason.TIMEOUT]
    assert line.sent("BYE")


@pytest.mark.parametrize("allow", [UPDATES, ("Allow", "INVITE, BYE")])
@pytest.mark.parametrize(
    ("status", "fields", "low", "high"),
    [(491, (), 2.1, 4.0), (500, (("Retry-After", "7"),), 7, 7), (422, (("Min-SE", "900"),), 0, 0)],
)
def test_a_refresh_that_comes_at_a_bad_time_is_repeated(clean, allow, status, fields, low, high):
    """After the pause of a glare, or the one the peer names; with the interval it insists on."""
    line = Calls(clean, ("Session-Expires", "600;refresher=uac"), allow)
    method = "UPDATE" if allow is UPDATES else "INVITE"
    clean.run(300.3)
    before, start = len(line.sent(method)), clean.now
    line.respond(line.last(method), status, *fields)
    clean.until(lambda: len(line.sent(method)) > before, 10)
    assert low <= clean.now - start <= high
    again = line.last(method)
    assert expires(again) == ("900;refresher=uac" if status == 422 else "600;refresher=uac")
    line.respond(
        again,
        200,
        ("Session-Expires", expires(again)),
        body=SDP if method == "INVITE" else b"",
    )
    clean.run(299)
    assert line.ended() == []


@pytest.mark.parametrize("allow", [UPDATES, ("Allow", "INVITE, BYE")])
def test_a_peer_that_refuses_every_refresh_is_hung_up_in_the_end(clean, allow):
    """It is asked again from time to time; a little before the time is up we say BYE."""
    line = Calls(clean, ("Session-Expires", "600;refresher=uac"), allow)
    start, answered = clean.now, 0
    while not line.ended():
        assert clean.step(clean.now + 700)
        for request in [*line.sent("UPDATE"), *line.sent("INVITE")[1:]][answered:]:
            answered += 1
            line.respond(request, 500)
    assert line.ended() == [EndReason.EXPIRED]
    assert 600 - 33 <= clean.now - start <= 600 - 32
    assert 3 <= answered <= 8


def test_a_hold_carries_the_timer(clean):
    """A change of ours is a refresh too, and names who refreshes (section 7.4)."""
    line = Calls(clean, ("Session-Expires", "600;refresher=uas"))
    clean.run(500)
    line.box.agent.hold(line.call, True, clean.now)
    clean.settle()
    asked = line.last("INVITE")
    assert expires(asked) == "600;refresher=uas"
    line.respond(asked, 200, ("Session-Expires", "600;refresher=uas"), body=SDP)
    clean.run(500)
    assert line.ended() == []
    clean.run(100)
    assert line.ended() == [EndReason.EXPIRED]


def test_a_refresh_during_a_change_waits_for_it(clean):
    """Our hold is under way when the timer rings: its answer is the refresh."""
    line = Calls(clean, ("Session-Expires", "600;refresher=uac"), ("Allow", "INVITE"))
    clean.run(299)
    line.box.agent.hold(line.call, True, clean.now)
    clean.settle()
    line.respond(line.last("INVITE"), 180)
    clean.run(10)
    assert len(line.sent("INVITE")) == 2
    line.respond(line.last("INVITE"), 200, ("Session-Expires", "600;refresher=uac"), body=SDP)
    clean.run(100)
    assert line.timer().seconds == 600


def test_an_answer_that_forgets_the_field_does_not_end_our_duty(clean):
    """The peer may still count on us; nothing ends while it answers."""
    line = Calls(clean, ("Session-Expires", "600;refresher=uac"), UPDATES)
    for count in (1, 2, 3):
        clean.run(300.3)
        assert len(line.sent("UPDATE")) == count
        line.respond(line.last("UPDATE"), 200)
    assert line.ended() == []


def test_nothing_is_left_of_a_timer_after_the_call(clean):
    """Hung up while a refresh waits for its answer: a late one changes nothing."""
    line = Calls(clean, ("Session-Expires", "600;refresher=uac"), UPDATES)
    clean.run(300.3)
    line.box.agent.hang_up(line.call, clean.now)
    clean.settle()
    line.respond(line.last("BYE"), 200)
    line.respond(line.last("UPDATE"), 200, ("Session-Expires", "600;refresher=uac"))
    clean.run(100)
    assert line.box.idle()
