"""Playing one case against the engine, step by step, until something is not as expected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from appliance.contracts.expectation import Expectation
from appliance.dialogue.actions import Await, Listen, Transfer
from appliance.dialogue.events import CallerLeft, Heard, Pressed, TransferFailed
from appliance.dialogue.rehearsing.canned import Systems
from appliance.dialogue.rehearsing.cases import Case, Deed, Step
from appliance.dialogue.rehearsing.checking import Checker, Failure
from appliance.dialogue.rehearsing.conversation import Conversation, Line
from appliance.dialogue.running.engine import Engine
from appliance.dialogue.script import Script

Ears = Callable[[Step, Expectation], Sequence[Heard]]
"""What the box hears, in order, of a step in which the caller speaks, under what it expects."""
_BETWEEN_KEYS: Final = 0.4
"""Seconds."""
_NONE: Final = "none"
_LESS: Final = 0.8
"""Confidence of each further reading, as a part of the one before."""


@dataclass(frozen=True, slots=True)
class Report:
    """How one case went."""

    case: Case
    failures: tuple[Failure, ...]
    transcript: tuple[Line, ...]
    repeats: int = 0
    """By ear: how often the caller had to say something again."""

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.failures


def as_written(step: Step, _expected: Expectation) -> tuple[Heard, ...]:
    """Hear what the author wrote, as a recogniser without mistakes would."""
    others, confidence = [], step.confidence
    for text in step.texts[1:]:
        confidence *= _LESS
        others.append((text, confidence))
    return (Heard(step.texts[0], step.confidence, tuple(others)),)


def rehearse(
    engine: Engine,
    script: Script,
    case: Case,
    *,
    zone: tzinfo | None = None,
    ears: Ears | None = None,
) -> Report:
    """Play a case and return how it went; it ends at the first step that is not as expected.

    `zone`: the site's. `ears`: how the caller is heard; None: word for word. By ear, a caller who
    is not understood, and would have been word for word, says it once more, as people do.
    """
    systems = Systems(script, case)
    talk = Conversation(engine, script, systems, case.at, zone=zone)
    checker = Checker(script, by_ear=ears is not None)
    talk.begin(case.facts)
    failures: list[Failure] = []
    repeats = 0
    for at, step in enumerate(case.talk):
        trouble = _do(talk, step, ears or as_written)
        if ears is not None and not trouble and _missed(talk):
            meant = intents(engine, script, case, zone=zone)[at]
            if meant not in {"", _NONE}:
                repeats += 1
                trouble = _do(talk, step, ears)
        if trouble:
            failures.append(Failure(step.line, "the call to go on", trouble))
        failures += [
            failure
            for check in step.checks
            if (failure := checker.failure(check, talk)) is not None
        ]
        failures += _faults(talk, systems, step)
        if failures:
            break
    return Report(case, tuple(failures), tuple(talk.transcript), repeats)


def intents(
    engine: Engine, script: Script, case: Case, *, zone: tzinfo | None = None
) -> tuple[str, ...]:
    """Return how each step is understood word for word; "" where nothing is said."""
    talk = Conversation(engine, script, Systems(script, case), case.at, zone=zone)
    talk.begin(case.facts)
    found = []
    for step in case.talk:
        trouble = _do(talk, step, as_written)
        said = step.deed is Deed.SAY and not trouble and talk.understood is not None
        found.append(talk.understood.intent if said and talk.understood is not None else "")
    return tuple(found)


def _missed(talk: Conversation) -> bool:
    """Whether the caller was not understood and may say it again."""
    understood = talk.understood
    return understood is not None and understood.intent == _NONE and not talk.over


def _faults(talk: Conversation, systems: Systems, step: Step) -> list[Failure]:
    """Return what no author can have wanted."""
    found = [
        Failure(
            step.line,
            f"an answer of '{name}'",
            "the test has none: write it under connectors (or nothing, down, pending)",
        )
        for name in dict.fromkeys(systems.missing)
    ]
    if talk.defect:
        found.append(Failure(step.line, "the call to go on", talk.defect))
    return found


def _do(talk: Conversation, step: Step, ears: Ears) -> str:
    """Let the step happen; return why it cannot."""
    if step.deed is None:
        return ""
    if talk.over:
        return "it was over"
    transferring = isinstance(talk.last, Transfer)
    match step.deed:
        case Deed.SAY:
            last = talk.last
            expected = last.expectation if isinstance(last, Listen | Await) else Expectation()
            heard = ears(step, expected)
            for one in heard:
                talk.feed(one)
            if not heard:
                talk.wait()
        case Deed.PRESS:
            for key in step.texts[0]:
                if not talk.over:
                    talk.feed(Pressed(key), _BETWEEN_KEYS)
        case Deed.WAIT:
            talk.wait()
        case Deed.HANG_UP:
            talk.feed(CallerLeft())
        case Deed.DECLINED | Deed.UNANSWERED:
            if not transferring:
                return "the caller was not put through to anybody"
            declined = step.deed is Deed.DECLINED
            talk.feed(TransferFailed("603 Decline" if declined else "480 No Answer"), 20.0)
    return ""
