"""A loaded dialogue: what an author wrote, checked and compiled, immutable."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from appliance.dialogue.connectors import Backend, Connector, Level
from appliance.dialogue.expressions import Expression
from appliance.dialogue.hours import Hours
from appliance.dialogue.operations import (
    AskOp,
    AuthenticateOp,
    CallOp,
    EndOp,
    HoursOp,
    JumpOp,
    NoteOp,
    Op,
    ResumeOp,
    RunOp,
    SayOp,
    SetOp,
    TransferMode,
    TransferOp,
    UnlessOp,
)

__all__ = [
    "CALL_FACTS", "NUMBERS", "AskOp", "AuthenticateOp", "Authentication", "CallOp", "Catalogue",
    "Choice", "Destination", "Document", "Emergency", "EndOp", "Entry", "HoursOp", "Intent",
    "JumpOp", "Keypad", "Limits", "ModelUse", "NoteOp", "Op", "Process", "Proof", "ResumeOp",
    "RunOp", "SayOp", "Script", "SetOp", "Slot", "SlotKind", "TransferMode", "TransferOp",
    "UnlessOp", "is_call_fact",
]  # fmt: skip

CALL_FACTS: Final = frozenset({
    "caller", "caller_name", "called", "diverted_from", "diversion_reason",
})  # fmt: skip
"""What the line tells about a call; sentences and conditions use them like slots, nothing sets
them, and what is not known is empty: the caller's number and name, the number that was called,
whom the call was for before it was diverted, and why it was ("no-answer", "user-busy")."""
NUMBERS: Final = frozenset({"caller", "called", "diverted_from"})
"""Those that are spoken digit by digit."""
_FIELD: Final = re.compile(r"x_[a-z0-9_]+")


def is_call_fact(name: str) -> bool:
    """Whether a name is one of CALL_FACTS, or that of a header that the site wants to see.

    The header X-Customer-Id is `x_customer_id`; the settings say which are handed on.
    """
    return name in CALL_FACTS or _FIELD.fullmatch(name) is not None


class SlotKind(StrEnum):
    """The types that a slot may have; the author writes the value. Values are texts."""

    DESTINATION = "destination"
    """One of the listed destinations; its value is the destination's id."""
    DIGITS = "digits"
    """A number that is a name: an account, a customer, a meter. "0047"."""
    TEXT = "text"
    """Whatever is said, as recognised."""
    YES_NO = "yes-no"
    DAY = "day"
    """A day to be open on: "now", "today", "tomorrow", a weekday, "weekend", "holidays"."""
    NUMBER = "number"
    """How many: "112", "-3.5"."""
    AMOUNT = "amount"
    """A sum of money in the site's currency: "12.50"."""
    DATE = "date"
    """ISO 8601: "2026-12-01"."""
    TIME = "time"
    """Of day: "15:30"."""
    PHONE = "phone"
    """A telephone number, as one would dial it or international: "03012345", "+493012345"."""
    NAME = "name"
    """Of a person, said or spelled: "Anna Meyer"."""
    SPELLED = "spelled"
    """Letters and digits spelled out: "AB12C"."""
    POSTCODE = "postcode"
    CHOICE = "choice"
    """One of the author's choices; its value is the choice's id."""
    ENTRY = "entry"
    """A row of a list; its value is the row's id. `{slot.column}` is what the row holds."""
    ADDRESS = "address"
    """A street of a list and a number: "Mill Lane 12 a"."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a closed question."""

    id: str
    name: str
    """As spoken."""
    phrases: tuple[str, ...] = ()
    """What callers say for it, besides its name; templates as in intents."""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """Something that the caller may tell."""

    name: str
    kind: SlotKind
    shortest: int = 0
    longest: int = 0
    """DIGITS and SPELLED: how many."""
    lowest: Expression | None = None
    highest: Expression | None = None
    """NUMBER, AMOUNT, DATE, TIME: the range, ends included."""
    choices: tuple[Choice, ...] = ()
    list: str = ""
    """ENTRY and ADDRESS: which list."""
    checksum: str = ""
    """DIGITS: "luhn", "verhoeff", "iso7064-mod97-10", "iso7064-mod11-2", "mod10-weighted-3"."""
    groups: tuple[int, ...] = ()
    """DIGITS: how many are read back at once; empty: as is usual."""
    country: str = ""
    """PHONE and POSTCODE: ISO 3166 code; empty: the site's."""
    unit: str = ""
    """NUMBER: spoken after it, "kilowatt hours"."""
    title: str = ""
    """What it is called in sentences, "your customer number"; empty: its name."""
    examples: tuple[str, ...] = ()
    """TEXT: what may be said, so that it is recognised."""
    secret: bool = False
    """Typed or said, it reaches no transcript, log, record or briefing: a PIN."""

    def fits(self, digits: str) -> bool:
        """Whether a string of digits is as long as it has to be."""
        return self.shortest <= len(digits) <= (self.longest or len(digits))


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a list that callers name things of: people, streets, wards."""

    id: str
    name: str
    """As it is spoken back."""
    phrases: tuple[str, ...]
    """What callers may say for it, normal form."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Column to value."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A list of entries."""

    name: str
    entries: tuple[Entry, ...] = ()
    connector: str = ""
    """Where its rows come from while the box runs; empty: they stand in the folder."""
    spoken: tuple[str, ...] = ("name",)
    """Columns by which callers name a row; the first is spoken back."""
    number: str = ""
    """Column that holds a telephone number to which callers may be put through."""
    id: str = ""
    """Column that tells the rows apart; empty: the spoken name does."""
    columns: tuple[str, ...] = ()
    """Names of the columns where they are known; empty: what a connector answers."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a caller can be put through to."""

    id: str
    name: str
    """As spoken in "putting you through to ...": "radiology", "the operator"."""
    number: str
    synonyms: tuple[str, ...] = ()
    listed: bool = True
    """Whether callers can ask for it by name; others are reached by a process only."""
    key: str = ""
    """The key of the department menu, or empty."""
    fallback: tuple[str, ...] = ()
    """Destinations that are tried in turn where nobody takes the call."""
    mode: TransferMode = TransferMode.SITE


