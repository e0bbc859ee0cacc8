"""What a media session must know of an agreement."""

from inspect import signature

from appliance import rtp, sip
from appliance.system.media import agreed

PLAIN = sip.Media(
    host="192.0.2.1", port=4000, codec="PCMA", payload_type=8, dtmf_payload_type=101,
    direction=sip.Direction.SENDRECV, ptime=20, control_host="192.0.2.1", control_port=4001,
    receivable=((8, "PCMA"), (0, "PCMU")), receivable_dtmf=96,
)  # fmt: skip


def test_a_session_is_told_all_that_was_agreed():
    """Gives only what a session takes, the codecs and keys that the peer may change to too."""
    told = agreed(PLAIN)
    for method in (rtp.MediaSession, rtp.MediaSession.change):
        assert set(told) <= set(signature(method).parameters)
    assert told["receivable"] == PLAIN.receivable
    assert told["receivable_dtmf"] == 96
    assert told["control"] == ("192.0.2.1", 4001)
    assert told["protection"] is None


def test_keys_cross_over_and_multiplexed_rtcp_has_no_address():
    """Encrypts under our key, expects the peer's; RTCP on the RTP port has no port of its own."""
    from dataclasses import replace

    ours, theirs = (sip.Crypto("AES_CM_128_HMAC_SHA1_80", bytes([n]) * 30) for n in (1, 2))
    told = agreed(replace(PLAIN, sending=ours, receiving=theirs, mux=True))
    assert told["protection"] == rtp.Protection(ours.suite, ours.key, theirs.key)
    assert told["control"] is None
