"""`call.stream`: from what SDP has agreed to a stream of RTP."""

from __future__ import annotations

import itertools

import pytest

from appliance import rtp, sip
from appliance.audio.g711 import decode_ulaw
from appliance.call.stream import SILENCE, Stream
from appliance.sip import Direction
from tests.house.wire import loud, tone

US, THEM = ("10.0.0.2", 2000), ("10.0.0.9", 4000)
SUITE = "AES_CM_128_HMAC_SHA1_80"


def media(**changes: object) -> sip.Media:
    values: dict[str, object] = {
        "host": THEM[0], "port": THEM[1], "codec": "PCMU", "payload_type": 0,
        "dtmf_payload_type": 101, "direction": Direction.SENDRECV, "ptime": 20,
    }  # fmt: skip
    return sip.Media(**{**values, **changes})  # type: ignore[arg-type]


class Pair:
    """A stream of the box and a peer's session, joined without loss."""

    def __init__(self, agreed: sip.Media, **peer: object) -> None:
        tokens = (f"{n:020x}" for n in itertools.count(10**9))
        self.now = 100.0
        self.stream = Stream(lambda: next(tokens), self.now)
        self.stream.agree(agreed, self.now)
        values: dict[str, object] = {
            "codec": agreed.codec, "payload_type": agreed.payload_type,
            "dtmf_payload_type": agreed.dtmf_payload_type, "remote": US, "ssrc": 1, "sequence": 1,
            "timestamp": 1, "cname": "p", "now": self.now,
        }  # fmt: skip
        self.peer = rtp.MediaSession(**{**values, **peer})  # type: ignore[arg-type]
        self.heard: list[bytes] = []
        self.keys = ""
        self.wire: list[bytes] = []

    def run(self, frames: int, *, say: bytes | None = None, answer: bytes | None = None) -> None:
        for _ in range(frames):
            self.now += 0.02
            self.peer.tick(self.now)
            self.peer.send(say or bytes(320), self.now)
            for packet in self.peer.outgoing():
                self.stream.receive(packet.data, THEM, packet.control, self.now)
            pcm, keys = self.stream.hear(self.now)
            self.heard.append(pcm)
            self.keys += keys
            self.stream.say(answer, self.now)
            for packet in self.stream.packets():
                self.wire.append(packet.data)
                self.peer.receive(packet.data, US, self.now)
            self.peer.pull(self.now)


def test_nothing_is_heard_or_sent_before_media_is_agreed() -> None:
    """Is silent, takes packets and frames without harm."""
    stream = Stream(lambda: "1", 0.0)
    stream.receive(b"x", THEM, False, 0.0)
    stream.say(None, 0.0)
    stream.close(0.0)
    assert stream.hear(0.0) == (SILENCE, "")
    assert stream.packets() == []
    assert not stream.press("1", 0.0)
    assert stream.quiet(5.0) == 5.0
    assert stream.delay == 0.0


@pytest.mark.parametrize("codec", ["PCMU", "PCMA", "G722"])
def test_frames_go_both_ways(codec: str) -> None:
    """Carries sound in frames of 320 bytes, whatever the codec."""
    pair = Pair(media(codec=codec, payload_type={"PCMU": 0, "PCMA": 8, "G722": 9}[codec]))
    pair.run(50, say=tone(0.02), answer=tone(0.02))
    assert sum(map(loud, pair.heard)) > 40
    assert {len(pcm) for pcm in pair.heard} == {320}
    assert pair.peer.statistics.received >= 48


def test_silence_is_sent_where_nothing_is_said() -> None:
    """Sends a packet each 20 ms all the same."""
    pair = Pair(media())
    pair.run(50)
    assert len([data for data in pair.wire if data[1] & 0x7F == 0]) >= 49


def test_a_line_without_speech_is_never_dead() -> None:
    """Lets the peer hear a quiet noise instead of digital silence."""
    pair = Pair(media())
    pair.run(50)
    sent = [decode_ulaw(data[12:]) for data in pair.wire if data[1] & 0x7F == 0]
    assert len(sent) >= 49
    assert all(map(any, sent))
    assert not any(map(loud, sent))


def test_a_protected_stream_uses_each_key_for_its_direction() -> None:
    """Encrypts by ours, decrypts by theirs, and takes nothing plain."""
    ours, theirs = sip.Crypto(SUITE, bytes(range(30))), sip.Crypto(SUITE, bytes(range(30, 60)))
    agreed = media(sending=ours, receiving=theirs)
    pair = Pair(agreed, protection=rtp.Protection(SUITE, theirs.key, ours.key))
    pair.run(50, say=tone(0.02), answer=tone(0.02))
    assert sum(map(loud, pair.heard)) > 40
    assert pair.peer.statistics.received >= 48
    plain = Pair(agreed)
    plain.run(50, say=tone(0.02))
    assert not any(map(loud, plain.heard))
    assert plain.stream.media is not None
    assert plain.stream.media.statistics.received == 0


