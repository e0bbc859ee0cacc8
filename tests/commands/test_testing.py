"""`commands.testing`: the conversations of tests/, played and shown."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.call.rehearsal.process import Packs
from appliance.commands import preparing, testing
from appliance.contracts.errors import UserError
from appliance.contracts.speech import Heard
from appliance.dialogue.rehearsing.cases import Speech
from appliance.dialogue.rehearsing.conversation import Line
from tests.commands import small


def test_all_conversations_pass(tmp_path: Path) -> None:
    """Lists them by file and returns 0."""
    console = small.console()
    prepared = preparing.prepare(small.folder(tmp_path))
    assert testing.text_command(prepared, console, only="", verbose=False) == 0
    text = small.printed(console)
    assert "✓ tells the opening hours" in text
    assert "2 of 2 conversations pass" in text
    assert "what are your opening hours" not in text


def test_a_conversation_that_fails_is_shown_in_full(tmp_path: Path) -> None:
    """Says what was expected where, what happened, and all that was said before; returns 1."""
    console = small.console()
    prepared = preparing.prepare(small.folder(tmp_path, small.TESTS + small.WRONG))
    assert testing.text_command(prepared, console, only="", verbose=False) == 1
    text = small.printed(console)
    assert "✗ cannot pass" in text
    assert "caller: put me through to radiology" in text
    assert "expected transfer cardiology, but the caller was put through to radiology" in text
    assert "tests/all.yaml:" in text
    assert "2 of 3 conversations pass" in text


def test_some_can_be_chosen(tmp_path: Path) -> None:
    """Plays those whose name or file holds a word, and says where none does."""
    prepared = preparing.prepare(small.folder(tmp_path, small.TESTS + small.WRONG))
    assert testing.text_command(prepared, small.console(), only="OPENING", verbose=True) == 0
    with pytest.raises(UserError, match="nothing like it"):
        testing.text_command(prepared, small.console(), only="nothing like it", verbose=False)


def test_a_dialogue_without_tests_is_told(tmp_path: Path) -> None:
    """Says where to write some; that is no failure."""
    console = small.console()
    prepared = preparing.prepare(small.folder(tmp_path, ""))
    assert testing.text_command(prepared, console, only="", verbose=False) == 0
    assert "tests/name.yaml" in small.printed(console)


def test_a_test_with_words_for_the_language_model_has_one(tmp_path: Path) -> None:
    """Lets the engine know whether the site has a language model, case by case."""
    prepared = preparing.prepare(small.folder(tmp_path))
    stage = testing.Stage(prepared, b"")
    assert stage.play(prepared.cases[0]).report.passed
    assert stage.play(replace(prepared.cases[0], model=(Speech(down=True),))).report.passed
    assert set(stage._engines) == {False, True}


def test_a_line_of_a_transcript_is_told_apart() -> None:
    """Shows who speaks, and takes nothing of what was said for a colour."""
    assert "box:" in testing.render(Line("box", "a [b] c"))
    assert r"\[b]" in testing.render(Line("box", "a [b] c"))
    assert "caller:" in testing.render(Line("caller", "hello"))
    assert "dim" in testing.render(Line("", "understood"))


class FakeEars:
    """Hears what it is told to hear."""

    heard: dict[str, str]

    def __init__(self, _path: Path, language: str) -> None:
        assert language == "en"

    def __enter__(self) -> FakeEars:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def say(self, text: str) -> bytes:
        return text.encode().ljust(320, b"\0")

    def hear(self, pcm: bytes, _line: object, _expected: object) -> tuple[Heard, ...]:
        text = pcm.rstrip(b"\0").decode()
        text = self.heard.get(text, text)
        return (Heard(text, 0.9, 0.0, 1.0, 1.2),)


def test_by_voice_the_same_conversations_are_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Speaks and hears each sentence, counts wrong words, and judges as in text."""

    @contextmanager
    def speech(files, packs, dialogue):
        assert packs == Packs("ears", "another")
        assert dialogue == tmp_path / "work"
        yield tmp_path / "socket"

    monkeypatch.setattr(testing.process, "speech", speech)
    monkeypatch.setattr(testing.process, "choose", lambda *_: Packs("ears", "another"))
    monkeypatch.setattr(testing, "Ears", FakeEars)
    prepared = preparing.prepare(small.folder(tmp_path))
    for wrong, status in (({}, 0), ({"put me through to radiology": "cardiology please"}, 1)):
        FakeEars.heard = wrong
        console = small.console()
        found = testing.voice_command(
            prepared,
            small.settings(tmp_path),
            [],
            testing.ByVoice(),
            console,
            only="",
            verbose=True,
        )
        text = small.printed(console)
        assert found == status
        assert "Spoken by another, 5 % of packets lost, heard by ears." in text
        assert f"{2 - status} of 2 conversations pass" in text
        assert (": 0.0 % of words wrong" in text) == (not status)
        assert ("cardiology please" in text) == bool(status)
