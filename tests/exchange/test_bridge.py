"""What happens to the datagrams of a switched call, decided in virtual time."""

from dataclasses import replace

import pytest

from appliance import rtp, sip
from appliance.audio import codecs, pcm, tones
from appliance.exchange.bridge import Crossing, Datagram, End
from appliance.rtp.packet import RtpPacket
from appliance.rtp.srtp import KEY_BYTES, Guard

A, B, C = ("127.0.0.1", 4000), ("127.0.0.1", 5000), ("127.0.0.1", 6000)
RTP = bytes(RtpPacket(0, 1, 1, 1, b"\xff" * 160))
RTCP = bytes([0x80, 201, 0, 1, 0, 0, 0, 1])
SUITES = rtp.SUITES


def media(place: tuple[str, int], codec: str = "PCMU", number: int = 0, **named) -> sip.Media:
    named = {"dtmf": None, "direction": sip.Direction.SENDRECV, **named}
    return sip.Media(
        *place, codec, number, named.pop("dtmf"), named.pop("direction"), 20,
        place[0], place[1] + 1, clock=codecs.make(codec).clock, **named,
    )  # fmt: skip


class Bridge:
    """Two ends that were agreed, and both directions between them."""

    def __init__(self, near: sip.Media, far: sip.Media) -> None:
        self.ends = End(), End()
        for end, agreed in zip(self.ends, (near, far), strict=True):
            end.agree(agreed)
        self.crossings = Crossing(*self.ends), Crossing(*self.ends[::-1])

    def sent(self, side: int, data: bytes, source, now: float, *, control=False) -> list[Datagram]:
        plain = self.ends[side].take(data, source, control, now)
        if plain is None:
            return []
        crossed = self.crossings[side].carry(plain)
        return [made for one in crossed if (made := self.ends[1 - side].give(one)) is not None]


def bridge(**named) -> Bridge:
    return Bridge(media(A, dtmf=101, **named), media(B, dtmf=96, **named))


def keys(suite: str, seed: int) -> sip.Crypto:
    return sip.Crypto(suite, bytes([seed]) * KEY_BYTES[suite])


def test_datagrams_go_to_the_other_side() -> None:
    """RTP goes to the other side's port, RTCP to the one above it, from ours above it."""
    made = bridge()
    assert made.sent(0, RTP, A, 0.0) == [Datagram(RTP, B, False)]
    assert made.sent(1, RTP, B, 0.0) == [Datagram(RTP, A, False)]
    assert made.sent(0, RTCP, A, 0.0, control=True) == [Datagram(RTCP, (B[0], B[1] + 1), True)]


def test_first_source_is_answered_where_it_sends_from() -> None:
    """A telephone behind address translation is answered at the address that it sends from."""
    made = bridge()
    made.sent(0, RTP, ("10.0.0.9", 999), 0.0)
    assert made.sent(1, RTP, B, 0.0) == [Datagram(RTP, ("10.0.0.9", 999), False)]


def test_stranger_does_not_take_a_stream_over() -> None:
    """A second source is ignored while the first one sends, and accepted when that is quiet."""
    made = bridge()
    assert made.sent(0, RTP, A, 0.0)
    assert made.sent(0, RTP, C, 0.5) == []
    assert made.ends[0].refused == 1
    assert made.sent(1, RTP, B, 0.6) == [Datagram(RTP, A, False)]
    assert made.sent(0, RTP, C, 1.5) == [Datagram(RTP, B, False)]


def test_new_address_forgets_the_old_one() -> None:
    """A telephone that moves within a call is heard at once where it says that it is."""
    made = bridge()
    made.sent(1, RTP, B, 0.0)
    made.ends[1].agree(media(C))
    assert made.sent(0, RTP, A, 0.1)[0].to == C
    assert made.sent(1, RTP, C, 0.1)


def test_hold_in_its_old_form_keeps_the_address() -> None:
    """A telephone that holds with 0.0.0.0 may still play music, from where it was."""
    made = bridge()
    made.sent(1, RTP, B, 0.0)
    made.ends[1].agree(media(("0.0.0.0", B[1]), direction=sip.Direction.RECVONLY))
    assert made.sent(1, RTP, B, 0.1)
    assert made.sent(0, RTP, A, 0.1) == []
    made.ends[1].agree(media(B))
    assert made.sent(0, RTP, A, 0.2)[0].to == B


