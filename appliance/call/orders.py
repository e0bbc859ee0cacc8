"""What a call's session wants done, for whoever owns sockets and files."""

from __future__ import annotations

from dataclasses import dataclass, field

from appliance import dialogue
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
    summary: str = ""
    """Who calls and why, in a line, for the person's telephone."""


@dataclass(frozen=True, slots=True)
class Consult:
    """Call the person whom the caller is to be brought to."""

    target: str
    urgent: bool = False
    followed: bool = False
    """A redirection names the target: a URI, of whomever the PBX likes."""
    summary: str = ""
    """As of `PutThrough`."""


@dataclass(frozen=True, slots=True)
class Join:
    """Ask the PBX to join the caller and the person (REFER with Replaces)."""

    target: str = ""
    summary: str = ""
    """As of `PutThrough`."""


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
class KeepDocument:
    """Write down how one of the caller's requests ended."""

    document: dialogue.Document


@dataclass(frozen=True, slots=True)
class KeepState:
    """Keep where the conversation stands, so that it outlives this process; None: no more."""

    state: dialogue.State | None


@dataclass(frozen=True, slots=True)
class Invoke:
    """Ask a connector; what it answers is told to the session."""

    invoke: dialogue.Invoke


@dataclass(frozen=True, slots=True)
class Think:
    """Ask the language model; what it says is told to the session, clause by clause."""

    think: dialogue.Think


@dataclass(frozen=True, slots=True)
class CancelThought:
    """Nobody waits for the language model any more."""


@dataclass(frozen=True, slots=True)
class Brief:
    """Tell a person's screen who is about to be put through, and what they want."""

    details: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OpenEar:
    """Ask `speech` to hear the person who was called."""


@dataclass(frozen=True, slots=True)
class TellEar:
    """Send a message to the `speech` that hears the person."""

    message: Upward


@dataclass(frozen=True, slots=True)
class CloseEar:
    """Nobody listens to the person any more."""


@dataclass(frozen=True, slots=True)
class Show:
    """Something happened that a person at a desk may like to see; never logged on the box."""

    event: str
    values: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Closed:
    """The call itself is over: its ports, its handle and its ears are needed no more."""


@dataclass(frozen=True, slots=True)
class Finished:
    """Nothing is left to be done: the last order of every session."""

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
    | KeepDocument
    | KeepState
    | Invoke
    | Think
    | CancelThought
    | Brief
    | OpenEar
    | TellEar
    | CloseEar
    | Show
    | Closed
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
    document: dialogue.Document | None = None
    """How the last request ended."""
