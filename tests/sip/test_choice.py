"""What is taken of a description, and in which words it is refused."""

from base64 import b64encode

import pytest

from appliance.sip.choice import Choice, Terms, UnacceptableError, choose, select
from appliance.sip.errors import RemoteError
from appliance.sip.media import CODECS, Direction, Srtp
from appliance.sip.sdp import Description

ALL = tuple(CODECS)
SHA1 = "AES_CM_128_HMAC_SHA1_80"
KEY = f"a=crypto:4 {SHA1} inline:{b64encode(bytes(range(30))).decode()}"
GCM = f"a=crypto:5 AEAD_AES_128_GCM inline:{b64encode(bytes(28)).decode()}"


def read(*lines: str, host: str = "192.0.2.9") -> Description:
    family = "IP6" if ":" in host else "IP4"
    head = ("v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", f"c=IN {family} {host}", "t=0 0")
    return Description.parse("".join(f"{line}\r\n" for line in (*head, *lines)).encode())


def taken(*lines: str, codecs=ALL, srtp=Srtp.OFF, **more) -> Choice:
    return select(read(*lines), Terms(codecs, srtp), **more)


def refused(*lines: str, srtp=Srtp.OFF, **more) -> str:
    with pytest.raises(UnacceptableError) as caught:
        taken(*lines, srtp=srtp, **more)
    assert caught.value.status == 488
    return caught.value.reason


OPUS = (
    "m=audio 7000 RTP/AVP 96 9 8 97 98 13 99",
    "a=rtpmap:96 OPUS/48000/2",
    "a=fmtp:96 useinbandfec=1; maxaveragebitrate=30000",
    "a=rtpmap:97 telephone-event/8000",
    "a=rtpmap:98 telephone-event/48000",
    "a=rtpmap:99 CN/48000",
)


def test_opus_is_taken_with_its_clock_its_keys_and_its_parameters():
    """48000 Hz for audio, for keys and for comfort noise (RFC 7587, RFC 4733 2.1)."""
    choice = taken(*OPUS)
    assert (choice.codec, choice.payload_type) == ("opus", 96)
    assert (choice.dtmf_payload_type, choice.dtmf_clock) == (98, 48000)
    assert choice.noise_payload_type == 99
    assert choice.parameters == "useinbandfec=1; maxaveragebitrate=30000"
    assert choice.shared == ("opus", "G722", "PCMA")


def test_g722_is_taken_with_the_clock_of_its_description():
    """8000, though it samples at 16 kHz (RFC 3551 4.5.2); comfort noise is 13."""
    choice = taken(*OPUS, codecs=("G722", "PCMU"))
    assert (choice.codec, choice.payload_type) == ("G722", 9)
    assert (choice.dtmf_payload_type, choice.dtmf_clock) == (97, 8000)
    assert choice.noise_payload_type == 13
    assert choice.parameters == ""


def test_keys_of_the_common_clock_do_for_opus():
    """Some peers know telephone-event/8000 only: better than no keys."""
    choice = taken(*(line for line in OPUS if "event/48000" not in line))
    assert (choice.codec, choice.dtmf_payload_type, choice.dtmf_clock) == ("opus", 97, 8000)


@pytest.mark.parametrize("name", ["opus/48000", "OPUS/48000/2", "opus/48000/1"])
def test_opus_is_known_however_its_channels_are_written(name):
    """48000/2 is right, some peers write less."""
    assert taken("m=audio 7000 RTP/AVP 111", f"a=rtpmap:111 {name}").codec == "opus"


@pytest.mark.parametrize(
    "name", ["opus/16000/2", "PCMU/8000/2", "PCMU/16000", "G722/16000", "PCMU"]
)
def test_another_rate_or_stereo_is_another_codec(name):
    """What we could not decode is not taken."""
    assert refused("m=audio 7000 RTP/AVP 111", f"a=rtpmap:111 {name}") == "no codec in common"