def test_holding_telephone_gets_no_audio_but_rtcp() -> None:
    """Who holds is not sent what the other says; reports go on, so that nobody seems dead."""
    made = Bridge(media(A), media(B, direction=sip.Direction.RECVONLY))
    assert made.sent(0, RTP, A, 0.0) == []
    assert made.sent(0, RTCP, A, 0.0, control=True)


def test_telephone_where_it_said_it_is_comes_first() -> None:
    """The address of the answer is believed at once, whoever sent before."""
    made = bridge()
    made.sent(0, RTP, C, 0.0)
    assert made.sent(0, RTP, A, 0.1)[0].to == B
    assert made.sent(1, RTP, B, 0.1)[0].to == A


def test_multiplexed_rtcp_goes_where_each_leg_wants_it() -> None:
    """A leg that shares its port gets RTCP there; the other one on the port above (RFC 5761)."""
    made = Bridge(media(A, mux=True), media(B))
    assert made.sent(0, RTCP, A, 0.0) == [Datagram(RTCP, (B[0], B[1] + 1), True)]
    assert made.sent(1, RTCP, (B[0], B[1] + 1), 0.0, control=True) == [Datagram(RTCP, A, False)]


@pytest.mark.parametrize("number", [96, 101])
def test_keys_are_renumbered_for_the_other_leg(number: int) -> None:
    """Telephone-event leaves with the payload type that its receiver negotiated, marker kept."""
    made = Bridge(media(A, dtmf=101, receivable_dtmf=number), media(B, dtmf=97))
    event = bytes(RtpPacket(number, 1, 1, 1, b"\1\2\3\4", marker=True))
    (onward,) = made.sent(0, event, A, 0.0)
    assert RtpPacket.parse(onward.data) == RtpPacket(97, 1, 1, 1, b"\1\2\3\4", marker=True)


def test_keys_last_as_long_in_another_clock() -> None:
    """An event of the 8 kHz clock is told in 48 kHz where the other leg agreed on that."""
    near = media(A, "opus", 107, dtmf=101, dtmf_clock=8000)
    far = media(B, "opus", 96, dtmf=110, dtmf_clock=48000)
    for side, ticks, told in ((0, 800, 4800), (1, 4800, 800), (0, 20_000, 0xFFFF)):
        made = Bridge(near, far)
        event = bytes(RtpPacket((101, 110)[side], 1, 1, 1, b"\5\x8a" + ticks.to_bytes(2, "big")))
        (onward,) = made.sent(side, event, (A, B)[side], 0.0)
        packet = RtpPacket.parse(onward.data)
        assert packet.payload_type == (110, 101)[side]
        assert int.from_bytes(packet.payload[2:], "big") == told


@pytest.mark.parametrize(("codec", "near", "far"), [("opus", 107, 96), ("G722", 9, 9)])
def test_payload_of_a_shared_codec_passes_untouched(codec: str, near: int, far: int) -> None:
    """Only the number changes, whichever codec it is."""
    made = Bridge(media(A, codec, near), media(B, codec, far))
    packet = RtpPacket(near, 7, 8, 9, b"whatever", marker=True)
    (onward,) = made.sent(0, bytes(packet), A, 0.0)
    assert RtpPacket.parse(onward.data) == replace(packet, payload_type=far)


@pytest.mark.parametrize(("near", "far", "number"), [(13, None, 13), (98, 99, 99), (None, 97, 97)])
def test_comfort_noise_passes(near: int | None, far: int | None, number: int) -> None:
    """Comfort noise leaves with the number of the other leg, or its static one."""
    made = Bridge(media(A, noise_payload_type=near), media(B, noise_payload_type=far))
    (onward,) = made.sent(0, bytes(RtpPacket(near or 13, 1, 1, 1, b"\x40")), A, 0.0)
    assert RtpPacket.parse(onward.data).payload_type == number


