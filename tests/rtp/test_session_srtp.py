"""Sessions that encrypt: every byte that leaves, every byte that is let in."""

import random

import pytest

from appliance.audio.pcm import level_dbfs
from appliance.audio.tones import sine
from appliance.rtp import SUITES, KeyPressed, LocalError, PeerLeft, Protection
from appliance.rtp.packet import RtpPacket
from appliance.rtp.rtcp import Goodbye, ReceiverReport, compound
from appliance.rtp.srtp import KEY_BYTES, Guard

AGREED = {"codec": "PCMU", "payload_type": 0, "dtmf_payload_type": 101}


def keys(suite, one=1, two=2):
    """The protection of side "a" and of side "b"."""
    a, b = (random.Random(seed).randbytes(KEY_BYTES[suite]) for seed in (one, two))
    return Protection(suite, a, b), Protection(suite, b, a)


def sides(suite, **both):
    a, b = keys(suite)
    return {"a": {"protection": a, **both}, "b": {"protection": b, **both}}


def speak(frames):
    return lambda n: frames[n % len(frames)]


def rtp(index, ssrc=9, payload=b"\x10" * 160):
    return bytes(RtpPacket(0, index & 0xFFFF, 160 * index & 0xFFFFFFFF, ssrc, payload))


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("mux", [False, True])
def test_two_sessions_talk_and_report_under_each_suite(link, noise, suite, mux):
    """Bit for bit, with loss and disorder; keys and reports get through; nothing is ignored."""
    sent = noise(500)
    run = link(**sides(suite, mux=mux), loss=0.02, jitter=0.03, seed=6)
    run.run(5, a=speak(sent), b=speak(sent))
    run.sessions["a"].send_dtmf("42", run.now)
    run.run(10, a=speak(sent), b=speak(sent))
    place = set(sent)
    for side in "ab":
        frames = [f for f in run.frames[side] if not (f.silent or f.concealed)]
        assert len(frames) > 600
        assert all(frame.pcm in place for frame in frames)
        statistics = run.sessions[side].statistics
        assert statistics.ignored == 0
        assert statistics.round_trip_ms is not None
    assert [e.digit for _, e in run.events if isinstance(e, KeyPressed)] == ["4", "2"]


@pytest.mark.parametrize("codec", ["PCMU", "G722"])
def test_no_byte_leaves_that_is_not_sealed(link, codec):
    """Audio, keys, tones, flushes, reports, re-keys, BYE: all is what the key makes of it."""
    suite = "AES_CM_128_HMAC_SHA1_80"
    run = link(codec, **sides(suite))
    one = run.sessions["a"]
    kind = {"PCMU": 0, "G722": 9}[codec]
    agreed = {"remote": ("b", 4000), "codec": codec, "payload_type": kind, "dtmf_payload_type": 101}
    voice = [sine(300, 0.02)] * 3
    one.send_dtmf("5", 0.0)
    run.run(1, a=lambda n: voice[0] if n % 30 < 20 else None)
    one.send_tones("5", run.now)
    run.run(8, a=speak(voice), b=speak(voice))
    first = len(run.packets)
    fresh = keys(suite, 3, 4)
    one.change(**agreed, ptime=40, protection=fresh[0])
    run.sessions["b"].change(**(agreed | {"remote": ("a", 4000)}), protection=fresh[1])
    run.run(3, a=speak(voice), b=speak(voice))
    one.change(**agreed, sending=False)
    run.run(8, a=speak(voice), b=speak(voice))
    one.change(**agreed, protection=None)  # an agreement that names no keys takes none away
    run.run(1, a=speak(voice))
    one.close(run.now)
    run.run(0.1)
    ours = [p for _, side, p in run.packets if side == "a"]
    count = [0, 0]
    plain = {b"\xff" * 16, bytes(16)}
    openers = [Guard(keys(suite)[1]), Guard(fresh[1])]
    firsts = sum(side == "a" for _, side, p in run.packets[:first])
    for n, packet in enumerate(ours):
        opened = openers[n >= firsts].unprotect(packet.data, control=packet.control)
        assert opened not in packet.data
        assert not any(word in packet.data for word in plain)
        if packet.control:
            assert b"a@box" not in packet.data
            assert opened[8:] not in packet.data
        else:
            payload = RtpPacket.parse(opened).payload
            assert payload not in packet.data
        count[packet.control] += 1
    assert count[0] > 400
    assert count[1] >= 3


def test_nothing_plain_is_let_in(session):
    """Plain RTP, keys, reports and BYE change nothing and are counted, on either port."""
    protection, _ = keys("AES_CM_128_HMAC_SHA1_80")
    one = session("a", protection=protection)
    for n in range(20):
        one.receive(rtp(n), ("b", 4000), 0.02 * n)
    one.receive(bytes(RtpPacket(101, 30, 0, 9, b"\5\x8a\3\x20")), ("b", 4000), 0.5)
    bye = compound(ReceiverReport(9), Goodbye((9,)))
    one.receive(bye, ("b", 4000), 0.5)
    one.receive_control(bye, ("b", 4001), 0.5)
    statistics = one.statistics
    assert (statistics.received, statistics.ignored) == (0, 23)
    assert statistics.last_received is None
    assert one.events() == []
    assert all(one.pull(0.5 + 0.02 * n).silent for n in range(10))


def test_a_wrong_key_is_ignored_and_counted(link, noise):
    """Who holds another key is not heard, is not latched, and does not disturb who holds ours."""
    _protection, theirs = keys("AEAD_AES_128_GCM")
    wrong, _ = keys("AEAD_AES_128_GCM", 8, 9)
    run = link(a={"protection": wrong}, b={"protection": theirs})
    run.run(2, a=speak(noise(50)))
    statistics = run.sessions["b"].statistics
    assert statistics.received == 0
    assert statistics.ignored >= 95
    assert all(frame.silent for frame in run.frames["b"])
    assert run.events == []


