"""What a user agent does with each message that arrives: whose it is, and what is answered.

    datagram -> parse -> response: its transaction
                      -> request: its transaction | its dialog | CANCEL | a new call | OPTIONS | …

Every request but ACK is answered; what is no message at all is dropped.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from .address import Address
from .answering import Answering
from .errors import RemoteError
from .message import Request, Response
from .modify import screen
from .offer import choose
from .parser import check, parse
from .registrar import Registrar
from .sdp import Description
from .session import Book
from .stack import ALLOW, CAPABILITIES, Stack
from .text import natural, param, split
from .transaction import On, Transaction

MOST_CALLS: Final = 500
MOST_TRANSACTIONS: Final = 5000
_KNOWN: Final = frozenset(word.strip() for word in ALLOW.split(","))


class Reception:
    """Reads, sorts and answers what comes in."""

    def __init__(
        self, stack: Stack, book: Book, registrar: Registrar | None, codecs: tuple[str, ...]
    ) -> None:
        self._stack = stack
        self._book = book
        self._registrar = registrar
        self._codecs = codecs

    def receive(self, data: bytes, source: Address, now: float) -> None:
        """Take one message. Never raises, whatever it holds."""
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
