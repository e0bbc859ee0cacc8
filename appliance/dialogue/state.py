"""Where a conversation stands: one frozen value, the only thing kept between two events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from appliance.contracts.outcome import Outcome
from appliance.dialogue.connectors import Level
from appliance.dialogue.values import Json

Pairs = tuple[tuple[str, str], ...]
"""Names and values, sorted by name."""


class Waiting(StrEnum):
    """What the caller was asked last."""

    REQUEST = "request"
    """What they want; anything may be said."""
    SLOT = "slot"
    """The value that the process's current step, or the proof of who they are, asks for."""
    CONFIRM_REQUEST = "confirm-request"
    """Whether the guessed request was the one."""
    CONFIRM_SLOT = "confirm-slot"
    """Whether the value of the current step was understood."""
    WHICH = "which"
    """Which of two requests they meant."""
    OFFER = "offer"
    """Whether the next request of their agenda is still wanted."""
    WORKING = "working"
    """Nothing: a connector or the language model has been asked."""
    TRANSFER = "transfer"
    """Nothing: they are being put through."""
    OVER = "over"
    """Nothing: the call is over."""


class Purpose(StrEnum):
    """What an answer that is waited for will be used for."""

    CALL = "call"
    """The `call` step at which the process stands."""
    LOCK = "lock"
    """Whether an identity is locked out."""
    PROOF = "proof"
    """Whether the caller is who they say."""
    ATTEMPT = "attempt"
    """How the attempt counts."""
    NOTE = "note"
    """Whether a note has been handed on; the process goes on either way."""
    UNDO = "undo"
    """Taking back what was written."""
    TRIAGE = "triage"
    """What the language model takes the caller to want."""
    VALUE = "value"
    """What the language model takes the caller to have answered."""


@dataclass(frozen=True, slots=True)
class Pending:
    """An answer that is waited for."""

    id: str
    purpose: Purpose
    until: float
    """Monotonic time, s, at which it is given up."""
    write: Write | None = None
    """What the answer will have changed."""


@dataclass(frozen=True, slots=True)
class Write:
    """Something that was changed in a system of the site's for this request."""

    connector: str
    undo: str = ""
    """The connector that takes it back; empty: nothing does."""
    arguments: Mapping[str, Json] = field(default_factory=dict, hash=False, repr=False)
    result: Json = field(default=None, hash=False, repr=False)
    variable: str = ""
    """What the dialogue calls the result."""
    names: tuple[str, ...] = ()
    """Slots and variables that went into it."""
    pending: bool = False
    """Whether it still lies in the outbox."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A request that has not been begun."""

    intent: str
    slots: Pairs = ()
    sure: bool = True
    """Whether it is begun without asking once its turn has come."""


@dataclass(frozen=True, slots=True)
class Task:
    """A request that has been begun: what its document will say."""

    process: str = ""
    """The process that it began with; empty: there is none under way."""
    intent: str = ""
    turns: int = 0
    """Of the call when it began."""
    level: Level = Level.UNKNOWN
    """How well the caller must be known for it."""
    reason: str = ""
    """Why it could not be resolved here (Document.reason)."""
    noted: str = ""
    """Kind of the last note that was kept for it."""
    writes: tuple[Write, ...] = ()
    source: str = ""
    """The document that an answer was taken from."""
    later: bool = False
    """Whether it was kept for later: the caller may not want it any more."""


@dataclass(frozen=True, slots=True)
class Proving:
    """Finding out who calls, under way."""

    wanted: Level
    way: str = ""
    """"number", "knowledge" or "pin"; empty: none chosen yet."""
    failed: int = -1
    """Operation that follows where they are not known so well."""
    asking: str = ""
    """The slot asked for; empty: all are answered."""
    answers: Pairs = field(default=(), repr=False)
    identity: str = field(default="", repr=False)
    """By which attempts are counted."""
    said: bool = False
    """Whether the way's first sentence has been said."""
    checked: bool = False
    """Whether the identity is known not to be locked out."""
    passed: bool = False
    """Whether the proof has held; it counts once the attempt has been counted."""
    row: Mapping[str, Json] = field(default_factory=dict, hash=False, repr=False)
    """Whom it has found."""


@dataclass(frozen=True, slots=True)
class Thinking:
    """An utterance that the language model is asked about, and its answer so far."""

    waiting: Waiting
    """What the caller was asked."""
    text: str = field(repr=False)
    confidence: float
    alternatives: tuple[tuple[str, float], ...] = field(default=(), repr=False)
    source: str = ""
    """The document that the answer is taken from, once one is under way."""
    said: str = ""
    """What has been accepted and spoken."""
    held: str = ""
    """Words that are not judged yet."""
    refused: bool = False
    """Whether nothing more is spoken from here on."""


@dataclass(frozen=True, slots=True)
class State:
    """One conversation; a value, safe to keep, compare and write down (running/journal.py)."""

    waiting: Waiting = Waiting.REQUEST
    process: str = ""
    """The process under way, empty in triage."""
    step: int = 0
    """Index into the process's operations."""
    slots: Pairs = ()
    """Values collected for the process, canonical texts."""
    guess: tuple[str, Pairs] = ("", ())
    """Intent and slots, or slot and value, that wait for a yes."""
    keys: str = field(default="", repr=False)
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
    facts: Pairs = field(default=(), repr=False)
    """What the line tells about the call (CALL_FACTS and x_ fields); it never changes."""
    outcome: Outcome = Outcome.COMPLETED
    """Of the ended call, where `waiting` is OVER."""
    others: tuple[str, ...] = ()
    """What the last answer may have meant besides what the caller is asked to confirm."""
    refused: tuple[str, ...] = ()
    """Values that the caller has said no to at this question."""
    told: tuple[str, ...] = ()
    """Slots that were told with the request itself: read back where the process confirms them."""
    results: Mapping[str, Json] = field(default_factory=dict, hash=False, repr=False)
    """Variables: answers of connectors, values of `set`."""
    frames: tuple[tuple[str, int], ...] = ()
    """Where sub-processes come back to: process and operation, the innermost last."""
    task: Task = Task()
    agenda: tuple[Wish, ...] = ()
    """Requests that come after the one under way."""
    options: tuple[Wish, ...] = ()
    """The two that the caller is asked to choose from."""
    pending: Pending | None = None
    proving: Proving | None = None
    identified: bool = False
    """Whether the caller's number has been looked up."""
    tries: int = 0
    """Failed proofs in this call."""
    locked: bool = False
    """Whether the caller is locked out: told to whoever takes the call."""
    secrets: Pairs = field(default=(), repr=False)
    """Values of secret slots; they are never written down and gone as soon as they are used."""
    hidden: bool = False
    """Whether `keys` belong to a secret."""
    ids: int = 0
    """Invokes and Thinks so far."""
    began: float = 0.0
    """Monotonic time of the call's first moment, s."""
    late: bool = False
    """Whether the caller was told that the call must come to its end."""
    turns: int = 0
    """Utterances and keypad answers of the caller so far."""
    speed: float = 1.0
    gain: float = 0.0
    """How the caller wants to be spoken to: Say.speed, Say.gain."""
    fallback: tuple[str, ...] = ()
    """Destinations to be tried where the transfer under way reaches nobody."""
    until: int = -1
    """Operation up to which a corrected process is gone through again without speaking; -1: none.
    """
    changed: tuple[str, ...] = ()
    """Slots and variables that have changed by that correction."""
    left: bool = False
    """Whether the caller has hung up."""
    undoing: tuple[Write, ...] = ()
    """What is still to be taken back, the next one first."""
    thinking: Thinking | None = None
