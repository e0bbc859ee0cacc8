"""A SIP user agent as a pure core.

`UserAgent` is the whole of it; the rest of this page is what goes in and comes out.
"""

from .address import Address, Packet
from .agent import UserAgent
from .errors import LocalError, RemoteError, SipError
from .events import (
    Answered,
    Bound,
    Confirmed,
    Ended,
    EndReason,
    Event,
    Incoming,
    KeyPressed,
    MediaChanged,
    Registered,
    RegistrationFailed,
    Rejected,
    Ringing,
    TransferProgress,
    TransferRequested,
    Unbound,
    Unregistered,
)
from .media import Direction, LocalMedia, Media
from .message import Headers
from .registrar import Registrar
from .stack import Account

__all__ = [
    "Account",
    "Address",
    "Answered",
    "Bound",
    "Confirmed",
    "Direction",
    "EndReason",
    "Ended",
    "Event",
    "Headers",
    "Incoming",
    "KeyPressed",
    "LocalError",
    "LocalMedia",
    "Media",
    "MediaChanged",
    "Packet",
    "Registered",
    "Registrar",
    "RegistrationFailed",
    "Rejected",
    "RemoteError",
    "Ringing",
    "SipError",
    "TransferProgress",
    "TransferRequested",
    "Unbound",
    "Unregistered",
    "UserAgent",
]
