"""Writing files whole."""

import os

import pytest

from appliance.settings import atomic
from appliance.settings.atomic import write_atomically


def test_a_new_file_and_the_folders_above_it_are_made(tmp_path):
    """Writes the bytes as they are, readable by all unless told otherwise."""
    file = tmp_path / "a" / "b" / "c.toml"
    write_atomically(file, b"x = 1\n")
    assert file.read_bytes() == b"x = 1\n"
    assert file.stat().st_mode & 0o777 == 0o644
    assert [path.name for path in file.parent.iterdir()] == ["c.toml"]


def test_permissions_of_a_file_stay_unless_others_are_asked_for(tmp_path):
    """Keeps a file private that was private; makes one private on request."""
    file = tmp_path / "secrets.toml"
    write_atomically(file, b"1", 0o600)
    write_atomically(file, b"2")
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"2", 0o600)


def test_a_link_stays_a_link(tmp_path):
    """Writes to where a link leads, for those who keep their settings elsewhere."""
    real = tmp_path / "elsewhere" / "settings.toml"
    write_atomically(real, b"1")
    link = tmp_path / "settings.toml"
    link.symlink_to(real)
    write_atomically(link, b"2")
    assert link.is_symlink()
    assert real.read_bytes() == b"2"


@pytest.mark.parametrize("step", ["fsync", "fchmod"])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, step):
    """Leaves what was there when the disk refuses, and no half-written file beside it."""
    file = tmp_path / "x"
    write_atomically(file, b"old")

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, refuse)
    with pytest.raises(OSError, match="No space"):
        write_atomically(file, b"new")
    monkeypatch.undo()
    assert file.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_the_bytes_are_on_the_disk_before_the_name_points_at_them(tmp_path, monkeypatch):
    """Flushes the file, renames it, then flushes the folder: no other order survives a power cut."""
    steps = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (steps.append("fsync"), real(handle)))
    replace = atomic.Path.replace
    monkeypatch.setattr(
        atomic.Path, "replace", lambda a, b: (steps.append("rename"), replace(a, b))
    )
    write_atomically(tmp_path / "x", b"1")
    assert steps == ["fsync", "rename", "fsync"]
