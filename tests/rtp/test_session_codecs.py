"""Sessions with every codec over a network that misbehaves, in virtual time."""

import itertools
import math
import random
from pathlib import Path

import pytest

from appliance.audio import tones
from appliance.audio.codecs import available
from appliance.audio.opus import carries_fec
from appliance.audio.pcm import level_dbfs, silence, unpack
from appliance.audio.tones import sine
from appliance.rtp import KeyPressed, LocalError
from appliance.rtp.packet import RtpPacket
from appliance.rtp.rtcp import ReceiverReport, parse_compound

CAPTURES = Path(__file__).parent / "captures"
needs_opus = pytest.mark.skipif("opus" not in available(), reason="no libopus on this machine")
CODECS = [
    pytest.param(name, marks=[needs_opus] if name == "opus" else [])
    for name in ("PCMU", "PCMA", "G722", "opus")
]
FEC = {"parameters": "useinbandfec=1"}


def hum(frames, frequency=440, level=-15):
    """Frames of one long tone."""
    pcm = sine(frequency, 0.02 * frames, level)
    return [pcm[320 * n : 320 * (n + 1)] for n in range(frames)]


def speak(frames):
    return lambda n: frames[n] if n < len(frames) else None


def heard(frames):
    """All from the first to the last frame that is not silent."""
    sounding = [n for n, frame in enumerate(frames) if not frame.silent]
    return frames[sounding[0] : sounding[-1] + 1]


def clearness(pcm, frequency):
    """How far (dB) everything else is below this frequency."""
    samples = unpack(pcm).tolist()
    count = len(samples) // 800 * 800
    samples = samples[:count]
    step = 2 * math.pi * frequency / 8000
    real = sum(x * math.cos(step * n) for n, x in enumerate(samples)) * 2 / count
    imaginary = sum(x * math.sin(step * n) for n, x in enumerate(samples)) * 2 / count
    signal = (real**2 + imaginary**2) / 2
    return 10 * math.log10(signal / max(1e-9, sum(x * x for x in samples) / count - signal))


