"""Our registration (RFC 3261 section 10): kept for ever, whatever the registrar does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from .address import Address
from .attempt import Attempt, Wallet
from .errors import RemoteError
from .events import Registered, RegistrationFailed, Unregistered
from .failover import MOST_REGISTRARS, Round
from .grant import LONGEST, granted, retry_after, seen_at, service_route, why
from .headers import NameAddr
from .keepalive import Keepalive
from .machine import Machine
from .message import Headers, Request, Response
from .stack import Account, Stack, plainly
from .text import natural, readable
from .uri import Uri, user_part

PATIENCE: Final = 8.0
"""Seconds without an answer after which an attempt counts as silence."""
BRIEF: Final = 4.0
"""The same where another registrar is left to be asked, and for a farewell."""
LONGEST_WAIT: Final = 30.0
"""Seconds between two attempts at the same registrar at most."""
REFRESH: Final = 0.85
"""The part of the granted time after which we register again."""
SOONEST: Final = 5.0
"""Seconds before a registration is refreshed at least, whatever was granted."""
AT_ONCE: Final = 0.15
"""Seconds within which a change of the network, or a broken connection, is answered."""
SETTLED: Final = 60.0
"""Seconds for which a registration must have stood for its loss to be the first one."""
_FINAL: Final = frozenset({401, 403, 404, 407, 423})
"""Refusals that say what they mean: a simpler request would fare no better."""


class Phase(Enum):
    """Where the registration stands."""

    OFF = auto()
    ASKING = auto()
    REGISTERED = auto()
    WAITING = auto()
    """It failed, or its connection broke, and will be tried again."""
    LEAVING = auto()


class Move(Enum):
    """What moves it."""

    START = auto()
    STOP = auto()
    DUE = auto()
    NEXT = auto()
    """Another registrar, or the same one again with what it wants to hear."""
    OK = auto()
    FAILED = auto()
    BROKEN = auto()
    """The connection is gone, or the network changed: all waiting is void."""


MOVES: Final[Mapping[tuple[Phase, Move], Phase]] = {
    (Phase.OFF, Move.START): Phase.ASKING,
    (Phase.WAITING, Move.START): Phase.ASKING,
    (Phase.REGISTERED, Move.START): Phase.ASKING,
    (Phase.LEAVING, Move.START): Phase.ASKING,
    (Phase.WAITING, Move.DUE): Phase.ASKING,
    (Phase.REGISTERED, Move.DUE): Phase.ASKING,
    (Phase.ASKING, Move.NEXT): Phase.ASKING,
    (Phase.ASKING, Move.OK): Phase.REGISTERED,
    (Phase.ASKING, Move.FAILED): Phase.WAITING,
    (Phase.ASKING, Move.BROKEN): Phase.WAITING,
    (Phase.REGISTERED, Move.BROKEN): Phase.WAITING,
    (Phase.WAITING, Move.BROKEN): Phase.WAITING,
    (Phase.ASKING, Move.STOP): Phase.LEAVING,
    (Phase.REGISTERED, Move.STOP): Phase.LEAVING,
    (Phase.WAITING, Move.STOP): Phase.LEAVING,
    (Phase.LEAVING, Move.OK): Phase.OFF,
    (Phase.LEAVING, Move.FAILED): Phase.OFF,
}
"""A move that is not here changes nothing: asking twice is asking once."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a registration stands, for people and for the page. Times are in the clock of `now`."""

    phase: Phase
    since: float | None
    """When it entered that phase; None before it was first started."""
    registrar: Address
    """The one in use, or tried last."""
    status: int = 0
    """Of the last failure; 0: no answer, or no failure yet."""
    reason: str = ""
    """Of the last failure, for people; empty where there was none."""
    failed_at: float | None = None
    """When that was."""
    granted: int = 0
    """Seconds that the registrar granted last."""
    next_at: float | None = None
    """When it is refreshed or tried again; None where nothing waits."""


