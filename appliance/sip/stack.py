"""What every machine of one user agent shares: the way out, the clock, our own name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from .address import Address, Packet, canonical
from .dialog import is_secure, secured
from .errors import RemoteError
from .events import Event
from .guard import Policy, Trust
from .headers import NameAddr
from .message import Request, Response, respond
from .text import quoted
from .timers import Timers
from .transaction import Transaction, Transactions
from .uri import user_part

ALLOW: Final = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, INFO, REFER, NOTIFY"
SUPPORTED: Final = "100rel, replaces, timer"
"""Extensions of calls that a peer may require of us."""
REGISTERS_WITH: Final = "path"
"""Extensions of our REGISTER (RFC 3327)."""
SDP: Final = "application/sdp"
CAPABILITIES: Final = (
    ("Accept", "application/sdp, application/dtmf-relay, application/dtmf, message/sipfrag"),
    ("Accept-Encoding", "identity"),
    ("Accept-Language", "en"),
    ("Allow-Events", "refer"),
    ("Supported", SUPPORTED),
)
"""What an OPTIONS is told besides Allow (RFC 3261 11.2)."""


@dataclass(frozen=True, slots=True)
class Account:
    """An extension at a PBX."""

    user: str
    domain: str
    password: str
    registrar: Address
    """Where requests of ours go first."""
    login: str = ""
    """The name in the digest; the user where empty."""
    display: str = ""
    expires: int = 300
    """Seconds we ask for."""


class Stack:
    """Timers, transactions, and the two queues that the user agent hands out."""

    def __init__(
        self,
        local: Address,
        tokens: Callable[[], str],
        account: Account | None,
        product: str,
        *,
        stream: Address | None = None,
        policy: Policy | None = None,
    ) -> None:
        self.local = local
        self.stream = stream
        """Where we also listen for connections, where `local` is a datagram one."""
        self.tokens = tokens
        self.account = account
        self.product = product
        self.policy = policy or Policy()
        self.registrars: tuple[Address, ...] = plainly(account.registrar) if account else ()
        """Those of the account, the preferred first."""
        self.registrar: Address | None = self.registrars[0] if account else None
        """The one in use: requests of ours go there first."""
        self.vouched = ""
        """The host to which one of them redirected us last."""
        self.realms: set[str] = set()
        """Realms for which registrars of ours have asked for the password."""
        self.seen: Address | None = None
        """Where the registrar sees us, if not at `local`: we are behind a NAT, or on a stream."""
        self.routes: tuple[NameAddr, ...] = ()
        """What every request of ours that opens a dialog carries as Route (RFC 3608)."""
        self.heard = float("-inf")
        """When the registrar in use last said anything, in the clock of `now`."""
        self.packets: list[Packet] = []
        self.events: list[Event] = []
        self.timers = Timers()
        self.transactions = Transactions(self.timers, self.send, self.own)
        self._trust = Trust(self.policy.trusted)

    def known(self, host: str) -> bool:
        """Whether a host is a peer of ours: a registrar of the account, or trusted by name."""
        return self.proves(host) or self._trust.includes(host)

    def proves(self, host: str) -> bool:
        """Whether the password may be proved to a host.

        That is every registrar of the account, the ways on which one of them sent us (by a
        redirection or a Service-Route), and nobody else.
        """
        if not host:
            return False
        if host == self.vouched or any(host == one.host for one in self.registrars):
            return True
        return any(host == one.uri.host for one in self.routes)

    def move(self, local: Address) -> None:
        """Take our address in a network that has changed."""
        self.local = local
        self.seen = None
        if self.stream is not None:
            self.stream = replace(self.stream, host=local.host)

    def own(self, transport: str) -> Address:
        """Our own address as a Via towards that transport tells it."""
        if self.stream is not None and self.stream.transport == transport:
            return self.stream
        return self.local

    def send(self, data: bytes, to: Address) -> None:
        """Put one message on its way."""
        self.packets.append(Packet(data, to))

    def drop(self, peer: Address, why: str, now: float) -> None:
        """Have a connection dropped that is dead; nothing of a datagram way.

        An empty packet says so to the shell, which tells nobody: the next message opens another.
        """
        if peer.traits.reliable:
            self.send(b"", peer)
            self.transactions.lost(peer, why, now)

    def emit(self, event: Event) -> None:
        """Tell the user."""
        self.events.append(event)

    def via(self) -> str:
        """A Via of ours with a fresh branch; we are symmetric (RFC 3581)."""
        transport = self.local.traits.via
        return f"SIP/2.0/{transport} {self.local};branch=z9hG4bK{self.tokens()};rport"

    @property
    def contact(self) -> str:
        """Our Contact."""
        user = f"{user_part(self.account.user)}@" if self.account else ""
        place = self.seen or self.local
        plain = place.transport == "udp"
        return f"<sip:{user}{place}{'' if plain else f';transport={place.transport}'}>"

    @property
    def domain(self) -> str:
        """The host of our own address of record; an IPv6 address without its brackets."""
        return self.account.domain.strip("[]") if self.account else self.local.host

    def introduction(self, method: str) -> list[tuple[str, str]]:
        """The fields by which a request introduces us: where to reach us, what we understand."""
        if method in ("BYE", "INFO", "PRACK"):
            return [("User-Agent", self.product)]
        made = [("Contact", self.contact), ("Allow", ALLOW), ("User-Agent", self.product)]
        if method in ("INVITE", "UPDATE", "REFER"):
            made.append(("Supported", SUPPORTED))
        elif method == "REGISTER":
            made.append(("Supported", REGISTERS_WITH))
        return made

    def reply(
        self,
        transaction: Transaction,
        status: int,
        now: float,
        *,
        reason: str = "",
        tag: str = "",
        fields: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
    ) -> Response:
        """Answer a request; a tag is made up for a request outside any dialog."""
        request = transaction.request
        secure = 100 < status < 300 and is_secure(request)
        made = self.about(request.method, status, fields, body, secure=secure)
        response = respond(
            request,
            status,
            reason=reason,
            tag=tag or self.tokens(),
            headers=made,
            body=body,
        )
        transaction.respond(response, now)
        return response

    def about(
        self,
        method: str,
        status: int,
        fields: tuple[tuple[str, str], ...],
        body: bytes,
        *,
        secure: bool = False,
    ) -> list[tuple[str, str]]:
        """What a response of ours carries besides what it copies; `secure`: we are SIPS there."""
        made = list(fields)
        if method in ("INVITE", "UPDATE", "REFER") and 100 < status < 300:
            us = [("Contact", self.contact)]
            made += secured(us) if secure else us
        if status == 405 or (method in ("INVITE", "OPTIONS", "UPDATE") and 100 < status < 300):
            made.append(("Allow", ALLOW))
        if method in ("INVITE", "UPDATE") and 100 < status < 300:
            made.append(("Supported", SUPPORTED))
        if body and not any(name == "Content-Type" for name, _ in fields):
            made.append(("Content-Type", SDP))
        made.append(("Server", self.product))
        return made

    def reply_statelessly(self, request: Request, to: Address, status: int) -> None:
        """Answer without remembering it (RFC 3261 8.2.7)."""
        fields: tuple[tuple[str, str], ...] = (("Retry-After", "5"),) if status == 503 else ()
        response = respond(
            request,
            status,
            tag=self.tokens(),
            headers=self.about(request.method, status, fields, b""),
        )
        self.send(bytes(response), to)

    def warning(self, error: RemoteError) -> tuple[tuple[str, str], ...]:
        """Why a description or a body was refused (RFC 3261 20.43, 20.1)."""
        if error.fields:
            return error.fields
        if error.status == 415:
            return (("Accept", SDP), ("Accept-Encoding", "identity"))
        return (("Warning", f"399 {self.local} {quoted(error.reason)}"),)

    def between(self, low: float, high: float) -> float:
        """A random time from the tokens, for jitter."""
        return low + (high - low) * chance(self.tokens())


def plainly(*addresses: Address) -> tuple[Address, ...]:
    """Addresses each written in the one way that sources are compared with, none twice."""
    return tuple(dict.fromkeys(replace(one, host=canonical(one.host)) for one in addresses))


def chance(token: str) -> float:
    """A number from 0 to 1 out of a token, whatever its alphabet."""
    return int(sha256(token.encode()).hexdigest()[:8], 16) / 2**32
