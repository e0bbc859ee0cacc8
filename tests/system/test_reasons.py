"""`system.reasons`: what went wrong, in plain words."""

from __future__ import annotations

import errno
import socket
import ssl
from datetime import UTC, datetime

import pytest

from appliance.system.certificates import Certificate
from appliance.system.reasons import connection, handshake, not_pinned, verification

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SEEN = Certificate(
    "AB:CD",
    "pbx.local",
    ("pbx.local", "192.0.2.7"),
    "Somebody",
    datetime(2027, 1, 1, tzinfo=UTC),
    datetime(2026, 1, 1, tzinfo=UTC),
)


def tls_error(reason: str, kind: type[ssl.SSLError] = ssl.SSLError) -> ssl.SSLError:
    error = kind(1, "text of OpenSSL")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ConnectionRefusedError(), "pbx.example: port 5061 refuses connections"),
        (TimeoutError(), "pbx.example does not answer on port 5061"),
        (OSError(errno.ETIMEDOUT, "x"), "pbx.example does not answer on port 5061"),
        (OSError(errno.EHOSTUNREACH, "x"), "pbx.example cannot be reached from this network"),
        (OSError(errno.ENETUNREACH, "x"), "pbx.example cannot be reached from this network"),
        (ConnectionResetError(), "pbx.example broke off the connection to port 5061"),
        (BrokenPipeError(), "pbx.example broke off the connection to port 5061"),
        (
            OSError(errno.EADDRNOTAVAIL, "x"),
            "the box no longer has the address that it spoke from",
        ),
        (
            socket.gaierror(socket.EAI_NONAME, "x"),
            "the name pbx.example is not known: is it spelt right, and does DNS answer?",
        ),
        (
            OSError(errno.EPROTO, "Protocol error"),
            "no connection to port 5061 of pbx.example: Protocol error",
        ),
        (UnicodeError("label too long"), "'pbx.example' is no name that a host can have"),
        (
            tls_error("WRONG_VERSION_NUMBER"),
            "no TLS there: port 5061 of pbx.example answers in another protocol",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_failed_connection_is_explained(error: OSError, sentence: str) -> None:
    """Names the far end, and what it did, in a sentence of its own."""
    assert connection(error, "pbx.example", 5061) == sentence


@pytest.mark.parametrize(
    ("reason", "part"),
    [
        ("HTTP_REQUEST", "no TLS there"),
        ("TLSV1_ALERT_PROTOCOL_VERSION", "older than 1.2"),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "wants a client certificate"),
        ("TLSV1_ALERT_UNKNOWN_CA", "does not know the authority that signed our certificate"),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "client certificate, or shares no cipher"),
        ("TLSV1_UNRECOGNIZED_NAME", "does not know itself by this name"),
        ("CERTIFICATE_VERIFY_FAILED", "fails: certificate verify failed"),
        ("SOMETHING_NEW", "fails: something new"),
    ],
)
def test_a_failed_handshake_is_explained(reason: str, part: str) -> None:
    """Translates what OpenSSL calls it; a new one is at least told."""
    kind = ssl.SSLCertVerificationError if "VERIFY" in reason else ssl.SSLError
    assert part in connection(tls_error(reason, kind), "pbx.example", 5061)


def test_a_handshake_that_is_cut_off_is_explained() -> None:
    """Says that the far end broke off, whatever reason OpenSSL gives."""
    told = handshake(tls_error("", ssl.SSLEOFError), "pbx.example", 5061)
    assert told == "pbx.example broke off the TLS connection"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (
            18,
            "the certificate of pbx.example (SHA-256 AB:CD) is not signed by a known authority",
        ),
        (62, "the certificate of pbx.example is for another name (pbx.local, 192.0.2.7)"),
        (10, "the certificate of pbx.example expired on 2026-01-01"),
        (
            9,
            "the certificate of pbx.example is valid from 2027-01-01 on: is the box's clock right?",
        ),
        (67, "the certificate of pbx.example or of its authority is too weak to be safe"),
        (
            99,
            "the certificate of pbx.example (SHA-256 AB:CD) cannot be verified: text of OpenSSL",
        ),
    ],
)
def test_a_refused_certificate_is_explained(code: int, sentence: str) -> None:
    """Tells what is wrong with it, with its names, dates and fingerprint."""
    assert verification(code, "text of OpenSSL", "pbx.example", SEEN, NOW) == sentence


def test_an_authority_that_has_expired_is_told_from_its_certificate() -> None:
    """Does not call a certificate expired that is not."""
    seen = Certificate("AB", not_after=datetime(2030, 1, 1, tzinfo=UTC))
    told = verification(10, "", "pbx.example", seen, NOW)
    assert told == "the authority that signed the certificate of pbx.example has expired"


@pytest.mark.parametrize("code", [9, 10, 18, 62, 67, 99])
def test_a_certificate_that_could_not_be_seen_is_explained_too(code: int) -> None:
    """Leaves out what it does not know."""
    told = verification(code, "it is odd", "pbx.example", None, NOW)
    assert "pbx.example" in told
    assert "SHA" not in told
    assert "None" not in told
    assert "()" not in told


def test_a_certificate_that_is_not_the_pinned_one_is_shown() -> None:
    """Names its fingerprint, so that a person can accept it."""
    assert not_pinned("pbx.example", "AB:CD") == (
        "the certificate of pbx.example (SHA-256 AB:CD) is not the one that was accepted"
    )
