"""The audio of one leg: what offer and answer agreed, made into a stream of RTP.

    sip.Media ─► agree ─► rtp.MediaSession ◄─► datagrams
                              │   ▲
                        hear ─┘   └─ say            frames of 20 ms, and keys

PCM is 16-bit little-endian mono at 8 kHz, whatever the codec.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from appliance import rtp, sip
from appliance.call.comfort import Comfort
from appliance.call.keys import Keys, Way
from appliance.system.media import agreed

SILENCE: Final = bytes(320)
"""20 ms of nothing."""


class Stream:
    """The media of one leg; without sockets, and without any before `agree`."""

    def __init__(self, tokens: Callable[[], str], now: float) -> None:
        self.media: rtp.MediaSession | None = None
        self.codec = ""
        self.held = False
        """Whether the peer wants to hear nothing from us."""
        self.silenced = False
        """Whether the peer sends nothing either: both directions rest."""
        self._tokens = tokens
        self._comfort = Comfort()
        self._keys = Keys()
        self._since = now
        """When media began, before any packet has come."""
        self._encrypted = False
        self._events = False
        """Whether telephone events are agreed; tones in the audio are listened for otherwise."""

    def agree(self, media: sip.Media, now: float) -> None:
        """Take what offer and answer have agreed, for the first time or again.

        Raises rtp.LocalError for a codec or a suite that this machine does not have.
        """
        sending, receiving = media.direction.sends, media.direction.receives
        self._events = media.dtmf_payload_type is not None
        encrypted = media.sending is not None
        if self.media is None or (self._encrypted and not encrypted):
            # A stream never drops its keys: what is plain from now on is another one.
            self.media = rtp.MediaSession(
                ssrc=self._random(32),
                sequence=self._random(16),
                timestamp=self._random(32),
                cname=self._tokens(),
                now=now,
                **self._agreed(media),
            )
            self._since = now
            changed = not (sending and receiving)
        else:
            changed = True
        if changed:
            self.media.change(receiving=receiving, sending=sending, **self._agreed(media))
        self._encrypted = encrypted
        self.codec = media.codec
        self.held = not sending
        self.silenced = not receiving

    def _agreed(self, media: sip.Media) -> dict[str, Any]:
        """What a media session must know of an agreement, and whether tones may be keys."""
        inband = not self._events and self._keys.best is Way.TONES
        return {**agreed(media), "inband": inband}

    # in

    def receive(self, data: bytes, source: tuple[str, int], control: bool, now: float) -> None:
        """Take a datagram from either port."""
        if self.media is None:
            return
        if control:
            self.media.receive_control(data, source, now)
        else:
            self.media.receive(data, source, now)

    def hear(self, now: float) -> tuple[bytes, str]:
        """20 ms pass: the peer's frame, and the keys pressed. To be called once `media` is there.

        Concealed where packets were lost.
        """
        media = self.media
        if media is None:
            return SILENCE, ""
        media.tick(now)
        way = Way.EVENT if self._events else Way.TONES
        keys = "".join(
            event.digit
            for event in media.events()
            if isinstance(event, rtp.KeyPressed) and self._keys.press(way, event.digit, now)
        )
        return media.pull(now).pcm, keys

    def told_key(self, digit: str, now: float) -> bool:
        """A key came by INFO; returns whether it counts."""
        return self._keys.press(Way.INFO, digit, now)

    def quiet(self, now: float) -> float:
        """Seconds since the last packet came, or since the stream began."""
        last = None if self.media is None else self.media.last_received
        return now - (self._since if last is None else last)

    @property
    def delay(self) -> float:
        """Seconds that a frame waits in the jitter buffer."""
        return 0.0 if self.media is None else self.media.delay

    # out

    def say(self, frame: bytes | None, now: float) -> None:
        """Send 20 ms; None: nothing is said, and the line stays alive."""
        if self.media is not None:
            self.media.send(self._comfort.frame(frame), now)

    def press(self, digit: str, now: float) -> bool:
        """Send a key as telephone events or tones; False: this peer wants it by INFO."""
        if self.media is None or (not self._events and self._keys.best is Way.INFO):
            return False
        self.media.send_dtmf(digit, now)
        return True

    def close(self, now: float) -> None:
        """Say RTCP BYE; nothing is sent or heard after it."""
        if self.media is not None:
            self.media.close(now)

    def packets(self) -> list[rtp.MediaPacket]:
        """Return what is to be sent."""
        return [] if self.media is None else self.media.outgoing()

    def _random(self, bits: int) -> int:
        return int(self._tokens(), 36) % (1 << bits)
