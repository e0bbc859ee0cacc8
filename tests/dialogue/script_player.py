"""Plays a caller against the dialogue engine in virtual time; whole-call tests may use it too.

talk = Conversation(starter_engine())
talk.say("put me through to radiology")
assert talk.transfer == "201"
"""

from __future__ import annotations

import functools
from datetime import datetime, timedelta
from pathlib import Path

from appliance.contracts.outcome import Outcome
from appliance.dialogue import (
    Await,
    CallerLeft,
    Document,
    Engine,
    Event,
    Gone,
    HangUp,
    Heard,
    Invoke,
    Json,
    Listen,
    Moment,
    Note,
    Pressed,
    Result,
    Say,
    Silent,
    Status,
    Think,
    Thought,
    ThoughtFailed,
    ThoughtOver,
    ToolCall,
    Transfer,
    TransferFailed,
    Understood,
    load,
)

STARTER = Path(__file__).resolve().parents[2] / "appliance" / "dialogue" / "starter"
TUESDAY = datetime.fromisoformat("2026-11-24 10:00")
"""A moment when the starter's clinic is open."""


def starter_files() -> dict[str, str]:
    """The starter dialogue as `load` takes it."""
    return {
        path.relative_to(STARTER).as_posix(): path.read_text("utf-8")
        for path in sorted(STARTER.rglob("*.yaml"))
    }


@functools.cache
def starter_engine() -> Engine:
    """The starter's engine, trained once."""
    return Engine(load(starter_files()))


DESK = Path(__file__).parent / "desk"


def desk_files() -> dict[str, str]:
    """A dialogue with connectors, authentication and corrections, made for tests."""
    return {
        path.relative_to(DESK).as_posix(): path.read_text("utf-8")
        for path in sorted(DESK.rglob("*.yaml"))
    }


@functools.cache
def desk_engine() -> Engine:
    """Its engine, trained once."""
    return Engine(load(desk_files()))


class Conversation:
    """One call; every method is one event and leaves its result in the properties."""

    def __init__(
        self, engine: Engine, at: datetime = TUESDAY, facts: tuple[tuple[str, str], ...] = ()
    ) -> None:
        self.engine = engine
        self._start = at
        self._seconds = 0.0
        self.notes: list[dict[str, str]] = []
        self.documents: list[Document] = []
        self.invokes: list[Invoke] = []
        self.heard: list[str] = []
        self.state, self.actions = engine.begin(self._now(), facts)
        self.check()

    def _now(self) -> Moment:
        return Moment(self._seconds, self._start + timedelta(seconds=self._seconds))

    def feed(self, event: Event, after: float = 3.0) -> Conversation:
        """Step the engine with any event, `after` seconds later."""
        self._seconds += after
        self.state, self.actions = self.engine.step(self.state, event, self._now())
        self.notes += [dict(a.fields) for a in self.actions if isinstance(a, Note)]
        self.documents += [a for a in self.actions if isinstance(a, Document)]
        self.invokes += [a for a in self.actions if isinstance(a, Invoke)]
        self.heard += [a.text for a in self.actions if isinstance(a, Say)]
        self.check()
        return self

    def say(
        self, text: str, confidence: float = 1.0, *alternatives: tuple[str, float]
    ) -> Conversation:
        """The caller says a sentence, as the recogniser writes it."""
        return self.feed(Heard(text, confidence, alternatives))

    def press(self, keys: str, *, wait: bool = False) -> Conversation:
        """The caller presses keys; `wait`: and then nothing until the engine's time is over."""
        for key in keys:
            self.feed(Pressed(key), 0.4)
        return self.silence() if wait else self

    def silence(self) -> Conversation:
        """Nothing is said, and nothing comes back, until the engine's time is over."""
        last = self.actions[-1]
        return self.feed(Silent(), last.timeout if isinstance(last, Listen | Await) else 30.0)

    def transfer_fails(self) -> Conversation:
        """Nobody answers the transfer."""
        return self.feed(TransferFailed("486 Busy Here"), 20.0)

    def result(self, status: Status | str = Status.DONE, value: Json = None) -> Conversation:
        """The connector that is waited for answers."""
        return self.feed(Result(self.awaited, Status(status), value), 0.3)

    def thinks(self, *clauses: str, calls: tuple[ToolCall, ...] = ()) -> Conversation:
        """The language model says clauses, then that it wants `calls`."""
        name = self.awaited
        for clause in clauses:
            self.feed(Thought(name, clause), 0.2)
        return self.feed(ThoughtOver(name, calls), 0.2)

    def thinks_nothing(self, reason: str = "no first word in time") -> Conversation:
        """The language model cannot be asked."""
        return self.feed(ThoughtFailed(self.awaited, reason), 1.5)

    def leaves(self, *, handed_over: bool = False) -> Conversation:
        """The caller hangs up, or is with a person now."""
        return self.feed(CallerLeft(handed_over))

    def check(self) -> None:
        """Whatever happens, the caller is listened to, put through or let go, exactly once."""
        ends = [a for a in self.actions if isinstance(a, Listen | Await | Transfer | HangUp | Gone)]
        assert len(ends) == 1, self.actions
        assert self.actions[-1] is ends[0], self.actions

    @property
    def spoken(self) -> str:
        """All that was said in this turn."""
        return " ".join(action.text for action in self.actions if isinstance(action, Say))

    @property
    def listening(self) -> Listen | None:
        return self.actions[-1] if isinstance(self.actions[-1], Listen) else None

    @property
    def awaited(self) -> str:
        """The id that is waited for, or ""."""
        last = self.actions[-1]
        return last.id if isinstance(last, Await) else ""

    @property
    def invoked(self) -> Invoke | None:
        """The connector that was asked in this turn."""
        return next((action for action in self.actions if isinstance(action, Invoke)), None)

    @property
    def thinking(self) -> Think | None:
        """What the language model was asked in this turn."""
        return next((action for action in self.actions if isinstance(action, Think)), None)

    @property
    def gone(self) -> bool:
        """Whether nothing is left to be done."""
        return isinstance(self.actions[-1], Gone)

    @property
    def handed(self) -> Transfer | None:
        last = self.actions[-1]
        return last if isinstance(last, Transfer) else None

    @property
    def transfer(self) -> str:
        """The number that the caller is put through to, or ""."""
        last = self.actions[-1]
        return last.target if isinstance(last, Transfer) else ""

    @property
    def outcome(self) -> Outcome | None:
        last = self.actions[-1]
        return last.outcome if isinstance(last, HangUp) else None

    @property
    def understood(self) -> Understood | None:
        first = self.actions[0]
        return first if isinstance(first, Understood) else None
