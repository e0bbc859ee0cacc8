"""Opus at 8 kHz through libopus; peers of other rates and channels are made with the library."""

import ctypes
import math
import random
from array import array

import pytest

from appliance.audio import opus
from appliance.audio.codecs import make
from appliance.audio.coder import CodecError
from appliance.audio.opus import Opus, carries_fec, read_parameters
from appliance.audio.pcm import level_dbfs, pack, silence, unpack
from appliance.audio.tones import sine

pytestmark = pytest.mark.skipif(bool(opus.missing()), reason="no libopus on this machine")


def speech(seconds, seed=1):
    """Pulses of a changing pitch through a formant, with pauses: something to predict."""
    chance, out, phase, state = random.Random(seed), [], 0.0, (0.0, 0.0)
    for n in range(round(8000 * seconds)):
        phase += (110 + 30 * math.sin(2 * math.pi * n / 5000)) / 8000
        pulse = 1.0 if phase >= 1 else 0.0
        phase -= pulse
        value = 3000 * pulse + 30 * chance.gauss(0, 1) + 1.7 * state[0] - 0.85 * state[1]
        state = (value, state[0])
        out.append(value * (0.05 if n % 8000 > 6500 else 1.0))
    return pack(out)


def frames(pcm, samples=160):
    return [pcm[at : at + 2 * samples] for at in range(0, len(pcm), 2 * samples)]


def correlation(a, b):
    a, b = unpack(a).tolist(), unpack(b).tolist()
    return sum(x * y for x, y in zip(a, b, strict=True)) / math.sqrt(
        sum(x * x for x in a) * sum(y * y for y in b) + 1e-9
    )


class Peer:
    """An encoder as another telephone has it: any rate, channels and packet length."""

    def __init__(self, rate=48000, channels=2, application=2049):
        self.library = opus._loaded()
        self.rate, self.channels = rate, channels
        size = self.library.opus_encoder_get_size(channels)
        self.state = ctypes.create_string_buffer(size)
        assert self.library.opus_encoder_init(self.state, rate, channels, application) == 0

    def encode(self, frequency, ms, start=0):
        count = round(self.rate * ms / 1000)
        step = 2 * math.pi * frequency / self.rate
        wave = (round(8000 * math.sin(step * (start + n))) for n in range(count))
        pcm = array("h", [value for value in wave for _ in range(self.channels)]).tobytes()
        out = ctypes.create_string_buffer(4000)
        size = self.library.opus_encode(self.state, pcm, count, out, 4000)
        assert size > 0
        return out.raw[:size]


def test_a_tone_keeps_its_level():
    """Encoded and decoded, 20 ms at a time: 160 samples for each packet, within 1 dB."""
    coder, heard = Opus(), b""
    for frame in frames(sine(440, 1, -15)):
        payload = coder.encode(frame)
        assert coder.samples(payload) == 160
        heard += coder.decode(payload)
    assert level_dbfs(heard[4000:]) == pytest.approx(-15, abs=1)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("ms", [2.5, 5, 10, 20, 40, 60, 80, 100, 120])
def test_every_packet_length_of_mono_and_stereo_peers_is_accepted(ms, channels):
    """2.5 to 120 ms at 48 kHz decode to as many samples at 8 kHz, at the level sent."""
    peer, coder, heard = Peer(channels=channels), Opus(), b""
    for n in range(round(600 / ms)):
        payload = peer.encode(400, ms, start=round(48 * ms) * n)
        assert coder.samples(payload) == 8 * ms
        pcm = coder.decode(payload)
        assert len(pcm) == 16 * ms
        heard += pcm
    assert level_dbfs(heard[3200:]) == pytest.approx(20 * math.log10(8000 / 32768) - 3, abs=1)


