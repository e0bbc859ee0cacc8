"""The second call of a hand-over: the box and the person whom the caller is to be brought to.

It has its own ports and its own audio, and belongs to the caller's leg.
"""

from __future__ import annotations

from appliance import sip
from appliance.call.dialling import Dialling
from appliance.call.stream import Stream


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
        self._dialling = dialling

    def event(self, event: sip.Event, now: float) -> None:
        """Take an event of this call's handle."""
        match event:
            case sip.Answered(_, media) | sip.Confirmed(_, media):
                if not self.answered:
                    self.stream.agree(media, now)
                self.answered = True
            case sip.MediaChanged(_, media):
                self.stream.agree(media, now)
            case sip.Rejected(_, status, reason):
                self.status, self.reason = status, reason
            case sip.Ended():
                self.over = True

    def close(self, now: float) -> None:
        """Say RTCP BYE and count the call as over; once."""
        self.stream.close(now)
        if self._dialling is not None:
            self._dialling.ended()
            self._dialling = None
