"""`call.folder`: a dialogue's files, and an author's mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.call import folder
from appliance.contracts.errors import UserError
from appliance.settings import Settings


def test_files_are_read_by_relative_path(tmp_path: Path) -> None:
    """Reads YAML files at every depth and nothing else."""
    (tmp_path / "intents").mkdir()
    (tmp_path / "dialogue.yaml").write_text("a: 1")
    (tmp_path / "intents" / "hours.yaml").write_text("b: ü", "utf-8")
    (tmp_path / "notes.txt").write_text("no")
    assert folder.read_folder(tmp_path) == {"dialogue.yaml": "a: 1", "intents/hours.yaml": "b: ü"}


@pytest.mark.parametrize("state", ["absent", "empty", "binary", "huge"])
def test_a_folder_that_is_none_is_named(tmp_path: Path, state: str) -> None:
    """Says which file or folder, and what is wrong."""
    place = tmp_path / "dialogue"
    if state != "absent":
        place.mkdir()
    if state == "binary":
        (place / "dialogue.yaml").write_bytes(b"a: \xff\xfe")
    if state == "huge":
        (place / "dialogue.yaml").write_bytes(b"#" * 1_000_001)
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
