"""The words of every codec: what each coder offers, and its two errors."""

import pytest

from appliance.audio.codecs import DESCRIPTIONS, available, make
from appliance.audio.coder import CodecError, CodecMissingError
from appliance.audio.noise import ComfortNoise


@pytest.mark.parametrize("name", ["PCMU", "PCMA", "G722", "opus", "CN"])
def test_every_codec_offers_what_the_session_asks_for(name):
    """Clock, packet length, duration, FEC, rest and loss can be asked of each, also at first."""
    if name in DESCRIPTIONS and name not in available():
        pytest.skip(f"{name} cannot be run here")
    coder = ComfortNoise() if name == "CN" else make(name)
    assert coder.clock % 8000 == 0
    assert coder.packet(20) == 160
    assert coder.resting is False
    coder.expect_loss(0.1)
    payload = b"\x40" if name == "CN" else coder.encode(bytes(320))
    assert coder.conceal(payload) is None
    samples = coder.samples(payload)
    assert samples == (0 if name == "CN" else 160)
    assert len(coder.decode(payload)) == 2 * samples


def test_errors_are_what_a_caller_catches():
    """A bad payload is a ValueError, a codec we cannot run a LookupError."""
    assert issubclass(CodecError, ValueError)
    assert issubclass(CodecMissingError, LookupError)