def test_a_replayed_packet_moves_nobody(session):
    """A true packet sent again from elsewhere neither plays twice nor draws our audio there."""
    ours, theirs = keys("AES_CM_128_HMAC_SHA1_80")
    one, sealer = session("a", protection=ours), Guard(theirs)
    sealed = sealer.protect(rtp(0), control=False)
    one.receive(sealed, ("b", 4000), 0.0)
    one.receive(sealed, ("evil", 6), 5.0)
    assert (one.statistics.received, one.statistics.ignored) == (1, 1)
    one.send(bytes(320), 5.0)
    assert [p.to for p in one.outgoing()] == [("b", 4000)]


def test_keys_can_change_in_mid_call(link, noise):
    """A re-INVITE with new keys: no frame is lost on the way from one to the other."""
    suite = "AES_CM_128_HMAC_SHA1_80"
    sent = noise(200)
    run = link(**sides(suite)).run(2, a=lambda n: sent[n] if n < 200 else None)
    a, b = keys(suite, 3, 4)
    run.sessions["b"].change(remote=("a", 4000), **AGREED, protection=b)
    run.run(0.1, a=lambda n: sent[n] if n < 200 else None)
    run.sessions["a"].change(remote=("b", 4000), **AGREED, protection=a)
    run.run(2.5, a=lambda n: sent[n] if n < 200 else None)
    frames = [f.pcm for f in run.frames["b"] if not (f.silent or f.concealed)]
    assert frames == sent
    assert run.sessions["b"].statistics.ignored == 0


def test_after_the_numbers_have_wrapped_a_new_key_has_a_new_source(link, noise):
    """Past the first rollover the counter's reading is not agreed on: a new SSRC starts at none."""
    suite = "AES_CM_128_HMAC_SHA1_80"
    a, b = keys(suite)
    sent = noise(100)
    run = link(a={"protection": a, "ptime": 10}, b={"protection": b})
    one = run.sessions["a"]
    one._sender._sequence = 0x7FFF
    for _n in range(0x8100):  # pass the wrap without a peer
        one._sender._sequence = (one._sender._sequence + 1) & 0xFFFF
        one._sender.wrapped |= not one._sender._sequence
    run.run(1, a=speak(sent))
    fresh = keys(suite, 3, 4)
    run.sessions["b"].change(remote=("a", 4000), **AGREED, protection=fresh[1])
    one.change(remote=("b", 4000), **AGREED, protection=fresh[0])
    mark = len(run.packets)
    run.run(2, a=speak(sent), b=speak(sent))
    sources = {
        RtpPacket.parse(p.data).ssrc for _, s, p in run.packets[mark:] if s == "a" and not p.control
    }
    assert len(sources) == 1
    assert 0xAAAA0001 not in sources
    assert run.sessions["b"].statistics.ignored == 0
    assert level_dbfs(run.frames["b"][-1].pcm) > -30
    assert one.statistics.sent >= 140


def test_the_first_sequence_number_is_far_from_its_wrap(session):
    """RFC 3711 section 3.3.1: loss at the start must not leave the peer one rollover behind."""
    protection, _theirs = keys("AES_CM_128_HMAC_SHA1_80")
    one = session("a", protection=protection, sequence=65535)
    one.send(bytes(320), 0.0)
    (packet,) = one.outgoing()
    assert RtpPacket.parse(packet.data).sequence == 32767


def test_a_plain_call_can_become_an_encrypted_one(link, noise):
    """From the change on nothing plain is sent or heard."""
    a, b = keys("AEAD_AES_256_GCM")
    sent = noise(100)
    run = link().run(1, a=speak(sent))
    run.sessions["a"].change(remote=("b", 4000), **AGREED, protection=a)
    run.sessions["b"].change(remote=("a", 4000), **AGREED, protection=b)
    mark = len(run.packets)
    run.run(1, a=speak(sent))
    opener = Guard(b)
    for _, side, packet in run.packets[mark:]:
        if side == "a":
            opener.unprotect(packet.data, control=packet.control)
    run.sessions["b"].receive(rtp(1), ("a", 4000), run.now)
    assert run.sessions["b"].statistics.ignored == 3  # those two that were on their way, and this


def test_the_peers_goodbye_is_believed_when_it_is_signed(link, noise):
    """BYE under the key ends the stream."""
    run = link(**sides("AES_CM_128_HMAC_SHA1_32")).run(1, a=speak(noise(10)))
    run.sessions["a"].close(run.now)
    run.run(0.2)
    assert run.events == [("b", PeerLeft(""))]


def test_garbage_never_raises(session):
    """Any bytes at any port: counted."""
    protection, _theirs = keys("AEAD_AES_256_GCM")
    one, chance = session("a", protection=protection), random.Random(1)
    for n in range(2000):
        data = chance.randbytes(chance.randrange(0, 100))
        if n % 2 and len(data) > 12:
            data = b"\x80" + data[1:]
        one.receive(data, ("b", 4000), 0.001 * n)
        one.receive_control(data, ("b", 4001), 0.001 * n)
    one.receive(bytes(2000), ("b", 4000), 3.0)
    assert one.statistics.ignored == 4001
    assert one.statistics.received == 0


def test_keys_that_do_not_fit_are_our_mistake(session):
    """LocalError for a suite that we do not have."""
    with pytest.raises(LocalError):
        session("a", protection=Protection("NULL", b"", b""))
