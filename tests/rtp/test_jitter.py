"""The jitter buffer in virtual time."""

import random

import pytest

from appliance.audio.codecs import G711
from appliance.audio.coder import CodecError
from appliance.audio.g711 import CODECS
from appliance.audio.noise import ComfortNoise
from appliance.audio.pcm import level_dbfs, pack, unpack
from appliance.rtp.jitter import Gap, JitterBuffer

FRAME = 160


class Linear(G711):
    """PCM as its own payload, so that the tests see each sample; keeps what it decoded."""

    def __init__(self, clock=8000, fec=()):
        self.clock, self.fec = clock, fec
        self.decoded = []
        self.resting = False

    def samples(self, payload):
        return len(payload) // 2

    def decode(self, payload):
        if payload == b"\x7f\x7f":
            raise CodecError("damaged")
        self.decoded.append(payload)
        return payload

    def conceal(self, next_payload):
        self.decoded.append(None)
        return dict(self.fec).get(next_payload)


LINEAR = Linear()


def numbers(pulled):
    """The samples of a frame; None for each that is missing."""
    out = []
    for piece in pulled.pieces:
        out += [None] * piece.samples if isinstance(piece, Gap) else unpack(piece).tolist()
    assert len(out) == FRAME
    return out


def ramp(position, samples):
    """Audio in which every sample tells its place; quiet nowhere."""
    return pack(1000 + (position + n) % 20000 for n in range(samples))


class Bench:
    """Feeds a buffer with packets of a ramp and pulls it every 20 ms."""

    def __init__(self, samples=FRAME, first=0xFFFFF000, sequence=65000):
        self.buffer = JitterBuffer()
        self.samples, self.first, self.sequence = samples, first, sequence
        self.out, self.pulled, self.flight = [], [], []
        self.now = 0.0

    def send(self, index, at, pcm=None, ahead=0):
        """Packet `index` arrives at this time; `ahead` shifts its timestamp."""
        position = index * self.samples
        pcm = ramp(position, self.samples) if pcm is None else pcm
        timestamp = (self.first + position + ahead) & 0xFFFFFFFF
        self.flight.append((at, len(self.flight), self.sequence + index, timestamp, pcm))

    def run(self, seconds):
        self.flight.sort()
        end = self.now + seconds
        while self.now < end - 1e-9:
            while self.flight and self.flight[0][0] <= self.now:
                at, _, sequence, timestamp, pcm = self.flight.pop(0)
                self.buffer.push(sequence, timestamp, pcm, LINEAR, at)
            pulled = self.buffer.pull(self.now)
            self.pulled.append(pulled)
            self.out += numbers(pulled)
            self.now += 0.02
        return self

    def stream(self, count, delay=0.01, start=0, jitter=0.0, loss=(), seed=0):
        chance = random.Random(seed)
        for index in range(start, start + count):
            if index not in loss:
                self.send(index, index * self.samples / 8000 + delay + jitter * chance.random())
        return self

    @property
    def heard(self):
        return [sample for sample in self.out if sample is not None]


@pytest.mark.parametrize("samples", [80, 160, 240, 320, 400, 480])
def test_audio_comes_out_bit_for_bit_whatever_the_packet_length(samples):
    """10 to 60 ms packets become 20 ms frames with nothing lost, across both wraps."""
    count = 400 * FRAME // samples
    bench = Bench(samples).stream(count).run(9)
    assert bench.heard == unpack(ramp(0, count * samples)).tolist()
    first = next(n for n, sample in enumerate(bench.out) if sample is not None)
    assert None not in bench.out[first : first + count * samples]
    assert not any(pulled.retimed for pulled in bench.pulled)


