"""A peer that uses all that it answered with: other codecs and numbers by packet, no re-INVITE."""

import pytest

from appliance.audio.codecs import DESCRIPTIONS, available, make
from appliance.audio.pcm import level_dbfs
from appliance.audio.tones import sine
from appliance.rtp import KeyPressed
from appliance.rtp.dtmf import TelephoneEvent
from appliance.rtp.packet import RtpPacket

OPUS = "opus" in available()
NUMBERS = {"PCMA": 8, "PCMU": 0, "G722": 9} | ({"opus": 107} if OPUS else {})
ALL = {"receivable": tuple((number, name) for name, number in NUMBERS.items())}
ROUND = [*NUMBERS, *reversed(NUMBERS)]
SECOND = 50  # frames


class Speaker:
    """Encodes one long tone, a packet each 20 ms, in whatever codec; its time never stops."""

    def __init__(self, restamp=0):
        self.coders = {name: make(name) for name in NUMBERS}
        self.pcm = sine(400, 0.02 * SECOND * (len(ROUND) + 1), -15)
        self.restamp = restamp  # added to the timestamp where the clock changes
        self.sent, self.timestamp, self.clock = 0, 0xFFFF0000, 8000

    def packet(self, name, number=None):
        clock = DESCRIPTIONS[name].clock
        if clock != self.clock:
            self.clock, self.timestamp = clock, self.timestamp + self.restamp
        payload = self.coders[name].encode(self.pcm[320 * self.sent :][:320])
        kind = NUMBERS[name] if number is None else number
        made = RtpPacket(
            kind, (65500 + self.sent) & 0xFFFF, self.timestamp & 0xFFFFFFFF, 9, payload
        )
        self.sent += 1
        self.timestamp += clock // 50
        return bytes(made)


def listen(session, names, phase=0.005, delays=(0.0,), restamp=0, lost=()):
    """The frames that a session hears of a peer that sends in these codecs, and the session."""
    hears, speaker = session("b", "PCMA", **ALL), Speaker(restamp)
    flight = []
    for n, name in enumerate(names):
        data = speaker.packet(name)
        if n not in lost:
            flight.append((0.02 * n + delays[n % len(delays)], data))
    flight.sort(key=lambda packet: packet[0])
    frames = []
    for n in range(len(names) + 5):
        now = 0.02 * n + phase
        while flight and flight[0][0] <= now:
            at, data = flight.pop(0)
            hears.receive(data, ("a", 4000), at)
        frames.append(hears.pull(now))
    return frames, hears


def body(frames):
    """From the first that is heard to where the last packets are played."""
    first = next(n for n, frame in enumerate(frames) if not frame.silent)
    return frames[first : len(frames) - 10]


@pytest.mark.parametrize("restamp", [0, 123_456_789])
@pytest.mark.parametrize("phase", [0.0005, 0.01, 0.0195])
@pytest.mark.parametrize("delays", [(0.0,), (0.0, 0.007, 0.015, 0.002)])
def test_every_change_of_codec_by_packet_is_heard_without_a_gap(session, restamp, phase, delays):
    """PCMA, PCMU, G.722, Opus and back: nothing missing, made up, or moved in time."""
    names = [name for name in ROUND for _ in range(SECOND)]
    frames, hears = listen(session, names, phase, delays, restamp)
    heard = body(frames)
    assert not any(frame.silent or frame.concealed for frame in heard)
    # G.722 and Opus begin with their delays: one frame that fades in each time.
    assert sum(level_dbfs(frame.pcm) < -17 for frame in heard) <= 4
    statistics = hears.statistics
    assert (statistics.ignored, statistics.late, statistics.lost) == (0, 0, 0)
    assert statistics.delay_ms < 40


def test_a_loss_where_the_codec_changes_is_one_frame_made_up(session):
    """What comes after it is not moved, so that nothing else is bent to make room."""
    names = [name for name in ROUND for _ in range(SECOND)]
    lost = range(SECOND, len(names), SECOND)  # the first packet in each codec
    frames, hears = listen(session, names, lost=lost)
    whole = listen(session, names)[1]
    made_up = hears.statistics.concealed - whole.statistics.concealed
    assert made_up == hears.statistics.lost == len(lost)
    assert not any(frame.silent for frame in body(frames))
    assert hears.delay == pytest.approx(whole.delay, abs=0.001)


