"""Lines of the `call` process, read and made readable."""

import json

import pytest

from appliance.exchange.show import Transcript, caller_line, parse, render, timing_line


def line(event: str, **values: object) -> str:
    return json.dumps({"event": event, "call": "c1", **values})


def happening(event: str, **values: object):
    found = parse(line(event, **values), 5.0)
    assert found is not None
    return found


@pytest.mark.parametrize("text", ["", "hello", "[1]", "{}", '{"event": 3}', '{"event"', "null"])
def test_what_is_no_event_is_passed_over(text: str) -> None:
    """A line that is not a JSON object with an event is nothing."""
    assert parse(text, 0.0) is None


def test_values_of_another_type_read_as_nothing() -> None:
    """A value that is missing or of another type reads as empty or zero."""
    found = happening("heard", text=3, confidence="high")
    assert found.text("text") == ""
    assert found.number("confidence") == 0.0


def test_turns_join_what_was_heard_with_what_was_understood() -> None:
    """A turn holds the words with their confidence and the intent with its own."""
    transcript = Transcript()
    for found in (
        happening("greeting", text="Hello."),
        happening("heard", text="when are you open", confidence=0.9),
        happening("understood", intent="hours", confidence=0.8, slots={"day": "today"}),
        happening("said", text="At eight."),
        happening("understood", intent="key", confidence=1.0, slots={}),
        happening("ended", outcome="completed", seconds=3.0),
    ):
        transcript.add(found)
    spoken, pressed = transcript.understood
    assert (spoken.heard, spoken.confidence) == ("when are you open", 0.9)
    assert (spoken.intent, spoken.certainty, spoken.slots) == ("hours", 0.8, (("day", "today"),))
    assert (pressed.heard, pressed.intent) == ("", "key")
    assert [text for _, text in transcript.said] == ["Hello.", "At eight."]
    assert transcript.outcome == "completed"


@pytest.mark.parametrize(
    ("event", "values", "shown"),
    [
        ("said", {"text": "At eight."}, "At eight."),
        ("heard", {"text": "hello", "confidence": 0.934}, "“hello”  confidence 0.93"),
        ("heard", {"text": "", "confidence": 0}, "(not understood)"),
        ("understood", {"intent": "transfer", "slots": {"to": "x"}}, "transfer (to: x)"),
        ("consulting", {"briefing": "A call for you."}, "hears first: A call for you."),
        ("consulting", {}, "is told who calls"),
        ("transferred", {"how": "attended", "after": 8.04}, "put through, after 8.0 s"),
        ("transfer", {"target": "201", "name": "radiology"}, "radiology (201)"),
        ("ended", {"outcome": "transferred", "seconds": 3.21}, "call over: transferred, 3.2 s"),
    ],
)
def test_events_read_well(event: str, values: dict[str, object], shown: str) -> None:
    """Each event of a conversation has a line that says what happened."""
    text = render(happening(event, **values))
    assert text is not None
    assert shown in text.plain


def test_unknown_events_are_not_shown() -> None:
    """An event that this desk does not know leaves no line."""
    assert render(happening("tomorrow")) is None


def test_times_are_in_milliseconds() -> None:
    """The line of times holds what was measured and nothing else."""
    assert "silent" not in timing_line(0.28, None).plain
    assert "280 ms after the end of speech" in timing_line(0.28, None).plain
    assert "150 ms after being interrupted" in timing_line(0.3, 0.15).plain
    assert "What?" in caller_line("What?").plain
