"""Changing a call that stands: re-INVITE and UPDATE of both sides (RFC 3261 14, RFC 3311)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from .accept import Acceptance
from .errors import RemoteError
from .events import EndReason
from .machine import Machine
from .media import Direction, Media
from .message import Request, Response
from .offer import Phase as Agreement
from .stack import SDP
from .transaction import Transaction

if TYPE_CHECKING:
    from .attempt import Attempt
    from .session import Session


class Phase(Enum):
    """Whose change is under way."""

    STABLE = auto()
    ASKING = auto()
    """Our re-INVITE has no answer yet."""
    PAUSING = auto()
    """Both sides asked at once; we ask again later (RFC 3261 14.1)."""
    ANSWERED = auto()
    """Our 200 to the peer's re-INVITE waits for its ACK."""


class Move(Enum):
    """What moves it."""

    ASK = auto()
    DONE = auto()
    """Our re-INVITE has its answer, or the peer's its ACK."""
    GLARE = auto()
    PEER = auto()
    """The peer's re-INVITE is accepted."""


MOVES: Final[Mapping[tuple[Phase, Move], Phase]] = {
    (Phase.STABLE, Move.ASK): Phase.ASKING,
    (Phase.STABLE, Move.PEER): Phase.ANSWERED,
    (Phase.ASKING, Move.DONE): Phase.STABLE,
    (Phase.ASKING, Move.GLARE): Phase.PAUSING,
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


class Modification(Machine[Phase, Move]):
    """The changes of one call, one at a time."""

    def __init__(self, session: Session) -> None:
        super().__init__(MOVES, Phase.STABLE)
        self._session = session
        self._wish: Direction | None = None
        """The direction we still want to ask for."""
        self._before: Direction | None = None
        """What we fall back to when it is refused."""
        self._attempt: Attempt | None = None
        """Our last re-INVITE."""

    def stop(self) -> None:
        """Ask for nothing more."""
        self._wish = None
        self._session.stack.timers.cancel((self, "again"))

    # ours

    def wish(self, direction: Direction, now: float) -> None:
        """Ask for a direction, now or as soon as the change under way is done."""
        self._wish = direction
        if self.phase is Phase.STABLE:
            self._ask(now)

    def _ask(self, now: float) -> None:
        session, wish = self._session, self._wish
        local = session.negotiation.local
        if wish is None or local is None or session.acceptance is not None:
            return
        if wish is local.direction:
            self._wish = None
            self.go(Move.DONE)
            return
        if not self.go(Move.ASK):
            return
        session.stack.timers.cancel((self, "again"))
        self._before = local.direction
        session.negotiation.local = replace(local, direction=wish)
        body = session.negotiation.offer()

        def answered(response: Response, at: float) -> None:
            if 200 <= response.status < 300:
                self._accepted(response, attempt, at)
            elif response.status >= 300:
                self._refused(response.status, at)

        attempt = session.send(
            "INVITE", now, answered, self._silent, fields=(("Content-Type", SDP),), body=body
        )
        self._attempt = attempt

    def _accepted(self, response: Response, attempt: Attempt, now: float) -> None:
        session = self._session
        if session.dialog is None:
            return
        # a 200 that comes again means that our ACK was lost
        session.acknowledge(session.dialog, attempt.request)
        current = self.phase is Phase.ASKING and attempt is self._attempt
        if not session.alive or not current:
            return
        if session.negotiation.local and session.negotiation.local.direction is self._wish:
            self._wish = None
        self.go(Move.DONE)
        try:
            session.dialog.refresh(response)
            session.negotiation.accept(response.body)
        except RemoteError:
            session.fail(EndReason.FAILED, now)
            return
        session.changed()
        self._ask(now)

    def _refused(self, status: int, now: float) -> None:
        session = self._session
        if not session.alive or self.phase is not Phase.ASKING:
            return
        session.negotiation.withdraw()
        local, before = session.negotiation.local, self._before
        if local is not None and before is not None:
            asked = local.direction
            session.negotiation.local = replace(local, direction=before)
            if status != 491 and self._wish is asked:
                self._wish = None
        if status == 491:
            self.go(Move.GLARE)
            # the two timers keep the sides from meeting again
            low, high = (2.1, 4.0) if session.owns_call_id else (0.0, 2.0)
            pause = session.stack.between(low, high)
            session.stack.timers.set((self, "again"), now + pause, self._ask)
        elif status in (408, 481):
            session.fail(EndReason.TIMEOUT, now)
        else:
            self.go(Move.DONE)
            session.changed()
            self._ask(now)

    def _silent(self, now: float) -> None:
        self._refused(408, now)

    # theirs

    def receive(self, request: Request, transaction: Transaction, now: float) -> None:
        """Answer a re-INVITE or UPDATE; what cannot be accepted leaves the call as it was."""
        session = self._session
        if not session.alive or session.dialog is None:
            session.stack.reply(transaction, 481, now)
            return
        invite, negotiation = request.method == "INVITE", session.negotiation
        offering = bool(request.body) or invite
        if offering and (not session.confirmed or negotiation.phase is Agreement.OFFERED):
            session.stack.reply(transaction, 491, now)
            return
        before = negotiation.media
        try:
            screen(request)
            request.contact()
            body = b""
            if request.body:
                body = negotiation.answer(request.body)
            elif invite:
                body = negotiation.offer()
            session.dialog.refresh(request)
        except RemoteError as error:
            session.stack.reply(transaction, error.status, now, fields=session.stack.warning(error))
            return
        response = session.stack.reply(transaction, 200, now, body=body)
        if invite:
            session.settle()
            self.go(Move.PEER)
            session.acceptance = Acceptance(
                session.stack, transaction, response, now, self._unacknowledged
            )
        self._tell(before)

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