@pytest.mark.skipif(not OPUS, reason="no libopus on this machine")
def test_a_codec_of_another_clock_after_a_pause_is_heard_at_once(session):
    """Nothing tells how long the pause was: its first packet is taken to be in time."""
    hears, speaker = session("b", "PCMA", **ALL), Speaker()
    frames = []
    for n in range(150):
        if n < 50 or n >= 90:
            data = speaker.packet("PCMA" if n < 50 else "opus")
            hears.receive(data, ("a", 4000), 0.02 * n)
        frames.append(hears.pull(0.02 * n + 0.005))
    assert all(frame.silent for frame in frames[60:90])
    assert not any(frame.silent for frame in frames[93:])
    assert hears.statistics.late == 0


def test_our_number_and_the_peers_are_both_heard(session):
    """It should send Opus under what we offered; some send it under what they answered."""
    name = "opus" if OPUS else "G722"
    hears, speaker = session("b", name, payload_type=96, receivable=((107, name),)), Speaker()
    frames = []
    for n in range(100):
        data = speaker.packet(name, 107 if n < 50 else 96)
        hears.receive(data, ("a", 4000), 0.02 * n)
        frames.append(hears.pull(0.02 * n + 0.005))
    assert not any(frame.silent or frame.concealed for frame in frames[5:])
    hears.send(bytes(320), 2.0)
    (packet,) = hears.outgoing()
    assert RtpPacket.parse(packet.data).payload_type == 96


def test_what_nobody_agreed_to_is_ignored(session):
    """Counted, and not heard."""
    hears, speaker = session("b", "PCMA", receivable=((8, "PCMA"), (0, "PCMU"))), Speaker()
    for n in range(20):
        hears.receive(speaker.packet("G722"), ("a", 4000), 0.02 * n)
        assert hears.pull(0.02 * n + 0.005).silent
    assert hears.statistics.ignored == 20
    assert hears.statistics.received == 0


def test_keys_under_our_number_and_under_the_peers_are_told_once(session):
    """We send keys under theirs only."""
    hears = session("b", dtmf_payload_type=97, receivable_dtmf=110)
    for n, (kind, key) in enumerate([(110, 5), (110, 5), (97, 6), (98, 7)]):
        payload = bytes(TelephoneEvent(key, n != 0, 10, 800))
        hears.receive(bytes(RtpPacket(kind, n, 1000 * key, 9, payload)), ("a", 4000), 0.02 * n)
    assert hears.events() == [KeyPressed("5", 0.1), KeyPressed("6", 0.1)]
    assert hears.statistics.ignored == 1
    hears.send_dtmf("1", 1.0)
    hears.send(None, 1.0)
    assert RtpPacket.parse(hears.outgoing()[0].data).payload_type == 97


def test_a_change_takes_away_what_may_be_received(session):
    """A re-INVITE to one codec: the others are understood until it is used, then no more."""
    hears, speaker = session("b", "PCMA", **ALL), Speaker()
    hears.receive(speaker.packet("PCMU"), ("a", 4000), 0.0)
    hears.change(
        remote=("a", 4000), codec="PCMA", payload_type=8, dtmf_payload_type=None,
        receivable=((8, "PCMA"),),
    )  # fmt: skip
    hears.receive(speaker.packet("PCMU"), ("a", 4000), 0.02)
    assert hears.statistics.ignored == 0
    for n in range(20):
        hears.receive(speaker.packet("PCMA"), ("a", 4000), 0.04 + 0.02 * n)
    hears.receive(speaker.packet("PCMU"), ("a", 4000), 0.5)
    assert hears.statistics.ignored == 1


def test_audio_in_a_codec_given_up_is_no_key_of_another_source(session):
    """A new source never had the old codec: its bytes are not read as telephone events."""
    hears = session("b", "PCMU")
    hears.receive(bytes(RtpPacket(0, 1, 160, 9, bytes(160))), ("a", 4000), 0.0)
    hears.change(remote=("a", 4000), codec="PCMA", payload_type=8, dtmf_payload_type=101)
    hears.receive(bytes(RtpPacket(0, 1, 160, 10, b"\x05\x80" * 80)), ("a", 4000), 0.02)
    assert [event for event in hears.events() if isinstance(event, KeyPressed)] == []