class Registration(Machine[Phase, Move]):
    """The one binding of an account."""

    def __init__(self, stack: Stack, account: Account) -> None:
        super().__init__(MOVES, Phase.OFF)
        self._stack = stack
        self._account = account
        self._wallet = Wallet(stack)
        self._keepalive = Keepalive(stack, account, self._gone, self._check)
        self._round = Round(())
        self._expires = account.expires
        self._call_id = stack.tokens()
        self._sequence = 0
        self._failures = 0
        """Rounds in a row that failed."""
        self._losses = 0
        """Times in a row that a registration which had hardly begun was lost."""
        self._brief = 0
        self._plain = False
        """Whether the registrar is spared the mention of our old contact."""
        self._quiet = False
        """Whether this round only makes sure: nothing is told if all is as it was."""
        self._relocated = False
        """Whether this round has already corrected our contact."""
        self._given_up_at: float | None = None
        """When the first registrar of this round was given up."""
        self._target = stack.registrar or account.registrar
        """The registrar being asked; in use as soon as it accepts."""
        self._bound: tuple[Address, str] | None = None
        """The registrar that keeps a contact of ours, and that contact."""
        self._stood_at: Address | None = None
        """Our own address when it accepted us."""
        self._attempt: Attempt | None = None
        self.standing = Standing(Phase.OFF, None, self._target)
        """How it stands."""

    # what is asked of it

    def start(self, now: float) -> None:
        """Register, and stay registered."""
        if self._move(Move.START, now):
            self._begin(now)

    def stop(self, now: float) -> None:
        """Withdraw our contact."""
        if self._move(Move.STOP, now):
            self._ask(0, now)

    def locate(self, addresses: tuple[Address, ...], now: float) -> None:
        """Take the registrars as they were found just now; none found changes nothing."""
        located = plainly(*addresses)[:MOST_REGISTRARS]
        stack, waiting = self._stack, self.phase is Phase.WAITING
        if not located or located == stack.registrars:
            return
        strange = stack.registrar not in located and stack.registrar in stack.registrars
        stack.registrars = located
        if strange or self.phase is Phase.OFF:
            self._use(located[0])
        if strange or waiting:
            self._again_at_once(now)
        else:
            self._round.extend(located)

    def moved(self, now: float) -> None:
        """Our address changed, or the network: register anew at once.

        A connection from an address that is still ours may have outlived the change, and calls
        depend on it: the first time it is tried, told again before an answer it is dropped.
        """
        tried = self.standing.phase is Phase.REGISTERED and self._stood_at == self._stack.local
        self._failures = self._losses = 0
        if self._again_at_once(now) and self._stack.registrar is not None and not tried:
            self._stack.drop(self._stack.registrar, "the network has changed", now)

    def lost(self, peer: Address, reason: str, now: float) -> None:
        """The connection to `peer` broke: renew the registration if it went over that one.

        One that is being asked for has heard of it from its transaction.
        """
        if self.phase is not Phase.REGISTERED or peer != self._stack.registrar:
            return
        settled = now - (self.standing.since or 0.0) >= SETTLED
        self._losses = 1 if settled else self._losses + 1
        wait = self._stack.between(0.0, AT_ONCE)
        if self._losses > 1:
            wait = self._stack.between(0.5, 1.0) * min(LONGEST_WAIT, 2.0 ** min(self._losses, 5))
        self._move(Move.BROKEN, now)
        self._note(0, readable(reason), now)
        self._wait(wait, now)

    def _gone(self, reason: str, now: float) -> None:
        """No sign of life any more: ask whether we are still registered."""
        self._note(0, reason, now)
        self._due(now)

    def _again_at_once(self, now: float) -> bool:
        """Void all waiting; False where nothing is to be registered."""
        if not self._move(Move.BROKEN, now):
            return False
        self._wait(self._stack.between(0.0, AT_ONCE), now)
        return True

    # the table

    def _move(self, move: Move, now: float) -> bool:
        """Make a move of the table; whatever waited in the old phase is given up."""
        if not self.go(move):
            return False
        self._stack.timers.cancel((self, "due"))
        self._stack.timers.cancel((self, "patience"))
        self._keepalive.stop(now)
        if self._attempt is not None and move is not Move.OK:
            self._attempt.abandon(now)
        # what is being refreshed stands until it is refused
        refreshing = self.phase is Phase.ASKING and self.standing.phase is Phase.REGISTERED
        shown = Phase.REGISTERED if refreshing else self.phase
        since = now if shown is not self.standing.phase else self.standing.since
        self.standing = replace(self.standing, phase=shown, since=since, next_at=None)
        return True

    def _wait(self, seconds: float, now: float) -> None:
        self._stack.timers.set((self, "due"), now + seconds, self._due)
        self.standing = replace(self.standing, next_at=now + seconds)

    def _note(self, status: int, reason: str, now: float) -> None:
        self.standing = replace(self.standing, status=status, reason=reason, failed_at=now)

    def _use(self, registrar: Address) -> None:
        self._stack.registrar = registrar
        self.standing = replace(self.standing, registrar=registrar)

    # asking

    def _due(self, now: float) -> None:
        if self._move(Move.DUE, now):
            self._begin(now)

    def _check(self, now: float) -> None:
        """Make sure that the registrar still knows us."""
        if self._move(Move.DUE, now):
            self._begin(now)
            self._quiet = True

    def _begin(self, now: float) -> None:
        """Ask all registrars in turn, the preferred first."""
        self._round = Round(self._stack.registrars)
        self._given_up_at = None
        self._relocated = self._plain = self._quiet = False
        self._brief = 0
        self._try(now)

    def _try(self, now: float) -> bool:
        """Ask the next registrar; False where none is left."""
        registrar = self._round.next()
        if registrar is None:
            return False
        self._move(Move.NEXT, now)
        self._target = registrar
        if registrar not in self._stack.registrars:
            # one of ours sent us there, and so vouches for it
            self._stack.vouched = registrar.host
        self._ask(self._expires, now)
        return True

    def _repeat(self, now: float) -> None:
        """Ask the same registrar again."""
        self._move(Move.NEXT, now)
        self._ask(self._expires, now)

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence

    def _ask(self, expires: int, now: float) -> None:
        stack, account = self._stack, self._account
        aor = Uri("sip", user_part(account.user), stack.domain)
        fields = [
            ("Via", stack.via()),
            ("Max-Forwards", "70"),
            ("From", str(NameAddr(aor, account.display).tagged(stack.tokens()))),
            ("To", str(NameAddr(aor))),
            ("Call-ID", self._call_id),
            ("CSeq", f"{self._next()} REGISTER"),
            *stack.introduction("REGISTER"),
        ]
        if self._bound is not None and not self._plain:
            where, contact = self._bound
            if where == self._target and contact != stack.contact:
                fields.append(("Contact", f"{contact};expires=0"))
        fields.append(("Expires", str(expires)))
        request = Request(Headers(fields), "REGISTER", str(Uri("sip", "", stack.domain)))
        last = expires > 0 and self._round.last
        stack.timers.set((self, "patience"), now + (PATIENCE if last else BRIEF), self._silent)
        self._attempt = Attempt(
            stack,
            request,
            self._target,
            now,
            answered=self._answered,
            silent=self._silent,
            resequence=self._next,
            wallet=self._wallet,
        )

    # what comes back

    def _answered(self, response: Response, now: float) -> None:
        status = response.status
        if status < 200:
            return
        if self.phase is Phase.LEAVING:
            self._left(Move.OK, now)
        elif status < 300:
            self._accepted(response, now)
        elif status in (301, 302):
            self._redirected(response, now)
        elif status == 423 and self._longer(response):
            self._repeat(now)
        elif 400 <= status < 500 and status not in _FINAL and self._mentions_old():
            self._plain = True
            self._repeat(now)
        else:
            self._refused(status, why(response), retry_after(response), now)

    def _mentions_old(self) -> bool:
        attempt = self._attempt
        return attempt is not None and len(attempt.request.headers.lines("Contact")) > 1

    def _silent(self, now: float) -> None:
        if self.phase is Phase.LEAVING:
            self._left(Move.FAILED, now)
            return
        trouble = self._attempt.trouble if self._attempt else ""
        reason = readable(trouble) or f"no answer from {self._target}"
        if self._attempt is not None and not trouble:
            self._attempt.abandon(now)
            self._stack.drop(self._target, reason, now)
        self._refused(0, reason, None, now)

    def _left(self, move: Move, now: float) -> None:
        if self._move(move, now):
            self._bound = None
            self._stack.routes = ()
            self._stack.emit(Unregistered())

    def _redirected(self, response: Response, now: float) -> None:
        try:
            self._round.redirected(response, self._target)
        except RemoteError as error:
            self._refused(response.status, error.reason, None, now)
            return
        self._try(now)

    def _longer(self, response: Response) -> bool:
        """Whether to ask again for the time the registrar wants (RFC 3261 10.2.8)."""
        least = natural(response.headers.get("Min-Expires"), LONGEST)
        self._brief += 1
        if least is None or least <= self._expires or self._brief > 2:
            return False
        self._expires = least
        return True

    def _accepted(self, response: Response, now: float) -> None:
        stack = self._stack
        self._bound, self._stood_at = (self._target, stack.contact), stack.local
        stack.routes = service_route(response)
        if self._correct(response) and not self._relocated:
            # behind a NAT, or on a connection: the contact under which we are reached
            self._relocated = True
            self._repeat(now)
            return
        if not self._move(Move.OK, now):
            return
        if self._target != stack.registrar:
            self._keepalive.renew()
            self._quiet = False
        self._use(self._target)
        self._failures = 0
        seconds = granted(response, stack.contact, self._expires)
        quiet = self._quiet and not self._relocated and seconds == self.standing.granted
        self.standing = replace(self.standing, granted=seconds)
        # a refresh may first have to find that other registrars are still dead
        spare = BRIEF * len(stack.registrars)
        self._wait(max(SOONEST, seconds / 2, min(REFRESH * seconds, seconds - spare)), now)
        self._keepalive.start(now)
        if not quiet:
            stack.emit(Registered(seconds, self._target))

    def _correct(self, response: Response) -> bool:
        """Take over where the registrar sees us (RFC 3581); whether our contact was wrong."""
        stack, before = self._stack, self._stack.contact
        place = seen_at(response, stack.local.transport)
        if place is None:
            return False
        stack.seen = None if place == stack.local else place
        return stack.contact != before

    def _refused(self, status: int, reason: str, after: int | None, now: float) -> None:
        """Go on to the next registrar where another may do better, else wait."""
        self.standing = replace(self.standing, registrar=self._target)
        self._note(status, reason, now)
        if self._given_up_at is None:
            self._given_up_at = now
        if (status in (0, 408, 430) or 300 <= status < 400 or 500 <= status < 600) and self._try(
            now
        ):
            return
        if not self._move(Move.FAILED, now):
            return
        self._failures += 1
        self._keepalive.renew()
        step = min(LONGEST_WAIT, 2.0 ** min(self._failures, 5))
        wait = min(LONGEST_WAIT, self._stack.between(0.5, 1.0) * step)
        if after is not None:
            wait = max(wait, float(after))
        # so long after the first of several was given up, it is asked again
        wait = max(1.0, min(wait, LONGEST_WAIT - (now - self._given_up_at)))
        self._wait(wait, now)
        if self._stack.registrar not in self._stack.registrars:
            self._stack.registrar = self._stack.registrars[0]
        self._stack.emit(RegistrationFailed(status, reason, now + wait))
