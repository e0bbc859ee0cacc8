"""`dialogue.rehearsing.canned`: what the site's systems answer in a test."""

from __future__ import annotations

from appliance.dialogue.actions import ATTEMPT, LOCK, Invoke, Think
from appliance.dialogue.events import Result, Status, Thought, ThoughtFailed, ThoughtOver, ToolCall
from appliance.dialogue.rehearsing.canned import Systems, value_text
from appliance.dialogue.rehearsing.cases import Answer, Case, Speech
from tests.dialogue.rehearsing.fakes import SCRIPT


def systems(**more) -> Systems:
    return Systems(SCRIPT, Case("a", (), **more))


def invoke(name: str, **arguments) -> Invoke:
    return Invoke("1", name, tuple(arguments.items()))


def test_answers_come_one_after_the_other_and_the_last_stays() -> None:
    """Goes through the list once."""
    answers = (Answer(Status.NOTHING), Answer(Status.DONE, {"a": 1}))
    held = systems(connectors={"check": answers})
    found = [held.answer(invoke("check")) for _ in range(3)]
    assert found == [
        Result("1", Status.NOTHING), *(Result("1", Status.DONE, {"a": 1}) for _ in range(2))
    ]  # fmt: skip
    assert held.missing == []


def test_a_table_of_the_folder_answers_by_itself() -> None:
    """Looks rows up in CSV files, spaces aside, under the dialogue's names."""
    held = systems()
    assert held.answer(invoke("find", extension="3001")) == Result(
        "1", Status.DONE, {"who": "Anna Meyer"}
    )
    assert held.answer(invoke("find", extension="9")) == Result("1", Status.NOTHING)
    everybody = held.answer(invoke("everybody"))
    assert everybody is not None
    assert everybody.value == {
        "rows": [{"number": " 3001 ", "name": "Anna Meyer"}, {"number": "3002", "name": "Bert"}]
    }
    assert held.missing == []


def test_a_connector_without_an_answer_is_remembered() -> None:
    """Is down for the dialogue and told to the author."""
    held = systems()
    assert held.answer(invoke("check", pin="1")) == Result("1", Status.UNAVAILABLE)
    assert held.missing == ["check"]


def test_a_system_that_stalls_says_nothing() -> None:
    """Answers neither yes nor no."""
    assert systems(connectors={"check": (Answer(None),)}).answer(invoke("check")) is None


def test_attempts_are_counted_until_the_lock() -> None:
    """Locks an identity out after as many failures as the dialogue allows; a success forgets."""
    held = systems()

    def locked(name: str, **more) -> object:
        result = held.answer(invoke(name, identity="7", **more))
        assert result is not None
        return result.value

    assert locked(LOCK) == {"locked": False}
    assert locked(ATTEMPT, passed=False, tries=2) == {"locked": False}
    assert locked(ATTEMPT, passed=True, tries=2) == {"locked": False}
    assert locked(ATTEMPT, passed=False, tries=2) == {"locked": False}
    assert locked(ATTEMPT, passed=False, tries=2) == {"locked": True}
    other = held.answer(invoke(LOCK, identity="8"))
    assert other is not None
    assert other.value == {"locked": False}


def test_the_language_model_says_what_the_test_gives_it() -> None:
    """Speaks, wants tools, fails and stalls in turn; without words it is down."""
    call = ToolCall("choose")
    held = systems(model=(Speech("Well.", (call,)), Speech(stalls=True)))
    think = Think("t", ())
    assert held.think(think) == (Thought("t", "Well."), ThoughtOver("t", (call,)))
    assert held.think(think) == ()
    assert held.think(think) == (ThoughtFailed("t", "down"),)


def test_values_are_shown_in_one_line() -> None:
    """Writes tables and lists as people would."""
    assert value_text({"a": [1, {"b": True}], "c": []}) == "a: 1; b: yes, c: none"
