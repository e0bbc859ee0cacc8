"""Payload types and their coders, from one agreement to the next."""

import pytest

from appliance.audio.codecs import available
from appliance.rtp.errors import LocalError
from appliance.rtp.formats import Formats


@pytest.fixture
def formats():
    """µ-law agreed."""
    made = Formats()
    made.agree("PCMU", "", 0, None)
    return made


def test_what_was_not_agreed_has_no_coder(formats):
    """Only the codec agreed and comfort noise are found."""
    assert formats.find(0) is formats.decoder
    assert formats.find(13).samples(b"\x40") == 0
    assert formats.find(8) is None


def test_comfort_noise_may_have_a_number_of_its_own(formats):
    """A dynamic one beside 13; it never takes the number of the audio."""
    formats.agree("PCMU", "", 0, 98)
    assert formats.find(98) is formats.find(13)
    formats.agree("PCMU", "", 0, 0)
    assert formats.find(0) is formats.decoder


def test_a_codec_that_stays_keeps_its_state(formats):
    """Agreed again, also under another number, coder and encoder are the same objects."""
    decoder, encoder = formats.decoder, formats.encoder
    formats.agree("PCMU", "", 96, None)
    assert (formats.decoder, formats.encoder) == (decoder, encoder)
    assert formats.find(96) is formats.find(0) is decoder


def test_other_parameters_concern_only_what_we_send(formats):
    """What the peer likes to get makes another encoder and leaves the decoder."""
    decoder, encoder = formats.decoder, formats.encoder
    formats.agree("PCMU", "x=1", 0, None)
    assert formats.decoder is decoder
    assert formats.encoder is not encoder


def test_the_codec_before_is_understood_until_the_peer_has_changed(formats):
    """Old packets count until 0.2 s after the first new one, however late that comes."""
    old = formats.decoder
    formats.agree("PCMA", "", 8, None)
    formats.heard(0, 5.0)
    assert formats.find(0) is old
    formats.heard(8, 9.0)
    formats.heard(0, 9.1)
    assert formats.find(0) is old
    formats.heard(8, 9.3)
    assert formats.find(0) is None
    assert formats.find(8) is formats.decoder is not old


def test_another_source_begins_with_a_fresh_decoder(formats):
    """Its packets have nothing to do with the state left by the one before."""
    old = formats.decoder
    formats.agree("PCMA", "", 8, None)
    formats.renew()
    assert formats.find(0) is None
    assert formats.find(8) is formats.decoder is not old


def test_a_codec_we_have_not_changes_nothing(formats):
    """LocalError, and the one before goes on."""
    with pytest.raises(LocalError, match="GSM"):
        formats.agree("GSM", "", 3, None)
    assert formats.codec == "PCMU"
    assert formats.find(0) is formats.decoder


@pytest.mark.skipif("opus" not in available(), reason="no libopus on this machine")
def test_the_noise_runs_on_the_clock_of_the_audio(formats):
    """Comfort noise has no clock of its own: it pauses a stream."""
    formats.agree("opus", "", 107, None)
    assert formats.find(13).clock == formats.find(107).clock == 48000
