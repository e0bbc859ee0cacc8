"""A SIP user agent as a pure core: five verbs for the wire and the clock, commands for the user.

    datagram -> receive -> parser -> transactions -> registration | registrar | session -> events
    command  ------------------------------------> registration | session -> outgoing

Nothing is sent and no clock is read here: `outgoing` is drained and `tick` is called at
`deadline` by whoever owns the socket.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from .address import Address, Packet
from .answering import Answering
from .calling import Calling
from .errors import LocalError, RemoteError
from .events import Event
from .headers import NameAddr
from .media import Direction, LocalMedia, Media
from .message import Request, Response
from .modify import screen
from .offer import choose
from .parser import check, parse
from .registrar import Registrar
from .registration import Registration
from .sdp import Description
from .session import Book, Session
from .stack import ALLOW, CAPABILITIES, Account, Stack
from .text import clean, natural, param, split
from .transaction import On, Transaction
from .uri import Uri, user_part

MOST_CALLS: Final = 500
MOST_TRANSACTIONS: Final = 5000
_KNOWN: Final = frozenset(word.strip() for word in ALLOW.split(","))


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
        self._codecs = codecs
        self._book = Book()
        self._registration = Registration(self._stack, account) if account else None

    # the five verbs

    def receive(self, data: bytes, source: Address, now: float) -> None:
        """Take one datagram. Never raises, whatever it holds."""
        if not data.strip():
            return  # a keepalive
        try:
            message = parse(data)
        except RemoteError:
            return
        try:
            if isinstance(message, Response):
                check(message)
                self._stack.transactions.receive_response(message, now)
            else:
                self._request(message, source, now)
        except RemoteError:
            return  # not even worth an answer: nobody to send it to

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

    # requests

    def _request(self, request: Request, source: Address, now: float) -> None:
        """Find the machine a request belongs to; every request but ACK is answered."""
        stack, transactions = self._stack, self._stack.transactions
        via = request.via
        stamped = str(via.seen_from(source.host, source.port))
        rest = split(request.headers["Via"], ",")[1:]
        request = request.with_headers(request.headers.setting("Via", ", ".join([stamped, *rest])))
        # to where it came from and nowhere else (RFC 3581, RFC 3261 18.2.2)
        symmetric = param(via.params, "rport") is not None or source.traits.reliable
        port = source.port if symmetric else via.port or source.traits.port
        back = replace(source, port=port)
        try:
            check(request)
        except RemoteError as error:
            if request.method != "ACK":
                stack.reply_statelessly(request, back, error.status)
            return
        known = transactions.find_server(request)
        if request.method == "ACK":
            if known is None or not known.move(On.ACK, now):
                self._acknowledged(request, now)
        elif known is not None:
            known.move(On.REQUEST, now)
        elif len(transactions) >= MOST_TRANSACTIONS:
            stack.reply_statelessly(request, back, 503)
        else:
            merged = transactions.is_merged(request)
            transaction = transactions.accept(request, back)
            if merged:
                stack.reply(transaction, 482, now)
            else:
                self._new(transaction, source, now)

    def _acknowledged(self, ack: Request, now: float) -> None:
        session = self._book.dialogs.get((ack.call_id, ack.to.tag, ack.sender.tag))
        if session is not None:
            session.acknowledged(ack, now)

    def _new(self, transaction: Transaction, source: Address, now: float) -> None:
        """A request that was not seen before."""
        stack, request = self._stack, transaction.request
        hops = natural(request.headers.get("Max-Forwards"), 2**31)
        required = request.headers.listed("Require")
        if request.method == "CANCEL":
            self._cancelled(transaction, now)
        elif hops == 0:
            stack.reply(transaction, 483, now)
        elif request.method not in _KNOWN and not self._registers(request):
            stack.reply(transaction, 405, now)
        elif required:
            stack.reply(transaction, 420, now, fields=(("Unsupported", ", ".join(required)),))
        elif request.to.tag:
            session = self._book.dialogs.get((request.call_id, request.to.tag, request.sender.tag))
            if session is None:
                stack.reply(transaction, 481, now)
            else:
                session.receive(request, transaction, now)
        elif request.method == "INVITE":
            self._invited(transaction, source, now)
        elif request.method == "OPTIONS":
            stack.reply(transaction, 200, now, fields=CAPABILITIES)
        elif request.method == "REGISTER":
            self._registers_now(transaction, source, now)
        elif request.method == "NOTIFY":
            stack.reply(transaction, 489, now, fields=(("Allow-Events", "refer"),))
        else:
            stack.reply(transaction, 481, now)

    def _registers(self, request: Request) -> bool:
        return request.method == "REGISTER" and self._registrar is not None

    def _cancelled(self, transaction: Transaction, now: float) -> None:
        """RFC 3261 9.2: the CANCEL is answered, and the INVITE too if it still can be."""
        invite = self._stack.transactions.find_invite(transaction.request)
        self._stack.reply(transaction, 481 if invite is None else 200, now)
        session = self._book.invites.get(invite.key) if invite is not None else None
        if session is not None:
            session.withdrawn(now)

    def _registers_now(self, transaction: Transaction, source: Address, now: float) -> None:
        if self._registrar is None:
            return
        try:
            verdict, events = self._registrar.register(transaction.request, source, now)
        except RemoteError as error:
            self._stack.reply(transaction, error.status, now)
            return
        self._stack.reply(transaction, verdict.status, now, fields=verdict.fields)
        self._stack.events.extend(events)

    def _invited(self, transaction: Transaction, source: Address, now: float) -> None:
        stack, invite = self._stack, transaction.request
        if len(self._book.dialogs) >= MOST_CALLS:
            stack.reply(transaction, 503, now, fields=(("Retry-After", "5"),))
            return
        try:
            if self._registrar is not None:
                verdict = self._registrar.admit(invite, now)
                if verdict.status != 200:
                    stack.reply(transaction, verdict.status, now, fields=verdict.fields)
                    return
            stack.reply(transaction, 100, now)
            screen(invite)
            codecs: tuple[str, ...] = ()
            if invite.body:
                codecs = choose(Description.parse(invite.body), self._codecs).shared
            Answering(stack, self._book, transaction, source, codecs)
        except RemoteError as error:
            stack.reply(transaction, error.status, now, fields=stack.warning(error))
