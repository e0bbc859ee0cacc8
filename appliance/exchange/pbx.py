"""The switch: a registrar and back-to-back user agent as a pure core.

    phone A <-- leg --> user agents <-- leg --> phone B             signalling: this module
    phone A <-- RTP --> [Anchor ~ Anchor] <-- RTP --> phone B       audio: `relay`

A call has two ends (`Side`), each filled by one leg. While a telephone is being called there is
also an attempt, which on success becomes the leg of its end: for a new call that end was empty,
for a transfer the transferor's leg makes room. The far leg notices neither. Each leg negotiates for
itself: transport, keys, codec, session timer, reliable provisional responses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from appliance import sip
from appliance.exchange.agents import Agents
from appliance.exchange.calls import NOBODY, Anchored, Attempt, Board, Call, Leg, passable, user_of
from appliance.exchange.events import (
    CallAnswered,
    CallRefused,
    CallStarted,
    CallTransferred,
    Event,
    TransferFailed,
)
from appliance.exchange.relay import Side, Tap
from appliance.exchange.transfers import Transfers
from appliance.system.ports import PortError

__all__ = ["RING_LIMIT", "Exchange"]

RING_LIMIT: Final = 120.0
"""s a telephone may ring before the caller is told that nobody answered."""
DECISIVE: Final = frozenset({486, 488, 600, 603, 606})
"""A refusal that speaks for the person, not for one device: no other binding is tried."""
DIGESTS: Final = ("MD5",)
"""Offered to telephones. Not SHA-256 beside it, although our own would take it: baresip 1.0, as
Debian has it, gives up at a challenge of an algorithm that it does not know (ENOSYS)."""
CODECS: Final = ("PCMU", "PCMA", "G722", "opus")
"""What legs may agree on; the caller's order wins."""
UNKNOWN: Final = (404, "Not Found")
FULL: Final = (503, "Service Unavailable")


def _no_secret(size: int) -> bytes:
    raise sip.LocalError(f"an exchange that encrypts needs a source of {size} secret bytes")