@pytest.mark.parametrize("late", [0.0, 0.005, 0.013, 0.0199])
def test_the_first_audio_waits_40_ms_at_most(late):
    """A stream starts to play 20 to 40 ms after its first packet."""
    bench = Bench().stream(50, delay=late).run(1)
    waited = 0.02 * (bench.out.index(1000) // FRAME) - late
    assert 0.0199 < waited < 0.0401
    assert bench.buffer.delay == pytest.approx(waited, abs=1e-6)


def test_reordered_packets_are_put_in_order():
    """Packets that overtake each other by two places are played in order."""
    bench = Bench()
    order = [0, 2, 1, 5, 3, 4, 6]
    for at, index in enumerate(n + 7 * block for block in range(10) for n in order):
        bench.send(index, 0.02 * at)
    bench.run(2)
    assert bench.heard == sorted(bench.heard)
    assert len(bench.heard) >= 67 * FRAME  # the first of them teach it how deep to be
    assert len(bench.heard) == (70 - bench.buffer.late) * FRAME


def test_duplicates_are_dropped_and_counted():
    """A packet that comes twice is played once, also when it comes again after its time."""
    bench = Bench().stream(50)
    for index in range(10):
        bench.send(index, index * 0.02 + 0.012)
        bench.send(index, index * 0.02 + 0.5)
    bench.run(2)
    assert bench.heard == unpack(ramp(0, 50 * FRAME)).tolist()
    assert (bench.buffer.duplicates, bench.buffer.late) == (20, 0)


def test_a_lost_packet_is_a_gap_of_its_length_in_its_place():
    """Loss neither shifts what follows nor counts as the sender's silence."""
    bench = Bench().stream(50, loss={7, 20, 21}).run(1.5)
    start = bench.out.index(1000)
    played = bench.out[start : start + 50 * FRAME]
    for index in range(50):
        part = played[index * FRAME : (index + 1) * FRAME]
        lost = index in {7, 20, 21}
        assert part == ([None] * FRAME if lost else unpack(ramp(index * FRAME, FRAME)).tolist())
    gaps = [p.pieces[0] for p in bench.pulled[start // FRAME :][:50] if None in numbers(p)]
    assert gaps == [Gap(FRAME, lost=True)] * 3


def test_a_packet_that_comes_after_its_gap_was_played_is_late():
    """It is counted and dropped, and the time line stays."""
    bench = Bench().stream(50, loss={10})
    bench.send(10, 10 * 0.02 + 0.12)
    bench.run(1.5)
    assert bench.buffer.late == 1
    assert len(bench.heard) == 49 * FRAME


def test_a_silent_sender_is_not_a_loss():
    """A gap in timestamps without one in sequence numbers is silence, not lost audio."""
    bench = Bench().stream(20)
    for index in range(20, 40):
        bench.send(index, index * 0.02 + 1.01, ahead=8000)
    bench.buffer.skip(1)  # some older number: does not matter
    bench.run(2.5)
    assert bench.heard == unpack(ramp(0, 40 * FRAME)).tolist()
    resumed = bench.out.index(unpack(ramp(20 * FRAME, 1))[0])
    before = bench.pulled[resumed // FRAME - 1]
    assert before.pieces == (Gap(FRAME, lost=False),) or before.pieces[0].lost


def test_key_presses_and_comfort_noise_take_sequence_numbers_but_are_no_loss():
    """Audio stops for them without a loss, and goes on after them in time."""
    bench = Bench().stream(20).run(0.4)
    for n in range(20, 30):
        bench.buffer.skip(bench.sequence + n)
        bench.run(0.02)
    for index in range(30, 40):
        bench.send(index, index * 0.02 + 0.01)
    bench.run(1)
    silent = [piece for p in bench.pulled[2:] for piece in p.pieces if isinstance(piece, Gap)]
    assert not any(gap.lost for gap in silent[:10])
    assert bench.heard == unpack(ramp(0, 20 * FRAME) + ramp(30 * FRAME, 10 * FRAME)).tolist()
    first, resumed = bench.out.index(1000), bench.out.index(1000 + 30 * FRAME)
    assert resumed - first == 30 * FRAME


@pytest.mark.parametrize(("jitter", "least"), [(0.04, 30), (0.08, 60), (0.15, 110)])
def test_the_target_follows_the_jitter(jitter, least):
    """The target is what 95 % of the packets need, between 20 and 200 ms, and depth follows."""
    bench = Bench().stream(1000, jitter=jitter).run(20)
    assert least <= 1000 * bench.buffer.target <= 1000 * jitter
    assert 1000 * bench.buffer.delay == pytest.approx(1000 * bench.buffer.target, abs=45)
    settled = bench.out[len(bench.out) // 2 : -8000]
    assert settled.count(None) < 0.06 * len(settled)


def test_frames_made_of_several_packets_wait_for_the_last():
    """With packets of 10 ms the target covers the half frame that comes 10 ms later."""
    bench = Bench(80).stream(2000, jitter=0.08).run(20)
    assert 0.08 < bench.buffer.target < 0.09


def test_a_stall_makes_it_deeper_at_once_and_quiet_times_make_it_shallow_again():
    """A stall of 120 ms is played in full, later; in the quiet that follows the delay returns."""
    bench = Bench()
    quiet = bytes(2 * FRAME)
    for index in range(600):
        at = index * 0.02 + 0.01
        if 100 <= index < 106:
            at = 106 * 0.02 + 0.01
        bench.send(index, at, quiet if index > 150 else None)
    bench.run(3)
    assert bench.heard[: 140 * FRAME] == unpack(ramp(0, 140 * FRAME)).tolist()
    assert bench.buffer.delay > 0.1
    bench.run(9)
    assert bench.buffer.delay < 0.06


def test_a_stall_beyond_the_limit_is_given_up():
    """After 600 ms of nothing and then all at once, the delay stays below 300 ms."""
    bench = Bench()
    for index in range(200):
        bench.send(index, max(index, 80 if 50 <= index < 80 else 0) * 0.02 + 0.01)
    bench.run(4.4)
    assert bench.buffer.delay < 0.3
    assert bench.buffer.late > 10
    assert bench.heard[-FRAME:] == unpack(ramp(199 * FRAME, FRAME)).tolist()


def test_a_stall_of_seconds_does_not_leave_a_delay_of_seconds():
    """Three seconds of audio that arrive at once are skipped but for the newest."""
    bench = Bench()
    for index in range(400):
        bench.send(index, max(index, 200 if 50 <= index < 200 else 0) * 0.02 + 0.01)
    bench.run(9)
    assert bench.buffer.delay < 0.3
    assert bench.heard[-FRAME:] == unpack(ramp(399 * FRAME, FRAME)).tolist()


def test_a_stall_of_our_own_loses_nothing():
    """When we were asleep for 300 ms, frames pulled in a row afterwards are all there."""
    buffer, out = JitterBuffer(), []
    for n in range(150):
        buffer.push(n, 160 * n, ramp(160 * n, FRAME), LINEAR, 0.02 * n + 0.01)
        asleep = 50 <= n < 65
        for _ in range(0 if asleep else 16 if n == 65 else 1):
            out += numbers(buffer.pull(0.02 * n + 0.02))
    heard = [sample for sample in out if sample is not None]
    assert heard == unpack(ramp(0, len(heard))).tolist()
    assert len(heard) >= 148 * FRAME


@pytest.mark.parametrize("ahead", [1 << 31, 12345678, -80000])
def test_a_jump_of_the_time_line_loses_nothing(ahead):
    """A sender that restarts its timestamps goes on where it was."""
    bench = Bench().stream(50)
    for index in range(50, 100):
        bench.send(index, index * 0.02 + 0.01, ahead=ahead)
    bench.run(3)
    assert bench.heard == unpack(ramp(0, 100 * FRAME)).tolist()


def test_a_straggler_of_a_time_line_that_has_ended_is_late():
    """It does not turn the time line back."""
    bench = Bench().stream(50, loss={48})
    bench.send(48, 1.015)
    for index in range(50, 100):
        bench.send(index, index * 0.02 + 0.01, ahead=12345678)
    bench.run(3)
    assert bench.buffer.late == 1
    assert len(bench.heard) == 99 * FRAME


def test_another_source_follows_what_is_buffered():
    """After restart any numbers and timestamps continue the audio without a gap."""
    bench = Bench().stream(50).run(1.02)
    bench.buffer.restart()
    bench.first, bench.sequence = 777, 9
    bench.stream(50, start=51)
    bench.run(2)
    expected = ramp(0, 50 * FRAME) + ramp(51 * FRAME, 50 * FRAME)
    assert bench.heard == unpack(expected).tolist()


def test_what_is_buffered_is_bounded():
    """A flood of audio that is never pulled does not grow."""
    buffer = JitterBuffer()
    for n in range(1000):
        buffer.push(n, 160 * n, bytes(320), LINEAR, 0.02 * n)
    assert len(buffer._chunks) <= 128


def test_nothing_pushed_is_silence_and_no_loss():
    """Before the first packet every frame is the sender's silence."""
    assert JitterBuffer().pull(5.0).pieces == (Gap(FRAME, lost=False),)


def test_squeezed_frames_are_told():
    """Where two frames are made one in audible audio, the frame says that it was retimed."""
    bench = Bench()
    for index in range(1000):
        at = index * 0.02 + 0.01
        bench.send(index, 12 * 0.02 + 0.01 if index < 12 else at)
    bench.run(0.4)
    bench.buffer._base -= 1200  # as if a much faster packet had come
    bench.run(15)
    assert any(pulled.retimed for pulled in bench.pulled)
    assert bench.buffer.delay < 0.11


# ---- payloads, coders and what they say


class Wrapped(Linear):
    """Payloads whose first two bytes are a number, so that decoding can be watched."""

    def samples(self, payload):
        return 160

    def decode(self, payload):
        self.decoded.append(payload)
        return pack([100 * payload[0] + 1000] * 160)


def run(buffer, coder, arrivals, frames):
    """Pushes (time, index, payload), pulls every 20 ms; returns the frames' first pieces."""
    out, arrivals = [], sorted(arrivals)
    for n in range(frames):
        now = 0.02 * n
        while arrivals and arrivals[0][0] <= now:
            at, index, payload = arrivals.pop(0)
            step = 160 * coder.clock // 8000
            buffer.push(index, step * index & 0xFFFFFFFF, payload, coder, at)
        out.append(buffer.pull(now).pieces)
    return out


@pytest.mark.parametrize("clock", [8000, 16000, 48000])
def test_payloads_are_decoded_once_each_in_the_senders_order(clock):
    """Whatever overtakes whatever: the coder sees 0, 1, 2 … and nothing that came too late."""
    coder, buffer = Wrapped(clock), JitterBuffer()
    chance = random.Random(3)
    arrivals = [(0.02 * n + chance.choice([0.0, 0.035, 0.05]), n, bytes([n])) for n in range(100)]
    arrivals += [(0.02 * n + 0.06, n, bytes([n])) for n in range(0, 100, 9)]
    run(buffer, coder, arrivals, 120)
    decoded = [payload[0] for payload in coder.decoded if payload is not None]
    assert decoded == sorted(set(decoded))
    assert len(decoded) == 100 - buffer.late > 90


def test_timestamps_of_48_khz_wrap_like_any():
    """Six units a sample, through 2^32, without a gap."""
    coder, buffer, out = Linear(48000), JitterBuffer(), []
    for n in range(100):
        start = (0xFFFFFFFF - 960 * 40 + 960 * n) & 0xFFFFFFFF
        buffer.push(n, start, ramp(160 * n, 160), coder, 0.02 * n)
        out += numbers(buffer.pull(0.02 * n + 0.001))
    heard = [sample for sample in out if sample is not None]
    assert heard == unpack(ramp(0, len(heard))).tolist()
    assert len(heard) >= 98 * 160


@pytest.mark.parametrize("change", [10, 50])
@pytest.mark.parametrize("monotonic", [True, False])
def test_a_change_of_codec_is_played_through_without_a_gap(change, monotonic):
    """Packets of two coders, of other clocks too, follow each other; each has its own decoded.

    Whether the timestamps go on from the last one or stand elsewhere (RFC 7160 knows both).
    """
    first, second = Linear(), Linear(48000)
    buffer, out = JitterBuffer(), []
    for n in range(100):
        coder, scale = (first, 1) if n < change else (second, 6)
        base = (0 if scale == 1 else 160 * change * (1 - scale)) if monotonic else 123456
        buffer.push(n, base + 160 * n * scale & 0xFFFFFFFF, ramp(160 * n, 160), coder, 0.02 * n)
        out += numbers(buffer.pull(0.02 * n + 0.001))
    heard = [sample for sample in out if sample is not None]
    assert heard == unpack(ramp(0, len(heard))).tolist()
    assert out.index(1000) + len(heard) == len(out)
    assert len(first.decoded) == change
    assert len(second.decoded) == len(heard) // 160 - change


def test_a_straggler_of_the_clock_before_does_not_turn_it_back():
    """It is late; what comes after it stands where it would have stood."""
    first, second = Linear(), Linear(48000)
    buffer, out = JitterBuffer(), []
    for n in range(60):
        coder, scale = (first, 1) if n < 30 else (second, 6)
        if n != 29:
            buffer.push(n, 160 * n * scale, ramp(160 * n, 160), coder, 0.02 * n)
        if n == 31:
            buffer.push(29, 160 * 29, ramp(160 * 29, 160), first, 0.02 * n)
            assert buffer._scale == 6
            assert not buffer._splice
        out += numbers(buffer.pull(0.02 * n + 0.001))
    assert buffer.late == 1
    heard = [sample for sample in out if sample is not None]
    assert heard == unpack(ramp(0, 160 * 29) + ramp(160 * 30, len(heard) - 160 * 29)).tolist()


def test_a_lost_packet_is_had_from_the_next_one_in_order():
    """The coder is asked when the lost packet is due, before the next is decoded, once."""
    buffer, made = JitterBuffer(), pack([7] * 160)
    coder = Linear(fec={ramp(160 * 11, 160): made, ramp(160 * 21, 160): None})
    arrivals = [(0.02 * n, n, ramp(160 * n, 160)) for n in range(40) if n not in {10, 20}]
    pieces = run(buffer, coder, arrivals, 42)
    start = next(n for n, p in enumerate(pieces) if isinstance(p[0], bytes))
    assert pieces[start + 10] == (made,)
    assert pieces[start + 20] == (Gap(160, lost=True),)
    assert buffer.recovered == 1
    assert coder.decoded.index(None) == 10
    assert coder.decoded.count(None) == 2
    assert coder.decoded[11] == ramp(160 * 11, 160)


def test_of_several_lost_packets_the_last_is_had():
    """Three in a row: two gaps, then what the next packet tells."""
    buffer, made = JitterBuffer(), pack([7] * 160)
    coder = Linear(fec={ramp(160 * 13, 160): made})
    arrivals = [(0.02 * n, n, ramp(160 * n, 160)) for n in range(30) if n not in {10, 11, 12}]
    pieces = run(buffer, coder, arrivals, 32)
    start = next(n for n, p in enumerate(pieces) if isinstance(p[0], bytes))
    gap = Gap(160, lost=True)
    assert pieces[start + 10 : start + 13] == [(gap,), (gap,), (made,)]


def test_fec_is_asked_for_when_it_is_due_not_before():
    """What may still come is waited for: the coder must not see a packet's past after it."""
    coder, buffer = Linear(fec={ramp(160 * 8, 160): pack([7] * 160)}), JitterBuffer()
    packets = {n: ramp(160 * n, 160) for n in range(9)}
    for n in (0, 1, 2, 3, 4, 8):
        buffer.push(n, 160 * n, packets[n], coder, 0.0)
    for pull in range(9):
        if pull == 6:
            buffer.push(6, 160 * 6, packets[6], coder, 0.02 * pull)
        buffer.pull(0.02 * pull)
    assert coder.decoded == [*(packets[n] for n in (0, 1, 2, 3, 4, 6)), None, packets[8]]


def test_fec_is_asked_for_once():
    """A lost packet of 60 ms is three frames; the one after it is asked at the first of them."""
    coder, buffer = Linear(), JitterBuffer()
    arrivals = [n for n in range(10) if n != 5]
    for n in range(40):
        if n % 3 == 0 and n // 3 in arrivals:
            buffer.push(n // 3, 160 * n, ramp(160 * n, 480), coder, 0.02 * n)
        if n % 3 == 0 and n // 3 == 4:
            buffer.push(6, 480 * 6, ramp(480 * 6, 480), coder, 0.02 * n)
        buffer.pull(0.02 * n + 0.001)
    assert coder.decoded.count(None) == 1


def test_a_silence_is_not_asked_for_fec():
    """Where the sequence has no hole nothing was lost."""
    coder, buffer = Linear(), JitterBuffer()
    for n in range(40):
        ahead = 0 if n < 20 else 10
        buffer.push(n, 160 * (n + ahead), ramp(160 * n, 160), coder, 0.02 * (n + ahead))
    for n in range(60):
        buffer.pull(0.02 * n + 0.001)
    assert None not in coder.decoded
    assert buffer.recovered == 0


def test_a_damaged_packet_is_a_loss():
    """It is counted, its place is a gap, and the next is played in time."""
    buffer, coder = JitterBuffer(), Linear()
    coder.samples = lambda payload: 160
    arrivals = [(0.02 * n, n, b"\x7f\x7f" if n == 10 else ramp(160 * n, 160)) for n in range(30)]
    pieces = run(buffer, coder, arrivals, 32)
    start = next(n for n, p in enumerate(pieces) if isinstance(p[0], bytes))
    assert pieces[start + 10] == (Gap(160, lost=True),)
    assert pieces[start + 11] == (ramp(160 * 11, 160),)
    assert buffer.damaged == 1


def test_comfort_noise_lasts_until_audio_comes():
    """From its place on, missing audio is noise of its level and no loss; audio ends it."""
    buffer, coder, hiss = JitterBuffer(), Linear(), ComfortNoise()
    pieces = []
    for n in range(60):
        if n < 20 or n >= 45:
            sequence = n if n < 20 else n - 20
            buffer.push(sequence, 160 * n, ramp(160 * n, 160), coder, 0.02 * n)
        elif n in {20, 30}:
            level = b"\x28" if n == 20 else b"\x3c"
            buffer.push(20 + (n == 30), 160 * n, level, hiss, 0.02 * n)
        pieces.append(buffer.pull(0.02 * n + 0.001).pieces[0])
    audible = [n for n, p in enumerate(pieces) if isinstance(p, bytes)]
    gaps = [p for p in pieces[audible[0] :] if isinstance(p, Gap)]
    assert len(gaps) == 25
    assert not any(gap.lost for gap in gaps)
    assert level_dbfs(b"".join(g.noise for g in gaps[:10])) == pytest.approx(-40, abs=1)
    assert level_dbfs(b"".join(g.noise for g in gaps[10:])) == pytest.approx(-60, abs=1)
    assert pieces[audible[20]] == ramp(160 * 45, 160)


def test_comfort_noise_that_comes_late_still_sets_the_level():
    """It holds no audio that could be too late, and does not turn the time line back."""
    buffer, coder, hiss = JitterBuffer(), Linear(), ComfortNoise()
    for n in range(40):
        if n < 10:
            buffer.push(n, 160 * n, ramp(160 * n, 160), coder, 0.02 * n)
        if n == 13:
            cursor = buffer._cursor
            buffer.push(10, 1600, b"\x28", hiss, 0.26)
            assert buffer._cursor == cursor > 1600
        gap = buffer.pull(0.02 * n + 0.001).pieces[0]
        if n > 18:
            assert level_dbfs(gap.noise) == pytest.approx(-40, abs=1.5)
    assert buffer.late == 0
    assert buffer.delay < 0.09


def test_g711_is_the_same_through_payload_and_coder():
    """The buffer's own coder gives the bytes of the table."""
    buffer, coder = JitterBuffer(), G711(CODECS["PCMA"])
    payload = bytes(range(160))
    pieces = run(buffer, coder, [(0.02 * n, n, payload) for n in range(10)], 12)
    heard = [p for p in pieces if isinstance(p[0], bytes)]
    assert heard == [(CODECS["PCMA"].decode(payload),)] * 10


def test_a_loss_where_the_clock_changes_keeps_its_place():
    """On a line with jitter too: the frames around it are as far apart as they were sent."""
    first, second, buffer = Linear(8000), Linear(48000), JitterBuffer()
    played, flight, late = {}, [], 0
    for n in range(120):
        coder, scale = (first, 1) if n < 80 else (second, 6)
        if n != 80:
            packet = n, 160 * n * scale, ramp(160 * n, 160), coder
            flight.append((0.02 * n + (0.05 if n % 8 == 4 else 0.0), packet))
    flight.sort(key=lambda item: item[0])
    for pull in range(120):
        while flight and flight[0][0] <= 0.02 * pull + 0.01:
            at, packet = flight.pop(0)
            buffer.push(*packet, at)
        late = buffer.late if pull == 70 else late
        (piece, *_) = buffer.pull(0.02 * pull + 0.01).pieces
        if not isinstance(piece, Gap):
            played[(unpack(piece)[0] - 1000) // 160] = pull
    assert 80 not in played
    assert {pull - n for n, pull in played.items() if 70 < n < 115} == {played[75] - 75}
    assert buffer.late == late
