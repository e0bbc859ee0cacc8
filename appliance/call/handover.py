"""Handing a caller over to a person: which way, step by step, and what is done when it fails.

    BEGUN ─► REFERRING ──────────────────────────────────────────► DONE      blind
      │         └ the PBX does not transfer ─┐ ┌─┐ redirected
      └────────────────────────────────────► CALLING ─► BRIEFING ─► JOINING ─► DONE   attended
                                                │           └──────────┴─► BRIDGED    in the box
                                                └─► FAILED: back to the caller (from everywhere)

Pure: what happens goes in, orders come out; all transitions stand in MOVES.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from appliance.call import orders
from appliance.contracts.outcome import HandedOver

REFER_PATIENCE: Final = 30.0
"""Seconds until a blind transfer of which nothing is heard counts as failed."""
JOIN_PATIENCE: Final = 10.0
"""The same for the joining of two answered calls: both people hear nothing of each other."""
STAY: Final = 2.0
"""Seconds after the briefing in which the person may still refuse; who stays accepts."""
LONGEST_BRIEFING: Final = 60.0
"""Seconds after which the caller is put through, however much there is to tell."""
REFUSE: Final = "2"
"""The key that declines; any other one accepts."""

MOST_WAYS: Final = 2
"""Redirections followed, one after the other."""
_ELSEWHERE: Final = frozenset({300, 301, 302})
"""The target is to be called somewhere else; other redirections are no telephone numbers."""
_NOBODY: Final = frozenset({404, 408, 410, 480, 484, 486, 487, 600, 604})
"""The target was tried and cannot be had: to call it ourselves would not help."""
_DECLINED: Final = frozenset({403, 603})
"""The PBX does not transfer, if it says so at once; the target declined, if the PBX tried it."""


class Phase(StrEnum):
    """Where a hand-over stands."""

    BEGUN = "begun"
    REFERRING = "referring"
    """A blind REFER has been sent."""
    CALLING = "calling"
    """The box calls the target, the caller waits."""
    BRIEFING = "briefing"
    """The person has answered and hears who calls."""
    JOINING = "joining"
    """The PBX has been asked to join both calls."""
    BRIDGED = "bridged"
    DONE = "done"
    FAILED = "failed"


class Move(StrEnum):
    """What moves it."""

    REFER = "refer"
    CALL = "call"
    BRIEF = "brief"
    JOIN = "join"
    BRIDGE = "bridge"
    FINISH = "finish"
    FAIL = "fail"


_P, _M = Phase, Move

MOVES: Final[Mapping[tuple[Phase, Move], Phase]] = {
    (_P.BEGUN, _M.REFER): _P.REFERRING,
    (_P.BEGUN, _M.CALL): _P.CALLING,
    (_P.REFERRING, _M.FINISH): _P.DONE,
    (_P.REFERRING, _M.CALL): _P.CALLING,
    (_P.REFERRING, _M.FAIL): _P.FAILED,
    (_P.CALLING, _M.CALL): _P.CALLING,
    (_P.CALLING, _M.BRIEF): _P.BRIEFING,
    (_P.CALLING, _M.JOIN): _P.JOINING,
    (_P.CALLING, _M.BRIDGE): _P.BRIDGED,
    (_P.CALLING, _M.FAIL): _P.FAILED,
    (_P.BRIEFING, _M.JOIN): _P.JOINING,
    (_P.BRIEFING, _M.BRIDGE): _P.BRIDGED,
    (_P.BRIEFING, _M.FAIL): _P.FAILED,
    (_P.JOINING, _M.FINISH): _P.DONE,
    (_P.JOINING, _M.BRIDGE): _P.BRIDGED,
    (_P.JOINING, _M.FAIL): _P.FAILED,
}
"""What is not here does not happen: such news is ignored."""

PENDING: Final = frozenset({_P.BEGUN, _P.REFERRING, _P.CALLING, _P.BRIEFING, _P.JOINING})
"""Phases in which the caller still waits."""


class Handover:
    """One attempt to bring a caller to a person."""

    def __init__(
        self,
        target: str,
        *,
        attended: bool,
        briefing: str,
        ring: float,
        now: float,
        urgent: bool = False,
        summary: str = "",
        queue: bool = False,
    ) -> None:
        """Begin at once.

        `attended`: the person is called before the caller is let go; `briefing`: what they are
        told, empty for nothing; `ring`: seconds in which they must have answered; `urgent`: no
        limit on calls out holds it up; `summary`: the briefing in a line, for their telephone;
        `queue`: the target is a queue of the PBX, in which callers wait as long as it takes.
        """
        self.target = target
        self._summary = summary
        self._queue = queue
        self._urgent = urgent
        self._tried: set[str] = set()
        """Where redirections have sent us."""
        self.briefing = briefing if attended else ""
        self.phase = Phase.BEGUN
        self.kind = HandedOver.NO
        """How it was done, once it is."""
        self.reason = ""
        """Why it failed, in plain words."""
        self._ring = ring
        self._orders: list[orders.Order] = []
        self._since = now
        """When the present phase began, or in BRIEFING when the briefing was over."""
        self._told = False
        """Whether the person has heard all."""
        self._second = False
        """Whether the call to the person lives."""
        self._accepted = False
        """Whether the PBX has taken our REFER."""
        self._trying = False
        """Whether it has said that it tries."""
        self._unable = False
        """Whether the PBX has shown that it does not transfer."""
        if attended:
            self._call(now)
        else:
            self._go(Move.REFER, now)
            self._orders.append(orders.PutThrough(target, urgent, summary))

    # outputs

    def orders(self) -> list[orders.Order]:
        """Return what is to be done now, and forget it."""
        drained, self._orders = self._orders, []
        return drained

    @property
    def likely(self) -> bool:
        """Whether a caller who is gone now has probably been put through: the PBX was at it."""
        if self.phase is Phase.JOINING:  # whom it has joined with the caller leaves us too
            return not self._second
        return self.phase is Phase.REFERRING and self._accepted

    # inputs: the PBX

    def progress(self, status: int, reason: str, final: bool, now: float) -> None:
        """Take news of our REFER: the SIP status of the call to the target."""
        if not final:
            self._accepted = self._accepted or status < 300
            self._trying = self._trying or (status < 300 and status != 202)
        elif status < 300:
            blind = self.phase is Phase.REFERRING
            self._finish(HandedOver.BLIND if blind else HandedOver.ATTENDED, now)
        elif self.phase is Phase.JOINING:
            self._unable = True
            self._connect_here(now)
        elif self.phase is Phase.REFERRING:
            tried = self._trying and status in _DECLINED
            if status in _NOBODY or tried:
                self._fail(plain(status, reason), now)
            else:
                self._unable = True
                self._call(now)

    # inputs: the person

    def answered(self, now: float) -> None:
        """The person has picked up."""
        if self.phase is not Phase.CALLING:
            return
        if self.briefing:
            self._go(Move.BRIEF, now)
        else:
            self._accept(now)

    def told(self, now: float) -> None:
        """The briefing has been heard out."""
        if self.phase is Phase.BRIEFING and not self._told:
            self._told = True
            self._since = now

    def mute(self, now: float) -> None:
        """There is no voice for the briefing (any more): put through without."""
        self.briefing = ""
        if self.phase is Phase.BRIEFING:
            self._accept(now)

    def key(self, digit: str, now: float) -> None:
        """The person has pressed a key."""
        self.agree(digit != REFUSE, now)

    def agree(self, takes: bool, now: float) -> None:
        """The person takes the call, or does not."""
        if self.phase is not Phase.BRIEFING:
            return
        if takes:
            self._accept(now)
        else:
            self._fail("they cannot take the call", now)

    def gone(self, status: int, reason: str, now: float, contacts: tuple[str, ...] = ()) -> None:
        """The call to the person could not be made, was refused, or is over.

        `contacts`: where a redirection sends us, best first.
        """
        self._second = False
        if self.phase is Phase.CALLING and status in _ELSEWHERE and self._follow(contacts, now):
            return
        if self.phase is Phase.CALLING:
            self._fail(plain(status, reason), now)
        elif self.phase is Phase.BRIEFING:
            self._fail("they cannot take the call", now)

    # inputs: the rest

    def tick(self, now: float) -> None:
        """See to what happens because nothing else does."""
        waited = now - self._since
        match self.phase:
            case Phase.REFERRING if waited >= REFER_PATIENCE and not self._queue:
                self._fail("no answer", now)
            case Phase.CALLING if waited >= self._ring:
                self._fail("no answer", now)
            case Phase.BRIEFING if waited >= (STAY if self._told else LONGEST_BRIEFING):
                self._accept(now)
            case Phase.JOINING if waited >= JOIN_PATIENCE:
                self._connect_here(now)

    def forbid(self, reason: str, now: float) -> None:
        """It is not allowed, or cannot be done at all: `reason` in plain words."""
        self._fail(reason, now)

    def stop(self) -> None:
        """The caller has gone, or somebody else decides: let the person go."""
        self._release()

    # moves

    def _call(self, now: float) -> None:
        if self._go(Move.CALL, now):
            self._second = True
            consult = orders.Consult(self.target, self._urgent, summary=self._summary)
            self._orders.append(consult)

    def _follow(self, contacts: tuple[str, ...], now: float) -> bool:
        """Call where a redirection sends us, unless it leads too far or in a circle."""
        if not contacts or contacts[0] in self._tried or len(self._tried) >= MOST_WAYS:
            return False
        self._tried.add(contacts[0])
        self._second = self._go(Move.CALL, now)
        self.target = contacts[0]
        self._orders.append(orders.Consult(contacts[0], followed=True, summary=self._summary))
        return True

    def _accept(self, now: float) -> None:
        if self._unable:
            self._connect_here(now)
        elif self._go(Move.JOIN, now):
            self._accepted = self._trying = False
            self._orders.append(orders.Join(self.target, self._summary))

    def _connect_here(self, now: float) -> None:
        """The PBX does not join the calls: do it in the box, if the person is still there."""
        if not self._second:
            self._fail("they have left", now)
        elif self._go(Move.BRIDGE, now):
            self.kind = HandedOver.BRIDGED
            self._orders.append(orders.Bridge())

    def _finish(self, kind: HandedOver, now: float) -> None:
        if self._go(Move.FINISH, now):
            self.kind = kind
            self._release()

    def _fail(self, reason: str, now: float) -> None:
        if self._go(Move.FAIL, now):
            self.reason = reason
            self._release()

    def _release(self) -> None:
        if self._second:
            self._second = False
            self._orders.append(orders.Release())

    def _go(self, move: Move, now: float) -> bool:
        """The one setter of the phase; False where the table knows no such way."""
        phase = MOVES.get((self.phase, move))
        if phase is None:
            return False
        self.phase, self._since = phase, now
        return True


def plain(status: int, reason: str) -> str:
    """Return why nobody was reached, in plain words; status 0: `reason` says it already."""
    match status:
        case 486 | 600:
            return "busy"
        case 408 | 480 | 487:
            return "no answer"
        case 404 | 410 | 484 | 604:
            return "there is no such number"
        case 403 | 603:
            return "they do not take the call"
        case _ if 300 <= status < 400:
            return "their calls are sent elsewhere"
        case 0:
            return reason or "no answer"
        case _:
            return f"{status} {reason}".strip()
