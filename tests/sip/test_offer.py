"""Offer and answer, each side against the other."""

from dataclasses import replace

import pytest

from appliance.sip.errors import LocalError, RemoteError
from appliance.sip.media import Direction, LocalMedia
from appliance.sip.offer import Negotiation, UnacceptableError, choose
from appliance.sip.sdp import Description

A = LocalMedia("192.0.2.1", 4000)
B = LocalMedia("192.0.2.2", 5000)


def sdp(*lines: str, host: str = "192.0.2.9") -> bytes:
    head = ("v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", f"c=IN IP4 {host}", "t=0 0")
    return "".join(f"{line}\r\n" for line in (*head, *lines)).encode()


def both(a: LocalMedia = A, b: LocalMedia = B) -> tuple[Negotiation, Negotiation]:
    """Two sides that have agreed once; the first has offered."""
    one, two = Negotiation("1", a), Negotiation("2", b)
    one.accept(two.answer(one.offer()))
    return one, two


def test_two_sides_agree():
    """Both know where to send, with which codec, and the number for keys."""
    one, two = both()
    assert (one.media.host, one.media.port, one.media.codec) == ("192.0.2.2", 5000, "PCMU")
    assert (two.media.host, two.media.port, two.media.codec) == ("192.0.2.1", 4000, "PCMU")
    assert one.media.dtmf_payload_type == two.media.dtmf_payload_type == 101
    assert (two.media.control_host, two.media.control_port) == ("192.0.2.1", 4001)


def test_the_order_of_the_offer_wins():
    """We take the first codec of the offer that we speak, whatever we like best."""
    answer = Negotiation("1", A)
    answer.answer(sdp("m=audio 7000 RTP/AVP 18 8 0"))
    assert (answer.media.codec, answer.media.payload_type) == ("PCMA", 8)


def test_dynamic_numbers_and_keys_are_taken_from_the_offer():
    """A payload type is what the offer says it is; telephone-event keeps its number."""
    body = Negotiation("1", A).answer(
        sdp(
            "m=audio 7000 RTP/AVP 97 96",
            "a=rtpmap:97 pcmu/8000/1",
            "a=rtpmap:96 telephone-event/8000",
        )
    )
    stream = Description.parse(body).streams[0]
    assert stream.formats == ("97", "96")
    assert ("rtpmap", "96 telephone-event/8000") in stream.attributes
    other = Negotiation("1", A)
    other.answer(sdp("m=audio 7000 RTP/AVP 0 96", "a=rtpmap:96 telephone-event/48000"))
    assert other.media.dtmf_payload_type is None


def test_a_number_that_means_something_else_is_not_ours():
    """An rtpmap overrides the static meaning of a number."""
    with pytest.raises(UnacceptableError):
        Negotiation("1", A).answer(sdp("m=audio 7000 RTP/AVP 0", "a=rtpmap:0 PCMU/16000"))


def test_every_line_of_the_offer_is_answered_in_its_place():
    """What we do not speak is refused with port 0; order and number stay (RFC 3264 6)."""
    body = Negotiation("1", A).answer(
        sdp(
            "m=video 6000 RTP/AVP 99",
            "a=rtpmap:99 H264/90000",
            "m=audio 0 RTP/AVP 0",
            "m=audio 7000 RTP/AVP 0",
            "m=audio 7002 RTP/AVP 0",
            "m=application 9 DTLS/SCTP 5000",
        )
    )
    streams = Description.parse(body).streams
    assert [(s.kind, s.port) for s in streams] == [
        ("video", 0),
        ("audio", 0),
        ("audio", 4000),
        ("audio", 0),
        ("application", 0),
    ]
    assert streams[4].protocol == "DTLS/SCTP"


@pytest.mark.parametrize(
    "lines",
    [
        ("m=audio 7000 RTP/SAVP 0",),
        ("m=audio 7000 RTP/AVP 18",),
        ("m=video 7000 RTP/AVP 0",),
        ("m=audio 0 RTP/AVP 0",),
        (),
        ("m=audio 7000 RTP/AVP 0", "c=IN IP4 media.example.com"),
        ("m=audio 7000 RTP/AVP 0", "c=IN IP6 2001:db8::1"),
    ],
)
def test_offers_without_audio_for_us_are_refused(lines):
    """No shared codec, only SRTP, no audio, a name or another family for an address: 488."""
    with pytest.raises(RemoteError) as caught:
        Negotiation("1", A).answer(sdp(*lines))
    assert caught.value.status == 488


