"""Hold, resume, re-INVITE, UPDATE, glare."""

from base64 import b64encode
from dataclasses import replace

import pytest

from appliance.sip import (
    Answered,
    Confirmed,
    Direction,
    EndReason,
    Incoming,
    LocalMedia,
    MediaChanged,
)
from appliance.sip.crypto import parse as parse_key
from appliance.sip.errors import LocalError
from appliance.sip.media import Crypto, Srtp
from appliance.sip.message import respond
from appliance.sip.modify import MOVES, Phase
from appliance.sip.parser import parse
from tests.sip.raw import SDP, invite
from tests.sip.wire import ACCOUNT, ended, media, pair, requests, responses, talk


def way(station):
    return station.last(MediaChanged).media.direction


@pytest.mark.parametrize("who", ["caller", "called"])
def test_a_call_is_held_and_resumed(wire, who):
    """Both sides are told the new direction, each from its own view."""
    box, peer = pair(wire)
    there, here = talk(wire, peer, box)
    one, other, handle = (peer, box, there) if who == "caller" else (box, peer, here)
    for on, ours, theirs in (
        (True, Direction.SENDONLY, Direction.RECVONLY),
        (False, Direction.SENDRECV, Direction.SENDRECV),
    ):
        before = len(other.all(MediaChanged))
        one.agent.hold(handle, on, wire.now)
        wire.until(lambda before=before: len(other.all(MediaChanged)) > before)
        wire.until(lambda: one.agent._book.calls[handle].modification.phase.name != "ASKING")
        assert (way(one), way(other)) == (ours, theirs)
    one.agent.hang_up(handle, wire.now)
    wire.quiet([box, peer])


def test_both_may_hold(wire):
    """Hold on both sides is inactive; when one resumes, the other still holds."""
    box, peer = pair(wire)
    there, here = talk(wire, peer, box)
    peer.agent.hold(there, True, wire.now)
    wire.until(lambda: box.all(MediaChanged) and peer.all(MediaChanged))
    wire.run(40)
    box.agent.hold(here, True, wire.now)
    wire.until(lambda: way(box) is way(peer) is Direction.INACTIVE)
    wire.run(40)
    peer.agent.hold(there, False, wire.now)
    wire.until(lambda: way(box) is Direction.SENDONLY and way(peer) is Direction.RECVONLY)


def test_a_change_asked_during_a_change_waits(clean):
    """Hold and resume at once end as asked last."""
    box, peer = pair(clean)
    there, _ = talk(clean, peer, box)
    peer.agent.hold(there, True, clean.now)
    peer.agent.hold(there, False, clean.now)
    clean.run(5)
    assert way(peer) is way(box) is Direction.SENDRECV
    peer.agent.hold(there, False, clean.now)
    clean.run(5)
    assert len(requests(clean, "INVITE")) == 3


def test_both_sides_asking_at_once_is_resolved(wire):
    """491 to both, then each again after its own pause (RFC 3261 14.1)."""
    box, peer = pair(wire)
    there, here = talk(wire, peer, box)
    peer.agent.hold(there, True, wire.now)
    box.agent.hold(here, True, wire.now)
    wire.until(
        lambda: (
            box.all(MediaChanged)
            and peer.all(MediaChanged)
            and way(box) is way(peer) is Direction.INACTIVE
        ),
        300,
    )
    wire.run(40)
    assert way(box) is way(peer) is Direction.INACTIVE
    assert ended(box, here) == ended(peer, there) == []
    peer.agent.hang_up(there, wire.now)
    wire.quiet([box, peer])


def test_glare_is_answered_with_491(clean):
    """Two re-INVITEs that cross are both refused for now."""
    box, peer = pair(clean)
    there, here = talk(clean, peer, box)
    peer.agent.hold(there, True, clean.now)
    box.agent.hold(here, True, clean.now)
    clean.run(0.5)
    assert len(responses(clean, 491)) == 2


