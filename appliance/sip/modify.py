"""Changing a call that stands: re-INVITE and UPDATE of both sides (RFC 3261 14, RFC 3311)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from .accept import Acceptance
from .errors import LocalError, RemoteError
from .events import EndReason
from .machine import Machine
from .media import CODECS, Direction, LocalMedia, Media
from .message import Request, Response
from .offer import Phase as Agreement
from .stack import SDP
from .text import natural
from .transaction import Transaction

if TYPE_CHECKING:
    from .attempt import Attempt
    from .session import Session

_MOST_TRIES: Final = 3
"""Times that a change is asked again because the peer says that it is busy just now."""
_LONGEST_PAUSE: Final = 30
"""Seconds; a change that the peer would look at later than this is refused."""


class Phase(Enum):
    """Whose change is under way."""

    STABLE = auto()
    ASKING = auto()
    """Our re-INVITE, or UPDATE with an offer, has no answer yet."""
    PAUSING = auto()
    """Both sides asked at once, or the peer is busy; we ask again later (RFC 3261 14.1)."""
    ANSWERED = auto()
    """Our 200 to the peer's re-INVITE waits for its ACK."""


class Move(Enum):
    """What moves it."""

    ASK = auto()
    DONE = auto()
    """Our change has its answer, or the peer's its ACK."""
    WAIT = auto()
    """Ours is refused for now."""
    PEER = auto()
    """The peer's re-INVITE is accepted."""


MOVES: Final[Mapping[tuple[Phase, Move], Phase]] = {
    (Phase.STABLE, Move.ASK): Phase.ASKING,
    (Phase.STABLE, Move.PEER): Phase.ANSWERED,
    (Phase.ASKING, Move.DONE): Phase.STABLE,
    (Phase.ASKING, Move.WAIT): Phase.PAUSING,
    (Phase.PAUSING, Move.ASK): Phase.ASKING,
    (Phase.PAUSING, Move.PEER): Phase.ANSWERED,
    (Phase.PAUSING, Move.DONE): Phase.STABLE,  # the wish was taken back meanwhile
    (Phase.ANSWERED, Move.DONE): Phase.STABLE,
    (Phase.ANSWERED, Move.PEER): Phase.ANSWERED,
}


def screen(request: Request) -> None:
    """Insist that a body is a session description. Raises RemoteError with status 415."""
    plain = request.headers.get("Content-Encoding", "identity").strip().lower() == "identity"
    if request.body and (request.content_type not in ("", SDP) or not plain):
        raise RemoteError("a body that is no session description", 415)


@dataclass(frozen=True, slots=True)
class Wish:
    """What of our media we would change; the rest stays."""

    direction: Direction | None = None
    codecs: tuple[str, ...] = ()
    place: tuple[str, int] | None = None
    """Host and port where we receive."""

    def applied(self, local: LocalMedia) -> LocalMedia:
        """Our media as we wish them."""
        host, port = self.place or (local.host, local.port)
        return replace(
            local,
            host=host,
            port=port,
            direction=self.direction or local.direction,
            codecs=self.codecs or local.codecs,
        )

    def over(self, older: Wish | None) -> Wish:
        """Both wishes; this one wins."""
        if older is None:
            return self
        return Wish(
            self.direction or older.direction,
            self.codecs or older.codecs,
            self.place or older.place,
        )


