"""Two media sessions against each other over a network that misbehaves, in virtual time."""

import itertools
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.audio.g711 import CODECS
from appliance.audio.pcm import level_dbfs
from appliance.rtp import (
    Frame,
    KeyPressed,
    LocalError,
    MediaPacket,
    MediaSession,
    PeerLeft,
    SourceChanged,
)
from appliance.rtp.packet import RtpPacket
from appliance.rtp.rtcp import Goodbye, ReceiverReport, SenderReport, compound, parse_compound

CAPTURES = Path(__file__).parent / "captures"
HOLD = {"codec": "PCMU", "payload_type": 0, "dtmf_payload_type": 101}


def speak(frames):
    """Sends these frames, then nothing."""
    return lambda n: frames[n] if n < len(frames) else None


def rtp(index, *, ssrc=9, kind=0, payload=b"\x10" * 160):
    return bytes(RtpPacket(kind, index & 0xFFFF, 160 * index & 0xFFFFFFFF, ssrc, payload))


def exact(sent, frames):
    """Checks every frame that is not concealed against what was sent; returns their places."""
    place = {frame: n for n, frame in enumerate(sent)}
    places = [place[f.pcm] for f in frames if not (f.concealed or f.silent)]
    assert places == sorted(places)
    return places


# ---- audio over the link


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
@pytest.mark.parametrize("ptime", [10, 20, 30, 40, 60])
def test_audio_arrives_bit_for_bit_at_any_packet_length(link, noise, codec, ptime):
    """Nothing lost: what is heard is what was said, in packets of the length agreed."""
    sent = noise(300, codec)
    run = link(codec, a={"ptime": ptime}).run(7, a=speak(sent))
    frames = run.frames["b"]
    first = next(n for n, f in enumerate(frames) if not f.silent)
    heard = frames[first : first + 300]
    assert b"".join(f.pcm for f in heard) == b"".join(sent)
    assert not any(f.concealed for f in heard)
    packets = [
        RtpPacket.parse(p.data) for _, side, p in run.packets if side == "a" and not p.control
    ]
    assert {len(p.payload) for p in packets[:-1]} == {8 * ptime}
    assert [p.marker for p in packets] == [True] + [False] * (len(packets) - 1)
    steps = {
        ((b.sequence - a.sequence) & 0xFFFF, (b.timestamp - a.timestamp) & 0xFFFFFFFF)
        for a, b in itertools.pairwise(packets)
    }
    assert steps == {(1, 8 * ptime)}


@pytest.mark.parametrize(
    "network",
    [
        {"loss": 0.05},
        {"jitter": 0.06},
        {"loss": 0.05, "jitter": 0.06, "duplicate": 0.1},
        {"loss": 0.2, "jitter": 0.12, "duplicate": 0.3},
    ],
    ids=str,
)
@pytest.mark.parametrize("seed", [1, 2])
def test_frames_are_bit_exact_except_where_concealed(link, noise, network, seed):
    """Loss, reordering and duplicates spoil no frame but those that say so."""
    sent = noise(3000, seed=seed)
    run = link(seed=seed, **network).run(62, a=speak(sent))
    frames = run.frames["b"]
    places = exact(sent, frames)
    lost = network.get("loss", 0)
    # A lost frame spoils itself and the start of the next.
    assert len(places) > 3000 * (1 - 2 * lost) - 200
    statistics = run.sessions["b"].statistics
    gone = 3000 - (statistics.received - statistics.duplicates)
    assert statistics.lost == pytest.approx(gone, abs=3)  # first and last ones are missed unseen
    assert statistics.lost <= 3000 * lost * 1.2 + 3
    assert statistics.concealed <= statistics.lost + statistics.late + 60
    assert statistics.delay_ms < 200


def test_a_burst_of_losses_is_concealed_and_left_without_trace(link, noise):
    """Ten packets in a row are lost: 60 ms are made up, silence, then bit-exact audio again."""
    sent = noise(200)
    dead = range(100, 110)
    start = 65500

    def burst(packet, side, now):
        number = (RtpPacket.parse(packet.data).sequence - start) & 0xFFFF
        return None if not packet.control and side == "a" and number in dead else 0.0

    frames = link(hook=burst).run(4.2, a=speak(sent)).frames["b"]
    first = next(n for n, f in enumerate(frames) if not f.silent)
    kinds = [(f.concealed, f.silent) for f in frames[first : first + 200]]
    assert kinds[:100] == [(False, False)] * 100
    assert kinds[100:103] == [(True, False)] * 3
    assert kinds[103:110] == [(False, True)] * 7
    assert kinds[110] == (True, False)
    assert kinds[111:] == [(False, False)] * 89
    assert [f.pcm for f in frames[first + 111 : first + 200]] == sent[111:200]


