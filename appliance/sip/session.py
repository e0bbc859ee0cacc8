"""One call (an INVITE usage, RFC 3261 sections 13 to 15): its states, and what both sides share.

`answering.py` adds the verbs of a call that came in, `calling.py` those of a call of ours,
`modify.py` changes the media of a call that stands, `transfer.py` hands it over.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from .accept import Acceptance
from .address import Address
from .attempt import Attempt, Wallet
from .dialog import Dialog, DialogKey, secured
from .errors import LocalError, RemoteError
from .events import Ended, EndReason, KeyPressed, MediaChanged, Moved
from .headers import Via
from .info import read_info
from .machine import Machine
from .matching import Key
from .message import Request, Response
from .modify import Modification
from .offer import Negotiation
from .refresh import Refresh
from .stack import CAPABILITIES, SDP, Stack
from .transaction import OnResponse, OnSilence, Transaction
from .transfer import Departure, Errand

if TYPE_CHECKING:
    from .answering import Answering


class Phase(Enum):
    """Where a call stands."""

    INCOMING = auto()
    """Somebody calls; nothing but 100 has been said."""
    RINGING = auto()
    ANSWERING = auto()
    """The user has answered; our 200 waits for a PRACK (RFC 3262 section 3)."""
    ACCEPTED = auto()
    """Our 200 waits for its ACK."""
    LEAVING = auto()
    """We hung up before that ACK; the BYE must wait for it (RFC 3261 section 15)."""
    CALLING = auto()
    """Our INVITE has no answer yet."""
    PROCEEDING = auto()
    """It has a provisional one: it may be cancelled."""
    CANCELLING = auto()
    """We gave up; a final answer is still to come."""
    CONFIRMED = auto()
    CLOSING = auto()
    """Our BYE waits for its answer."""
    OVER = auto()


class Move(Enum):
    """What moves a call: our verbs, and what the peer does."""

    RING = auto()
    DEFER = auto()
    """We answer as soon as the peer has acknowledged what it was told before."""
    ANSWER = auto()
    REJECT = auto()
    HANG_UP = auto()
    PROVISIONAL = auto()
    SUCCESS = auto()
    FAILURE = auto()
    """A refusal of our INVITE, or silence."""
    CANCEL = auto()
    ACK = auto()
    FAIL = auto()
    """The call can no longer be kept: no ACK, no answer, or nothing agreed."""
    BYE = auto()
    CLOSED = auto()
    """Our BYE is answered, or never will be."""


MOVES: Final[Mapping[tuple[Phase, Move], Phase]] = {
    (Phase.INCOMING, Move.RING): Phase.RINGING,
    (Phase.INCOMING, Move.ANSWER): Phase.ACCEPTED,
    (Phase.INCOMING, Move.FAIL): Phase.OVER,
    (Phase.INCOMING, Move.REJECT): Phase.OVER,
    (Phase.INCOMING, Move.HANG_UP): Phase.OVER,
    (Phase.INCOMING, Move.CANCEL): Phase.OVER,
    (Phase.RINGING, Move.RING): Phase.RINGING,
    (Phase.RINGING, Move.ANSWER): Phase.ACCEPTED,
    (Phase.RINGING, Move.REJECT): Phase.OVER,
    (Phase.RINGING, Move.HANG_UP): Phase.OVER,
    (Phase.RINGING, Move.CANCEL): Phase.OVER,
    (Phase.RINGING, Move.DEFER): Phase.ANSWERING,
    (Phase.RINGING, Move.FAIL): Phase.OVER,
    (Phase.ANSWERING, Move.ANSWER): Phase.ACCEPTED,
    (Phase.ANSWERING, Move.HANG_UP): Phase.OVER,
    (Phase.ANSWERING, Move.CANCEL): Phase.OVER,
    (Phase.ANSWERING, Move.FAIL): Phase.OVER,
    (Phase.ACCEPTED, Move.ACK): Phase.CONFIRMED,
    (Phase.ACCEPTED, Move.HANG_UP): Phase.LEAVING,
    (Phase.ACCEPTED, Move.FAIL): Phase.CLOSING,
    (Phase.ACCEPTED, Move.BYE): Phase.OVER,
    (Phase.LEAVING, Move.ACK): Phase.CLOSING,
    (Phase.LEAVING, Move.FAIL): Phase.CLOSING,
    (Phase.LEAVING, Move.BYE): Phase.OVER,
    (Phase.CALLING, Move.PROVISIONAL): Phase.PROCEEDING,
    (Phase.CALLING, Move.SUCCESS): Phase.CONFIRMED,
    (Phase.CALLING, Move.FAILURE): Phase.OVER,
    (Phase.CALLING, Move.FAIL): Phase.OVER,
    (Phase.CALLING, Move.HANG_UP): Phase.CANCELLING,
    (Phase.PROCEEDING, Move.PROVISIONAL): Phase.PROCEEDING,
    (Phase.PROCEEDING, Move.SUCCESS): Phase.CONFIRMED,
    (Phase.PROCEEDING, Move.FAILURE): Phase.OVER,
    (Phase.PROCEEDING, Move.FAIL): Phase.OVER,
    (Phase.PROCEEDING, Move.HANG_UP): Phase.CANCELLING,
    (Phase.CANCELLING, Move.PROVISIONAL): Phase.CANCELLING,
    (Phase.CANCELLING, Move.SUCCESS): Phase.CLOSING,
    (Phase.CANCELLING, Move.FAILURE): Phase.OVER,
    (Phase.CANCELLING, Move.FAIL): Phase.OVER,
    (Phase.CONFIRMED, Move.HANG_UP): Phase.CLOSING,
    (Phase.CONFIRMED, Move.FAIL): Phase.CLOSING,
    (Phase.CONFIRMED, Move.BYE): Phase.OVER,
    (Phase.CLOSING, Move.BYE): Phase.CLOSING,
    (Phase.CLOSING, Move.CLOSED): Phase.OVER,
}
"""Our own move that is not here raises LocalError; the peer's changes nothing."""


