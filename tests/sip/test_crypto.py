"""Keys as text: what is read, what is written, and what is refused with a reason."""

from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.sip.crypto import (
    LEAST_LIFETIME,
    SUITES,
    UnusableError,
    first,
    numbered,
    parse,
    write,
)
from appliance.sip.errors import LocalError
from appliance.sip.media import Crypto
from appliance.sip.sdp import Stream

KEY = bytes(range(30))
TEXT = b64encode(KEY).decode()
SHA1 = "AES_CM_128_HMAC_SHA1_80"


@pytest.mark.parametrize("suite", SUITES)
def test_a_key_of_every_suite_round_trips(suite):
    """Tag, suite and key come back as they were written."""
    crypto = Crypto(suite, bytes(range(SUITES[suite])), 7)
    assert parse(write(crypto)) == crypto


def test_the_key_lengths_are_those_of_the_suites():
    """Master key and salt: 16+14 bytes for AES-CM (RFC 4568 6.2), 16+12 and 32+12 for GCM (7714)."""
    assert SUITES == {
        "AES_CM_128_HMAC_SHA1_80": 30,
        "AES_CM_128_HMAC_SHA1_32": 30,
        "AEAD_AES_128_GCM": 28,
        "AEAD_AES_256_GCM": 44,
    }


def test_the_line_of_the_rfc_is_read():
    """RFC 4568 section 4, with a lifetime and no identifier."""
    line = f"1 {SHA1} inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20"
    assert parse(line).key == b"wDfvg&T+)xG7@fb5jU,RaA}\\|p0%*#"


@pytest.mark.parametrize(
    "tail",
    ["", "|2^31", "|2^48", f"|{LEAST_LIFETIME}", "|281474976710656", "|2^31 WSH=128", " -new"],
)
def test_what_changes_nothing_for_us_is_tolerated(tail):
    """Long lifetimes, a hint about the replay window, and what is marked optional (6.3.7)."""
    assert parse(f"1 {SHA1} inline:{TEXT}{tail}").key == KEY


@pytest.mark.parametrize("suite", [SHA1.lower(), SHA1])
def test_case_does_not_matter_in_names(suite):
    """The suite and the key method compare without case (9.2)."""
    assert parse(f"001 {suite} INLINE:{TEXT}") == Crypto(SHA1, KEY, 1)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "broken"),
        (f"1 {SHA1}", "broken"),
        (f"x {SHA1} inline:{TEXT}", "tag"),
        (f"-1 {SHA1} inline:{TEXT}", "tag"),
        (f"9999999999 {SHA1} inline:{TEXT}", "tag"),
        (f"1 F8_128_HMAC_SHA1_80 inline:{TEXT}", "F8_128_HMAC_SHA1_80"),
        (f"1 {SHA1} {TEXT}", "inline"),
        (f"1 {SHA1} uri:{TEXT}", "inline"),
        (f"1 {SHA1} inline:", "0 bytes"),
        (f"1 {SHA1} inline:{TEXT[:-4]}", "27 bytes"),
        (f"1 {SHA1} inline:{TEXT}AAAA", "33 bytes"),
        (f"1 AEAD_AES_256_GCM inline:{TEXT}", "30 bytes"),
        (f"1 {SHA1} inline:{TEXT[:-1]}!", "base64"),
        (f"1 {SHA1} inline:{TEXT[:-1]}é", "base64"),
        (f"1 AEAD_AES_128_GCM inline:{b64encode(KEY[:28]).decode()[:-2]}", "base64"),
        (f"1 AEAD_AES_128_GCM inline:{b64encode(bytes(28)).decode()[:-3]}B==", "base64"),
        (f"1 {SHA1} inline:{TEXT}|2^31|1:4", "MKI"),
        (f"1 {SHA1} inline:{TEXT}|1:4", "MKI"),
        (f"1 {SHA1} inline:{TEXT}|2^31|2^31", "broken"),
        (f"1 {SHA1} inline:{TEXT}|2^49", "lifetime"),
        (f"1 {SHA1} inline:{TEXT}|3^20", "lifetime"),
        (f"1 {SHA1} inline:{TEXT}|", "lifetime"),
        (f"1 {SHA1} inline:{TEXT}|2^19", "shorter"),
        (f"1 {SHA1} inline:{TEXT}|{LEAST_LIFETIME - 1}", "shorter"),
        (f"1 {SHA1} inline:{TEXT};inline:{TEXT}", "more than one"),
        (f"1 {SHA1} inline:{TEXT} KDR=1", "KDR"),
        (f"1 {SHA1} inline:{TEXT} UNENCRYPTED_SRTP", "UNENCRYPTED_SRTP"),
        (f"1 {SHA1} inline:{TEXT} UNENCRYPTED_SRTCP", "UNENCRYPTED_SRTCP"),
        (f"1 {SHA1} inline:{TEXT} UNAUTHENTICATED_SRTP", "UNAUTHENTICATED_SRTP"),
        (f"1 {SHA1} inline:{TEXT} FEC_ORDER=FEC_SRTP", "FEC_ORDER"),
    ],
)
def test_what_we_cannot_keep_is_refused_with_its_reason(line, reason):
    """Broken lines, other suites, wrong keys, identifiers, short lifetimes, parts left plain."""
    with pytest.raises(UnusableError) as caught:
        parse(line)
    assert reason in caught.value.reason
    assert caught.value.status == 488


