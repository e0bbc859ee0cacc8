"""Where a conversation stands: one frozen value, the only thing kept between two events."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from appliance.contracts.outcome import Outcome
from appliance.dialogue.connectors import Level


class Waiting(StrEnum):
    """What the caller was asked last."""

    REQUEST = "request"
    """What they want; anything may be said."""
    SLOT = "slot"
    """The value that the process's current step asks for."""
    CONFIRM_REQUEST = "confirm-request"
    """Whether the guessed request was the one."""
    CONFIRM_SLOT = "confirm-slot"
    """Whether the value of the current step was understood."""
    TRANSFER = "transfer"
    """Nothing: they are being put through."""
    OVER = "over"
    """Nothing: the call is over."""


@dataclass(frozen=True, slots=True)
class State:
    """One conversation; a value, safe to keep, compare and write down."""

    waiting: Waiting = Waiting.REQUEST
    process: str = ""
    """The process under way, empty in triage."""
    step: int = 0
    """Index into the process's operations."""
    slots: tuple[tuple[str, str], ...] = ()
    """Values collected for the process: destination ids, digits, yes or no, texts."""
    guess: tuple[str, tuple[tuple[str, str], ...]] = ("", ())
    """Intent and slots, or slot and value, that wait for a yes."""
    keys: str = ""
    """Keys pressed so far for an answer of several digits."""
    misses: int = 0
    """Answers not understood since the last one that was."""
    silences: int = 0
    """Times in a row that nothing was said."""
    failures: int = 0
    """Transfers that reached nobody, in this call."""
    emergency: bool = False
    """Whether the transfer under way is to the emergency destination."""
    greeted: bool = False
    """Whether a request has been resolved: the next question is whether there is another."""
    said: tuple[str, ...] = ()
    """What was said last, for `repeat`."""
    question: str = ""
    """The last question, to be asked again after a digression."""
    back: State | None = None
    """Where the caller was before a digression (one deep)."""
    level: Level = Level.UNKNOWN
    facts: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """What the line tells about the call (CALL_FACTS and x_ fields); it never changes."""
    outcome: Outcome = Outcome.COMPLETED
    """Of the ended call, where `waiting` is OVER."""
