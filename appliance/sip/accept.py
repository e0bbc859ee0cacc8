"""Our 200 to an INVITE, repeated until it is acknowledged (RFC 3261 13.3.1.4)."""

from __future__ import annotations

from collections.abc import Callable

from .message import Response
from .stack import Stack
from .transaction import GIVE_UP, T1, T2, Transaction


class Acceptance:
    """One 200 on its way to its ACK; the first INVITE of a call and later ones alike."""

    def __init__(
        self,
        stack: Stack,
        transaction: Transaction,
        response: Response,
        now: float,
        on_silence: Callable[[float], None],
    ) -> None:
        self.sequence = transaction.request.cseq.number
        """The CSeq number that its ACK bears."""
        self._stack = stack
        self._data = bytes(response)
        self._transaction = transaction
        self._interval = T1
        stack.timers.set((self, "repeat"), now + T1, self._repeat)
        stack.timers.set((self, "silence"), now + GIVE_UP, on_silence)

    def _repeat(self, now: float) -> None:
        # over a reliable transport too: a proxy on the way may speak UDP further on
        self._stack.send(self._data, self._transaction.peer)
        self._interval = min(2 * self._interval, T2)
        self._stack.timers.set((self, "repeat"), now + self._interval, self._repeat)

    def stop(self) -> None:
        """The ACK has come, or nobody waits for it any more."""
        self._stack.timers.cancel((self, "repeat"))
        self._stack.timers.cancel((self, "silence"))
