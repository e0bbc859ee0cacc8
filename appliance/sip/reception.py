"""What a user agent does with each message that arrives: whose it is, and what is answered.

    datagram -> guard -> parse -> response: its transaction
                               -> request: its transaction | its dialog | CANCEL
                                  -> guard -> a new call | OPTIONS | REGISTER | …

Every request but ACK is answered, a broken one too as far as its sender can be found; what is
no message at all is dropped. Strangers and floods are treated as the policy says.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from .address import Address
from .answering import Answering
from .choice import choose
from .errors import RemoteError
from .guard import Guard, Strangers
from .matching import Key, server_key
from .media import Srtp
from .message import Request, Response
from .modify import screen
from .parser import check, parse, salvage
from .registrar import Registrar
from .sdp import Description
from .session import Book, Session
from .stack import ALLOW, CAPABILITIES, REGISTERS_WITH, SDP, SUPPORTED, Stack
from .text import param, split
from .transaction import On, Transaction

MOST_CALLS: Final = 500
MOST_TRANSACTIONS: Final = 5000
LONGEST_URI: Final = 2048
"""Characters of a request URI."""
_SERVED: Final = frozenset(word.strip() for word in ALLOW.split(","))
_METHODS: Final = _SERVED | {"REGISTER", "MESSAGE", "SUBSCRIBE", "PUBLISH"}
"""What exists: 405 means that we do not, 501 that we never heard of it (RFC 3261 21.5.2)."""
_EXTENSIONS: Final = frozenset(
    word.strip().lower() for word in f"{SUPPORTED},{REGISTERS_WITH}".split(",")
)
_WELCOME: Final = frozenset({SDP, "application/*", "*/*"})


class Reception:
    """Reads, sorts and answers what comes in."""

    def __init__(
        self,
        stack: Stack,
        book: Book,
        registrar: Registrar | None,
        codecs: tuple[str, ...],
        srtp: Srtp = Srtp.OFF,
    ) -> None:
        """`codecs` and `srtp` say which offers are acceptable at all."""
        self._stack = stack
        self._book = book
        self._registrar = registrar
        self._codecs = codecs
        self._srtp = srtp
        self._guard = Guard(stack.policy)

    def receive(self, data: bytes, source: Address, now: float) -> None:
        """Take one message. Never raises, whatever it holds."""
        stack = self._stack
        if stack.registrar is not None and source.host == stack.registrar.host:
            stack.heard = now
        if not data.strip():
            return  # a keepalive, or the answer to one of ours
        known = stack.known(source.host)
        if not self._guard.reads(source.host, now, known=known):
            return
        try:
            message = parse(data)
        except RemoteError as error:
            broken = salvage(data)
            if broken is not None:
                self._broken(broken, error, source, now)
            return
        try:
            if isinstance(message, Response):
                check(message)
                stack.transactions.receive_response(message, now)
            else:
                self._request(message, source, now)
        except RemoteError:
            return  # not even worth an answer: nobody to send it to

    # the ways of a request

    def _request(self, request: Request, source: Address, now: float) -> None:
        """Find the machine a request belongs to; every request but ACK is answered."""
        stack, transactions = self._stack, self._stack.transactions
        try:
            request = _stamped(request, source)
            check(request)
        except RemoteError as error:
            self._broken(request, error, source, now)
            return
        if len(request.uri) > LONGEST_URI:
            self._broken(request, RemoteError("too long a URI", 414), source, now)
            return
        key = server_key(request)
        known = transactions.find_server(request, key)
        session = self._session(request)
        if request.method == "ACK":
            if (known is None or not known.move(On.ACK, now)) and session is not None:
                session.acknowledged(request, now)
        elif known is not None:
            known.move(On.REQUEST, now)
        elif session is not None or self._welcome(request, source, now):
            merged = transactions.is_merged(request, key)
            transaction = self._accept(request, source, key)
            if merged:
                stack.reply(transaction, 482, now)
            else:
                self._new(transaction, session, source, now)

    def _session(self, request: Request) -> Session | None:
        """The call in whose dialog a request is."""
        if not request.to.tag:
            return None
        return self._book.dialogs.get((request.call_id, request.to.tag, request.sender.tag))

    def _accept(self, request: Request, source: Address, key: Key) -> Transaction:
        back, fallback = _ways_back(request, source)
        return self._stack.transactions.accept(request, back, key=key, fallback=fallback)

    def _welcome(self, request: Request, source: Address, now: float) -> bool:
        """Whether a request outside any call is served at all; else it had its answer, or none.

        What belongs to an INVITE that was served is served too.
        """
        stack, transactions = self._stack, self._stack.transactions
        if request.method == "CANCEL" and transactions.find_invite(request) is not None:
            return True
        if not self._tolerated(request, source, now):
            return False
        known = stack.known(source.host)
        # strangers leave room for our own PBX
        most = MOST_TRANSACTIONS if known or stack.account is None else MOST_TRANSACTIONS // 2
        if len(transactions) >= most:
            self._turn_away(request, source, 503)
            return False
        return True

    def _tolerated(self, request: Request, source: Address, now: float) -> bool:
        """Whether the policy lets this sender ask for something now; else it had its answer."""
        stack, host = self._stack, source.host
        known = stack.known(host)
        if not self._guard.admits(host, now, known=known):
            if known:
                self._turn_away(request, source, 503)
            return False
        if known or stack.policy.strangers is Strangers.ANSWER:
            return True
        if stack.policy.strangers is Strangers.REFUSE:
            self._turn_away(request, source, 403)
        return False

    def _turn_away(self, request: Request, source: Address, status: int) -> None:
        self._stack.reply_statelessly(request, _ways_back(request, source)[0], status)

    def _broken(self, request: Request, error: RemoteError, source: Address, now: float) -> None:
        """Answer what cannot be served, where it can be answered (RFC 3261 8.2, 18.3)."""
        if request.method != "ACK" and self._tolerated(request, source, now):
            self._turn_away(request, source, error.status)

    def _new(
        self, transaction: Transaction, session: Session | None, source: Address, now: float
    ) -> None:
        """A request that was not seen before."""
        stack, request = self._stack, transaction.request
        method = request.method
        strange = [
            tag for tag in request.headers.listed("Require") if tag.lower() not in _EXTENSIONS
        ]
        if method == "CANCEL":
            self._cancelled(transaction, now)
        elif method not in _SERVED and not self._registers(request):
            stack.reply(transaction, 405 if method in _METHODS else 501, now)
        elif strange:
            stack.reply(transaction, 420, now, fields=(("Unsupported", ", ".join(strange)),))
        elif session is not None:
            session.receive(request, transaction, now)
        elif request.to.tag:
            stack.reply(transaction, 481, now)
        elif method == "INVITE":
            self._invited(transaction, source, now)
        elif method == "OPTIONS":
            stack.reply(transaction, 200, now, fields=CAPABILITIES)
        elif method == "REGISTER":
            self._registers_now(transaction, source, now)
        elif method == "NOTIFY":
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
            _listens(invite)
            screen(invite)
            codecs: tuple[str, ...] = ()
            if invite.body:
                codecs = choose(Description.parse(invite.body), self._codecs, self._srtp).shared
            Answering(stack, self._book, transaction, source, codecs, now)
        except RemoteError as error:
            stack.reply(transaction, error.status, now, fields=stack.warning(error))


def _stamped(request: Request, source: Address) -> Request:
    """The request with its top Via as we received it (RFC 3261 18.2.1). Raises RemoteError."""
    stamped = str(request.via.seen_from(source.host, source.port))
    rest = split(request.headers["Via"], ",")[1:]
    return request.with_headers(request.headers.setting("Via", ", ".join([stamped, *rest])))


def _ways_back(request: Request, source: Address) -> tuple[Address, Address | None]:
    """Where the response goes, and where if the connection is gone by then.

    To the host it came from and to no other (RFC 3581, RFC 3261 18.2.2).
    """
    try:
        via = request.via
    except RemoteError:
        return source, None
    said = replace(source, port=via.port or source.traits.port)
    if source.traits.reliable:
        return source, said if said != source else None
    symmetric = param(via.params, "rport") is not None
    return source if symmetric else said, None


def _listens(invite: Request) -> None:
    """Insist that the caller takes a session description. Raises RemoteError with status 406."""
    accepted = invite.headers.listed("Accept")
    kinds = {value.partition(";")[0].strip().lower() for value in accepted}
    if kinds and not kinds & _WELCOME:
        raise RemoteError("the caller takes no session description", 406)
