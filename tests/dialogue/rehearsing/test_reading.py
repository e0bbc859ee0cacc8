"""`dialogue.rehearsing.reading`: tests/*.yaml as cases, and an author's mistakes in them."""

from __future__ import annotations

from datetime import datetime

import pytest

from appliance.dialogue.authoring.mistakes import DialogueError
from appliance.dialogue.events import Status, ToolCall
from appliance.dialogue.rehearsing.cases import USUAL, Answer, Case, Checked, Deed, Speech
from appliance.dialogue.rehearsing.reading import read_cases
from tests.dialogue.rehearsing.fakes import SCRIPT


def read(text: str) -> tuple[Case, ...]:
    return read_cases({"tests/a.yaml": text, "dialogue.yaml": "]["}, SCRIPT)


def mistakes(text: str) -> list[str]:
    with pytest.raises(DialogueError) as told:
        read(text)
    return [str(one) for one in told.value.mistakes]


def test_a_conversation_is_read_with_all_that_can_stand_in_it() -> None:
    """Keeps what is said, what is pressed, and what must follow, in the author's order."""
    (case,) = read("""
- name: everything
  at: 2026-12-01 08:30
  caller: "+4930123"
  facts: {x_customer: vip}
  connectors:
    find: {who: Anna, tries: 2, code: "0047", plain: 0047, none: , yes: true, share: 1.5}
    check: [nothing, down, {rows: [{a: 1}]}, pending, stall]
  model: [{call: choose, with: {process: reading}}, {say: "Well."}, down, stall]
  talk:
  - hear: [Hello, there]
  - say: my reading
    intent: reading
    asked: number
    expects: digits
    process: reading
    slots: {number: 0047}
    level: verified
    called: {find: {extension: "1"}}
    not_called: check
    noted: {kind: message, about: the cat}
    not_hear: sorry
  - say: [four seven, for seven]
    confidence: 0.5
  - press: 47 11#
  - wait
  - hang_up
  - declined
  - unanswered
  - transfer: radiology
    briefing: Anna
    documented: {process: reading, resolution: resolved}
    ended: completed
    called: [find, check]
""")
    assert case.name == "everything"
    assert (case.file, case.line) == ("tests/a.yaml", 2)
    assert case.at == datetime.fromisoformat("2026-12-01 08:30")
    assert dict(case.facts) == {"caller": "+4930123", "x_customer": "vip"}
    assert case.connectors["find"] == (
        Answer(
            Status.DONE,
            {
                "who": "Anna", "tries": 2, "code": "0047", "plain": "0047", "none": None,
                "yes": True, "share": 1.5,
            },
        ),
    )  # fmt: skip
    assert case.connectors["check"] == (
        Answer(Status.NOTHING), Answer(Status.UNAVAILABLE),
        Answer(Status.DONE, {"rows": [{"a": 1}]}), Answer(Status.PENDING), Answer(None),
    )  # fmt: skip
    assert case.model == (
        Speech(calls=(ToolCall("choose", {"process": "reading"}),)), Speech("Well."),
        Speech(down=True), Speech(stalls=True),
    )  # fmt: skip
    heard, said, unsure, pressed, wait, gone, declined, unanswered, last = case.talk
    assert heard.deed is None
    assert [check.text for check in heard.checks] == ["Hello", "there"]
    assert (said.deed, said.texts, said.line) == (Deed.SAY, ("my reading",), 12)
    found = {check.kind: check for check in said.checks}
    assert found[Checked.SLOTS].values == {"number": "0047"}
    assert found[Checked.NOTED].text == "message"
    assert found[Checked.NOTED].values == {"about": "the cat"}
    assert found[Checked.CALLED].values == {"extension": "1"}
    assert found[Checked.ASKED].line == 14
    assert (unsure.texts, unsure.confidence) == (("four seven", "for seven"), 0.5)
    assert pressed.texts == ("4711#",)
    assert [one.deed for one in (wait, gone, declined, unanswered)] == [
        Deed.WAIT, Deed.HANG_UP, Deed.DECLINED, Deed.UNANSWERED
    ]  # fmt: skip
    assert [one.text for one in last.checks if one.kind is Checked.CALLED] == ["find", "check"]


def test_a_file_may_begin_with_what_holds_for_all_of_it() -> None:
    """Takes defaults that each conversation may overrule."""
    first, second = read("""
at: 2026-12-01 08:30
facts: {caller: "1"}
connectors: {find: nothing, check: down}
conversations:
- {name: a, talk: [wait]}
- {name: b, at: 2026-12-02 09:00, caller: "2", connectors: {find: {}}, talk: [wait]}
""")
    assert (first.at.day, second.at.day) == (1, 2)
    assert (first.facts, second.facts) == ((("caller", "1"),), (("caller", "2"),))
    assert first.connectors["find"] == (Answer(Status.NOTHING),)
    assert second.connectors["find"] == (Answer(Status.DONE, {}),)
    assert second.connectors["check"] == (Answer(Status.UNAVAILABLE),)


def test_every_mistake_is_told_with_its_line() -> None:
    """Names file, line, field and what to write instead, all of them at once."""
    told = mistakes("""
- name: wrong
  at: tomorrow
  facts: {color: red}
  connectors: {fnd: {}, check: broken}
  talk:
  - sya: hello
  - hang up
  - {say: a, press: "1"}
  - press: abc
  - {say: a, asked: numbr, intent: raeding, slots: {numbr: 1}, called: {find: {ext: 1}}}
  - {ended: compleet, level: verfied, expects: digts, documented: {proces: a}}
- talk: []
""")
    assert all(one.startswith("tests/a.yaml:") for one in told)
    text = "\n".join(told)
    for part in (
        "tests/a.yaml:3: conversations[0].at: expected a local time",
        "'color' is nothing that the line tells",
        "there is no connector 'fnd'; did you mean 'find'?",
        "expected names with values, or a word for how it goes",
        "tests/a.yaml:7: conversations[0].talk[0].sya: 'sya' is not known here",
        "'hang up' is no step; did you mean 'hang_up'?",
        "a step is one thing",
        "expected keys 0-9, * and #, found 'abc'",
        "there is no slot 'numbr'; did you mean 'number'?",
        "there is no intent 'raeding'; did you mean 'reading'?",
        "there is no parameter 'ext'",
        "there is no outcome 'compleet'; did you mean 'completed'?",
        "there is no level 'verfied'",
        "there is no kind of answer 'digts'",
        "there is no word of the record 'proces'",
        "a conversation needs at least one step",
        "what the conversation is to show is missing: add 'name:'",
    ):
        assert part in text


@pytest.mark.parametrize("text", ["", "[", "a: 1", "- 1", "name", "- name: a\n"])
def test_what_is_no_list_of_conversations_is_refused(text: str) -> None:
    """Says so instead of testing nothing."""
    assert mistakes(text)


def test_other_files_are_no_tests() -> None:
    """Reads what lies in tests/ only."""
    assert read_cases({"intents/a.yaml": "[", "tests/notes.md": "["}, SCRIPT) == ()
    (case,) = read_cases({"tests/deep/b.yml": "- {name: a, talk: [wait]}"}, SCRIPT)
    assert case.at == USUAL
