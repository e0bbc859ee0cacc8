"""What a test call is made of, and what is seen of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from appliance import rtp, sip
from appliance.system.tls import TlsOptions


@dataclass(frozen=True, slots=True)
class Times:
    """How long the telephone waits, in seconds."""

    ring: float = 25.0
    listen: float = 6.0
    """Both sides talk: longer than the first RTCP reports take (RFC 3550: 3.75 s)."""
    change: float = 5.0
    """For hold, resume and a transfer to be answered."""
    after: float = 1.5
    """Audio that must come back after a resume."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Who calls, whom, and how."""

    host: str
    """Our own address."""
    ports: tuple[int, int]
    number: str
    """The box's extension."""
    codecs: tuple[str, ...]
    srtp: sip.Srtp
    account: sip.Account | None = None
    """The second extension; None: the box is called at `route`."""
    transport: str = "udp"
    route: sip.Address | None = None
    domain: str = ""
    tls: TlsOptions | None = None


@dataclass(slots=True)
class Seen:
    """Everything that was seen of one call."""

    status: int = 0
    """The refusal, or 200; 0: nothing came."""
    reason: str = ""
    rang: bool = False
    setup: float = 0.0
    """Seconds until it was answered or refused."""
    seconds: float = 0.0
    """Length of the whole call."""
    media: sip.Media | None = None
    server: str = ""
    """Who answered, as it names itself."""
    contact: str = ""
    """Host in the Contact of who answered."""
    figures: rtp.Statistics | None = None
    audible: bool = False
    reports: int = 0
    """RTCP packets that came."""
    held: bool | None = None
    """Whether the hold was agreed; None: not tried."""
    resumed: bool | None = None
    after: int = 0
    """RTP packets that came after the resume."""
    transfer: int | None = None
    """The PBX's word on our REFER; None: not tried, 0: nothing came."""
    transfer_reason: str = ""
    bye: int = 0
    """The answer to our BYE."""
    ended: sip.EndReason | None = None
    """Why the call ended before we hung up; None: it did not."""
    trouble: str = ""
    """Why the telephone itself could not do its part."""


def plainer(setup: Setup, codecs: Iterable[str]) -> tuple[Setup, ...]:
    """Return other offers worth a try where nothing was agreed on this one."""
    every = tuple(dict.fromkeys((*setup.codecs, *codecs)))
    other = sip.Srtp.OFF if setup.srtp is sip.Srtp.REQUIRED else sip.Srtp.REQUIRED
    tries = [replace(setup, srtp=other)]
    if every != setup.codecs:
        tries += [replace(setup, codecs=every), replace(setup, codecs=every, srtp=other)]
    return tuple(tries)
