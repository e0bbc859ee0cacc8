"""`records.files`: files that outlive power cuts."""

import sqlite3
import stat

import pytest

from appliance.records.files import open_durably

SCHEMA = "CREATE TABLE IF NOT EXISTS t (n)"


def test_every_commit_is_on_the_disk(tmp_path):
    """Opens with a log, a flush for every commit, and deletion that overwrites."""
    file = open_durably(tmp_path / "a" / "f.sqlite", SCHEMA, print)
    values = [file.execute(f"PRAGMA {name}").fetchone()[0] for name in
              ("journal_mode", "synchronous", "secure_delete")]  # fmt: skip
    assert values == ["wal", 2, 1]
    file.close()


def test_nobody_else_reads_it(tmp_path):
    """Makes the file, its log and its index for one user."""
    file = open_durably(tmp_path / "f.sqlite", SCHEMA, print)
    file.execute("INSERT INTO t VALUES (1)")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {0o600}
    assert len(list(tmp_path.iterdir())) == 3
    file.close()


def test_a_damaged_file_is_set_aside(tmp_path):
    """Begins a fresh file, keeps the damaged one, and says so."""
    path = tmp_path / "f.sqlite"
    path.write_bytes(b"this is no database" * 100)
    told = []
    file = open_durably(path, SCHEMA, told.append)
    file.execute("INSERT INTO t VALUES (1)")
    file.close()
    assert len(told) == 1
    assert [p for p in tmp_path.iterdir() if ".damaged-" in p.name]


def test_a_file_that_another_holds_is_left_alone(tmp_path, monkeypatch):
    """Raises OSError where the file is in use, and does not set it aside."""
    real = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda path, **more: real(path, **{**more, "timeout": 0.01})
    )
    holder = real(tmp_path / "f.sqlite", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(OSError, match="cannot be opened"):
        open_durably(tmp_path / "f.sqlite", SCHEMA, print)
    holder.close()
    assert [path.name for path in tmp_path.iterdir()] == ["f.sqlite"]
