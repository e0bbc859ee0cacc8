"""Offer and answer, each side against the other."""

from base64 import b64encode
from copy import copy
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.sip.choice import UnacceptableError, choose
from appliance.sip.crypto import SUITES, parse
from appliance.sip.errors import LocalError, RemoteError
from appliance.sip.media import CODECS, Crypto, Direction, LocalMedia, Srtp
from appliance.sip.offer import Negotiation
from appliance.sip.sdp import Description

A = LocalMedia("192.0.2.1", 4000)
B = LocalMedia("192.0.2.2", 5000)
SHA1 = "AES_CM_128_HMAC_SHA1_80"
TEXT = b64encode(bytes(range(30))).decode()


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
    assert (two.media.control_host, two.media.control_port) == ("192.0.2.1", 4000)
    assert one.media.mux
    assert two.media.mux


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


# codecs


def codecs(*names: str, local: LocalMedia = A) -> LocalMedia:
    return replace(local, codecs=names)


def test_every_codec_is_written_as_it_is_registered():
    """Names, clocks, parameters, and keys under the clock of each codec."""
    body = Negotiation("1", codecs("opus", "G722", "PCMA", "PCMU")).offer().decode()
    assert "m=audio 4000 RTP/AVP 107 9 8 0 101 110\r\n" in body
    for line in (
        "rtpmap:107 opus/48000/2",
        "fmtp:107 maxplaybackrate=8000;sprop-maxcapturerate=8000;useinbandfec=1",
        "rtpmap:9 G722/8000",
        "rtpmap:101 telephone-event/8000",
        "rtpmap:110 telephone-event/48000",
        "ptime:20",
        "maxptime:60",
        "rtcp-mux",
        "sendrecv",
    ):
        assert f"a={line}\r\n" in body
    assert "48000" not in Negotiation("1", codecs("PCMA")).offer().decode()


@pytest.mark.parametrize(("name", "clock"), [("opus", 48000), ("G722", 8000), ("PCMA", 8000)])
def test_two_sides_agree_on_every_codec(name, clock):
    """Clock of the codec, and keys under the same."""
    one, two = both(codecs(name), codecs("PCMU", name, local=B))
    for media in (one.media, two.media):
        assert (media.codec, media.clock, media.dtmf_clock) == (name, clock, clock)
        assert media.dtmf_payload_type == (110 if clock == 48000 else 101)
    assert "useinbandfec=1" in one.media.parameters or name != "opus"


def test_comfort_noise_is_accepted_and_not_offered():
    """13 stands in our answer where the offer has it (RFC 3389 section 5), and in no offer."""
    side = Negotiation("1", A)
    body = side.answer(sdp("m=audio 7000 RTP/AVP 0 13"))
    assert side.media.noise_payload_type == 13
    assert Description.parse(body).streams[0].formats == ("0", "13")
    assert "13" not in Description.parse(Negotiation("1", A).offer()).streams[0].formats


def test_each_side_sends_with_the_numbers_of_the_other():
    """An answer may give other numbers than the offer: both are told (RFC 3264 5.1)."""
    side = Negotiation("1", codecs("opus"))
    side.offer()
    side.accept(
        sdp(
            "m=audio 7000 RTP/AVP 96 97",
            "a=rtpmap:96 opus/48000/2",
            "a=rtpmap:97 telephone-event/48000",
        )
    )
    media = side.media
    assert (media.payload_type, media.dtmf_payload_type) == (96, 97)
    assert (media.receivable, media.receivable_dtmf) == (((107, "opus"),), 110)
    assert Description.parse(side.offer()).streams[0].formats[0] == "107"


def test_after_our_offer_the_peer_may_send_every_codec_it_answered_with():
    """All are told, what we send first; after an offer of the peer there is one (RFC 3264 7)."""
    side = Negotiation("1", codecs("PCMU", "opus", "PCMA"))
    side.offer()
    media = side.accept(sdp("m=audio 7000 RTP/AVP 8 0 18 101", "a=rtpmap:101 telephone-event/8000"))
    assert media.codec == "PCMA"
    assert media.receivable == ((8, "PCMA"), (0, "PCMU"))
    assert media.receivable_dtmf is None
    one, two = both(codecs("PCMU", "PCMA"))
    assert one.media.receivable == two.media.receivable == ((0, "PCMU"),)


