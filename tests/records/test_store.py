"""`records.store`: what is on disk after a call, after a crash, after a month."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from appliance.contracts.outcome import HandedOver, Known, Outcome, Reason, Resolution
from appliance.records import CallRecord, Note, Store, Summary
from appliance.records.store import SCHEMA_VERSION

NOON = datetime(2026, 11, 22, 12, 34, 56, 789, tzinfo=timezone(timedelta(hours=1)))
RECORD = CallRecord(
    "a1", NOON, 61, Outcome.TRANSFERRED, turns=3, intents=(("hours", 2), ("connect", 1)),
    transferred_to="radiology", codec="PCMU", received=3000, lost=4, concealed=5, jitter_ms=1.5,
    answers_ms=(300, 100, 200),
)  # fmt: skip


def rows(file: Path, table: str) -> list[dict[str, object]]:
    connection = sqlite3.connect(file)
    connection.row_factory = sqlite3.Row
    found = [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]  # noqa: S608
    connection.close()
    return found


def test_a_record_is_on_disk_when_its_future_is_done(tmp_path: Path) -> None:
    """Writes what was counted, with the start rounded to the minute in UTC."""
    store = Store(tmp_path / "records.sqlite")
    store.add(RECORD).result(5)
    (row,) = rows(tmp_path / "records.sqlite", "calls")
    assert row["started"] == "2026-11-22T11:34:00+00:00"
    assert row["outcome"] == "transferred"
    assert row["intents"] == '{"hours": 2, "connect": 1}'
    assert (row["answers"], row["answer_median_ms"], row["answer_worst_ms"]) == (3, 200, 300)
    store.close()


def test_a_record_has_no_place_for_a_number_or_a_word() -> None:
    """Holds no field in which a caller or what was said could stand."""
    texts = {name for name, kind in CallRecord.__annotations__.items() if kind == "str"}
    assert texts == {"id", "transferred_to", "codec", "process"}


def test_the_same_record_twice_is_one(tmp_path: Path) -> None:
    """Keeps the first of two rows with one id."""
    store = Store(tmp_path / "records.sqlite")
    store.add(RECORD)
    store.add(RECORD).result(5)
    assert store.outcomes() == {Outcome.TRANSFERRED: 1}
    store.close()


def test_a_box_that_was_rolled_back_still_counts_its_calls(tmp_path: Path) -> None:
    """Leaves out the outcomes that only the newer version knew, and writes on."""
    store = Store(tmp_path / "records.sqlite")
    store.add(RECORD).result(5)
    newer = sqlite3.connect(tmp_path / "records.sqlite")
    with newer:
        newer.execute("UPDATE calls SET outcome = 'beamed-up'")
    newer.close()
    store.add(replace(RECORD, id="a2")).result(5)
    assert store.outcomes() == {Outcome.TRANSFERRED: 1}
    store.close()


def test_writing_happens_on_the_stores_thread(tmp_path: Path) -> None:
    """Never runs SQLite on the thread that adds, so that audio is not delayed by a disk."""
    store = Store(tmp_path / "records.sqlite")
    threads: list[str] = []
    store.add(RECORD).add_done_callback(lambda _: threads.append(threading.current_thread().name))
    store.close()
    assert threads != [threading.main_thread().name] or len(threads) == 1
    assert store._writer._thread_name_prefix == "records"


def test_the_file_is_written_ahead_and_fully_synchronous(tmp_path: Path) -> None:
    """Uses WAL and synchronous=FULL, so that a power cut loses no finished call."""
    store = Store(tmp_path / "records.sqlite")
    assert store._query("PRAGMA journal_mode") == [("wal",)]
    assert store._query("PRAGMA synchronous") == [(2,)]
    store.close()


def test_messages_are_read_in_order_and_expire(tmp_path: Path) -> None:
    """Returns the messages oldest first, and deletes those whose days are over."""
    store = Store(tmp_path / "records.sqlite", note_days=3)
    late = Note("n2", "message", (("text", "second"),), NOON + timedelta(days=2))
    early = Note("n1", "message", (("text", "first"), ("name", "x")), NOON)
    store.leave(late)
    store.leave(early)
    assert [note.id for note in store.messages()] == ["n1", "n2"]
    assert store.messages()[0].fields == early.fields
    assert store.purge(NOON + timedelta(days=2, hours=23)).result(5) == 0
    assert store.purge(NOON + timedelta(days=3)).result(5) == 1
    assert [note.id for note in store.messages()] == ["n2"]
    store.close()


def test_an_expired_message_leaves_no_trace_in_the_file(tmp_path: Path) -> None:
    """Overwrites what it deletes."""
    file = tmp_path / "records.sqlite"
    store = Store(file, note_days=1)
    store.leave(Note("n1", "message", (("text", "unmistakable"),), NOON)).result(5)
    store.purge(NOON + timedelta(days=2)).result(5)
    store.close()
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"unmistakable" not in left


@pytest.mark.parametrize("damage", ["garbage", "torn"])
def test_a_damaged_file_is_kept_aside_and_a_fresh_one_begun(tmp_path: Path, damage: str) -> None:
    """Says so, keeps the damaged file, goes on writing."""
    file = tmp_path / "records.sqlite"
    store = Store(file)
    for number in range(200):
        store.add(CallRecord(f"id{number}", NOON, 1, Outcome.COMPLETED))
    store.close()
    content = bytearray(file.read_bytes())
    if damage == "garbage":
        content[:4096] = b"x" * 4096
    else:
        content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)
    said: list[str] = []
    store = Store(file, failed=said.append)
    store.add(RECORD).result(5)
    assert store.outcomes() == {Outcome.TRANSFERRED: 1}
    store.close()
    assert len(list(tmp_path.glob("records.sqlite.damaged-*"))) == 1
    assert "damaged" in said[0]


def test_a_write_that_fails_is_kept_and_tried_again(tmp_path: Path) -> None:
    """Loses no record while the file is locked by somebody else."""
    file = tmp_path / "records.sqlite"
    said: list[str] = []
    store = Store(file, failed=said.append)
    store._query("PRAGMA busy_timeout=1")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    failed = store.add(RECORD)
    assert isinstance(failed.exception(5), sqlite3.OperationalError)
    assert "1 records wait" in said[0]
    other.execute("COMMIT")
    other.close()
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert store.purge(NOON).result(5) == 0
    assert "could not be deleted" in said[1]
    other.execute("COMMIT")
    other.close()
    store.add(CallRecord("b2", NOON, 1, Outcome.COMPLETED)).result(5)
    assert store.outcomes() == {Outcome.TRANSFERRED: 1, Outcome.COMPLETED: 1}
    store.close()


def test_closing_writes_what_is_pending(tmp_path: Path) -> None:
    """Flushes before it closes."""
    store = Store(tmp_path / "records.sqlite")
    for number in range(50):
        store.add(CallRecord(f"id{number}", NOON, 1, Outcome.COMPLETED))
    store.close()
    assert len(rows(tmp_path / "records.sqlite", "calls")) == 50


def test_how_the_caller_was_handed_over_and_how_it_sounded_is_kept(tmp_path: Path) -> None:
    """Writes both; a call without either has the plain values."""
    store = Store(tmp_path / "records.sqlite")
    store.add(replace(RECORD, handed_over=HandedOver.ATTENDED, mos=4.1))
    store.add(CallRecord("b2", NOON, 1, Outcome.COMPLETED)).result(5)
    first, second = rows(tmp_path / "records.sqlite", "calls")
    assert (first["handed_over"], first["mos"]) == ("attended", 4.1)
    assert (second["handed_over"], second["mos"]) == ("no", 0)
    store.close()


def test_a_file_of_version_one_is_brought_up_and_still_taken_by_its_version(
    tmp_path: Path,
) -> None:
    """Adds the columns, keeps the rows, and lets the version before write as it did."""
    file = tmp_path / "records.sqlite"
    store = Store(file)
    store.add(RECORD).result(5)
    store.close()
    connection = sqlite3.connect(file)
    with connection:  # as version 1 left it
        connection.execute("ALTER TABLE calls DROP COLUMN handed_over")
        for column in ("mos", "process", "resolution", "reason", "level"):
            connection.execute(f"ALTER TABLE calls DROP COLUMN {column}")
        connection.execute("DROP TABLE summaries")
        connection.execute("UPDATE schema SET version = 1")
    store = Store(file)
    store.add(replace(RECORD, id="a2", handed_over=HandedOver.BLIND, mos=4.0)).result(5)
    store.close()
    with connection:  # as version 1 writes
        connection.execute(
            "INSERT INTO calls (id, started, seconds, outcome, turns, intents, reprompts,"
            " barge_ins, keys, transferred_to, codec, received, lost, concealed, jitter_ms,"
            " answers, answer_median_ms, answer_worst_ms)"
            " VALUES ('a3', 's', 1, 'completed', 0, '{}', 0, 0, 0, '', '', 0, 0, 0, 0, 0, 0, 0)"
        )
    assert connection.execute("SELECT version FROM schema").fetchall() == [(SCHEMA_VERSION,)]
    connection.close()
    found = {row["id"]: (row["handed_over"], row["mos"]) for row in rows(file, "calls")}
    assert found == {"a1": ("no", 0), "a2": ("blind", 4.0), "a3": ("no", 0)}


def test_a_file_of_a_newer_version_is_still_written(tmp_path: Path) -> None:
    """Writes into a file to which a later version has added a column."""
    file = tmp_path / "records.sqlite"
    Store(file).close()
    newer = sqlite3.connect(file)
    newer.execute("ALTER TABLE calls ADD COLUMN mood TEXT")
    newer.execute("UPDATE schema SET version = 9")
    newer.commit()
    newer.close()
    store = Store(file)
    store.add(RECORD).result(5)
    store.close()
    assert rows(file, "schema") == [{"version": 9}]


def test_a_folder_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    """Raises OSError that names the file."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        Store(tmp_path / "file" / "records.sqlite")


