"""Requests and responses as values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, TypeVar

from .errors import LocalError, RemoteError
from .headers import CSeq, NameAddr, Via
from .text import split

T = TypeVar("T")

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
    422: "Session Interval Too Small",
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

    __slots__ = ("_fields", "_lines", "_memo")

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields = tuple(
            [
                (COMPACT.get(name.lower(), name) if len(name) == 1 else name, value)
                for name, value in fields
            ]
        )
        self._lines: dict[str, list[str]] = {}
        self._memo: dict[str, Any] = {}

    def _by_name(self) -> dict[str, list[str]]:
        """Values by lower-case name; made when first asked for: what we send is never asked."""
        lines = self._lines
        if not lines:
            for name, value in self._fields:
                lines.setdefault(name.lower(), []).append(value)
        return lines

    def __getitem__(self, name: str) -> str:
        """The first field of that name."""
        return self._by_name()[name.lower()][0]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._by_name()

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(key for key, _ in self._fields))

    def __len__(self) -> int:
        return len(self._by_name())

    def __repr__(self) -> str:
        return f"Headers({self._fields!r})"

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """Every field in its order."""
        return self._fields

    def lines(self, name: str) -> tuple[str, ...]:
        """Every field of that name, as written."""
        return tuple(self._by_name().get(name.lower(), ()))

    def listed(self, name: str) -> list[str]:
        """Every comma-separated value of every field of that name."""
        return [value for line in self.lines(name) for value in split(line, ",")]

    def read(self, name: str, reader: Callable[[str], T]) -> T:
        """What `reader` makes of the first field of that name, read once and remembered.

        A name has one reader. Raises RemoteError where there is no such field, and what the
        reader raises: each time, since only what could be read is remembered.
        """
        memo = self._memo
        if name not in memo:
            lines = self._by_name().get(name.lower())
            if lines is None:
                raise RemoteError(f"no {name}")
            memo[name] = reader(lines[0])
        known: T = memo[name]
        return known

    def adding(self, fields: Iterable[tuple[str, str]]) -> Headers:
        """With more fields at the end."""
        return Headers((*self._fields, *fields))

    def setting(self, name: str, value: str) -> Headers:
        """With the first field of that name replaced, or the field added."""
        fields, wanted = list(self._fields), name.lower()
        for at, (shown, _) in enumerate(fields):
            if shown.lower() == wanted:
                fields[at] = (shown, value)
                break
        else:
            fields.append((name, value))
        made = Headers(fields)
        made._memo = {key: known for key, known in self._memo.items() if key.lower() != wanted}
        return made

    def without(self, name: str) -> Headers:
        """With no field of that name."""
        wanted = name.lower()
        return Headers(pair for pair in self._fields if pair[0].lower() != wanted)


@dataclass(frozen=True, slots=True)
class _Message:
    headers: Headers
    body: bytes = field(default=b"", kw_only=True)

    def _bytes(self, start: str) -> bytes:
        lines = [start, *[f"{key}: {value}" for key, value in self.headers.fields]]
        lines.append(f"Content-Length: {len(self.body)}")
        head = "\r\n".join(lines)
        if max(head.count("\r"), head.count("\n")) >= len(lines):
            raise LocalError("a line break inside a header")
        return head.encode("utf-8", "surrogateescape") + b"\r\n\r\n" + self.body

    @property
    def vias(self) -> list[str]:
        """Every Via value, topmost first."""
        return self.headers.listed("Via")

    @property
    def via(self) -> Via:
        """The topmost Via. Raises RemoteError."""
        return self.headers.read("Via", _topmost)

    @property
    def sender(self) -> NameAddr:
        """From. Raises RemoteError."""
        return self.headers.read("From", NameAddr.parse)

    @property
    def to(self) -> NameAddr:
        """To. Raises RemoteError."""
        return self.headers.read("To", NameAddr.parse)

    @property
    def call_id(self) -> str:
        """Call-ID. Raises RemoteError."""
        return self.headers.read("Call-ID", str)

    @property
    def cseq(self) -> CSeq:
        """CSeq. Raises RemoteError."""
        return self.headers.read("CSeq", CSeq.parse)

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
        return Request(headers, self.method, self.uri, body=self.body)


@dataclass(frozen=True, slots=True)
class Response(_Message):
    """A response; `bytes(response)` is what goes on the wire."""

    status: int
    reason: str

    def __bytes__(self) -> bytes:
        return self._bytes(f"SIP/2.0 {self.status} {self.reason}")


Message: TypeAlias = Request | Response


def _topmost(line: str) -> Via:
    vias = split(line, ",")
    if not vias:
        raise RemoteError("no Via")
    return Via.parse(vias[0])


def _untagged(request: Request) -> bool:
    """Whether a tag may be put on To; one that cannot be read is echoed as it came."""
    try:
        return not request.to.tag
    except RemoteError:
        return False


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
        if name == "To" and tag and status != 100 and _untagged(request):
            value = f"{value};tag={tag}"
        fields.append((name, value))
    fields += headers
    reason = reason or REASONS.get(status, "Unknown")
    return Response(Headers(fields), status, reason, body=body)