@dataclass(frozen=True, slots=True)
class Intent:
    """Something that callers want, by examples of how they say it."""

    name: str
    process: str
    confirm: str
    """The question where it was guessed; may hold slots."""
    confirm_plain: str
    """The same where the slots of `confirm` are not known; empty without slots."""
    examples: tuple[str, ...]
    """Templates: `[maybe]`, `(one|other)`, `{slot}`."""
    everywhere: bool = False
    """Whether it is understood at any question, not only at the opening one."""
    title: str = ""
    """What it is about, as spoken in "first ..., then ...": "your meter reading"."""
    level: Level = Level.UNKNOWN
    """How well the caller must be known; the higher of this and the process's counts."""
    values: tuple[tuple[str, str], ...] = ()
    """Slot and what a caller said for it, of examples that were written `[said](slot)`."""


@dataclass(frozen=True, slots=True)
class Process:
    """What is done about a request."""

    name: str
    ops: tuple[Op, ...]
    title: str = ""
    """What it is about, as spoken to people: "your meter reading"; empty: its name."""
    level: Level = Level.UNKNOWN
    """How well the caller must be known before its first step."""
    completes: bool = False
    """A caller who hangs up: whether its remaining steps are done as far as nothing is asked; else
    what it has written is taken back by the `undo` of each call."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One way to find out who calls."""

    connector: str
    arguments: tuple[tuple[str, Expression | str], ...]
    ask: tuple[str, ...] = ()
    """Slots that the caller is asked for; none: the caller's number says it."""
    prompts: Mapping[str, str] = field(default_factory=dict)
    """Slot: question."""
    say: str = ""
    """Said before the questions."""
    holds: Expression | None = None
    """Condition on the answer (and slots) that must hold; None: there is an answer."""


