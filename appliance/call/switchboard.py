"""All calls of the box, in virtual time: admission, legs, and the carrying out of their orders.

The outside world (sockets, the link to `speech`, files) is one object with few verbs, so that
whole calls run in tests/house without any of it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from appliance import dialogue, rtp, sip
from appliance.call import orders
from appliance.call.leg import Leg
from appliance.call.session import CallSession, Rules
from appliance.call.voice import Prompts, Voice
from appliance.contracts.outcome import Outcome
from appliance.contracts.speech import Downward, Upward
from appliance.records import CallRecord

BUSY: Final = 486
MOVED: Final = 302
UNAVAILABLE: Final = 503


class Outside(Protocol):
    """What the switchboard needs of the world; `call` is our own id of a call."""

    def open_media(self, call: str) -> sip.LocalMedia:
        """Open ports for a call. Raises OSError where there are none."""

    def send_media(self, call: str, packet: rtp.MediaPacket) -> None:
        """Send a datagram from the call's ports."""

    def close_media(self, call: str) -> None:
        """Close the call's ports, if any are open."""

    def open_speech(self, call: str) -> None:
        """Ask `speech` to serve a call; what comes of it is told to `Switchboard.speech`."""

    def tell_speech(self, call: str, message: Upward) -> int:
        """Send a message up the call's link; returns how many frames of audio were dropped."""

    def close_speech(self, call: str) -> None:
        """Close the call's link, if one is open."""

    def keep_note(self, call: str, kind: str, fields: tuple[tuple[str, str], ...]) -> None:
        """Write down what a caller left."""

    def keep_record(self, record: CallRecord) -> None:
        """Write down that a call was."""

    def show(self, call: str, event: str, values: tuple[tuple[str, object], ...]) -> None:
        """Something happened that a person at a desk may like to see."""

    def changed(self) -> None:
        """The counts of calls have changed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is the same for every call."""

    engine: dialogue.Engine
    moment: Callable[[float], dialogue.Moment]
    prompts: Prompts
    filler: bytes
    """PCM heard while an answer is on its way."""
    tones: bytes
    """PCM instead of a sentence that can be neither found nor rendered."""
    ringback: bytes
    """One period of ringing, PCM."""
    rules: Rules
    capacity: int
    overflow: str
    """SIP URI to which a call beyond capacity is sent; empty: it hears busy."""


