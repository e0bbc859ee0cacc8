"""`call.journal`: conversations outlive the process that had them."""

from __future__ import annotations

import logging
import stat
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance import dialogue
from appliance.call.journal import Journal, Leftover, unfinished

STATE = dialogue.State(process="outage", slots=(("street", "mill-lane"),))
NOW = dialogue.Moment(0.0, datetime(2026, 11, 23, 10, 0, tzinfo=UTC))


def dump(state: dialogue.State) -> str:
    return f"{state.process} {state.step}"


def test_what_was_kept_last_is_found_at_the_next_start(tmp_path: Path) -> None:
    """Holds the latest state of each call, with the time."""
    journal = Journal(tmp_path / "journal", dump)
    for step in range(5):
        journal.keep("a", replace(STATE, step=step))
    journal.keep("b", STATE)
    journal.close()
    found = Journal(tmp_path / "journal", dump).leftovers()
    assert {one.call: one.state for one in found} == {"a": "outage 4", "b": "outage 0"}
    assert all(one.kept.tzinfo for one in found)
    assert found[0].kept <= found[1].kept


def test_a_call_that_has_ended_leaves_nothing(tmp_path: Path) -> None:
    """Deletes its file, also where the end comes before anything was written."""
    journal = Journal(tmp_path, dump)
    for call in ("a", "b"):
        journal.keep(call, STATE)
    journal.keep("a", None)
    journal.keep("c", STATE)
    journal.keep("c", None)
    journal.close()
    assert [file.name for file in tmp_path.iterdir()] == ["b.json"]
    Journal(tmp_path, dump).remove("b")
    assert not list(tmp_path.iterdir())


def test_states_that_come_faster_than_the_disk_are_one(tmp_path: Path) -> None:
    """Writes only the latest of those that came while the disk was busy."""
    busy, written = threading.Event(), []

    def slow(state: dialogue.State) -> str:
        busy.wait(5)
        written.append(state.step)
        return dump(state)

    journal = Journal(tmp_path, slow)
    for step in range(50):
        journal.keep("a", replace(STATE, step=step))
    busy.set()
    journal.close()
    assert written[-1] == 49
    assert len(written) <= 2


def test_only_we_may_read_it(tmp_path: Path) -> None:
    """Makes the folder for its owner alone: what callers told stands in it."""
    Journal(tmp_path / "journal", dump).close()
    assert stat.S_IMODE((tmp_path / "journal").stat().st_mode) == 0o700


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"kept": "x", "state": ""}', b"\xff"])
def test_a_file_that_cannot_be_read_is_passed_over(tmp_path: Path, content: bytes) -> None:
    """Deletes it with a line in the log, and goes on with the others."""
    journal = Journal(tmp_path, dump)
    journal.keep("a", STATE)
    journal.close()
    (tmp_path / "broken.json").write_bytes(content)
    (tmp_path / "half.part").write_bytes(content)
    assert [one.call for one in Journal(tmp_path, dump).leftovers()] == ["a"]
    assert not (tmp_path / "broken.json").exists()


def test_a_disk_that_refuses_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logs the first failure in a row, without a word of the caller's, and goes on."""
    caplog.set_level(logging.DEBUG)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    journal = Journal(tmp_path, dump)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        for call in "abc":
            journal.keep(call, STATE)
        journal._writer.submit(int).result(5)
    journal.keep("d", STATE)
    journal.close()
    assert caplog.text.count("No space left") == 1
    assert "mill-lane" not in caplog.text
    assert [one.call for one in Journal(tmp_path, dump).leftovers()] == ["d"]


@pytest.mark.parametrize("fault", [None, KeyError("gone")])
def test_a_leftover_becomes_what_the_dialogue_makes_of_it(
    monkeypatch: pytest.MonkeyPatch, fault: Exception | None
) -> None:
    """Asks today's dialogue; where that cannot, keeps what the caller told as it was."""
    note = dialogue.Note("outage", (("street", "mill-lane"),))

    def interrupted(*_: object) -> list[dialogue.Action]:
        if fault is not None:
            raise fault
        return [note]

    monkeypatch.setattr(dialogue, "restore", lambda _: STATE, raising=False)
    monkeypatch.setattr(dialogue, "interrupted", interrupted, raising=False)
    (made,) = unfinished(None, Leftover("a", NOW.local, "x"), NOW)  # type: ignore[arg-type]
    assert isinstance(made, dialogue.Note)
    assert ("street", "mill-lane") in made.fields


def test_a_leftover_of_another_version_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes nothing of a state that cannot be read."""

    def restore(_: str) -> dialogue.State:
        raise ValueError("version 9")

    monkeypatch.setattr(dialogue, "restore", restore, raising=False)
    assert not unfinished(None, Leftover("a", NOW.local, "x"), NOW)  # type: ignore[arg-type]


def test_a_state_that_cannot_be_written_down_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Logs the kind of the fault, not its words, and keeps the next one."""

    def dump_all_but_one(state: dialogue.State) -> str:
        if state.step == 1:
            raise TypeError("mill-lane is not JSON")
        return dump(state)

    journal = Journal(tmp_path, dump_all_but_one)
    for step in (1, 2):
        journal.keep("a", replace(STATE, step=step))
        journal._writer.submit(int).result(5)
    journal.close()
    assert "TypeError" in caplog.text
    assert "mill-lane" not in caplog.text
    assert [one.state for one in journal.leftovers()] == ["outage 2"]
