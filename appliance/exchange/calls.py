"""What the exchange knows of its calls, and what can be done with a leg.

telephone A <-- Leg --> [Call: CALLER | CALLED] <-- Leg --> telephone B
Attempt: a telephone that is being called, to become the leg of one end
leaving: a leg whose telephone has handed its call over and should hang up
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Protocol

from appliance import rtp, sip
from appliance.exchange.agents import Agents
from appliance.exchange.events import CallEnded, Event
from appliance.exchange.relay import LegTap, Side, Tap
from appliance.rtp.srtp import KEY_BYTES

LEAVE_LIMIT: Final = 4.0
"""s in which the transferor of a completed transfer should hang up; then its leg is ended."""

NOBODY: Final = (480, "Temporarily Unavailable")


class Anchored(Protocol):
    """Where the audio of one leg passes through; `relay.Anchor`, or a fake in tests."""

    port: int
    tap: LegTap | None

    def agree(self, media: sip.Media) -> None:
        """Take what the leg has agreed."""

    def join(self, far: Any) -> None:
        """Let this leg and another one hear each other."""

    def close(self) -> None:
        """Give the ports back."""


@dataclass(slots=True)
class Leg:
    """One telephone in a call."""

    handle: str
    user: str
    anchor: Anchored
    local: sip.LocalMedia | None = None
    """What we said of our end of the audio; None before that."""
    codec: str = ""
    """What it speaks; empty while nothing is agreed."""
    held: bool = False
    """Whether the telephone has put the other end on hold."""

    def agree(self, media: sip.Media) -> None:
        """Take what was agreed with the telephone."""
        self.codec = media.codec
        self.anchor.agree(media)


@dataclass(slots=True)
class Attempt:
    """A telephone being called, to become the leg of `side`."""

    side: Side
    target: str
    contacts: list[tuple[str, sip.Address]]
    """Bindings still to be tried, best first."""
    until: float
    codecs: tuple[str, ...]
    leg: Leg
    tried: tuple[str, sip.Address] | None = None
    """The binding that is called now."""
    secure: bool = False
    """It refused an offer that left it the choice, and is offered RTP/SAVP alone."""


@dataclass(slots=True)
class Call:
    """A switched call."""

    number: int
    users: dict[Side, str]
    display: str
    codecs: tuple[str, ...]
    """What the caller offered, best first."""
    legs: dict[Side, Leg]
    """An end without one is being called or has left."""
    attempt: Attempt | None = None
    answered: bool = False
    tap: Tap | None = None

    def side_of(self, handle: str) -> Side | None:
        """Return the end which this leg fills."""
        return next((side for side, leg in self.legs.items() if leg.handle == handle), None)


@dataclass(slots=True)
class _Leaving:
    leg: Leg
    until: float
    call: int


@dataclass(slots=True)
class Board:
    """Every call of the exchange; what all its parts work on."""

    agents: Agents
    host: str
    """Our address for audio."""
    codecs: tuple[str, ...]
    srtp: sip.Srtp
    secret: Callable[[int], bytes]
    """Gives so many unguessable bytes, for keys."""
    calls: dict[int, Call] = field(default_factory=dict)
    owners: dict[str, Call] = field(default_factory=dict)
    """The call of each leg and attempt, by handle."""
    leaving: dict[str, _Leaving] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def describe(
        self, anchor: Anchored, codecs: tuple[str, ...], *, secure: bool = False
    ) -> sip.LocalMedia:
        """Return our end of a leg, with fresh keys where audio may be encrypted.

        `secure`: it must be, whatever the policy.
        """
        srtp = sip.Srtp.REQUIRED if secure else self.srtp
        keys = fresh_keys(srtp, self.secret)
        return sip.LocalMedia(self.host, anchor.port, codecs=codecs, srtp=srtp, crypto=keys)

    def put(self, call: Call, side: Side, leg: Leg) -> None:
        """Let a leg fill one end of a call; it hears the other end from now on."""
        call.legs[side] = leg
        self.owners[leg.handle] = call
        self.watch(call)
        if (far := call.legs.get(side.other)) is not None:
            leg.anchor.join(far.anchor)

    def watch(self, call: Call) -> None:
        """Show the audio of both ends to the tap of the call."""
        for side, leg in call.legs.items():
            leg.anchor.tap = None if call.tap is None else partial(call.tap, side)

    def hold(self, call: Call, side: Side, on: bool, now: float) -> None:
        """Tell one end that the other wants no audio; where it is just negotiating, it is let be.

        Nothing is lost by that: audio to a holding end is dropped there.
        """
        if (leg := call.legs.get(side)) is not None:
            with suppress(sip.LocalError):
                self.agents.of(leg.handle).hold(leg.handle, on, now)

    def notify(self, handle: str, status: int, reason: str, now: float) -> None:
        """Tell a transferor how it goes; one that has hung up is not told."""
        with suppress(sip.LocalError):
            self.agents.of(handle).notify_transfer(handle, status, reason, now)

    def send_away(self, call: Call, leg: Leg, now: float) -> None:
        """Give a leg that is no longer needed the time to hang up by itself."""
        self.owners.pop(leg.handle, None)
        leg.anchor.tap = None
        self.leaving[leg.handle] = _Leaving(leg, now + LEAVE_LIMIT, call.number)

    def gone(self, handle: str) -> bool:
        """Take note that a leg has ended; whether it was one that should leave."""
        leaving = self.leaving.pop(handle, None)
        if leaving is not None:
            leaving.leg.anchor.close()
        return leaving is not None

    def drop(self, leg: Leg, now: float) -> None:
        """End a leg in whatever state it is; one that has ended by itself is fine."""
        self.owners.pop(leg.handle, None)
        self.leaving.pop(leg.handle, None)
        leg.anchor.close()
        if leg.handle:
            with suppress(sip.LocalError):
                self.agents.of(leg.handle).hang_up(leg.handle, now)

    def finish(self, call: Call, now: float) -> None:
        """End all legs of a call."""
        legs = list(call.legs.values())
        if call.attempt is not None:
            legs.append(call.attempt.leg)
        legs += [one.leg for one in self.leaving.values() if one.call == call.number]
        for leg in legs:
            self.drop(leg, now)
        call.legs.clear()
        call.attempt = None
        self.dissolve(call)

    def dissolve(self, call: Call) -> None:
        """Forget a call that has no legs any more."""
        if self.calls.pop(call.number, None) is not None:
            self.events.append(CallEnded(call.number))


def fresh_keys(srtp: sip.Srtp, secret: Callable[[int], bytes]) -> tuple[sip.Crypto, ...]:
    """Return a key for every suite that this machine can do, strongest first; none for OFF."""
    if srtp is sip.Srtp.OFF:
        return ()
    return tuple(
        sip.Crypto(suite, secret(KEY_BYTES[suite]), tag) for tag, suite in enumerate(rtp.SUITES, 1)
    )


def user_of(uri: str) -> str:
    """Return the user part of a SIP URI, or of a bare user: `sip:201@pbx;x=1` → `201`."""
    bare = uri.strip().strip("<>")
    scheme, colon, rest = bare.partition(":")
    if colon and scheme.lower() in ("sip", "sips", "tel"):
        if "@" not in rest and scheme.lower() != "tel":
            return ""
        bare = rest
    return bare.partition("@")[0].partition(";")[0].partition("?")[0]


def passable(status: int, reason: str) -> tuple[int, str]:
    """Return the status for the other leg: as it came, except where it speaks of ours alone."""
    if status == 0:
        return 408, "Request Timeout"
    if status in (401, 407):
        return 403, "Forbidden"
    if status < 400:
        return NOBODY
    return status, reason