def test_a_key_of_ours_that_does_not_fit_is_our_fault():
    """A wrong length or an unknown suite never reaches the wire."""
    for wrong in (Crypto(SHA1, KEY[:-1]), Crypto("NONE", KEY)):
        with pytest.raises(LocalError):
            write(wrong)


def test_a_key_does_not_show_itself():
    """Neither the value nor a refusal repeats key material in its text."""
    assert "key" not in repr(Crypto(SHA1, KEY))
    with pytest.raises(UnusableError) as caught:
        parse(f"1 AEAD_AES_256_GCM inline:{TEXT}")
    assert TEXT not in caught.value.reason


def lines(*values):
    return Stream("audio", 1, "RTP/SAVP", ("0",), "", tuple(("crypto", value) for value in values))


def test_the_first_usable_key_wins():
    """In the order of the peer, whatever stands between (RFC 4568 5.1.2)."""
    short = f"2 AES_CM_128_HMAC_SHA1_32 inline:{TEXT}"
    stream = lines(f"1 OTHER inline:{TEXT}", "rubbish", short, f"3 {SHA1} inline:{TEXT}")
    assert first(stream, SUITES).tag == 2
    assert first(stream, (SHA1,)).tag == 3


def test_without_a_usable_key_the_reason_is_told():
    """No key at all, a suite that is not wanted, or what was wrong with the last one."""
    for stream, suites, reason in (
        (lines(), SUITES, "no key"),
        (lines(f"1 {SHA1} inline:{TEXT}"), ("AEAD_AES_128_GCM",), SHA1),
        (lines(f"1 {SHA1} inline:{TEXT}|1:4"), SUITES, "MKI"),
    ):
        with pytest.raises(UnusableError) as caught:
            first(stream, suites)
        assert reason in caught.value.reason


def test_an_offer_numbers_its_keys():
    """Tags from 1 on, the suite in use before the others."""
    keys = [Crypto(SHA1, KEY), Crypto("AEAD_AES_128_GCM", KEY[:28])]
    assert [key.tag for key in numbered(keys)] == [1, 2]
    best = numbered(keys, Crypto("AEAD_AES_128_GCM", KEY[2:], 9))
    assert [(key.suite, key.key, key.tag) for key in best] == [
        ("AEAD_AES_128_GCM", KEY[:28], 1),
        (SHA1, KEY, 2),
    ]


@given(st.text(max_size=200) | st.from_regex(rf"1 {SHA1} inline:[A-Za-z0-9+/]{{40}}\|.{{0,20}}"))
@settings(derandomize=True, deadline=None, max_examples=300)
def test_any_text_is_a_key_or_a_refusal(text):
    """Nothing but UnusableError comes out, and what is read fits its suite."""
    try:
        crypto = parse(text)
    except UnusableError:
        return
    assert len(crypto.key) == SUITES[crypto.suite]
    assert parse(write(crypto)) == crypto
