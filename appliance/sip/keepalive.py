"""Signs of life of the registrar while we are registered, and a NAT kept open (RFC 5626).

    UDP, after a while               -> register again: only that tells whether we still are
    a stream, nothing heard a while  -> CRLF CRLF -> no CRLF back: OPTIONS -> silence: it is gone

A PBX that restarts within a second has lost its contacts and answers OPTIONS as before; a
datagram way shows nothing of it, so there the registration itself is the question. A connection
breaks with the PBX, and whatever comes over it is a sign of life.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .framing import PING
from .headers import NameAddr
from .message import Headers, Request, Response
from .stack import Account, Stack
from .transaction import Transaction
from .uri import Uri, user_part

PONG_PATIENCE: Final = 10.0
"""Seconds for which a pong is awaited (RFC 5626 4.4.1)."""
PROBE_PATIENCE: Final = 8.0
"""Seconds for which the answer to an OPTIONS is awaited."""
OPEN: Final = 25.0
"""Seconds between datagrams that keep a NAT open."""
_MOST_WRONG: Final = 2
"""Times that silence may prove wrong in a row before this registrar is asked no more."""


class Keepalive:
    """The heartbeat of one registration."""

    def __init__(
        self,
        stack: Stack,
        account: Account,
        gone: Callable[[str, float], None],
        check: Callable[[float], None],
    ) -> None:
        """`gone(why, now)` is called when the registrar gives no sign of life any more.

        `check(now)` is called where only a registration can tell.
        """
        self._stack = stack
        self._account = account
        self._gone = gone
        self._check = check
        self._probe: Transaction | None = None
        self._pongs = True
        """Whether this registrar answers pings; many do not."""
        self._pinged = 0.0
        """When the last ping went out."""
        self._wrong = 0
        self._sequence = 0
        self._call_id = stack.tokens()

    def start(self, now: float) -> None:
        """Watch the registrar that has just registered us."""
        self.stop(now)
        self._stack.heard = now
        self._beat(now)
        if self._stack.local.transport == "udp" and self._stack.seen is not None:
            self._stack.timers.set((self, "open"), now + OPEN, self._keep_open)

    def stop(self, now: float) -> None:
        """Watch nothing."""
        for name in ("beat", "pong", "open"):
            self._stack.timers.cancel((self, name))
        if self._probe is not None:
            self._probe.abandon(now)
            self._probe = None

    def renew(self) -> None:
        """Forget what was learned of the last registrar."""
        self._pongs, self._wrong = True, 0

    def _beat(self, now: float) -> None:
        every = self._stack.policy.probe
        if every > 0 and self._wrong < _MOST_WRONG:
            # the next question is due that long after the last word
            pause = self._stack.between(0.8, 1.0) * every
            when = max(now + 1.0, self._stack.heard + pause)
            self._stack.timers.set((self, "beat"), when, self._due)

    def _due(self, now: float) -> None:
        stack = self._stack
        if stack.registrar is None:
            return
        if not stack.registrar.traits.reliable:
            self._check(now)
        elif now - stack.heard < 0.8 * stack.policy.probe:
            self._beat(now)
        elif self._pongs:
            self._pinged = now
            stack.send(PING, stack.registrar)
            stack.timers.set((self, "pong"), now + PONG_PATIENCE, self._judge)
        else:
            self._ask(now)

    def _judge(self, now: float) -> None:
        """A registrar without a word since the ping either knows no pings, or is gone."""
        if self._stack.heard < self._pinged:
            self._ask(now)
        else:
            self._wrong = 0
            self._beat(now)

    def _ask(self, now: float) -> None:
        stack, account, to = self._stack, self._account, self._stack.registrar
        if to is None:
            return
        aor = Uri("sip", user_part(account.user), stack.domain)
        self._sequence += 1
        head = [
            ("Via", stack.via()),
            ("Max-Forwards", "70"),
            ("From", str(NameAddr(aor).tagged(stack.tokens()))),
            ("To", str(NameAddr(Uri("sip", "", stack.domain)))),
            ("Call-ID", self._call_id),
            ("CSeq", f"{self._sequence} OPTIONS"),
            *stack.introduction("OPTIONS"),
        ]
        request = Request(Headers(head), "OPTIONS", str(Uri("sip", "", stack.domain)))
        stack.timers.set((self, "pong"), now + PROBE_PATIENCE, self._silent)
        self._probe = stack.transactions.request(request, to, now, self._alive, self._silent)

    def _alive(self, response: Response, now: float) -> None:
        """Any answer is a sign of life, a refusal too."""
        _ = response
        self._stack.timers.cancel((self, "pong"))
        self._stack.heard = now
        self._wrong = 0
        self._pongs = False
        self._beat(now)

    def _silent(self, now: float) -> None:
        stack, to = self._stack, self._stack.registrar
        trouble = self._probe.trouble if self._probe is not None else ""
        self.stop(now)
        self._wrong += 1
        if to is not None:
            why = trouble or f"{to} no longer answers"
            if not trouble:
                stack.drop(to, why, now)
            self._gone(why, now)

    def _keep_open(self, now: float) -> None:
        stack = self._stack
        if stack.registrar is not None:
            stack.send(PING, stack.registrar)
        stack.timers.set((self, "open"), now + OPEN, self._keep_open)
