"""What happens to a conversation: the events that the engine is stepped with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from appliance.dialogue.values import Json


@dataclass(frozen=True, slots=True)
class Moment:
    """When an event happens; the engine never looks at a clock itself."""

    seconds: float
    """Monotonic time, s."""
    local: datetime
    """Wall time at the site (the script's time zone); opening hours are judged by it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The caller has said something; an empty text is sound that could not be understood."""

    text: str
    confidence: float = 1.0
    """Of the recogniser, within 0 to 1."""
    alternatives: tuple[tuple[str, float], ...] = ()
    """Other readings of the utterance with their confidences; `text` need not be among them."""
    words: tuple[tuple[str, float], ...] = ()
    """The words of `text` with the confidence in each; empty where the recogniser does not tell."""
    intents: tuple[tuple[str, float], ...] = ()
    """Intents with their confidences as an encoder pack has it ("" is none of them); empty: there
    is none."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """The caller has pressed one key of the telephone: 0-9, * or #."""

    digit: str


@dataclass(frozen=True, slots=True)
class Silent:
    """The time of the last `Listen` or `Await` has passed and nothing happened."""


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """The last `Transfer` did not reach anybody; the caller is back."""

    reason: str = ""


class Status(StrEnum):
    """How a connector's call went."""

    DONE = "done"
    NOTHING = "nothing"
    """It was asked, and there is none."""
    REFUSED = "refused"
    """It was asked, and says that this cannot be: a mistake in what was sent."""
    UNAVAILABLE = "unavailable"
    """It cannot be asked: down, too slow, or its circuit breaker is open."""
    PENDING = "pending"
    """A write that is safe in the outbox and will be delivered."""


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to an `Invoke`."""

    id: str
    status: Status
    value: Json = None
    """The row, or `{"rows": [...]}` of a connector with `many`."""
    reason: str = ""
    """In words, for the record: no text of the caller's."""


@dataclass(frozen=True, slots=True)
class Thought:
    """A clause of what the language model says, ready to be spoken."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What the language model wants done: one of the tools that the prompt declared."""

    name: str
    arguments: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ThoughtOver:
    """The language model has finished."""

    id: str
    calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class ThoughtFailed:
    """The language model cannot be asked, is too slow, or wrote what is no answer."""

    id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CallerLeft:
    """The caller is gone; what is to be completed or taken back follows. Once in every call."""

    handed_over: bool = False
    """They are with a person now: the last `Transfer` has succeeded."""


Event = (
    Heard | Pressed | Silent | TransferFailed | Result | Thought | ThoughtOver | ThoughtFailed
    | CallerLeft
)  # fmt: skip
