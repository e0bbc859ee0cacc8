"""SRTP and SRTCP of one media session (RFC 3711, RFC 7714), keyed by SDP (RFC 4568).

    datagram from the wire ─▶ unprotect: authentic? replayed? decrypt ─▶ RTP, RTCP
    RTP, RTCP ─▶ protect: encrypt, authenticate ─▶ datagram for the wire

The ciphers are libsrtp's. A session that has a `Guard` lets nothing plain through, either way.
"""

from dataclasses import dataclass, field
from types import MappingProxyType

import pylibsrtp
from pylibsrtp import Policy, Session

from appliance.rtp.errors import LocalError, PacketError

_PROFILES = {
    "AEAD_AES_256_GCM": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
    "AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "AES_CM_128_HMAC_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "AES_CM_128_HMAC_SHA1_32": Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
}
KEY_BYTES = MappingProxyType(
    {
        "AEAD_AES_256_GCM": 44,
        "AEAD_AES_128_GCM": 28,
        "AES_CM_128_HMAC_SHA1_80": 30,
        "AES_CM_128_HMAC_SHA1_32": 30,
    }
)
"""Length of master key and salt together, by the suite's name in SDP."""
_WINDOW = 256
"""Packets by which one may be overtaken before it counts as a replay; 1.3 s at 5 ms."""


@dataclass(frozen=True, slots=True)
class Protection:
    """The keys of both directions; raises LocalError where suite and keys do not fit."""

    suite: str
    """One of `SUITES`."""
    sending: bytes = field(repr=False)
    """Master key and salt under which we encrypt."""
    receiving: bytes = field(repr=False)
    """Master key and salt under which the peer encrypts."""

    def __post_init__(self) -> None:
        size = KEY_BYTES.get(self.suite)
        if size is None:
            raise LocalError(f"no SRTP suite {self.suite!r}: there are {', '.join(KEY_BYTES)}")
        for key in (self.sending, self.receiving):
            if len(key) != size:
                raise LocalError(f"{self.suite} takes {size} bytes of key and salt, not {len(key)}")


def _context(suite: str, key: bytes, direction: int) -> Session:
    """A libsrtp session for all sources of one direction; raises LocalError."""
    try:
        policy = Policy(key=key, ssrc_type=direction, srtp_profile=_PROFILES[suite])
        policy.window_size = _WINDOW
        return Session(policy)
    except pylibsrtp.Error as error:
        raise LocalError(f"libsrtp does not take {suite}: {error}") from error


def _runs(suite: str) -> bool:
    """Whether the libsrtp at hand was built with this suite's cipher."""
    try:
        _context(suite, bytes(KEY_BYTES[suite]), Policy.SSRC_ANY_OUTBOUND)
    except LocalError:
        return False
    return True


SUITES: tuple[str, ...] = tuple(filter(_runs, _PROFILES))
"""The suites that this machine's libsrtp can do, strongest first."""


class Guard:
    """Encrypts what goes out and lets in only what the peer's key has signed, once each."""

    def __init__(self, protection: Protection) -> None:
        """Begin with these keys; raises LocalError for a suite that libsrtp cannot do."""
        self._protection = protection
        self._out = _context(protection.suite, protection.sending, Policy.SSRC_ANY_OUTBOUND)
        self._in = _context(protection.suite, protection.receiving, Policy.SSRC_ANY_INBOUND)
        self._former: Session | None = None  # what `_in` was before

    def rekey(self, protection: Protection) -> bool:
        """Take new keys; True when the one we send under has changed.

        A direction whose key stays goes on with its counters (RFC 4568 section 7.1.4,
        and a counter set back would use the key stream twice). The peer's old key is good until
        something under its new one has come, since packets are on their way.
        """
        old, self._protection = self._protection, protection
        suite = protection.suite
        if (suite, protection.receiving) != (old.suite, old.receiving):
            fresh = _context(suite, protection.receiving, Policy.SSRC_ANY_INBOUND)
            self._in, self._former = fresh, self._in
        if (suite, protection.sending) == (old.suite, old.sending):
            return False
        self._out = _context(suite, protection.sending, Policy.SSRC_ANY_OUTBOUND)
        return True

    def protect(self, packet: bytes, *, control: bool) -> bytes:
        """The RTP or RTCP packet as it may leave; raises LocalError where it cannot be made."""
        try:
            return (self._out.protect_rtcp if control else self._out.protect)(packet)
        except (pylibsrtp.Error, ValueError) as error:
            raise LocalError(f"the packet cannot be encrypted: {error}") from error

    def unprotect(self, packet: bytes, *, control: bool) -> bytes:
        """The RTP or RTCP packet that was sent; raises PacketError for one that is not the peer's.

        Plain, forged, altered and replayed packets are all refused.
        """
        context = self._in
        try:
            opened = (context.unprotect_rtcp if control else context.unprotect)(packet)
        except (pylibsrtp.Error, ValueError) as error:
            former = self._former
            if former is None:
                raise PacketError(f"SRTP: {error}") from None
            try:
                return (former.unprotect_rtcp if control else former.unprotect)(packet)
            except (pylibsrtp.Error, ValueError):
                raise PacketError(f"SRTP: {error}") from None
        self._former = None
        return opened
