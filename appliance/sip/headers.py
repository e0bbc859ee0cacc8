"""Structured header values: each is a frozen value with `parse` and `__str__`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

from .address import bracketed
from .errors import RemoteError
from .text import (
    Params,
    end_of_quoted,
    natural,
    param,
    quoted,
    read_params,
    unquoted,
    with_param,
    write_params,
)
from .uri import Uri, read_host_port


@dataclass(frozen=True, slots=True)
class NameAddr:
    """From, To, Contact, Route, Record-Route, Refer-To, Referred-By (RFC 3261 20.10)."""

    uri: Uri
    display: str = ""
    params: Params = ()

    @classmethod
    def parse(cls, text: str) -> NameAddr:
        """Read one value, with or without brackets. Raises RemoteError."""
        text = text.strip()
        if text.startswith('"'):
            end = end_of_quoted(text)
            display, rest = unquoted(text[:end]), text[end:].lstrip()
            if not rest.startswith("<"):
                raise RemoteError("a display name without an address")
        else:
            at = text.find("<")
            if at < 0:
                # without brackets the parameters are the header's, not the URI's
                bare, _, params = text.partition(";")
                return cls(Uri.parse(bare), params=read_params(params))
            display, rest = text[:at].strip(), text[at:]
        inner, bracket, after = rest[1:].partition(">")
        if not bracket:
            raise RemoteError("an address without its closing bracket")
        after = after.strip()
        if after and not after.startswith(";"):
            raise RemoteError("text after an address")
        return cls(Uri.parse(inner), display, read_params(after))

    def __str__(self) -> str:
        """The value as it stands in a header."""
        display = f"{quoted(self.display)} " if self.display else ""
        return f"{display}<{self.uri}>{write_params(self.params)}"

    @property
    def tag(self) -> str:
        """The dialog tag; empty where there is none."""
        return param(self.params, "tag") or ""

    def tagged(self, tag: str) -> NameAddr:
        """With this tag."""
        return replace(self, params=with_param(self.params, "tag", tag))


@dataclass(frozen=True, slots=True)
class Via:
    """One hop (RFC 3261 20.42, RFC 3581)."""

    transport: str
    """As in a Via: UDP, TCP, TLS."""
    host: str
    port: int | None
    params: Params = ()

    @classmethod
    def parse(cls, text: str) -> Via:
        """Read one value; blanks around the slashes are allowed. Raises RemoteError."""
        pieces = text.split("/", 2)
        if len(pieces) != 3 or pieces[0].strip().upper() != "SIP" or pieces[1].strip() != "2.0":
            raise RemoteError("a Via that is not SIP/2.0")
        words = pieces[2].strip().split(None, 1)
        if len(words) != 2:
            raise RemoteError("a Via without an address")
        place, _, params = words[1].partition(";")
        host, port = read_host_port(place)
        return cls(words[0].upper(), host, port, read_params(params))

    def __str__(self) -> str:
        """The value as it stands in a header."""
        port = "" if self.port is None else f":{self.port}"
        return f"SIP/2.0/{self.transport} {bracketed(self.host)}{port}{write_params(self.params)}"

    @property
    def branch(self) -> str:
        """The transaction's name; empty where an old peer sent none."""
        return param(self.params, "branch") or ""

    def seen_from(self, host: str, port: int) -> Via:
        """As the receiver notes it (RFC 3261 18.2.1, RFC 3581 section 4).

        `received` where the host differs, both where `rport` was asked for.
        """
        params = self.params
        asked = param(params, "rport") is not None
        if asked:
            params = with_param(params, "rport", str(port))
        if asked or self.host != host:
            params = with_param(params, "received", host)
        return Via(self.transport, self.host, self.port, params)


@dataclass(frozen=True, slots=True)
class CSeq:
    """The sequence number of a request within its dialog (RFC 3261 20.16)."""

    number: int
    method: str

    @classmethod
    def parse(cls, text: str) -> CSeq:
        """Read `number METHOD`. Raises RemoteError."""
        words = text.split()
        number = natural(words[0], 2**32 - 1) if len(words) == 2 else None
        if number is None:
            raise RemoteError("a CSeq that is not a number and a method")
        return cls(number, words[1])

    def __str__(self) -> str:
        """The value as it stands in a header."""
        return f"{self.number} {self.method}"


@dataclass(frozen=True, slots=True)
class RAck:
    """Which provisional response a PRACK acknowledges (RFC 3262 7.2)."""

    number: int
    """The RSeq of the response."""
    cseq: CSeq
    """The CSeq of the response."""

    @classmethod
    def parse(cls, text: str) -> RAck:
        """Read `rseq number METHOD`. Raises RemoteError."""
        first, _, rest = text.strip().partition(" ")
        number = natural(first, 2**32 - 1)
        if number is None:
            raise RemoteError("a RAck that is not two numbers and a method")
        return cls(number, CSeq.parse(rest))

    def __str__(self) -> str:
        """The value as it stands in a header."""
        return f"{self.number} {self.cseq}"


@dataclass(frozen=True, slots=True)
class Replaces:
    """The dialog whose place a new call takes (RFC 3891 6.1), seen by whom the call reaches."""

    call_id: str
    to_tag: str
    """The tag of the side that receives the INVITE."""
    from_tag: str
    early_only: bool = False
    """Only where that dialog is not answered yet."""

    @classmethod
    def parse(cls, text: str) -> Replaces:
        """Read one value. Raises RemoteError."""
        call_id, _, rest = text.partition(";")
        params = read_params(rest)
        to_tag, from_tag = param(params, "to-tag"), param(params, "from-tag")
        if not call_id.strip() or not to_tag or not from_tag:
            raise RemoteError("a Replaces that names no dialog")
        return cls(call_id.strip(), to_tag, from_tag, param(params, "early-only") is not None)

    def __str__(self) -> str:
        """The value as it stands in a header."""
        early = ";early-only" if self.early_only else ""
        return f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}{early}"

    def within(self, uri: Uri) -> Uri:
        """The URI that asks whoever calls it to send this header (RFC 3261 19.1.1)."""
        return replace(uri, headers=f"Replaces={quote(str(self), safe='')}")


def asked(uri: Uri, name: str) -> str:
    """The value of a header that a URI asks for (RFC 3261 19.1.1), escapes resolved.

    Empty where it asks for none. It may hold anything, line breaks too.
    """
    for pair in uri.headers.split("&"):
        key, _, value = pair.partition("=")
        if unquote(key).strip().lower() == name.lower():
            return unquote(value)
    return ""
