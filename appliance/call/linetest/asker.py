"""A core that asks one question at a time and tells everything about its answer.

It looks closer than a user agent does: at what the way back has changed, at the proof that was
asked for, at the contacts that a registrar keeps. It never sends a Contact in a REGISTER: that
only fetches what is registered (RFC 3261 10.2.3), and so steals nobody's calls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from appliance import sip
from appliance.sip.attempt import Attempt
from appliance.sip.headers import NameAddr
from appliance.sip.message import Headers, Request, Response
from appliance.sip.parser import check, parse
from appliance.sip.stack import Stack
from appliance.sip.text import natural, param
from appliance.sip.transaction import Transaction
from appliance.sip.uri import Uri, user_part

PRODUCT: Final = "Attendant line test"
_PAD: Final = 100
"""Characters of one padding field."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a registrar finds the extension."""

    host: str
    port: int
    """0: not written."""
    transport: str
    """As written; empty where it is not."""
    expires: int | None
    """Seconds until it is forgotten; None where that is not told."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port else host


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back on a question."""

    status: int
    """0: nothing came."""
    reason: str
    """The phrase of the answer, or why there was none."""
    proved: bool = False
    """Whether the question that was answered carried the password's proof."""
    asked: tuple[str, ...] = ()
    """The algorithms of the proof that the answer asks for."""
    contacts: tuple[Contact, ...] = ()
    seen: tuple[str, int] = ("", 0)
    """Host and port under which the far end sees us, where it tells."""
    date: str = ""
    server: str = ""
    changed: tuple[str, ...] = ()
    """Fields of ours that came back other than they left."""


