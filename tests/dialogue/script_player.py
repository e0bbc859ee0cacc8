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
    Engine,
    Event,
    HangUp,
    Heard,
    Listen,
    Moment,
    Note,
    Pressed,
    Say,
    Silent,
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


class Conversation:
    """One call; every method is one event and leaves its result in the properties."""

    def __init__(self, engine: Engine, at: datetime = TUESDAY) -> None:
        self.engine = engine
        self._start = at
        self._seconds = 0.0
        self.notes: list[dict[str, str]] = []
        self.state, self.actions = engine.begin(self._now())
        self.check()

    def _now(self) -> Moment:
        return Moment(self._seconds, self._start + timedelta(seconds=self._seconds))

    def feed(self, event: Event, after: float = 3.0) -> Conversation:
        """Step the engine with any event, `after` seconds later."""
        self._seconds += after
        self.state, self.actions = self.engine.step(self.state, event, self._now())
        self.notes += [dict(a.fields) for a in self.actions if isinstance(a, Note)]
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
        """Nothing is said until the engine's time is over."""
        return self.feed(Silent(), self.listening.timeout if self.listening else 30.0)

    def transfer_fails(self) -> Conversation:
        """Nobody answers the transfer."""
        return self.feed(TransferFailed("486 Busy Here"), 20.0)

    def check(self) -> None:
        """Whatever happens, the caller is listened to, put through or let go, exactly once."""
        ends = [a for a in self.actions if isinstance(a, Listen | Transfer | HangUp)]
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
