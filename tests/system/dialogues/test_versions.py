"""`system.dialogues.versions`: publishing, rolling back, and the power that fails meanwhile."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from appliance.contracts.errors import UserError
from appliance.settings import DialogueSettings
from appliance.system.dialogues import versions
from appliance.system.dialogues.folder import read_folder
from appliance.system.dialogues.versions import Disk, Library

OLD = {"dialogue.yaml": "language: en\n", "intents/hours.yaml": "confirm: old\n"}
NEW = {
    "dialogue.yaml": "language: en\n",
    "intents/hours.yaml": "confirm: new\n",
    "lists/a.csv": "x",
}


class PowerCutError(Exception):
    """The machine stops in the middle of a step."""


class Failing(Disk):
    """Loses power at one step: before it, or (`half`) in the middle of it."""

    def __init__(self, at: int, *, half: bool = False) -> None:
        self.at, self.half, self.steps = at, half, 0

    def _cut(self) -> bool:
        self.steps += 1
        if self.steps == self.at and not self.half:
            raise PowerCutError
        return self.steps == self.at

    def write(self, path: Path, data: bytes) -> None:
        if self._cut():
            super().write(path, data[: len(data) // 2])
            raise PowerCutError
        super().write(path, data)

    def sync(self, folder: Path) -> None:
        if self._cut():
            raise PowerCutError
        super().sync(folder)

    def rename(self, source: Path, target: Path) -> None:
        cut = self._cut()
        super().rename(source, target)
        if cut:
            raise PowerCutError

    def link(self, path: Path, to: str) -> None:
        cut = self._cut()
        super().link(path, to)
        if cut:
            raise PowerCutError

    def remove(self, folder: Path) -> None:
        if self._cut():
            for file in sorted(folder.rglob("*"))[:2]:
                if file.is_file():
                    file.unlink()
            raise PowerCutError
        super().remove(folder)


def answering(folder: Path) -> dict[str, str]:
    """What the box would answer with now."""
    current = Library(folder).current()
    assert current is not None
    return dict(read_folder(current))


def test_publishing_makes_a_new_version_the_current_one(tmp_path: Path) -> None:
    """Keeps every version with who, when and what, and lets the last one answer."""
    library = Library(tmp_path / "published")
    assert library.current() is None
    assert library.versions() == ()
    first = library.publish(OLD, {versions.UNDERSTANDING: b"one"}, comment="first", passed=3)
    second = library.publish(NEW, {versions.UNDERSTANDING: b"two"})
    assert (first.number, second.number) == (1, 2)
    assert [one.number for one in library.versions()] == [2, 1]
    assert library.versions()[1] == first
    assert first.published.endswith("+00:00")
    assert first.who
    assert first.digest != second.digest
    current = library.current()
    assert current is not None
    assert answering(tmp_path / "published") == NEW
    assert versions.trained(current, NEW) == b"two"
    assert versions.trained(current, OLD) == b""


def test_a_rollback_lets_the_version_before_answer_again(tmp_path: Path) -> None:
    """Goes one back, and one more, or to the version that is named."""
    library = Library(tmp_path)
    for text in "abc":
        library.publish({"dialogue.yaml": text}, {})
    assert library.rollback().number == 2
    assert answering(tmp_path) == {"dialogue.yaml": "b"}
    assert library.rollback().number == 1
    with pytest.raises(UserError, match="before"):
        library.rollback()
    assert library.rollback(3).number == 3
    with pytest.raises(UserError, match="there are 3, 2, 1"):
        library.rollback(9)
    assert library.publish({"dialogue.yaml": "d"}, {}).number == 4


@pytest.mark.parametrize("half", [False, True], ids=["before", "within"])
def test_a_power_cut_at_any_step_leaves_a_whole_version(tmp_path: Path, half: bool) -> None:
    """Answers with the old version or the new one, whole, and publishes again afterwards."""
    seen = set()
    for step in range(1, 100):
        place = tmp_path / str(step)
        Library(place).publish(OLD, {versions.UNDERSTANDING: b"old"})
        disk = Failing(step, half=half)
        try:
            Library(place, disk).publish(NEW, {versions.UNDERSTANDING: b"new"})
        except PowerCutError:
            found = answering(place)
            assert found in (OLD, NEW)
            seen.add(found == NEW)
            current = Library(place).current()
            assert current is not None
            assert versions.trained(current, found) == (b"new" if found == NEW else b"old")
            Library(place).publish(NEW, {})
            assert answering(place) == NEW
        else:
            break
    else:
        pytest.fail("publishing takes more steps than that")
    assert step > 8
    assert False in seen


def test_a_power_cut_while_old_versions_are_deleted_does_no_harm(tmp_path: Path) -> None:
    """Never takes a version away by halves."""
    library = Library(tmp_path)
    for at in range(versions.KEPT):
        library.publish({"dialogue.yaml": str(at), "lists/a.csv": "x"}, {})
    steps = Failing(0)
    Library(tmp_path, steps).publish(NEW, {})
    for back in (1, 0):
        disk = Failing(steps.steps - back, half=True)
        with pytest.raises(PowerCutError):
            Library(tmp_path, disk).publish(NEW, {})
        assert answering(tmp_path) == NEW
        for one in library.versions():
            assert (library.path(one.number) / versions.ABOUT).exists()


def test_old_versions_are_deleted_but_never_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keeps the last twenty, and the one that answers."""
    library = Library(tmp_path)
    for at in range(versions.KEPT + 2):
        library.publish({"dialogue.yaml": str(at)}, {})
    assert [one.number for one in library.versions()] == list(range(versions.KEPT + 2, 2, -1))
    with monkeypatch.context() as patch:
        patch.setattr(Library, "_prune", lambda _self: None)
        library.publish(NEW, {})
    library.rollback(3)
    library._prune()
    assert [one.number for one in library.versions()] == list(range(versions.KEPT + 3, 2, -1))


