"""One call with its media: a session, a stream of RTP, and in a hand-over a second one.

datagrams ─► Stream ─ hear ─► CallSession.frame ─ say ─► Stream ─► packets
SIP events ─────────────────►  CallSession
datagrams ─► Consultation.stream ◄─ say ─ CallSession.person_frame      the person called
             Stream ◄─ Bridge ─► Consultation.stream                    or both joined here
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from appliance import rtp, sip
from appliance.call.bridge import Bridge
from appliance.call.consultation import Consultation
from appliance.call.ending import ending
from appliance.call.outside import Plan
from appliance.call.session import CallSession
from appliance.call.stream import SILENCE, Stream
from appliance.contracts.outcome import Outcome
from appliance.records import CallRecord

_BROKEN = (sip.EndReason.TIMEOUT, sip.EndReason.FAILED, sip.EndReason.EXPIRED)


class Leg:
    """A call that was admitted; its owner feeds it and carries out the session's orders."""

    def __init__(
        self,
        *,
        name: str,
        line: str,
        handle: str,
        session: CallSession,
        tokens: Callable[[], str],
        plan: Plan,
        shown: str = "",
    ) -> None:
        """`name` is random and ours, `line` the one it came by, `handle` the user agent's.

        `plan`: what held when it came; `shown`: who calls, for the display of a person who is asked
        to take the call.
        """
        self.id = name
        self.line = line
        self.handle = handle
        self.ports = name
        """Our id of the caller's ports."""
        self.session = session
        self.shown = shown
        self.plan = plan
        self.stream = Stream(tokens, session.began)
        self.second: Consultation | None = None
        """The call to the person whom the caller is brought to."""
        self._bridge: Bridge | None = None
        self._infos: list[tuple[str, str]] = []

    def rename(self, ports: str, name: str) -> None:
        """One of the two calls has other ports now."""
        if ports == self.ports:
            self.ports = name
        elif self.second is not None:
            self.second.id = name

    # SIP

    def agree(self, media: sip.Media, now: float) -> None:
        """Take what offer and answer have agreed, for the first time or again.

        Raises rtp.LocalError for a codec or a suite that this machine does not have.
        """
        again = self.stream.media is not None
        self.stream.agree(media, now)
        if again:
            self.session.held(self.stream.held, now)

    def event(self, event: sip.Event, now: float) -> None:
        """Take an event of one of this leg's handles."""
        if self.second is not None and getattr(event, "call", "") == self.second.handle:
            self._person(self.second, event, now)
            return
        match event:
            case sip.Confirmed(_, media):
                if self.stream.media is None:  # the offer was ours, in the 200
                    self.agree(media, now)
                self.session.confirmed(now)
                self.session.held(not media.direction.sends, now)
            case sip.MediaChanged(_, media):
                self.agree(media, now)
            case sip.TransferProgress(_, status, reason, final):
                self.session.transfer_progress(status, reason, final, now)
            case sip.KeyPressed(_, digit):
                if self.stream.told_key(digit, now):
                    self._key(self.stream, digit, now)
            case sip.Ended(_, reason):
                self.stream.close(now)
                replaced = reason is sip.EndReason.REPLACED
                if replaced or not self.session.left(now):
                    self.session.ended(now, fault=reason in _BROKEN, replaced=replaced)

    def _person(self, second: Consultation, event: sip.Event, now: float) -> None:
        answered = second.answered
        try:
            second.event(event, now)
        except rtp.LocalError as error:  # the caller stays all the same
            if not isinstance(event, sip.EarlyMedia):  # that much need not be heard
                self.session.not_handed_over(str(error), now)
            return
        match event:
            case sip.KeyPressed(_, digit):
                if second.stream.told_key(digit, now):
                    self._key(second.stream, digit, now)
            case sip.Ended():
                self._bridge = None
                self.session.person_gone(second.status, second.reason, now, second.contacts)
        if second.answered and not answered:
            self.session.person_answered(now)

    def _key(self, stream: Stream, digit: str, now: float) -> None:
        if self._bridge is not None:
            self._relay(self._bridge.press(stream, digit, now))
        elif stream is self.stream:
            self.session.key(digit, now)
        else:
            self.session.person_key(digit, now)

    # a person

    def join(self) -> None:
        """From now on the caller and the person hear each other."""
        if self.second is not None:
            self._bridge = Bridge(self.stream, self.second.stream)

    def passes_on(self, handle: str) -> bool:
        """Whether a call that replaces `handle` goes on where that one stood.

        The person may pass their call on at any time, the caller once they talk to the person;
        before, whoever comes in the caller's place begins a conversation of their own.
        """
        second = self.second is not None and handle == self.second.handle
        return second or self._bridge is not None

    def pass_person(self, second: Consultation) -> None:
        """Another telephone has taken the person's place."""
        self.second = second
        if self._bridge is not None:
            self.join()

    def pass_caller(self, ports: str, handle: str, stream: Stream) -> None:
        """Another telephone has taken the caller's place on the bridge."""
        self.ports, self.handle, self.stream = ports, handle, stream
        self.join()

    def part(self) -> Consultation | None:
        """Return the call to the person, and know it no more."""
        second, self.second, self._bridge = self.second, None, None
        return second

    def infos(self) -> list[tuple[str, str]]:
        """Return the keys to be sent by INFO, each with its handle, and forget them."""
        drained, self._infos = self._infos, []
        return drained

    def _relay(self, keys: list[tuple[Stream, str]]) -> None:
        for stream, digit in keys:
            second = None if stream is self.stream else self.second
            self._infos.append((self.handle if second is None else second.handle, digit))

    # media

    def tick(self, now: float) -> None:
        """20 ms pass."""
        self.session.absent(now)
        if self._bridge is not None:
            self._relay(self._bridge.tick(now))
            self.session.bridged(now, quiet=self._bridge.quiet(now))
            return
        if self.stream.media is None:
            self.session.tick(now)
            return
        pcm, keys = self.stream.hear(now)
        for digit in keys:
            self.session.key(digit, now)
        ringing, heard = None, SILENCE
        if self.second is not None:
            heard, keys = self.second.stream.hear(now)
            for digit in keys:
                self.session.person_key(digit, now)
            ringing = self.second.ringing(heard, now)
        frame = self.session.frame(
            pcm, now, delay=self.stream.delay, quiet=self.stream.quiet(now), ringing=ringing
        )
        self.stream.say(frame, now)
        if self.second is not None:
            self.second.stream.say(self.session.person_frame(heard, now), now)

    @property
    def media(self) -> rtp.MediaSession | None:
        """The caller's stream of RTP; None before it is agreed."""
        return self.stream.media

    @property
    def codec(self) -> str:
        """What it is encoded by; empty before."""
        return self.stream.codec

    def packets(self) -> list[rtp.MediaPacket]:
        """Return what is to be sent to the caller."""
        return self.stream.packets()

    # the end

    def record(self, outcome: Outcome, started: datetime, now: float) -> CallRecord:
        """Return what is kept of the call."""
        tally = self.session.tally
        figures = None if self.media is None else self.media.statistics
        return CallRecord(
            id=self.id,
            started=started,
            seconds=round(now - self.session.began),
            outcome=outcome,
            turns=tally.turns,
            intents=tuple(sorted(tally.intents.items())),
            reprompts=tally.reprompts,
            barge_ins=tally.barge_ins,
            keys=tally.keys,
            transferred_to=tally.transferred_to,
            handed_over=tally.handed_over,
            codec=self.codec,
            received=figures.received if figures else 0,
            lost=figures.lost if figures else 0,
            concealed=figures.concealed if figures else 0,
            jitter_ms=round(figures.jitter_ms, 1) if figures else 0.0,
            mos=round(figures.mos, 2) if figures else 0.0,
            answers_ms=tuple(tally.answers_ms),
            **ending(tally.document),
        )
