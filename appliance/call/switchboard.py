"""All calls of the box, in virtual time: admission, legs, and the carrying out of their orders.

Calls come by lines: each is a user agent at some PBX, and all share what the box can carry. The
outside world (sockets, the link to `speech`, files) is one object with few verbs, so that
whole calls run in tests/house without any of it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from appliance import rtp, sip
from appliance.call import orders
from appliance.call.consultation import Consultation
from appliance.call.facts import facts
from appliance.call.leg import Leg
from appliance.call.outside import Outside, Plan
from appliance.call.session import CallSession
from appliance.call.stream import Stream
from appliance.call.voice import Voice
from appliance.contracts.outcome import Outcome
from appliance.contracts.speech import Downward
from appliance.records import CallRecord

__all__ = ["Outside", "Plan", "Switchboard"]

BUSY: Final = 486
MOVED: Final = 302
UNAVAILABLE: Final = 503
DECLINE: Final = 603


class Switchboard:
    """Owns the calls; the owner of the user agent hands it events, ticks and messages."""

    def __init__(self, plan: Plan, outside: Outside, tokens: Callable[[], str]) -> None:
        self.plan = plan
        """May be replaced: calls in progress keep theirs."""
        self.answered = 0
        self.refused = 0
        self.accepting = True
        """Whether new calls are admitted; the box stops taking them before it stops."""
        self._outside = outside
        self._tokens = tokens
        self._cores: dict[str, sip.UserAgent] = {}
        self._legs: dict[str, Leg] = {}
        self._by_handle: dict[tuple[str, str], Leg] = {}
        """By line and handle; both calls of a hand-over lead to the caller's leg."""
        self._by_media: dict[str, tuple[Leg, Stream]] = {}
        """By our id of ports: those of the caller, and of the second call of a hand-over."""

    def attach(self, line: str, core: sip.UserAgent) -> None:
        """Add a line; its owner hands us the events of `core` and carries its packets."""
        self._cores[line] = core

    @property
    def calls(self) -> tuple[str, ...]:
        """Our ids of the calls in progress."""
        return tuple(self._legs)

    def call_of(self, line: str, event: sip.Event) -> str:
        """Return our id of the call that an event is about; empty where there is none."""
        leg = self._by_handle.get((line, getattr(event, "call", "")))
        return "" if leg is None else leg.id

    def line_of(self, call: str) -> str:
        """Return the line of a call, by our id of it or of ports of it; empty: none."""
        leg = self._leg(call)
        return "" if leg is None else leg.line

    def _leg(self, call: str) -> Leg | None:
        leg = self._legs.get(call)
        return self._by_media[call][0] if leg is None and call in self._by_media else leg

    # inputs

    def event(self, line: str, event: sip.Event, now: float) -> None:
        """Take an event of a line's user agent; those of registration are not for us."""
        if isinstance(event, sip.Incoming):
            self._admit(line, event, now)
            return
        leg = self._by_handle.get((line, getattr(event, "call", "")))
        if leg is None:
            return
        if isinstance(event, sip.TransferRequested):
            self._decline_errand(leg, event.call, now)
            return
        if isinstance(event, sip.Moved):
            self._move(leg, event.call, now)
            return
        leg.event(event, now)
        if leg.second is not None and leg.second.over:
            self._part(leg, now)
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
        if call in self._by_media:
            self._by_media[call][1].receive(data, source, control, now)

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
        """End a call at once, by our id of it or of ports of it."""
        leg = self._leg(call)
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

    def _admit(self, line: str, incoming: sip.Incoming, now: float) -> None:
        replaced = self._by_handle.get((line, incoming.replaces)) if incoming.replaces else None
        why = "" if replaced else self.plan.admission.why(len(self._legs), now)
        if not self.accepting:
            self._refuse(line, incoming.call, UNAVAILABLE, "the box stops", now)
        elif replaced is not None and replaced.passes_on(incoming.replaces):
            self._take_over(replaced, incoming, now)
        elif why:
            self._refuse(line, incoming.call, MOVED if self.plan.overflow else BUSY, why, now)
        else:
            self._begin(line, incoming, now, ring=replaced is None)
        self._outside.changed()

    def _refuse(self, line: str, handle: str, status: int, why: str, now: float) -> None:
        self.refused += 1
        headers: tuple[tuple[str, str], ...] = ()
        if status == MOVED:
            headers = (("Contact", f"<{self.plan.overflow}>"),)
        elif status == UNAVAILABLE:
            headers = (("Retry-After", "30"),)
        with contextlib.suppress(sip.LocalError):  # the caller has given up already
            self._cores[line].reject(handle, status, now, headers=headers)
        call = self._tokens()
        started = self.plan.moment(now).local
        self._outside.show(call, "refused", (("status", status), ("why", why)))
        self._outside.keep_record(CallRecord(call, started, 0, Outcome.REFUSED))

    def _begin(self, line: str, incoming: sip.Incoming, now: float, *, ring: bool) -> None:
        """Take a call; one that replaces another is answered without ringing (RFC 3891)."""
        plan = self.plan
        known = facts(incoming)
        session = CallSession(
            engine=plan.engine,
            moment=plan.moment,
            voice=Voice(plan.prompts, filler=plan.filler, tones=plan.tones),
            ringback=plan.ringback,
            rules=plan.rules if ring else replace(plan.rules, ring=0.0),
            now=now,
            facts=known,
        )
        names = dict(known)
        leg = Leg(
            name=self._tokens(), line=line, handle=incoming.call, session=session,
            tokens=self._tokens, shown=names.get("caller_name") or names.get("caller", ""),
        )  # fmt: skip
        self._legs[leg.id] = self._by_handle[line, leg.handle] = leg
        self._by_media[leg.ports] = (leg, leg.stream)
        self._outside.show(leg.id, "incoming", ())
        self._outside.open_speech(leg.id)
        if ring:
            with contextlib.suppress(sip.LocalError):  # given up already: `Ended` is on its way
                self._cores[line].ring(leg.handle, now)

    # orders

    def _carry_out(self, leg: Leg, now: float) -> None:
        self._send(leg, now)
        while todo := leg.session.orders():
            for order in todo:
                self._carry_out_one(leg, order, now)

    def _send(self, leg: Leg, now: float) -> None:
        for packet in leg.packets():
            self._outside.send_media(leg.ports, packet)
        if leg.second is not None:
            for packet in leg.second.stream.packets():
                self._outside.send_media(leg.second.id, packet)
        for handle, digit in leg.infos():
            with contextlib.suppress(sip.LocalError):  # that call has just ended
                self._cores[leg.line].send_key(handle, digit, now)

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
            case orders.PutThrough():
                self._put_through(leg, order, now)
            case orders.Consult():
                self._consult(leg, order, now)
            case orders.Join():
                self._join(leg, now)
            case orders.Bridge():
                leg.join()
            case orders.Release():
                self._part(leg, now)
            case orders.HangUp():
                self._hang_up(leg, now)
            case orders.Finished(outcome):
                self._finish(leg, outcome, now)

    def _answer(self, leg: Leg, now: float) -> None:
        try:
            local = self._outside.open_media(leg.ports, leg.line)
            media = self._cores[leg.line].answer(leg.handle, local, now)
            if media is not None:
                leg.agree(media, now)
        except (OSError, sip.LocalError, rtp.LocalError) as error:  # no ports, or the caller left
            self._no_media(leg, error)
            leg.session.end(Outcome.FAILED, now)
            return
        self.answered += 1
        self._outside.changed()

    def _no_media(self, leg: Leg, error: Exception) -> None:
        values = (("kind", type(error).__name__), ("why", str(error)))
        self._outside.show(leg.id, "no-media", values)

    def _hang_up(self, leg: Leg, now: float) -> None:
        try:
            self._cores[leg.line].hang_up(leg.handle, now)
        except sip.LocalError:  # it was over already, and `Ended` is on its way or has been
            leg.session.ended(now)

    def _finish(self, leg: Leg, outcome: Outcome, now: float) -> None:
        self._part(leg, now)
        self._send(leg, now)  # RTCP BYE
        del self._legs[leg.id]
        self._outside.close_speech(leg.id)
        self._forget(leg, leg.ports, leg.handle)
        started = self.plan.moment(leg.session.began).local
        self._outside.keep_record(leg.record(outcome, started, now))
        self._outside.changed()

    # handing over

    def _put_through(self, leg: Leg, order: orders.PutThrough, now: float) -> None:
        if not self._may_dial(leg, order, now):
            return
        dialling = self.plan.dialling
        dialling.began(now)
        dialling.ended()  # the PBX's call, not ours: it counts within the minute only
        try:
            self._cores[leg.line].transfer(leg.handle, order.target, now)
        except sip.LocalError as error:  # held, or already over
            leg.session.transfer_progress(UNAVAILABLE, str(error), True, now)

    def _consult(self, leg: Leg, order: orders.Consult, now: float) -> None:
        """Call the person, by the line that the caller came by."""
        if order.followed:  # the PBX's own numbers are allowed as numbers
            target = self._cores[leg.line].extension(order.target)
            order = replace(order, target=target)
        if not self._may_dial(leg, order, now):
            return
        dialling, name = self.plan.dialling, self._tokens()
        try:
            local = self._outside.open_media(name, leg.line)
            core = self._cores[leg.line]
            handle = core.invite(order.target, local, now, display=leg.shown)
        except (OSError, sip.LocalError) as error:
            self._no_media(leg, error)
            self._outside.close_media(name)
            leg.session.person_gone(0, "the call could not be made", now)
            return
        dialling.began(now)
        leg.second = Consultation(name, handle, Stream(self._tokens, now), dialling)
        self._remember(leg, name, handle, leg.second.stream)
        self._outside.show(leg.id, "calling", (("target", order.target),))

    def _may_dial(self, leg: Leg, order: orders.PutThrough | orders.Consult, now: float) -> bool:
        """Ask the limits on calls out; an emergency and a rescue go to a fixed number anyway."""
        why = "" if order.urgent else self.plan.dialling.check(order.target, now)
        if why:
            self._outside.show(leg.id, "not-dialled", (("why", why),))
            leg.session.not_handed_over("that number may not be called", now)
        return not why

    def _join(self, leg: Leg, now: float) -> None:
        if leg.second is None:
            return
        try:
            self._cores[leg.line].transfer_to(leg.handle, leg.second.handle, now)
        except sip.LocalError as error:
            leg.session.transfer_progress(UNAVAILABLE, str(error), True, now)

    def _take_over(self, leg: Leg, incoming: sip.Incoming, now: float) -> None:
        """The caller or the person has passed their call on: another telephone takes its place."""
        name, handle, core = self._tokens(), incoming.call, self._cores[leg.line]
        stream = Stream(self._tokens, now)
        try:
            local = self._outside.open_media(name, leg.line)
            media = core.answer(handle, local, now)
            if media is not None:
                stream.agree(media, now)
        except (OSError, sip.LocalError, rtp.LocalError) as error:
            self._no_media(leg, error)
            self._outside.close_media(name)
            with contextlib.suppress(sip.LocalError):
                core.hang_up(handle, now)
            return
        second = leg.second
        if second is not None and second.handle == incoming.replaces:
            second.close(now)
            self._goodbye(second.stream, second.id)
            self._forget(leg, second.id, second.handle)
            leg.pass_person(Consultation(name, handle, stream, None))
        else:
            leg.stream.close(now)
            self._goodbye(leg.stream, leg.ports)
            self._forget(leg, leg.ports, leg.handle)
            leg.pass_caller(name, handle, stream)
        self._remember(leg, name, handle, stream)
        self._outside.show(leg.id, "taken-over", ())

    def _move(self, leg: Leg, handle: str, now: float) -> None:
        """Our address is another one: the audio of one call comes to new ports from now on."""
        name, second = self._tokens(), leg.second
        stream, ports = leg.stream, leg.ports
        if second is not None and second.handle == handle:
            stream, ports = second.stream, second.id
        try:
            local = self._outside.open_media(name, leg.line)
            self._cores[leg.line].change_media(handle, local, now)
        except (OSError, sip.LocalError) as error:  # the silence will end it
            self._no_media(leg, error)
            self._outside.close_media(name)
            return
        del self._by_media[ports]
        self._outside.close_media(ports)
        self._by_media[name] = (leg, stream)
        leg.rename(ports, name)
        self._outside.show(leg.id, "moved", ())

    def _decline_errand(self, leg: Leg, handle: str, now: float) -> None:
        """The peer wants us to call somebody (REFER): the box calls whom the dialogue names."""
        with contextlib.suppress(sip.LocalError):
            self._cores[leg.line].notify_transfer(handle, DECLINE, "Declined", now)

    def _part(self, leg: Leg, now: float) -> None:
        """End the call to the person, if there is one."""
        second = leg.part()
        if second is None:
            return
        if not second.over:
            with contextlib.suppress(sip.LocalError):  # over already
                self._cores[leg.line].hang_up(second.handle, now)
        second.close(now)
        self._goodbye(second.stream, second.id)
        self._forget(leg, second.id, second.handle)

    # ports and handles of one half of a leg

    def _remember(self, leg: Leg, ports: str, handle: str, stream: Stream) -> None:
        self._by_handle[leg.line, handle] = leg
        self._by_media[ports] = (leg, stream)

    def _goodbye(self, stream: Stream, ports: str) -> None:
        for packet in stream.packets():  # RTCP BYE
            self._outside.send_media(ports, packet)

    def _forget(self, leg: Leg, ports: str, handle: str) -> None:
        del self._by_handle[leg.line, handle], self._by_media[ports]
        self._outside.close_media(ports)
