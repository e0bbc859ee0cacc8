"""`commands.chatting`: a conversation in the terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.commands import chatting, preparing
from appliance.commands.chatting import Asked, Wish, chat_command
from appliance.commands.preparing import Prepared
from appliance.contracts.errors import UserError
from appliance.dialogue.actions import Invoke, Think
from appliance.dialogue.events import Result, Status, Thought, ThoughtFailed, ThoughtOver
from appliance.dialogue.rehearsing.cases import Answer, Case
from tests.commands import small
from tests.dialogue.rehearsing.fakes import SCRIPT


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return preparing.prepare(small.folder(tmp_path_factory.mktemp("chat")))


def chat(prepared: Prepared, *lines: str, **wish) -> str:
    """Return what a chat prints."""
    console = small.console()
    wished = Wish(at="2026-11-24 10:00", **wish)
    settings = small.settings(prepared.folder.parent)
    assert chat_command(prepared, settings, wished, console, small.typed(*lines)) == 0
    return small.printed(console)


def test_a_caller_is_answered_and_understood_aloud(prepared: Prepared) -> None:
    """Shows what the box says, how it understood, and where the caller is put through."""
    text = chat(prepared, "put me through to radiology please")
    assert f"Welcome to {prepared.script.site}." in text
    assert "understood connect" in text
    assert "radiology (201)" in text


def test_keys_silence_and_leaving_are_typed(prepared: Prepared) -> None:
    """Presses keys after a star, waits, hangs up, and says when a call is over."""
    text = chat(prepared, "*0", "/declined", "/wait", "/hangup", "hello", "*abc", "/restart", "*x")
    assert "understood key" in text
    assert "still there" in text
    assert "The call is over: /restart" in text
    assert "After * come keys" in text
    assert "Nobody is being called" in chat(prepared, "/declined")


def test_a_turn_can_be_taken_back(prepared: Prepared) -> None:
    """Goes back to what was said before, and tells where that is not possible."""
    text = chat(prepared, "/undo", "put me through to radiology", "/undo", "/state", "/undo")
    assert text.count("nothing to take back") == 2
    assert "Taken back" in text
    assert "waiting for: request" in text


def test_the_state_and_the_reasons_are_shown(prepared: Prepared) -> None:
    """Tells what the engine keeps in mind and how the last words could be read."""
    text = chat(prepared, "/why", "i want to leave a message for billing", "/state", "/why")
    assert "Nothing has been said yet" in text
    assert "process: message" in text
    assert "asked for: " in text
    assert "as a request:" in text
    assert "message" in text.rpartition("as a request:")[2]


@pytest.mark.parametrize("line", ["/help", "/?", "/nonsense"])
def test_help_is_at_hand(prepared: Prepared, line: str) -> None:
    """Lists what can be typed, also after what cannot."""
    assert "/undo       take the last turn back" in chat(prepared, line)


def test_quit_ends_it(prepared: Prepared) -> None:
    """Reads nothing after it."""
    assert "radiology (201)" not in chat(prepared, "/quit", "put me through to radiology")


def test_a_wish_that_cannot_be_met_is_told(prepared: Prepared) -> None:
    """Names a time that is none and a test that is not there."""
    settings = small.settings(prepared.folder.parent)
    for wish in (Wish(at="noon"), Wish(as_in="no such test")):
        with pytest.raises(UserError, match=wish.at or wish.as_in):
            chat_command(prepared, settings, wish, small.console(), small.typed())


def test_a_chat_may_be_the_call_of_a_test(prepared: Prepared) -> None:
    """Takes its caller, its time and its answers."""
    answers = {"check": (Answer(Status.NOTHING),)}
    case = replace(prepared.cases[0], facts=(("caller", "1"),), connectors=answers)
    held = chatting._case(replace(prepared, cases=(case,)), Wish(as_in="opening", caller="2"))
    assert held.at == case.at
    assert dict(held.facts) == {"caller": "2"}
    assert held.connectors == answers


def asked(*lines: str, **more) -> Asked:
    class Held:
        script = SCRIPT

    return Asked(Held(), Case("a", (), **more), small.typed(*lines), small.console())


def test_the_author_answers_for_systems() -> None:
    """Asks what a system says where neither a test nor the folder tells; insists on sense."""
    held = asked("{name: Anna, n: 2}", "borken", "down", "", "stall")
    invoke = Invoke("1", "check", (("pin", "1"),))
    assert held.answer(invoke) == Result("1", Status.DONE, {"name": "Anna", "n": 2})
    assert held.answer(invoke) == Result("1", Status.UNAVAILABLE)
    assert held.answer(invoke) == Result("1", Status.NOTHING)
    assert held.answer(invoke) is None
    assert asked().answer(Invoke("1", "find", (("extension", "3002"),))) == Result(
        "1", Status.DONE, {"who": "Bert"}
    )


def test_the_author_speaks_for_the_language_model() -> None:
    """Takes a sentence, and nothing for a model that is down."""
    held = asked("Well.", "")
    assert held.think(Think("t", ())) == (Thought("t", "Well."), ThoughtOver("t"))
    assert held.think(Think("t", ())) == (ThoughtFailed("t", "down"),)
