"""`system.dialogues.folder`: a dialogue's files, and an author's mistakes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.contracts.errors import UserError
from appliance.settings import Settings
from appliance.system.dialogues import folder


def test_files_are_read_by_relative_path(tmp_path: Path) -> None:
    """Reads YAML files at every depth, and no notes beside them."""
    (tmp_path / "intents").mkdir()
    (tmp_path / "dialogue.yaml").write_text("a: 1")
    (tmp_path / "intents" / "hours.yaml").write_text("b: ü", "utf-8")
    (tmp_path / "notes.txt").write_text("no")
    assert folder.read_folder(tmp_path) == {"dialogue.yaml": "a: 1", "intents/hours.yaml": "b: ü"}


def test_lists_and_documents_are_read_where_they_belong(tmp_path: Path) -> None:
    """Reads tables and certificates anywhere, texts below lists/ and documents/, nothing hidden."""
    wanted = {"lists/a.csv", "lists/b.txt", "documents/c.md", "documents/deep/d.txt", "ca.pem"}
    others = {"README.md", "e.txt", ".git/f.yaml", "lists/.g.csv", ".trained/h.yaml", "i.bin"}
    for name in wanted | others:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert set(folder.read_folder(tmp_path)) == wanted


def test_a_spreadsheets_mark_is_no_part_of_a_column(tmp_path: Path) -> None:
    """Drops the byte order mark that Excel puts before the first column's name."""
    (tmp_path / "staff.csv").write_bytes(b"\xef\xbb\xbfname\n")
    assert folder.read_folder(tmp_path) == {"staff.csv": "name\n"}


def test_holidays_are_known_for_years_ahead() -> None:
    """Covers last year, whose messages may still be spoken of, and years without an update."""
    this = datetime.now(UTC).year
    assert {this - 1, this, this + 5} <= set(folder.years())


def test_too_many_files_are_no_dialogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuses a folder that somebody named by mistake."""
    monkeypatch.setattr(folder, "_MOST", 2)
    for name in "abc":
        (tmp_path / f"{name}.yaml").write_text("x")
    with pytest.raises(UserError, match="more than 2 files"):
        folder.read_folder(tmp_path)


@pytest.mark.parametrize("state", ["absent", "empty", "binary", "huge"])
def test_a_folder_that_is_none_is_named(tmp_path: Path, state: str) -> None:
    """Says which file or folder, and what is wrong."""
    place = tmp_path / "dialogue"
    if state != "absent":
        place.mkdir()
    if state == "binary":
        (place / "dialogue.yaml").write_bytes(b"a: \xff\xfe")
    if state == "huge":
        (place / "dialogue.yaml").write_bytes(b"#" * 2_000_001)
    with pytest.raises(UserError, match="dialogue"):
        folder.read_folder(place)


def test_every_mistake_is_named_by_file_and_line(tmp_path: Path) -> None:
    """Lists all mistakes at once."""
    (tmp_path / "dialogue.yaml").write_text("language: en\nnonsense: 1\nrubbish: 2\n")
    with pytest.raises(UserError) as told:
        folder.load(tmp_path)
    assert f"{tmp_path}/dialogue.yaml:2" in str(told.value)
    assert f"{tmp_path}/dialogue.yaml:3" in str(told.value)


def test_the_starter_dialogue_loads() -> None:
    """Finds no mistake in what the box is delivered with."""
    assert folder.load(Settings().dialogue.folder).site
