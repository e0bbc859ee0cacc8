"""`dialogue.rehearsing.conversation`: one call in virtual time, systems included."""

from __future__ import annotations

from datetime import UTC, datetime

from appliance.contracts.outcome import Outcome
from appliance.dialogue.actions import (
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
from appliance.dialogue.events import (
    CallerLeft,
    Heard,
    Pressed,
    Result,
    Silent,
    Status,
    Thought,
    ThoughtOver,
)
from appliance.dialogue.rehearsing.canned import Systems
from appliance.dialogue.rehearsing.cases import Answer, Case, Speech
from appliance.dialogue.rehearsing.conversation import Conversation
from tests.dialogue.rehearsing.fakes import LISTEN, SCRIPT, ScriptedEngine, with_state

AT = datetime.fromisoformat("2026-11-24 10:00")


def start(engine: ScriptedEngine, **more) -> Conversation:
    talk = Conversation(engine, SCRIPT, Systems(SCRIPT, Case("a", (), **more)), AT, zone=UTC)
    talk.begin((("caller", "1"),))
    return talk


def test_answers_are_handed_over_where_the_engine_waits_for_them() -> None:
    """Feeds results and what the language model says, until it is the caller's turn again."""
    engine = ScriptedEngine(
        [Say("One moment."), Invoke("1", "check", ()), Await("1", 5)],
        [Think("2", ()), Await("2", 5)],
        [Say("Well."), Await("2", 5)],
        [LISTEN],
    )
    talk = start(
        engine, connectors={"check": (Answer(Status.DONE, {"a": 1}),)}, model=(Speech("Well."),)
    )
    assert engine.facts == (("caller", "1"),)
    assert engine.events == [
        Result("1", Status.DONE, {"a": 1}), Thought("2", "Well."), ThoughtOver("2")
    ]  # fmt: skip
    assert talk.last == LISTEN
    assert talk.said == "One moment. Well."
    assert not talk.defect


def test_the_clock_is_the_conversations_own() -> None:
    """Begins at the time of the test in the site's zone and moves with each turn."""
    engine = ScriptedEngine([LISTEN])
    talk = start(engine)
    talk.feed(Heard("hello"), 4.0)
    talk.wait()
    begun, heard, silent = engine.moments
    assert begun.local == AT.replace(tzinfo=UTC)
    assert heard.seconds - begun.seconds == 4.0
    assert (silent.local - heard.local).total_seconds() == LISTEN.timeout
    assert engine.events[-1] == Silent()


def test_a_stalled_system_leaves_the_engine_waiting() -> None:
    """Lets the caller speak meanwhile, and time pass until the engine gives up."""
    engine = ScriptedEngine(
        [Invoke("1", "check", ()), Await("1", 5)], [Await("1", 5)], [Say("Sorry."), LISTEN]
    )
    talk = start(engine, connectors={"check": (Answer(None),)})
    assert isinstance(talk.last, Await)
    assert not talk.defect
    talk.feed(Heard("hello?"))
    assert isinstance(talk.last, Await)
    talk.wait()
    assert engine.events[-1] == Silent()
    assert engine.moments[-1].seconds - engine.moments[-2].seconds == 5
    assert talk.said == "Sorry."


def test_what_is_known_is_gathered_over_the_call() -> None:
    """Keeps the last value of each slot, the turn's processes, and how it was understood."""
    engine = ScriptedEngine(
        [LISTEN],
        with_state(
            [Understood("reading", 0.9, (("number", "1"),)), Document("hours", "resolved"), LISTEN],
            process="reading", slots=(("about", "x"),),
        ),
        with_state([LISTEN], process="", slots=()),
    )  # fmt: skip
    talk = start(engine)
    talk.feed(Heard("my reading"))
    assert talk.processes == {"reading", "hours"}
    assert talk.understood is not None
    talk.feed(Heard("yes"))
    assert talk.slots == {"number": "1", "about": "x"}
    assert talk.processes == {"reading"}
    assert talk.understood is None


def test_an_engine_that_leaves_the_caller_alone_is_found_out() -> None:
    """Reports a list without an end, a wait for nothing, and circles."""
    assert "alone" in start(ScriptedEngine([Say("Hello.")])).defect
    assert "not asked for" in start(ScriptedEngine([Await("9", 1)])).defect
    circles = [[Invoke(str(at), "check", ()), Await(str(at), 5)] for at in range(300)]
    assert "circles" in start(ScriptedEngine(*circles)).defect


def test_the_call_is_over_when_nothing_can_come_any_more() -> None:
    """Ends with a hang-up, or when all is done that the caller left behind."""
    for last in (HangUp(Outcome.COMPLETED), Gone()):
        assert start(ScriptedEngine([last])).over
    assert not start(ScriptedEngine([Transfer("201", "radiology")])).over


def test_the_transcript_tells_everything_but_secrets() -> None:
    """Shows both sides and what happened between them; a PIN nowhere."""
    engine = ScriptedEngine(
        [Say("Your PIN?"), Listen(LISTEN.expectation, 5, secret=True)],
        [Say("Again?"), Listen(LISTEN.expectation, 5, secret=True)],
        [LISTEN],
        [
            Understood("key", 1.0, ()), Note("message", (("about", "cat"),)),
            Invoke("1", "check", (("pin", "1234"),)), Await("1", 5),
        ],
        [Think("2", ()), Await("2", 1)],
        [Document("reading", "failed", "system-down"), Transfer("201", "radiology")],
        [HangUp(Outcome.COMPLETED)],
    )  # fmt: skip
    talk = start(engine, connectors={"check": (Answer(Status.DONE, {"name": "Anna"}),)})
    talk.feed(Pressed("7"))
    talk.feed(Heard("seven eight"))
    talk.feed(Heard("go on"))
    talk.feed(CallerLeft())
    text = "\n".join(f"{line.who}: {line.text}" for line in talk.transcript)
    for part in (
        "box: Your PIN?", "caller: (presses …)", "caller: go on", "understood key (1.00)",
        "notes message: about: cat", "asks check (pin: …)", "done: name: Anna",
        "asks the language model", "documents reading: failed (system-down)",
        "puts through to radiology (201)", "caller: (hangs up)", "hangs up: completed",
    ):  # fmt: skip
        assert part in text
    assert "1234" not in text
    assert "presses 7" not in text
    assert "seven eight" not in text
