"""`records.attempts`: who may not try again, and what the file gives away."""

import pytest

from appliance.records.attempts import Attempts


@pytest.fixture
def attempts(tmp_path):
    made = Attempts(tmp_path / "attempts.sqlite", tmp_path / "attempts.key")
    yield made
    made.close()


def fail(attempts, now, who="4455", passed=False):
    return attempts.attempt(who, passed=passed, tries=3, lock=60, now=now)


def test_so_many_failures_in_a_row_lock_out(attempts):
    """Locks at the third failure, for the time that was set, and begins anew afterwards."""
    assert [fail(attempts, now) for now in (0, 1, 2)] == [False, False, True]
    assert attempts.locked("4455", 60, 61)
    assert not attempts.locked("4455", 60, 62)
    assert [fail(attempts, now) for now in (63, 64, 65)] == [False, False, True]


def test_success_forgets_the_failures(attempts):
    """Counts failures in a row: one success between them, and there is none."""
    results = [fail(attempts, 0), fail(attempts, 1), fail(attempts, 2, passed=True)]
    assert [*results, fail(attempts, 3), fail(attempts, 4)] == [False] * 5


def test_whoever_is_locked_out_stays_so_whatever_they_know(attempts):
    """Keeps a lock-out when the right answer comes, and does not make it longer for trying."""
    for now in (0, 1, 2):
        fail(attempts, now)
    assert fail(attempts, 30, passed=True)
    assert fail(attempts, 31)
    assert attempts.locked("4455", 60, 61.9)
    assert not attempts.locked("4455", 60, 62.1)


def test_one_identity_is_one_however_it_is_written(attempts):
    """Sets spaces and case aside, and keeps other identities free."""
    for now, who in enumerate(("AB 12", "ab12", "Ab1 2")):
        fail(attempts, now, who)
    assert attempts.locked("AB12", 60, 3)
    assert not attempts.locked("AB13", 60, 3)


def test_the_count_outlives_the_process(tmp_path):
    """Knows failures and lock-outs after a restart, with the same key."""
    for now in (0, 1, 2):
        made = Attempts(tmp_path / "a.sqlite", tmp_path / "a.key")
        fail(made, now)
        made.close()
    made = Attempts(tmp_path / "a.sqlite", tmp_path / "a.key")
    assert made.locked("4455", 60, 3)
    made.close()


def test_a_clock_that_was_wrong_locks_nobody_out_for_years(attempts):
    """Ends a lock-out after its own length where the clock has been set back."""
    for now in (10**9, 10**9 + 1, 10**9 + 2):
        fail(attempts, now)
    assert attempts.locked("4455", 60, 1000)
    assert attempts.locked("4455", 60, 1059)
    assert not attempts.locked("4455", 60, 1061)


def test_the_file_holds_no_identity(tmp_path):
    """Keeps a keyed hash: without the key nobody can try all customer numbers against it."""
    for name in ("one", "other"):
        made = Attempts(tmp_path / f"{name}.sqlite", tmp_path / f"{name}.key")
        fail(made, 0, "44556677")
        made.close()
    assert (tmp_path / "one.key").stat().st_mode & 0o777 == 0o600
    files = [tmp_path / "one.sqlite", tmp_path / "other.sqlite"]
    assert all(b"44556677" not in file.read_bytes() for file in files)
    import sqlite3

    hashes = []
    for file in files:
        reader = sqlite3.connect(file)
        hashes += reader.execute("SELECT identity FROM attempts").fetchall()
        reader.close()
    assert len(hashes) == 2
    assert hashes[0] != hashes[1]


def test_old_failures_are_forgotten(attempts):
    """Deletes what is months old, so that the file does not grow for ever."""
    fail(attempts, 0, "old")
    fail(attempts, 100 * 86_400, "new")
    assert attempts._file.execute("SELECT count(*) FROM attempts").fetchone() == (1,)