class Raw:
    """A call that a hand-written peer has placed and the box has answered."""

    def __init__(self, wire, local=None, offer=SDP, **more):
        self.wire = wire
        self.box = wire.station("192.0.2.1", account=ACCOUNT, **more)
        self.peer = wire.station("192.0.2.9")
        wire.cut.add(self.peer.address)
        self.raw = invite(offer, fields=(("Allow", "INVITE, UPDATE"),))
        self.give(self.raw.data)
        self.call = self.box.last(Incoming).call
        self.box.agent.answer(self.call, local or media(), wire.now)
        wire.settle()
        self.ok = responses(wire, 200)[-1].data
        self.give(self.raw.ack(self.ok))
        assert len(self.box.all(Confirmed)) == 1
        self.number = 1

    def give(self, data):
        self.box.agent.receive(data, self.peer.address, self.wire.now)
        self.wire.settle()

    def ask(self, method, body=b"", fields=()):
        """Send a request within the dialog; returns the last answer."""
        self.number += 1
        self.give(self.raw.within(self.ok, method, self.number, body=body, fields=fields))
        return parse(self.wire.sent[-1][2].data)

    def last(self, method="INVITE"):
        """The last request of the box."""
        return parse(requests(self.wire, method)[-1].data)

    @staticmethod
    def line(request):
        """The key in a description."""
        text = request.body.decode().partition("a=crypto:")[2]
        return text.partition("\r\n")[0]


def sdp(*lines, host="192.0.2.9", port=7000):
    head = SDP.replace(b"c=IN IP4 192.0.2.9", f"c=IN IP4 {host}".encode())
    head = head.replace(b"7000", str(port).encode())
    return head + "".join(f"{line}\r\n" for line in lines).encode()


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize(
    ("body", "direction"),
    [
        (sdp("a=sendonly"), Direction.RECVONLY),
        (sdp("a=inactive"), Direction.INACTIVE),
        (sdp("a=recvonly"), Direction.SENDONLY),
        (sdp(host="0.0.0.0"), Direction.RECVONLY),
        (sdp("a=inactive", host="0.0.0.0"), Direction.INACTIVE),
    ],
)
def test_every_form_of_hold_is_answered_and_resumed(clean, method, body, direction):
    """The user is told once for each change, and nothing for a repetition of the same."""
    raw = Raw(clean)
    assert raw.ask(method, body).status == 200
    if method == "INVITE":
        raw.give(raw.raw.within(raw.ok, "ACK", raw.number))
    assert way(raw.box) is direction
    assert raw.ask(method, body).status == 200
    assert len(raw.box.all(MediaChanged)) == 1
    assert raw.ask(method, sdp()).status == 200
    assert way(raw.box) is Direction.SENDRECV


def test_the_peer_may_move_its_media(clean):
    """A new port takes effect with the answer, whose version stays as nothing else is said."""
    raw = Raw(clean)
    answer = raw.ask("INVITE", sdp(port=7100))
    assert raw.box.last(MediaChanged).media.port == 7100
    assert answer.body == parse(raw.ok).body


def test_an_offer_that_cannot_be_accepted_leaves_the_call(clean):
    """488 with a Warning, 415 for another body, 400 for rubbish; then all goes on."""
    raw = Raw(clean)
    refused = raw.ask("INVITE", b"v=0\r\nm=audio 1 RTP/AVP 18\r\n")
    assert refused.status == 488
    assert "Warning" in refused.headers
    other = raw.ask("INVITE", b"<x/>", fields=(("Content-Type", "text/xml"),))
    assert other.status == 415
    assert other.headers["Accept"] == "application/sdp"
    assert raw.ask("UPDATE", b"rubbish").status == 400
    assert raw.box.all(MediaChanged) == []
    assert raw.ask("OPTIONS").status == 200
    assert ended(raw.box, raw.call) == []


def test_a_reinvite_without_offer_gets_one(clean):
    """Our offer in the 200, the answer in the ACK."""
    raw = Raw(clean)
    answer = raw.ask("INVITE")
    assert answer.status == 200
    assert b"m=audio 4000" in answer.body
    assert raw.ask("UPDATE", sdp()).status == 491
    raw.number -= 1
    raw.give(raw.raw.within(raw.ok, "ACK", raw.number, body=sdp("a=sendonly")))
    assert way(raw.box) is Direction.RECVONLY


