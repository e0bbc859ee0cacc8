"""Session timers (RFC 4028): a call whose peer vanished without a BYE does not stand for ever.

agreed ──half the interval──▶ we refresh: UPDATE, or re-INVITE ──2xx──▶ agreed anew
   └─────nearly the interval, and nobody refreshed─────▶ BYE, Ended(EXPIRED)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from .errors import RemoteError
from .events import EndReason
from .message import Request, Response
from .text import natural, param, read_params

if TYPE_CHECKING:
    from .session import Session

DEFAULT_LEAST: Final = 90
"""Seconds; what Min-SE means where it is not said (RFC 4028 section 5)."""
FLOOR: Final = 10
"""Seconds: a response that grants less is not believed, or we would do nothing but refresh."""
_LONGEST: Final = 2**31
_MOST_REFUSALS: Final = 3
_RETRY_PART: Final = 8
"""A refresh that was refused is tried again after this part of the interval."""


class Refresher(Enum):
    """Whose duty the refreshing is."""

    NOBODY = auto()
    """There is no session timer."""
    US = auto()
    PEER = auto()


@dataclass(frozen=True, slots=True)
class Interval:
    """The value of Session-Expires (RFC 4028 section 4)."""

    seconds: int
    refresher: str = ""
    """`uac` or `uas`, of the transaction that bears it; empty where it is left open."""

    @classmethod
    def parse(cls, text: str | None) -> Interval | None:
        """Read `1800;refresher=uac`; None where there is nothing, or nothing that makes sense."""
        head, _, rest = (text or "").partition(";")
        seconds = natural(head, _LONGEST)
        if seconds is None:
            return None
        who = (param(read_params(rest), "refresher") or "").strip().lower()
        return cls(seconds, who if who in ("uac", "uas") else "")

    def __str__(self) -> str:
        """The value as it stands in the header."""
        return f"{self.seconds};refresher={self.refresher}" if self.refresher else f"{self.seconds}"


class Refresh:
    """The session timer of one call."""

    def __init__(self, session: Session) -> None:
        self._session = session
        policy = session.stack.policy
        self._wish = policy.session_expires
        self._floor = policy.min_se
        """What we insist on."""
        self._least = max(policy.min_se, 1)
        """What anybody on the way was heard to insist on: it is repeated in each request."""
        self._refusals = 0
        self._allowed: frozenset[str] = frozenset()
        """The methods that the peer said it allows."""
        self._refused: set[str] = set()
        self.refresher = Refresher.NOBODY
        self.seconds = 0
        """The interval agreed; 0 without a timer."""

    # our requests

    def asking(self) -> list[tuple[str, str]]:
        """The fields of our INVITE; none where the policy asks for no timer.

        `Supported: timer` stands in every request already.
        """
        if not self._wish:
            return []
        return [
            ("Session-Expires", str(Interval(max(self._wish, self._least)))),
            ("Min-SE", str(self._least)),
        ]

    def renewing(self) -> list[tuple[str, str]]:
        """The fields of our re-INVITE or UPDATE: without them it would end the timer (7.4)."""
        if self.refresher is Refresher.NOBODY:
            return []
        who = "uac" if self.refresher is Refresher.US else "uas"
        return [
            ("Session-Expires", str(Interval(max(self.seconds, self._least), who))),
            ("Min-SE", str(self._least)),
        ]

    def too_brief(self, response: Response) -> bool:
        """Learn from a 422 (7.3); whether the same request is worth another try."""
        least = natural(response.headers.get("Min-SE", "").partition(";")[0], _LONGEST)
        asked = max(self.seconds or self._wish, self._least)
        self._refusals += 1
        if response.status != 422 or least is None or least <= asked:
            return False
        self._least = least
        return self._refusals <= _MOST_REFUSALS

    def granted(self, response: Response, now: float) -> None:
        """Take what a 2xx to our INVITE, re-INVITE or UPDATE agrees (7.2)."""
        self.note(response)
        self._refusals = 0
        said = Interval.parse(response.headers.get("Session-Expires"))
        if said is not None:
            ours = said.refresher != "uas"
            self._agree(said.seconds, Refresher.US if ours else Refresher.PEER, now)
        elif self.refresher is Refresher.US:
            # a peer that forgets the field in a later answer may still count on us
            self._agree(self.seconds, Refresher.US, now)
        else:
            self._end()

    # theirs

    @property
    def least(self) -> tuple[str, str]:
        """The field of a 422."""
        return ("Min-SE", str(self._floor))

    def check(self, request: Request) -> None:
        """Refuse an interval that is too short for us. Raises RemoteError with status 422."""
        said = Interval.parse(request.headers.get("Session-Expires"))
        # who does not know session timers cannot do better: a proxy wrote the field (section 8)
        if said is not None and said.seconds < self._floor and _knows(request):
            reason = f"the session interval is below {self._floor} s"
            raise RemoteError(reason, 422, (self.least,))

    def answering(self, request: Request, now: float) -> list[tuple[str, str]]:
        """The fields of our 2xx to an INVITE, re-INVITE or UPDATE; the timer runs from here.

        Raises RemoteError with status 422; nothing has changed then.
        """
        self.check(request)
        self.note(request)
        said = Interval.parse(request.headers.get("Session-Expires"))
        knows, duty = _knows(request), self.refresher
        least = natural(request.headers.get("Min-SE", "").partition(";")[0], _LONGEST) or 0
        if said is None and duty is not Refresher.US and not (knows and self._wish):
            self._end()
            return []
        seconds = said.seconds if said is not None else self.seconds or self._wish
        if self._wish:
            seconds = min(seconds, self._wish)
        seconds = max(seconds, least, self._floor, FLOOR)
        if said is not None and seconds > max(said.seconds, least):
            # it may not be lengthened (section 9), and so short we do not want it
            self._end()
            return []
        self._least = max(self._least, least)
        # the table of section 9
        asked = said.refresher if said is not None else ""
        if not knows or asked == "uas" or (not asked and duty is Refresher.US):
            self._agree(seconds, Refresher.US, now)
            return [("Session-Expires", str(Interval(seconds, "uas")))]
        self._agree(seconds, Refresher.PEER, now)
        return [("Session-Expires", str(Interval(seconds, "uac"))), ("Require", "timer")]

    # what the peer can

    def note(self, message: Request | Response) -> None:
        """Remember which methods the peer allows, where it says so."""
        methods = frozenset(method.upper() for method in message.headers.listed("Allow"))
        if methods:
            self._allowed = methods

    def allows(self, method: str) -> bool:
        """Whether the peer takes requests of that method: an INVITE, until it says otherwise."""
        return method not in self._refused and (method == "INVITE" or method in self._allowed)

    def refuses(self, method: str) -> None:
        """The peer answered 405 or 501 to that method, whatever it said before."""
        self._refused.add(method)

    # the clock

    def stop(self) -> None:
        """The call is over, or ends."""
        for name in ("refresh", "expiry"):
            self._session.stack.timers.cancel((self, name))

    def _end(self) -> None:
        self.refresher, self.seconds = Refresher.NOBODY, 0
        self.stop()

    def _agree(self, seconds: int, refresher: Refresher, now: float) -> None:
        self.stop()
        self.refresher, self.seconds = refresher, max(seconds, FLOOR)
        timers = self._session.stack.timers
        # section 10: whoever waits in vain ends the call a little before the time is up
        early = min(32.0, self.seconds / 3)
        timers.set((self, "expiry"), now + self.seconds - early, self._expired)
        if refresher is Refresher.US:
            timers.set((self, "refresh"), now + self.seconds / 2, self._due)

    def _expired(self, now: float) -> None:
        self._session.fail(EndReason.EXPIRED, now)

    def _due(self, now: float) -> None:
        session = self._session
        if not session.confirmed:
            self.postpone(now)
        elif self.allows("UPDATE"):
            session.send("UPDATE", now, self._answered, self._silent, fields=self._fields())
        else:
            session.modification.renew(now)

    def _fields(self) -> tuple[tuple[str, str], ...]:
        return tuple(self.renewing())

    def postpone(self, now: float, seconds: float | None = None) -> None:
        """A refresh of ours was refused: try again, until the time is up."""
        pause = self.seconds / _RETRY_PART if seconds is None else seconds
        if self.refresher is Refresher.US:
            self._session.stack.timers.set((self, "refresh"), now + pause, self._due)

    def _answered(self, response: Response, now: float) -> None:
        """The peer's answer to our UPDATE."""
        session, status = self._session, response.status
        if status < 200 or not session.alive or session.dialog is None:
            return
        if status < 300:
            self.granted(response, now)
            try:
                session.dialog.refresh(response)
            except RemoteError:
                return  # the old target holds on
        elif status in (408, 481):
            session.fail(EndReason.TIMEOUT, now)
        elif status == 422 and self.too_brief(response):
            self._due(now)
        elif status == 491:
            self.postpone(now, session.modification.pause())
        elif status in (500, 503):
            after = natural(response.headers.get("Retry-After", "").partition(";")[0], 3600)
            self.postpone(now, after)
        else:
            # 405, 501, or a peer that says it can and cannot: the other way is left
            self.refuses("UPDATE")
            self._due(now)

    def _silent(self, now: float) -> None:
        if self._session.alive:
            self._session.fail(EndReason.TIMEOUT, now)


def _knows(request: Request) -> bool:
    """Whether the peer itself understands session timers."""
    fields = (*request.headers.listed("Supported"), *request.headers.listed("Require"))
    return "timer" in (field.lower() for field in fields)
