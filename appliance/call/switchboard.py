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
from appliance.call.absence import Answer
from appliance.call.facts import facts
from appliance.call.leg import Leg
from appliance.call.outside import PERSON, Outside, Plan, Submit
from appliance.call.second import SecondCalls
from appliance.call.session import CallSession
from appliance.call.voice import Voice
from appliance.contracts.outcome import Outcome
from appliance.contracts.speech import Downward
from appliance.records import CallRecord

__all__ = ["Outside", "Plan", "Switchboard"]

BUSY: Final = 486
MOVED: Final = 302
UNAVAILABLE: Final = 503


class Switchboard(SecondCalls):
    """Owns the calls; the owner of the user agent hands it events, ticks and messages."""

    def __init__(self, plan: Plan, outside: Outside, tokens: Callable[[], str]) -> None:
        super().__init__(outside, tokens)
        self.plan = plan
        """May be replaced: calls in progress keep theirs."""
        self.answered = 0
        self.refused = 0
        self.accepting = True
        """Whether new calls are admitted; the box stops taking them before it stops."""
        self._legs: dict[str, Leg] = {}
        self._ears: set[str] = set()
        """Calls whose person is heard."""
        self._cleared: dict[str, Leg] = {}
        """Calls that are over, for which something is still to be done."""

    def attach(self, line: str, core: sip.UserAgent) -> None:
        """Add a line; its owner hands us the events of `core` and carries its packets."""
        self._cores[line] = core

    @property
    def calls(self) -> tuple[str, ...]:
        """Our ids of the calls in progress."""
        return tuple(self._legs)

    @property
    def clearing(self) -> tuple[str, ...]:
        """Our ids of the calls that are over, but what they asked for is not yet done."""
        return tuple(self._cleared)

    def uses(self, submit: Submit) -> bool:
        """Whether a call still goes by these connectors."""
        legs = (*self._legs.values(), *self._cleared.values())
        return any(leg.plan.submit == submit for leg in legs)

    def call_of(self, line: str, event: sip.Event) -> str:
        """Return our id of the call that an event is about; empty where there is none."""
        leg = self._by_handle.get((line, getattr(event, "call", "")))
        return "" if leg is None else leg.id

    def line_of(self, call: str) -> str:
        """Return the line of a call, by our id of it or of ports of it; empty: none."""
        leg = self._leg(call)
        return "" if leg is None else leg.line

    def _leg(self, call: str) -> Leg | None:
        call = call.removesuffix(PERSON)
        leg = self._legs.get(call) or self._cleared.get(call)
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
        leg = self._legs.get(call.removesuffix(PERSON))
        if leg is not None and call.endswith(PERSON):
            leg.session.person_speech(message, now)
            self._carry_out(leg, now)
        elif leg is not None:
            leg.session.speech(message, now)
            self._carry_out(leg, now)

    def answer(self, call: str, answer: Answer, now: float) -> None:
        """What a call has asked of a connector or the language model has come back."""
        leg = self._leg(call)
        if leg is not None:
            leg.session.answer(answer, now)
            self._carry_out(leg, now)

    def speech_lost(self, call: str, why: str, now: float) -> None:
        """The call's link could not be opened, or broke."""
        leg = self._legs.get(call.removesuffix(PERSON))
        if leg is not None and call.endswith(PERSON):
            leg.session.person_unheard()
        elif leg is not None:
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
        elif call in self._cleared:
            leg = self._cleared[call]
            leg.session.absent(now)
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

    def settle(self, call: str, now: float) -> None:
        """Write down what is still open of a call that is over: the process ends."""
        leg = self._leg(call)
        if leg is not None:
            leg.session.settle(now)
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
            tokens=self._tokens, plan=plan,
            shown=names.get("caller_name") or names.get("caller", ""),
        )  # fmt: skip
        self._legs[leg.id] = self._by_handle[line, leg.handle] = leg
        self._by_media[leg.ports] = (leg, leg.stream)
        self._outside.show(leg.id, "incoming", ())
        self._outside.begin(leg.id)
        self._outside.open_speech(leg.id, plan.rules.language)
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
            case (
                orders.KeepNote() | orders.KeepDocument() | orders.KeepState() | orders.Invoke()
                | orders.Think() | orders.CancelThought() | orders.Brief()
            ):  # fmt: skip
                self._hand_on(leg, order)
            case orders.OpenEar():
                self._open_ear(leg)
            case orders.TellEar(message):
                self._outside.tell_speech(leg.id + PERSON, message)
            case orders.CloseEar():
                self._ears.discard(leg.id)
                self._outside.close_speech(leg.id + PERSON)
            case orders.Answer():
                self._answer(leg, now)
            case orders.PutThrough():
                self._put_through(leg, order, now)
            case orders.Consult():
                self._consult(leg, order, now)
            case orders.Join():
                self._join(leg, order, now)
            case orders.Bridge():
                leg.join()
            case orders.Release():
                self._part(leg, now)
            case orders.HangUp():
                self._hang_up(leg, now)
            case orders.Closed():
                self._close(leg, now)
            case orders.Finished(outcome):
                self._finish(leg, outcome, now)

    def _open_ear(self, leg: Leg) -> None:
        """Have the person heard, where that takes nothing from callers: keys tell as well."""
        if len(self._legs) + len(self._ears) < leg.plan.capacity:
            self._ears.add(leg.id)
            self._outside.open_speech(leg.id + PERSON, leg.plan.rules.language)
        else:
            leg.session.person_unheard()

    def _hand_on(self, leg: Leg, order: orders.Order) -> None:
        """Orders of the dialogue, for files and for the site's own systems."""
        outside = self._outside
        match order:
            case orders.KeepNote(kind, fields):
                outside.keep_note(leg.id, kind, fields)
            case orders.KeepDocument(document):
                outside.keep_document(leg.id, document)
            case orders.KeepState(state):
                outside.keep_state(leg.id, state)
            case orders.Invoke(invoke):
                outside.invoke(leg.id, invoke, leg.plan.submit)
            case orders.Think(think):
                outside.think(leg.id, think)
            case orders.CancelThought():
                outside.cancel_thought(leg.id)
            case orders.Brief(details):
                outside.brief(leg.id, details, leg.plan.post)

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

    def _hang_up(self, leg: Leg, now: float) -> None:
        try:
            self._cores[leg.line].hang_up(leg.handle, now)
        except sip.LocalError:  # it was over already, and `Ended` is on its way or has been
            leg.session.ended(now)

    def _close(self, leg: Leg, now: float) -> None:
        """The call is over; what it has asked for may not be."""
        self._part(leg, now)
        self._send(leg, now)  # RTCP BYE
        self._cleared[leg.id] = self._legs.pop(leg.id)
        self._outside.close_speech(leg.id)
        self._forget(leg, leg.ports, leg.handle)
        self._outside.changed()

    def _finish(self, leg: Leg, outcome: Outcome, now: float) -> None:
        del self._cleared[leg.id]
        self._outside.forget(leg.id)
        started = self.plan.moment(leg.session.began).local
        self._outside.keep_record(leg.record(outcome, started, now))
