"""The calls to people: made, briefed, joined, taken over by other telephones, and ended."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from appliance import rtp, sip
from appliance.call import orders
from appliance.call.briefing import one_line
from appliance.call.consultation import Consultation
from appliance.call.leg import Leg
from appliance.call.outside import Outside
from appliance.call.stream import Stream

UNAVAILABLE: Final = 503
DECLINE: Final = 603


class SecondCalls:
    """What the switchboard does with the second call of a hand-over."""

    def __init__(self, outside: Outside, tokens: Callable[[], str]) -> None:
        self._outside = outside
        self._tokens = tokens
        self._cores: dict[str, sip.UserAgent] = {}
        self._by_handle: dict[tuple[str, str], Leg] = {}
        """By line and handle; both calls of a hand-over lead to the caller's leg."""
        self._by_media: dict[str, tuple[Leg, Stream]] = {}
        """By our id of ports: those of the caller, and of the second call of a hand-over."""

    def _put_through(self, leg: Leg, order: orders.PutThrough, now: float) -> None:
        if not self._may_dial(leg, order, now):
            return
        dialling = leg.plan.dialling
        dialling.began(now)
        dialling.ended()  # the PBX's call, not ours: it counts within the minute only
        try:
            core = self._cores[leg.line]
            headers = self._briefing(leg, order.target, order.summary)
            core.transfer(leg.handle, order.target, now, headers=headers)
        except sip.LocalError as error:  # held, or already over
            leg.session.transfer_progress(UNAVAILABLE, str(error), True, now)

    def _consult(self, leg: Leg, order: orders.Consult, now: float) -> None:
        """Call the person, by the line that the caller came by."""
        if order.followed:  # the PBX's own numbers are allowed as numbers
            target = self._cores[leg.line].extension(order.target)
            order = replace(order, target=target)
        if not self._may_dial(leg, order, now):
            return
        dialling, name = leg.plan.dialling, self._tokens()
        try:
            local = self._outside.open_media(name, leg.line)
            core = self._cores[leg.line]
            headers = self._briefing(leg, order.target, order.summary)
            handle = core.invite(order.target, local, now, display=leg.shown, headers=headers)
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
        why = "" if order.urgent else leg.plan.dialling.check(order.target, now)
        if why:
            self._outside.show(leg.id, "not-dialled", (("why", why),))
            leg.session.not_handed_over("that number may not be called", now)
        return not why

    def _briefing(self, leg: Leg, target: str, summary: str) -> tuple[tuple[str, str], ...]:
        """The header that tells who calls; nothing for whomever our own PBX does not answer for."""
        plan = leg.plan
        text = one_line(summary) if plan.header else ""
        number = self._cores[leg.line].extension(target)
        abroad = "@" in number or number.lower().startswith(("sip:", "sips:"))
        return ((plan.header, text),) if text and not abroad else ()

    def _join(self, leg: Leg, order: orders.Join, now: float) -> None:
        if leg.second is None:
            return
        headers = self._briefing(leg, order.target, order.summary)
        try:
            core = self._cores[leg.line]
            core.transfer_to(leg.handle, leg.second.handle, now, headers=headers)
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

    def _no_media(self, leg: Leg, error: Exception) -> None:
        values = (("kind", type(error).__name__), ("why", str(error)))
        self._outside.show(leg.id, "no-media", values)
