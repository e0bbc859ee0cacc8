"""One conversation as its author wrote it down: what the caller does, and what must follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from appliance.dialogue.events import Status, ToolCall
from appliance.dialogue.values import Json

USUAL: Final = datetime.fromisoformat("2026-11-24 10:00")
"""When a conversation takes place that does not say: a Tuesday morning."""


class Deed(StrEnum):
    """What happens to the box; the author writes the value."""

    SAY = "say"
    PRESS = "press"
    WAIT = "wait"
    """Nothing is said until the engine's time is over."""
    HANG_UP = "hang_up"
    DECLINED = "declined"
    """The person who was called does not take the call."""
    UNANSWERED = "unanswered"
    """Nobody answers the transfer."""


class Checked(StrEnum):
    """What is looked at; the author writes the value."""

    HEAR = "hear"
    """The box has said it, in this turn."""
    NOT_HEAR = "not_hear"
    ASKED = "asked"
    """The slot that the caller is being asked for."""
    INTENT = "intent"
    PROCESS = "process"
    SLOTS = "slots"
    LEVEL = "level"
    EXPECTS = "expects"
    """The kind of answer that the ears are set to."""
    CALLED = "called"
    """A connector was asked, since the call began."""
    NOT_CALLED = "not_called"
    NOTED = "noted"
    TRANSFER = "transfer"
    BRIEFING = "briefing"
    """Words that the person is told."""
    DOCUMENTED = "documented"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold after a step."""

    kind: Checked
    text: str = ""
    """A sentence, or a name: of a slot, an intent, a connector, a kind of note ..."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Those of slots, parameters or fields."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens, and what must hold then."""

    deed: Deed | None = None
    """None: nothing; the checks are about the turn before."""
    texts: tuple[str, ...] = ()
    """SAY: readings, the best one first. PRESS: the keys."""
    confidence: float = 1.0
    """SAY: of the best reading."""
    checks: tuple[Check, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What one of the site's systems says."""

    status: Status | None = Status.DONE
    """None: nothing at all."""
    value: Json = None


@dataclass(frozen=True, slots=True)
class Speech:
    """What the language model says or wants done."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    down: bool = False
    stalls: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One conversation."""

    name: str
    talk: tuple[Step, ...]
    at: datetime = USUAL
    """Local time at the site when it begins."""
    facts: tuple[tuple[str, str], ...] = ()
    connectors: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict)
    """What each connector answers, one after the other; the last answer stays."""
    model: tuple[Speech, ...] = ()
    file: str = ""
    line: int = 0