def test_what_is_agreed_to_be_plain_again_is_plain() -> None:
    """Begins another stream where a re-INVITE ends encryption, which policy has allowed."""
    keys = {"sending": sip.Crypto(SUITE, bytes(30)), "receiving": sip.Crypto(SUITE, bytes(30))}
    pair = Pair(media(**keys))
    pair.run(5, say=tone(0.02))
    pair.stream.agree(media(), pair.now)
    pair.run(20, say=tone(0.02))
    assert any(map(loud, pair.heard))


def test_reports_go_where_the_peer_wants_them() -> None:
    """Sends RTCP to the port of `a=rtcp`, else one above, or to the same where both share it."""
    for agreed, port in (
        (media(control_host="10.0.0.9", control_port=4077), 4077),
        (media(), 4001),
        (media(mux=True, control_host="10.0.0.9", control_port=4000), 4000),
    ):
        pair = Pair(agreed)
        pair.stream.close(pair.now)
        (report,) = pair.stream.packets()
        assert report.to == ("10.0.0.9", port)
        assert report.control is not agreed.mux


def test_keys_come_by_telephone_events_and_info_is_their_echo() -> None:
    """Hears an event once, and no INFO after it."""
    pair = Pair(media())
    pair.run(10)
    pair.peer.send_dtmf("5", pair.now)
    pair.run(20)
    assert pair.keys == "5"
    assert not pair.stream.told_key("5", pair.now)


def test_tones_are_listened_for_where_nothing_better_is_agreed() -> None:
    """Detects keys in the audio without telephone events, until INFO has been seen."""
    pair = Pair(media(dtmf_payload_type=None))
    pair.run(20)
    pair.peer.send_tones("5", pair.now)
    pair.run(40)
    assert pair.keys == "5"
    pair.run(100)
    assert pair.stream.told_key("7", pair.now)
    pair.peer.send_tones("7", pair.now)
    pair.run(40)
    assert pair.keys == "5"


def test_keys_are_pressed_the_way_the_peer_takes_them() -> None:
    """Uses events, else tones, and leaves INFO to the caller for a peer that uses it itself."""
    pair = Pair(media())
    assert pair.stream.press("3", pair.now)
    pair.run(20)
    assert any(data[1] & 0x7F == 101 for data in pair.wire)
    plain = Pair(media(dtmf_payload_type=None))
    assert plain.stream.press("3", plain.now)
    plain.stream.told_key("1", plain.now)
    assert not plain.stream.press("3", plain.now)


def test_hold_and_silence_are_told_apart() -> None:
    """Knows whether we may send, and whether the peer does."""
    pair = Pair(media())
    assert not pair.stream.held
    pair.stream.agree(media(direction=Direction.RECVONLY), pair.now)
    assert (pair.stream.held, pair.stream.silenced) == (True, False)
    pair.stream.agree(media(direction=Direction.INACTIVE), pair.now)
    assert (pair.stream.held, pair.stream.silenced) == (True, True)
    before = len(pair.wire)
    pair.run(20)
    assert len(pair.wire) == before
    pair.stream.agree(media(codec="PCMA", payload_type=8), pair.now)
    pair.run(20)
    assert pair.wire[-1][1] & 0x7F == 8
    assert pair.stream.codec == "PCMA"


def test_a_stream_that_begins_on_hold_sends_nothing() -> None:
    """Obeys the direction of the very first agreement."""
    pair = Pair(media(direction=Direction.RECVONLY))
    pair.run(20)
    assert not pair.wire


def test_how_long_nothing_came_is_counted_from_the_last_packet() -> None:
    """Starts at the agreement, then at each packet."""
    pair = Pair(media())
    assert pair.stream.quiet(pair.now + 3) == 3
    pair.run(10)
    assert pair.stream.quiet(pair.now) < 0.05


def test_a_codec_that_is_not_there_is_refused() -> None:
    """Raises the media core's own error."""
    with pytest.raises(rtp.LocalError):
        Pair(media(codec="SILK"))


def test_all_that_the_peer_may_send_is_heard() -> None:
    """Understands each codec it answered with, and keys under the number that we offered."""
    agreed = media(
        codec="G722", payload_type=9, dtmf_payload_type=97,
        receivable=((9, "G722"), (0, "PCMU")), receivable_dtmf=101,
    )  # fmt: skip
    pair = Pair(agreed, codec="PCMU", payload_type=0, dtmf_payload_type=101)
    pair.run(50, say=tone(0.02))
    assert sum(map(loud, pair.heard)) > 40
    pair.peer.send_dtmf("7", pair.now)
    pair.run(20)
    assert pair.keys == "7"
    pair.stream.agree(media(receivable=((0, "PCMU"), (8, "PCMA"))), pair.now)
    other = Pair(agreed, codec="PCMA", payload_type=8, ssrc=2)
    pair.peer, pair.heard = other.peer, []
    pair.now += 2.0
    pair.run(50, say=tone(0.02))
    assert sum(map(loud, pair.heard)) > 40
