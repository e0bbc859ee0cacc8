"""The switch: a registrar and back-to-back user agent as a pure core.

    phone A <-- leg --> UserAgent <-- leg --> phone B         signalling: this module
    phone A <-- RTP --> [Anchor: two ports] <-- RTP --> phone B     audio: `relay`

A call has two ends (`Side`), each filled by one leg. While a telephone is being called there is
also an attempt, which on success becomes the leg of its end: for a new call that end was empty,
for a transfer the transferor's leg makes room. The far leg notices neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Protocol

from appliance import sip
from appliance.exchange.events import (
    CallAnswered,
    CallEnded,
    CallRefused,
    CallStarted,
    CallTransferred,
    Event,
    TransferFailed,
)
from appliance.exchange.relay import Side, Tap
from appliance.system.ports import PortError

RING_LIMIT: Final = 120.0
"""s a telephone may ring before the caller is told that nobody answered."""
LEAVE_LIMIT: Final = 4.0
"""s in which the transferor of a completed transfer should hang up; then its leg is ended."""
DECISIVE: Final = frozenset({486, 488, 600, 603, 606})
"""A refusal that speaks for the person, not for one device: no other binding is tried."""
DIGESTS: Final = ("MD5",)
"""Offered to telephones. Not SHA-256 beside it, although our own would take it: baresip 1.0, as
Debian has it, gives up at a challenge of an algorithm that it does not know (ENOSYS)."""
NOBODY: Final = (480, "Temporarily Unavailable")
UNKNOWN: Final = (404, "Not Found")


class Anchored(Protocol):
    """Where the audio of one call passes through; `relay.Anchor`, or a fake in tests."""

    ports: dict[Side, int]
    tap: Tap | None

    def aim(self, side: Side, host: str, port: int, dtmf: int | None) -> None:
        """Set where `side` wants its RTP."""

    def close(self) -> None:
        """Give the ports back."""


@dataclass(slots=True)
class _Attempt:
    """A telephone being called, to become the leg of `side`."""

    side: Side
    target: str
    contacts: list[tuple[str, sip.Address]]
    """Bindings still to be tried, best first."""
    until: float
    handle: str = ""


@dataclass(slots=True)
class _Call:
    number: int
    anchor: Anchored
    users: dict[Side, str]
    display: str
    codecs: tuple[str, ...]
    """What may be agreed on: the caller's until somebody answers, then the one in use."""
    legs: dict[Side, str]
    """Handles of the legs; an end without one is being called or has left."""
    attempt: _Attempt | None = None
    answered: bool = False
    leaving: str = ""
    leaving_until: float = 0.0
    held: dict[Side, bool] = field(default_factory=lambda: dict.fromkeys(Side, False))
    """Which end has put the other on hold."""

    def side_of(self, handle: str) -> Side | None:
        """Return the end which this leg fills."""
        return next((side for side, leg in self.legs.items() if leg == handle), None)


def user_of(uri: str) -> str:
    """Return the user part of a SIP URI, or of a bare user: `sip:201@pbx;x=1` → `201`."""
    bare = uri.strip().strip("<>")
    scheme, colon, rest = bare.partition(":")
    if colon and scheme.lower() in ("sip", "sips", "tel"):
        if "@" not in rest and scheme.lower() != "tel":
            return ""
        bare = rest
    return bare.partition("@")[0].partition(";")[0].partition("?")[0]


