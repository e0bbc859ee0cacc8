"""A call that comes in (RFC 3261 13.3): ring, answer, reject."""

from __future__ import annotations

from .accept import Acceptance
from .address import Address
from .dialog import Dialog
from .errors import LocalError, RemoteError
from .events import Confirmed, EndReason, Incoming
from .media import LocalMedia, Media
from .message import Request
from .offer import Phase as Agreement
from .session import Book, Move, Phase, Session
from .stack import Stack
from .text import clean, readable
from .transaction import Transaction
from .uri import Uri


class Answering(Session):
    """The called side of a call."""

    def __init__(
        self,
        stack: Stack,
        book: Book,
        transaction: Transaction,
        source: Address,
        codecs: tuple[str, ...],
    ) -> None:
        """Raises RemoteError where the INVITE makes no dialog; nothing is kept then.

        `codecs` are those of its offer that we speak.
        """
        invite = transaction.request
        dialog = Dialog.answering(invite, stack.tokens(), source)
        super().__init__(stack, book, Phase.INCOMING)
        self._invite = transaction
        self.dialog = dialog
        book.dialogs[dialog.key] = self
        book.invites[transaction.key] = self
        caller = dialog.remote
        stack.emit(
            Incoming(
                self.handle,
                readable(caller.uri.name or caller.uri.host),
                readable(caller.display),
                readable(Uri.parse(invite.uri).name),
                invite.headers,
                codecs,
            )
        )

    def forget(self) -> None:
        """Leave no timer and no entry behind."""
        super().forget()
        self.book.invites.pop(self._invite.key, None)

    def _reply(
        self,
        status: int,
        now: float,
        *,
        reason: str = "",
        fields: tuple[tuple[str, str], ...] = (),
    ) -> None:
        tag = self.dialog.local.tag if self.dialog else ""
        self.stack.reply(self._invite, status, now, reason=reason, tag=tag, fields=fields)

    def ring(self, now: float) -> None:
        """Send 180. Raises LocalError."""
        self.may(Move.RING)
        self.go(Move.RING)
        self._reply(180, now)

    def answer(self, local: LocalMedia, now: float) -> Media | None:
        """Send 200 with the answer, or with our offer where the INVITE had none.

        Returns what was agreed; None while that waits for the ACK (`Confirmed` brings it).
        Raises LocalError, also where `local` does not fit the offer.
        """
        self.may(Move.ANSWER)
        offered = self._invite.request.body
        self.negotiation.local = local
        try:
            body = self.negotiation.answer(offered) if offered else self.negotiation.offer()
        except RemoteError as error:
            raise LocalError(f"the offer cannot be answered so: {error.reason}") from None
        tag = self.dialog.local.tag if self.dialog else ""
        response = self.stack.reply(self._invite, 200, now, tag=tag, body=body)
        self.go(Move.ANSWER)
        self.book.invites.pop(self._invite.key, None)
        self.acceptance = Acceptance(
            self.stack, self._invite, response, now, lambda at: self.fail(EndReason.NO_ACK, at)
        )
        return self.negotiation.media

    def reject(
        self, status: int, now: float, *, reason: str, fields: tuple[tuple[str, str], ...]
    ) -> None:
        """Refuse with a final status above 299. Raises LocalError."""
        if not 300 <= status <= 699:
            raise LocalError(f"{status} is no status to refuse a call with")
        clean(reason, "the reason")
        for name, value in fields:
            clean(name + value, f"the header {name!r}")
        self.may(Move.REJECT)
        self._reply(status, now, reason=reason, fields=fields)
        self.go(Move.REJECT)
        self.finish(EndReason.LOCAL)

    def hang_up(self, now: float) -> None:
        """Refuse, or BYE; before the ACK the BYE waits for it (RFC 3261 section 15)."""
        self.may(Move.HANG_UP)
        if self.phase in (Phase.INCOMING, Phase.RINGING):
            self._reply(480, now)
        self.go(Move.HANG_UP)
        if self.phase is Phase.CLOSING:
            self.bye(now)
        self.finish(EndReason.LOCAL)

    def hung_up(self, now: float) -> None:
        """The peer said BYE; before our answer that is a CANCEL in other words."""
        if self.can(Move.CANCEL):
            self.withdrawn(now)
        else:
            super().hung_up(now)

    def withdrawn(self, now: float) -> None:
        """The caller took its INVITE back: 487, and the call is over."""
        if not self.can(Move.CANCEL):
            return  # it crossed our answer (RFC 3261 9.2)
        self._reply(487, now)
        self.go(Move.CANCEL)
        self.finish(EndReason.CANCELLED)

    def acknowledged(self, ack: Request, now: float) -> None:
        """The ACK for the 200 that opened the call, or for a later one."""
        if self.phase not in (Phase.ACCEPTED, Phase.LEAVING):
            super().acknowledged(ack, now)
            return
        if self.acceptance is None or self.acceptance.sequence != ack.cseq.number:
            return
        self.settle()
        if self.phase is Phase.LEAVING:
            self.go(Move.ACK)
            self.bye(now)
            return
        try:
            if self.negotiation.phase is Agreement.OFFERED:
                self.negotiation.accept(ack.body)
        except RemoteError:
            self.fail(EndReason.FAILED, now)
            return
        self.go(Move.ACK)
        if self.negotiation.media is not None:
            self.stack.emit(Confirmed(self.handle, self.negotiation.media))