@pytest.mark.parametrize("rate", [8000, 12000, 16000, 24000, 48000])
def test_peers_of_any_bandwidth_are_heard(rate):
    """From narrowband to fullband: a tone within the telephone band arrives."""
    peer, coder = Peer(rate=rate, channels=1, application=2048), Opus()
    heard = b"".join(coder.decode(peer.encode(1000, 20, start=rate // 50 * n)) for n in range(50))
    assert level_dbfs(heard[4000:]) == pytest.approx(20 * math.log10(8000 / 32768) - 3, abs=1.5)


@pytest.mark.parametrize(
    ("ptime", "samples"), [(10, 80), (20, 160), (30, 160), (40, 320), (50, 320), (60, 480)]
)
def test_packets_have_a_length_that_opus_knows(ptime, samples):
    """What lies between two lengths becomes the shorter one; each can be encoded."""
    coder = Opus()
    assert coder.packet(ptime) == samples
    payload = coder.encode(sine(300, samples / 8000))
    assert coder.samples(payload) == samples


def test_a_rest_of_audio_is_filled_up():
    """Half a packet at the end of a talk is encoded with silence behind it."""
    coder = Opus()
    assert coder.samples(coder.encode(bytes(100))) == 80
    assert coder.samples(coder.encode(bytes(640 + 2))) == 480
    with pytest.raises(CodecError, match="60 ms"):
        coder.encode(bytes(2 * 481))


def test_the_peers_parameters_are_heeded():
    """The highest average bounds the rate, cbr makes packets alike; nonsense is passed over."""
    audio = frames(speech(4))

    def sizes(parameters):
        coder = Opus(parameters)
        return [len(coder.encode(frame)) for frame in audio]

    free, low, constant = sizes(""), sizes("maxaveragebitrate=8000"), sizes("cbr=1")
    assert sum(low) * 8 / 4 < 9500 < sum(free) * 8 / 4 < 26000
    assert len(set(constant[2:])) == 1 < len(set(free))
    assert Opus("maxaveragebitrate=510000").bitrate == Opus("").bitrate
    assert Opus("maxaveragebitrate=1").bitrate == 6000
    assert Opus("maxaveragebitrate=-3; ;=;stereo=1;x").bitrate == Opus("").bitrate
    assert read_parameters(" UseInbandFEC = 1;; a=b=c") == {"useinbandfec": "1", "a": "b=c"}


def test_a_single_loss_is_made_good_from_the_next_packet():
    """Once loss is reported, the packet after a lost one tells what was in it."""
    audio = frames(speech(4))
    sender, perfect = Opus("useinbandfec=1"), Opus()
    sender.expect_loss(0.1)
    packets = [sender.encode(frame) for frame in audio]
    whole = [perfect.decode(packet) for packet in packets]
    lossy, likeness = make("opus"), []
    for n, packet in enumerate(packets[:-1]):
        if n % 10 == 5:  # lost
            told = lossy.conceal(packets[n + 1])
            if told is not None:
                assert len(told) == 320
                if level_dbfs(whole[n]) > -40:
                    likeness.append(correlation(told, whole[n]))
        else:
            lossy.decode(packet)
    assert len(likeness) >= 10
    assert sum(likeness) / len(likeness) > 0.8


def test_fec_is_sent_only_to_whom_it_helps():
    """Neither without useinbandfec, nor before a loss is reported; then mostly."""
    audio = frames(speech(2))

    def share(parameters, loss):
        coder = Opus(parameters)
        first = coder.encode(audio[0])
        coder.expect_loss(loss)
        return sum(carries_fec(coder.encode(frame)) for frame in audio) + carries_fec(first)

    assert share("", 0.2) == 0
    assert share("useinbandfec=1", 0.0) == 0
    assert share("useinbandfec=1", 0.2) > len(audio) / 3
    assert Opus().conceal(Opus().encode(audio[0])) is None


@pytest.mark.parametrize(
    ("payload", "fec"),
    [
        ("", False),
        ("08", False),  # no frame in it
        ("0840", True),  # SILK 20 ms, one activity flag, then the one asked for
        ("0880", False),
        ("0c10", True),  # stereo: the second channel's
        ("1020", True),  # 40 ms: two activity flags
        ("1810", True),  # 60 ms: three
        ("6840", True),  # hybrid
        ("f840", False),  # CELT has none
        ("09404000", True),  # two frames of one length
        ("0a014000", True),  # two frames, one byte of length
        ("0afc00" + "40" + "00" * 260, True),  # two bytes of length
        ("0b0240", True),  # counted frames, constant length
        ("0b830101400000", True),  # counted, each with its length
        ("0b42024000000000", True),  # padded
        ("0b", False),
        ("0b4f", False),
    ],
)
def test_the_mark_of_fec_is_found_in_every_packing(payload, fec):
    """RFC 6716 section 3.2 codes 0 to 3, padding too; what is cut short has none."""
    assert carries_fec(bytes.fromhex(payload)) is fec


def test_dtx_sends_nothing_in_silence_and_is_no_error():
    """With usedtx=1 silence soon yields empty payloads; without it every packet is there."""
    coder = Opus("usedtx=1")
    sent = [len(coder.encode(frame)) for frame in frames(speech(1) + silence(24000))]
    assert all(sent[5:30])
    assert sum(1 for size in sent[80:] if size == 0) > 80
    assert all(Opus().encode(frame) for frame in frames(silence(8000)))


def test_a_dtx_packet_begins_a_rest_that_is_heard_as_quiet_noise():
    """After one, what is missing is the sender's silence; audio ends it."""
    coder = Opus()
    packets = [Opus().encode(frame) for frame in frames(speech(0.2))]
    for packet in packets:
        coder.decode(packet)
    assert not coder.resting
    assert len(coder.decode(b"\x08")) == 320
    assert coder.resting
    assert len(coder.rest(160)) == 320
    assert coder.rest(7) is None
    for _ in range(100):
        quiet = coder.rest(160)
    assert level_dbfs(quiet) < -40
    coder.decode(packets[0])
    assert not coder.resting


def test_bad_packets_are_told_and_leave_the_coder_working():
    """Any bytes: audio of the length foretold, or CodecError; never a crash, never another."""
    coder, chance, refused = Opus(), random.Random(4), 0
    for payload in (b"", b"\xff\xff", b"\x0b", b"\x0b\x00", b"\x0b\x3f"):
        with pytest.raises(CodecError):
            coder.samples(payload)
    for _ in range(3000):
        payload = chance.randbytes(chance.choice([1, 2, 3, 10, 60, 300]))
        try:
            samples = coder.samples(payload)
            assert 0 < samples <= 960
            coder.conceal(payload)
            assert len(coder.decode(payload)) == 2 * samples
        except CodecError:
            refused += 1
    assert refused > 100
    fresh = Opus()
    payloads = [fresh.encode(frame) for frame in frames(sine(440, 1, -15))]
    heard = b"".join(map(coder.decode, payloads))
    assert level_dbfs(heard[8000:]) == pytest.approx(-15, abs=1.5)
