"""A call of ours (RFC 3261 13.2): INVITE, and CANCEL while it is unanswered."""

from __future__ import annotations

from typing import Final

from .address import Address
from .attempt import Attempt
from .dialog import Dialog
from .errors import RemoteError
from .events import Answered, EndReason, Rejected, Ringing
from .headers import NameAddr
from .media import LocalMedia
from .message import Headers, Request, Response
from .session import Book, Move, Phase, Session
from .stack import SDP, Stack
from .text import readable
from .transaction import GIVE_UP
from .uri import Uri

PATIENCE: Final = 180.0
"""Seconds a peer may go on ringing without a word (timer C, RFC 3261 16.6)."""


class Calling(Session):
    """The calling side of a call."""

    def __init__(
        self,
        stack: Stack,
        book: Book,
        *,
        target: Uri,
        to: Address,
        caller: NameAddr,
        local: LocalMedia,
        fields: tuple[tuple[str, str], ...],
        now: float,
    ) -> None:
        super().__init__(stack, book, Phase.CALLING)
        self.owns_call_id = True
        self._sequence = 1
        self._early = b""
        """A description that came with a provisional response."""
        self._cancelled = False
        self.negotiation.local = local
        body = self.negotiation.offer()
        head = [
            ("Via", stack.via()),
            ("Max-Forwards", "70"),
            ("From", str(caller.tagged(stack.tokens()))),
            ("To", str(NameAddr(target))),
            ("Call-ID", stack.tokens()),
            ("CSeq", "1 INVITE"),
            *stack.introduction("INVITE"),
            *fields,
            ("Content-Type", SDP),
        ]
        request = Request(Headers(head), "INVITE", str(target.bare()), body=body)
        self._attempt = Attempt(
            stack,
            request,
            to,
            now,
            answered=self._answered,
            silent=self._unanswered,
            resequence=self._next,
        )

    def forget(self) -> None:
        """Leave no timer and no entry behind."""
        super().forget()
        self.stack.timers.cancel((self, "patience"))

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence

    def hang_up(self, now: float) -> None:
        """CANCEL as soon as that is allowed, or BYE."""
        self.may(Move.HANG_UP)
        provisional = self.phase is Phase.PROCEEDING
        self.go(Move.HANG_UP)
        if self.phase is Phase.CLOSING:
            self.bye(now)
        else:
            self._attempt.close()
            self._wait(GIVE_UP, now)
            if provisional:
                self._cancel(now)
        self.finish(EndReason.LOCAL)

    def _cancel(self, now: float) -> None:
        """RFC 3261 9.1: only after a provisional response, and only once."""
        if self._cancelled:
            return
        self._cancelled = True
        invite = self._attempt.request
        head = [("Via", invite.vias[0]), ("Max-Forwards", "70")]
        head += [("Route", line) for line in invite.headers.lines("Route")]
        head += [(name, invite.headers[name]) for name in ("From", "To", "Call-ID")]
        head.append(("CSeq", f"{invite.cseq.number} CANCEL"))
        cancel = Request(Headers(head), "CANCEL", invite.uri)
        self.stack.transactions.request(cancel, self._attempt.to, now)

    def _wait(self, seconds: float, now: float) -> None:
        self.stack.timers.set((self, "patience"), now + seconds, self._exhausted)

    def _exhausted(self, now: float) -> None:
        """Ringing for ever, or a CANCEL without effect (RFC 3261 9.1)."""
        if self.phase is Phase.CANCELLING:
            self._attempt.abandon(now)
            self.go(Move.FAILURE)
        else:
            self.go(Move.HANG_UP)
            self._attempt.close()
            self._cancel(now)
            self._wait(GIVE_UP, now)
            self.finish(EndReason.TIMEOUT)

    def _unanswered(self, now: float) -> None:
        _ = now
        if self.alive:
            self.stack.emit(Rejected(self.handle, 408, f"no answer from {self._attempt.to}"))
        self.go(Move.FAILURE)
        self.finish(EndReason.TIMEOUT)

    def _answered(self, response: Response, now: float) -> None:
        if response.status < 200:
            self._provisional(response, now)
        elif response.status < 300:
            self._success(response, now)
        elif self.go(Move.FAILURE):
            if self.alive:
                reason = readable(response.reason)
                self.stack.emit(Rejected(self.handle, response.status, reason))
            self.finish(EndReason.REJECTED)

    def _provisional(self, response: Response, now: float) -> None:
        if not self.go(Move.PROVISIONAL):
            return
        if self.phase is Phase.CANCELLING:
            self._cancel(now)
            return
        self._wait(PATIENCE, now)
        self._early = response.body or self._early
        if response.status > 100 and self.alive:
            self.stack.emit(Ringing(self.handle, response.status))

    def _success(self, response: Response, now: float) -> None:
        invite = self._attempt.request
        try:
            dialog = Dialog.calling(invite, response, self._attempt.to)
        except RemoteError:
            # without an address there is nobody to acknowledge: it will give up by itself
            self.fail(EndReason.FAILED, now)
            return
        if self.dialog is not None and self.dialog.key != dialog.key:
            self._decline_fork(dialog, invite, now)
            return
        known = self.dialog is not None
        dialog = self.dialog or dialog
        # a 200 that comes again means that our ACK was lost
        self.acknowledge(dialog, invite)
        if known or not self.can(Move.SUCCESS):
            return
        self.dialog = dialog
        self.book.dialogs[dialog.key] = self
        self.stack.timers.cancel((self, "patience"))
        self.go(Move.SUCCESS)
        if self.phase is Phase.CLOSING:
            self.bye(now)
            return
        try:
            media = self.negotiation.accept(response.body or self._early)
        except RemoteError:
            self.fail(EndReason.FAILED, now)
            return
        self.stack.emit(Answered(self.handle, media))

    def _decline_fork(self, dialog: Dialog, invite: Request, now: float) -> None:
        """Somebody else answered too (RFC 3261 13.2.2.4): ACK and BYE."""
        self.acknowledge(dialog, invite)
        bye = dialog.request("BYE", self.stack.via())
        self.stack.transactions.request(bye, dialog.next_hop(), now)
