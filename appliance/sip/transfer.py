"""Handing a call over: REFER and its NOTIFYs, both roles (RFC 3515, RFC 3892)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from .errors import LocalError, RemoteError
from .events import TransferProgress, TransferRequested
from .headers import NameAddr, Replaces
from .identity import explanation
from .machine import Machine
from .message import REASONS, Request, Response
from .text import clean, natural, param, read_params, readable
from .transaction import Transaction
from .uri import Uri

if TYPE_CHECKING:
    from .attempt import Attempt
    from .dialog import Dialog
    from .session import Session

NEWS: Final = 120.0
"""Seconds without news after which a transfer of ours counts as failed."""
SIPFRAG: Final = "message/sipfrag"


class Phase(Enum):
    """Where a REFER stands, sent or received."""

    IDLE = auto()
    ASKED = auto()
    """Sent, not answered."""
    ACTIVE = auto()
    """Accepted: the implicit subscription lives, NOTIFYs tell how it goes."""


class Move(Enum):
    """What moves it."""

    ASK = auto()
    ACCEPT = auto()
    FINISH = auto()


MOVES: Final[Mapping[tuple[Phase, Move], Phase]] = {
    (Phase.IDLE, Move.ASK): Phase.ASKED,
    (Phase.IDLE, Move.ACCEPT): Phase.ACTIVE,  # received: accepted as it comes
    (Phase.ASKED, Move.ACCEPT): Phase.ACTIVE,
    (Phase.ASKED, Move.FINISH): Phase.IDLE,
    (Phase.ACTIVE, Move.FINISH): Phase.IDLE,
}


def read_sipfrag(body: bytes) -> tuple[int, str]:
    """Status and reason of a `message/sipfrag` (RFC 3420). Raises RemoteError."""
    line = body.lstrip().partition(b"\n")[0].decode("utf-8", "replace").strip()
    words = line.split(None, 2)
    status = natural(words[1], 699) if len(words) > 1 else None
    if status is None or status < 100 or words[0].upper() != "SIP/2.0":
        raise RemoteError("no status line in the news of a transfer")
    return status, words[2] if len(words) > 2 else REASONS.get(status, "")


def far_end(dialog: Dialog) -> Uri:
    """The URI that leads to the far end of a call of ours and takes our place there (RFC 5589).

    The name under which it is called serves where it has one: that way leads through the PBX, as
    the Contact may not.
    """
    name = dialog.remote.uri
    nobody = not name.name or name.name.lower() == "anonymous"
    uri = dialog.target if nobody or name.scheme not in ("sip", "sips") else name
    return Replaces(dialog.call_id, dialog.remote.tag, dialog.local.tag).within(uri)


class Departure(Machine[Phase, Move]):
    """Our REFER: the peer is asked to call somebody else."""

    def __init__(self, session: Session) -> None:
        super().__init__(MOVES, Phase.IDLE)
        self._session = session
        self._attempt: Attempt | None = None

    def stop(self) -> None:
        """Wait for no more news."""
        self._session.stack.timers.cancel((self, "news"))

    def ask(self, target: NameAddr, now: float, fields: Iterable[tuple[str, str]] = ()) -> None:
        """Send the REFER, with further header fields.

        Raises LocalError where the call or an earlier one forbids it.
        """
        further = tuple(fields)
        for name, value in further:
            clean(name + value, f"the header {name!r}")
        session = self._session
        dialog = session.standing()
        if not self.go(Move.ASK):
            raise LocalError("a transfer of this call is under way")
        fields = (
            ("Refer-To", str(target)),
            ("Referred-By", str(NameAddr(dialog.local.uri))),
            *further,
        )
        self._attempt = session.send("REFER", now, self._answered, self._silent, fields=fields)

    def _answered(self, response: Response, now: float) -> None:
        if response.status >= 300:
            self._finish(response.status, explanation(response.reason, response.headers))
        elif response.status >= 200 and self.phase is Phase.ASKED:
            if _without_news(response):
                self._finish(202, "accepted; the peer will not tell how it goes")
                return
            self.go(Move.ACCEPT)
            self._wait(now)
            # some hang up right after it, without a NOTIFY: it is all the news there will be
            self._tell(response.status, response.reason, final=False)

    def _wait(self, now: float) -> None:
        self._session.stack.timers.set((self, "news"), now + NEWS, self._silent)

    def _silent(self, now: float) -> None:
        _ = now
        self._finish(408, "no news of the transfer")

    def _finish(self, status: int, reason: str) -> None:
        if self.go(Move.FINISH):
            self.stop()
            self._tell(status, reason, final=True)

    def _tell(self, status: int, reason: str, *, final: bool) -> None:
        session = self._session
        if session.alive:
            session.stack.emit(TransferProgress(session.handle, status, readable(reason), final))

    def receive(self, request: Request, transaction: Transaction, now: float) -> None:
        """A NOTIFY within the dialog."""
        stack = self._session.stack
        event, _, params = request.headers.get("Event", "").partition(";")
        if event.strip().lower() != "refer":
            stack.reply(transaction, 489, now, fields=(("Allow-Events", "refer"),))
            return
        if self.phase is Phase.IDLE or not self._names(param(read_params(params), "id")):
            stack.reply(transaction, 481, now)
            return
        try:
            status, reason = read_sipfrag(request.body)
        except RemoteError as error:
            stack.reply(transaction, error.status, now)
            return
        stack.reply(transaction, 200, now)
        # a NOTIFY may overtake the 202 (RFC 3515 2.4.4)
        self.go(Move.ACCEPT)
        state = request.headers.get("Subscription-State", "").partition(";")[0].strip().lower()
        if status >= 200 or state == "terminated":
            self._finish(status, reason)
        else:
            self._wait(now)
            self._tell(status, reason, final=False)

    def _names(self, number: str | None) -> bool:
        """Whether news are of the last REFER: those of a second one name it (RFC 3515 2.4.6)."""
        return (
            not number or self._attempt is None or number == str(self._attempt.request.cseq.number)
        )


def _without_news(message: Request | Response) -> bool:
    """Whether a REFER makes no subscription (RFC 4488)."""
    return message.headers.get("Refer-Sub", "").partition(";")[0].strip().lower() == "false"


class Errand(Machine[Phase, Move]):
    """The peer's REFER: we are asked to call somebody else, and tell how it goes."""

    def __init__(self, session: Session) -> None:
        super().__init__(MOVES, Phase.IDLE)
        self._session = session
        self._event = "refer"
        self._seen = 0
        self._quiet = False
        """The peer wants no news (RFC 4488)."""

    def receive(self, request: Request, transaction: Transaction, now: float) -> None:
        """A REFER within the dialog."""
        session, stack = self._session, self._session.stack
        targets = request.headers.lines("Refer-To")
        try:
            # one and only one (RFC 3515 2.4.1): several, or none, are no address
            target = NameAddr.parse(",".join(targets)).uri
            by = request.headers.get("Referred-By")
            referrer = str(NameAddr.parse(by).uri) if by else ""
        except RemoteError as error:
            stack.reply(transaction, error.status, now)
            return
        if not session.confirmed or not session.alive or not self.go(Move.ACCEPT):
            stack.reply(transaction, 491, now)
            return
        self._seen += 1
        # RFC 3515 2.4.6: the second subscription of a dialog needs its number
        self._event = "refer" if self._seen == 1 else f"refer;id={request.cseq.number}"
        self._quiet = _without_news(request)
        stack.reply(transaction, 202, now, fields=(("Refer-Sub", "false"),) if self._quiet else ())
        self._notify(100, "Trying", now)
        stack.emit(TransferRequested(session.handle, readable(str(target)), readable(referrer)))

    def tell(self, status: int, reason: str, now: float) -> None:
        """Send news; a final status ends the subscription. Raises LocalError."""
        if self.phase is not Phase.ACTIVE:
            raise LocalError("nobody asked for a transfer of this call")
        if not 100 <= status <= 699:
            raise LocalError(f"{status} is no SIP status")
        self._notify(status, clean(reason, "the reason"), now)
        if status >= 200:
            self.go(Move.FINISH)

    def _notify(self, status: int, reason: str, now: float) -> None:
        if self._quiet:
            return
        state = "terminated;reason=noresource" if status >= 200 else "active;expires=120"
        fields = (
            ("Event", self._event),
            ("Subscription-State", state),
            ("Content-Type", f"{SIPFRAG};version=2.0"),
        )
        body = f"SIP/2.0 {status} {reason or REASONS.get(status, 'Unknown')}\r\n".encode()
        self._session.send("NOTIFY", now, fields=fields, body=body)
