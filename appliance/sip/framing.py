"""Cutting the bytes of a connection into messages (RFC 3261 18.3), keepalives apart (RFC 5626).

    bytes -> feed -> CRLF CRLF: a ping, counted | CRLF: a pong | head + Content-Length: a message

Time and memory are bounded: every byte is looked at a fixed number of times, and a connection
that cannot be a SIP one is refused at its first line.
"""

from __future__ import annotations

from typing import Final

from .errors import RemoteError
from .parser import LARGEST, LONGEST_LINE

PING: Final = b"\r\n\r\n"
"""Keeps a connection open; the other end answers with PONG (RFC 5626 4.4.1)."""
PONG: Final = b"\r\n"
_ENDS: Final = (b"\n\r\n", b"\n\n")
_LENGTHS: Final = (b"content-length", b"l")


class Framer:
    """What came over one connection and was not yet a whole message."""

    def __init__(self) -> None:
        self.pings = 0
        """Keepalives that have come so far: each wants a PONG back."""
        self._held = bytearray()
        self._seen = 0
        """Up to where the end of the head was looked for in vain."""
        self._size: int | None = None
        """Bytes of the message that is being held, as soon as its head is whole."""
        self._checked = False
        """Whether the first line is one of SIP."""
        self._ends = 0
        """Line ends in a row since the last message."""

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes as they come; returns the messages that are now whole, in their order.

        A pong comes as PONG, so that whoever waits for it hears of it. Raises RemoteError where
        the stream cannot be cut; the connection is of no use after that.
        """
        self._held += data
        found: list[bytes] = []
        while True:
            if self._size is None:
                found += self._keepalives()
                if not self._held or not self._head():
                    return found
            size = self._size or 0
            if len(self._held) < size:
                return found
            found.append(bytes(self._held[:size]))
            self._cut(size)

    def _cut(self, size: int) -> None:
        del self._held[:size]
        self._seen = 0
        self._size = None
        self._checked = False
        self._ends = 0

    def _keepalives(self) -> list[bytes]:
        """Take the line ends between messages away."""
        if not self._held.startswith((b"\r", b"\n")):
            return []
        blank = len(self._held) - len(self._held.lstrip(b"\r\n"))
        ends = self._held[:blank].count(b"\n")
        before = self._ends
        del self._held[:blank]
        self._seen = 0
        self._ends += ends
        self.pings += self._ends // 2 - before // 2
        return [PONG] if ends and self._ends % 2 else []

    def _head(self) -> bool:
        """Look for the end of the head; whether it is there, and the size is known."""
        held = self._held
        if not self._checked:
            line = held.find(b"\n")
            if line >= 0:
                if b"SIP/" not in held[:line].upper():
                    raise RemoteError("what came over the connection is no SIP")
                self._checked = True
            elif len(held) > LONGEST_LINE:
                raise RemoteError("a line beyond 8 KiB", 513)
        start = max(0, self._seen - 2)
        ends = [at + len(mark) for mark in _ENDS if (at := held.find(mark, start)) >= 0]
        if not ends:
            self._seen = len(held)
            if len(held) > LARGEST:
                raise RemoteError("a message head beyond 64 KiB", 513)
            return False
        end = min(ends)
        size = end + _length(bytes(held[:end]))
        if size > LARGEST:
            raise RemoteError("a message beyond 64 KiB", 513)
        self._size = size
        return True


def _length(head: bytes) -> int:
    """The size of the body; one that is not told has none (RFC 3261 20.14). Raises RemoteError."""
    lines = head.replace(b"\r\n", b"\n").replace(b"\n ", b" ").replace(b"\n\t", b" ").split(b"\n")
    told: set[int] = set()
    for line in lines[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() in _LENGTHS:
            digits = value.strip()
            if not digits.isdigit() or len(digits) > 10:
                raise RemoteError("an impossible Content-Length")
            told.add(int(digits))
    if len(told) > 1:
        raise RemoteError("two different Content-Lengths")
    return told.pop() if told else 0