def test_what_a_power_cut_left_half_done_gets_into_no_version(tmp_path: Path) -> None:
    """Begins with an empty folder."""
    (tmp_path / ".staging" / "intents").mkdir(parents=True)
    (tmp_path / ".staging" / "intents" / "gone.yaml").write_text("x")
    Library(tmp_path).publish(OLD, {})
    assert answering(tmp_path) == OLD


def test_two_publishers_do_not_meet(tmp_path: Path) -> None:
    """Refuses in words while another command is publishing."""
    tmp_path.mkdir(exist_ok=True)
    handle = os.open(tmp_path / ".lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        with pytest.raises(UserError, match="wait"):
            Library(tmp_path).publish(OLD, {})
    finally:
        os.close(handle)
    assert Library(tmp_path).publish(OLD, {}).number == 1


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Says which folder, and what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"dialogue\.published"):
        Library(tmp_path / "file" / "published").publish(OLD, {})


def test_the_difference_of_two_versions_is_shown_by_file(tmp_path: Path) -> None:
    """Names the file, what went and what came."""
    library = Library(tmp_path)
    library.publish(OLD, {})
    library.publish(NEW, {})
    lines = list(library.diff(library.path(1), library.path(2)))
    assert "--- 0001/intents/hours.yaml" in lines
    assert "-confirm: old" in lines
    assert "+confirm: new" in lines
    assert not any("dialogue.yaml" in line for line in lines)


def test_the_box_answers_with_the_published_dialogue_or_the_authors(tmp_path: Path) -> None:
    """Takes the author's folder as long as nothing is published."""
    settings = DialogueSettings(folder=tmp_path / "work", published=tmp_path / "published")
    assert versions.current(settings) == tmp_path / "work"
    Library(settings.published).publish(OLD, {})
    assert versions.current(settings).name == "0001"


def test_a_version_deleted_by_hand_does_not_silence_the_box(tmp_path: Path) -> None:
    """Answers with the newest version that is left."""
    library = Library(tmp_path)
    library.publish(OLD, {})
    library.publish(NEW, {})
    Disk().remove(library.path(2))
    assert answering(tmp_path) == OLD


def test_what_was_trained_for_other_files_is_not_used(tmp_path: Path) -> None:
    """Keeps a training beside the author's files, and forgets it when they change."""
    for name, text in OLD.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    versions.keep_trained(tmp_path, read_folder(tmp_path), {versions.UNDERSTANDING: b"x"})
    assert versions.trained(tmp_path, read_folder(tmp_path)) == b"x"
    (tmp_path / "dialogue.yaml").write_text("language: de\n")
    assert versions.trained(tmp_path, read_folder(tmp_path)) == b""
    with pytest.raises(UserError, match="cannot be written"):
        versions.keep_trained(tmp_path / "dialogue.yaml", OLD, {versions.UNDERSTANDING: b"x"})
