"""A call that comes in (RFC 3261 13.3): ring, early media, answer, reject."""

from __future__ import annotations

from typing import Final

from .accept import Acceptance
from .address import Address
from .dialog import Dialog
from .early import revise
from .errors import LocalError, RemoteError
from .events import Confirmed, EarlyMedia, EndReason, Incoming
from .headers import RAck
from .identity import NOWHERE, read_origin
from .media import LocalMedia, Media
from .message import Request
from .modify import screen
from .offer import Phase as Agreement
from .reliable import Assurance, requires, supports
from .replacing import replaced_by
from .session import EARLY, Book, Move, Phase, Session
from .stack import Stack
from .text import clean, natural, readable
from .transaction import Transaction
from .uri import Uri

LIMIT: Final = 180.0
"""Seconds a call may wait for our answer: proxies on the way give up then (RFC 3261 16.6)."""
MINUTE: Final = 60.0
"""Seconds after which a provisional response is said again (RFC 3261 13.3.1.1)."""

COURTESY: Final = 0.5
"""Seconds our answer waits for the PRACK of a response without a description: it need not, but
many peers take one thing after the other."""


class Answering(Session):
    """The called side of a call."""

    def __init__(
        self,
        stack: Stack,
        book: Book,
        transaction: Transaction,
        source: Address,
        codecs: tuple[str, ...],
        now: float,
    ) -> None:
        """Raises RemoteError where the INVITE makes no call; nothing is kept then.

        `codecs` are those of its offer that we speak.
        """
        invite, known = transaction.request, stack.known(source.host)
        dialog = Dialog.answering(invite, stack.tokens(), source)
        old = replaced_by(book, invite, source, known=known)
        super().__init__(stack, book, Phase.INCOMING)
        try:
            self.refresh.check(invite)
        except RemoteError as error:
            del book.calls[self.handle]
            raise RemoteError(error.reason, error.status, (self.refresh.least,)) from None
        self._invite = transaction
        self._replaced = old.handle if old else ""
        self._said = b""
        """The description of ours that a provisional response has told."""
        self._owed = b""
        """What the 200 will hold that waits for a PRACK."""
        self._last: tuple[int, bytes] = (180, b"")
        """The provisional response that is said again every minute."""
        self._assurance: Assurance | None = None
        if requires(invite) or (stack.policy.reliable and supports(invite)):
            self._assurance = Assurance(stack, transaction, dialog.local.tag, self._unheard)
        self.dialog = dialog
        book.dialogs[dialog.key] = self
        book.invites[transaction.key] = self
        self._wait(invite, now)
        caller = dialog.remote
        stack.emit(
            Incoming(
                self.handle,
                readable(caller.uri.name or caller.uri.host),
                readable(caller.display),
                readable(Uri.parse(invite.uri).name),
                invite.headers,
                codecs,
                read_origin(invite.headers, stack.policy.asserted_fields) if known else NOWHERE,
                self._replaced,
            )
        )

    def forget(self) -> None:
        """Leave no timer and no entry behind."""
        super().forget()
        self._answered()

    def _answered(self) -> None:
        """The INVITE has its final answer."""
        self.book.invites.pop(self._invite.key, None)
        for name in ("limit", "minute", "courtesy"):
            self.stack.timers.cancel((self, name))
        if self._assurance is not None:
            self._assurance.stop()

    def _reply(
        self,
        status: int,
        now: float,
        *,
        reason: str = "",
        fields: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
    ) -> None:
        tag = self.dialog.local.tag if self.dialog else ""
        self.stack.reply(
            self._invite, status, now, reason=reason, tag=tag, fields=fields, body=body
        )

    # a call that nobody answers

    def _wait(self, invite: Request, now: float) -> None:
        """RFC 3261 13.3.1: the caller may say how long its invitation holds."""
        asked = natural(invite.headers.get("Expires"), 2**31)
        lapses = asked is not None and asked < LIMIT
        limit = float(asked) if asked is not None and lapses else LIMIT

        def over(at: float) -> None:
            if lapses:
                self._refuse(487, EndReason.CANCELLED, at)
            else:
                self._refuse(480, EndReason.TIMEOUT, at)

        self.stack.timers.set((self, "limit"), now + limit, over)

    def _refuse(self, status: int, reason: EndReason, now: float, *, why: str = "") -> None:
        """A call that cannot come to be: a final answer, and the user is told."""
        if self.phase in EARLY:
            self._reply(status, now, reason=why)
        self.fail(reason, now)

    def _unheard(self, now: float) -> None:
        """RFC 3262 section 3: a response of ours was never acknowledged."""
        self._refuse(504, EndReason.TIMEOUT, now, why="Server Time-out")

    # ringing and early media

    def ring(self, now: float, local: LocalMedia | None = None) -> Media | None:
        """Send 180, or 183 with a description where audio is to be heard before the answer.

        Returns what is agreed. None without `local`, and where the INVITE had no offer: ours goes
        out where the peer acknowledges it (`EarlyMedia` follows), else 180 without one. Raises
        LocalError, also where `local` does not fit the offer.
        """
        self.may(Move.RING)
        body, media = b"", None
        if local is not None and (self._invite.request.body or self._assurance is not None):
            fresh = not self._said
            told = self._describe(local)
            media = self.negotiation.media
            body = told if fresh or self._assurance is None else b""
            self._said = told
        self.go(Move.RING)
        self._provisional(180 if local is None else 183, body, now)
        return media

    def _describe(self, local: LocalMedia) -> bytes:
        """Our answer, or our offer where the INVITE had none. What is said once stands."""
        if self._said:
            if local != self.negotiation.local:
                raise LocalError("the audio of this call is agreed already, and differs")
            return self._said
        offered = self._invite.request.body
        self.negotiation.local = local
        try:
            return self.negotiation.answer(offered) if offered else self.negotiation.offer()
        except RemoteError as error:
            raise LocalError(f"the offer cannot be answered so: {error.reason}") from None

    def _provisional(self, status: int, body: bytes, now: float) -> None:
        if self._assurance is None:
            self._reply(status, now, body=body)
            self._last = (status, body)
        else:
            self._assurance.send(status, now, body=body)
            self._last = (status, b"")
        self.stack.timers.set((self, "minute"), now + MINUTE, self._again)

    def _again(self, now: float) -> None:
        self._provisional(*self._last, now)

    def pracked(self, request: Request, transaction: Transaction, now: float) -> None:
        """The peer has heard a provisional response of ours (RFC 3262 section 3)."""
        try:
            rack = RAck.parse(request.headers.get("RAck", ""))
        except RemoteError as error:
            self.stack.reply(transaction, error.status, now)
            return
        if self._assurance is None or not self._assurance.takes(rack):
            self.stack.reply(transaction, 481, now)
            return
        try:
            screen(request)
            body = self._agree(request.body)
        except RemoteError as error:
            fields = self.stack.warning(error)
            self.stack.reply(transaction, error.status, now, fields=fields)
            if self.negotiation.phase is Agreement.OFFERED and self.phase in EARLY:
                # the answer that we need was none
                self._refuse(488, EndReason.FAILED, now)
                return
        else:
            self.stack.reply(transaction, 200, now, body=body)
        if self.phase is Phase.ANSWERING and not self._assurance.describing:
            self._accept(self._owed, now)
        elif self.phase in EARLY:
            self._assurance.proceed(now)

    def _agree(self, body: bytes) -> bytes:
        """What a PRACK holds: the answer to our offer, or a new offer. Raises RemoteError."""
        if self.negotiation.phase is Agreement.OFFERED and self.phase in EARLY:
            media = self.negotiation.accept(body)
            if self.alive:
                self.stack.emit(EarlyMedia(self.handle, media))
        elif body:
            if self.negotiation.phase is not Agreement.AGREED:
                raise RemoteError("an offer before the first one is answered", 488)
            answer = self.negotiation.answer(body)
            self.changed()
            return answer
        return b""

    def revised(self, request: Request, transaction: Transaction, now: float) -> None:
        """A re-INVITE or UPDATE before our answer (RFC 3261 14.2, RFC 3311 5.2)."""
        if request.method == "INVITE" or self.dialog is None:
            self.stack.reply(transaction, 500, now, fields=(("Retry-After", "2"),))
            return
        assurance = self._assurance
        firm = bool(self._said) and assurance is not None and not assurance.describing
        dialog, negotiation = self.dialog, self.negotiation
        if revise(self.stack, dialog, negotiation, request, transaction, now, firm=firm):
            self.changed()

    # the answer

    def answer(self, local: LocalMedia, now: float) -> Media | None:
        """Send 200 with the answer, or with our offer where the INVITE had none.

        Returns what was agreed; None while that waits for the peer (`Confirmed` brings it). After
        early media `local` must be the same. A call that this one replaces ends. Raises
        LocalError, also where `local` does not fit the offer.
        """
        self.may(Move.ANSWER)
        if self.phase is Phase.ANSWERING:
            raise LocalError("this call is being answered")
        assurance = self._assurance
        firm = bool(self._said) and assurance is not None
        body = self._describe(local)
        self._owed = b"" if firm else body
        if assurance is None or not assurance.pending:
            self._accept(self._owed, now)
            return self.negotiation.media
        self.go(Move.DEFER)
        if not assurance.describing:
            self.stack.timers.set(
                (self, "courtesy"), now + COURTESY, lambda at: self._accept(self._owed, at)
            )
        return self.negotiation.media

    def _accept(self, body: bytes, now: float) -> None:
        fields = tuple(self.refresh.answering(self._invite.request, now))
        tag = self.dialog.local.tag if self.dialog else ""
        response = self.stack.reply(self._invite, 200, now, tag=tag, fields=fields, body=body)
        self.go(Move.ANSWER)
        self._answered()
        self.acceptance = Acceptance(
            self.stack, self._invite, response, now, lambda at: self.fail(EndReason.NO_ACK, at)
        )
        old = self.book.calls.get(self._replaced)
        if old is not None:
            old.hang_up(now, EndReason.REPLACED)

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

    def hang_up(self, now: float, reason: EndReason = EndReason.LOCAL) -> None:
        """Refuse, or BYE; before the ACK the BYE waits for it (RFC 3261 section 15)."""
        self.may(Move.HANG_UP)
        if self.phase in EARLY:
            self._reply(480, now)
        self.go(Move.HANG_UP)
        if self.phase is Phase.CLOSING:
            self.bye(now)
        self.finish(reason)

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