def test_a_number_keeps_its_meaning():
    """What the peer called 107 is not called opus by us later (RFC 3264 8.3.2)."""
    side = Negotiation("1", codecs("PCMU", "opus"))
    side.answer(
        sdp("m=audio 7000 RTP/AVP 0 107 101", "a=rtpmap:107 iLBC/8000", "a=rtpmap:101 speex/8000")
    )
    stream = Description.parse(side.offer()).streams[0]
    maps = dict(value.split() for key, value in stream.attributes if key == "rtpmap")
    assert maps["0"] == "PCMU/8000"
    assert "107" not in maps
    assert "101" not in maps
    assert set(maps.values()) == {
        "PCMU/8000",
        "opus/48000/2",
        "telephone-event/8000",
        "telephone-event/48000",
    }


def test_two_formats_never_share_a_number():
    """Even where the peer gives one of our numbers another meaning, or uses up all of them."""
    side = Negotiation("1", codecs("opus", "PCMU"))
    side.offer()
    side.accept(sdp("m=audio 7000 RTP/AVP 0"))
    side.answer(sdp("m=audio 7000 RTP/AVP 107", "a=rtpmap:107 PCMU/8000"))
    formats = Description.parse(side.offer()).streams[0].formats
    assert formats[0] == "107"
    assert len(set(formats)) == len(formats) == 4
    side.withdraw()
    every = " ".join(str(number) for number in range(96, 128))
    maps = [f"a=rtpmap:{number} x{number}/8000" for number in range(96, 128)]
    side = Negotiation("1", codecs("opus", "PCMU"))
    side.answer(sdp(f"m=audio 7000 RTP/AVP 0 {every}", *maps))
    assert Description.parse(side.offer()).streams[0].formats == ("0",)


def test_another_codec_is_asked_for_in_the_middle():
    """A new wish goes first; without one, what is in use does."""
    one, two = both(codecs("PCMU", "PCMA"), codecs("PCMU", "PCMA", "G722", local=B))
    one.local = codecs("PCMA", "PCMU")
    one.accept(two.answer(one.offer()))
    assert one.media.codec == two.media.codec == "PCMA"
    assert Description.parse(one.offer()).streams[0].formats[0] == "8"
    one.withdraw()
    one.local = codecs("G722")
    one.accept(two.answer(one.offer()))
    assert one.media.codec == two.media.codec == "G722"


def test_unknown_codecs_are_left_out_and_none_is_our_fault():
    """Nothing is offered that we could not write."""
    stream = Description.parse(Negotiation("1", codecs("iLBC", "PCMA")).offer()).streams[0]
    assert stream.formats == ("8", "101")
    with pytest.raises(LocalError):
        Negotiation("1", codecs("iLBC")).offer()


# RTCP, addresses, versions


@pytest.mark.parametrize(("ours", "theirs"), [(True, False), (False, True), (False, False)])
def test_rtcp_shares_the_port_only_where_both_want_it(ours, theirs):
    """Offered or accepted by one alone it is not agreed (RFC 5761 5.1.1)."""
    one, two = both(replace(A, mux=ours), replace(B, mux=theirs))
    assert not one.media.mux
    assert not two.media.mux
    assert (one.media.control_port, two.media.control_port) == (5001, 4001)


def test_a_shared_port_outweighs_a_named_one():
    """With rtcp-mux agreed, RTCP goes where RTP goes, whatever a=rtcp says (RFC 5761 5.1.3)."""
    side = Negotiation("1", A)
    side.answer(sdp("m=audio 7000 RTP/AVP 0", "a=rtcp-mux", "a=rtcp:9 IN IP4 192.0.2.8"))
    assert (side.media.control_host, side.media.control_port) == ("192.0.2.9", 7000)


