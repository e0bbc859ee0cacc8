"""What the switchboard stands on: the outside world, and what is the same for every call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from appliance import dialogue, rtp, sip
from appliance.call.admission import Admission
from appliance.call.dialling import Dialling
from appliance.call.session import Rules
from appliance.call.voice import Prompts
from appliance.contracts.speech import Upward
from appliance.records import CallRecord


class Outside(Protocol):
    """What the switchboard needs of the world; `call` is our own id of a call."""

    def open_media(self, call: str, line: str) -> sip.LocalMedia:
        """Open ports for a call of a line, and make its keys. Raises OSError where there are none.

        The two calls of a hand-over have different ids here.
        """

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
    admission: Admission
    dialling: Dialling
    """Whom the box may call; made once, so that it counts over all plans."""
    overflow: str
    """SIP URI to which a call beyond capacity is sent; empty: it hears busy."""

    @property
    def capacity(self) -> int:
        """Calls at once, for show."""
        return self.admission.capacity