def test_a_dynamic_number_means_nothing_by_itself():
    """107 is what we call opus; a peer that does not say so means something else."""
    assert refused("m=audio 7000 RTP/AVP 107") == "no codec in common"
    assert refused("m=audio 7000 RTP/AVP 200 x") == "no codec in common"


@pytest.mark.parametrize(
    ("lines", "codec", "ptime"),
    [
        ((), "PCMU", 20),
        (("a=ptime:10",), "PCMU", 10),
        (("a=ptime:60",), "PCMU", 60),
        (("a=ptime:200",), "PCMU", 60),
        (("a=ptime:40", "a=maxptime:30"), "PCMU", 30),
        (("a=maxptime:10",), "PCMU", 10),
        (("a=maxptime:5",), "PCMU", 10),
        (("a=maxptime:x",), "PCMU", 20),
        (("a=ptime:30",), "opus", 20),
        (("a=ptime:50",), "opus", 40),
        (("a=ptime:60",), "opus", 60),
    ],
)
def test_the_packet_time_fits_both(lines, codec, ptime):
    """10 to 60 ms, never more than the peer takes, and what the codec can (RFC 7587 for opus)."""
    offer = OPUS[:2] if codec == "opus" else ("m=audio 7000 RTP/AVP 0",)
    assert taken(*offer, *lines, codecs=(codec,)).ptime == ptime


def test_rtcp_mux_is_read():
    """Whether RTCP may share the port (RFC 5761)."""
    assert taken("m=audio 7000 RTP/AVP 0", "a=rtcp-mux").mux
    assert not taken("m=audio 7000 RTP/AVP 0").mux


@pytest.mark.parametrize(
    ("lines", "srtp", "reason"),
    [
        (("m=audio 1 RTP/SAVP 0", KEY), "off", "only RTP/SAVP is offered, and encryption is off"),
        (("m=audio 1 RTP/SAVPF 0", KEY), "off", "only RTP/SAVPF is offered"),
        (("m=audio 1 RTP/AVP 0",), "required", "only plain audio is offered"),
        (("m=audio 1 RTP/AVP 0", f"{KEY}|1:4"), "required", "MKI"),
        (("m=audio 1 RTP/SAVP 0",), "offered", "no key"),
        (("m=audio 1 RTP/SAVP 0", f"{KEY}|1:4"), "offered", "MKI"),
        (("m=audio 1 UDP/TLS/RTP/SAVPF 0", "a=fingerprint:x"), "off", "DTLS"),
        (("m=audio 1 UDP/TLS/RTP/SAVPF 0", "a=fingerprint:x"), "offered", "DTLS"),
        (("m=audio 1 UDP/TLS/RTP/SAVPF 0", "a=fingerprint:x"), "required", "DTLS"),
        (("m=audio 1 RTP/SAVPF 0", "a=fingerprint:x"), "offered", "DTLS"),
        (("m=audio 1 RTP/SAVPF 0", "a=setup:actpass"), "required", "DTLS"),
        (("m=audio 1 TCP/RTP/AVP 0",), "off", "TCP/RTP/AVP is not spoken"),
        (("m=audio 1 RTP/AVP 18",), "off", "no codec in common"),
        (("m=video 1 RTP/AVP 0",), "off", "no audio stream"),
        (("m=audio 0 RTP/AVP 0",), "off", "no audio stream"),
        (("m=audio 1 RTP/AVP 0", "c=IN IP4 pbx.example"), "off", "no address"),
        (("m=audio 1 RTP/AVP 0", "c=IN IP4 224.2.1.1/127"), "off", "not to many"),
        (("m=audio 1 RTP/AVP 0", "c=IN IP4 255.255.255.255"), "off", "not to many"),
        ((), "off", "no audio stream"),
    ],
)
def test_a_refusal_says_what_was_missing(lines, srtp, reason):
    """In words that an installer can act on."""
    assert reason in refused(*lines, srtp=Srtp(srtp))


