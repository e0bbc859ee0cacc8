"""What a user agent tells its user. A `call` is the opaque handle of one call."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from .address import Address
from .identity import NOWHERE, Origin
from .media import Media
from .message import Headers


class EndReason(StrEnum):
    """Why a call is over."""

    HUNG_UP = "hung-up"
    """The peer said BYE."""
    LOCAL = "local"
    """We hung up or rejected."""
    CANCELLED = "cancelled"
    """The caller gave up before we answered, or its invitation lapsed."""
    REJECTED = "rejected"
    """The peer refused our call; `Rejected` came before."""
    NO_ACK = "no-ack"
    """Our answer was never acknowledged."""
    TIMEOUT = "timeout"
    """The peer no longer answers, or nobody answered the call in time."""
    FAILED = "failed"
    """The peer answered with something that makes no call."""
    REPLACED = "replaced"
    """Another call took its place (RFC 3891); `Incoming.replaces` told which."""
    EXPIRED = "expired"
    """The peer did not refresh the session in time (RFC 4028)."""


@dataclass(frozen=True, slots=True)
class Registered:
    """The registrar keeps our contact."""

    expires: int
    """Seconds it granted."""
    at: Address | None = None
    """The registrar that answered, where there are several."""


@dataclass(frozen=True, slots=True)
class RegistrationFailed:
    """The registrar refused or is silent; it is tried again without being asked."""

    status: int
    """0: no answer."""
    reason: str
    """For people."""
    retry_at: float
    """When it is tried again, in the clock of `now`."""


@dataclass(frozen=True, slots=True)
class Unregistered:
    """Our contact was withdrawn, or the registrar no longer answers about it."""


@dataclass(frozen=True, slots=True)
class Bound:
    """Registrar side: a user can be reached."""

    user: str
    contact: str


@dataclass(frozen=True, slots=True)
class Unbound:
    """Registrar side: a contact of a user has gone."""

    user: str
    contact: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """Somebody calls; 100 has been sent and nothing else."""

    call: str
    caller: str
    """The user part of From, or its host where it has none."""
    caller_name: str
    called: str
    """The user part of the request URI."""
    headers: Headers
    codecs: tuple[str, ...] = ()
    """Those of the offer that we speak, in its order; empty where the INVITE has no offer."""
    origin: Origin = NOWHERE
    """What trusted headers say about where the call comes from."""
    replaces: str = ""
    """Handle of the call of ours that this one replaces (RFC 3891); `answer` ends that one."""


@dataclass(frozen=True, slots=True)
class Ringing:
    """A provisional response above 100 to our call."""

    call: str
    status: int


@dataclass(frozen=True, slots=True)
class EarlyMedia:
    """Audio before the call is answered.

    Of the network to a call of ours, to be heard: the fork that described itself last (each tells
    again when it changes). In a call that came in: what our offer in a 183 came to.
    """

    call: str
    media: Media


@dataclass(frozen=True, slots=True)
class Answered:
    """Our call was answered."""

    call: str
    media: Media


@dataclass(frozen=True, slots=True)
class Rejected:
    """Our call was refused; `Ended` follows at once. Status 408 is also: nobody there."""

    call: str
    status: int
    reason: str
    contacts: tuple[str, ...] = ()
    """Where a 3xx sends us, best first; nothing follows it by itself."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The peer acknowledged our answer."""

    call: str
    media: Media


@dataclass(frozen=True, slots=True)
class MediaChanged:
    """A re-INVITE or UPDATE of either side changed what was agreed."""

    call: str
    media: Media


@dataclass(frozen=True, slots=True)
class Moved:
    """Our own address is another one while the call stands: its audio must come to a new place.

    `change_media` tells the peer, and with it where our side of the call is now.
    """

    call: str


@dataclass(frozen=True, slots=True)
class TransferRequested:
    """The peer asks us to call somebody (REFER); 202 and the first NOTIFY have been sent."""

    call: str
    target: str
    """The URI of Refer-To, its headers included."""
    referred_by: str
    """The URI of Referred-By; empty where there is none."""


@dataclass(frozen=True, slots=True)
class TransferProgress:
    """News of our own REFER."""

    call: str
    status: int
    reason: str
    final: bool
    """Nothing more comes; a status of 200 means that the target answered."""


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A key sent by INFO."""

    call: str
    digit: str
    """One of 0-9, *, #, A-D."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is over and its handle dead; exactly once for every handle."""

    call: str
    reason: EndReason


Event: TypeAlias = (
    Registered
    | RegistrationFailed
    | Unregistered
    | Bound
    | Unbound
    | Incoming
    | Ringing
    | EarlyMedia
    | Answered
    | Rejected
    | Confirmed
    | MediaChanged
    | Moved
    | TransferRequested
    | TransferProgress
    | KeyPressed
    | Ended
)