EARLY: Final = frozenset(
    {Phase.INCOMING, Phase.RINGING, Phase.ANSWERING, Phase.CALLING, Phase.PROCEEDING}
)
"""A call that has no final answer."""
GONE: Final = (408, 481)
"""By these to a request within the call the peer says that it knows no such call (RFC 5057)."""
LONELY: Final = frozenset({"INFO", "REFER"})
"""Requests of ours that find it out; changes of a call (modify.py) see to it themselves.

A NOTIFY finds out only that nobody wants its news.
"""
REMEMBERED: Final = 64
"""Dialogs that are over and still known by name."""


class Book:
    """Every call of a user agent, by handle, by dialog, and by the INVITE that opened it."""

    def __init__(self) -> None:
        self.calls: dict[str, Session] = {}
        """Calls whose handle lives."""
        self.dialogs: dict[DialogKey, Session] = {}
        self.invites: dict[Key, Answering] = {}
        """Calls that came in and have no final answer: a CANCEL finds them."""
        self.gone: deque[DialogKey] = deque(maxlen=REMEMBERED)
        """Dialogs that ended lately: what wants to replace one is told so (RFC 3891)."""

    def lost(self, peer: Address) -> None:
        """A connection broke: the dialogs over it find another way."""
        for session in self.dialogs.values():
            if session.dialog is not None:
                session.dialog.lost(peer)

    def moved(self) -> list[Moved]:
        """Our address is another one: no connection stands, and these calls must be told."""
        for session in self.dialogs.values():
            if session.dialog is not None and session.dialog.flow.traits.reliable:
                session.dialog.lost(session.dialog.flow)
        return [Moved(handle) for handle, session in self.calls.items() if session.confirmed]

    def drop(self, key: DialogKey, session: Session) -> None:
        """A dialog is over."""
        if self.dialogs.get(key) is session:
            del self.dialogs[key]
            self.gone.append(key)


