"""`commands.dialogue`: the command line's words, and what they lead to."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from appliance.commands import dialogue, training
from appliance.contracts.errors import UserError
from appliance.system.dialogues import versions
from tests.commands import small


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dialogue, and settings that name it."""
    work = small.folder(tmp_path)
    (tmp_path / "settings.toml").write_text(
        f'[dialogue]\nfolder = "{work}"\npublished = "{tmp_path / "published"}"\n'
    )
    done = training.Trained(b"", {versions.UNDERSTANDING: b""}, 7, 100, 1.0)
    monkeypatch.setattr(training, "train", lambda *_: done)
    return tmp_path


def appliance(place: Path, *words: str, **more) -> Result:
    command, *rest = words
    settings = ["--settings", str(place / "settings.toml")]
    return CliRunner().invoke(dialogue.app, [command, *settings, *rest], **more)


def test_a_dialogue_goes_the_whole_way(place: Path) -> None:
    """Checks, tests, trains, publishes, compares, lists and takes back, by exit status 0."""
    for words, told in (
        (("check",), "no mistakes"),
        (("test",), "2 of 2"),
        (("train", "--no-judge"), "Trained 7 intents"),
        (("publish", "-m", "one"), "version 1"),
        (("diff",), "are the same"),
        (("publish", "--comment", "two"), "version 2"),
        (("rollback",), "Version 1 answers"),
        (("versions",), "two"),
        (("rollback", "2"), "Version 2 answers"),
    ):
        done = appliance(place, *words)
        assert (done.exit_code, told in done.output) == (0, True), (words, done.output)


def test_a_failure_is_an_exit_status(place: Path) -> None:
    """Returns 1 for tests that fail and for a difference; a mistake is the caller's to tell."""
    appliance(place, "publish")
    (place / "work" / "tests" / "wrong.yaml").write_text(small.WRONG)
    assert appliance(place, "test").exit_code == 1
    assert appliance(place, "test", "--only", "opening").exit_code == 0
    assert appliance(place, "publish").exit_code == 1
    assert appliance(place, "diff").exit_code == 1
    (place / "work" / "dialogue.yaml").write_text("language: en\n")
    done = appliance(place, "check")
    assert isinstance(done.exception, UserError)


def test_another_folder_may_be_named(place: Path) -> None:
    """Takes --folder in place of what the settings say."""
    done = appliance(place, "check", "--folder", str(small.STARTER))
    assert done.exit_code == 0
    assert str(small.STARTER) in done.output


def test_a_chat_reads_what_is_typed(place: Path) -> None:
    """Ends with the input."""
    done = appliance(place, "chat", "--at", "2026-11-24 10:00", input="radiology please\n")
    assert done.exit_code == 0
    assert "radiology (201)" in done.output
