"""What the switchboard stands on: the outside world, and what is the same for every call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

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

    def begin(self, call: str) -> None:
        """Call `Switchboard.tick` every 20 ms for a call, until `forget`."""

    def forget(self, call: str) -> None:
        """Nothing is left to be done for a call."""

    def open_speech(self, call: str, language: str) -> None:
        """Ask `speech` to serve a call, or the person's part of one (`PERSON` at its end).

        What comes of it is told to `Switchboard.speech`.
        """

    def tell_speech(self, call: str, message: Upward) -> int:
        """Send a message up the call's link; returns how many frames of audio were dropped."""

    def close_speech(self, call: str) -> None:
        """Close the call's link, if one is open."""

    def keep_note(self, call: str, kind: str, fields: tuple[tuple[str, str], ...]) -> None:
        """Write down what a caller left."""

    def keep_document(self, call: str, document: dialogue.Document) -> None:
        """Write down how a request of a caller's ended."""

    def keep_state(self, call: str, state: dialogue.State | None) -> None:
        """Write down where a conversation stands, so that it outlives us; None: no more."""

    def invoke(self, call: str, invoke: dialogue.Invoke, submit: Submit) -> None:
        """Ask a connector; what it answers is told to `Switchboard.answer`."""

    def think(self, call: str, think: dialogue.Think) -> None:
        """Ask the language model; what it says is told to `Switchboard.answer`."""

    def cancel_thought(self, call: str) -> None:
        """Nobody waits for the language model any more."""

    def brief(self, call: str, details: tuple[tuple[str, str], ...], post: Post) -> None:
        """Tell the people at the site's screens who is about to be put through."""

    def keep_record(self, record: CallRecord) -> None:
        """Write down that a call was."""

    def show(self, call: str, event: str, values: tuple[tuple[str, object], ...]) -> None:
        """Something happened that a person at a desk may like to see."""

    def changed(self) -> None:
        """The counts of calls have changed."""


Submit = Callable[[dialogue.Invoke, str, Callable[[dialogue.Result], None]], None]
"""Asks a connector for a call; the answer may come on another thread."""
Post = Callable[[Mapping[str, str], str], None]
"""Delivers a briefing, under a key that tells it from every other."""
PERSON: Final = "#person"
"""At the end of our id of a call: the link to `speech` that hears the person called."""


def no_connectors(
    invoke: dialogue.Invoke, call: str, done: Callable[[dialogue.Result], None]
) -> None:
    """Answer that the system cannot be asked: a dialogue without connectors."""
    _ = call
    done(dialogue.Result(invoke.id, dialogue.Status.UNAVAILABLE, reason="no connectors"))


def no_webhook(details: Mapping[str, str], key: str) -> None:
    """Deliver nothing: the site has no webhook."""
    _ = details, key


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
    submit: Submit = no_connectors
    post: Post = no_webhook
    header: str = ""
    """Name of the SIP header that carries a briefing to our own PBX; empty: none does."""

    @property
    def capacity(self) -> int:
        """Calls at once, for show."""
        return self.admission.capacity
