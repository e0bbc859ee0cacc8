"""What a call's session wants done, for whoever owns sockets and files."""

from __future__ import annotations

from dataclasses import dataclass, field

from appliance.contracts.outcome import Outcome
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
    """Send a REFER."""

    target: str


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


Order = Answer | Tell | PutThrough | HangUp | KeepNote | Show | Finished


@dataclass(slots=True)
class Tally:
    """What is counted during a call."""

    turns: int = 0
    intents: dict[str, int] = field(default_factory=dict)
    reprompts: int = 0
    barge_ins: int = 0
    keys: int = 0
    transferred_to: str = ""
    answers_ms: list[int] = field(default_factory=list)
    confirmed_at: float | None = None
    """Loop time at which the caller was first heard; None where the call was never answered."""
