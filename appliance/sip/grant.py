"""What the answer to a REGISTER says: for how long, where we are seen, by which way, or why not."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final

from .address import TRANSPORTS, Address, canonical
from .errors import RemoteError
from .headers import NameAddr
from .message import REASONS, Response
from .text import natural, param, readable

LONGEST: Final = 2**31
"""Seconds that are believed at most."""

_WHY: Final[Mapping[int, str]] = {
    401: "wrong password or unknown extension",
    407: "wrong password or unknown extension",
    403: "the registrar refuses this extension: wrong password, or registering is not allowed",
    404: "the registrar does not know this extension",
    423: "the registrar wants a longer registration than it accepts",
    503: "the registrar is overloaded or shutting down",
}
"""What a refusal means for people."""


def why(response: Response) -> str:
    """A refusal in words for people."""
    told = _WHY.get(response.status) or readable(response.reason)
    return told or REASONS.get(response.status, "refused")


def retry_after(response: Response) -> int | None:
    """Seconds that a refusal asks us to wait; None where it does not (RFC 3261 20.33)."""
    text = response.headers.get("Retry-After") or ""
    return natural(text.split("(")[0].split(";")[0], LONGEST)


def granted(response: Response, contact: str, asked: int) -> int:
    """Seconds for our own contact, else of the response, else what we asked for."""
    ours = NameAddr.parse(contact).uri
    for value in response.headers.listed("Contact"):
        try:
            theirs = NameAddr.parse(value)
        except RemoteError:
            continue
        uri = theirs.uri
        if (uri.user, uri.host, uri.port) == (ours.user, ours.host, ours.port):
            seconds = natural(param(theirs.params, "expires"), LONGEST)
            if seconds is not None:
                return seconds
    said = natural(response.headers.get("Expires"), LONGEST)
    return asked if said is None else said


def seen_at(response: Response, transport: str) -> Address | None:
    """Where the registrar saw our request come from (RFC 3581); None where it does not tell."""
    try:
        via = response.via
        host = canonical(param(via.params, "received") or via.host)
        ip_address(host)
    except (RemoteError, ValueError):
        return None
    port = natural(param(via.params, "rport"), 65535) or via.port or TRANSPORTS[transport].port
    return Address(transport, host, port)


def service_route(response: Response) -> tuple[NameAddr, ...]:
    """The way for requests of ours (RFC 3608 5.2); a broken one is as none."""
    try:
        return tuple(NameAddr.parse(value) for value in response.headers.listed("Service-Route"))
    except RemoteError:
        return ()
