"""Bytes from the wire to messages: tolerant, and bounded in time and memory on any input.

One pass over the bytes, no regular expression. What a peer may get wrong without harm is
accepted: bare line feeds, folded lines, compact names, blanks around the colon, a missing
Content-Length, bytes that are not UTF-8 (kept, so that they are echoed unchanged).
"""

from __future__ import annotations

from typing import Final

from .errors import RemoteError
from .headers import Via
from .message import Headers, Message, Request, Response
from .text import natural
from .uri import Uri

LARGEST: Final = 65536
"""Bytes of a message."""
MOST_HEADERS: Final = 256
LONGEST_LINE: Final = 8192
"""Characters of one header after unfolding."""
_COPIED: Final = ("Via", "From", "To", "Call-ID", "CSeq")
"""What every message carries and every response copies; all but Via once."""
_TOKEN: Final = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~"
)


def parse(data: bytes) -> Message:
    """Read one datagram. Raises RemoteError where it is not a SIP message at all."""
    if len(data) > LARGEST:
        raise RemoteError("larger than 64 KiB", 513)
    data = data.lstrip(b"\r\n")
    head, body = _head_and_body(data)
    lines = _unfolded(head)
    if not lines:
        raise RemoteError("an empty message")
    fields: list[tuple[str, str]] = []
    lengths: set[str] = set()
    for line in lines[1:]:
        name, value = _field(line)
        if name.lower() in ("content-length", "l"):
            lengths.add(value)
        else:
            fields.append((name, value))
    if len(lengths) > 1:
        raise RemoteError("more than one Content-Length")
    for length in lengths:
        size = natural(length, LARGEST)
        if size is None or size > len(body):
            raise RemoteError("a Content-Length beyond the message")
        body = body[:size]
    return _start(lines[0], Headers(fields), body)


def salvage(data: bytes) -> Request | None:
    """What can still be answered of a request that `parse` refused (RFC 4475 3.1.2).

    Its readable header lines, without a body; None where it is no request, an ACK (which nobody
    answers), or has not all that an answer copies. Never raises.
    """
    try:
        lines = _unfolded(_head_and_body(data[:LARGEST].lstrip(b"\r\n"))[0])
    except RemoteError:
        return None
    words = lines[0].split()
    if len(words) < 3 or words[0] == "ACK" or not _TOKEN.issuperset(words[0]):
        return None
    if not words[-1].upper().startswith("SIP/"):
        return None
    fields: list[tuple[str, str]] = []
    for line in lines[1:]:
        try:
            fields.append(_field(line))
        except RemoteError:
            continue
    headers = Headers(fields)
    if any(name not in headers for name in _COPIED):
        return None
    return Request(headers, words[0], " ".join(words[1:-1]))


def check(message: Message) -> None:
    """Insist on what every message must carry (RFC 3261 8.1.1). Raises RemoteError.

    A Request that fails is to be answered with the status of the error, if it can be.
    """
    _ = message.via, message.sender, message.to, message.call_id, message.cseq
    for name in _COPIED[1:]:
        if len(message.headers.lines(name)) > 1:
            raise RemoteError(f"more than one {name}")
    vias = message.vias
    for via in vias[1:]:
        Via.parse(via)
    if isinstance(message, Response) and len(vias) > 1:
        raise RemoteError("a response that is on its way to somebody else")  # RFC 3261 8.1.3.3
    if isinstance(message, Request):
        if message.cseq.method != message.method:
            raise RemoteError("a CSeq of another method")
        uri = Uri.parse(message.uri)
        if uri.headers:
            raise RemoteError("headers in the URI of a request line")  # RFC 3261 19.1.1
        if uri.scheme not in ("sip", "sips", "tel"):
            raise RemoteError("a request for an unknown kind of URI", 416)


def _head_and_body(data: bytes) -> tuple[bytes, bytes]:
    """Cut at the first empty line, whichever way its ends are written."""
    cuts = [(at, at + len(mark)) for mark in (b"\r\n\r\n", b"\n\n") if (at := data.find(mark)) >= 0]
    end, start = min(cuts, default=(len(data), len(data)))
    return data[:end], data[start:]


def _unfolded(head: bytes) -> list[str]:
    """Lines with their continuations joined by one blank (RFC 3261 7.3.1)."""
    groups: list[list[str]] = []
    for raw in head.decode("utf-8", "surrogateescape").split("\n"):
        line = raw.rstrip("\r")
        if line[:1] in (" ", "\t") and groups:
            groups[-1].append(line.strip())
        else:
            groups.append([line])
            if len(groups) > MOST_HEADERS + 1:
                raise RemoteError("too many headers")
    lines = [" ".join(group).replace("\r", " ").replace("\0", " ") for group in groups]
    if any(len(line) > LONGEST_LINE for line in lines):
        raise RemoteError("a header beyond 8 KiB")
    return lines


def _field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    name = name.strip()
    if not colon or not name or not _TOKEN.issuperset(name):
        raise RemoteError("a header line without a name")
    return name, value.strip()


def _start(line: str, headers: Headers, body: bytes) -> Message:
    words = line.split()
    if len(words) >= 2 and words[0].upper() == "SIP/2.0":
        status = natural(words[1], 699)
        if status is None or status < 100:
            raise RemoteError("an impossible status")
        reason = line.split(None, 2)[2] if len(words) > 2 else ""
        return Response(headers, status, reason, body=body)
    if len(words) != 3 or not words[2].upper().startswith("SIP/"):
        raise RemoteError("neither a request nor a response")
    if words[2].upper() != "SIP/2.0":
        raise RemoteError("another version of SIP", 505)
    if not _TOKEN.issuperset(words[0]):
        raise RemoteError("an impossible method")
    return Request(headers, words[0], words[1], body=body)
