"""Digest authentication, both sides (RFC 7616, RFC 8760; RFC 2617 peers included)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import md5, sha256
from hmac import compare_digest
from typing import Final

from .errors import RemoteError
from .text import Params, param, quoted, read_params, split


def _md5(data: bytes) -> str:
    return md5(data, usedforsecurity=False).hexdigest()


def _sha256(data: bytes) -> str:
    return sha256(data).hexdigest()


HASHES: Final[Mapping[str, Callable[[bytes], str]]] = {
    "SHA-256": _sha256,
    "SHA-256-SESS": _sha256,
    "MD5": _md5,
    "MD5-SESS": _md5,
}
"""By algorithm in upper case, strongest first."""
_STRENGTH: Final = tuple(HASHES)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a WWW-Authenticate or Proxy-Authenticate asks."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    """As written by the peer, which gets it back so."""
    qop: tuple[str, ...] = ()
    opaque: str | None = None
    stale: bool = False

    @classmethod
    def parse(cls, text: str) -> Challenge:
        """Read one header. Raises RemoteError where it is no digest we can answer."""
        params = _digest_params(text)
        realm, nonce = param(params, "realm"), param(params, "nonce")
        algorithm = param(params, "algorithm") or "MD5"
        if realm is None or nonce is None or algorithm.upper() not in HASHES:
            raise RemoteError("a challenge that cannot be answered")
        offered = (param(params, "qop") or "").lower().split(",")
        qop = tuple(name for part in offered if (name := part.strip()))
        if qop and "auth" not in qop and "auth-int" not in qop:
            raise RemoteError("a challenge of unknown quality")
        stale = (param(params, "stale") or "").lower() == "true"
        return cls(realm, nonce, algorithm, qop, param(params, "opaque"), stale)

    def __str__(self) -> str:
        """The header value."""
        parts = [f"realm={quoted(self.realm)}", f"nonce={quoted(self.nonce)}"]
        if self.opaque is not None:
            parts.append(f"opaque={quoted(self.opaque)}")
        if self.stale:
            parts.append("stale=true")
        parts.append(f"algorithm={self.algorithm}")
        if self.qop:
            parts.append(f"qop={quoted(','.join(self.qop))}")
        return "Digest " + ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an Authorization or Proxy-Authorization proves."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: str = "MD5"
    qop: str = ""
    cnonce: str = ""
    count: str = ""
    """The nonce count, eight hexadecimal digits."""
    opaque: str | None = None

    @classmethod
    def parse(cls, text: str) -> Credentials:
        """Read one header. Raises RemoteError."""
        params = _digest_params(text)

        def get(name: str) -> str:
            return param(params, name) or ""

        if not get("username") or not get("nonce") or not get("response"):
            raise RemoteError("incomplete credentials")
        return cls(
            get("username"),
            get("realm"),
            get("nonce"),
            get("uri"),
            get("response").lower(),
            get("algorithm") or "MD5",
            get("qop").lower(),
            get("cnonce"),
            get("nc"),
            param(params, "opaque"),
        )

    def __str__(self) -> str:
        """The header value; which values are quoted follows RFC 7616 section 3.4."""
        parts = [
            f"username={quoted(self.username)}",
            f"realm={quoted(self.realm)}",
            f"nonce={quoted(self.nonce)}",
            f"uri={quoted(self.uri)}",
            f"response={quoted(self.response)}",
            f"algorithm={self.algorithm}",
        ]
        if self.opaque is not None:
            parts.append(f"opaque={quoted(self.opaque)}")
        if self.qop:
            parts += [f"qop={self.qop}", f"nc={self.count}"]
        if self.qop or self.algorithm.upper().endswith("-SESS"):
            parts.append(f"cnonce={quoted(self.cnonce)}")
        return "Digest " + ", ".join(parts)

    def expected(self, password: str, method: str, body: bytes) -> str:
        """The response that the right password gives (RFC 7616 section 3.4.1).

        Raises RemoteError for an algorithm we do not know.
        """
        name = self.algorithm.upper()
        if name not in HASHES:
            raise RemoteError("an unknown algorithm")
        digest = HASHES[name]

        def hashed(*parts: str) -> str:
            return digest(":".join(parts).encode("utf-8", "surrogateescape"))

        secret = hashed(self.username, self.realm, password)
        if name.endswith("-SESS"):
            secret = hashed(secret, self.nonce, self.cnonce)
        if self.qop == "auth-int":
            what = hashed(method, self.uri, digest(body))
        else:
            what = hashed(method, self.uri)
        if self.qop:
            return hashed(secret, self.nonce, self.count, self.cnonce, self.qop, what)
        return hashed(secret, self.nonce, what)

    def proves(self, password: str, method: str, body: bytes) -> bool:
        """Whether they were made with this password; compared in constant time."""
        try:
            right = self.expected(password, method, body)
        except RemoteError:
            return False
        return alike(right, self.response)


def alike(right: str, given: str) -> bool:
    """Whether two texts are equal, in a time that tells nothing of where they differ."""
    return compare_digest(
        right.encode("utf-8", "surrogateescape"), given.encode("utf-8", "surrogateescape")
    )


def strongest(values: Iterable[str]) -> Challenge | None:
    """Of several challenges, the one of the strongest algorithm; None if none can be answered."""
    return min(_readable(values), key=_rank, default=None)


def by_realm(values: Iterable[str]) -> tuple[Challenge, ...]:
    """The strongest challenge of each realm, in the order of the realms (RFC 3261 22.3)."""
    best: dict[str, Challenge] = {}
    for challenge in _readable(values):
        known = best.get(challenge.realm)
        if known is None or _rank(challenge) < _rank(known):
            best[challenge.realm] = challenge
    return tuple(best.values())


def next_nonce(text: str) -> tuple[str, str]:
    """The nonce that an Authentication-Info wants next, and the cnonce it names (RFC 7616 3.5).

    Each is empty where it is not told.
    """
    params = read_params(text, ",")
    return param(params, "nextnonce") or "", param(params, "cnonce") or ""


def _readable(values: Iterable[str]) -> list[Challenge]:
    """Every challenge that can be answered; a field may hold several."""
    challenges: list[Challenge] = []
    for value in values:
        for text in _apart(value):
            try:
                challenges.append(Challenge.parse(text))
            except RemoteError:
                continue
    return challenges


def _apart(value: str) -> list[str]:
    """Cut a field with several challenges at each scheme (RFC 7235 4.1)."""
    found: list[str] = []
    for part in split(value, ","):
        name, _, rest = part.partition(" ")
        scheme = "=" not in name and bool(rest.strip()) and not rest.lstrip().startswith("=")
        if scheme or not found:
            found.append(part)
        else:
            found[-1] += f", {part}"
    return found


def answer(
    challenge: Challenge,
    *,
    user: str,
    password: str,
    method: str,
    uri: str,
    body: bytes,
    cnonce: str,
    count: int,
) -> Credentials:
    """The credentials for one request; plain `auth` is preferred where both are offered."""
    qop = ""
    if challenge.qop:
        qop = "auth" if "auth" in challenge.qop else "auth-int"
    blank = Credentials(
        user,
        challenge.realm,
        challenge.nonce,
        uri,
        "",
        challenge.algorithm,
        qop,
        cnonce,
        f"{count:08x}",
        challenge.opaque,
    )
    return replace(blank, response=blank.expected(password, method, body))


def nonce_count(credentials: Credentials) -> int | None:
    """The nonce count as a number; None where none or a wrong one is given."""
    digits = credentials.count
    if len(digits) != 8 or any(char not in "0123456789abcdefABCDEF" for char in digits):
        return None
    return int(digits, 16)


def _rank(challenge: Challenge) -> int:
    return _STRENGTH.index(challenge.algorithm.upper())


def _digest_params(text: str) -> Params:
    scheme, _, rest = text.strip().partition(" ")
    if scheme.lower() != "digest":
        raise RemoteError("not a digest")
    return read_params(rest, ",")