def test_times_are_kept_in_utc(tmp_path: Path) -> None:
    """Returns a message's time as it was, whatever the zone."""
    store = Store(tmp_path / "records.sqlite")
    store.leave(Note("n1", "message", (), NOON))
    assert store.messages()[0].left == NOON.astimezone(UTC).replace(microsecond=0)
    store.close()


def test_summaries_are_kept_by_call_and_expire(tmp_path: Path) -> None:
    """Keeps what a request came to, hands it out by call, and overwrites it when it expires."""
    store = Store(tmp_path / "records.sqlite", note_days=2)
    made = datetime(2026, 11, 22, 10, tzinfo=UTC)
    first = Summary("s1", "a1", "reading", "Meter 4711 read: 112.", "", made)
    other = Summary("s2", "a2", "outage", "No power in Mill Lane.", "faq.md", made)
    store.summarise(first)
    store.summarise(first)
    store.summarise(other).result(5)
    assert store.summaries() == [first, other]
    assert store.summaries("a2") == [other]
    assert store.purge(made + timedelta(days=1)).result(5) == 0
    assert store.purge(made + timedelta(days=2)).result(5) == 2
    store.close()
    assert b"Mill Lane" not in (tmp_path / "records.sqlite").read_bytes()


def test_a_record_says_what_became_of_the_request(tmp_path: Path) -> None:
    """Writes process, resolution, reason and level as words; nothing asked for is empty."""
    store = Store(tmp_path / "records.sqlite")
    store.add(RECORD)
    store.add(
        replace(
            RECORD, id="b", process="reading", resolution=Resolution.FAILED,
            reason=Reason.SYSTEM_DOWN, level=Known.VERIFIED,
        )
    ).result(5)  # fmt: skip
    store.close()
    told = ("process", "resolution", "reason", "level")
    found = {row["id"]: tuple(row[name] for name in told) for row in rows(store._path, "calls")}
    assert found == {
        "a1": ("", "", "", ""), "b": ("reading", "failed", "system-down", "verified"),
    }  # fmt: skip