def test_ipv6_is_written_and_read():
    """Both ends on IPv6; an offer of the other family is refused."""
    one, two = both(replace(A, host="2001:db8::1"), replace(B, host="2001:db8::2"))
    assert (one.media.host, two.media.host) == ("2001:db8::2", "2001:db8::1")
    assert b"c=IN IP6 2001:db8::1\r\n" in one.offer()
    with pytest.raises(UnacceptableError):
        Negotiation("1", A).answer(two.offer())


def test_an_answer_from_nowhere_is_a_hold():
    """c=0.0.0.0 in an answer: we may not send, but hear."""
    side = Negotiation("1", A)
    side.offer()
    side.accept(sdp("m=audio 7000 RTP/AVP 0", host="0.0.0.0"))
    assert side.media.direction is Direction.RECVONLY


def test_the_origin_stays_and_only_the_version_grows():
    """Another address of ours changes c= and not o= (RFC 3264 section 8)."""
    one, two = both()
    one.local = replace(A, host="192.0.2.77")
    body = one.offer()
    assert b"o=- 1 2 IN IP4 192.0.2.1\r\n" in body
    assert b"c=IN IP4 192.0.2.77\r\n" in body
    one.accept(two.answer(body))
    assert two.media.host == "192.0.2.77"


def test_a_repeated_offer_is_the_description_that_stands():
    """A refresh says again what was agreed, offer or answer, whatever was refused meanwhile."""
    one, two = both(codecs("PCMA", "PCMU"))
    for side, other in ((one, two), (two, one)):
        standing = Description.parse(bytes(side._said))
        assert Description.parse(side.repeat()) == standing
        media = side.media
        side.accept(other.answer(bytes(side._said)))
        assert side.media == media
    one.local = replace(one.local, direction=Direction.SENDONLY)
    refused = Description.parse(one.offer())
    one.withdraw()
    one.local = replace(one.local, direction=Direction.SENDRECV)
    again = Description.parse(one.repeat())
    assert again.streams != refused.streams
    assert again.version == refused.version + 1
    assert Description.parse(Negotiation("1", A).repeat()).version == 1


def test_a_repeated_offer_does_not_hide_a_new_wish():
    """What we would have otherwise now is a new offer."""
    one, _ = both()
    one.local = replace(A, direction=Direction.SENDONLY)
    assert b"a=sendonly" in one.repeat()


def test_a_copy_goes_its_own_way():
    """The forks of a call agree each for itself on one offer."""
    one = Negotiation("1", codecs("PCMU", "opus"))
    offer = one.offer()
    forks = [copy(one), copy(one)]
    forks[0].accept(Negotiation("2", B).answer(offer))
    forks[1].accept(Negotiation("3", codecs("opus", local=B)).answer(offer))
    assert [fork.media.codec for fork in forks] == ["PCMU", "opus"]
    assert one.media is None


def test_bundles_and_ice_are_not_accepted():
    """Our answer repeats none of it: every line is for itself, at the address it says."""
    answer = Negotiation("1", A).answer(
        sdp(
            "a=group:BUNDLE 0 1",
            "m=audio 7000 RTP/AVPF 0",
            "a=mid:0",
            "a=ice-ufrag:x",
            "a=candidate:1 1 UDP 1 192.0.2.77 9999 typ host",
            "m=video 7000 RTP/AVPF 99",
            "a=mid:1",
            "a=bundle-only",
        )
    )
    assert not any(word in answer for word in (b"group", b"mid", b"ice-", b"candidate", b"bundle"))
    assert [stream.port for stream in Description.parse(answer).streams] == [4000, 0]


# encryption


def keyed(srtp: str, local: LocalMedia = A, *suites: str) -> LocalMedia:
    """A side with a key of its own for each suite."""
    names = suites or tuple(SUITES)
    keys = tuple(Crypto(s, bytes([local.port % 251]) * SUITES[s]) for s in names)
    return replace(local, srtp=Srtp(srtp), crypto=keys)


