"""One conversation with the engine in virtual time, systems and clock included.

event ─► Engine.step ─► actions ─► Invoke, Think ─► Systems ─► Result, Thought … ─► step ─► …
until the caller's turn has come
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final, Protocol

from appliance.dialogue.actions import (
    Action,
    Await,
    Document,
    Gone,
    HangUp,
    Invoke,
    Listen,
    Note,
    Say,
    Think,
    Transfer,
    Understood,
)
from appliance.dialogue.connectors import Connector
from appliance.dialogue.events import CallerLeft, Event, Heard, Moment, Pressed, Result, Silent
from appliance.dialogue.rehearsing.canned import value_text
from appliance.dialogue.running.engine import Engine
from appliance.dialogue.script import Script
from appliance.dialogue.state import State
from appliance.dialogue.values import text

_MOST: Final = 200
"""Steps without a word of the caller's after which an engine goes round in circles."""
_TURN: Final = 3.0
"""Seconds that a caller's turn takes."""
_PATIENCE: Final = 6.0
"""Seconds of silence where nothing was awaited."""
_ENDS: Final = (Listen, Await, Transfer, HangUp, Gone)
_HIDDEN: Final = "…"
"""Shown in place of what is secret."""


class Answers(Protocol):
    """Whoever stands for the site's systems and the language model."""

    def answer(self, invoke: Invoke) -> Result | None:
        """Return what a connector says, None where it says nothing."""

    def think(self, think: Think) -> Sequence[Event]:
        """Return what the language model says, in order."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a transcript."""

    who: str
    """ "box", "caller" or, for what neither says, ""."""
    text: str


