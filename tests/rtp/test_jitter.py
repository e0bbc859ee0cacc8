"""The jitter buffer in virtual time."""

import random

import pytest

from appliance.audio.pcm import pack, unpack
from appliance.rtp.jitter import Gap, JitterBuffer

FRAME = 160


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
                self.buffer.push(sequence, timestamp, pcm, at)
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
        buffer.push(n, 160 * n, ramp(160 * n, FRAME), 0.02 * n + 0.01)
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
        buffer.push(n, 160 * n, bytes(320), 0.02 * n)
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