@pytest.mark.parametrize("ppm", [200, -200])
def test_clocks_that_differ_do_not_add_up(link, noise, ppm):
    """Ten minutes with clocks 200 ppm apart: the delay stays, with a retiming now and then."""
    sent = noise(500)
    run = link(skew={"a": ppm}, jitter=0.01)
    delays = []
    for _ in range(20):
        run.run(30, a=lambda n: sent[n % 500])
        delays.append(run.sessions["b"].statistics.delay_ms)
    assert max(delays) < 110
    assert run.sessions["b"].statistics.late <= 10
    retimed = sum(f.concealed for f in run.frames["b"])
    assert retimed <= 30  # 120 ms of difference are six frames
    assert sum(f.silent for f in run.frames["b"]) <= 5


def test_silence_is_not_sent_and_not_a_loss(link, noise):
    """To send None sends no packet; the next one has the marker and a timestamp in real time."""
    sent = noise(100)
    pattern = [n if n % 50 < 20 else None for n in range(100)]
    run = link().run(2.5, a=lambda n: sent[n] if n < 100 and pattern[n] is not None else None)
    packets = [
        RtpPacket.parse(p.data) for _, side, p in run.packets if side == "a" and not p.control
    ]
    assert len(packets) == 40
    assert [n for n, p in enumerate(packets) if p.marker] == [0, 20]
    assert (packets[20].timestamp - packets[0].timestamp) & 0xFFFFFFFF == 50 * 160
    assert (packets[20].sequence - packets[0].sequence) & 0xFFFF == 20
    frames = run.frames["b"]
    places = exact(sent, frames)
    assert places == [n for n in pattern if n is not None][: len(places)]
    assert len(places) >= 39
    assert run.sessions["b"].statistics.lost == 0


def test_comfort_noise_is_silence_in_time(session):
    """Payload type 13 (RFC 3389) is accepted, is no audio and no loss."""
    hears = session("b")
    frames = []
    for n in range(60):
        kind, payload = (13, b"\x40") if 20 <= n < 30 else (0, b"\x10" * 160)
        if not 21 <= n < 30:
            sequence = n if n < 21 else n - 9
            data = bytes(RtpPacket(kind, sequence, 160 * n, 9, payload))
            hears.receive(data, ("a", 4000), 0.02 * n)
        frames.append(hears.pull(0.02 * n + 0.001))
    kinds = Counter((f.concealed, f.silent) for f in frames)
    assert hears.statistics.lost == hears.statistics.ignored == 0
    assert kinds[False, True] >= 10
    assert kinds[True, False] == 0
    assert hears.statistics.concealed == 0


def test_a_loss_at_the_end_of_a_talk_is_faded_out(session):
    """What was made up before a silence ends without a click, and the frame says so."""
    hears = session("b")
    frames = []
    for n in range(24):
        if n < 20 and n != 18:
            kind, payload = (13, b"\x40") if n == 19 else (0, bytes(range(160)))
            data = bytes(RtpPacket(kind, n, 160 * n, 9, payload))
            hears.receive(data, ("a", 4000), 0.02 * n)
        frames.append(hears.pull(0.02 * n + 0.001))
    kinds = [(f.concealed, f.silent) for f in frames]
    end = kinds.index((True, False))
    assert frames[end - 1].pcm == CODECS["PCMU"].decode(bytes(range(160)))
    fading = [f.pcm for f in frames[end:]]
    assert any(fading[0])
    assert -70 < level_dbfs(fading[-1]) < -58  # the comfort noise of -64 dBov that follows
    assert kinds[-1] == (False, True)


# ---- key presses


@pytest.mark.parametrize("seed", range(5))
def test_digits_arrive_exactly_with_a_fifth_lost(link, noise, seed):
    """20 % loss, jitter and duplicates: each key is told once, in order, amid audio."""
    digits = "1123580000*#AD" * 2
    sent = noise(100)
    run = link(loss=0.2, jitter=0.05, duplicate=0.1, seed=seed)
    run.run(1, a=lambda n: sent[n % 100])
    run.sessions["a"].send_dtmf(digits, run.now)
    run.run(8, a=lambda n: sent[n % 100])
    keys = [event.digit for side, event in run.events if isinstance(event, KeyPressed)]
    assert "".join(keys) == digits


