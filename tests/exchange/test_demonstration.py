"""Judging a scripted call, and its time line."""

import json
from pathlib import Path

import pytest

from appliance.exchange import caller, show
from appliance.exchange.demonstration import Played, judge, timeline, write_timeline
from appliance.exchange.turns import Turn

STEPS = (
    caller.Listen(),
    caller.Say("When?", intent="hours"),
    caller.Say("Who?", intent="connect", slots=(("department", "radiology"),)),
)


def understanding(intent: str, **slots: str) -> show.Understanding:
    return show.Understanding(1.0, "words", 0.9, intent, 0.8, tuple(slots.items()))


def played(*understood: show.Understanding, failure: str = "") -> Played:
    return Played(
        failure=failure, began=100.0, ended=110.0,
        turns=[
            Turn("When?", 102.0, 103.0, False, None, 103.25),
            Turn("Who?", 104.5, 105.5, True, 104.65, 105.8),
        ],
        spurts=[(100.1, 101.0), (101.2, 101.6), (103.25, 104.65), (105.8, 106.5), (106.9, 107.4), (107.8, 109.0)],
        transferred=[(107.5, "201")],
        transcript=show.Transcript(
            list(understood), [(100.05, "Welcome."), (103.2, "At eight."), (105.7, "I put you.")]
        ),
    )  # fmt: skip


def test_all_intents_in_order_are_understood() -> None:
    """A call is understood when each intent came, with its slots; others in between are fine."""
    taken = (
        understanding("none"),
        understanding("hours"),
        understanding("connect", department="radiology"),
    )
    assert judge(STEPS, played(*taken)) == ""


@pytest.mark.parametrize(
    "taken",
    [
        (),
        (understanding("connect", department="radiology"),),
        (understanding("connect", department="radiology"), understanding("hours")),
        (understanding("hours"), understanding("connect", department="billing")),
        (understanding("hours"), understanding("connect")),
    ],
)
def test_what_was_not_understood_is_told(taken: tuple[show.Understanding, ...]) -> None:
    """A missing or wrong intent, a wrong slot or order is told with what was understood."""
    sentence = judge(STEPS, played(*taken))
    assert "was not understood as" in sentence
    for turn in taken:
        assert turn.intent in sentence


def test_failure_of_the_script_is_told() -> None:
    """A call that was understood but failed otherwise is judged by that."""
    taken = (understanding("hours"), understanding("connect", department="radiology"))
    assert judge(STEPS, played(*taken, failure="it broke")) == "it broke"


def test_ringing_is_no_sentence_of_the_box() -> None:
    """What is heard between the announcement and the person is a tone, apart from both."""
    call = played(understanding("hours"), understanding("connect"))
    call.transcript.add(show.Happening(106.4, "transfer", "c", {"target": "201"}))
    spans = timeline(call, "caption")["spans"]
    texts = [(s["start"], s["end"], s["text"]) for s in spans if s["who"] == "box"][2:]
    assert texts == [
        (5.8, 6.4, "I put you."),
        (6.4, 7.4, "(ringing tone)"),
        (7.8, 9.0, "Radiology, hello."),
    ]


def test_timeline_has_spans_of_both_and_marks(tmp_path: Path) -> None:
    """Spans stand in order with their texts, pauses for breath bridged; marks hold the times."""
    call = played(understanding("hours"), understanding("connect"))
    line = timeline(call, "caption")
    assert line["seconds"] == 10.0
    spans = [(s["who"], s["start"], s["end"], s["text"]) for s in line["spans"]]
    assert spans == [
        ("box", 0.1, 1.6, "Welcome."),
        ("caller", 2.0, 3.0, "When?"),
        ("box", 3.25, 4.65, "At eight."),
        ("caller", 4.5, 5.5, "Who?"),
        ("box", 5.8, 7.4, "I put you."),
        ("box", 7.8, 9.0, "Radiology, hello."),
    ]
    marks = [(m["at"], m["text"]) for m in line["marks"]]
    assert (3.25, "heard: hours, 0.80, 250 ms") in marks
    assert (4.65, "silent 150 ms after the interruption") in marks
    assert (7.5, "put through: Radiology") in marks
    write_timeline(tmp_path / "t.json", call, "caption")
    assert json.loads((tmp_path / "t.json").read_text()) == line