def test_an_update_without_offer_refreshes_the_target(clean):
    """200, no event, and our next request goes to the new Contact."""
    raw = Raw(clean)
    raw.raw.request = raw.raw.request.with_headers(
        raw.raw.request.headers.setting("Contact", "<sip:new@192.0.2.9:5099>")
    )
    assert raw.ask("UPDATE").status == 200
    assert raw.box.all(MediaChanged) == []
    raw.box.agent.hang_up(raw.call, clean.now)
    clean.settle()
    bye = requests(clean, "BYE")[0]
    assert bye.data.startswith(b"BYE sip:new@192.0.2.9:5099 ")
    assert bye.to.port == 5099


def test_a_reinvite_that_is_never_acknowledged_ends_the_call(clean):
    """NO_ACK and BYE, as for the first one."""
    raw = Raw(clean)
    raw.ask("INVITE", sdp("a=sendonly"))
    clean.run(40)
    assert ended(raw.box, raw.call) == [EndReason.NO_ACK]
    assert len(requests(clean, "BYE")) > 0


def test_a_newer_reinvite_replaces_an_unacknowledged_one(clean):
    """The peer has seen our 200, or it would not ask again."""
    raw = Raw(clean)
    raw.ask("INVITE", sdp("a=sendonly"))
    raw.ask("INVITE", sdp())
    raw.give(raw.raw.within(raw.ok, "ACK", raw.number))
    clean.run(60)
    assert ended(raw.box, raw.call) == []
    assert way(raw.box) is Direction.SENDRECV


@pytest.mark.parametrize(
    ("status", "end"),
    [(488, []), (500, []), (481, [EndReason.TIMEOUT]), (408, [EndReason.TIMEOUT])],
)
def test_a_refused_hold_leaves_the_call_unless_the_peer_lost_it(clean, status, end):
    """Other failures keep the old agreement, which is told again (14.1)."""
    raw = Raw(clean)
    raw.box.agent.hold(raw.call, True, clean.now)
    clean.settle()
    asked = parse(requests(clean, "INVITE")[-1].data)
    raw.give(bytes(respond(asked, status)))
    assert ended(raw.box, raw.call) == end
    if not end:
        assert way(raw.box) is Direction.SENDRECV
        raw.box.agent.hold(raw.call, True, clean.now)
        clean.settle()
        assert len(requests(clean, "INVITE")) == 2


def test_a_late_repetition_does_not_answer_a_newer_change(clean):
    """The 200 of the first re-INVITE, come again, is acknowledged and nothing more."""
    raw = Raw(clean)
    raw.box.agent.hold(raw.call, True, clean.now)
    clean.settle()
    held = bytes(respond(parse(requests(clean, "INVITE")[-1].data), 200, body=sdp("a=recvonly")))
    raw.give(held)
    raw.box.agent.hold(raw.call, False, clean.now)
    clean.settle()
    raw.give(held)
    assert [event.media.direction for event in raw.box.all(MediaChanged)] == [Direction.SENDONLY]
    acks = [parse(packet.data).cseq.number for packet in requests(clean, "ACK")]
    assert acks == [1, 1]
    raw.give(bytes(respond(parse(requests(clean, "INVITE")[-1].data), 200, body=sdp())))
    assert way(raw.box) is Direction.SENDRECV


@pytest.mark.parametrize(("ours", "low", "high"), [(True, 2.1, 4.0), (False, 0.0, 2.0)])
def test_after_a_glare_the_owner_of_the_call_id_waits_longer(clean, ours, low, high):
    """2.1 to 4 s against 0 to 2 s, so that the two do not meet again (RFC 3261 14.1)."""
    box, peer = pair(clean)
    there, _ = talk(clean, *((box, peer) if ours else (peer, box)))
    handle = there if ours else box.agent.calls()[0]
    clean.cut.add(peer.address)
    pauses = []
    for on in (True,) * 8:
        box.agent.hold(handle, on, clean.now)
        clean.settle()
        asked = parse(requests(clean, "INVITE")[-1].data)
        box.agent.receive(bytes(respond(asked, 491)), peer.address, clean.now)
        clean.settle()
        before, start = len(requests(clean, "INVITE")), clean.now
        clean.until(lambda before=before: len(requests(clean, "INVITE")) > before)
        pauses.append(clean.now - start)
    assert all(low <= pause <= high for pause in pauses)