def test_keys_take_the_place_of_audio_and_keep_its_time(link, noise):
    """While a key plays no audio is sent; audio goes on with marker and running timestamp."""
    sent = noise(100)
    run = link()
    run.sessions["a"].send_dtmf("5", 0.0)
    run.run(2.5, a=speak(sent))
    packets = [
        RtpPacket.parse(p.data) for _, side, p in run.packets if side == "a" and not p.control
    ]
    assert [p.payload_type for p in packets[:8]] == [101] * 7 + [0]
    assert packets[7].marker
    assert (packets[7].timestamp - packets[0].timestamp) & 0xFFFFFFFF == 1600
    assert run.events == [("b", KeyPressed("5", 0.1))]
    frames = [f for f in run.frames["b"] if not f.silent]
    assert [f.pcm for f in frames if not f.concealed][:90] == sent[10:100]
    assert run.sessions["b"].statistics.concealed == 3  # when the talk ends unannounced


def test_keys_nobody_can_hear_are_refused(session):
    """For what is no key send_dtmf raises LocalError, as events and as tones."""
    for agreed in (101, None):
        with pytest.raises(LocalError, match="'!' is no telephone key"):
            session("a", dtmf_payload_type=agreed).send_dtmf("1!", 0.0)


# ---- RTCP between the two


def test_reports_tell_loss_and_round_trip(link, noise):
    """Over a link of 40 ms each way that loses 10 %, both figures are right, seen by both."""
    sent = noise(100)
    talk = {side: lambda n: sent[n % 100] for side in "ab"}
    run = link(delay=0.04, loss=0.1).run(60, **talk)
    for side in "ab":
        statistics = run.sessions[side].statistics
        assert statistics.round_trip_ms == pytest.approx(80, abs=1)
        assert statistics.remote_loss == pytest.approx(0.1, abs=0.08)
        assert statistics.lost / statistics.sent == pytest.approx(0.1, abs=0.02)
    control = [(now, p) for now, side, p in run.packets if side == "a" and p.control]
    assert 8 <= len(control) <= 25
    assert {p.to for _, p in control} == {("b", 4001)}
    report = parse_compound(control[-1][1].data)[0]
    assert isinstance(report, SenderReport)
    media = [
        p for now, side, p in run.packets if side == "a" and not p.control and now < control[-1][0]
    ]
    # Our own frame of this beat may stand on either side of the report.
    assert abs(report.packets - len(media)) <= 1
    assert report.octets == 160 * report.packets


def test_who_only_listens_sends_receiver_reports(link, noise):
    """The silent side says what it received; its jitter is that of the link."""
    sent = noise(100)
    run = link(jitter=0.04).run(20, a=lambda n: sent[n % 100])
    reports = [parse_compound(p.data)[0] for _, side, p in run.packets if side == "b" and p.control]
    assert reports
    assert all(isinstance(report, ReceiverReport) for report in reports)
    assert reports[-1].blocks[0].jitter == pytest.approx(8 * 40 / 3, rel=0.4)
    assert run.sessions["b"].statistics.jitter_ms == pytest.approx(40 / 3, rel=0.4)


def test_multiplexed_rtcp_is_answered_on_the_same_port(session):
    """RTCP on the RTP port (RFC 5761) is read, and from then on ours goes there too."""
    one = session("a")
    one.receive(bytes(ReceiverReport(9)), ("b", 4000), 0.1)
    one.tick(one.deadline())
    (packet,) = one.outgoing()
    assert (packet.to, packet.control) == (("b", 4000), False)
    assert 192 <= packet.data[1] <= 223


def test_rtcp_goes_to_where_the_peers_comes_from(session):
    """The port of the peer's RTCP is kept until the peer moves."""
    one = session("a")
    one.receive_control(bytes(ReceiverReport(9)), ("b", 7777), 0.1)
    one.tick(one.deadline())
    assert [p.to for p in one.outgoing()] == [("b", 7777)]
    one.change(remote=("c", 5000), **HOLD)
    one.tick(one.deadline())
    assert [p.to for p in one.outgoing()] == [("c", 5001)]


