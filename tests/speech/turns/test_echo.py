"""The box's own voice, taken out of what comes back from the line."""

import numpy as np
import pytest

from appliance.audio.g711 import decode_alaw, encode_alaw
from appliance.speech.turns.echo import EchoCanceller

RATE, BLOCK = 8000, 160


def through_the_line(samples):
    """What a signal is after A-law."""
    pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    return np.frombuffer(decode_alaw(encode_alaw(pcm)), "<i2").astype(np.float32) / 32768


def talk(seconds, seed):
    """Noise with the spectrum, the syllables and the pauses of speech, at -20 dBFS."""
    chance = np.random.default_rng(seed)
    samples = chance.standard_normal(round(seconds * RATE))
    for pole in (0.85, -0.3):  # two one-pole filters, as their impulse responses
        samples = np.convolve(samples, pole ** np.arange(80.0))[: len(samples)]
    t = np.arange(len(samples)) / RATE
    samples *= np.clip(np.sin(2 * np.pi * 3.1 * t), 0.02, 1) * (np.sin(2 * np.pi * 0.3 * t) > -0.7)
    return (0.1 * samples / samples.std()).astype(np.float32)


def line(delay, loss, seed=1):
    """The impulse response of an echo `delay` ms long on the way, `loss` dB below."""
    chance = np.random.default_rng(seed)
    response = np.zeros(delay * RATE // 1000 + 320)
    response[-320:] = chance.standard_normal(320) * np.exp(-np.arange(320) / 50)
    return response * 10 ** (-loss / 20) / np.linalg.norm(response)


def run(canceller, heard, played):
    """Every block in its order."""
    blocks = [
        canceller.process(heard[at : at + BLOCK], played[at : at + BLOCK])
        for at in range(0, len(heard) - BLOCK + 1, BLOCK)
    ]
    return np.concatenate(blocks)


def decibels(a, b):
    return 10 * np.log10((a @ a) / (b @ b + 1e-12))


FAR = through_the_line(talk(16, 2))


def echo_of(response):
    return np.convolve(FAR, response)[: len(FAR)].astype(np.float32)


@pytest.mark.parametrize("delay", [10, 32, 64, 128, 300])
def test_an_echo_is_reduced_by_25_db(delay):
    """A line echo of 10 to 128 ms, and one of a far network, is 25 dB weaker once learned."""
    heard = through_the_line(echo_of(line(delay, 10)))
    left = run(EchoCanceller(), heard, FAR)
    late = slice(10 * RATE, 16 * RATE // BLOCK * BLOCK)
    assert decibels(heard[late], left[late]) >= 25


def test_a_caller_who_talks_meanwhile_is_heard_as_without_an_echo():
    """Speech over the echo comes out at 14 dB above everything else, and spoils nothing."""
    near = np.zeros(len(FAR), np.float32)
    speech = talk(3, 9)
    near[9 * RATE : 12 * RATE] = speech
    heard = through_the_line(echo_of(line(40, 10)) + near)
    left = run(EchoCanceller(), heard, FAR)
    during, after = slice(9 * RATE, 12 * RATE), slice(12 * RATE, 15 * RATE)
    assert decibels(near[during], left[during] - near[during]) >= 14
    assert decibels(heard[after], left[after]) >= 20


def test_an_echo_path_that_changes_is_learned_again():
    """A jitter buffer moves by 20 ms in the middle of a call: three seconds later it is quiet."""
    one, two = echo_of(line(60, 10)), echo_of(line(80, 10))
    heard = through_the_line(np.concatenate((one[: 8 * RATE], two[8 * RATE :])))
    left = run(EchoCanceller(), heard, FAR)
    late = slice(12 * RATE, 16 * RATE // BLOCK * BLOCK)
    assert decibels(heard[late], left[late]) >= 18


def test_without_an_echo_the_caller_is_left_alone():
    """Nothing comes back: what the caller says passes with nothing added that could be heard."""
    speech = talk(16, 7)
    speech[: 2 * RATE] = 0  # the box begins
    speech = through_the_line(speech)
    left = run(EchoCanceller(), speech, FAR)
    assert decibels(speech, left - speech[: len(left)]) >= 25


def test_an_echo_that_is_not_learned_yet_is_kept_back():
    """In the box's first sentence nothing of it comes through, and a caller who is loud does."""
    heard = through_the_line(echo_of(line(90, 10)))
    first = slice(0, RATE)
    assert decibels(heard[first], run(EchoCanceller(), heard[first], FAR[first])) > 25
    loud = heard[first] + 2 * talk(1, 4)
    assert decibels(loud, run(EchoCanceller(), loud, FAR[first]) - loud) > 3


def test_while_nothing_is_played_every_sample_passes():
    """A box that is silent hears bit for bit what came."""
    speech = talk(2, 3)
    canceller = EchoCanceller()
    for at in range(0, len(speech) - BLOCK, BLOCK):
        block = speech[at : at + BLOCK]
        assert canceller.process(block, None) is block


def test_a_block_of_another_length_passes():
    """A packet that is not 20 ms is heard as it is."""
    canceller = EchoCanceller()
    odd = np.ones(77, np.float32)
    assert canceller.process(odd, None) is odd
    assert canceller.process(odd, odd) is odd