def crosses(one: Negotiation, two: Negotiation) -> bool:
    """Whether what one side sends under is what the other receives under."""
    ours, theirs = one.media, two.media
    if ours.sending is None:
        return ours.receiving is theirs.sending is theirs.receiving is None
    return (ours.sending, ours.receiving) == (theirs.receiving, theirs.sending)


@pytest.mark.parametrize(
    ("a", "b", "protocol", "encrypted"),
    [
        ("off", "off", "RTP/AVP", False),
        ("off", "offered", "RTP/AVP", False),
        ("offered", "off", "RTP/AVP", False),
        ("offered", "offered", "RTP/AVP", True),
        ("offered", "required", "RTP/AVP", True),
        ("required", "offered", "RTP/SAVP", True),
        ("required", "required", "RTP/SAVP", True),
    ],
)
def test_two_policies_agree(a, b, protocol, encrypted):
    """Encrypted wherever both can; the keys cross over."""
    one, two = both(keyed(a), keyed(b, B))
    assert one._said.streams[0].protocol == two._said.streams[0].protocol == protocol
    assert (one.media.sending is not None) is encrypted
    assert crosses(one, two)


@pytest.mark.parametrize(("a", "b"), [("off", "required"), ("required", "off")])
def test_two_policies_refuse_each_other(a, b):
    """488, in words; nothing is agreed."""
    two = Negotiation("2", keyed(b, B))
    with pytest.raises(UnacceptableError, match="encryption is"):
        two.answer(Negotiation("1", keyed(a)).offer())
    assert two.media is None


def test_the_answer_bears_the_tag_it_accepts_and_a_key_of_its_suite():
    """One line, RFC 4568 5.1.2."""
    offer = Negotiation("1", keyed("required")).offer()
    side = Negotiation("2", keyed("offered", B, "AEAD_AES_256_GCM", "AEAD_AES_128_GCM"))
    stream = Description.parse(side.answer(offer)).streams[0]
    (line,) = [value for key, value in stream.attributes if key == "crypto"]
    crypto = parse(line)
    assert (crypto.tag, crypto.suite) == (3, "AEAD_AES_128_GCM")
    assert crypto.key == side.local.crypto[1].key


def test_no_suite_in_common_is_refused_where_it_must_be_encrypted():
    """Offered alone falls back to plain."""
    one, other = keyed("required", A, "AEAD_AES_128_GCM"), keyed("offered", B, "AEAD_AES_256_GCM")
    with pytest.raises(UnacceptableError, match="AEAD_AES_128_GCM"):
        Negotiation("2", other).answer(Negotiation("1", one).offer())
    plain, _ = both(replace(one, srtp=Srtp.OFFERED), other)
    assert plain.media.sending is plain.media.receiving is None


@pytest.mark.parametrize("srtp", ["offered", "required"])
@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"9 {SHA1} inline:{TEXT}", "answers none"),
        (f"1 AES_CM_128_HMAC_SHA1_32 inline:{TEXT}", "answers none"),
        (f"1 {SHA1} inline:{TEXT}|1:4", "MKI"),
        ("rubbish", "broken"),
    ],
)
def test_an_answer_with_a_wrong_key_is_refused(srtp, line, reason):
    """A tag that we did not offer, another suite under it, what cannot be used."""
    side = Negotiation("1", keyed(srtp))
    protocol = Description.parse(side.offer()).streams[0].protocol
    with pytest.raises(UnacceptableError, match=reason):
        side.accept(sdp(f"m=audio 7000 {protocol} 0", f"a=crypto:{line}"))
    assert side.media is None


def test_an_answer_without_a_key_is_refused_where_encryption_is_required():
    """Nothing plain is ever agreed."""
    for answer in ("RTP/SAVP", "RTP/AVP"):
        side = Negotiation("1", keyed("required"))
        side.offer()
        with pytest.raises(UnacceptableError):
            side.accept(sdp(f"m=audio 7000 {answer} 0"))
        assert side.media is None


