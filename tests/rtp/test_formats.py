"""Payload types and their coders, from one agreement to the next."""

import pytest

from appliance.audio import g722
from appliance.audio.codecs import G711, available
from appliance.rtp.errors import LocalError
from appliance.rtp.formats import Formats

needs_opus = pytest.mark.skipif("opus" not in available(), reason="no libopus on this machine")


@pytest.fixture
def formats():
    """µ-law agreed."""
    made = Formats()
    made.agree("PCMU", "", 0, None)
    return made


def test_what_was_not_agreed_has_no_coder(formats):
    """Only the codec agreed and comfort noise are found."""
    assert formats.find(0).samples(b"\x40") == 1
    assert formats.find(13).samples(b"\x40") == 0
    assert formats.find(8) is None


def test_comfort_noise_may_have_a_number_of_its_own(formats):
    """A dynamic one beside 13; it never takes the number of the audio."""
    formats.agree("PCMU", "", 0, 98)
    assert formats.find(98) is formats.find(13)
    formats.agree("PCMU", "", 0, 0)
    assert formats.find(0).samples(b"\x40") == 1


def test_a_codec_that_stays_keeps_its_state(formats):
    """Agreed again, also under another number, coder and encoder are the same objects."""
    decoder, encoder = formats.find(0), formats.encoder
    formats.agree("PCMU", "", 96, None)
    assert formats.encoder is encoder
    assert formats.find(96) is formats.find(0) is decoder


def test_other_parameters_concern_only_what_we_send(formats):
    """What the peer likes to get makes another encoder and leaves the decoder."""
    decoder, encoder = formats.find(0), formats.encoder
    formats.agree("PCMU", "x=1", 0, None)
    assert formats.find(0) is decoder
    assert formats.encoder is not encoder


def test_the_codec_before_is_understood_until_the_peer_has_changed(formats):
    """Old packets count until 0.2 s after the first new one, however late that comes."""
    old = formats.find(0)
    formats.agree("PCMA", "", 8, None)
    formats.heard(0, 5.0)
    assert formats.find(0) is old
    formats.heard(8, 9.0)
    formats.heard(0, 9.1)
    assert formats.find(0) is old
    formats.heard(8, 9.3)
    assert formats.find(0) is None
    assert formats.find(8) not in {None, old}


def test_another_source_begins_with_a_fresh_decoder(formats):
    """Its packets have nothing to do with the state left by the one before."""
    old = formats.find(0)
    formats.agree("PCMA", "", 8, None)
    formats.renew()
    assert formats.find(0) is None
    assert formats.find(8) not in {None, old}


def test_a_codec_we_have_not_changes_nothing(formats):
    """LocalError, and the one before goes on."""
    with pytest.raises(LocalError, match="GSM"):
        formats.agree("GSM", "", 3, None)
    assert (formats.codec, formats.payload_type) == ("PCMU", 0)
    assert formats.find(0) is not None


@needs_opus
def test_the_noise_runs_on_the_clock_of_the_audio(formats):
    """Comfort noise has no clock of its own: it pauses what the peer has sent last."""
    formats.agree("opus", "", 107, None, receivable=((107, "opus"), (0, "PCMU")))
    assert formats.find(13).clock == formats.find(107).clock == 48000
    for number, clock in ((0, 8000), (107, 48000)):
        assert formats.find(number) is not None
        formats.heard(number, 1.0)
        formats.heard(13, 1.0)
        assert formats.find(13).clock == clock


def test_all_that_the_peer_answered_with_is_understood(formats):
    """Each number has its codec, ours before the peer's own, and nothing else has one."""
    agreed = ((96, "G722"), (0, "PCMU"), (8, "PCMA"), (97, "GSM"))
    formats.agree("G722", "", 9, None, receivable=agreed)
    kinds = {number: type(formats.find(number)) for number in (96, 0, 8, 9)}
    assert kinds == {96: g722.G722, 0: G711, 8: G711, 9: g722.G722}
    assert formats.find(96) is formats.find(9)
    assert formats.find(0) is not formats.find(8)
    assert formats.find(97) is formats.find(18) is None
    formats.heard(8, 1.0)
    assert (formats.codec, formats.heard_codec) == ("G722", "PCMA")


def test_a_number_that_means_two_things_means_what_we_have_said(formats):
    """The peer's numbers for what we send give way to ours for what it sends."""
    formats.agree("PCMU", "", 96, keys=97, receivable=((97, "PCMU"),), receivable_keys=96)
    assert formats.keys == {96}
    assert formats.find(96) is None
    assert formats.find(97) is not None
    formats.agree("PCMU", "", 0, keys=97, receivable=((0, "PCMU"),), receivable_keys=101)
    assert formats.keys == {97, 101}


def test_what_could_be_received_before_is_so_until_the_peer_has_changed(formats):
    """Every codec of the agreement before, and its decoder with its state."""
    formats.agree("PCMU", "", 0, receivable=((0, "PCMU"), (9, "G722")))
    old = formats.find(9)
    formats.agree("PCMA", "", 8, receivable=((8, "PCMA"),))
    formats.heard(9, 1.0)
    assert formats.find(9) is old
    formats.heard(8, 2.0)
    formats.heard(8, 2.3)
    assert formats.find(9) is formats.find(0) is None