@pytest.mark.parametrize(
    ("srtp", "index", "protocol", "keyed"),
    [
        ("off", 0, "RTP/AVP", False),
        ("offered", 2, "RTP/SAVP", True),
        ("required", 2, "RTP/SAVP", True),
    ],
)
def test_the_encrypted_line_goes_before_the_plain_one(srtp, index, protocol, keyed):
    """A secure profile before keys on a plain one, before plain."""
    choice = taken(
        "m=audio 1 RTP/AVP 0",
        "m=audio 2 RTP/AVP 0",
        KEY,
        "m=audio 3 RTP/SAVP 0",
        KEY,
        srtp=Srtp(srtp),
    )
    assert (choice.index, choice.protocol) == (index, protocol)
    assert (choice.crypto is not None) is keyed


def test_keys_on_a_plain_line_are_best_effort():
    """Taken if they can be, and else plain, unless encryption is required."""
    assert taken("m=audio 1 RTP/AVP 0", KEY, srtp=Srtp.OFFERED).crypto.tag == 4
    assert taken("m=audio 1 RTP/AVP 0", f"{KEY}|1:4", srtp=Srtp.OFFERED).crypto is None
    assert taken("m=audio 1 RTP/AVP 0", KEY, srtp=Srtp.OFF).crypto is None
    assert taken("m=audio 1 RTP/AVP 0", KEY, srtp=Srtp.REQUIRED).crypto.tag == 4


def test_an_unusable_key_in_an_answer_is_a_refusal():
    """Who answers with a key will encrypt: plain would be noise."""
    reason = refused("m=audio 1 RTP/AVP 0", f"{KEY}|1:4", srtp=Srtp.OFFERED, answered=0)
    assert "MKI" in reason


def test_only_the_line_we_offered_is_answered():
    """Another line of an answer is none of ours."""
    lines = ("m=audio 0 RTP/AVP 0", "m=audio 7000 RTP/AVP 0")
    assert refused(*lines, answered=0) == "no audio stream"
    assert taken(*lines, answered=1).port == 7000


def test_a_suite_that_we_have_no_key_for_is_passed_over():
    """The first of the peer's keys that we can match."""
    terms = Terms(ALL, Srtp.OFFERED, (SHA1,))
    choice = select(read("m=audio 1 RTP/SAVP 0", GCM, KEY), terms)
    assert choice.crypto.tag == 4


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "0::0"])
def test_nowhere_is_of_every_family(host):
    """Hold in the old way works between the families too (RFC 3264 8.4)."""
    description = read("m=audio 7000 RTP/AVP 0", host=host)
    for ours in ("192.0.2.1", "2001:db8::1"):
        choice = select(description, Terms(ALL, host=ours))
        assert choice.direction is Direction.SENDONLY


def test_a_line_of_our_family_is_chosen():
    """Of an IPv4 and an IPv6 line we take ours."""
    lines = ("m=audio 1 RTP/AVP 0", "m=audio 2 RTP/AVP 0", "c=IN IP6 2001:db8::9")
    assert select(read(*lines), Terms(ALL, host="2001:db8::1")).port == 2
    with pytest.raises(RemoteError, match="family"):
        select(read(lines[0]), Terms(ALL, host="2001:db8::1"))


def test_an_early_look_needs_no_keys():
    """Before anything of ours is known, an offer is looked at by policy alone."""
    offer = read("m=audio 1 RTP/SAVP 9 0", KEY)
    assert choose(offer, ("PCMU",), Srtp.OFFERED).shared == ("PCMU",)
    with pytest.raises(UnacceptableError):
        choose(offer, ("PCMU",))


def test_ice_and_bundles_are_ignored():
    """What browsers and desk phones add for others does not disturb."""
    choice = taken(
        "a=group:BUNDLE 0",
        "a=ice-lite",
        "m=audio 7000 RTP/AVPF 0",
        "a=mid:0",
        "a=ice-ufrag:x",
        "a=candidate:1 1 UDP 1 192.0.2.77 9999 typ host",
        "a=rtcp-fb:* nack",
    )
    assert (choice.host, choice.port, choice.protocol) == ("192.0.2.9", 7000, "RTP/AVPF")