def test_bye_ends_the_peers_stream(link, noise):
    """To close is to say BYE; the peer is told once and hears no straggler, and we send no more."""
    sent = noise(50)
    run = link().run(1, a=speak(sent))
    run.sessions["a"].close(run.now)
    run.sessions["a"].close(run.now)
    run.run(0.2, a=lambda n: sent[0])
    assert run.events == [("b", PeerLeft(""))]
    assert run.sessions["a"].deadline() is None
    hears = run.sessions["b"]
    before = hears.statistics
    hears.receive(rtp(1, ssrc=0xAAAA0001), ("a", 4000), run.now)
    assert hears.statistics.received == before.received
    assert hears.statistics.ignored == before.ignored + 1
    last = [p for _, side, p in run.packets if side == "a"][-1]
    assert isinstance(parse_compound(last.data)[-1], Goodbye)


def test_a_bye_from_elsewhere_or_of_another_is_nothing(session):
    """Only the peer's host can say BYE, and only of the source we hear."""
    one = session("a")
    one.receive(rtp(0), ("b", 4000), 0.0)
    for ssrc, host in ((9, "evil"), (8, "b")):
        data = compound(ReceiverReport(ssrc), Goodbye((ssrc,)))
        one.receive_control(data, (host, 4001), 0.1)
    assert one.events() == []


def test_a_bye_that_comes_twice_is_told_once(session):
    """Until another source has been heard."""
    one = session("a")
    for ssrc in (9, 10):
        one.receive(rtp(0, ssrc=ssrc), ("b", 4000), 0.0)
        data = compound(ReceiverReport(ssrc), Goodbye((ssrc,), "done"))
        one.receive_control(data, ("b", 4001), 0.1)
        one.receive_control(data, ("b", 4001), 0.1)
        assert one.events() == [PeerLeft("done")]


# ---- whom we hear and where we send


def test_the_first_valid_packet_latches(session):
    """Our audio goes to where theirs comes from, not to what SDP said."""
    one = session("a")
    one.receive(b"\x80\x55" + bytes(170), ("evil", 1), 0.0)
    one.receive(rtp(0), ("nat", 9000), 0.0)
    one.send(bytes(320), 0.0)
    assert one.events() == [SourceChanged(("nat", 9000))]
    assert [p.to for p in one.outgoing()] == [("nat", 9000)]


def test_another_source_takes_over_only_after_a_second_of_quiet(session):
    """An intruder is ignored while the peer is heard; after 1 s of quiet it is the peer."""
    one = session("a")
    one.receive(rtp(0), ("b", 4000), 0.0)
    one.receive(rtp(0, ssrc=8), ("c", 4000), 0.99)
    assert one.statistics.ignored == 1
    one.receive(rtp(1, ssrc=8), ("c", 4000), 1.0)
    assert one.statistics.ignored == 1
    assert one.events() == [SourceChanged(("c", 4000))]


def test_the_quiet_time_can_be_set(session):
    """With quiet=3 it waits for three seconds."""
    one = session("a", quiet=3.0)
    one.receive(rtp(0), ("b", 4000), 0.0)
    one.receive(rtp(0, ssrc=8), ("c", 4000), 2.9)
    assert one.statistics.ignored == 1


def test_the_same_source_may_move_at_once(session):
    """The same SSRC from another port is a NAT that has rebound."""
    one = session("a")
    one.receive(rtp(0), ("b", 4000), 0.0)
    one.receive(rtp(1), ("b", 4444), 0.02)
    assert one.events() == [SourceChanged(("b", 4444))]
    assert one.statistics.received == 2


def test_the_negotiated_address_takes_over_from_an_early_stranger(session):
    """Who latched first keeps nothing against the address that SDP named."""
    one = session("a")
    one.receive(rtp(0, ssrc=8), ("evil", 1), 0.0)
    one.receive(rtp(0, ssrc=9), ("b", 4000), 0.02)
    assert [event.source for event in one.events()] == [("evil", 1), ("b", 4000)]


@pytest.mark.parametrize("first", [40000, 7])
def test_a_new_source_at_the_same_address_follows_at_once(session, first):
    """A changed SSRC (transfer, music on hold) is heard from its first packet, stragglers not."""
    hears = session("b")
    frames = []
    for n in range(60):
        now = 0.02 * n
        if n < 30:
            hears.receive(rtp(n + 7), ("a", 4000), now)
        else:
            hears.receive(rtp(n - 30 + first, ssrc=10, payload=b"\x22" * 160), ("a", 4000), now)
        if n == 31:
            hears.receive(rtp(30 + 7), ("a", 4000), now)
        frames.append(hears.pull(now + 0.001))
    statistics = hears.statistics
    assert (statistics.received, statistics.lost, statistics.ignored) == (60, 0, 1)
    decode = CODECS["PCMU"].decode
    heard = [f.pcm for f in frames if not f.silent]
    old, new = decode(b"\x10" * 160), decode(b"\x22" * 160)
    assert heard == [old] * 30 + [new] * (len(heard) - 30)
    assert not any(f.concealed for f in frames)


