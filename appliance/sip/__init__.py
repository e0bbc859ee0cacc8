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
    EarlyMedia,
    Ended,
    EndReason,
    Event,
    Incoming,
    KeyPressed,
    MediaChanged,
    Moved,
    Registered,
    RegistrationFailed,
    Rejected,
    Ringing,
    TransferProgress,
    TransferRequested,
    Unbound,
    Unregistered,
)
from .guard import Policy, Strangers
from .identity import Origin
from .media import Crypto, Direction, LocalMedia, Media, Srtp
from .message import Headers
from .registrar import Registrar
from .registration import Standing
from .stack import Account

__all__ = [
    "Account",
    "Address",
    "Answered",
    "Bound",
    "Confirmed",
    "Crypto",
    "Direction",
    "EarlyMedia",
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
    "Moved",
    "Origin",
    "Packet",
    "Policy",
    "Registered",
    "Registrar",
    "RegistrationFailed",
    "Rejected",
    "RemoteError",
    "Ringing",
    "SipError",
    "Srtp",
    "Standing",
    "Strangers",
    "TransferProgress",
    "TransferRequested",
    "Unbound",
    "Unregistered",
    "UserAgent",
]