def test_a_peer_that_sends_our_own_key_back_is_refused():
    """Two streams under one key would lay each other open (RFC 3711 9.1)."""
    side = Negotiation("1", keyed("required"))
    body = side.offer()
    with pytest.raises(UnacceptableError, match="our own"):
        side.accept(body)
    with pytest.raises(UnacceptableError, match="our own"):
        Negotiation("2", keyed("required")).answer(body)


def test_a_new_exchange_keeps_our_keys_and_takes_the_peers_new_ones():
    """Hold keeps both; a peer that was replaced brings its own."""
    one, two = both(keyed("required"), keyed("required", B))
    before = one.media
    one.local = replace(one.local, direction=Direction.SENDONLY)
    one.accept(two.answer(one.offer()))
    assert (one.media.sending.key, one.media.receiving.key) == (
        before.sending.key,
        before.receiving.key,
    )
    third = Negotiation("3", keyed("required", replace(B, port=6000)))
    one.answer(third.offer())
    assert one.media.sending.key == before.sending.key
    assert one.media.receiving.key == third.local.crypto[0].key


def test_a_new_offer_keeps_the_profile_and_the_suite_in_use():
    """AVPF and SAVPF are answered under their own name, and stay."""
    side = Negotiation("1", keyed("offered"))
    answer = side.answer(
        sdp(
            "m=audio 7000 RTP/SAVPF 0",
            f"a=crypto:7 AEAD_AES_128_GCM inline:{b64encode(bytes(28)).decode()}",
        )
    )
    assert b"m=audio 4000 RTP/SAVPF 0" in answer
    stream = Description.parse(side.offer()).streams[0]
    assert stream.protocol == "RTP/SAVPF"
    first = parse(stream.attribute("crypto"))
    assert (first.tag, first.suite) == (1, "AEAD_AES_128_GCM")
    assert first.key == side.media.sending.key
    plain = Negotiation("1", A)
    assert b"RTP/AVPF 0" in plain.answer(sdp("m=audio 7000 RTP/AVPF 0"))


def test_the_other_line_is_refused_in_its_place():
    """SAVP beside AVP: one is taken, the other has port 0."""
    offer = sdp(
        "m=audio 7000 RTP/AVP 0", "m=audio 7002 RTP/SAVP 0", f"a=crypto:1 {SHA1} inline:{TEXT}"
    )
    side = Negotiation("1", keyed("offered"))
    streams = Description.parse(side.answer(offer)).streams
    assert [(s.port, s.protocol) for s in streams] == [(0, "RTP/AVP"), (4000, "RTP/SAVP")]
    assert Description.parse(side.offer()).streams[0].port == 0


def test_encryption_without_a_key_is_our_fault():
    """Never plain by accident; a key that does not fit its suite likewise."""
    for wrong in ((), (Crypto(SHA1, b"short"),)):
        local = replace(A, srtp=Srtp.OFFERED, crypto=wrong)
        with pytest.raises(LocalError):
            Negotiation("1", local).offer()


# any two sides

SIDES = st.builds(
    LocalMedia,
    st.sampled_from(["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"]),
    st.sampled_from([4000, 5000, 65534]),
    st.lists(
        st.sampled_from(["PCMU", "PCMA", "G722", "opus", "iLBC"]), min_size=1, unique=True
    ).map(tuple),
    dtmf=st.booleans(),
    direction=st.sampled_from(Direction),
    ptime=st.sampled_from([10, 20, 30, 60]),
    srtp=st.sampled_from(Srtp),
    crypto=st.lists(st.sampled_from(list(SUITES)), unique=True, min_size=1).flatmap(
        lambda names: st.tuples(
            *(
                st.binary(min_size=SUITES[n], max_size=SUITES[n]).map(lambda k, n=n: Crypto(n, k))
                for n in names
            )
        )
    ),
    mux=st.booleans(),
)