def test_a_new_source_may_press_keys_on_an_older_time_line(session):
    """Timestamps of the source before do not make its keys stragglers."""
    hears = session("b")
    end = bytes((5, 0x8A, 3, 0x20))
    hears.receive(rtp(5000, kind=101, payload=end), ("a", 4000), 0.0)
    hears.receive(rtp(5, ssrc=10, kind=101, payload=end), ("a", 4000), 0.3)
    assert hears.events() == [KeyPressed("5", 0.1)] * 2


def test_a_sender_that_restarts_its_numbers_is_followed(session):
    """Two packets of a new sequence are a restart, and lose only the first."""
    hears = session("b")
    for n in range(20):
        hears.receive(rtp(n), ("a", 4000), 0.02 * n)
    for n in range(30000, 30020):
        hears.receive(rtp(n), ("a", 4000), 0.02 * n)
    assert hears.statistics.received == 39
    assert hears.statistics.lost == 0


@pytest.mark.parametrize("remote", [("b", 0), ("0.0.0.0", 4000), ("", 4000)])
def test_nothing_is_sent_to_nowhere(session, remote):
    """Port 0 and the hold address get no RTP, no RTCP, no BYE, even when the peer is heard."""
    one = session("a", remote=remote)
    one.receive(rtp(0), ("b", 4000), 0.0)
    one.send(bytes(320), 0.0)
    one.tick(10.0)
    one.close(11.0)
    assert one.outgoing() == []


def test_hold_is_honoured_both_ways(link, noise):
    """Not sending: no RTP leaves, but RTCP does; not receiving: silence is heard; then back."""
    sent = noise(500)
    run = link().run(2, a=speak(sent))
    run.sessions["a"].change(remote=("b", 4000), receiving=True, sending=False, **HOLD)
    run.sessions["b"].change(remote=("a", 4000), receiving=False, sending=True, **HOLD)
    mark = len(run.packets)
    run.run(3, a=speak(sent))
    media = [p for _, side, p in run.packets[mark:] if side == "a" and not p.control]
    assert media == []
    assert {(f.concealed, f.silent) for f in run.frames["b"][101:]} == {(False, True)}
    for side, other in ("ab", "ba"):
        run.sessions[side].change(remote=(other, 4000), **HOLD)
    run.run(3, a=speak(sent))
    media = [
        RtpPacket.parse(p.data)
        for _, side, p in run.packets[mark:]
        if side == "a" and not p.control
    ]
    assert media[0].marker
    assert exact(sent, run.frames["b"])[-1] >= 390


def test_audio_that_comes_while_on_hold_is_not_heard_later(session):
    """What arrives while not receiving is dropped, yet shows that the peer lives."""
    one = session("a")
    one.change(remote=("b", 4000), receiving=False, **HOLD)
    for n in range(10):
        one.receive(rtp(n), ("b", 4000), 0.02 * n)
    assert one.statistics.last_received == one.last_received == pytest.approx(0.18)
    one.change(remote=("b", 4000), **HOLD)
    assert one.pull(0.3).silent


def test_the_codec_can_change_in_the_middle(link, noise):
    """A re-INVITE to A-law: new packets are A-law at once, old ones are heard until theirs are."""
    one = link().sessions["a"]
    one.send(noise(1)[0], 0.0)
    one.change(remote=("b", 4000), codec="PCMA", payload_type=8, dtmf_payload_type=96)
    frame = noise(1, "PCMA")[0]
    one.send(frame, 0.02)
    first, second = [RtpPacket.parse(p.data) for p in one.outgoing()]
    assert (first.payload_type, second.payload_type) == (0, 8)
    assert CODECS["PCMA"].decode(second.payload) == frame
    one.receive(rtp(0), ("b", 4000), 0.1)
    one.receive(rtp(2, kind=8), ("b", 4000), 0.12)
    one.receive(rtp(1), ("b", 4000), 0.13)  # overtaken
    assert (one.statistics.received, one.statistics.ignored) == (3, 0)
    one.receive(rtp(3, kind=8), ("b", 4000), 0.32)
    one.receive(rtp(4), ("b", 4000), 0.34)
    assert (one.statistics.received, one.statistics.ignored) == (4, 1)