def test_a_wish_taken_back_during_a_pause_is_forgotten(clean):
    """Resume before the second try sends nothing, and a later hold is asked at once."""
    raw = Raw(clean)
    raw.box.agent.hold(raw.call, True, clean.now)
    clean.settle()
    raw.give(bytes(respond(parse(requests(clean, "INVITE")[-1].data), 491)))
    raw.box.agent.hold(raw.call, False, clean.now)
    clean.run(5)
    assert len(requests(clean, "INVITE")) == 1
    raw.box.agent.hold(raw.call, True, clean.now)
    clean.settle()
    assert len(requests(clean, "INVITE")) == 2


def test_a_hold_that_nobody_answers_ends_the_call(clean):
    """The peer is gone: TIMEOUT."""
    raw = Raw(clean)
    raw.box.agent.hold(raw.call, True, clean.now)
    clean.run(100)
    assert ended(raw.box, raw.call) == [EndReason.TIMEOUT]
    assert raw.box.idle()


def test_an_answer_to_hold_that_makes_no_sense_ends_the_call(clean):
    """ACK, BYE, FAILED."""
    raw = Raw(clean)
    raw.box.agent.hold(raw.call, True, clean.now)
    clean.settle()
    asked = parse(requests(clean, "INVITE")[-1].data)
    raw.give(bytes(respond(asked, 200, body=b"rubbish")))
    assert ended(raw.box, raw.call) == [EndReason.FAILED]
    assert len(requests(clean, "ACK")) == len(requests(clean, "BYE")) == 1


def test_an_offer_that_meets_ours_is_put_off(clean):
    """491 for a re-INVITE and an UPDATE with an offer (RFC 3311 5.2); a mere refresh passes."""
    raw = Raw(clean)
    raw.box.agent.hold(raw.call, True, clean.now)
    clean.settle()
    asked = raw.last()
    assert raw.ask("UPDATE", sdp()).status == 491
    assert raw.ask("INVITE", sdp()).status == 491
    assert raw.ask("UPDATE").status == 200
    raw.give(bytes(respond(asked, 200, body=sdp("a=recvonly"))))
    assert way(raw.box) is Direction.SENDONLY


def test_a_reinvite_before_the_ack_is_put_off(clean):
    """Our 200 has not been acknowledged: 491, and an UPDATE may change what is agreed."""
    raw = Raw(clean)
    other = invite(call_id="other", branch="z9hG4bKother")
    raw.give(other.data)
    call = raw.box.last(Incoming).call
    raw.box.agent.answer(call, media(port=4100), clean.now)
    clean.settle()
    ok = responses(clean, 200)[-1].data
    raw.give(other.within(ok, "INVITE", 2, body=sdp(), branch="again"))
    assert parse(clean.sent[-1][2].data).status == 491
    raw.give(other.within(ok, "UPDATE", 3, body=sdp("a=sendonly"), branch="update"))
    assert parse(clean.sent[-1][2].data).status == 200
    assert way(raw.box) is Direction.RECVONLY


@pytest.mark.parametrize("status", [405, 501])
def test_a_peer_that_takes_no_reinvite_is_asked_by_update(clean, status):
    """The offer goes out once more, in an UPDATE; from then on at once."""
    raw = Raw(clean)
    raw.box.agent.hold(raw.call, True, clean.now)
    clean.settle()
    raw.give(bytes(respond(raw.last(), status)))
    clean.run(0.1)
    raw.give(bytes(respond(raw.last("UPDATE"), 200, body=sdp("a=recvonly"))))
    assert way(raw.box) is Direction.SENDONLY
    assert len(requests(clean, "ACK")) == 1  # for the refusal
    raw.box.agent.hold(raw.call, False, clean.now)
    clean.settle()
    raw.give(bytes(respond(raw.last("UPDATE"), 200, body=sdp())))
    assert way(raw.box) is Direction.SENDRECV
    assert len(requests(clean, "INVITE")) == 1


