"""SRTP master keys in a description: `a=crypto` (RFC 4568, the GCM suites of RFC 7714).

1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^31
tag suite                       base64(key and salt)                       lifetime
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from .errors import LocalError, RemoteError
from .media import Crypto
from .sdp import Stream
from .text import natural

SUITES: Final[Mapping[str, int]] = {
    "AES_CM_128_HMAC_SHA1_80": 30,
    "AES_CM_128_HMAC_SHA1_32": 30,
    "AEAD_AES_128_GCM": 28,
    "AEAD_AES_256_GCM": 44,
}
"""The suites we speak, and the bytes of master key and salt together."""
LEAST_LIFETIME: Final = 2**20
"""Packets: about six hours of 20 ms. A key that ends earlier could end within a call."""
_MOST_LINES: Final = 64


class UnusableError(RemoteError):
    """An `a=crypto` line with which we cannot encrypt."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, 488)


def parse(value: str) -> Crypto:
    """Read the value of one `a=crypto` line.

    Raises UnusableError where it is broken (RFC 4568 9.1), of a suite we do not speak, or asks
    for what we do not do: several keys, a master key identifier, a short lifetime, parts left
    plain.
    """
    words = value.split()
    if len(words) < 3:
        raise UnusableError("a broken crypto line")
    tag = natural(words[0], 999_999_999)
    if tag is None:
        raise UnusableError("a crypto line without a tag")
    suite = words[1].upper()
    length = SUITES.get(suite)
    if length is None:
        raise UnusableError(f"the suite {words[1][:40]} is not spoken here")
    for parameter in words[3:]:
        # a hint about the replay window, and what is marked as optional, may be ignored (6.3.7)
        if not parameter.upper().startswith(("WSH=", "-")):
            raise UnusableError(f"the session parameter {parameter[:40]} is not spoken here")
    method, colon, inline = words[2].partition(":")
    if method.lower() != "inline" or not colon:
        raise UnusableError("a crypto line without an inline key")
    if ";" in inline:
        raise UnusableError("more than one key in a crypto line")
    key, *rest = inline.split("|")
    _limits(rest)
    return Crypto(suite, _key(key, length), tag)


def write(crypto: Crypto) -> str:
    """The value of its `a=crypto` line. Raises LocalError where the key does not fit the suite."""
    if SUITES.get(crypto.suite) != len(crypto.key):
        raise LocalError(f"{len(crypto.key)} bytes are no key for the suite {crypto.suite!r}")
    return f"{crypto.tag} {crypto.suite} inline:{b64encode(crypto.key).decode()}"


def first(stream: Stream, suites: Iterable[str]) -> Crypto:
    """The first key of a media line that is of one of these suites.

    Its order is the wish of who made it (RFC 4568 5.1.2). Raises UnusableError, which says why
    the last of them would not do.
    """
    wanted = frozenset(suites)
    reason = "no key in the description (a=crypto)"
    values = (value for name, value in stream.attributes if name == "crypto")
    for value, _ in zip(values, range(_MOST_LINES), strict=False):
        try:
            crypto = parse(value)
        except UnusableError as error:
            reason = error.reason
            continue
        if crypto.suite in wanted:
            return crypto
        reason = f"the suite {crypto.suite} is not spoken here"
    raise UnusableError(reason)


def numbered(keys: Iterable[Crypto], best: Crypto | None = None) -> tuple[Crypto, ...]:
    """Our keys as an offer lists them: each with its own tag, that of the suite in use first."""
    suite = best.suite if best else ""
    ordered = sorted(keys, key=lambda crypto: crypto.suite != suite)
    return tuple(replace(crypto, tag=tag) for tag, crypto in enumerate(ordered, 1))


def _limits(parts: list[str]) -> None:
    """What stands behind the key: a lifetime in packets, a master key identifier (6.1)."""
    if any(":" in part for part in parts):
        raise UnusableError("keys with a master key identifier (MKI) are not spoken here")
    if len(parts) > 1:
        raise UnusableError("a broken crypto line")
    for part in parts:
        power, caret, exponent = part.partition("^")
        if caret:
            most = natural(exponent, 48)
            lifetime = 2**most if power == "2" and most is not None else None
        else:
            # a decimal lifetime may have 15 digits; what is longer than `natural` reads is ample
            decimal = part.isascii() and part.isdigit() and len(part) <= 15
            lifetime = int(part) if decimal else None
        if lifetime is None:
            raise UnusableError("a broken lifetime in a crypto line")
        if lifetime < LEAST_LIFETIME:
            raise UnusableError("the lifetime of the key is shorter than a call may be")


def _key(text: str, length: int) -> bytes:
    try:
        key = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise UnusableError("a key that is not base64") from None
    # written in another way than we would write it, it is not what was meant
    if b64encode(key).decode() != text:
        raise UnusableError("a key that is not base64")
    if len(key) != length:
        raise UnusableError(f"a key of {len(key)} bytes where {length} belong")
    return key