# ---- our mistakes and theirs


def test_our_mistakes_raise(session):
    """An unknown codec and a frame of another length are LocalError."""
    with pytest.raises(LocalError, match="PCMU, PCMA, G722"):
        session("a").change(remote=("b", 1), codec="OPUS", payload_type=96, dtmf_payload_type=None)
    with pytest.raises(LocalError, match="320"):
        session("a").send(bytes(318), 0.0)


def test_the_last_part_of_a_packet_is_not_kept_back(session):
    """Half a 40 ms packet leaves when there is nothing more to say."""
    one = session("a", ptime=40)
    one.send(bytes(320), 0.0)
    assert one.outgoing() == []
    one.send(None, 0.02)
    (packet,) = one.outgoing()
    assert isinstance(packet, MediaPacket)
    assert len(RtpPacket.parse(packet.data).payload) == 160


def test_payloads_longer_than_200_ms_are_ignored(session):
    """Nobody sends them, and they would fill the buffer."""
    one = session("a")
    one.receive(rtp(0, payload=bytes(1601)), ("b", 4000), 0.0)
    assert (one.statistics.received, one.statistics.ignored) == (0, 1)


@pytest.mark.parametrize("path", sorted(CAPTURES.glob("*.bin")), ids=lambda path: path.stem)
def test_captured_datagrams_are_heard_or_ignored(session, path):
    """Each capture on either port, whole or truncated, raises nothing and is counted."""
    one = session("a")
    one.receive(path.read_bytes(), ("b", 4000), 0.0)
    one.receive_control(path.read_bytes(), ("b", 4001), 0.0)
    assert isinstance(one.pull(0.01), Frame)
    damaged = any(word in path.stem for word in ("truncated_h", "padding", "version", "empty"))
    # rtp_full is A-law, which was not agreed.
    ignored = one.statistics.ignored
    assert ignored == 2 if damaged or path.stem == "rtp_full" else ignored <= 2
    assert one.statistics.received == (
        path.stem in {"rtp_pcmu", "rtp_dtmf_end", "rtp_comfort_noise"}
    )


PARTS = st.one_of(
    st.binary(max_size=40),
    st.builds(
        lambda kind, sequence, timestamp, ssrc, payload: bytes(
            RtpPacket(kind, sequence, timestamp, ssrc, payload)
        ),
        st.sampled_from([0, 13, 101, 8]),
        st.integers(0, 0xFFFF),
        st.integers(0, 0xFFFFFFFF),
        st.sampled_from([1, 2]),
        st.binary(max_size=500),
    ),
    st.builds(
        lambda kind, body: bytes([0x81, kind, 0, len(body) // 4]) + body,
        st.integers(200, 204),
        st.binary(max_size=60),
    ),
)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.lists(st.tuples(PARTS, st.sampled_from(["a", "b", "c"]), st.floats(0, 2)), max_size=30))
def test_nothing_received_raises_and_frames_stay_whole(arrivals):
    """Any datagrams from anywhere at any time: receive never raises, pull gives 320 bytes."""
    one = MediaSession(
        codec="PCMU", payload_type=0, dtmf_payload_type=101, remote=("b", 4000), ssrc=7,
        sequence=0, timestamp=0, cname="x", now=0.0,
    )  # fmt: skip
    now = 0.0
    for data, host, pause in arrivals:
        now += pause if pause > 0.1 else 0.0
        one.receive(data, (host, 4000), now)
        one.receive_control(data, (host, 4001), now)
        one.tick(now)
        assert len(one.pull(now).pcm) == 320
    one.events()
    for packet in one.outgoing():
        assert packet.data


def test_a_flood_of_random_packets_is_bounded(session):
    """20,000 packets with random numbers of the right source leave a small buffer behind."""
    chance = random.Random(3)
    one = session("a")
    for n in range(20000):
        packet = RtpPacket(0, n & 0xFFFF, chance.getrandbits(32), 9, b"\x10" * 160)
        one.receive(bytes(packet), ("b", 4000), 0.001 * n)
        if n % 20 == 0:
            one.pull(0.001 * n)
    assert len(one._buffer._chunks) <= 128
    assert len(one._buffer._soundless) <= 512