def media(run, side):
    return [
        RtpPacket.parse(p.data)
        for _, s, p in run.packets
        if s == side and not p.control and not 192 <= p.data[1] <= 223
    ]


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("ptime", [10, 20, 30, 40, 60])
def test_a_tone_arrives_through_each_codec_at_each_packet_length(link, codec, ptime):
    """Both ways at once, packets reordered: nothing lost or made up, level and tone kept."""
    sent = {"a": hum(200), "b": hum(200, 1000)}
    run = link(codec, a={"ptime": ptime}, jitter=0.015)
    run.run(5, **{side: speak(frames) for side, frames in sent.items()})
    for side, frequency in (("b", 440), ("a", 1000)):
        frames = heard(run.frames[side])
        pcm = b"".join(frame.pcm for frame in frames)[3200:-3200]
        assert level_dbfs(pcm) == pytest.approx(-15, abs=1)
        assert clearness(pcm, frequency) > 20
        # At the end, unannounced, one loss may be assumed; the buffer may grow once.
        assert sum(frame.concealed for frame in frames) <= 6
        statistics = run.sessions[side].statistics
        assert (statistics.lost, statistics.ignored) == (0, 0)
        assert statistics.jitter_ms < 12  # 10 ms of it are packets that leave in pairs
    clock = 48000 if codec == "opus" else 8000
    packets = media(run, "a")
    length = {30: 20}.get(ptime, ptime) if codec == "opus" else ptime
    gaps = [(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in itertools.pairwise(packets)]
    assert set(gaps[:-1]) == {clock * length // 1000}


@pytest.mark.parametrize("codec", CODECS)
def test_each_codec_survives_loss_disorder_and_duplicates(link, codec):
    """5 % lost, 60 ms jitter, duplicates: the tone stays, its level within 1.5 dB."""
    run = link(codec, a=FEC, b=FEC, loss=0.05, jitter=0.06, duplicate=0.05, seed=4)
    sent = hum(1500)
    run.run(30, a=speak(sent), b=speak(sent))
    for side in "ab":
        frames = heard(run.frames[side])[100:]
        pcm = b"".join(frame.pcm for frame in frames)
        assert level_dbfs(pcm) == pytest.approx(-15, abs=1.5)
        assert clearness(pcm[: 320 * 50], 440) > 3
        statistics = run.sessions[side].statistics
        assert 0.02 < statistics.lost / 1500 < 0.09
        assert 2.0 < statistics.mos < 4.3


@needs_opus
def test_opus_fec_is_sent_when_losses_are_reported_and_used(link):
    """Between peers that can: most single losses are had back, and the score is better for it."""

    def talk(parameters):
        run = link("opus", a=parameters, b=parameters, loss=0.1, seed=3)
        sent = [frame for n in range(30) for frame in hum(50, 200 + 37 * n % 900)]
        run.run(30, a=speak(sent), b=speak(sent))
        return run.sessions["a"].statistics

    without, having = talk({}), talk(FEC)
    assert without.recovered == 0
    assert having.recovered > 0.4 * having.lost > 20
    assert having.concealed < without.concealed
    assert having.mos > without.mos


def test_the_codec_changes_in_mid_stream_without_a_click(link):
    """µ-law to G.722 to A-law under way, each side at another time: one unbroken tone."""
    names = ["PCMU", "G722", "PCMA"] + (["opus"] if "opus" in available() else [])
    kinds = {"PCMU": 0, "PCMA": 8, "G722": 9, "opus": 107}
    sent = hum(50 * len(names), 400)
    run = link("PCMU").run(1, a=speak(sent))
    for name in names[1:]:
        agreed = {"codec": name, "payload_type": kinds[name], "dtmf_payload_type": 101}
        run.sessions["b"].change(remote=("a", 4000), **agreed)
        run.run(0.1, a=speak(sent))  # the answer is on its way
        run.sessions["a"].change(remote=("b", 4000), **agreed)
        run.run(0.9, a=speak(sent))
    assert {p.payload_type for p in media(run, "a")} == {kinds[name] for name in names}
    frames = heard(run.frames["b"])
    statistics = run.sessions["b"].statistics
    assert (statistics.lost, statistics.ignored, statistics.late) == (0, 0, 0)
    body = frames[5:-10]
    assert not any(frame.concealed or frame.silent for frame in body)
    levels = [level_dbfs(frame.pcm) for frame in body]
    # Opus begins with its delay of 6.5 ms: one frame that fades in.
    assert sorted(levels)[2] > -17
    assert max(levels) < -13.5


def test_a_hold_does_not_touch_the_codecs_state(link):
    """A re-INVITE that leaves the codec goes on with the very same G.722 stream."""
    sent = hum(100)
    run = link("G722")
    agreed = {"codec": "G722", "payload_type": 9, "dtmf_payload_type": 101}
    one = run.sessions["a"]
    coder = one._formats.encoder, one._formats.find(9)
    run.run(1, a=speak(sent))
    one.change(remote=("b", 4000), **agreed)
    assert (one._formats.encoder, one._formats.find(9)) == coder
    run.run(1, a=speak(sent))
    assert clearness(b"".join(f.pcm for f in heard(run.frames["b"])[10:90]), 440) > 20


@needs_opus
def test_another_source_starts_with_a_coder_of_its_own(session):
    """After a change of SSRC the new stream decodes as if from its beginning."""

    def stream(ssrc):
        sender = session("b", "opus", ssrc=ssrc, remote=("a", 4000))
        for n, frame in enumerate(hum(30)):
            sender.send(frame, 0.02 * n)
        return [packet.data for packet in sender.outgoing()]

    hears, alone = session("a", "opus"), session("a", "opus")
    for n, data in enumerate(stream(1) + stream(2)):
        hears.receive(data, ("b", 4000), 0.02 * n)
        last = hears.pull(0.02 * n + 0.001)
    for n, data in enumerate(stream(2)):
        alone.receive(data, ("b", 4000), 0.02 * n)
        first = alone.pull(0.02 * n + 0.001)
    assert last.pcm == first.pcm


@pytest.mark.parametrize("codec", CODECS)
def test_a_bad_payload_is_counted_and_never_raises(session, codec):
    """Payloads of nonsense between good ones: ignored or heard, and frames stay whole."""
    hears, says = session("b", codec), session("a", codec)
    for n, frame in enumerate(hum(100)):
        says.send(frame, 0.02 * n)
        for packet in says.outgoing():
            parsed = RtpPacket.parse(packet.data)
            if n % 10 == 5:
                junk = bytes([0x0B, 0xFF, n]) if n % 20 == 5 else b"\xff" * 70
                parsed = RtpPacket(
                    parsed.payload_type, parsed.sequence, parsed.timestamp, parsed.ssrc, junk
                )
            hears.receive(bytes(parsed), ("a", 4000), 0.02 * n)
        assert len(hears.pull(0.02 * n + 0.001).pcm) == 320
    if codec == "opus":
        assert hears.statistics.ignored >= 5


def test_comfort_noise_is_heard_at_its_level_and_ends_with_audio(session):
    """RFC 3389: silent frames carry noise of the level said, on 13 and on a number agreed."""
    hears = session("b", "PCMA", noise_payload_type=98)
    frames = []
    for n in range(70):
        if n < 20 or n >= 50:
            kind, payload, sequence = 8, b"\x80" * 160, n if n < 20 else n - 28
        elif n in {20, 35}:
            kind, payload, sequence = (13, b"\x28\x10", 20) if n == 20 else (98, b"\x3c", 21)
        else:
            kind = None
        if kind is not None:
            data = bytes(RtpPacket(kind, sequence, 160 * n, 9, payload))
            hears.receive(data, ("a", 4000), 0.02 * n)
        frames.append(hears.pull(0.02 * n + 0.001))
    quiet = [n for n, frame in enumerate(frames) if frame.silent and any(frame.pcm)]
    assert len(quiet) == 30
    assert level_dbfs(frames[quiet[5]].pcm) == pytest.approx(-40, abs=1.5)
    assert level_dbfs(frames[quiet[-5]].pcm) == pytest.approx(-60, abs=1.5)
    assert (hears.statistics.lost, hears.statistics.ignored, hears.statistics.concealed) == (
        0,
        0,
        0,
    )


@needs_opus
@pytest.mark.parametrize(
    ("name", "ignored"),
    [("rtp_opus_fec", 0), ("rtp_opus_truncated", 0), ("rtp_opus_no_frames", 1)],
)
def test_captured_opus_is_heard_or_counted(session, name, ignored):
    """A packet with FEC is audio, also of the packet before; cut short it is no more than noise."""
    hears = session("b", "opus")
    data = (CAPTURES / f"{name}.bin").read_bytes()
    assert carries_fec(data[12:]) is (name == "rtp_opus_fec")
    hears.receive(data, ("a", 4000), 0.0)
    frames = [hears.pull(0.02 * n + 0.001) for n in range(4)]
    assert hears.statistics.ignored == ignored
    if name == "rtp_opus_fec":
        assert level_dbfs(frames[2].pcm) > -40


@needs_opus
def test_a_captured_key_of_an_opus_call_is_told_with_its_duration(session):
    """telephone-event/48000: 4,800 units are 0.1 s."""
    hears = session("b", "opus", dtmf_payload_type=110, dtmf_clock=48000)
    hears.receive((CAPTURES / "rtp_dtmf_48k_end.bin").read_bytes(), ("a", 4000), 0.0)
    assert hears.events() == [KeyPressed("9", 0.1)]


# ---- keys


@needs_opus
def test_keys_beside_opus_run_at_their_own_clock(link):
    """telephone-event/48000 and /8000: the digits arrive with their duration, amid audio."""
    for clock in (48000, 8000):
        keys = {"dtmf_clock": clock}
        run = link("opus", a=keys, b=keys, loss=0.1, seed=2)
        run.run(0.5, a=speak(hum(200)))
        run.sessions["a"].send_dtmf("12#", run.now)
        run.run(2, a=speak(hum(200)))
        pressed = [event for side, event in run.events if isinstance(event, KeyPressed)]
        assert "".join(key.digit for key in pressed) == "12#"
        assert all(key.duration == pytest.approx(0.1, abs=0.041) for key in pressed)


@pytest.mark.parametrize("codec", CODECS)
def test_without_events_keys_are_sent_as_tones_and_heard(link, codec):
    """No telephone-event agreed: tones through the codec and 5 % loss; each key is told once.

    Opus without loss: its decoder bends the tones after one (4 % of the keys were missed).
    """
    plain = {"dtmf_payload_type": None, "inband": True}
    run = link(codec, a=plain, b=plain, loss=0.0 if codec == "opus" else 0.05, seed=5)
    run.run(0.5, a=speak(hum(1000, 300, -30)))
    run.sessions["a"].send_dtmf("0412#9", run.now)
    run.run(2, a=speak(hum(1000, 300, -30)))
    pressed = [event for side, event in run.events if isinstance(event, KeyPressed)]
    assert "".join(key.digit for key in pressed) == "0412#9"
    assert all(0.03 < key.duration < 0.15 for key in pressed)  # loss at an edge shortens one


def test_tones_are_listened_for_only_when_asked(link):
    """Without inband=True a tone is audio; with it a peer that sends events is heard once."""
    run = link(a={"dtmf_payload_type": None})
    run.sessions["a"].send_tones("5", 0.0)
    run.run(1)
    assert run.events == []
    run = link(b={"inband": True})
    run.sessions["a"].send_dtmf("5", 0.0)
    run.run(0.5)
    run.sessions["a"].send_tones("5", run.now)  # what some telephones do beside the events
    run.run(1)
    assert run.events == [("b", KeyPressed("5", 0.1))]


def test_listening_for_tones_can_be_agreed_later(link):
    """A re-INVITE without events turns it on."""
    run = link().run(0.1)
    run.sessions["b"].change(
        remote=("a", 4000), codec="PCMU", payload_type=0, dtmf_payload_type=None, inband=True
    )
    run.sessions["a"].send_tones("7", run.now)
    run.run(1)
    assert [event.digit for _, event in run.events] == ["7"]


# ---- RTCP


def test_agreed_multiplexing_puts_rtcp_on_the_rtp_port_at_once(link):
    """With mux no datagram goes to the port above, and reports are read all the same."""
    mux = {"mux": True}
    sent = hum(1000)
    run = link(a=mux, b=mux).run(20, a=speak(sent), b=speak(sent))
    assert {(p.to[1], p.control) for _, _, p in run.packets} == {(4000, False)}
    reports = [p for _, _, p in run.packets if 192 <= p.data[1] <= 223]
    assert len(reports) >= 4
    assert run.sessions["a"].statistics.round_trip_ms == pytest.approx(60, abs=1)
    assert run.sessions["a"].statistics.ignored == 0


def test_rtcp_goes_where_sdp_says(session):
    """RFC 3605: a port of its own, until the peer's RTCP comes from elsewhere."""
    one = session("a", control=("d", 9999))
    one.tick(one.deadline())
    assert [(p.to, p.control) for p in one.outgoing()] == [(("d", 9999), True)]
    one.receive_control(bytes(ReceiverReport(9)), ("b", 7777), 4.0)
    one.tick(one.deadline())
    assert [p.to for p in one.outgoing()] == [("b", 7777)]


@needs_opus
def test_reports_of_opus_count_in_its_clock(link):
    """Sender reports run at 48 kHz; the jitter reported is in those units."""
    run = link("opus", jitter=0.04).run(20, a=speak(hum(1000)))
    firsts = [
        (now, parse_compound(p.data)[0])
        for now, side, p in run.packets
        if p.control and side == "a"
    ]
    (early, first), (late, last) = firsts[0], firsts[-1]
    passed = (last.timestamp - first.timestamp) & 0xFFFFFFFF
    assert passed / 48000 == pytest.approx(late - early, abs=0.03)
    block = [parse_compound(p.data)[0] for _, side, p in run.packets if p.control and side == "b"]
    assert block[-1].blocks[0].jitter / 48 == pytest.approx(40 / 3, rel=0.4)


# ---- figures


def test_the_score_is_high_on_a_good_line_and_low_on_a_bad_one(link):
    """Above 4.3 with nothing wrong; below 3 with a fifth lost."""
    sent = hum(1500)
    good = link().run(10, a=speak(sent), b=speak(sent)).sessions["b"].statistics
    bad = link(loss=0.2).run(30, a=speak(sent), b=speak(sent)).sessions["b"].statistics
    assert 4.3 < good.mos <= 4.41
    assert 1.0 <= bad.mos < 3.0


def test_a_codec_of_another_machine_is_refused_with_the_reason(session):
    """LocalError names what there is; the session goes on as before."""
    one = session("a")
    with pytest.raises(LocalError, match="'iLBC'"):
        one.change(remote=("b", 1), codec="iLBC", payload_type=97, dtmf_payload_type=None)
    one.send(silence(160), 0.0)
    (packet,) = one.outgoing()
    assert RtpPacket.parse(packet.data).payload_type == 0


def test_the_keys_are_those_of_the_detector():
    """What we can send as a tone we can hear."""
    assert sorted(tones.KEYS) == sorted("0123456789*#ABCD")


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("seed", [1, 2])
def test_any_stream_of_packets_leaves_frames_whole(session, codec, seed):
    """Random payloads, numbers, kinds, sources and pauses: 320 bytes a frame, and bounded."""
    chance = random.Random(seed)
    hears = session("b", codec, inband=True, noise_payload_type=98)
    kinds = [107 if codec == "opus" else {"PCMU": 0, "PCMA": 8, "G722": 9}[codec], 13, 98, 101]
    now, sequence, timestamp, ssrc = 0.0, 0, 0, 1
    for _ in range(1500):
        sequence += chance.choice([1, 1, 1, 1, 2, -3, 40000])
        timestamp += chance.choice([160, 160, 960, 960, 20, -480, 1 << 30])
        ssrc = chance.choice([ssrc] * 50 + [2, 3])
        payload = chance.randbytes(chance.choice([0, 1, 2, 3, 40, 80, 160, 480, 1400]))
        if codec == "opus" and payload:
            payload = bytes([payload[0] & 0xFC]) + payload[1:]
        packet = RtpPacket(
            chance.choice([*kinds, *[kinds[0]] * 20]), sequence & 0xFFFF, timestamp & 0xFFFFFFFF,
            ssrc, payload, chance.random() < 0.1,
        )  # fmt: skip
        hears.receive(bytes(packet), ("a", 4000), now)
        now += chance.choice([0.0, 0.02, 0.02, 0.02, 0.3])
        assert len(hears.pull(now).pcm) == 320
        hears.tick(now)
        assert 1.0 <= hears.statistics.mos <= 4.5
    assert hears.statistics.received > 500
    assert len(hears._buffer._chunks) <= 128
