"""`commands.publishing`: publish, roll back, list and compare."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.commands import preparing, publishing, training
from appliance.contracts.errors import UserError
from appliance.system.dialogues import versions
from appliance.system.dialogues.versions import Library
from tests.commands import small


@pytest.fixture(autouse=True)
def untrained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the training: it has tests of its own."""
    done = training.Trained(b"", {versions.UNDERSTANDING: b"learnt"}, 7, 100, 1.0)
    monkeypatch.setattr(training, "train", lambda *_: done)


def publish(place: Path, **more) -> tuple[int, str]:
    console = small.console()
    wish = {"comment": "new", "anyway": False, **more}
    status = publishing.publish_command(
        preparing.prepare(place / "work"), small.settings(place), console, **wish
    )
    return status, small.printed(console)


def test_publishing_tests_trains_and_keeps(tmp_path: Path) -> None:
    """Lets the new version answer, with what was trained and how the tests went."""
    small.folder(tmp_path)
    status, text = publish(tmp_path)
    assert status == 0
    assert "2 of 2 conversations pass" in text
    assert "Published as version 1" in text
    assert "rollback" not in text
    library = Library(tmp_path / "published")
    (version,) = library.versions()
    assert (version.passed, version.failed, version.comment) == (2, 0, "new")
    current = library.current()
    assert current is not None
    assert (current / versions.UNDERSTANDING).read_bytes() == b"learnt"
    assert "rollback" in publish(tmp_path)[1]


def test_failing_tests_keep_a_dialogue_from_being_published(tmp_path: Path) -> None:
    """Says so, changes nothing, and does it all the same where that is wished."""
    small.folder(tmp_path, small.TESTS + small.WRONG)
    status, text = publish(tmp_path)
    assert status == 1
    assert "Not published: 1 of 3" in text
    assert Library(tmp_path / "published").current() is None
    status, _ = publish(tmp_path, anyway=True)
    assert status == 0
    (version,) = Library(tmp_path / "published").versions()
    assert (version.passed, version.failed) == (2, 1)


def test_versions_are_listed_and_taken_back(tmp_path: Path) -> None:
    """Marks the one that answers, before and after a rollback."""
    work, settings = small.folder(tmp_path), small.settings(tmp_path)
    console = small.console()
    publishing.versions_command(settings, console)
    assert "Nothing is published" in small.printed(console)
    publish(tmp_path, comment="first [bold]")
    (work / "dialogue.yaml").write_text((work / "dialogue.yaml").read_text() + "# changed\n")
    publish(tmp_path, comment="second")
    console = small.console()
    publishing.versions_command(settings, console)
    lines = small.printed(console).splitlines()
    assert lines[1].startswith("*  2")
    assert "first [bold]" in lines[2]
    console = small.console()
    assert publishing.rollback_command(settings, console, None) == 0
    assert "Version 1 answers" in small.printed(console)
    with pytest.raises(UserError, match="no version 7"):
        publishing.rollback_command(settings, console, 7)


def test_changes_are_shown(tmp_path: Path) -> None:
    """Compares the folder with what answers, and two versions with each other."""
    work, settings = small.folder(tmp_path), small.settings(tmp_path)
    with pytest.raises(UserError, match="nothing is published"):
        publishing.diff_command(settings, small.console(), None, None, work)
    publish(tmp_path)
    prepared = preparing.prepare(work)
    assert not publishing.unpublished(prepared, settings)
    console = small.console()
    assert publishing.diff_command(settings, console, None, None, work) == 0
    assert "are the same" in small.printed(console)
    (work / "dialogue.yaml").write_text((work / "dialogue.yaml").read_text() + "# [new]\n")
    console = small.console()
    assert publishing.diff_command(settings, console, None, None, work) == 1
    assert "+# [new]" in small.printed(console)
    assert publishing.unpublished(preparing.prepare(work), settings)
    publish(tmp_path)
    console = small.console()
    assert publishing.diff_command(settings, console, 1, 2, work) == 1
    assert "+# [new]" in small.printed(console)
