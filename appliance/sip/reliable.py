"""Provisional responses that are known to arrive (RFC 3262): RSeq, RAck and PRACK.

`Assurance` is the side that answers an INVITE, `Sequence` the side that sent it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from .headers import CSeq, RAck
from .message import Request, Response
from .stack import Stack
from .text import natural
from .transaction import GIVE_UP, T1, Transaction

OPTION: Final = "100rel"
_MOST: Final = 2**32 - 1


def requires(message: Request | Response) -> bool:
    """Whether the message insists on reliable provisional responses, or is one."""
    return OPTION in (word.lower() for word in message.headers.listed("Require"))


def supports(message: Request) -> bool:
    """Whether the peer can PRACK."""
    words = [*message.headers.listed("Supported"), *message.headers.listed("Require")]
    return OPTION in (word.lower() for word in words)


@dataclass(frozen=True, slots=True)
class _Promise:
    """One provisional response on its way to its PRACK."""

    status: int
    body: bytes
    fields: tuple[tuple[str, str], ...]


class Assurance:
    """Our reliable provisional responses to one INVITE, one at a time (RFC 3262 section 3)."""

    def __init__(
        self,
        stack: Stack,
        transaction: Transaction,
        tag: str,
        silent: Callable[[float], None],
    ) -> None:
        """`silent` is told where a response is never acknowledged."""
        self._stack = stack
        self._transaction = transaction
        self._tag = tag
        self._silent = silent
        self._number = int(stack.between(1, 2**31 - 1))
        self._waiting: deque[_Promise] = deque()
        self._open: _Promise | None = None
        self._data = b""
        self._interval = T1

    @property
    def pending(self) -> bool:
        """Whether a response has not been acknowledged yet."""
        return self._open is not None or bool(self._waiting)

    @property
    def describing(self) -> bool:
        """Whether a response that holds a description has not been acknowledged yet.

        The 2xx must wait for it then.
        """
        waiting = [*self._waiting, *([self._open] if self._open else [])]
        return any(promise.body for promise in waiting)

    def send(
        self,
        status: int,
        now: float,
        *,
        body: bytes = b"",
        fields: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """Send a response, or keep it until the one before is acknowledged."""
        self._waiting.append(_Promise(status, body, fields))
        if self._open is None:
            self.proceed(now)

    def proceed(self, now: float) -> None:
        """Send what waited, after the PRACK for the one before has been answered."""
        if not self._waiting:
            return
        promise = self._open = self._waiting.popleft()
        self._number += 1
        fields = (*promise.fields, ("Require", OPTION), ("RSeq", str(self._number)))
        response = self._stack.reply(
            self._transaction,
            promise.status,
            now,
            tag=self._tag,
            fields=fields,
            body=promise.body,
        )
        self._data = bytes(response)
        self._interval = T1
        self._stack.timers.set((self, "repeat"), now + T1, self._repeat)
        self._stack.timers.set((self, "silence"), now + GIVE_UP, self._never)

    def _repeat(self, now: float) -> None:
        # over a reliable transport too, and without the limit of T2: end to end
        self._stack.send(self._data, self._transaction.peer)
        self._interval *= 2
        self._stack.timers.set((self, "repeat"), now + self._interval, self._repeat)

    def _never(self, now: float) -> None:
        self.stop()
        self._silent(now)

    def takes(self, rack: RAck) -> bool:
        """Whether a PRACK is for the response that waits for one; it is acknowledged then."""
        if self._open is None:
            return False
        if rack != RAck(self._number, self._transaction.request.cseq):
            return False
        self._open = None
        self._quiet()
        return True

    def _quiet(self) -> None:
        self._stack.timers.cancel((self, "repeat"))
        self._stack.timers.cancel((self, "silence"))

    def stop(self) -> None:
        """A final answer goes out: nothing is repeated any more; a late PRACK is still taken."""
        self._waiting.clear()
        self._quiet()


class Arrival(Enum):
    """What a provisional response to our INVITE is."""

    PLAIN = auto()
    """Not reliable: nothing is acknowledged."""
    NEXT = auto()
    """Reliable and in order: to be acknowledged."""
    STALE = auto()
    """A repetition, or one that came before an earlier one: ignored."""


class Sequence:
    """The RSeq numbers of one early dialog (RFC 3262 section 4)."""

    def __init__(self) -> None:
        self._last: int | None = None

    def arrived(self, response: Response) -> Arrival:
        """Sort a provisional response, and remember it where it is the next one."""
        number = natural(response.headers.get("RSeq"), _MOST)
        if response.status <= 100 or number is None or not requires(response):
            return Arrival.PLAIN
        if self._last is not None and number != self._last + 1:
            return Arrival.STALE
        self._last = number
        return Arrival.NEXT

    def rack(self, cseq: CSeq) -> str:
        """What the PRACK for the last one says."""
        return str(RAck(self._last or 0, cseq))
