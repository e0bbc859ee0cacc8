"""RTP, RTCP, jitter buffer, loss concealment and key presses as a pure core."""

from appliance.rtp.errors import LocalError, PacketError
from appliance.rtp.events import (
    Event,
    Frame,
    HostPort,
    KeyPressed,
    MediaPacket,
    PeerLeft,
    SourceChanged,
    Statistics,
)
from appliance.rtp.session import MediaSession
from appliance.rtp.srtp import SUITES, Protection

__all__ = [
    "SUITES",
    "Event",
    "Frame",
    "HostPort",
    "KeyPressed",
    "LocalError",
    "MediaPacket",
    "MediaSession",
    "PacketError",
    "PeerLeft",
    "Protection",
    "SourceChanged",
    "Statistics",
]