class Conversation:
    """One call. Every event leaves what came of it in `turn`."""

    def __init__(
        self,
        engine: Engine,
        script: Script,
        answers: Answers,
        at: datetime,
        *,
        zone: tzinfo | None = None,
    ) -> None:
        """Prepare a call at the local time `at`; `zone`: the site's, where it is known."""
        self._engine = engine
        self._script = script
        self._answers = answers
        self._began = at if at.tzinfo is not None else at.replace(tzinfo=zone)
        self._seconds = 0.0
        self._asked: dict[str, Invoke | Think] = {}
        self._given: set[str] = set()
        self.state = State()
        self.turn: list[Action] = []
        """Every action since the last event from outside."""
        self.done: list[Action] = []
        """Every action since the call began."""
        self.slots: dict[str, str] = {}
        """The last value of each slot that was known in this call."""
        self.processes: set[str] = set()
        """Processes that this turn went through."""
        self.transcript: list[Line] = []
        self.defect = ""
        """What the engine did that it must not; empty."""

    def begin(self, facts: tuple[tuple[str, str], ...] = ()) -> None:
        """Answer the call."""
        self.state, actions = self._engine.begin(self._now(), facts)
        self._take(actions)
        self._go_on()

    def feed(self, event: Event, after: float = _TURN) -> None:
        """Let something happen, `after` seconds later, and all that follows by itself."""
        self._show(event)
        self.turn, self.processes = [], {self.state.process} - {""}
        self._seconds += after
        self._step(event)
        self._go_on()

    def wait(self) -> None:
        """Let the time pass that the engine is ready to wait."""
        last = self.last
        self.feed(Silent(), last.timeout if isinstance(last, Listen | Await) else _PATIENCE)

    def fork(self) -> Conversation:
        """Return a copy that goes its own way from here, for whoever may want to come back."""
        other = copy(self)
        other._asked = dict(self._asked)  # noqa: SLF001 - one of our own
        other._given = set(self._given)  # noqa: SLF001 - likewise
        other.turn, other.done = list(self.turn), list(self.done)
        other.slots, other.processes = dict(self.slots), set(self.processes)
        other.transcript = list(self.transcript)
        return other

    @property
    def last(self) -> Action | None:
        """What the box is doing now."""
        return self.turn[-1] if self.turn else None

    @property
    def over(self) -> bool:
        """Whether nothing more can come of this call."""
        return isinstance(self.last, HangUp | Gone)

    @property
    def understood(self) -> Understood | None:
        """How the caller's turn was read."""
        return next((one for one in self.turn if isinstance(one, Understood)), None)

    @property
    def said(self) -> str:
        """All that was said in this turn."""
        return " ".join(one.text for one in self.turn if isinstance(one, Say))

    @property
    def moment(self) -> Moment:
        """Return when it is now."""
        return self._now()

    @property
    def secret(self) -> bool:
        """Whether what the caller does now is shown nowhere."""
        return isinstance(self.last, Listen) and self.last.secret

    def _now(self) -> Moment:
        return Moment(self._seconds, self._began + timedelta(seconds=self._seconds))

    def _step(self, event: Event) -> None:
        before = self.state
        self.state, actions = self._engine.step(before, event, self._now())
        self._take(actions)

    def _take(self, actions: list[Action]) -> None:
        self.turn += actions
        self.done += actions
        ends = [
            one for one in actions if isinstance(one, Listen | Await | Transfer | HangUp | Gone)
        ]
        if not ends or actions[-1] is not ends[-1]:
            self.defect = "the engine left the caller alone: nothing follows its last action"
        self.slots.update(self.state.slots)
        for action in actions:
            if isinstance(action, Understood):
                self.slots.update(action.slots)
            elif isinstance(action, Document):
                self.processes.add(action.process)
            elif isinstance(action, Invoke | Think):
                self._asked[action.id] = action
            self._tell(action)
        self.processes |= {self.state.process} - {""}

    def _go_on(self) -> None:
        """Hand over what was asked for, as far as the engine waits for it."""
        for _ in range(_MOST):
            last = self.last
            if not isinstance(last, Await) or last.id in self._given:
                return
            asked = self._asked.get(last.id)
            if asked is None:
                self.defect = f"the engine waits for '{last.id}', which it has not asked for"
                return
            self._given.add(last.id)
            for event in self._events(asked):
                self._seconds += 0.1
                self._show(event)
                self._step(event)
        self.defect = "the dialogue goes round in circles without a word of the caller's"

    def _events(self, asked: Invoke | Think) -> Sequence[Event]:
        if isinstance(asked, Think):
            return self._answers.think(asked)
        result = self._answers.answer(asked)
        return () if result is None else (result,)

    # what a person reads afterwards

    def _show(self, event: Event) -> None:
        if isinstance(event, Heard):
            said = _HIDDEN if self.secret else event.text or "(not understood)"
            self.transcript.append(Line("caller", said))
        elif isinstance(event, Pressed):
            key = _HIDDEN if self.secret and event.digit.isdecimal() else event.digit
            self.transcript.append(Line("caller", f"(presses {key})"))
        elif isinstance(event, Silent):
            self.transcript.append(Line("caller", "(says nothing)"))
        elif isinstance(event, CallerLeft):
            self.transcript.append(Line("caller", "(hangs up)"))
        elif isinstance(event, Result):
            held = value_text(event.value)
            self.transcript.append(Line("", f"  {event.status}{': ' if held else ''}{held}"))

    def _tell(self, action: Action) -> None:
        line = describe(action, self._script.connectors)
        if line is not None:
            self.transcript.append(line)


def describe(action: Action, connectors: Mapping[str, Connector]) -> Line | None:
    """Return an action as a line of a transcript; None for what shows by itself."""
    match action:
        case Say(said):
            return Line("box", said)
        case Understood(intent, confidence, slots):
            held = "".join(f", {name}: {value}" for name, value in slots)
            return Line("", f"understood {intent} ({confidence:.2f}){held}")
        case Transfer(target, name):
            return Line("", f"puts through to {name} ({target})")
        case HangUp(outcome):
            return Line("", f"hangs up: {outcome}")
        case Note(kind, fields):
            held = ", ".join(f"{name}: {value}" for name, value in fields)
            return Line("", f"notes {kind}: {held}")
        case Invoke(_, name, arguments):
            connector = connectors.get(name)
            hidden = connector.private if connector is not None else frozenset()
            held = ", ".join(
                f"{one}: {_HIDDEN if one in hidden else text(value)}" for one, value in arguments
            )
            return Line("", f"asks {name} ({held})")
        case Think():
            return Line("", "asks the language model")
        case Document(process, resolution, reason):
            why = f" ({reason})" if reason else ""
            return Line("", f"documents {process or 'the call'}: {resolution}{why}")
        case _:
            return None