def test_a_peer_that_takes_no_change_at_all_keeps_its_call(clean):
    """Neither way: the old agreement is told again, and nothing more is asked."""
    raw = Raw(clean)
    raw.box.agent.hold(raw.call, True, clean.now)
    clean.settle()
    raw.give(bytes(respond(raw.last(), 405)))
    clean.run(0.1)
    raw.give(bytes(respond(raw.last("UPDATE"), 405)))
    clean.run(100)
    assert way(raw.box) is Direction.SENDRECV
    assert (len(requests(clean, "INVITE")), len(requests(clean, "UPDATE"))) == (1, 1)
    assert ended(raw.box, raw.call) == []


def test_a_busy_peer_is_asked_again_when_it_says(clean):
    """500 with Retry-After: three times more, then the change is given up."""
    raw = Raw(clean)
    raw.box.agent.hold(raw.call, True, clean.now)
    clean.settle()
    for count in (1, 2, 3, 4):
        assert len(requests(clean, "INVITE")) == count
        raw.give(bytes(respond(raw.last(), 500, headers=[("Retry-After", "5")])))
        clean.run(4.9)
        assert len(requests(clean, "INVITE")) == count
        clean.run(0.2)
    clean.run(60)
    assert len(requests(clean, "INVITE")) == 4
    assert way(raw.box) is Direction.SENDRECV
    assert ended(raw.box, raw.call) == []


def test_an_answer_that_is_missing_changes_nothing(clean):
    """A 200 without a description: the call goes on as before."""
    raw = Raw(clean)
    raw.box.agent.hold(raw.call, True, clean.now)
    clean.settle()
    raw.give(bytes(respond(raw.last(), 200)))
    assert way(raw.box) is Direction.SENDRECV
    clean.run(100)
    assert ended(raw.box, raw.call) == []
    assert len(requests(clean, "INVITE")) == 1
    assert raw.ask("INVITE", sdp("a=sendonly")).status == 200


def test_we_may_ask_for_another_codec(clean):
    """The new one goes first; the direction stays."""
    box, peer = pair(clean)
    there, here = talk(clean, peer, box)
    modification = box.agent._book.calls[here].modification
    modification.wish(None, clean.now, ("PCMA", "PCMU"))
    clean.run(1)
    assert box.last(MediaChanged).media.codec == peer.last(MediaChanged).media.codec == "PCMA"
    modification.wish(Direction.SENDONLY, clean.now)
    modification.wish(None, clean.now, ("PCMU",))
    clean.run(1)
    assert (way(box), way(peer)) == (Direction.SENDONLY, Direction.RECVONLY)
    assert box.last(MediaChanged).media.codec == "PCMU"
    # both wishes come while another change is under way: they are asked for together
    modification.wish(None, clean.now, ("PCMA",))
    modification.wish(Direction.INACTIVE, clean.now)
    modification.wish(None, clean.now, ("PCMU", "PCMA"))
    clean.run(1)
    assert (way(box), box.last(MediaChanged).media.codec) == (Direction.INACTIVE, "PCMU")
    with pytest.raises(LocalError):
        modification.wish(None, clean.now, ("iLBC",))
    peer.agent.hang_up(there, clean.now)
    clean.quiet([box, peer])


