"""A loaded dialogue: what an author wrote, checked and compiled, immutable."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from appliance.dialogue.hours import Hours

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
    """The types that a slot may have; the author writes the value."""

    DESTINATION = "destination"
    """One of the listed destinations; its value is the destination's id."""
    DIGITS = "digits"
    TEXT = "text"
    """Whatever is said, as recognised."""
    YES_NO = "yes-no"
    DAY = "day"
    """A day to be open on: "now", "today", "tomorrow", a weekday, "weekend", "holidays"."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Something that the caller may tell."""

    name: str
    kind: SlotKind
    shortest: int = 0
    longest: int = 0
    """DIGITS: how many."""

    def fits(self, digits: str) -> bool:
        """Whether a string of digits is as long as it has to be."""
        return self.shortest <= len(digits) <= (self.longest or len(digits))


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


@dataclass(frozen=True, slots=True)
class Condition:
    """`open`, `slot` or `slot == value`."""

    subject: str
    """A slot's name, or "open"."""
    value: str = ""
    """Empty: whether the slot has any value."""


@dataclass(frozen=True, slots=True)
class SayOp:
    """Speak a sentence."""

    text: str


@dataclass(frozen=True, slots=True)
class AskOp:
    """Ask for a slot unless it is known; confirm its value where `confirm` is given."""

    slot: str
    prompt: str
    reprompt: str = ""
    confirm: str = ""


@dataclass(frozen=True, slots=True)
class UnlessOp:
    """Go to operation `target` unless the condition holds."""

    condition: Condition
    target: int


@dataclass(frozen=True, slots=True)
class JumpOp:
    """Go to operation `target`."""

    target: int


@dataclass(frozen=True, slots=True)
class TransferOp:
    """Put the caller through; `failed` is the operation that follows where nobody answers."""

    destination: str
    """A destination's id, or `{slot}`."""
    say: str
    failed: int
    briefing: str = ""
    """What the person is told, in place of what briefing.py would compose."""


@dataclass(frozen=True, slots=True)
class NoteOp:
    """Keep what was collected."""

    kind: str
    fields: tuple[tuple[str, str], ...]
    """Names and texts with slots."""


@dataclass(frozen=True, slots=True)
class HoursOp:
    """Answer when the site is open, for the day in a slot or for now."""

    slot: str


@dataclass(frozen=True, slots=True)
class ResumeOp:
    """Return to the question from before this process, `repeat` all that was said with it."""

    repeat: bool


@dataclass(frozen=True, slots=True)
class RunOp:
    """Go on with another process, keeping the slots."""

    process: str


@dataclass(frozen=True, slots=True)
class EndOp:
    """The request is resolved; `hang_up` ends the call as well."""

    hang_up: bool


Op = SayOp | AskOp | UnlessOp | JumpOp | TransferOp | NoteOp | HoursOp | ResumeOp | RunOp | EndOp


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
    processes: Mapping[str, tuple[Op, ...]]
    emergency: Emergency
    keypad: Keypad
    sentences: Mapping[str, str]
    """The engine's own sentences by name (wording.py), as the author changed them."""
    limits: Limits = Limits()
    out_of_scope: tuple[str, ...] = ()
    """Examples of what belongs to no intent."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Values that sentences may hold besides slots: `{site}`."""
