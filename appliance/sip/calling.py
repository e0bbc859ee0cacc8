"""A call of ours (RFC 3261 13.2): INVITE, and CANCEL while it is unanswered.

`early.py` keeps apart the phones that ring for it; the first 2xx wins (13.2.2.4), and whoever
else answers is acknowledged and hung up.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from .address import Address
from .attempt import Attempt
from .dialog import Dialog, secured
from .early import Early, revise
from .errors import RemoteError
from .events import Answered, EarlyMedia, EndReason, Rejected, Ringing
from .headers import NameAddr
from .identity import explanation
from .media import LocalMedia, Media
from .message import Headers, Request, Response
from .offer import Phase as Agreement
from .reliable import Arrival
from .session import Book, Move, Phase, Session
from .stack import SDP, Stack
from .text import natural, param, readable
from .transaction import GIVE_UP, Transaction
from .uri import Uri

PATIENCE: Final = 180.0
"""Seconds a peer may go on ringing without a word (timer C, RFC 3261 16.6)."""
MOST_FORKS: Final = 16
"""Early dialogs of one call at most; what rings beyond them is heard of and not kept."""
MOST_CONTACTS: Final = 10
"""Addresses taken of a redirection."""


class Calling(Session):
    """The calling side of a call."""

    def __init__(
        self,
        stack: Stack,
        book: Book,
        *,
        target: Uri,
        to: Address,
        routes: tuple[NameAddr, ...] = (),
        caller: NameAddr,
        local: LocalMedia,
        fields: tuple[tuple[str, str], ...],
        now: float,
        offering: bool = True,
    ) -> None:
        """`offering` False leaves the offer to the peer: its 200 brings it."""
        super().__init__(stack, book, Phase.CALLING)
        self.owns_call_id = True
        self._sequence = 1
        self._forks: dict[str, Early] = {}
        """The early dialogs by the peer's tag."""
        self._declined: set[str] = set()
        """Tags of the phones that answered too late."""
        self._heard: Media | None = None
        """The early media that the user was told of."""
        self._cancelled = False
        self._answer = b""
        """What our ACK holds."""
        self.negotiation.local = local
        body = self.negotiation.offer() if offering else b""
        head = [
            ("Via", stack.via()),
            ("Max-Forwards", "70"),
            *(("Route", str(route)) for route in routes),
            ("From", str(caller.tagged(stack.tokens()))),
            ("To", str(NameAddr(target))),
            ("Call-ID", stack.tokens()),
            ("CSeq", "1 INVITE"),
            *_introduction(stack, target),
            *self.refresh.asking(),
            *fields,
        ]
        if body:
            head.append(("Content-Type", SDP))
        self._attempt = self._ask(
            Request(Headers(head), "INVITE", str(target.bare()), body=body), to, now
        )
        expires = natural(self._attempt.request.headers.get("Expires"), 2**31)
        if expires is not None:
            stack.timers.set((self, "lapse"), now + expires, self._exhausted)

    def _ask(self, request: Request, to: Address, now: float) -> Attempt:
        return Attempt(
            self.stack,
            request,
            to,
            now,
            answered=self._answered,
            silent=self._unanswered,
            resequence=self._next,
            wallet=self.wallet,
        )

    def forget(self) -> None:
        """Leave no timer and no entry behind."""
        super().forget()
        self._rested()
        self._vanish()

    def _rested(self) -> None:
        for name in ("patience", "lapse"):
            self.stack.timers.cancel((self, name))

    def _vanish(self) -> None:
        """Forget every early dialog but the one that became the call."""
        for early in self._forks.values():
            if self.dialog is None or early.dialog.key != self.dialog.key:
                self.book.drop(early.dialog.key, self)
        self._forks.clear()

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence

    # giving up

    def hang_up(self, now: float, reason: EndReason = EndReason.LOCAL) -> None:
        """CANCEL as soon as that is allowed, or BYE."""
        self.may(Move.HANG_UP)
        provisional = self.phase is Phase.PROCEEDING
        self.go(Move.HANG_UP)
        if self.phase is Phase.CLOSING:
            self.bye(now)
        else:
            self._give_up(now, provisional=provisional)
        self.finish(reason)

    def _give_up(self, now: float, *, provisional: bool) -> None:
        self._rested()
        self._attempt.close()
        self._wait(GIVE_UP, now)
        if provisional:
            self._cancel(now)

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
        self.stack.transactions.request(cancel, self._attempt.peer, now)

    def _wait(self, seconds: float, now: float) -> None:
        self.stack.timers.set((self, "patience"), now + seconds, self._exhausted)

    def _exhausted(self, now: float) -> None:
        """Ringing for ever or longer than we said, or a CANCEL without effect (RFC 3261 9.1)."""
        if self.phase is Phase.CANCELLING:
            self._attempt.abandon(now)
            self.go(Move.FAILURE)
        else:
            provisional = self.phase is Phase.PROCEEDING
            self.go(Move.HANG_UP)
            self._give_up(now, provisional=provisional)
            self.finish(EndReason.TIMEOUT)

    def _unanswered(self, now: float) -> None:
        _ = now
        if self.alive:
            reason = self._attempt.trouble or f"no answer from {self._attempt.to}"
            self.stack.emit(Rejected(self.handle, 408, reason))
        self.go(Move.FAILURE)
        self.finish(EndReason.TIMEOUT)

    # what the peer says

    def _answered(self, response: Response, now: float) -> None:
        if response.status < 200:
            self._provisional(response, now)
        elif response.status < 300:
            self._success(response, now)
        elif self.alive and response.status == 422 and self.refresh.too_brief(response):
            self._longer(now)
        elif self.go(Move.FAILURE):
            if self.alive:
                reason = explanation(response.reason, response.headers)
                self.stack.emit(Rejected(self.handle, response.status, reason, _contacts(response)))
            self.finish(EndReason.REJECTED)

    def _longer(self, now: float) -> None:
        """Ask again with the interval that the peer insists on (RFC 4028 7.3)."""
        self._vanish()
        headers = self._attempt.request.headers
        for name, value in (
            ("Via", self.stack.via()),
            ("CSeq", f"{self._next()} INVITE"),
            *self.refresh.asking(),
        ):
            headers = headers.setting(name, value)
        request = self._attempt.request.with_headers(headers)
        self._attempt = self._ask(request, self._attempt.to, now)

    def _provisional(self, response: Response, now: float) -> None:
        if not self.go(Move.PROVISIONAL):
            return
        if self.phase is Phase.CANCELLING:
            self._cancel(now)
            return
        self._wait(PATIENCE, now)
        if response.status == 100:
            return
        early = self._fork(response)
        arrival = early.sequence.arrived(response) if early else Arrival.PLAIN
        if arrival is Arrival.STALE:
            return
        if response.status == 199 or early is None:
            media, answer = None, b""
        elif arrival is Arrival.PLAIN:
            media, answer = early.preview(response.body) if response.body else None, b""
        else:
            media, answer = self._described(early, response.body)
        if early is not None and arrival is Arrival.NEXT:
            self._acknowledge_early(early, response, answer, now)
        if response.status == 199 and early is not None:
            # that phone has given up, the others ring on (RFC 6228)
            self.book.drop(early.dialog.key, self)
            self._forks.pop(early.dialog.remote.tag, None)
        elif self.alive:
            self.stack.emit(Ringing(self.handle, response.status))
            self._hear(media)

    def _described(self, early: Early, body: bytes) -> tuple[Media | None, bytes]:
        """What a reliable response describes; one that makes no audio will end with its 2xx."""
        try:
            return early.describe(body) if body else (None, b"")
        except RemoteError:
            return None, b""

    def _acknowledge_early(
        self, early: Early, response: Response, answer: bytes, now: float
    ) -> None:
        """PRACK (RFC 3262 section 4)."""
        fields: tuple[tuple[str, str], ...] = (("RAck", early.sequence.rack(response.cseq)),)
        if answer:
            fields += (("Content-Type", SDP),)
        self.send("PRACK", now, fields=fields, body=answer, dialog=early.dialog)

    def _hear(self, media: Media | None) -> None:
        if media is not None and media != self._heard:
            self._heard = media
            self.stack.emit(EarlyMedia(self.handle, media))

    def _fork(self, response: Response) -> Early | None:
        """The early dialog of a response; None where it makes none."""
        tag = response.to.tag
        early = self._forks.get(tag)
        if early is not None or not tag or len(self._forks) >= MOST_FORKS:
            return early
        try:
            dialog = Dialog.calling(self._attempt.request, response, self._attempt.peer)
        except RemoteError:
            return None
        early = self._forks[tag] = Early(dialog, self.negotiation)
        self.book.dialogs[dialog.key] = self
        return early

    def _success(self, response: Response, now: float) -> None:
        invite = self._attempt.request
        try:
            dialog = Dialog.calling(invite, response, self._attempt.peer)
        except RemoteError:
            # without an address there is nobody to acknowledge: it will give up by itself
            self.fail(EndReason.FAILED, now)
            return
        if self.dialog is not None and self.dialog.key == dialog.key:
            # a 200 that comes again means that our ACK was lost
            self.acknowledge(self.dialog, invite, self._answer)
            return
        if self.dialog is not None or not self.can(Move.SUCCESS):
            self._decline(dialog, invite, now)
            return
        early = self._forks.get(dialog.remote.tag) or Early(dialog, self.negotiation)
        # the routes of a 2xx count, the numbers go on (RFC 3261 13.2.2.4)
        dialog.local_sequence = max(dialog.local_sequence, early.dialog.local_sequence)
        dialog.remote_sequence = early.dialog.remote_sequence
        self.dialog = dialog
        self.book.dialogs[dialog.key] = self
        self._rested()
        self._vanish()
        self.negotiation = early.negotiation
        with suppress(RemoteError):  # nothing is agreed then
            self._answer = early.conclude(response.body)
        self.acknowledge(dialog, invite, self._answer)
        self.go(Move.SUCCESS)
        media = self.negotiation.media
        if self.phase is Phase.CLOSING:
            self.bye(now)
        elif media is None:
            self.fail(EndReason.FAILED, now)
        else:
            self.refresh.granted(response, now)
            self.stack.emit(Answered(self.handle, media))

    def _decline(self, dialog: Dialog, invite: Request, now: float) -> None:
        """Somebody else answered too, or too late (RFC 3261 13.2.2.4): ACK and one BYE."""
        self.acknowledge(dialog, invite)
        if dialog.remote.tag in self._declined or len(self._declined) >= MOST_FORKS:
            return
        self._declined.add(dialog.remote.tag)
        bye = dialog.request("BYE", self.stack.via(), self.stack.introduction("BYE"))
        self.stack.transactions.request(bye, dialog.next_hop(), now)

    # the peer's requests before the answer

    @property
    def peer(self) -> Address | None:
        """Where the peer's messages come from."""
        return self._attempt.peer

    def dialog_of(self, request: Request) -> Dialog | None:
        """The dialog, or before the answer the early one of whoever asks."""
        early = self._forks.get(request.sender.tag)
        return early.dialog if early else self.dialog

    def revised(self, request: Request, transaction: Transaction, now: float) -> None:
        """An UPDATE of a phone that rings (RFC 3311 5.2); an INVITE may not cross ours."""
        early = self._forks.get(request.sender.tag)
        if early is None or request.method == "INVITE":
            super().revised(request, transaction, now)
            return
        firm = early.firm and early.negotiation.phase is Agreement.AGREED
        dialog, negotiation = early.dialog, early.negotiation
        if (
            revise(self.stack, dialog, negotiation, request, transaction, now, firm=firm)
            and self.alive
        ):
            self._hear(negotiation.media)


def _introduction(stack: Stack, target: Uri) -> list[tuple[str, str]]:
    """Who we are; a SIPS call is made of SIPS addresses only (RFC 3261 8.1.1.8)."""
    fields = stack.introduction("INVITE")
    return secured(fields) if target.scheme == "sips" else fields


def _contacts(response: Response) -> tuple[str, ...]:
    """Where a 3xx sends us, best first (RFC 3261 8.1.3.4)."""
    if not 300 <= response.status <= 399:
        return ()
    found: list[tuple[float, str]] = []
    for value in response.headers.listed("Contact")[:MOST_CONTACTS]:
        try:
            contact = NameAddr.parse(value)
        except RemoteError:
            continue
        found.append((-_weight(param(contact.params, "q")), readable(str(contact.uri))))
    return tuple(uri for _, uri in sorted(found, key=lambda pair: pair[0]))


def _weight(text: str | None) -> float:
    """A q value (RFC 3261 20.10); 1 where there is none that makes sense."""
    whole, _, part = (text or "").strip().partition(".")
    if whole == "0" and (not part or (part.isascii() and part.isdigit())):
        return float(f"0.{part or 0}")
    return 1.0