def test_our_media_may_move(clean):
    """The peer sends to the new place, under a hold too, and speaks the codec put first there."""
    box, peer = pair(clean)
    _, here = talk(clean, peer, box)
    box.agent.hold(here, True, clean.now)
    clean.run(1)
    box.agent.change_media(here, LocalMedia("192.0.2.77", 4100, ("PCMA",)), clean.now)
    clean.run(1)
    agreed = peer.last(MediaChanged).media
    assert (agreed.host, agreed.port, agreed.codec) == ("192.0.2.77", 4100, "PCMA")
    assert (way(box), way(peer)) == (Direction.SENDONLY, Direction.RECVONLY)
    assert box.last(MediaChanged).media.host == peer.address.host
    box.agent.hold(here, False, clean.now)
    clean.run(1)
    assert peer.last(MediaChanged).media.port == 4100
    count = len(requests(clean, "INVITE"))
    box.agent.change_media(here, LocalMedia("192.0.2.77", 4100, ("PCMA",)), clean.now)
    clean.run(1)
    assert len(requests(clean, "INVITE")) == count, "nothing is to be changed"
    # a hold under way, then both wishes: neither makes the other forgotten
    box.agent.hold(here, True, clean.now)
    box.agent.change_media(here, LocalMedia("192.0.2.78", 4200, ("PCMU",)), clean.now)
    box.agent.hold(here, False, clean.now)
    clean.run(1)
    agreed = peer.last(MediaChanged).media
    assert (agreed.host, agreed.port, agreed.codec) == ("192.0.2.78", 4200, "PCMU")
    assert way(peer) is Direction.SENDRECV
    box.agent.hang_up(here, clean.now)
    clean.quiet([box, peer])


def test_a_move_that_is_refused_leaves_all_as_it_was(clean):
    """The user is told what holds, and the next change is asked from the old place."""
    raw = Raw(clean)
    raw.box.agent.change_media(raw.call, LocalMedia("192.0.2.77", 4100), clean.now)
    clean.settle()
    assert b"192.0.2.77" in raw.last().body
    raw.give(bytes(respond(raw.last(), 488)))
    assert raw.box.last(MediaChanged).media.port == 7000
    raw.box.agent.hold(raw.call, True, clean.now)
    clean.settle()
    assert b"192.0.2.77" not in raw.last().body
    assert b" 4000 " in raw.last().body


def test_only_a_call_that_stands_is_changed(clean):
    """Not one that rings, none that is over, and not to codecs that nobody knows."""
    box, peer = pair(clean)
    _, here = talk(clean, peer, box)
    with pytest.raises(LocalError):
        box.agent.change_media(here, LocalMedia("192.0.2.1", 4000, ("iLBC",)), clean.now)
    box.agent.hang_up(here, clean.now)
    with pytest.raises(LocalError):
        box.agent.change_media(here, media(), clean.now)
    call = peer.agent.invite("sip:100@192.0.2.1", media(), clean.now, route=box.address)
    with pytest.raises(LocalError):
        peer.agent.change_media(call, media(port=4200), clean.now)


def test_the_peer_may_change_the_codec(clean):
    """A re-INVITE with another one only; one that we do not speak is refused, the call stays."""
    raw = Raw(clean)
    other = SDP.replace(b"RTP/AVP 0", b"RTP/AVP 8")
    assert raw.ask("INVITE", other).status == 200
    raw.give(raw.raw.within(raw.ok, "ACK", raw.number))
    assert raw.box.last(MediaChanged).media.codec == "PCMA"
    refused = raw.ask("INVITE", SDP.replace(b"RTP/AVP 0", b"RTP/AVP 18"))
    assert refused.status == 488
    assert "no codec in common" in refused.headers["Warning"]
    assert len(raw.box.all(MediaChanged)) == 1


SHA1 = "AES_CM_128_HMAC_SHA1_80"
OURS = Crypto(SHA1, b"o" * 30)
THEIRS = Crypto(SHA1, b"t" * 30)


def keyed(key: bytes, *lines, protocol="RTP/SAVP"):
    """An offer of the peer under that key."""
    offer = SDP.replace(b"RTP/AVP", protocol.encode())
    text = (f"a=crypto:3 {SHA1} inline:{b64encode(key).decode()}", *lines)
    return offer + "".join(f"{line}\r\n" for line in text).encode()


def secret(srtp):
    return replace(LocalMedia("192.0.2.1", 4000), srtp=Srtp(srtp), crypto=(OURS,))


