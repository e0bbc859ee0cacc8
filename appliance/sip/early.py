"""Early dialogs of a call of ours: what is agreed before anybody answers, fork by fork.

A proxy may try several phones at once; each that rings makes an early dialog of its own, told
apart by its To tag (RFC 3261 12.1, 13.2.2). Every fork gets our one offer, and each agrees with us
for itself. Who is heard: the fork that described its audio last, until one of them answers; then
that one, and the others vanish.
"""

from __future__ import annotations

from copy import copy

from .dialog import Dialog
from .errors import RemoteError
from .media import Media
from .message import Request
from .modify import screen
from .offer import Negotiation
from .offer import Phase as Agreement
from .reliable import Sequence
from .stack import Stack
from .transaction import Transaction


class Early:
    """One fork of a call of ours."""

    def __init__(self, dialog: Dialog, negotiation: Negotiation) -> None:
        """`negotiation` is how things stand for all forks: our offer, or nothing yet."""
        self.dialog = dialog
        self.sequence = Sequence()
        self.negotiation = copy(negotiation)
        self.firm = False
        """Whether something is agreed for certain: a reliable response said it."""
        self._preview = b""
        """A description that came in a response that is not reliable: it may still change."""

    def preview(self, body: bytes) -> Media | None:
        """A description of a response that is not reliable; what it would agree."""
        if self.firm or self.negotiation.phase is not Agreement.OFFERED:
            return None
        try:
            media = copy(self.negotiation).accept(body)
        except RemoteError:
            return None  # the one that counts is still to come
        self._preview = body
        return media

    def describe(self, body: bytes) -> tuple[Media | None, bytes]:
        """A description of a reliable response: what is agreed, and the answer for its PRACK.

        Raises RemoteError where it makes no audio.
        """
        if self.firm:
            return None, b""  # only PRACK and UPDATE may say more (RFC 3262 section 5)
        answer = b""
        if self.negotiation.phase is Agreement.OFFERED:
            self.negotiation.accept(body)
        else:
            answer = self.negotiation.answer(body)
        self.firm = True
        return self.negotiation.media, answer

    def conclude(self, body: bytes) -> bytes:
        """The 2xx of this fork: the answer for its ACK, where the 2xx holds the offer.

        Raises RemoteError where there can be no audio.
        """
        if self.firm:
            return b""
        if self.negotiation.phase is Agreement.OFFERED:
            # some peers say it only once
            self.negotiation.accept(body or self._preview)
            return b""
        return self.negotiation.answer(body)


def revise(
    stack: Stack,
    dialog: Dialog,
    negotiation: Negotiation,
    request: Request,
    transaction: Transaction,
    now: float,
    *,
    firm: bool,
) -> bool:
    """Answer an UPDATE before the call is answered (RFC 3311 5.2).

    `firm` tells whether the first offer has its answer for certain: only then may there be a new
    one. Returns whether something else is agreed now.
    """
    if request.body and not firm:
        pending = negotiation.phase is Agreement.OFFERED
        fields = () if pending else (("Retry-After", "2"),)
        stack.reply(transaction, 491 if pending else 500, now, fields=fields)
        return False
    before = negotiation.media
    try:
        screen(request)
        request.contact()
        body = negotiation.answer(request.body) if request.body else b""
        dialog.refresh(request)
    except RemoteError as error:
        stack.reply(transaction, error.status, now, fields=stack.warning(error))
        return False
    stack.reply(transaction, 200, now, body=body)
    return negotiation.media != before