class Session(Machine[Phase, Move], ABC):
    """What a call is, whoever began it."""

    def __init__(self, stack: Stack, book: Book, phase: Phase) -> None:
        super().__init__(MOVES, phase)
        self.stack = stack
        self.book = book
        self.handle = stack.tokens()
        self.owns_call_id = False
        """Whether we made the Call-ID: it decides who waits longer after a glare."""
        self.dialog: Dialog | None = None
        self.acceptance: Acceptance | None = None
        """The 200 of ours that waits for its ACK, to the first INVITE or a later one."""
        self.wallet = Wallet(stack)
        """The proofs of this call: one that was given serves its next requests too."""
        self.negotiation = Negotiation(str(int(stack.between(1, 2**40))))
        self.modification = Modification(self)
        self.refresh = Refresh(self)
        self.departure = Departure(self)
        self.errand = Errand(self)
        book.calls[self.handle] = self

    # the table

    def may(self, move: Move) -> None:
        """Refuse a move of our own that the table does not have. Raises LocalError."""
        if not self.can(move):
            verb = move.name.lower().replace("_", " ")
            raise LocalError(f"cannot {verb} a call that is {self.phase.name.lower()}")

    def go(self, move: Move) -> bool:
        """Make a move of the table; what is over leaves nothing behind."""
        moved = super().go(move)
        if moved and self.phase is Phase.OVER:
            self.forget()
        return moved

    def forget(self) -> None:
        """Leave no timer and no entry behind."""
        self.quieten()
        if self.dialog is not None:
            self.book.drop(self.dialog.key, self)

    def quieten(self) -> None:
        """Stop what only makes sense in a call that goes on."""
        self.settle()
        self.modification.stop()
        self.refresh.stop()
        self.departure.stop()

    def settle(self) -> None:
        """The 200 of ours need no longer be repeated."""
        if self.acceptance is not None:
            self.acceptance.stop()
            self.acceptance = None

    @property
    def confirmed(self) -> bool:
        """Whether the call stands."""
        return self.phase is Phase.CONFIRMED

    @property
    def alive(self) -> bool:
        """Whether the user still holds a valid handle."""
        return self.book.calls.get(self.handle) is self

    def finish(self, reason: EndReason) -> None:
        """Tell the user, once; what the protocol still needs goes on without events."""
        if self.book.calls.pop(self.handle, None) is not None:
            self.stack.emit(Ended(self.handle, reason))

    def standing(self) -> Dialog:
        """The dialog of a call that stands. Raises LocalError."""
        if self.dialog is None or self.phase is not Phase.CONFIRMED:
            raise LocalError(f"not possible in a call that is {self.phase.name.lower()}")
        return self.dialog

    # our messages

    def send(
        self,
        method: str,
        now: float,
        answered: OnResponse | None = None,
        silent: OnSilence | None = None,
        *,
        fields: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
        dialog: Dialog | None = None,
    ) -> Attempt:
        """Send a request within the dialog, or an early one. Raises LocalError without any."""
        within = dialog or self.dialog
        if within is None:
            raise LocalError("there is no dialog yet")

        def resequence() -> int:
            within.local_sequence += 1
            return within.local_sequence

        def replied(response: Response, at: float) -> None:
            if method in LONELY and response.status in GONE:
                self.fail(EndReason.TIMEOUT, at)
            elif answered is not None:
                answered(response, at)

        us = self.stack.introduction(method)
        if within.secure:
            us = secured(us)
        request = within.request(method, self.stack.via(), (*us, *fields), body)
        return Attempt(
            self.stack,
            request,
            within.next_hop(),
            now,
            answered=replied,
            silent=silent,
            resequence=resequence,
            wallet=self.wallet,
            vouched=bool(within.routes) and self.stack.proves(within.flow.host),
        )

    def acknowledge(self, dialog: Dialog, invite: Request, body: bytes = b"") -> None:
        """Send the ACK for a 2xx: a message of its own, outside any transaction.

        It proves the password as its INVITE did (RFC 3261 22.1), and holds our answer where the
        2xx held the offer.
        """
        fields = [
            (name, value)
            for name, value in invite.headers.fields
            if name in ("Authorization", "Proxy-Authorization")
        ]
        if body:
            fields.append(("Content-Type", SDP))
        hop, via = dialog.next_hop(), self.stack.via()
        if hop.transport != self.stack.local.transport:
            own = self.stack.own(hop.transport)
            top = Via.parse(via)
            via = str(replace(top, transport=hop.traits.via, host=own.host, port=own.port))
        ack = dialog.request("ACK", via, fields, body, sequence=invite.cseq.number)
        self.stack.send(bytes(ack), hop)

    def bye(self, now: float) -> None:
        """Send a BYE; the call is over when it is answered or given up."""
        self.quieten()
        self.send("BYE", now, self._bye_answered, self._closed)

    def _bye_answered(self, response: Response, now: float) -> None:
        if response.status >= 200:
            self._closed(now)

    def _closed(self, now: float) -> None:
        _ = now
        self.go(Move.CLOSED)

    def fail(self, reason: EndReason, now: float) -> None:
        """End a call that can no longer be kept: BYE, and tell the user."""
        if self.go(Move.FAIL) and self.phase is Phase.CLOSING:
            self.bye(now)
        self.finish(reason)

    def changed(self) -> None:
        """Tell the user what is agreed now."""
        if self.alive and self.negotiation.media is not None:
            self.stack.emit(MediaChanged(self.handle, self.negotiation.media))

    # what each kind of call does in its own way

    @abstractmethod
    def hang_up(self, now: float, reason: EndReason = EndReason.LOCAL) -> None:
        """End the call by whatever fits its phase. Raises LocalError."""

    @property
    def peer(self) -> Address | None:
        """Where the peer's messages come from."""
        return self.dialog.flow if self.dialog else None

    def dialog_of(self, request: Request) -> Dialog | None:
        """The dialog that a request of the peer belongs to."""
        _ = request
        return self.dialog

    def pracked(self, request: Request, transaction: Transaction, now: float) -> None:
        """The peer acknowledges a provisional response of ours, if there is one."""
        _ = request
        self.stack.reply(transaction, 481, now)

    def revised(self, request: Request, transaction: Transaction, now: float) -> None:
        """A re-INVITE or UPDATE before the call is answered."""
        _ = request
        self.stack.reply(transaction, 491, now)

    def acknowledged(self, ack: Request, now: float) -> None:
        """The peer's ACK for a 2xx of ours."""
        self.modification.acknowledged(ack, now)

    # the peer's messages

    def hung_up(self, now: float) -> None:
        """The peer said BYE."""
        _ = now
        if self.go(Move.BYE):
            self.finish(EndReason.HUNG_UP)

    def receive(self, request: Request, transaction: Transaction, now: float) -> None:
        """A request of the peer within the dialog; every one is answered."""
        dialog, number = self.dialog_of(request), request.cseq.number
        if dialog is None or number < dialog.remote_sequence:
            # RFC 3261 12.2.2: out of order
            self.stack.reply(transaction, 500, now)
            return
        dialog.remote_sequence = number
        dialog.heard(transaction.peer)
        match request.method:
            case "BYE":
                self.stack.reply(transaction, 200, now)
                self.hung_up(now)
            case "INVITE" | "UPDATE" if self.phase in EARLY:
                self.revised(request, transaction, now)
            case "PRACK":
                self.pracked(request, transaction, now)
            case "INVITE" | "UPDATE":
                self.modification.receive(request, transaction, now)
            case "REFER":
                self.errand.receive(request, transaction, now)
            case "NOTIFY":
                self.departure.receive(request, transaction, now)
            case "INFO":
                self._info_received(request, transaction, now)
            case "OPTIONS":
                self.stack.reply(transaction, 200, now, fields=CAPABILITIES)
            case _:
                self.stack.reply(transaction, 405, now)

    def _info_received(self, request: Request, transaction: Transaction, now: float) -> None:
        try:
            digit = read_info(request.content_type, request.body)
        except RemoteError as error:
            self.stack.reply(transaction, error.status, now)
            return
        self.stack.reply(transaction, 200, now)
        if digit and self.alive:
            self.stack.emit(KeyPressed(self.handle, digit))
