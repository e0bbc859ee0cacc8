"""A scripted engine, so that the player is tested without the engine's own opinions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from appliance.contracts.expectation import Expectation, Kind
from appliance.dialogue.actions import Action, Listen, Say
from appliance.dialogue.connectors import Backend, BackendKind, Connector, Lookup, Statement
from appliance.dialogue.events import Event, Moment
from appliance.dialogue.hours import Hours
from appliance.dialogue.script import (
    AskOp,
    Destination,
    Emergency,
    Intent,
    Keypad,
    Process,
    Script,
    Slot,
    SlotKind,
)
from appliance.dialogue.state import State

LISTEN = Listen(Expectation(Kind.DIGITS, shortest=4, longest=4), 6.0)

SCRIPT = Script(
    language="en",
    site="Site",
    timezone="Europe/London",
    greeting="Hello.",
    hours=Hours(),
    destinations={"radiology": Destination("radiology", "radiology", "201")},
    person="operator",
    farewell="goodbye",
    slots={
        "number": Slot("number", SlotKind.DIGITS, 4, 4),
        "about": Slot("about", SlotKind.TEXT),
    },
    intents={"reading": Intent("reading", "reading", "Do you?", "", ("my reading",))},
    processes={"reading": Process("reading", (AskOp("number", "Which number?"),))},
    emergency=Emergency("radiology", (), "", ""),
    keypad=Keypad("", {}, ""),
    sentences={},
    backends={
        "staff": Backend("staff", BackendKind.CSV, "lists/staff.csv"),
        "db": Backend("db", BackendKind.SQL, "sqlite:///x"),
    },
    connectors={
        "find": Connector(
            "find", "staff", Lookup({"number": "extension"}), ("extension",),
            fields={"who": "name"},
        ),
        "everybody": Connector("everybody", "staff", Lookup({}), (), many=True),
        "check": Connector(
            "check", "db", Statement("select :pin"), ("pin",), private=frozenset({"pin"})
        ),
    },
    tables={"lists/staff.csv": "number,name\n 3001 ,Anna Meyer\n3002,Bert\n"},
)  # fmt: skip

Turn = Callable[[State, Event | None], tuple[State, list[Action]]]


class ScriptedEngine:
    """Answers each event with what a list of actions (or a function) says."""

    def __init__(self, *turns: list[Action] | Turn) -> None:
        self.turns = list(turns)
        self.events: list[Event] = []
        self.moments: list[Moment] = []
        self.facts: tuple[tuple[str, str], ...] = ()

    def begin(self, now: Moment, facts: tuple[tuple[str, str], ...] = ()) -> Any:
        self.facts = facts
        self.moments.append(now)
        return self._turn(State(), None)

    def step(self, state: State, event: Event, now: Moment) -> Any:
        self.events.append(event)
        self.moments.append(now)
        return self._turn(state, event)

    def _turn(self, state: State, event: Event | None) -> tuple[State, list[Action]]:
        turn = self.turns.pop(0) if self.turns else [Say("Again."), LISTEN]
        return turn(state, event) if callable(turn) else (state, turn)


def with_state(actions: list[Action], **changes: Any) -> Turn:
    """Return a turn that changes the state too."""
    return lambda state, _event: (replace(state, **changes), actions)
