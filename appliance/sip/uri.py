"""SIP, SIPS and TEL URIs (RFC 3261 section 19, RFC 3966)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote

from .address import Address, bracketed, is_literal
from .errors import RemoteError
from .text import Params, clean, natural, param, read_params, write_params

_SCHEME: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789+-.")
_BLANK: Final = frozenset(map(chr, range(33)))
"""White space and control characters."""
_NO_HOST: Final = _BLANK | frozenset('<>"@,;')
_NO_URI: Final = _BLANK | frozenset('<>"') | frozenset(map(chr, range(0xD800, 0xE000)))
"""The last are bytes that were no UTF-8 (PEP 383)."""


def user_part(text: str) -> str:
    """A user part, with what may not stand in one escaped (RFC 3261 25.1)."""
    return quote(clean(text, "the user part"), safe="-_.!~*'()&=+$,")


def read_host_port(text: str) -> tuple[str, int | None]:
    """Read `host`, `host:port`, `[v6]:port`; a host need not have a dot. Raises RemoteError."""
    text = text.strip()
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.lstrip().startswith(":")):
            raise RemoteError("an IPv6 address without its bracket")
        port = rest.strip()[1:]
    else:
        host, colon, port = text.partition(":")
        host = host.rstrip()
        if colon and not port.strip():
            raise RemoteError("a colon without a port")
    if not host or not _NO_HOST.isdisjoint(host):
        raise RemoteError("a missing or impossible host")
    if not port:
        return host.lower(), None
    number = natural(port, 65535)
    if number is None:
        raise RemoteError("an impossible port")
    return host.lower(), number


@dataclass(frozen=True, slots=True)
class Uri:
    """A URI as it stands in a request line or a name-addr."""

    scheme: str
    user: str
    """As written, escapes kept; `name` is the readable form. The number of a TEL URI."""
    host: str
    """Without brackets, lower case; empty for schemes that have none."""
    port: int | None = None
    params: Params = ()
    headers: str = ""
    """What stands after the question mark."""
    opaque: str = ""
    """Everything after the colon where the scheme is neither sip, sips nor tel."""

    @classmethod
    def parse(cls, text: str) -> Uri:
        """Read any URI; raises RemoteError (status 416 only where nothing follows a scheme)."""
        return _parse(text)

    def __str__(self) -> str:
        """The URI as written; what `parse` reads back to an equal value."""
        if self.opaque:
            return f"{self.scheme}:{self.opaque}"
        if self.scheme == "tel":
            return f"tel:{self.user}{write_params(self.params)}"
        user = f"{self.user}@" if self.user else ""
        port = "" if self.port is None else f":{self.port}"
        headers = f"?{self.headers}" if self.headers else ""
        place = f"{bracketed(self.host)}{port}"
        return f"{self.scheme}:{user}{place}{write_params(self.params)}{headers}"

    @property
    def name(self) -> str:
        """The user part for people: escapes resolved, password and parameters left out."""
        return unquote(self.user.partition(":")[0].partition(";")[0])

    @property
    def loose(self) -> bool:
        """Whether a route is a loose router's (RFC 3261 16.12)."""
        return param(self.params, "lr") is not None

    def bare(self) -> Uri:
        """Without the headers that may not stand in a request line."""
        return replace(self, headers="")

    def address(self, default: Address) -> Address | None:
        """Where to send without asking a resolver: None unless the host is an IP literal."""
        if self.scheme not in ("sip", "sips") or not is_literal(self.host):
            return None
        transport = (param(self.params, "transport") or default.transport).lower()
        if transport != default.transport:
            return None
        return Address(transport, self.host, self.port or default.traits.port)


@lru_cache(maxsize=128)
def _parse(text: str) -> Uri:
    """Read a URI; the few that come again and again (ours, the PBX's) are read once."""
    scheme, colon, rest = text.strip().partition(":")
    scheme = scheme.lower()
    named = scheme[:1].isalpha() and _SCHEME.issuperset(scheme)
    if not colon or not rest or not named:
        raise RemoteError("not a URI")
    if not _NO_URI.isdisjoint(rest):
        raise RemoteError("white space, brackets or broken text in a URI")
    if scheme == "tel":
        number, _, params = rest.partition(";")
        return Uri("tel", number, "", params=read_params(params))
    if scheme not in ("sip", "sips"):
        return Uri(scheme, "", "", opaque=rest)
    user, at, place = rest.partition("@")
    if not at:
        user, place = "", rest
    place, _, headers = place.partition("?")
    place, _, params = place.partition(";")
    host, port = read_host_port(place)
    return Uri(scheme, user, host, port, read_params(params), headers)