class Exchange:
    """The core of the exchange, with the five verbs; `users` are extensions and their passwords.

    `anchors` opens the media ports of a call and raises PortError where there are none left.
    """

    def __init__(
        self,
        *,
        local: sip.Address,
        users: Mapping[str, str],
        tokens: Callable[[], str],
        anchors: Callable[[], Anchored],
        domain: str = "",
        capacity: int = 100,
        algorithms: tuple[str, ...] = DIGESTS,
    ) -> None:
        self.local = local
        self.users = dict(users)
        self._anchors = anchors
        self._capacity = capacity
        self._registrar = sip.Registrar(
            domain or local.host, self.users, tokens, algorithms=algorithms
        )
        self._agent = sip.UserAgent(
            local=local, tokens=tokens, registrar=self._registrar, product="Attendant exchange"
        )
        self._calls: dict[int, _Call] = {}
        self._by_handle: dict[str, _Call] = {}
        self._events: list[Event] = []
        self._count = 0

    # the five verbs

    def receive(self, data: bytes, source: sip.Address, now: float) -> None:
        """Take one datagram."""
        self._agent.receive(data, source, now)
        self._settle(now)

    def tick(self, now: float) -> None:
        """Do what is due."""
        self._agent.tick(now)
        self._settle(now)
        for call in tuple(self._calls.values()):
            if call.leaving and now >= call.leaving_until:
                self._drop(call.leaving, now)
                call.leaving = ""
            attempt = call.attempt
            if attempt is not None and now >= attempt.until:
                self._drop(attempt.handle, now)
                self._attempt_failed(call, attempt, 408, "Request Timeout", now)
        self._settle(now)

    def deadline(self) -> float | None:
        """Return when `tick` is wanted next."""
        times = [call.attempt.until for call in self._calls.values() if call.attempt is not None]
        times += [call.leaving_until for call in self._calls.values() if call.leaving]
        if (due := self._agent.deadline()) is not None:
            times.append(due)
        return min(times, default=None)

    def outgoing(self) -> list[sip.Packet]:
        """Return the datagrams to send, once."""
        return self._agent.outgoing()

    def events(self) -> list[Event]:
        """Return what has happened since the last time."""
        events, self._events = self._events, []
        return events

    # what the desk asks

    def tap(self, call: int, tap: Tap | None) -> None:
        """Show each audio datagram of a call to `tap` from now on; a call that is over has none."""
        if call in self._calls:
            self._calls[call].anchor.tap = tap

    def reachable(self, user: str, now: float) -> bool:
        """Say whether a telephone is registered for `user`."""
        return bool(self._bindings(user, now))

    def shut_down(self, now: float) -> None:
        """End every call; the goodbyes are in `outgoing`."""
        for call in tuple(self._calls.values()):
            self._finish(call, now)
        self._settle(now)

    # what happens

    def _settle(self, now: float) -> None:
        while events := self._agent.events():
            for event in events:
                self._on(event, now)

    def _on(self, event: sip.Event, now: float) -> None:
        if isinstance(event, sip.Bound | sip.Unbound):
            self._events.append(event)
        elif isinstance(event, sip.Incoming):
            self._incoming(event, now)
        elif (call := self._by_handle.get(getattr(event, "call", ""))) is not None:
            self._on_call(call, event, now)

    def _on_call(self, call: _Call, event: sip.Event, now: float) -> None:
        attempt = call.attempt
        match event:
            case sip.Ringing(handle) if attempt is not None and attempt.handle == handle:
                self._ringing(call, attempt, now)
            case sip.Answered(handle, media) if attempt is not None and attempt.handle == handle:
                self._answered(call, attempt, media, now)
            case sip.Rejected(handle, status, reason) if (
                attempt is not None and attempt.handle == handle
            ):
                self._by_handle.pop(handle)
                self._attempt_failed(call, attempt, *_passable(status, reason), now)
            case sip.Confirmed(handle, media) | sip.MediaChanged(handle, media):
                self._media(call, handle, media, now)
            case sip.TransferRequested(handle, target):
                self._transfer(call, handle, target, now)
            case sip.Ended(handle):
                self._ended(call, handle, now)
            case _:
                return

    def _incoming(self, event: sip.Incoming, now: float) -> None:
        caller, called = user_of(event.caller), user_of(event.called)
        refusal = UNKNOWN if called not in self.users else None
        contacts = self._bindings(called, now)
        if refusal is None and not contacts:
            refusal = NOBODY
        if refusal is None and len(self._calls) >= self._capacity:
            refusal = (503, "Service Unavailable")
        if refusal is not None:
            self._agent.reject(event.call, refusal[0], now, reason=refusal[1])
            return
        try:
            anchor = self._anchors()
        except PortError:
            self._agent.reject(event.call, 503, now, reason="Service Unavailable")
            return
        self._count += 1
        call = _Call(
            self._count,
            anchor,
            {Side.CALLER: caller, Side.CALLED: called},
            event.caller_name,
            event.codecs or ("PCMU", "PCMA"),
            {Side.CALLER: event.call},
        )
        self._calls[call.number] = call
        self._by_handle[event.call] = call
        self._events.append(CallStarted(call.number, caller, called))
        self._begin(call, _Attempt(Side.CALLED, called, contacts, now + RING_LIMIT), now)

    # attempts

    def _begin(self, call: _Call, attempt: _Attempt, now: float) -> None:
        call.attempt = attempt
        if not self._dial(call, attempt, now):
            self._attempt_failed(call, attempt, *NOBODY, now)

    def _dial(self, call: _Call, attempt: _Attempt, now: float) -> bool:
        """Call the next binding; False where none is left."""
        headers: Sequence[tuple[str, str]] = ()
        if call.answered:
            headers = (("Referred-By", f"<sip:{call.users[attempt.side]}@{self.local.host}>"),)
        while attempt.contacts:
            contact, route = attempt.contacts.pop(0)
            media = sip.LocalMedia(
                self.local.host, call.anchor.ports[attempt.side], codecs=call.codecs
            )
            with suppress(sip.LocalError):
                attempt.handle = self._agent.invite(
                    contact,
                    media,
                    now,
                    route=route,
                    caller=call.users[attempt.side.other],
                    display=call.display,
                    headers=tuple(headers),
                )
                self._by_handle[attempt.handle] = call
                return True
        return False

    def _ringing(self, call: _Call, attempt: _Attempt, now: float) -> None:
        leg = call.legs.get(attempt.side if call.answered else Side.CALLER)
        if leg is None:
            return
        with suppress(sip.LocalError):
            if call.answered:
                self._agent.notify_transfer(leg, 180, "Ringing", now)
            else:
                self._agent.ring(leg, now)

    def _answered(self, call: _Call, attempt: _Attempt, media: sip.Media, now: float) -> None:
        call.attempt = None
        side, old = attempt.side, call.legs.get(attempt.side)
        call.legs[side] = attempt.handle
        call.anchor.aim(side, media.host, media.port, media.dtmf_payload_type)
        if not call.answered:
            call.codecs = (media.codec,)
            self._answer_caller(call, now)
            return
        if old is not None:
            with suppress(sip.LocalError):
                self._agent.notify_transfer(old, 200, "OK", now)
            call.leaving, call.leaving_until = old, now + LEAVE_LIMIT
        if call.held[side]:
            # The transferor had put its partner on hold; whoever comes after it speaks with them.
            call.held[side] = False
            self._pass_hold(call, side.other, False, now)
        by, call.users[side] = call.users[side], attempt.target
        self._events.append(CallTransferred(call.number, by, attempt.target))

    def _answer_caller(self, call: _Call, now: float) -> None:
        leg = call.legs[Side.CALLER]
        own = sip.LocalMedia(self.local.host, call.anchor.ports[Side.CALLER], codecs=call.codecs)
        try:
            media = self._agent.answer(leg, own, now)
        except sip.LocalError:
            # It hung up in this instant, or shares no codec with whom it called.
            self._refuse(call, 488, "Not Acceptable Here", now)
            return
        if media is not None:
            call.anchor.aim(Side.CALLER, media.host, media.port, media.dtmf_payload_type)
        call.answered = True
        self._events.append(CallAnswered(call.number))

    def _attempt_failed(
        self, call: _Call, attempt: _Attempt, status: int, reason: str, now: float
    ) -> None:
        self._by_handle.pop(attempt.handle, None)
        if status not in DECISIVE and self._dial(call, attempt, now):
            return
        call.attempt = None
        if not call.answered:
            self._refuse(call, status, reason, now)
            return
        by = call.users[attempt.side]
        self._events.append(TransferFailed(call.number, by, attempt.target, status))
        if (leg := call.legs.get(attempt.side)) is None:
            self._finish(call, now)
            return
        with suppress(sip.LocalError):
            self._agent.notify_transfer(leg, status, reason, now)

    def _refuse(self, call: _Call, status: int, reason: str, now: float) -> None:
        """Pass a failure back to the caller of a call that nobody answered."""
        leg = call.legs.pop(Side.CALLER, None)
        if leg is not None:
            self._by_handle.pop(leg, None)
            with suppress(sip.LocalError):
                self._agent.reject(leg, status, now, reason=reason)
        self._events.append(CallRefused(call.number, status))
        self._finish(call, now)

    # during a call

    def _media(self, call: _Call, handle: str, media: sip.Media, now: float) -> None:
        side = call.side_of(handle)
        if side is None:
            return
        call.anchor.aim(side, media.host, media.port, media.dtmf_payload_type)
        held = media.direction in (sip.Direction.RECVONLY, sip.Direction.INACTIVE)
        if held != call.held[side]:
            call.held[side] = held
            self._pass_hold(call, side.other, held, now)

    def _pass_hold(self, call: _Call, side: Side, on: bool, now: float) -> None:
        """Tell one end that the other wants no audio; where it is just negotiating, it is let be.

        Nothing is lost by that: audio to a holding end is dropped there.
        """
        if (leg := call.legs.get(side)) is not None:
            with suppress(sip.LocalError):
                self._agent.hold(leg, on, now)

    def _transfer(self, call: _Call, handle: str, target: str, now: float) -> None:
        """A blind transfer (RFC 5589, section 6); one with Replaces is declined."""
        side, user = call.side_of(handle), user_of(target)
        if side is None:
            return
        contacts = self._bindings(user, now)
        if not call.answered or call.attempt is not None:
            status, reason = 491, "Request Pending"
        elif "replaces=" in target.lower():
            status, reason = 501, "Not Implemented"
        elif user not in self.users:
            status, reason = UNKNOWN
        elif not contacts:
            status, reason = NOBODY
        else:
            status, reason = 100, "Trying"
        with suppress(sip.LocalError):
            self._agent.notify_transfer(handle, status, reason, now)
        if status == 100:
            self._begin(call, _Attempt(side, user, contacts, now + RING_LIMIT), now)
        else:
            self._events.append(TransferFailed(call.number, call.users[side], user, status))

    def _ended(self, call: _Call, handle: str, now: float) -> None:
        self._by_handle.pop(handle, None)
        attempt = call.attempt
        if handle == call.leaving:
            call.leaving = ""
        elif attempt is not None and attempt.handle == handle:
            self._attempt_failed(call, attempt, 408, "Request Timeout", now)
        elif (side := call.side_of(handle)) is not None:
            del call.legs[side]
            if not (call.answered and attempt is not None and attempt.side is side):
                self._finish(call, now)
            # else: a transferor that does not wait for the outcome; the target still rings.

    def _finish(self, call: _Call, now: float) -> None:
        handles = [*call.legs.values(), call.leaving]
        if call.attempt is not None:
            handles.append(call.attempt.handle)
        for handle in handles:
            self._drop(handle, now)
        call.legs.clear()
        call.attempt, call.leaving = None, ""
        call.anchor.close()
        if self._calls.pop(call.number, None) is not None:
            self._events.append(CallEnded(call.number))

    def _drop(self, handle: str, now: float) -> None:
        """End a leg in whatever state it is; one that has ended by itself is fine."""
        self._by_handle.pop(handle, None)
        if handle:
            with suppress(sip.LocalError):
                self._agent.hang_up(handle, now)

    def _bindings(self, user: str, now: float) -> list[tuple[str, sip.Address]]:
        return list(self._registrar.bindings(user, now))


def _passable(status: int, reason: str) -> tuple[int, str]:
    """Return the status for the other leg: as it came, except where it speaks of ours alone."""
    if status == 0:
        return 408, "Request Timeout"
    if status in (401, 407):
        return 403, "Forbidden"
    if status < 400:
        return NOBODY
    return status, reason
