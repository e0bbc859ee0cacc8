"""What a call's session wants done, for whoever owns sockets and files."""

from __future__ import annotations

from dataclasses import dataclass, field

from appliance.contracts.outcome import HandedOver, Outcome
from appliance.contracts.speech import Upward


@dataclass(frozen=True, slots=True)
class Answer:
    """Send the 200."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Send a message to `speech`."""

    message: Upward


@dataclass(frozen=True, slots=True)
class PutThrough:
    """Send a REFER: the PBX calls the target."""

    target: str
    urgent: bool = False
    """An emergency or a rescue: whatever has been dialled before, this is."""


@dataclass(frozen=True, slots=True)
class Consult:
    """Call the person whom the caller is to be brought to."""

    target: str
    urgent: bool = False
    followed: bool = False
    """A redirection names the target: a URI, of whomever the PBX likes."""


@dataclass(frozen=True, slots=True)
class Join:
    """Ask the PBX to join the caller and the person (REFER with Replaces)."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """Join the caller and the person here: from now on each hears the other."""


@dataclass(frozen=True, slots=True)
class Release:
    """End the call to the person."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the SIP call, whatever state it is in."""


@dataclass(frozen=True, slots=True)
class KeepNote:
    """Write a caller's message down."""

    kind: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Show:
    """Something happened that a person at a desk may like to see; never logged on the box."""

    event: str
    values: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """The call is over: the last order of every session."""

    outcome: Outcome


Order = (
    Answer
    | Tell
    | PutThrough
    | Consult
    | Join
    | Bridge
    | Release
    | HangUp
    | KeepNote
    | Show
    | Finished
)


@dataclass(slots=True)
class Tally:
    """What is counted during a call."""

    turns: int = 0
    intents: dict[str, int] = field(default_factory=dict)
    reprompts: int = 0
    barge_ins: int = 0
    keys: int = 0
    transferred_to: str = ""
    handed_over: HandedOver = HandedOver.NO
    answers_ms: list[int] = field(default_factory=list)
    confirmed_at: float | None = None
    """Loop time at which the caller was first heard; None where the call was never answered."""
