"""People at the departments' telephones, with their line replaced."""

import asyncio
from dataclasses import dataclass, field

import pytest

from appliance.exchange.people import BREATH, CONSIDER, PICKED_UP, Person
from appliance.exchange.turns import TurnMeter

GREETING = b"\1\2" * 100


@dataclass
class Line:
    meter: TurnMeter = field(default_factory=TurnMeter)
    said: list[bytes] = field(default_factory=list)
    pressed: list[str] = field(default_factory=list)
    speaking: bool = False

    def say(self, pcm: bytes) -> None:
        self.said.append(pcm)

    def press(self, digits: str) -> None:
        self.pressed.append(digits)


class Call:
    def __init__(self) -> None:
        self.line = Line()
        self.over = asyncio.Event()


class Scene:
    def __init__(self, **named) -> None:
        self.now = 100.0
        self.call = Call()
        self.person = Person(self.call, lambda: self.now, **named)

    def passes(self, seconds: float, *, spoken: bool = False) -> None:
        for _ in range(round(seconds / 0.02)):
            self.now += 0.02
            self.call.line.meter.received(spoken, self.now)
            self.person.tick(self.now)


@pytest.mark.parametrize("decision", ["1", "2"])
def test_person_decides_when_the_briefing_is_over(decision: str) -> None:
    """A key is pressed once, and only after who calls has been told to the end."""
    scene = Scene(greeting=GREETING, decision=decision)
    line = scene.call.line
    assert line.said == [PICKED_UP, GREETING]
    scene.passes(3.0)
    assert line.pressed == []  # nobody has said anything
    line.speaking = True
    scene.passes(1.0, spoken=True)
    scene.passes(2 * CONSIDER)
    assert line.pressed == []  # while they speak themselves
    line.speaking = False
    scene.passes(1.0, spoken=True)
    scene.passes(CONSIDER / 2)
    scene.passes(1.0, spoken=True)
    scene.passes(CONSIDER - 0.1)
    assert line.pressed == []
    scene.passes(0.2)
    assert line.pressed == [decision]
    scene.passes(5.0)
    assert line.pressed == [decision]


def test_person_who_just_stays_presses_nothing() -> None:
    """Without a decision the person listens, and says hello to who is there afterwards."""
    scene = Scene(greeting=GREETING)
    scene.passes(2.0, spoken=True)
    scene.passes(5.0)
    told = list(scene.person.told)
    assert len(told) == 1
    scene.person.connected()
    scene.passes(1.0, spoken=True)
    assert scene.person.told == told
    assert scene.call.line.pressed == []
    assert scene.call.line.said == [PICKED_UP, GREETING, BREATH + GREETING]
    assert not scene.person.over
    scene.call.over.set()
    assert scene.person.over


def test_person_without_a_greeting_only_picks_up() -> None:
    """A telephone without a recorded greeting makes the sound of lifting the handset."""
    scene = Scene()
    scene.person.connected()
    assert scene.call.line.said == [PICKED_UP]