def consistent(one: Negotiation, two: Negotiation) -> None:
    """Both sides know the same agreement, each from its own view."""
    ours, theirs = one.media, two.media
    assert (ours.codec, ours.clock, ours.mux) == (theirs.codec, theirs.clock, theirs.mux)
    assert ours.codec in one.local.codecs
    assert ours.codec in two.local.codecs
    assert ours.direction is theirs.direction.mirrored
    assert ours.payload_type == theirs.payload_type
    assert (ours.dtmf_payload_type, ours.dtmf_clock) == (
        theirs.dtmf_payload_type,
        theirs.dtmf_clock,
    )
    assert ours.receivable == theirs.receivable == ((ours.payload_type, ours.codec),)
    assert (ours.host, ours.port) == (two.local.host, two.local.port)
    assert (theirs.host, theirs.port) == (one.local.host, one.local.port)
    assert crosses(one, two)
    assert (ours.sending is None) is (ours.receiving is None)
    for side in (one, two):
        assert not (side.local.srtp is Srtp.REQUIRED and side.media.sending is None)
        assert not (side.local.srtp is Srtp.OFF and side.media.sending is not None)


@given(st.data(), SIDES, SIDES)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_any_two_sides_agree_or_refuse_in_words(data, a, b):
    """First and later exchanges, in either direction: consistent, or an error with a reason."""
    sides = Negotiation("1", a), Negotiation("2", b)
    for _ in range(4):
        one, two = sides if data.draw(st.booleans()) else sides[::-1]
        before = one.media, two.media
        try:
            offer = one.repeat() if data.draw(st.booleans()) else one.offer()
            try:
                answer = two.answer(offer)
            except RemoteError as error:
                refusal = error.reason, error.status
                assert refusal[0]
                assert refusal[1] == 488
                one.withdraw()
                assert (one.media, two.media) == before
                return
            one.accept(answer)  # what one of us says, the other can take
        except LocalError:
            assert any(
                not set(side.local.codecs) & set(CODECS)
                or (side.local.srtp is not Srtp.OFF and not side.local.crypto)
                for side in sides
            )
            return
        consistent(one, two)
        for side in sides:
            side.local = replace(
                side.local,
                direction=data.draw(st.sampled_from(Direction)),
                codecs=data.draw(st.permutations(side.local.codecs).map(tuple)),
            )


LINES = st.sampled_from(
    [
        "v=0",
        "o=- 1 1 IN IP4 192.0.2.9",
        "c=IN IP4 192.0.2.9",
        "c=IN IP6 ::",
        "c=IN IP4 x",
        "m=audio 7000 RTP/AVP 0 8 96 13",
        "m=audio 7000 RTP/SAVP 9 96",
        "m=audio 0 RTP/AVP 0",
        "m=video 1 RTP/AVP 99",
        "m=audio 1 UDP/TLS/RTP/SAVPF 111",
        "a=rtpmap:96 opus/48000/2",
        "a=rtpmap:96 telephone-event/8000",
        "a=rtpmap:x",
        "a=fmtp:96",
        "a=inactive",
        "a=ptime:0",
        "a=maxptime:1",
        "a=rtcp:1 IN IP4 x",
        "a=rtcp-mux",
        f"a=crypto:1 {SHA1} inline:{TEXT}",
        "a=crypto:1",
        "=",
        "a",
    ]
)
BODIES = st.binary(max_size=300) | st.lists(LINES | st.text(max_size=40), max_size=25).map(
    lambda lines: "\r\n".join(["v=0", *lines]).encode("utf-8", "surrogatepass")
)


@given(BODIES, SIDES)
@settings(derandomize=True, deadline=None, max_examples=400)
def test_any_bytes_are_answered_or_refused(body, local):
    """Nothing but RemoteError or LocalError, and what we say of it we can read again."""
    for side, verb in ((Negotiation("1", local), "answer"), (Negotiation("1", local), "accept")):
        try:
            if verb == "accept":
                side.offer()
                side.accept(body)
            else:
                offered, said = Description.parse(body), Description.parse(side.answer(body))
                assert len(said.streams) == len(offered.streams)
        except (RemoteError, LocalError):
            continue
        assert (side.media.sending is None) is (side.media.receiving is None)
        assert local.srtp is not Srtp.REQUIRED or side.media.sending is not None