@pytest.mark.parametrize(
    ("way", "ours"),
    [
        ("sendonly", "recvonly"),
        ("recvonly", "sendonly"),
        ("inactive", "inactive"),
        ("sendrecv", "sendrecv"),
    ],
)
def test_directions_are_mirrored(way, ours):
    """The answer says the same from our side."""
    side = Negotiation("1", A)
    body = side.answer(sdp("m=audio 7000 RTP/AVP 0", f"a={way}"))
    assert side.media.direction is Direction(ours)
    assert f"a={ours}\r\n".encode() in body


def test_a_direction_of_the_session_holds_for_its_streams():
    """It may stand above the media lines."""
    side = Negotiation("1", A)
    side.answer(sdp("a=sendonly", "m=audio 7000 RTP/AVP 0"))
    assert side.media.direction is Direction.RECVONLY


def test_the_old_way_of_holding_is_understood():
    """c=0.0.0.0 means that nothing may be sent there (RFC 3264 8.4)."""
    side = Negotiation("1", A)
    side.answer(sdp("m=audio 7000 RTP/AVP 0", host="0.0.0.0"))
    assert side.media.direction is Direction.RECVONLY
    side.answer(sdp("m=audio 7000 RTP/AVP 0"))
    assert side.media.direction is Direction.SENDRECV


def test_rtcp_goes_where_the_peer_says():
    """a=rtcp names a port, and perhaps a host; nonsense is ignored."""
    for line, where in (
        ("a=rtcp:7777", ("192.0.2.9", 7777)),
        ("a=rtcp:7777 IN IP4 192.0.2.8", ("192.0.2.8", 7777)),
        ("a=rtcp:x", ("192.0.2.9", 7001)),
    ):
        choice = choose(Description.parse(sdp("m=audio 7000 RTP/AVP 0", line)), ("PCMU",))
        assert (choice.control_host, choice.control_port) == where


@pytest.mark.parametrize(
    ("line", "ptime"), [("a=ptime:30", 30), ("a=ptime:x", 20), ("a=ptime:15", 20), ("a=x", 20)]
)
def test_the_peers_packet_time_is_read(line, ptime):
    """What the peer likes, or 20 ms."""
    side = Negotiation("1", A)
    side.answer(sdp("m=audio 7000 RTP/AVP 0", line))
    assert side.media.ptime == ptime


def test_the_version_grows_exactly_when_something_else_is_said():
    """A repeated description keeps its version (RFC 3264 8)."""
    one, _ = both()
    said = [Description.parse(one.offer()).version]
    one.withdraw()
    one.local = replace(A, direction=Direction.SENDONLY)
    said.append(Description.parse(one.offer()).version)
    one.withdraw()
    said.append(Description.parse(one.offer()).version)
    assert said[1] == said[0] + 1 == said[2]


def test_a_new_offer_keeps_lines_and_numbers():
    """Lines once said stay, what is in use comes first under its number."""
    side = Negotiation("1", A)
    side.answer(
        sdp("m=video 1 RTP/AVP 9", "m=audio 7000 RTP/AVP 8 96", "a=rtpmap:96 telephone-event/8000")
    )
    streams = Description.parse(side.offer()).streams
    assert [(s.kind, s.port) for s in streams] == [("video", 0), ("audio", 4000)]
    assert streams[1].formats == ("8", "0", "96")


def test_a_refused_offer_leaves_the_agreement():
    """After a withdrawal the old agreement holds."""
    one, _ = both()
    before = one.media
    one.local = replace(A, direction=Direction.SENDONLY)
    one.offer()
    one.withdraw()
    assert one.media is before
    with pytest.raises(UnacceptableError):
        one.answer(sdp("m=audio 1 RTP/AVP 18"))
    assert one.media is before


def test_offers_do_not_cross():
    """One offer at a time; an answer to nothing is the peer's fault, media of none is ours."""
    one, two = both()
    one.offer()
    with pytest.raises(LocalError):
        one.offer()
    with pytest.raises(LocalError):
        one.answer(sdp("m=audio 7000 RTP/AVP 0"))
    with pytest.raises(RemoteError):
        two.accept(sdp("m=audio 7000 RTP/AVP 0"))
    with pytest.raises(LocalError):
        Negotiation("1").offer()


def test_without_keys_none_are_agreed():
    """dtmf=False neither offers nor accepts telephone-event."""
    one, two = both(replace(A, dtmf=False))
    assert one.media.dtmf_payload_type is None
    assert two.media.dtmf_payload_type is None
    one, two = both(b=replace(B, dtmf=False))
    assert one.media.dtmf_payload_type is None
