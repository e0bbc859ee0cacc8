"""Where a call comes from, as trusted headers tell it, and why a call was refused.

Whether a peer is trusted is decided by who calls `read_origin`. Whatever is read is foreign text:
bounded, and cleaned of control characters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from .errors import RemoteError
from .headers import NameAddr, asked
from .message import Headers
from .text import end_of_quoted, natural, param, read_params, readable, unquoted
from .uri import Uri

MOST_FIELDS: Final = 32
"""Configured headers handed over at most."""
MOST_VALUES: Final = 16
"""Values read of one header."""
LONGEST: Final = 256
"""Characters of one text."""

CAUSES: Final[Mapping[int, str]] = {
    302: "unconditional",
    404: "unknown",
    408: "no-answer",
    480: "deflection",
    486: "user-busy",
    487: "deflection",
    503: "unavailable",
}
"""Why a call was diverted: RFC 4458 as the words of RFC 5806."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a trusted peer says about a call beyond From and To; empty where it says nothing."""

    number: str = ""
    """User part of P-Asserted-Identity (RFC 3325), else of Remote-Party-ID."""
    name: str = ""
    """Its display name."""
    private: bool = False
    """The caller wants to stay anonymous (Privacy: id, RFC 3323)."""
    diverted_from: str = ""
    """Whom the call was for first: Diversion (RFC 5806), else History-Info (RFC 7044)."""
    diversion_reason: str = ""
    """`no-answer`, `user-busy`, `unconditional` and the like, as written."""
    reason: str = ""
    """Text or cause of a Reason header (RFC 3326)."""
    alert: str = ""
    """Alert-Info (RFC 3261 20.4) as written: PBXs tell internal calls from outside ones by it."""
    fields: tuple[tuple[str, str], ...] = ()
    """Further headers that the site wants to see, by its configuration."""


NOWHERE: Final = Origin()
"""Nothing is told."""


def read_origin(headers: Headers, fields: tuple[str, ...] = ()) -> Origin:
    """What an INVITE of a trusted peer tells; `fields` are further headers to hand over.

    Never raises: what cannot be read counts as not said.
    """
    number, name, private = _asserted(headers)
    diverted, why = _diverted(headers)
    wanted = [
        (name_, _short(value)) for name_ in fields for value in headers.lines(name_)[:MOST_VALUES]
    ]
    return Origin(
        number,
        name,
        private,
        diverted,
        why,
        read_reason(headers),
        _short(next(iter(headers.lines("Alert-Info")), "")),
        tuple(wanted[:MOST_FIELDS]),
    )


def _short(text: str) -> str:
    return readable(text.strip()[:LONGEST])


def _addresses(headers: Headers, name: str) -> Iterator[NameAddr]:
    """The values that are addresses; the others are skipped."""
    for value in headers.listed(name)[:MOST_VALUES]:
        try:
            yield NameAddr.parse(value)
        except RemoteError:
            continue


def _asserted(headers: Headers) -> tuple[str, str, bool]:
    """Number, name, and whether the caller wants to be shown to nobody."""
    wishes = {word.strip().lower() for word in headers.get("Privacy", "").split(";")}
    private = bool(wishes & {"id", "user", "header"})
    for caller in _addresses(headers, "P-Asserted-Identity"):
        if caller.uri.name:
            return _short(caller.uri.name), _short(caller.display), private
    # the older draft that Cisco and Asterisk still speak
    for caller in _addresses(headers, "Remote-Party-ID"):
        if caller.uri.name and (param(caller.params, "party") or "calling") == "calling":
            hidden = (param(caller.params, "privacy") or "off").lower() != "off"
            return _short(caller.uri.name), _short(caller.display), private or hidden
    return "", "", private


def _diverted(headers: Headers) -> tuple[str, str]:
    """Whom the call was for first, and why it went on from there."""
    diversions = list(_addresses(headers, "Diversion"))
    if diversions:
        # each diversion is put on top of the earlier ones (RFC 5806 section 5)
        first = diversions[-1]
        return _short(first.uri.name or first.uri.host), _short(param(first.params, "reason") or "")
    history = list(_addresses(headers, "History-Info"))
    for before, after in pairwise(history):
        if before.uri.name and before.uri.name != after.uri.name:
            return _short(before.uri.name), _cause(before.uri, after.uri)
    return "", ""


def _cause(before: Uri, after: Uri) -> str:
    """Why a call went on: the `cause` of where it went (RFC 4458), else the old one's Reason."""
    cause = natural(param(after.params, "cause"), 699)
    if cause is None:
        cause = natural(param(read_params(asked(before, "Reason")), "cause"), 699)
    return CAUSES.get(cause, str(cause)) if cause else ""


def read_reason(headers: Headers) -> str:
    """The text of the first Reason header (RFC 3326), else its protocol and cause."""
    for value in headers.listed("Reason")[:MOST_VALUES]:
        protocol, _, rest = value.partition(";")
        params = read_params(rest)
        said = param(params, "text") or " ".join([protocol.strip(), param(params, "cause") or ""])
        if said.strip():
            return _short(said)
    return ""


def read_warning(headers: Headers) -> str:
    """The text of the first Warning header (RFC 3261 20.43)."""
    for value in headers.listed("Warning")[:MOST_VALUES]:
        at = value.find('"')
        if at >= 0 and end_of_quoted(value[at:]) > 1:
            return _short(unquoted(value[at:]))
    return ""


def explanation(reason: str, headers: Headers) -> str:
    """Why a call was refused, for people: the reason phrase, then what Warning and Reason add."""
    words = _short(reason)
    more: list[str] = []
    for text in (read_warning(headers), read_reason(headers)):
        if text and text.lower() != words.lower() and text not in more:
            more.append(text)
    if not more:
        return words
    return f"{words} ({'; '.join(more)})" if words else "; ".join(more)
