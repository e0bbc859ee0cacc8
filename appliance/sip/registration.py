"""Our registration (RFC 3261 section 10): kept for ever, whatever the registrar does."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from .attempt import Attempt, Wallet
from .errors import RemoteError
from .events import Registered, RegistrationFailed, Unregistered
from .headers import NameAddr
from .machine import Machine
from .message import REASONS, Headers, Request, Response
from .stack import Account, Stack
from .text import natural, param, readable
from .uri import Uri, user_part

PATIENCE: Final = 8.0
"""Seconds without an answer after which an attempt counts as silence."""
LONGEST_WAIT: Final = 30.0
"""Seconds between two attempts at most."""
REFRESH: Final = 0.85
"""The part of the granted time after which we register again."""
_MOST_EXPIRES: Final = 2**31

_WHY: Final[Mapping[int, str]] = {
    401: "wrong password or unknown extension",
    407: "wrong password or unknown extension",
    403: "the registrar refuses this extension: wrong password, or registering is not allowed",
    404: "the registrar does not know this extension",
    423: "the registrar wants a longer registration than it accepts",
    503: "the registrar is overloaded or shutting down",
}
"""What a refusal means for people."""


class Phase(Enum):
    """Where the registration stands."""

    OFF = auto()
    ASKING = auto()
    REGISTERED = auto()
    WAITING = auto()
    """It failed and will be tried again."""
    LEAVING = auto()


class Move(Enum):
    """What moves it."""

    START = auto()
    STOP = auto()
    DUE = auto()
    OK = auto()
    FAILED = auto()


MOVES: Final[Mapping[tuple[Phase, Move], Phase]] = {
    (Phase.OFF, Move.START): Phase.ASKING,
    (Phase.WAITING, Move.START): Phase.ASKING,
    (Phase.REGISTERED, Move.START): Phase.ASKING,
    (Phase.LEAVING, Move.START): Phase.ASKING,
    (Phase.WAITING, Move.DUE): Phase.ASKING,
    (Phase.REGISTERED, Move.DUE): Phase.ASKING,
    (Phase.ASKING, Move.OK): Phase.REGISTERED,
    (Phase.ASKING, Move.FAILED): Phase.WAITING,
    (Phase.ASKING, Move.STOP): Phase.LEAVING,
    (Phase.REGISTERED, Move.STOP): Phase.LEAVING,
    (Phase.WAITING, Move.STOP): Phase.LEAVING,
    (Phase.LEAVING, Move.OK): Phase.OFF,
    (Phase.LEAVING, Move.FAILED): Phase.OFF,
}
"""A move that is not here changes nothing: asking twice is asking once."""


class Registration(Machine[Phase, Move]):
    """The one binding of an account."""

    def __init__(self, stack: Stack, account: Account) -> None:
        super().__init__(MOVES, Phase.OFF)
        self._stack = stack
        self._account = account
        self._wallet = Wallet(stack)
        self._expires = account.expires
        self._call_id = stack.tokens()
        self._sequence = 0
        self._failures = 0
        self._brief = 0
        self._attempt: Attempt | None = None

    def start(self, now: float) -> None:
        """Register, and stay registered."""
        if self._move(Move.START, now):
            self._ask(self._expires, now)

    def stop(self, now: float) -> None:
        """Withdraw our contact."""
        if self._move(Move.STOP, now):
            self._ask(0, now)

    def _move(self, move: Move, now: float) -> bool:
        """Make a move of the table; whatever waited in the old phase is given up."""
        if not self.go(move):
            return False
        self._stack.timers.cancel((self, "due"))
        self._stack.timers.cancel((self, "patience"))
        if self._attempt is not None and move in (Move.START, Move.STOP, Move.FAILED):
            self._attempt.abandon(now)
        return True

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence

    def _ask(self, expires: int, now: float) -> None:
        stack, account = self._stack, self._account
        aor = Uri("sip", user_part(account.user), account.domain)
        fields = [
            ("Via", stack.via()),
            ("Max-Forwards", "70"),
            ("From", str(NameAddr(aor, account.display).tagged(stack.tokens()))),
            ("To", str(NameAddr(aor))),
            ("Call-ID", self._call_id),
            ("CSeq", f"{self._next()} REGISTER"),
            *stack.introduction("REGISTER"),
            ("Expires", str(expires)),
        ]
        request = Request(Headers(fields), "REGISTER", str(Uri("sip", "", account.domain)))
        stack.timers.set((self, "patience"), now + PATIENCE, self._silent)
        self._attempt = Attempt(
            stack,
            request,
            account.registrar,
            now,
            answered=self._answered,
            silent=self._silent,
            resequence=self._next,
            wallet=self._wallet,
        )

    def _answered(self, response: Response, now: float) -> None:
        if response.status < 200:
            return
        if self.phase is Phase.LEAVING:
            self._left(Move.OK, now)
        elif response.status < 300:
            self._granted(response, now)
        elif response.status == 423 and self._longer(response):
            self._ask(self._expires, now)
        else:
            reason = _WHY.get(response.status) or readable(response.reason)
            reason = reason or REASONS.get(response.status, "refused")
            after = (response.headers.get("Retry-After") or "").split("(")[0].split(";")[0]
            self._failed(response.status, reason, natural(after, 2**31), now)

    def _silent(self, now: float) -> None:
        if self.phase is Phase.LEAVING:
            self._left(Move.FAILED, now)
        else:
            self._failed(0, f"no answer from {self._account.registrar}", None, now)

    def _left(self, move: Move, now: float) -> None:
        if self._move(move, now):
            self._stack.emit(Unregistered())

    def _longer(self, response: Response) -> bool:
        """Whether to ask again for the time the registrar wants (RFC 3261 10.2.8)."""
        least = natural(response.headers.get("Min-Expires"), _MOST_EXPIRES)
        self._brief += 1
        if least is None or least <= self._expires or self._brief > 2:
            return False
        self._expires = least
        return True

    def _granted(self, response: Response, now: float) -> None:
        if not self._move(Move.OK, now):
            return
        self._failures = self._brief = 0
        granted = self._granted_time(response)
        self._stack.timers.set((self, "due"), now + max(1.0, REFRESH * granted), self._due)
        self._stack.emit(Registered(granted))

    def _granted_time(self, response: Response) -> int:
        """Of our own contact, else of the response, else what we asked for."""
        ours = NameAddr.parse(self._stack.contact).uri
        for value in response.headers.listed("Contact"):
            try:
                contact = NameAddr.parse(value)
            except RemoteError:
                continue
            if (contact.uri.user, contact.uri.host, contact.uri.port) == (
                ours.user,
                ours.host,
                ours.port,
            ):
                granted = natural(param(contact.params, "expires"), _MOST_EXPIRES)
                if granted is not None:
                    return granted
        said = natural(response.headers.get("Expires"), _MOST_EXPIRES)
        return self._expires if said is None else said

    def _failed(self, status: int, reason: str, after: int | None, now: float) -> None:
        if not self._move(Move.FAILED, now):
            return
        self._failures += 1
        self._brief = 0
        step = min(LONGEST_WAIT, 2.0 ** min(self._failures, 5))
        wait = min(LONGEST_WAIT, self._stack.between(0.5, 1.0) * step)
        if after is not None:
            wait = min(LONGEST_WAIT, max(wait, float(after)))
        self._stack.timers.set((self, "due"), now + wait, self._due)
        self._stack.emit(RegistrationFailed(status, reason, now + wait))

    def _due(self, now: float) -> None:
        if self._move(Move.DUE, now):
            self._ask(self._expires, now)