class Exchange:
    """The core of the exchange, with the five verbs; `users` are extensions and their passwords.

    `anchors` opens the media ports of a leg and raises PortError where there are none left.
    """

    def __init__(
        self,
        *,
        local: sip.Address,
        users: Mapping[str, str],
        tokens: Callable[[], str],
        anchors: Callable[[], Anchored],
        streams: Sequence[sip.Address] = (),
        domain: str = "",
        capacity: int = 100,
        algorithms: tuple[str, ...] = DIGESTS,
        codecs: tuple[str, ...] = CODECS,
        srtp: sip.Srtp = sip.Srtp.OFF,
        secret: Callable[[int], bytes] = _no_secret,
        policy: sip.Policy | None = None,
        refer: int = 0,
    ) -> None:
        """`streams` are further addresses where we listen, by TCP and TLS.

        `srtp` is what every leg is offered and may offer, with keys made of `secret`; one leg may
        be encrypted and the other plain unless it is required. `refer` is a status with which every
        REFER is refused; 0: transfers work.
        """
        self.local = local
        self.streams = tuple(streams)
        self.users = dict(users)
        self._anchors = anchors
        self._capacity = capacity
        self._registrar = sip.Registrar(
            domain or local.host, self.users, tokens, algorithms=algorithms
        )
        self._agents = Agents(
            (local, *streams), tokens=tokens, registrar=self._registrar, codecs=codecs,
            srtp=srtp, policy=policy, refer=refer,
        )  # fmt: skip
        self._board = Board(self._agents, local.host, codecs, srtp, secret)
        self._transfers = Transfers(self._board, self._place, self._answered)
        self._count = 0

    # the five verbs

    def receive(self, data: bytes, source: sip.Address, now: float) -> None:
        """Take one message."""
        self._agents.receive(data, source, now)
        self._settle(now)

    def tick(self, now: float) -> None:
        """Do what is due."""
        self._agents.tick(now)
        self._settle(now)
        board = self._board
        for leaving in tuple(board.leaving.values()):
            if now >= leaving.until:
                board.drop(leaving.leg, now)
        for call in tuple(board.calls.values()):
            attempt = call.attempt
            if attempt is not None and now >= attempt.until:
                attempt.contacts.clear()
                self._hang_up(attempt.leg, now)
                self._attempt_failed(call, attempt, 408, "Request Timeout", now)
        self._settle(now)

    def deadline(self) -> float | None:
        """Return when `tick` is wanted next."""
        board = self._board
        times = [call.attempt.until for call in board.calls.values() if call.attempt is not None]
        times += [leaving.until for leaving in board.leaving.values()]
        if (due := self._agents.deadline()) is not None:
            times.append(due)
        return min(times, default=None)

    def outgoing(self) -> list[sip.Packet]:
        """Return the messages to send, once."""
        return self._agents.outgoing()

    def events(self) -> list[Event]:
        """Return what has happened since the last time."""
        events, self._board.events = self._board.events, []
        return events

    def lost(self, peer: sip.Address, why: str, now: float) -> None:
        """Learn that the connection to `peer` could not be made, or ended.

        Who had registered over it is not reachable any more.
        """
        self._agents.lost(peer, why, now)
        self._settle(now)

    # what the desk asks

    def tap(self, call: int, tap: Tap | None) -> None:
        """Show each audio datagram of a call to `tap` from now on; a call that is over has none."""
        if (known := self._board.calls.get(call)) is not None:
            known.tap = tap
            self._board.watch(known)

    def reachable(self, user: str, now: float) -> bool:
        """Say whether a telephone is registered for `user`."""
        return bool(self._bindings(user, now))

    def shut_down(self, now: float) -> None:
        """End every call; the goodbyes are in `outgoing`."""
        for call in tuple(self._board.calls.values()):
            self._board.finish(call, now)
        self._settle(now)

    # what happens

    def _settle(self, now: float) -> None:
        while events := self._agents.events():
            for event in events:
                self._on(event, now)

    def _on(self, event: sip.Event, now: float) -> None:
        handle = getattr(event, "call", "")
        if isinstance(event, sip.Bound | sip.Unbound):
            self._board.events.append(event)
        elif isinstance(event, sip.Incoming):
            if event.replaces:
                self._picked_up(event, now)
            else:
                self._incoming(event, now)
        elif (call := self._board.owners.get(handle)) is not None:
            self._on_call(call, event, now)
        elif isinstance(event, sip.Ended):
            self._board.gone(handle)

    def _on_call(self, call: Call, event: sip.Event, now: float) -> None:
        attempt = call.attempt
        tried = attempt.leg.handle if attempt is not None else ""
        match event:
            case sip.Ringing(handle) if attempt is not None and handle == tried:
                self._ringing(call, attempt, now)
            case sip.EarlyMedia(handle, media) if attempt is not None and handle == tried:
                self._early(call, attempt, media, now)
            case sip.Answered(handle, media) if attempt is not None and handle == tried:
                self._answered(call, attempt, media, now)
            case sip.Rejected(handle, status, reason) if attempt is not None and handle == tried:
                self._board.owners.pop(handle)
                self._attempt_failed(call, attempt, *passable(status, reason), now)
            case sip.Confirmed(handle, media) | sip.MediaChanged(handle, media):
                self._media(call, handle, media, now)
            case sip.EarlyMedia(handle, media):
                self._media(call, handle, media, now)
            case sip.KeyPressed(handle, digit):
                self._key(call, handle, digit, now)
            case sip.TransferRequested(handle, target):
                self._transfers.requested(call, handle, target, now)
            case sip.Ended(handle):
                self._ended(call, handle, now)
            case _:
                return

    def _incoming(self, event: sip.Incoming, now: float) -> None:
        caller, called = user_of(event.caller), user_of(event.called)
        board = self._board
        refusal = self._unreachable(called, now)
        if refusal is None and len(board.calls) >= self._capacity:
            refusal = FULL
        anchor = self._open() if refusal is None else None
        if anchor is None:
            status, reason = refusal or FULL
            self._agents.of(event.call).reject(event.call, status, now, reason=reason)
            return
        self._count += 1
        call = Call(
            self._count,
            {Side.CALLER: caller, Side.CALLED: called},
            event.caller_name,
            event.codecs or board.codecs,
            {},
        )
        board.calls[call.number] = call
        board.put(call, Side.CALLER, Leg(event.call, caller, anchor))
        board.events.append(CallStarted(call.number, caller, called))
        self._place(call, Side.CALLED, called, call.codecs, now)

    def _picked_up(self, event: sip.Incoming, now: float) -> None:
        """A telephone wants the place of another in a call (RFC 3891)."""
        anchor = self._open()
        if anchor is None:
            self._agents.of(event.call).reject(event.call, FULL[0], now, reason=FULL[1])
            return
        leg = Leg(event.call, user_of(event.caller), anchor)
        self._transfers.picked_up(event, leg, now)

    def _unreachable(self, user: str, now: float) -> tuple[int, str] | None:
        if user not in self.users:
            return UNKNOWN
        return None if self._bindings(user, now) else NOBODY

    def _open(self) -> Anchored | None:
        try:
            return self._anchors()
        except PortError:
            return None

    # attempts

    def _place(
        self, call: Call, side: Side, target: str, codecs: tuple[str, ...], now: float
    ) -> tuple[int, str] | None:
        """Call `target`, to become the leg of `side`; None, or why that cannot be tried.

        For a new call the caller is told as well.
        """
        refusal = self._unreachable(target, now)
        anchor = self._open() if refusal is None else None
        if anchor is None:
            refusal = refusal or FULL
            if not call.answered:
                self._refuse(call, *refusal, now)
            return refusal
        contacts = self._bindings(target, now)
        call.attempt = attempt = Attempt(
            side, target, contacts, now + RING_LIMIT, codecs, Leg("", target, anchor)
        )
        if not self._dial(call, attempt, now):
            self._attempt_failed(call, attempt, *NOBODY, now)
        return None

    def _dial(self, call: Call, attempt: Attempt, now: float) -> bool:
        """Call the next binding; False where none is left."""
        headers: Sequence[tuple[str, str]] = ()
        if call.answered:
            headers = (("Referred-By", f"<sip:{call.users[attempt.side]}@{self.local.host}>"),)
        leg, board = attempt.leg, self._board
        while attempt.contacts:
            attempt.secure = attempt.contacts[0] == attempt.tried
            contact, route = attempt.tried = attempt.contacts.pop(0)
            with suppress(sip.LocalError):
                leg.local = board.describe(leg.anchor, attempt.codecs, secure=attempt.secure)
                leg.handle = self._agents.invite(
                    contact,
                    leg.local,
                    now,
                    route=route,
                    caller=call.users[attempt.side.other],
                    display=call.display,
                    headers=headers,
                )
                board.owners[leg.handle] = call
                return True
        return False

    def _ringing(self, call: Call, attempt: Attempt, now: float) -> None:
        leg = call.legs.get(attempt.side if call.answered else Side.CALLER)
        if leg is None:
            return
        if call.answered:
            self._board.notify(leg.handle, 180, "Ringing", now)
            return
        with suppress(sip.LocalError):
            self._agents.of(leg.handle).ring(leg.handle, now)

    def _early(self, call: Call, attempt: Attempt, media: sip.Media, now: float) -> None:
        """The called telephone is heard before it answers: the caller hears it too."""
        attempt.leg.agree(media)
        leg = call.legs.get(Side.CALLER)
        if call.answered or leg is None:
            return  # a transfer: the far end hears the transferor until the target answers
        leg.anchor.join(attempt.leg.anchor)
        local = self._say(call, leg, media.codec)
        with suppress(sip.LocalError):
            agreed = self._agents.of(leg.handle).ring(leg.handle, now, local)
            if agreed is not None:
                leg.agree(agreed)

    def _say(self, call: Call, leg: Leg, codec: str) -> sip.LocalMedia:
        """Our end of the audio of a caller's leg; what was said once stands.

        The order of an offer wins: `codec` alone is said where the caller would rather have another
        one, and else everything, so that it may change to another later.
        """
        if leg.local is None:
            codecs = self._board.codecs if codec == call.codecs[0] else (codec,)
            leg.local = self._board.describe(leg.anchor, codecs)
        return leg.local

    def _answered(self, call: Call, attempt: Attempt, media: sip.Media | None, now: float) -> None:
        board = self._board
        if call.attempt is attempt:
            call.attempt = None
        side, leg, old = attempt.side, attempt.leg, call.legs.get(attempt.side)
        if media is not None:
            leg.agree(media)
        board.put(call, side, leg)
        by, call.users[side] = call.users[side], attempt.target
        if not call.answered:
            self._answer_caller(call, media.codec if media is not None else call.codecs[0], now)
            return
        if old is not None:
            board.notify(old.handle, 200, "OK", now)
            board.send_away(call, old, now)
            if old.held:
                # The transferor had put its partner on hold; who comes after it speaks with them.
                board.hold(call, side.other, False, now)
        far = call.legs.get(side.other)
        if far is not None and far.held:
            board.hold(call, side, True, now)
        board.events.append(CallTransferred(call.number, by, attempt.target))

    def _answer_caller(self, call: Call, codec: str, now: float) -> None:
        leg = call.legs[Side.CALLER]
        try:
            media = self._agents.of(leg.handle).answer(leg.handle, self._say(call, leg, codec), now)
        except sip.LocalError:
            # It hung up in this instant, or shares no codec with whom it called.
            self._refuse(call, 488, "Not Acceptable Here", now)
            return
        if media is not None:
            leg.agree(media)
        call.answered = True
        self._board.events.append(CallAnswered(call.number))

    def _attempt_failed(
        self, call: Call, attempt: Attempt, status: int, reason: str, now: float
    ) -> None:
        self._board.owners.pop(attempt.leg.handle, None)
        if status == 488 and not attempt.secure and self._board.srtp is sip.Srtp.OFFERED:
            # Some telephones that insist on encryption take no offer that leaves it open.
            attempt.contacts[:0] = [attempt.tried] if attempt.tried is not None else []
            if self._dial(call, attempt, now):
                return
        if status not in DECISIVE and self._dial(call, attempt, now):
            return
        call.attempt = None
        attempt.leg.anchor.close()
        if not call.answered:
            self._refuse(call, status, reason, now)
            return
        by = call.users[attempt.side]
        self._board.events.append(TransferFailed(call.number, by, attempt.target, status))
        if (leg := call.legs.get(attempt.side)) is None:
            self._board.finish(call, now)
            return
        self._board.notify(leg.handle, status, reason, now)

    def _refuse(self, call: Call, status: int, reason: str, now: float) -> None:
        """Pass a failure back to the caller of a call that nobody answered."""
        leg = call.legs.get(Side.CALLER)
        if leg is not None:
            with suppress(sip.LocalError):
                self._agents.of(leg.handle).reject(leg.handle, status, now, reason=reason)
        self._board.events.append(CallRefused(call.number, status))
        self._board.finish(call, now)

    # a call that stands

    def _media(self, call: Call, handle: str, media: sip.Media, now: float) -> None:
        side = call.side_of(handle)
        if side is None:
            return
        leg = call.legs[side]
        leg.agree(media)
        held = media.direction in (sip.Direction.RECVONLY, sip.Direction.INACTIVE)
        if held != leg.held:
            leg.held = held
            self._board.hold(call, side.other, held, now)

    def _key(self, call: Call, handle: str, digit: str, now: float) -> None:
        """A key that came by INFO goes on by INFO."""
        side = call.side_of(handle)
        far = call.legs.get(side.other) if side is not None else None
        if far is not None:
            with suppress(sip.LocalError):
                self._agents.of(far.handle).send_key(far.handle, digit, now)

    def _ended(self, call: Call, handle: str, now: float) -> None:
        self._board.owners.pop(handle, None)
        attempt = call.attempt
        if attempt is not None and attempt.leg.handle == handle:
            self._attempt_failed(call, attempt, 408, "Request Timeout", now)
        elif (side := call.side_of(handle)) is not None:
            call.legs.pop(side).anchor.close()
            if not (call.answered and attempt is not None and attempt.side is side):
                self._board.finish(call, now)
            # else: a transferor that does not wait for the outcome; the target still rings.

    def _hang_up(self, leg: Leg, now: float) -> None:
        with suppress(sip.LocalError):
            self._agents.of(leg.handle).hang_up(leg.handle, now)

    def _bindings(self, user: str, now: float) -> list[tuple[str, sip.Address]]:
        return list(self._registrar.bindings(user, now))
