"""The second call of a hand-over: the box and the person whom the caller is to be brought to.

It has its own ports and its own audio, and belongs to the caller's leg. What the network lets us
hear before the person answers (its ringing, or why they cannot be had) is for the caller's ears.
"""

from __future__ import annotations

from typing import Final

from appliance import sip
from appliance.audio.pcm import level_dbfs
from appliance.call.dialling import Dialling
from appliance.call.stream import Stream

LOUD: Final = -45.0
"""dBFS above which a frame is sound, and no noise of a line."""
PAUSE: Final = 5.5
"""Seconds of silence after which the network is not ringing any more: no ringing pauses longer."""
VANISHED: Final = 2.0
"""Seconds without packets after which it is not even silent."""


class Consultation:
    """A call of ours to a person; its owner hands it the events of its handle."""

    def __init__(self, name: str, handle: str, stream: Stream, dialling: Dialling | None) -> None:
        """`name` is random and ours; `dialling` counts the call until `close`."""
        self.id = name
        self.handle = handle
        self.stream = stream
        self.answered = stream.media is not None
        self.over = False
        """Whether the user agent knows it no more."""
        self.status = 0
        """SIP status with which it was refused; 0: it was not."""
        self.reason = ""
        self.contacts: tuple[str, ...] = ()
        """Where a redirection sends us, best first."""
        self._sounded: float | None = None
        """When the network was heard last."""
        self._dialling = dialling

    def event(self, event: sip.Event, now: float) -> None:
        """Take an event of this call's handle."""
        match event:
            case sip.EarlyMedia(_, media):
                if not self.answered:  # of another telephone than before, perhaps
                    self._sounded = None
                    self.stream.agree(media, now)
            case sip.Answered(_, media) | sip.Confirmed(_, media):
                if not self.answered:
                    self.stream.agree(media, now)
                self.answered = True
            case sip.MediaChanged(_, media):
                self.stream.agree(media, now)
            case sip.Rejected(_, status, reason, contacts):
                self.status, self.reason, self.contacts = status, reason, contacts
            case sip.Ended():
                self.over = True

    def ringing(self, frame: bytes, now: float) -> bytes | None:
        """20 ms pass: what the caller hears of the network, given what we heard of it.

        None where nothing sounds, and once the person has answered.
        """
        if self.answered or self.stream.media is None:
            return None
        if level_dbfs(frame) > LOUD:
            self._sounded = now
        sounds = self._sounded is not None and now - self._sounded < PAUSE
        return frame if sounds and self.stream.quiet(now) < VANISHED else None

    def close(self, now: float) -> None:
        """Say RTCP BYE and count the call as over; once."""
        self.stream.close(now)
        if self._dialling is not None:
            self._dialling.ended()
            self._dialling = None