def test_different_codecs_are_converted_both_ways() -> None:
    """Each telephone hears the other in the codec that it agreed on, keys in between."""
    made = Bridge(media(A, "PCMU", 0, dtmf=101), media(B, "opus", 107, dtmf=110, dtmf_clock=48000))
    coders = codecs.make("PCMU"), codecs.make("opus")
    sound = tones.sine(500, 1.0, -12)
    for side, name in ((0, "opus"), (1, "PCMU")):
        listener, out = codecs.make(name), bytearray()
        clock = coders[side].clock // 8000
        for index in range(50):
            payload = coders[side].encode(sound[640 * index // 2 :][:320])
            packet = RtpPacket((0, 107)[side], index, 160 * clock * index, 5, payload)
            for onward in made.sent(side, bytes(packet), (A, B)[side], 0.02 * index):
                got = RtpPacket.parse(onward.data)
                assert got.payload_type == (107, 0)[side]
                out += listener.decode(got.payload)
        assert abs(pcm.level_dbfs(bytes(out[8000:-640])) - pcm.level_dbfs(sound)) < 1.5
    event = RtpPacket(101, 50, 8000, 5, b"\1\x8a\3\x20", marker=True)
    (onward,) = made.sent(0, bytes(event), A, 1.0)
    told = RtpPacket.parse(onward.data)
    assert (told.payload_type, told.sequence, told.timestamp) == (110, 50, 48000)


def test_telephone_may_send_every_codec_that_it_agreed_on() -> None:
    """A leg that changes between its codecs without a word is still understood."""
    near = media(A, "PCMU", 0, receivable=((0, "PCMU"), (107, "opus")))
    made = Bridge(near, media(B, "PCMU", 0))
    opus = codecs.make("opus").encode(tones.sine(500, 0.02, -12))
    (onward,) = made.sent(0, bytes(RtpPacket(107, 1, 1, 1, opus)), A, 0.0)
    got = RtpPacket.parse(onward.data)
    assert (got.payload_type, len(got.payload)) == (0, 160)
    (onward,) = made.sent(0, bytes(RtpPacket(8, 2, 961, 1, b"\xd5" * 160)), A, 0.0)
    assert RtpPacket.parse(onward.data).payload == b"\xfe" * 160
    (onward,) = made.sent(0, RTP, A, 0.1)
    assert onward.data == RTP


@pytest.mark.parametrize("suite", SUITES)
def test_legs_are_encrypted_each_for_itself(suite: str) -> None:
    """What comes under one key leaves under the other, RTCP too; a plain leg stays plain."""
    other = SUITES[0]
    near = media(A, sending=keys(suite, 1), receiving=keys(suite, 2))
    far = media(B, sending=keys(other, 3), receiving=keys(other, 4))
    phones = (
        Guard(rtp.Protection(suite, keys(suite, 2).key, keys(suite, 1).key)),
        Guard(rtp.Protection(other, keys(other, 4).key, keys(other, 3).key)),
    )
    made = Bridge(near, far)
    for side in (0, 1):
        source = (A, B)[side]
        sealed = phones[side].protect(RTP, control=False)
        (onward,) = made.sent(side, sealed, source, 0.0)
        assert RTP[12:] not in onward.data
        assert phones[1 - side].unprotect(onward.data, control=False) == RTP
        sealed = phones[side].protect(RTCP, control=True)
        (onward,) = made.sent(side, sealed, (source[0], source[1] + 1), 0.0, control=True)
        assert phones[1 - side].unprotect(onward.data, control=True) == RTCP
    mixed = Bridge(near, media(B))
    (onward,) = mixed.sent(
        0, phones[0].protect(bytes(RtpPacket(0, 2, 1, 1, b"x")), control=False), A, 0.0
    )
    assert RtpPacket.parse(onward.data).payload == b"x"
    (onward,) = mixed.sent(1, RTP, B, 0.0)
    assert onward.data != RTP


def test_nothing_plain_or_repeated_enters_an_encrypted_leg() -> None:
    """Plain, forged and repeated datagrams go nowhere, and latch nothing."""
    suite = SUITES[0]
    made = Bridge(media(A, sending=keys(suite, 1), receiving=keys(suite, 2)), media(B))
    phone = Guard(rtp.Protection(suite, keys(suite, 2).key, keys(suite, 1).key))
    sealed = phone.protect(RTP, control=False)
    assert made.sent(0, RTP, C, 0.0) == []
    assert made.sent(0, sealed[:-1] + b"\0", C, 0.0) == []
    assert made.sent(0, sealed, A, 0.0)
    assert made.sent(0, sealed, A, 0.0) == []
    assert made.ends[0].refused == 3
    assert made.sent(1, RTP, B, 0.0)[0].to == A
    assert made.sent(1, RTP, B, 0.0) == []  # the same number twice would use the key stream twice


def test_keys_may_change_and_go() -> None:
    """New keys hold from the next agreement on; a leg that becomes plain is plain."""
    suite = SUITES[0]
    made = Bridge(media(A, sending=keys(suite, 1), receiving=keys(suite, 2)), media(B))
    made.ends[0].agree(media(A, sending=keys(suite, 5), receiving=keys(suite, 6)))
    phone = Guard(rtp.Protection(suite, keys(suite, 6).key, keys(suite, 5).key))
    assert made.sent(0, phone.protect(RTP, control=False), A, 0.0)
    made.ends[0].agree(media(A))
    assert made.sent(1, RTP, B, 0.0) == [Datagram(RTP, A, False)]


def test_wrong_keys_are_refused() -> None:
    """A key that does not fit its suite is an error of ours."""
    bad = sip.Crypto(SUITES[0], b"short")
    with pytest.raises(rtp.LocalError):
        End().agree(media(A, sending=bad, receiving=bad))


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x80\x00", bytes(40), b"\xc0" * 40])
def test_garbage_is_dropped(data: bytes) -> None:
    """What is neither RTP nor RTCP goes nowhere and latches nothing."""
    made = bridge()
    for control in (False, True):
        assert made.sent(0, data, C, 0.0, control=control) == []
    assert made.sent(1, RTP, B, 0.0)[0].to == A


@pytest.mark.parametrize("codecs_", [("PCMU", "opus"), ("opus", "PCMU"), ("opus", "opus")])
def test_garbage_in_an_agreed_codec_is_dropped(codecs_: tuple[str, str]) -> None:
    """Broken headers and payloads harm no converter."""
    made = Bridge(media(A, codecs_[0], 107), media(B, codecs_[1], 107))
    for head in (b"\x80\x6b", b"\xbf\x6b", b"\x90\xeb"):
        for length in (10, 14, 60):
            made.sent(0, head + bytes(range(length)), A, 0.0)
            made.crossings[0].taped(head + bytes(range(length)))


def test_nothing_crosses_before_both_agreed() -> None:
    """A leg that waits for its answer is neither heard nor sent to."""
    near, far = End(), End()
    assert near.take(RTP, A, False, 0.0) is None
    assert far.give(RTP) is None
    assert Crossing(near, far).carry(RTP) == []
    assert Crossing(near, far).taped(RTP) is None


@pytest.mark.parametrize("codec", ["G722", "opus"])
def test_recording_gets_g711_of_every_codec(codec: str) -> None:
    """What is taped is plain G.711 in order; G.711 itself as it came, and no RTCP."""
    made = Bridge(media(A, codec, 107), media(B))
    coder, sound = codecs.make(codec), tones.sine(500, 1.0, -12)
    out = bytearray()
    for index in range(50):
        payload = coder.encode(sound[320 * index :][:320])
        packet = bytes(RtpPacket(107, index, 160 * coder.clock // 8000 * index, 5, payload))
        taped = made.crossings[0].taped(packet)
        assert taped is not None
        got = RtpPacket.parse(taped)
        assert (got.payload_type, got.timestamp) == (0, 160 * index)
        out += codecs.make("PCMU").decode(got.payload)
    assert abs(pcm.level_dbfs(bytes(out[8000:-640])) - pcm.level_dbfs(sound)) < 1.5
    assert made.crossings[1].taped(RTP) == RTP
    assert made.crossings[1].taped(RTCP) is None