def test_an_encrypted_call_is_held_under_its_keys_and_takes_new_ones(clean):
    """Ours stay through every exchange; the peer's change where it says so."""
    raw = Raw(clean, secret("required"), keyed(b"a" * 30), srtp=Srtp.REQUIRED)
    assert raw.ask("INVITE", keyed(b"a" * 30, "a=sendonly")).status == 200
    raw.give(raw.raw.within(raw.ok, "ACK", raw.number))
    held = raw.box.last(MediaChanged).media
    assert (held.sending, held.receiving) == (replace(OURS, tag=3), Crypto(SHA1, b"a" * 30, 3))
    answer = raw.ask("UPDATE", keyed(b"b" * 30))
    assert f"crypto:3 {SHA1} inline:{b64encode(OURS.key).decode()}".encode() in answer.body
    changed = raw.box.last(MediaChanged).media
    assert (changed.sending.key, changed.receiving.key) == (OURS.key, b"b" * 30)


def test_an_encrypted_call_never_becomes_plain_where_that_is_refused(clean):
    """A plain re-INVITE is 488 with the reason; a plain answer to our hold ends the call."""
    raw = Raw(clean, secret("required"), keyed(b"a" * 30), srtp=Srtp.REQUIRED)
    refused = raw.ask("INVITE", SDP)
    assert refused.status == 488
    assert "encryption is required" in refused.headers["Warning"]
    assert raw.box.all(MediaChanged) == []
    raw.box.agent.hold(raw.call, True, clean.now)
    clean.settle()
    assert parse_key(Raw.line(raw.last())).key == OURS.key
    raw.give(bytes(respond(raw.last(), 200, body=SDP)))
    assert ended(raw.box, raw.call) == [EndReason.FAILED]


@pytest.mark.parametrize("late", [False, True])
def test_two_of_us_keep_an_encrypted_call_through_hold_and_resume(wire, late):
    """The offer may come with the INVITE or with its 200: the keys cross over and stay."""
    box = wire.station("192.0.2.1", account=ACCOUNT, srtp=Srtp.REQUIRED)
    peer = wire.station("192.0.2.9", srtp=Srtp.OFFERED)
    theirs = LocalMedia(
        "192.0.2.9", 5000, srtp=Srtp.OFFERED, crypto=(Crypto("AEAD_AES_256_GCM", b"x" * 44), THEIRS)
    )
    there = peer.agent.invite(
        "sip:100@192.0.2.1", theirs, wire.now, route=box.address, offer=not late
    )
    wire.until(lambda: box.all(Incoming))
    here = box.last(Incoming).call
    box.agent.answer(here, secret("required"), wire.now)
    wire.until(lambda: box.all(Confirmed) and peer.all(Answered))

    def keys():
        sides = box.agent._book.calls[here], peer.agent._book.calls[there]
        ours, others = (side.negotiation.media for side in sides)
        assert (ours.sending, ours.receiving) == (others.receiving, others.sending)
        return ours.sending.key, ours.receiving.key

    assert keys() == (OURS.key, THEIRS.key)
    for on in (True, False):
        before = len(peer.all(MediaChanged)), len(box.all(MediaChanged))
        box.agent.hold(here, on, wire.now)
        wire.until(
            lambda before=before: (
                len(peer.all(MediaChanged)) > before[0] and len(box.all(MediaChanged)) > before[1]
            )
        )
        assert keys() == (OURS.key, THEIRS.key)
    box.agent.hang_up(here, wire.now)
    wire.quiet([box, peer])


@pytest.mark.parametrize(
    ("srtp", "offer", "reason"),
    [
        ("off", keyed(b"a" * 30), "encryption is off here"),
        ("required", SDP, "encryption is required here"),
        ("offered", SDP.replace(b"RTP/AVP", b"UDP/TLS/RTP/SAVPF"), "DTLS"),
    ],
)
def test_a_call_that_does_not_fit_the_policy_is_refused_at_once(clean, srtp, offer, reason):
    """488 with a Warning that says why; nobody is told of a call."""
    box = clean.station("192.0.2.1", account=ACCOUNT, srtp=Srtp(srtp))
    peer = clean.station("192.0.2.9")
    clean.cut.add(peer.address)
    box.agent.receive(invite(offer).data, peer.address, clean.now)
    clean.settle()
    refused = parse(responses(clean, 488)[-1].data)
    assert reason in refused.headers["Warning"]
    assert not box.all(Incoming)


def test_the_table_is_whole():
    """Every phase is entered and left."""
    assert {phase for phase, _ in MOVES} == set(MOVES.values()) == set(Phase)