class Asker:
    """The five verbs and `lost`; `events` are replies."""

    def __init__(self, local: sip.Address, tokens: Callable[[], str], account: sip.Account) -> None:
        self._account = account
        self._stack = Stack(local, tokens, account, PRODUCT)
        self._sequence = 0
        self._request: Request | None = None
        self._attempt: Attempt | None = None
        self._plain: Transaction | None = None
        self._untracked = False
        self._changed: dict[str, None] = {}
        self._events: list[Reply] = []

    # the five verbs

    def receive(self, data: bytes, source: sip.Address, now: float) -> None:  # noqa: ARG002
        """Take one message; what is no response is dropped."""
        if not data.strip():
            return
        try:
            message = parse(data)
            if not isinstance(message, Response):
                return
            check(message)
            self._compare(message)
            if self._untracked and message.status >= 200:
                self._tell(message)
            self._stack.transactions.receive_response(message, now)
        except sip.RemoteError:
            return

    def tick(self, now: float) -> None:
        """Do what is due."""
        self._stack.timers.run(now)

    def deadline(self) -> float | None:
        """When `tick` is next needed."""
        return self._stack.timers.deadline()

    def outgoing(self) -> list[sip.Packet]:
        """Hand out what is to be sent."""
        packets, self._stack.packets = self._stack.packets, []
        return packets

    def events(self) -> list[Reply]:
        """Hand out what has come back."""
        events, self._events = self._events, []
        return events

    def lost(self, peer: sip.Address, why: str, now: float) -> None:
        """The connection to `peer` could not be made, or broke."""
        self._stack.transactions.lost(peer, why, now)

    # questions

    def options(self, to: sip.Address, now: float) -> None:
        """Ask what the far end can do; a challenge is an answer, and no password is used."""
        self._forget(now)
        self._request = self._make("OPTIONS")
        self._plain = self._stack.transactions.request(
            self._request, to, now, self._plainly, self._silent
        )

    def large(self, to: sip.Address, size: int, now: float) -> None:
        """Ask the same with a message of at least `size` bytes, once, by the way it is told."""
        self._forget(now)
        request = self._make("OPTIONS")
        field = ("X-Padding", "x" * _PAD)
        missing = max(0, size - len(bytes(request)))
        count = -(-missing // len("X-Padding: \r\n" + field[1]))
        self._request = request.with_headers(request.headers.adding([field] * count))
        self._untracked = True
        self._stack.send(bytes(self._request), to)

    def bindings(self, to: sip.Address, now: float) -> None:
        """Fetch what is registered for the account, which proves the password too."""
        self._forget(now)
        self._attempt = Attempt(
            self._stack, self._make("REGISTER"), to, now,
            answered=self._answered, silent=self._silent, resequence=self._next,
        )  # fmt: skip

    def give_up(self, now: float) -> Reply:
        """Stop waiting; returns what is known of a question that nobody answered."""
        reply = Reply(0, "", changed=tuple(self._changed))
        self._forget(now)
        return reply

    def _forget(self, now: float) -> None:
        for waiting in (self._attempt, self._plain):
            if waiting is not None:
                waiting.abandon(now)
        self._attempt = self._plain = self._request = None
        self._untracked = False
        self._changed = {}

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence

    def _make(self, method: str) -> Request:
        stack, account = self._stack, self._account
        domain = Uri("sip", "", stack.domain)
        aor = NameAddr(Uri("sip", user_part(account.user), stack.domain))
        fields = [
            ("Via", stack.via()),
            ("Max-Forwards", "70"),
            ("From", str(aor.tagged(stack.tokens()))),
            ("To", str(aor if method == "REGISTER" else NameAddr(domain))),
            ("Call-ID", stack.tokens()),
            ("CSeq", f"{self._next()} {method}"),
            ("User-Agent", PRODUCT),
        ]
        if method == "OPTIONS":
            fields.append(("Accept", "application/sdp"))
        return Request(Headers(fields), method, str(domain))

    # answers

    def _plainly(self, response: Response, _now: float) -> None:
        if response.status >= 200:
            self._tell(response)

    def _answered(self, response: Response, _now: float) -> None:
        if response.status >= 200:
            self._tell(response)

    def _silent(self, _now: float) -> None:
        waiting = self._attempt or self._plain
        why = waiting.trouble if waiting is not None else ""
        self._events.append(Reply(0, why, changed=tuple(self._changed)))

    def _sent(self) -> Request | None:
        return self._attempt.request if self._attempt is not None else self._request

    def _compare(self, response: Response) -> None:
        """Note which of our fields came back changed; only one question is open at a time."""
        sent = self._sent()
        if sent is None or response.cseq.method != sent.method:
            return
        if response.cseq.number != sent.cseq.number:
            return  # a late answer to the question before
        ours, theirs = sent.via, response.via
        usual = self._stack.local.traits.port
        if (ours.host, ours.port or usual, ours.branch) != (
            theirs.host,
            theirs.port or usual,
            theirs.branch,
        ):
            self._changed["Via"] = None
        if response.call_id != sent.call_id:
            self._changed["Call-ID"] = None
        if (str(response.sender.uri), response.sender.tag) != (
            str(sent.sender.uri),
            sent.sender.tag,
        ):
            self._changed["From"] = None

    def _tell(self, response: Response) -> None:
        sent = self._sent()
        headers = response.headers
        proved = sent is not None and (
            "Authorization" in sent.headers or "Proxy-Authorization" in sent.headers
        )
        self._events.append(
            Reply(
                response.status,
                response.reason,
                proved,
                _algorithms(response),
                _contacts(response),
                _seen(response),
                headers.get("Date", ""),
                headers.get("Server", "") or headers.get("User-Agent", ""),
                tuple(self._changed),
            )
        )


def _algorithms(response: Response) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in ("WWW-Authenticate", "Proxy-Authenticate"):
        for line in response.headers.lines(name):
            scheme, _, rest = line.partition(" ")
            told = [part.strip() for part in rest.split(",")]
            named = [part[10:].strip('"') for part in told if part.lower().startswith("algorithm=")]
            found[(named or ["MD5" if scheme.lower() == "digest" else scheme])[0]] = None
    return tuple(found)


def _contacts(response: Response) -> tuple[Contact, ...]:
    made = []
    for value in response.headers.listed("Contact"):
        try:
            contact = NameAddr.parse(value)
        except sip.RemoteError:
            continue
        uri = contact.uri
        made.append(
            Contact(
                uri.host.strip("[]"),
                uri.port or 0,
                (param(uri.params, "transport") or "").lower(),
                natural(param(contact.params, "expires"), 2**32),
            )
        )
    return tuple(made)


def _seen(response: Response) -> tuple[str, int]:
    """RFC 3581: `received` and `rport` of our own Via."""
    via = response.via
    received = param(via.params, "received") or ""
    port = natural(param(via.params, "rport"), 65_535) or 0
    return received, port
