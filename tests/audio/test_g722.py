"""G.722 seen from 8 kHz, against the same library at 16 kHz, as a wideband telephone runs it."""

import math
import random
from array import array

import pytest

from appliance.audio.g722 import G722, missing
from appliance.audio.pcm import level_dbfs, pack, unpack
from appliance.audio.tones import sine

wideband = pytest.importorskip("G722").G722


def tone(frequency, rate, seconds=1.0, amplitude=8000.0):
    step = 2 * math.pi * frequency / rate
    return [round(amplitude * math.sin(step * n)) for n in range(round(rate * seconds))]


def chunks(values, size):
    return [values[at : at + size] for at in range(0, len(values), size)]


def fit(samples, frequency, rate):
    """Amplitude of this frequency and how far (dB) the rest is below it."""
    count = len(samples) // 400 * 400  # whole periods of every frequency used here
    samples = samples[:count]
    step = 2 * math.pi * frequency / rate
    real = sum(x * math.cos(step * n) for n, x in enumerate(samples)) * 2 / count
    imaginary = sum(x * math.sin(step * n) for n, x in enumerate(samples)) * 2 / count
    signal = (real**2 + imaginary**2) / 2
    rest = sum(x * x for x in samples) / count - signal
    return math.sqrt(2 * signal), 10 * math.log10(signal / max(rest, 1e-9))


def voice(rate, seconds=1.0, seed=1):
    """Speech-like: noise below 3 kHz (a moving average), swelling at the rate of syllables."""
    chance = random.Random(seed)
    raw = [chance.gauss(0, 1) for _ in range(round(16000 * seconds) + 64)]
    width = 8  # of 16 kHz: its first zero is at 2 kHz
    smooth = [sum(raw[n : n + width]) / width for n in range(round(16000 * seconds))]
    smooth = [sum(smooth[max(0, n - width) : n + 1]) / width for n in range(len(smooth))]
    swell = [9000 * (0.55 + 0.45 * math.sin(2 * math.pi * 4 * n / 16000)) for n in range(len(raw))]
    return [round(x * y) for x, y in zip(smooth, swell, strict=False)][:: 16000 // rate]


def snr(reference, heard, longest):
    """Best signal to noise ratio over the delays 0 … longest."""
    best = -99.0
    for delay in range(longest + 1):
        pairs = list(zip(reference, heard[delay:], strict=False))[800:]
        gain = sum(a * b for a, b in pairs) / max(1, sum(a * a for a, _ in pairs))
        noise = sum((b - gain * a) ** 2 for a, b in pairs)
        signal = sum((gain * a) ** 2 for a, _ in pairs)
        best = max(best, 10 * math.log10(signal / max(noise, 1e-9)))
    return best


@pytest.mark.parametrize("frequency", [300, 1000, 2000, 3000])
@pytest.mark.parametrize("amplitude", [300.0, 8000.0, 30000.0])
def test_what_we_send_is_heard_at_its_level_by_a_wideband_phone(frequency, amplitude):
    """A 16 kHz decoder plays our tone at the same level and frequency, twice as many samples."""
    ours, theirs = G722(), wideband(16000, 64000)
    heard = []
    for frame in chunks(pack(tone(frequency, 8000, amplitude=amplitude)), 320):
        payload = ours.encode(frame)
        assert len(payload) == 160
        heard += theirs.decode(payload)
    assert len(heard) == 16000
    level, clear = fit(heard[1600:], frequency, 16000)
    assert level == pytest.approx(amplitude, rel=0.02)
    assert clear > (35 if frequency <= 2000 else 18)  # the mirror image above 4 kHz


@pytest.mark.parametrize("frequency", [300, 1000, 2000, 3000])
@pytest.mark.parametrize("amplitude", [300.0, 8000.0, 30000.0])
def test_a_wideband_phone_is_heard_at_its_level(frequency, amplitude):
    """The stream of a 16 kHz encoder decodes to 8 kHz with level and tone kept."""
    ours, theirs = G722(), wideband(16000, 64000)
    heard = b""
    for frame in chunks(tone(frequency, 16000, amplitude=amplitude), 320):
        heard += ours.decode(theirs.encode(array("h", frame)))
    assert len(heard) == 16000
    level, clear = fit(unpack(heard[1600:]).tolist(), frequency, 8000)
    assert level == pytest.approx(amplitude, rel=0.02)
    assert clear > 35


def test_noise_like_speech_survives_both_ways():
    """Swelling noise: our own round trip above 25 dB; a wideband phone's below 3 kHz above 15."""
    narrow, wide = voice(8000), voice(16000)
    ours, theirs = G722(), wideband(16000, 64000)
    heard = []
    for frame in chunks(pack(narrow), 320):
        heard += unpack(ours.decode(ours.encode(frame)))
    assert snr(narrow, heard, 0) > 25
    ours, heard = G722(), []
    for frame in chunks(wide, 320):
        heard += unpack(ours.decode(theirs.encode(array("h", frame))))
    # Its analysis filters delay by 11 samples at 16 kHz, five and a half of ours.
    shifted = [wide[max(0, 2 * n - 11)] for n in range(len(heard))]
    assert snr(shifted, heard, 2) > 15


def test_the_state_is_kept_from_packet_to_packet():
    """Packets of any length decode to what one long packet does."""
    pcm = sine(440, 0.4)
    whole = G722().encode(pcm)
    split = G722()
    payload = b"".join(split.encode(frame) for frame in chunks(pcm, 2 * 240))
    assert payload == whole
    pieces, at_once = G722(), G722()
    assert b"".join(map(pieces.decode, chunks(payload, 73))) == at_once.decode(payload)


def test_silence_stays_silent_and_any_bytes_decode():
    """Idle noise is below -60 dBFS; nothing raises, not even no bytes; a reset encoder recovers."""
    coder = G722()
    for _ in range(20):
        quiet = coder.decode(coder.encode(bytes(320)))
    assert level_dbfs(quiet) < -60
    chance = random.Random(2)
    for size in (0, 1, 7, 160, 480):
        assert len(coder.decode(chance.randbytes(size))) == 2 * size
    tail = b"".join(coder.decode(payload) for payload in chunks(G722().encode(sine(400, 1)), 160))
    assert fit(unpack(tail[-9600:]).tolist(), 400, 8000)[1] > 30


def test_half_a_sample_is_refused():
    """An odd number of bytes is a ValueError."""
    with pytest.raises(ValueError):
        G722().encode(bytes(3))
    assert missing() == ""
