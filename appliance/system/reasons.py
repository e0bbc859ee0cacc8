"""What went wrong on a connection, in plain words for whoever installs the box.

Foreign exceptions are translated here and nowhere else. Sentences have no full stop, and name the
far end as the installer does: by the name that stands in the settings.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from .certificates import Certificate

_UNREACHABLE: Final = frozenset(
    {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN}
)
_BROKEN: Final = frozenset({errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED})

# What OpenSSL says (`SSLError.reason`), and what it means at this end of a telephone line.
_NOT_TLS: Final = frozenset(
    {
        "WRONG_VERSION_NUMBER",
        "HTTP_REQUEST",
        "UNEXPECTED_MESSAGE",
        "RECORD_LAYER_FAILURE",
        "PACKET_LENGTH_TOO_LONG",
        "ENCRYPTED_LENGTH_TOO_LONG",
    }
)
_OLD: Final = frozenset(
    {"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE"}
)
_ALERTS: Final[Mapping[str, str]] = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "wants a client certificate and was shown none",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "has shown no client certificate",
    "TLSV1_ALERT_UNKNOWN_CA": "does not know the authority that signed our certificate",
    "SSLV3_ALERT_BAD_CERTIFICATE": "does not accept our certificate",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "does not accept our kind of certificate",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "does not accept our certificate",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "says that our certificate has been revoked",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "says that our certificate has expired",
    "TLSV1_ALERT_ACCESS_DENIED": "denies us access",
    "TLSV1_UNRECOGNIZED_NAME": "does not know itself by this name",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": (
        "ends the TLS handshake: it wants a client certificate, or shares no cipher with us"
    ),
    "NO_SHARED_CIPHER": "shares no cipher with us",
    "UNEXPECTED_EOF_WHILE_READING": "broke off the TLS connection",
    "DH_KEY_TOO_SMALL": "uses a key too weak to be safe",
}

# Verification results of OpenSSL (x509_vfy.h, X509_V_ERR_…).
_NOT_YET: Final = 9
_EXPIRED: Final = 10
_UNTRUSTED: Final = frozenset({2, 18, 19, 20, 21})
_OTHER_NAME: Final = frozenset({62, 64})
_WEAK: Final = frozenset({66, 67, 68})


def connection(error: OSError | ValueError, who: str, port: int) -> str:
    """Say why there is no connection to `port` of `who`, or no more."""
    if isinstance(error, ssl.SSLError):
        return handshake(error, who, port)
    if isinstance(error, ValueError):  # of the resolver: it cannot be a name
        return f"{who!r} is no name that a host can have"
    if isinstance(error, socket.gaierror):
        return f"the name {who} is not known: is it spelt right, and does DNS answer?"
    if isinstance(error, TimeoutError):
        return f"{who} does not answer on port {port}"
    if isinstance(error, ConnectionRefusedError):
        return f"{who}: port {port} refuses connections"
    if error.errno in _UNREACHABLE:
        return f"{who} cannot be reached from this network"
    if error.errno == errno.EADDRNOTAVAIL:
        return "the box no longer has the address that it spoke from"
    if isinstance(error, ConnectionError) or error.errno in _BROKEN:
        return f"{who} broke off the connection to port {port}"
    return f"no connection to port {port} of {who}: {error.strerror or error}"


def handshake(error: ssl.SSLError, who: str, port: int) -> str:
    """Say why a TLS connection failed, verification of the certificate apart."""
    # One that was not raised by OpenSSL itself has no reason.
    reason: str = getattr(error, "reason", None) or ""
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        reason = "UNEXPECTED_EOF_WHILE_READING"
    if reason in _NOT_TLS:
        return f"no TLS there: port {port} of {who} answers in another protocol"
    if reason in _OLD:
        return f"{who} speaks only versions of TLS older than 1.2, which are not safe"
    if reason in _ALERTS:
        return f"{who} {_ALERTS[reason]}"
    return f"TLS with port {port} of {who} fails: {reason.replace('_', ' ').lower() or error}"


def verification(
    code: int, message: str, who: str, certificate: Certificate | None, now: datetime
) -> str:
    """Say why a certificate is not accepted.

    `code` and `message` are OpenSSL's; the certificate is None where it could not be looked at.
    """
    seen = certificate or Certificate("")
    shown = f" (SHA-256 {seen.fingerprint})" if seen.fingerprint else ""
    subject = f"the certificate of {who}"
    if code in _UNTRUSTED:
        return f"{subject}{shown} is not signed by a known authority"
    if code in _OTHER_NAME:
        names = f" ({', '.join(seen.names)})" if seen.names else ""
        return f"{subject} is for another name{names}"
    if code == _EXPIRED:
        if seen.not_after is None:
            return f"{subject} has expired"
        if seen.not_after < now:
            return f"{subject} expired on {seen.not_after:%Y-%m-%d}"
        return f"the authority that signed {subject} has expired"
    if code == _NOT_YET:
        begin = f" from {seen.not_before:%Y-%m-%d} on" if seen.not_before else " only later"
        return f"{subject} is valid{begin}: is the box's clock right?"
    if code in _WEAK:
        return f"{subject} or of its authority is too weak to be safe"
    return f"{subject}{shown} cannot be verified: {message}"


def not_pinned(who: str, fingerprint: str) -> str:
    """Say that a certificate is none of those whose fingerprints are accepted."""
    return f"the certificate of {who} (SHA-256 {fingerprint}) is not the one that was accepted"
