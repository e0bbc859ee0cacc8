"""What every machine of one user agent shares: the way out, the clock, our own name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from .address import Address, Packet, bracketed
from .errors import RemoteError
from .events import Event
from .message import Request, Response, respond
from .text import quoted
from .timers import Timers
from .transaction import Transaction, Transactions
from .uri import user_part

ALLOW: Final = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, REFER, NOTIFY"
SDP: Final = "application/sdp"
CAPABILITIES: Final = (
    ("Accept", "application/sdp, application/dtmf-relay, application/dtmf, message/sipfrag"),
    ("Accept-Encoding", "identity"),
    ("Accept-Language", "en"),
    ("Allow-Events", "refer"),
    ("Supported", ""),
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
    ) -> None:
        self.local = local
        self.tokens = tokens
        self.account = account
        self.product = product
        self.packets: list[Packet] = []
        self.events: list[Event] = []
        self.timers = Timers()
        self.transactions = Transactions(self.timers, self.send)

    def send(self, data: bytes, to: Address) -> None:
        """Put one message on its way."""
        self.packets.append(Packet(data, to))

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
        plain = self.local.transport == "udp"
        return f"<sip:{user}{self.local}{'' if plain else f';transport={self.local.transport}'}>"

    @property
    def domain(self) -> str:
        """The domain of our own address of record."""
        return self.account.domain if self.account else bracketed(self.local.host)

    def introduction(self, method: str) -> list[tuple[str, str]]:
        """The fields by which a request introduces us: where to reach us, what we understand."""
        if method == "BYE":
            return [("User-Agent", self.product)]
        return [("Contact", self.contact), ("Allow", ALLOW), ("User-Agent", self.product)]

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
        response = respond(
            request,
            status,
            reason=reason,
            tag=tag or self.tokens(),
            headers=self.about(request.method, status, fields, body),
            body=body,
        )
        transaction.respond(response, now)
        return response

    def about(
        self, method: str, status: int, fields: tuple[tuple[str, str], ...], body: bytes
    ) -> list[tuple[str, str]]:
        """What a response of ours carries besides what it copies."""
        made = list(fields)
        if method in ("INVITE", "UPDATE", "REFER") and 100 < status < 300:
            made.append(("Contact", self.contact))
        if status == 405 or (method in ("INVITE", "OPTIONS", "UPDATE") and 100 < status < 300):
            made.append(("Allow", ALLOW))
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
        if error.status == 415:
            return (("Accept", SDP), ("Accept-Encoding", "identity"))
        return (("Warning", f"399 {self.local} {quoted(error.reason)}"),)

    def between(self, low: float, high: float) -> float:
        """A random time from the tokens, for jitter."""
        return low + (high - low) * chance(self.tokens())


def chance(token: str) -> float:
    """A number from 0 to 1 out of a token, whatever its alphabet."""
    return int(sha256(token.encode()).hexdigest()[:8], 16) / 2**32
