"""A scripted dialogue and a session around it, for tests in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from appliance import dialogue
from appliance.call import orders
from appliance.call.admission import Admission
from appliance.call.dialling import Dialling
from appliance.call.outside import Plan
from appliance.call.session import CallSession, Rules
from appliance.call.transitions import State
from appliance.call.voice import Voice
from appliance.contracts.expectation import Expectation, Kind
from appliance.contracts.outcome import Outcome
from appliance.contracts.speech import Audio, Downward, Heard, Manner, Opened, Upward
from appliance.dialogue import Gone, HangUp, Listen, Say, Transfer, Understood

FRAME = 0.020
SPEECH = b"\x01\x10" * 160
"""20 ms of something that is not silence."""
LISTEN = Listen(Expectation(), 4.0)
YES_NO = Listen(Expectation(Kind.YES_NO), 4.0)


def sentence(seconds: float) -> bytes:
    """PCM of so many seconds."""
    return b"\x02\x20" * int(seconds * 8000)


class Script:
    """A dialogue whose answers are a function of what it is told."""

    def __init__(
        self,
        start: list[dialogue.Action] | None = None,
        answer: Callable[[dialogue.Event], list[dialogue.Action]] | None = None,
    ) -> None:
        self.start = start if start is not None else [Say("Hello."), LISTEN]
        self.answer = answer or self.usual
        self.told: list[dialogue.Event] = []
        self.left: list[dialogue.Event] = []
        """What was told once the caller had gone: `CallerLeft`, and answers to what followed."""
        self.leaving: Callable[[dialogue.Event], list[dialogue.Action]] = lambda _event: [Gone()]
        self.facts: tuple[tuple[str, str], ...] = ()
        self.steps = 0
        self.script = None

    def begin(
        self, now: dialogue.Moment, facts: tuple[tuple[str, str], ...] = ()
    ) -> tuple[dialogue.State, list[dialogue.Action]]:
        self.facts = facts
        return dialogue.State(), list(self.start)

    def step(
        self, state: dialogue.State, event: dialogue.Event, now: dialogue.Moment
    ) -> tuple[dialogue.State, list[dialogue.Action]]:
        if state.greeted or isinstance(event, dialogue.CallerLeft):
            self.left.append(event)
            return replace(state, greeted=True), list(self.leaving(event))
        self.told.append(event)
        self.steps += 1
        return replace(state, process="usual", step=self.steps), list(self.answer(event))

    @staticmethod
    def usual(event: dialogue.Event) -> list[dialogue.Action]:
        match event:
            case dialogue.Heard("hours"):
                return [Understood("hours", 0.9), Say("We are open from eight to five."), LISTEN]
            case dialogue.Heard("radiology"):
                return [
                    Understood("department", 0.9), Say("One moment."), Transfer("201", "radiology"),
                ]  # fmt: skip
            case dialogue.Heard("bye"):
                return [Say("Goodbye."), HangUp(Outcome.COMPLETED)]
            case dialogue.Silent():
                return [Say("Are you there?"), LISTEN]
            case dialogue.TransferFailed():
                return [Say("Nobody answers."), LISTEN]
            case _:
                return [Understood("none", 0.0), Say("Pardon?"), LISTEN]


def plan_of(bench: Bench) -> Plan:
    """What holds for the calls of a switchboard, with the dialogue of `bench`."""
    return Plan(
        engine=bench.script,  # type: ignore[arg-type]
        moment=lambda now: dialogue.Moment(now, datetime(2026, 11, 23, 10, 0, tzinfo=UTC)),
        prompts=bench.prompts.get, filler=b"", tones=b"", ringback=b"", rules=Rules("200"),
        admission=Admission(1), dialling=Dialling(), overflow="",
    )  # fmt: skip


class Bench:
    """One session, its frames and orders."""

    def __init__(
        self,
        script: Script | None = None,
        *,
        prompts: dict[str, bytes] | None = None,
        rules: Rules | None = None,
        facts: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.now = 1000.0
        self.script = script or Script()
        self.prompts = {
            text: sentence(1.0)
            for text in (
                "Hello.", "We are open from eight to five.", "One moment.", "Goodbye.",
                "Are you there?", "Nobody answers.", "Pardon?",
            )
        } if prompts is None else prompts  # fmt: skip
        self.session = CallSession(
            engine=self.script,  # type: ignore[arg-type]
            moment=lambda now: dialogue.Moment(now, datetime(2026, 11, 23, 10, 0, tzinfo=UTC)),
            voice=Voice(self.prompts.get, filler=sentence(0.3), tones=sentence(0.5)),
            ringback=sentence(2.0),
            rules=rules or Rules("200"),
            now=self.now,
            facts=facts,
        )
        self.orders: list[orders.Order] = []
        self.sent: list[bytes | None] = []
        self.stream = 0
        self.quiet = 0.0

    @property
    def state(self) -> State:
        return self.session.state

    def drain(self) -> None:
        self.orders += self.session.orders()

    def answered(self) -> Bench:
        """Bring the call to its first sentence."""
        self.speech(Opened("stt", "tts"))
        self.session.confirmed(self.now)
        self.drain()
        return self

    def listening(self) -> Bench:
        """Bring the call to its first question."""
        self.answered()
        self.until(State.LISTENING)
        return self

    def frames(self, seconds: float) -> list[bytes | None]:
        """Let time pass; return what was sent in it."""
        before = len(self.sent)
        for _ in range(round(seconds / FRAME)):
            self.now = round(self.now + FRAME, 6)
            frame = self.session.frame(SPEECH, self.now, delay=0.04, quiet=self.quiet)
            self.sent.append(frame)
            self.drain()
        return self.sent[before:]

    def until(self, state: State, most: float = 60.0) -> float:
        """Let time pass until the call is in `state`; return how much."""
        began = self.now
        while self.state is not state:
            assert self.now - began < most, f"still {self.state}, not {state}"
            self.frames(FRAME)
        return self.now - began

    def speech(self, message: Downward) -> None:
        self.session.speech(message, self.now)
        self.drain()

    def heard(
        self,
        text: str,
        confidence: float = 0.9,
        seconds: float = 0.8,
        manner: Manner = Manner.SPEECH,
    ) -> None:
        end = sum(isinstance(m, Audio) for m in self.told(Audio)) * FRAME
        begin = max(0.0, end - seconds)
        self.speech(Heard(text, confidence, begin, end, end, manner=manner))

    def told(self, kind: type[Upward]) -> list[Upward]:
        """What has been sent up, of one kind."""
        return [
            order.message
            for order in self.orders
            if isinstance(order, orders.Tell) and isinstance(order.message, kind)
        ]

    def shown(self, event: str) -> list[dict[str, object]]:
        return [
            dict(order.values)
            for order in self.orders
            if isinstance(order, orders.Show) and order.event == event
        ]

    def ordered(self, kind: type[orders.Order]) -> list[orders.Order]:
        return [order for order in self.orders if isinstance(order, kind)]

    def outcome(self) -> Outcome:
        (finished,) = self.ordered(orders.Finished)
        assert isinstance(finished, orders.Finished)
        return finished.outcome
