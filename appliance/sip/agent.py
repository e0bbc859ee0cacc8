"""A SIP user agent as a pure core: five verbs for the wire and the clock, commands for the user.

    datagram -> receive -> parser -> transactions -> registration | registrar | session -> events
    command  ------------------------------------> registration | session -> outgoing

Nothing is sent and no clock is read here: `outgoing` is drained and `tick` is called at
`deadline` by whoever owns the socket.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .address import Address, Packet
from .answering import Answering
from .calling import Calling
from .errors import LocalError, RemoteError
from .events import Event
from .headers import NameAddr
from .media import Direction, LocalMedia, Media
from .reception import MOST_CALLS, Reception
from .registrar import Registrar
from .registration import Registration
from .session import Book, Session
from .stack import Account, Stack
from .text import clean
from .uri import Uri, user_part


class UserAgent:
    """One end of a telephone line; see the package for the events it tells."""

    def __init__(
        self,
        *,
        local: Address,
        tokens: Callable[[], str],
        account: Account | None = None,
        registrar: Registrar | None = None,
        codecs: tuple[str, ...] = ("PCMU", "PCMA"),
        product: str = "Attendant",
    ) -> None:
        """`local` is where peers reach us; `tokens` gives fresh unguessable [0-9a-z] texts."""
        self._stack = Stack(local, tokens, account, clean(product, "the product"))
        self._registrar = registrar
        self._book = Book()
        self._registration = Registration(self._stack, account) if account else None
        self._reception = Reception(self._stack, self._book, registrar, codecs)

    # the five verbs

    def receive(self, data: bytes, source: Address, now: float) -> None:
        """Take one datagram, or one message of a stream. Never raises, whatever it holds."""
        self._reception.receive(data, source, now)

    def tick(self, now: float) -> None:
        """Do what is due."""
        self._stack.timers.run(now)
        if self._registrar is not None:
            self._stack.events.extend(self._registrar.tick(now))

    def deadline(self) -> float | None:
        """When `tick` is next needed; None while nothing waits."""
        moments = [self._stack.timers.deadline()]
        if self._registrar is not None:
            moments.append(self._registrar.deadline())
        return min((moment for moment in moments if moment is not None), default=None)

    def outgoing(self) -> list[Packet]:
        """Hand out what is to be sent, in its order."""
        packets, self._stack.packets = self._stack.packets, []
        return packets

    def events(self) -> list[Event]:
        """Hand out what has happened, in its order."""
        events, self._stack.events = self._stack.events, []
        return events

    # commands; an illegal one raises LocalError

    def register(self, now: float) -> None:
        """Register, refresh and try again for ever."""
        self._own_registration().start(now)

    def unregister(self, now: float) -> None:
        """Withdraw the registration; `Unregistered` follows."""
        self._own_registration().stop(now)

    def _own_registration(self) -> Registration:
        if self._registration is None:
            raise LocalError("there is no account to register")
        return self._registration

    def calls(self) -> tuple[str, ...]:
        """The handles of all calls."""
        return tuple(self._book.calls)

    def ring(self, call: str, now: float) -> None:
        """Tell the caller that it rings."""
        self._answering(call).ring(now)

    def answer(self, call: str, media: LocalMedia, now: float) -> Media | None:
        """Answer; returns what was agreed.

        None where the INVITE had no offer: ours goes out and `Confirmed` brings the agreement.
        """
        return self._answering(call).answer(media, now)

    def reject(
        self,
        call: str,
        status: int,
        now: float,
        *,
        reason: str = "",
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Refuse a call that was not answered."""
        self._answering(call).reject(status, now, reason=reason, fields=tuple(headers))

    def hang_up(self, call: str, now: float) -> None:
        """End a call in whatever way fits: CANCEL, a refusal, or BYE. `Ended` follows at once."""
        self._session(call).hang_up(now)

    def invite(
        self,
        target: str,
        media: LocalMedia,
        now: float,
        *,
        route: Address | None = None,
        caller: str = "",
        display: str = "",
        headers: Iterable[tuple[str, str]] = (),
    ) -> str:
        """Call a user part or a SIP URI; returns the handle.

        It is sent to `route`, else to the account's registrar, else to the target itself, which
        must then be an IP address.
        """
        stack = self._stack
        uri = self._target(target)
        account = stack.account
        to = route or (account.registrar if account else uri.address(stack.local))
        if to is None:
            raise LocalError(f"no way to {target}: give an IP address or a route")
        if len(self._book.calls) >= MOST_CALLS:
            raise LocalError("too many calls")
        fields = tuple(headers)
        for name, value in fields:
            clean(name + value, f"the header {name!r}")
        user = user_part(caller or (account.user if account else ""))
        name = clean(display or (account.display if account else ""), "the display name")
        me = NameAddr(Uri("sip", user, stack.domain), name)
        session = Calling(
            stack, self._book, target=uri, to=to, caller=me, local=media, fields=fields, now=now
        )
        return session.handle

    def hold(self, call: str, on: bool, now: float) -> None:
        """Hold (we send, the peer does not) or resume; `MediaChanged` follows."""
        session = self._session(call)
        session.standing()
        wish = Direction.SENDONLY if on else Direction.SENDRECV
        session.modification.wish(wish, now)

    def transfer(self, call: str, target: str, now: float) -> None:
        """Ask the peer to call somebody else; `TransferProgress` tells how it goes."""
        session = self._session(call)
        uri = self._target(target, session.standing().remote.uri)
        session.departure.ask(NameAddr(uri), now)

    def notify_transfer(self, call: str, status: int, reason: str, now: float) -> None:
        """Tell the peer how the transfer it asked for goes; a final status ends it."""
        self._session(call).errand.tell(status, reason, now)

    def _session(self, call: str) -> Session:
        session = self._book.calls.get(call)
        if session is None:
            raise LocalError("there is no such call (any more)")
        return session

    def _answering(self, call: str) -> Answering:
        session = self._session(call)
        if not isinstance(session, Answering):
            raise LocalError("that is a call of ours: nobody waits for an answer")
        return session

    def _target(self, target: str, peer: Uri | None = None) -> Uri:
        """A user part, completed with our domain (or the peer's), or a whole URI."""
        clean(target, "the target")
        if not target:
            raise LocalError("nobody to call: the target is empty")
        schemed = target.lower().startswith(("sip:", "sips:", "tel:"))
        if not schemed and "@" not in target:
            if self._stack.account is None and peer is not None:
                return Uri("sip", user_part(target), peer.host, peer.port)
            return Uri("sip", user_part(target), self._stack.domain)
        try:
            return Uri.parse(target if schemed else f"sip:{target}")
        except RemoteError as error:
            raise LocalError(f"{target!r} is no SIP URI: {error.reason}") from None
