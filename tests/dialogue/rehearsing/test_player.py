"""`dialogue.rehearsing.player`: a case, step by step."""

from __future__ import annotations

from typing import Any

from appliance.contracts.expectation import Expectation
from appliance.contracts.outcome import Outcome
from appliance.dialogue.actions import Action, Await, HangUp, Invoke, Say, Transfer, Understood
from appliance.dialogue.events import CallerLeft, Event, Heard, Pressed, Silent, TransferFailed
from appliance.dialogue.rehearsing.cases import Case as Conversation
from appliance.dialogue.rehearsing.cases import Check, Checked, Deed, Step
from appliance.dialogue.rehearsing.player import Report, as_written, rehearse
from appliance.dialogue.state import State
from tests.dialogue.rehearsing.fakes import LISTEN, SCRIPT, ScriptedEngine


def play(engine: Any, *steps: Step, **more: Any) -> Report:
    return rehearse(engine, SCRIPT, Conversation("a", steps), **more)


def hears(text: str) -> tuple[Check, ...]:
    return (Check(Checked.HEAR, text, line=9),)


def test_a_case_is_played_to_its_end() -> None:
    """Lets everything happen in order and is content where all is as expected."""
    engine = ScriptedEngine(
        [Say("Hello."), LISTEN], [LISTEN], [LISTEN], [LISTEN], [LISTEN],
        [Transfer("201", "radiology")], [Transfer("202", "x")], [LISTEN], [HangUp(Outcome.COMPLETED)],
    )  # fmt: skip
    report = play(
        engine,
        Step(checks=hears("hello")),
        Step(Deed.SAY, ("radiology",)),
        Step(Deed.PRESS, ("12",)),
        Step(Deed.WAIT),
        Step(Deed.SAY, ("radiology",), checks=(Check(Checked.TRANSFER, "radiology"),)),
        Step(Deed.DECLINED),
        Step(Deed.UNANSWERED),
        Step(Deed.HANG_UP),
    )
    assert report.passed
    assert engine.events == [
        Heard("radiology"), Pressed("1"), Pressed("2"), Silent(), Heard("radiology"),
        TransferFailed("603 Decline"), TransferFailed("480 No Answer"), CallerLeft(),
    ]  # fmt: skip
    assert [line.text for line in report.transcript][:2] == ["Hello.", "radiology"]


def test_a_case_ends_at_the_first_step_that_is_not_as_expected() -> None:
    """Tells all that is wrong with that step, and nothing of what comes after."""
    engine = ScriptedEngine([Say("Hello."), LISTEN])
    report = play(
        engine,
        Step(checks=(*hears("goodbye"), *hears("hello"), Check(Checked.ENDED, "completed"))),
        Step(Deed.WAIT),
    )
    assert not report.passed
    assert [failure.line for failure in report.failures] == [9, 0]
    assert engine.events == []


def test_what_cannot_happen_is_a_failure() -> None:
    """Does not let a caller speak after the end, nor a person decline who was not called."""
    over = play(ScriptedEngine([HangUp(Outcome.COMPLETED)]), Step(Deed.SAY, ("x",), line=3))
    assert [str(one) for one in over.failures] == ["expected the call to go on, but it was over"]
    nobody = play(ScriptedEngine([LISTEN]), Step(Deed.DECLINED))
    assert "not put through" in str(nobody.failures[0])


def test_a_system_that_the_test_forgot_is_a_failure() -> None:
    """Says which connector has no answer."""
    engine = ScriptedEngine([LISTEN], [Invoke("1", "check", ()), Await("1", 5)], [LISTEN])
    report = play(engine, Step(Deed.SAY, ("x",)))
    assert "an answer of 'check'" in str(report.failures[0])


def test_a_defect_of_the_engine_is_a_failure() -> None:
    """Does not pass a dialogue that leaves a caller alone."""
    assert not play(ScriptedEngine([LISTEN], [Say("Hm.")]), Step(Deed.SAY, ("x",))).passed


def test_readings_are_heard_with_falling_confidence() -> None:
    """Makes the first one the text and the others alternatives."""
    step = Step(Deed.SAY, ("four", "for", "fore"), 0.5)
    (heard,) = as_written(step, Expectation())
    assert (heard.text, heard.confidence) == ("four", 0.5)
    assert [text for text, _ in heard.alternatives] == ["for", "fore"]
    assert 0.5 > heard.alternatives[0][1] > heard.alternatives[1][1] > 0


def test_other_ears_hear_under_what_is_expected() -> None:
    """Hands the step and the box's expectation to the ears that it is given."""
    given: list[tuple[Step, Expectation]] = []

    def ears(step: Step, expected: Expectation) -> tuple[Heard, ...]:
        given.append((step, expected))
        return (Heard("something"), Heard("else"))

    engine = ScriptedEngine([LISTEN], [LISTEN], [LISTEN])
    step = Step(Deed.SAY, ("x",))
    assert play(engine, step, ears=ears).passed
    assert given == [(step, LISTEN.expectation)]
    assert engine.events == [Heard("something"), Heard("else")]


class Understanding(ScriptedEngine):
    """Understands its own words only."""

    def _turn(self, state: State, event: Event | None) -> tuple[State, list[Action]]:
        if event is None:
            return state, [LISTEN]
        known = isinstance(event, Heard) and event.text == "my reading"
        return state, [Understood("reading" if known else "none", 0.9), LISTEN]


def test_a_caller_who_is_misheard_says_it_again() -> None:
    """Repeats once what would have been understood word for word, and nothing else."""
    for said, heard, repeats in (
        ("my reading", ["mumble", "my reading"], 1),
        ("my reading", ["mumble", "mumble"], 1),
        ("my reading", ["my reading"], 0),
        ("nonsense", ["mumble"], 0),
    ):
        waiting = list(heard)
        report = play(
            Understanding(),
            Step(Deed.SAY, (said,)),
            ears=lambda _step, _expected, waiting=waiting: (Heard(waiting.pop(0)),),
        )
        assert report.repeats == repeats
        assert not waiting


def test_ears_that_hear_nothing_are_silence() -> None:
    """Lets the engine's time pass where a sentence was lost on the way."""
    engine = ScriptedEngine([LISTEN], [LISTEN])
    assert play(engine, Step(Deed.SAY, ("x",)), ears=lambda _step, _expected: ()).passed
    assert engine.events == [Silent()]
