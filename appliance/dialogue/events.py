"""What happens to a conversation: the events that the engine is stepped with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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


@dataclass(frozen=True, slots=True)
class Pressed:
    """The caller has pressed one key of the telephone: 0-9, * or #."""

    digit: str


@dataclass(frozen=True, slots=True)
class Silent:
    """The time of the last `Listen` has passed and nothing was heard or pressed."""


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """The last `Transfer` did not reach anybody; the caller is back."""

    reason: str = ""


Event = Heard | Pressed | Silent | TransferFailed
