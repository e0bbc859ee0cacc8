"""Requests and responses as values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from .errors import LocalError, RemoteError
from .headers import CSeq, NameAddr, Via
from .text import split

COMPACT: Final[Mapping[str, str]] = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
}
"""Compact forms (RFC 3261 7.3.3 and the IANA registry)."""

REASONS: Final[Mapping[int, str]] = {
    100: "Trying",
    180: "Ringing",
    181: "Call Is Being Forwarded",
    182: "Queued",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    302: "Moved Temporarily",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    423: "Interval Too Brief",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    489: "Bad Event",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "Version Not Supported",
    513: "Message Too Large",
    600: "Busy Everywhere",
    603: "Decline",
}


class Headers(Mapping[str, str]):
    """Header fields in their order; names compare without case, compact forms are expanded."""

    __slots__ = ("_fields", "_names")

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields = tuple((COMPACT.get(name.lower(), name), value) for name, value in fields)
        self._names = tuple(name.lower() for name, _ in self._fields)

    def __getitem__(self, name: str) -> str:
        """The first field of that name."""
        wanted = name.lower()
        if wanted not in self._names:
            raise KeyError(name)
        return self._fields[self._names.index(wanted)][1]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(key for key, _ in self._fields))

    def __len__(self) -> int:
        return len(set(self._names))

    def __repr__(self) -> str:
        return f"Headers({self._fields!r})"

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """Every field in its order."""
        return self._fields

    def lines(self, name: str) -> tuple[str, ...]:
        """Every field of that name, as written."""
        wanted = name.lower()
        return tuple(
            value
            for key, (_, value) in zip(self._names, self._fields, strict=True)
            if key == wanted
        )

    def listed(self, name: str) -> list[str]:
        """Every comma-separated value of every field of that name."""
        return [value for line in self.lines(name) for value in split(line, ",")]

    def adding(self, fields: Iterable[tuple[str, str]]) -> Headers:
        """With more fields at the end."""
        return Headers((*self._fields, *fields))

    def setting(self, name: str, value: str) -> Headers:
        """With the first field of that name replaced, or the field added."""
        fields = list(self._fields)
        if name not in self:
            return Headers((*fields, (name, value)))
        at = self._names.index(name.lower())
        fields[at] = (fields[at][0], value)
        return Headers(fields)

    def without(self, name: str) -> Headers:
        """With no field of that name."""
        wanted = name.lower()
        return Headers(pair for pair in self._fields if pair[0].lower() != wanted)


@dataclass(frozen=True, slots=True)
class _Message:
    headers: Headers
    body: bytes = field(default=b"", kw_only=True)

    def _bytes(self, start: str) -> bytes:
        lines = [start, *(f"{key}: {value}" for key, value in self.headers.fields)]
        if any("\r" in line or "\n" in line for line in lines):
            raise LocalError("a line break inside a header")
        lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + self.body

    def _required(self, name: str) -> str:
        value = self.headers.get(name)
        if value is None:
            raise RemoteError(f"no {name}")
        return value

    @property
    def vias(self) -> list[str]:
        """Every Via value, topmost first."""
        return self.headers.listed("Via")

    @property
    def via(self) -> Via:
        """The topmost Via. Raises RemoteError."""
        vias = self.vias
        if not vias:
            raise RemoteError("no Via")
        return Via.parse(vias[0])

    @property
    def sender(self) -> NameAddr:
        """From. Raises RemoteError."""
        return NameAddr.parse(self._required("From"))

    @property
    def to(self) -> NameAddr:
        """To. Raises RemoteError."""
        return NameAddr.parse(self._required("To"))

    @property
    def call_id(self) -> str:
        """Call-ID. Raises RemoteError."""
        return self._required("Call-ID")

    @property
    def cseq(self) -> CSeq:
        """CSeq. Raises RemoteError."""
        return CSeq.parse(self._required("CSeq"))

    @property
    def content_type(self) -> str:
        """The media type in lower case without parameters; empty where none is said."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def contact(self) -> NameAddr | None:
        """The first Contact that is an address, or None. Raises RemoteError."""
        values = self.headers.listed("Contact")
        return NameAddr.parse(values[0]) if values and values[0] != "*" else None


@dataclass(frozen=True, slots=True)
class Request(_Message):
    """A request; `bytes(request)` is what goes on the wire."""

    method: str
    uri: str

    def __bytes__(self) -> bytes:
        return self._bytes(f"{self.method} {self.uri} SIP/2.0")

    def with_headers(self, headers: Headers) -> Request:
        """The same request under other headers."""
        return replace(self, headers=headers)


@dataclass(frozen=True, slots=True)
class Response(_Message):
    """A response; `bytes(response)` is what goes on the wire."""

    status: int
    reason: str

    def __bytes__(self) -> bytes:
        return self._bytes(f"SIP/2.0 {self.status} {self.reason}")


Message: TypeAlias = Request | Response


def respond(
    request: Request,
    status: int,
    *,
    reason: str = "",
    tag: str = "",
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
) -> Response:
    """The response to a request (RFC 3261 8.2.6); `tag` is put on To where it has none."""
    fields = [("Via", via) for via in request.vias]
    if request.method == "INVITE" and 100 < status < 300:
        fields += [("Record-Route", line) for line in request.headers.lines("Record-Route")]
    # a request that is refused for what it lacks is answered with what it has
    copied = [name for name in ("From", "To", "Call-ID", "CSeq") if name in request.headers]
    for name in copied:
        value = request.headers[name]
        if name == "To" and tag and status != 100 and not request.to.tag:
            value = str(request.to.tagged(tag))
        fields.append((name, value))
    fields += headers
    reason = reason or REASONS.get(status, "Unknown")
    return Response(Headers(fields), status, reason, body=body)