class Modification(Machine[Phase, Move]):
    """The changes of one call, one at a time."""

    def __init__(self, session: Session) -> None:
        super().__init__(MOVES, Phase.STABLE)
        self._session = session
        self._wish: Wish | None = None
        """What we still want to ask for."""
        self._renewing = False
        """Whether the session timer wants a re-INVITE, even one that changes nothing."""
        self._asked: Wish | None = None
        """What the change under way asks for; None: a mere refresh."""
        self._before: LocalMedia | None = None
        """What we fall back to when it is refused."""
        self._attempt: Attempt | None = None
        """Our last re-INVITE or UPDATE."""
        self._tries = 0

    def stop(self) -> None:
        """Ask for nothing more."""
        self._wish, self._renewing = None, False
        self._session.stack.timers.cancel((self, "again"))

    # ours

    def wish(
        self,
        direction: Direction | None,
        now: float,
        codecs: tuple[str, ...] = (),
        place: tuple[str, int] | None = None,
    ) -> None:
        """Ask for a direction, other codecs or another host and port of ours.

        Now, or as soon as the change under way is done. Raises LocalError where we know none of
        the codecs.
        """
        if codecs and not any(name in CODECS for name in codecs):
            raise LocalError("none of these codecs is known")
        self._wish = Wish(direction, codecs, place).over(self._wish)
        self._tries = 0
        if self.phase is Phase.STABLE:
            self._ask(now)

    def renew(self, now: float) -> None:
        """Refresh the session by a re-INVITE; one that is under way will do."""
        self._renewing = True
        if self.phase is Phase.STABLE:
            self._ask(now)

    def pause(self) -> float:
        """Seconds to wait after both sides asked at once (RFC 3261 14.1).

        Two ranges keep them from meeting again.
        """
        low, high = (2.1, 4.0) if self._session.owns_call_id else (0.0, 2.0)
        return self._session.stack.between(low, high)

    def _ask(self, now: float) -> None:
        session, local = self._session, self._session.negotiation.local
        if local is None or session.acceptance is not None or not session.confirmed:
            return
        wished = self._wish.applied(local) if self._wish else local
        if wished == local and not self._renewing:
            self._wish = None
            self.go(Move.DONE)
            return
        if not self.go(Move.ASK):
            return
        session.stack.timers.cancel((self, "again"))
        self._before, self._asked, self._renewing = local, self._wish, False
        if wished == local:
            self._asked = None
            body = session.negotiation.repeat()
        else:
            session.negotiation.local = wished
            body = session.negotiation.offer()

        def answered(response: Response, at: float) -> None:
            if 200 <= response.status < 300:
                self._accepted(response, attempt, at)
            elif response.status >= 300:
                self._refused(response.status, at, response)

        fields = (("Content-Type", SDP), *session.refresh.renewing())
        method = "INVITE" if session.refresh.allows("INVITE") else "UPDATE"
        attempt = session.send(method, now, answered, self._silent, fields=fields, body=body)
        self._attempt = attempt

    def _accepted(self, response: Response, attempt: Attempt, now: float) -> None:
        session = self._session
        if session.dialog is None:
            return
        if attempt.request.method == "INVITE":
            # a 200 that comes again means that our ACK was lost
            session.acknowledge(session.dialog, attempt.request)
        current = self.phase is Phase.ASKING and attempt is self._attempt
        if not session.alive or not current:
            return
        before, negotiation = session.negotiation.media, session.negotiation
        self.go(Move.DONE)
        session.refresh.granted(response, now)
        self._renewing, self._tries = False, 0
        try:
            session.dialog.refresh(response)
            if response.body:
                negotiation.accept(response.body)
            else:
                # an offer without its answer: all stays as it was
                self._fall_back()
        except RemoteError:
            session.fail(EndReason.FAILED, now)
            return
        if self._wish is self._asked:
            self._wish = None
        if self._asked is not None:
            session.changed()
        else:
            self._tell(before)
        self._ask(now)

    def _fall_back(self) -> None:
        """Our offer was not taken: what was agreed before holds on, and so do our media."""
        self._session.negotiation.withdraw()
        if self._before is not None:
            self._session.negotiation.local = self._before

    def _refused(self, status: int, now: float, response: Response | None = None) -> None:
        session, refresh = self._session, self._session.refresh
        if not session.alive or self.phase is not Phase.ASKING:
            return
        self._fall_back()
        mere = self._asked is None
        again = self._again(status, response)
        if status in (408, 481):
            session.fail(EndReason.TIMEOUT, now)
            return
        if again is not None:
            self._renewing = self._renewing or mere
            self.go(Move.WAIT)
            session.stack.timers.set((self, "again"), now + again, self._ask)
            return
        if self._wish is self._asked:
            self._wish = None
        self.go(Move.DONE)
        if mere:
            refresh.postpone(now)
        else:
            session.changed()
        self._ask(now)

    def _again(self, status: int, response: Response | None) -> float | None:
        """Seconds after which the same is worth asking again; None where it is refused."""
        refresh = self._session.refresh
        if status == 491:
            return self.pause()
        if response is None:
            return None
        if status == 422:
            return 0.0 if refresh.too_brief(response) else None
        if status in (405, 501) and self._attempt is not None:
            # some peers change calls by the other method only
            refresh.refuses(self._attempt.request.method)
            other = refresh.allows("INVITE") or refresh.allows("UPDATE")
            return 0.0 if other else None
        after = natural(response.headers.get("Retry-After", "").partition(";")[0], _LONGEST_PAUSE)
        if status in (500, 503) and after is not None and self._tries < _MOST_TRIES:
            self._tries += 1
            return float(after)
        return None

    def _silent(self, now: float) -> None:
        self._refused(408, now)

    # theirs

    def receive(self, request: Request, transaction: Transaction, now: float) -> None:
        """Answer a re-INVITE or UPDATE; what cannot be accepted leaves the call as it was."""
        session = self._session
        stack, refresh, negotiation = session.stack, session.refresh, session.negotiation
        if not session.alive or session.dialog is None:
            stack.reply(transaction, 481, now)
            return
        invite = request.method == "INVITE"
        if self._crosses(request):
            stack.reply(transaction, 491, now)
            return
        before = negotiation.media
        try:
            screen(request)
            request.contact()
            refresh.check(request)
            body = b""
            if request.body:
                body = negotiation.answer(request.body)
            elif invite:
                body = negotiation.offer()
            session.dialog.refresh(request)
        except RemoteError as error:
            stack.reply(transaction, error.status, now, fields=stack.warning(error))
            return
        fields: tuple[tuple[str, str], ...] = ()
        if session.confirmed:
            fields = tuple(refresh.answering(request, now))
            self._renewing = False
        response = stack.reply(transaction, 200, now, fields=fields, body=body)
        if invite:
            session.settle()
            self.go(Move.PEER)
            session.acceptance = Acceptance(stack, transaction, response, now, self._unacknowledged)
        self._tell(before)

    def _crosses(self, request: Request) -> bool:
        """Whether a change meets an open one (RFC 3261 14.2, RFC 3311 5.2); ours ends at once."""
        invite, session = request.method == "INVITE", self._session
        if not invite and not request.body:
            return False  # a mere refresh disturbs nothing
        pending = session.negotiation.phase is not Agreement.AGREED
        return pending or (invite and not session.confirmed)

    def _tell(self, before: Media | None) -> None:
        if self._session.negotiation.media != before:
            self._session.changed()

    def _unacknowledged(self, now: float) -> None:
        self._session.fail(EndReason.NO_ACK, now)

    def acknowledged(self, ack: Request, now: float) -> None:
        """The ACK for our 200 to a re-INVITE; it holds the answer if the 200 held the offer."""
        session, negotiation = self._session, self._session.negotiation
        if session.acceptance is None or session.acceptance.sequence != ack.cseq.number:
            return
        session.settle()
        self.go(Move.DONE)
        before = negotiation.media
        if negotiation.phase is Agreement.OFFERED:
            try:
                negotiation.accept(ack.body)
            except RemoteError:
                session.fail(EndReason.FAILED, now)
                return
            self._tell(before)
        self._ask(now)
