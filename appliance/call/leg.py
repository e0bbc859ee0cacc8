"""One call with its media: a session and a stream of RTP, still without sockets.

    datagrams ─► MediaSession ─ pull ─► CallSession.frame ─ send ─► MediaSession ─► packets
    SIP events ──────────────────────►  CallSession

A telephone that sends keys both by RTP and by INFO is heard once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from appliance import rtp, sip
from appliance.call.session import CallSession
from appliance.contracts.outcome import Outcome
from appliance.records import CallRecord

_SILENCE: Final = bytes(320)
"""Sent where nothing is said: many PBXs end a call from which no packets come."""
_SSRC_BITS: Final = 32


class Leg:
    """A call that was admitted; its owner feeds it and carries out the session's orders."""

    def __init__(
        self, *, name: str, handle: str, session: CallSession, tokens: Callable[[], str]
    ) -> None:
        """`name` is random and ours, `handle` the user agent's."""
        self.id = name
        self.handle = handle
        self.session = session
        self.media: rtp.MediaSession | None = None
        self.codec = ""
        self._tokens = tokens
        self._since = session.began
        """When media began, before any packet has come."""
        self._keys_by_rtp = False

    # SIP

    def agree(self, media: sip.Media, now: float) -> None:
        """Take what offer and answer have agreed, for the first time or again."""
        sending, receiving = media.direction.sends, media.direction.receives
        if self.media is None:
            self.media = rtp.MediaSession(
                codec=media.codec,
                payload_type=media.payload_type,
                dtmf_payload_type=media.dtmf_payload_type,
                remote=(media.host, media.port),
                ssrc=self._random(_SSRC_BITS),
                sequence=self._random(16),
                timestamp=self._random(32),
                cname=self._tokens(),
                now=now,
            )
            self._since = now
        if self.codec:
            self.session.held(not sending, now)
        if self.codec or not (sending and receiving):
            self.media.change(
                remote=(media.host, media.port), codec=media.codec,
                payload_type=media.payload_type, dtmf_payload_type=media.dtmf_payload_type,
                receiving=receiving, sending=sending,
            )  # fmt: skip
        self.codec = media.codec

    def event(self, event: sip.Event, now: float) -> None:
        """Take an event of this call's handle."""
        match event:
            case sip.Confirmed(_, media):
                if self.media is None:  # the offer was ours, in the 200
                    self.agree(media, now)
                self.session.confirmed(now)
                self.session.held(not media.direction.sends, now)
            case sip.MediaChanged(_, media):
                self.agree(media, now)
            case sip.TransferProgress(_, status, reason, final):
                self.session.transfer_progress(status, reason, final, now)
            case sip.KeyPressed(_, digit):
                if not self._keys_by_rtp:  # a telephone that sends keys both ways is heard once
                    self.session.key(digit, now)
            case sip.Ended(_, reason):
                broken = reason in (sip.EndReason.TIMEOUT, sip.EndReason.FAILED)
                if self.media is not None:
                    self.media.close(now)
                self.session.ended(now, fault=broken)

    # media

    def receive(self, data: bytes, source: tuple[str, int], control: bool, now: float) -> None:
        """Take a datagram from either port."""
        if self.media is None:
            return
        if control:
            self.media.receive_control(data, source, now)
        else:
            self.media.receive(data, source, now)

    def tick(self, now: float) -> None:
        """20 ms pass."""
        if self.media is None:
            self.session.tick(now)
            return
        self.media.tick(now)
        for event in self.media.events():
            if isinstance(event, rtp.KeyPressed):
                self._keys_by_rtp = True
                self.session.key(event.digit, now)
        statistics = self.media.statistics
        heard = self.media.pull(now)
        last = statistics.last_received
        frame = self.session.frame(
            heard.pcm, now, delay=statistics.delay_ms / 1000,
            quiet=now - (self._since if last is None else last),
        )  # fmt: skip
        self.media.send(_SILENCE if frame is None else frame, now)

    def packets(self) -> list[rtp.MediaPacket]:
        """Return what is to be sent."""
        return [] if self.media is None else self.media.outgoing()

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
            codec=self.codec,
            received=figures.received if figures else 0,
            lost=figures.lost if figures else 0,
            concealed=figures.concealed if figures else 0,
            jitter_ms=round(figures.jitter_ms, 1) if figures else 0.0,
            answers_ms=tuple(tally.answers_ms),
        )

    def _random(self, bits: int) -> int:
        return int(self._tokens(), 36) % (1 << bits)