@dataclass(frozen=True, slots=True)
class Authentication:
    """How callers become identified and verified."""

    result: str = "customer"
    """The variable that holds whom it has found."""
    identity: str = "id"
    """Its column that tells callers apart: a lock-out counts by it."""
    number: Proof | None = None
    """By the caller's number: identified at most."""
    knowledge: Proof | None = None
    """By what the caller knows: verified."""
    pin: Proof | None = None
    """By a PIN on the keypad: verified."""
    tries: int = 3
    """Failed attempts in a call, and in a row over calls, before a lock-out."""
    lock: float = 1800.0
    """Seconds of it."""


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What a language model, where the site has one, may do."""

    triage: bool = False
    """Decide what the caller wants."""
    slots: bool = False
    """Read what the built-in understanding could not."""
    answers: bool = False
    """Answer from the site's documents."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text of the site's that questions are answered from."""

    name: str
    """Path in the folder; quoted as the source."""
    text: str


@dataclass(frozen=True, slots=True)
class Emergency:
    """The path ahead of everything: any of `phrases` puts the caller through at once."""

    destination: str
    phrases: tuple[str, ...]
    say: str
    failed: str
    """Said where nobody answers; the person process is tried next."""


@dataclass(frozen=True, slots=True)
class Keypad:
    """What keys mean at the opening question."""

    hint: str
    keys: Mapping[str, str]
    """Key to intent."""
    extensions: str
    """Intent of a destination's number typed in full; empty: not accepted."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When to ask again, and when to stop."""

    reprompts: int = 2
    """Failed answers to one question before the keypad is offered; one more: a person."""
    silence: float = 6.0
    """Seconds of nothing before the caller is asked again."""
    between_keys: float = 2.5
    """Seconds after which typed digits are taken as complete."""
    sure: float = 0.6
    """Confidence from which a request is carried out without asking."""
    guess: float = 0.35
    """Confidence from which "did you want ...?" is asked."""
    close: float = 0.15
    """Two requests whose confidences differ by less are asked about: the one or the other?"""
    call: float = 900.0
    """Seconds after which a call is brought to its end at the next question; 0: never."""


@dataclass(frozen=True, slots=True)
class Script:
    """One dialogue, ready to run."""

    language: str
    site: str
    timezone: str
    """IANA name; whoever builds a `Moment` uses it."""
    greeting: str
    hours: Hours
    destinations: Mapping[str, Destination]
    person: str
    """The process that puts a caller through to a person."""
    farewell: str
    """The process that ends the call where the caller wants nothing else."""
    slots: Mapping[str, Slot]
    intents: Mapping[str, Intent]
    processes: Mapping[str, Process]
    emergency: Emergency
    keypad: Keypad
    sentences: Mapping[str, str]
    """The engine's own sentences by name (wording.py), as the author changed them."""
    limits: Limits = Limits()
    out_of_scope: tuple[str, ...] = ()
    """Examples of what belongs to no intent."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Values that sentences may hold besides slots: `{site}`."""
    persona: str = ""
    """Who the box is, in a sentence or two; for a language model, and nothing else."""
    consent: str = ""
    """Said before the greeting where the site must announce what it does; not interruptible."""
    country: str = ""
    """ISO 3166 code: how telephone numbers, postcodes and holidays are read."""
    currency: str = "EUR"
    """ISO 4217 code."""
    lists: Mapping[str, Catalogue] = field(default_factory=dict)
    backends: Mapping[str, Backend] = field(default_factory=dict)
    connectors: Mapping[str, Connector] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)
    """Texts of the folder's CSV files, by path."""
    authentication: Authentication = Authentication()
    model: ModelUse = ModelUse()
    documents: tuple[Document, ...] = ()
