"""`call.absence`: the dialogue's last steps, without a caller."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from appliance import dialogue
from appliance.call import orders
from appliance.call.absence import PATIENCE, Absence, Answers
from appliance.dialogue import Await, Document, Gone, Invoke, Note, Result, Say, Status
from appliance.dialogue.actions import Action
from tests.call.support import LISTEN, Script

NOTE = Note("unfinished", (("text", "x"),))


def absence(
    leaving: Callable[[dialogue.Event], list[Action]], answers: Answers | None = None
) -> tuple[Absence, Script]:
    script = Script()
    script.leaving = leaving
    made = Absence(
        script,  # type: ignore[arg-type]
        lambda now: dialogue.Moment(now, datetime(2026, 11, 23, 10, 0, tzinfo=UTC)),
        dialogue.State(), answers or Answers(), handed_over=False, now=0.0,
    )  # fmt: skip
    return made, script


@pytest.fixture(autouse=True)
def interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogue, "interrupted", lambda *_: [NOTE], raising=False)


def test_words_to_nobody_are_dropped() -> None:
    """Says and asks nothing, and is done where nothing is awaited."""
    made, _ = absence(lambda _: [Say("Goodbye."), LISTEN])
    assert made.done
    assert not made.orders()


def test_answers_are_told_one_by_one_as_they_are_awaited() -> None:
    """Keeps what comes early, and passes over what nobody waits for."""
    calls = [Invoke(one, "c", ()) for one in "ab"]
    steps = {"left": [*calls, Await("a", 5.0)], "a": [Await("b", 5.0)], "b": [Gone()]}
    made, script = absence(lambda event: list(steps[getattr(event, "id", "left")]))
    assert made.orders() == [orders.Invoke(one) for one in calls]
    for one in "xb":
        made.answer(Result(one, Status.DONE), 1.0)
    assert len(script.left) == 1
    made.answer(Result("a", Status.DONE), 1.0)
    assert [getattr(event, "id", "") for event in script.left] == ["", "a", "b"]
    assert made.done


def test_a_dialogue_that_never_ends_is_ended() -> None:
    """Writes down what is open after a minute of waits."""
    made, _ = absence(lambda _: [Await("a", 7.0)])
    for second in range(int(PATIENCE)):
        made.tick(float(second))
        assert not made.done
    made.tick(PATIENCE)
    assert made.done
    assert made.orders()[-1] == orders.KeepNote(NOTE.kind, NOTE.fields)


def test_a_defect_loses_nothing() -> None:
    """Writes down what is open where the dialogue breaks, and says what broke."""

    def broken(_: dialogue.Event) -> list[Action]:
        raise ValueError("defect")

    made, _ = absence(broken)
    shown, kept = made.orders()
    assert isinstance(shown, orders.Show)
    assert shown.event == "fault"
    assert kept == orders.KeepNote(NOTE.kind, NOTE.fields)
    assert made.done


def test_a_document_is_kept() -> None:
    """Hands on how the request ended."""
    document = Document("p", "abandoned", "caller-left")
    made, _ = absence(lambda _: [document, Gone()])
    assert made.orders() == [orders.KeepDocument(document)]