class Switchboard:
    """Owns the calls; the owner of the user agent hands it events, ticks and messages."""

    def __init__(
        self, core: sip.UserAgent, plan: Plan, outside: Outside, tokens: Callable[[], str]
    ) -> None:
        self.core = core
        self.plan = plan
        """May be replaced: calls in progress keep theirs."""
        self.answered = 0
        self.refused = 0
        self.accepting = True
        """Whether new calls are admitted; the box stops taking them before it stops."""
        self._outside = outside
        self._tokens = tokens
        self._legs: dict[str, Leg] = {}
        self._by_handle: dict[str, Leg] = {}

    @property
    def calls(self) -> tuple[str, ...]:
        """Our ids of the calls in progress."""
        return tuple(self._legs)

    def call_of(self, event: sip.Event) -> str:
        """Return our id of the call that an event is about; empty where there is none."""
        leg = self._by_handle.get(getattr(event, "call", ""))
        return "" if leg is None else leg.id

    # inputs

    def event(self, event: sip.Event, now: float) -> None:
        """Take an event of the user agent; those of registration are not for us."""
        if isinstance(event, sip.Incoming):
            self._admit(event, now)
            return
        leg = self._by_handle.get(getattr(event, "call", ""))
        if leg is not None:
            leg.event(event, now)
            self._carry_out(leg, now)

    def speech(self, call: str, message: Downward, now: float) -> None:
        """Take a message of the call's link."""
        leg = self._legs.get(call)
        if leg is not None:
            leg.session.speech(message, now)
            self._carry_out(leg, now)

    def speech_lost(self, call: str, why: str, now: float) -> None:
        """The call's link could not be opened, or broke."""
        leg = self._legs.get(call)
        if leg is not None:
            leg.session.speech_lost(why, now)
            self._carry_out(leg, now)

    def receive(
        self, call: str, data: bytes, source: tuple[str, int], control: bool, now: float
    ) -> None:
        """Take a datagram that came to the call's ports."""
        leg = self._legs.get(call)
        if leg is not None:
            leg.receive(data, source, control, now)

    def tick(self, call: str, now: float) -> None:
        """20 ms pass for a call."""
        leg = self._legs.get(call)
        if leg is not None:
            leg.tick(now)
            self._carry_out(leg, now)

    def fail(self, call: str, now: float) -> None:
        """A defect has shown in this call's code: end it, and no other."""
        self.end(call, Outcome.FAILED, now)

    def end(self, call: str, outcome: Outcome, now: float) -> None:
        """End a call at once."""
        leg = self._legs.get(call)
        if leg is not None:
            leg.session.end(outcome, now)
            self._carry_out(leg, now)

    def forget(self, call: str, now: float) -> None:
        """Count a call as over although the PBX does not say so: the process ends."""
        leg = self._legs.get(call)
        if leg is not None:
            leg.session.ended(now)
            self._carry_out(leg, now)

    # admission

    def _admit(self, incoming: sip.Incoming, now: float) -> None:
        if not self.accepting:
            self._refuse(incoming.call, UNAVAILABLE, now)
        elif len(self._legs) >= self.plan.capacity:
            self._refuse(incoming.call, MOVED if self.plan.overflow else BUSY, now)
        else:
            self._begin(incoming.call, now)
        self._outside.changed()

    def _refuse(self, handle: str, status: int, now: float) -> None:
        self.refused += 1
        headers: tuple[tuple[str, str], ...] = ()
        if status == MOVED:
            headers = (("Contact", f"<{self.plan.overflow}>"),)
        elif status == UNAVAILABLE:
            headers = (("Retry-After", "30"),)
        with contextlib.suppress(sip.LocalError):  # the caller has given up already
            self.core.reject(handle, status, now, headers=headers)
        call = self._tokens()
        started = self.plan.moment(now).local
        self._outside.show(call, "refused", (("status", status),))
        self._outside.keep_record(CallRecord(call, started, 0, Outcome.REFUSED))

    def _begin(self, handle: str, now: float) -> None:
        plan = self.plan
        session = CallSession(
            engine=plan.engine,
            moment=plan.moment,
            voice=Voice(plan.prompts, filler=plan.filler, tones=plan.tones),
            ringback=plan.ringback,
            rules=plan.rules,
            now=now,
        )
        leg = Leg(name=self._tokens(), handle=handle, session=session, tokens=self._tokens)
        self._legs[leg.id] = self._by_handle[handle] = leg
        self._outside.show(leg.id, "incoming", ())
        self._outside.open_speech(leg.id)
        with contextlib.suppress(sip.LocalError):  # given up already: `Ended` is on its way
            self.core.ring(handle, now)

    # orders

    def _carry_out(self, leg: Leg, now: float) -> None:
        for packet in leg.packets():
            self._outside.send_media(leg.id, packet)
        while todo := leg.session.orders():
            for order in todo:
                self._carry_out_one(leg, order, now)

    def _carry_out_one(self, leg: Leg, order: orders.Order, now: float) -> None:
        match order:
            case orders.Tell(message):
                dropped = self._outside.tell_speech(leg.id, message)
                if dropped:
                    leg.session.speech_missed(dropped, now)
            case orders.Show(event, values):
                self._outside.show(leg.id, event, values)
            case orders.KeepNote(kind, fields):
                self._outside.keep_note(leg.id, kind, fields)
            case orders.Answer():
                self._answer(leg, now)
            case orders.PutThrough(target):
                self._put_through(leg, target, now)
            case orders.HangUp():
                self._hang_up(leg, now)
            case orders.Finished(outcome):
                self._finish(leg, outcome, now)

    def _answer(self, leg: Leg, now: float) -> None:
        try:
            local = self._outside.open_media(leg.id)
            media = self.core.answer(leg.handle, local, now)
        except (OSError, sip.LocalError) as error:  # no ports, or the caller has just gone
            kind = type(error).__name__
            self._outside.show(leg.id, "no-media", (("kind", kind), ("why", str(error))))
            leg.session.end(Outcome.FAILED, now)
            return
        self.answered += 1
        if media is not None:
            leg.agree(media, now)
        self._outside.changed()

    def _put_through(self, leg: Leg, target: str, now: float) -> None:
        try:
            self.core.transfer(leg.handle, target, now)
        except sip.LocalError as error:  # held, or already over
            leg.session.transfer_progress(500, str(error), True, now)

    def _hang_up(self, leg: Leg, now: float) -> None:
        try:
            self.core.hang_up(leg.handle, now)
        except sip.LocalError:  # it was over already, and `Ended` is on its way or has been
            leg.session.ended(now)

    def _finish(self, leg: Leg, outcome: Outcome, now: float) -> None:
        for packet in leg.packets():  # RTCP BYE
            self._outside.send_media(leg.id, packet)
        del self._legs[leg.id], self._by_handle[leg.handle]
        self._outside.close_speech(leg.id)
        self._outside.close_media(leg.id)
        started = self.plan.moment(leg.session.began).local
        self._outside.keep_record(leg.record(outcome, started, now))
        self._outside.changed()
