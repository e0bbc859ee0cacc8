"""`call.recovery`: conversations that an earlier process did not live to end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance import dialogue
from appliance.call.journal import Journal
from appliance.call.recovery import recover
from appliance.contracts.outcome import Outcome, Reason, Resolution
from appliance.dialogue import Document, Invoke, Note, Result
from appliance.records import Store

NOW = dialogue.Moment(0.0, datetime(2026, 11, 23, 10, 0, tzinfo=UTC))
STATE = dialogue.State(process="outage", slots=(("street", "mill-lane"),))
ACTIONS = [
    Note("interrupted", (("street", "mill-lane"),)),
    Invoke("1", "new_ticket", (), key="k"),
    Document("outage", "failed", "system-down", summary="An outage in Mill Lane."),
]


@pytest.fixture(autouse=True)
def interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogue, "interrupted", lambda *_: list(ACTIONS))


def left_behind(folder: Path) -> Journal:
    journal = Journal(folder)
    journal.keep("call1", replace(STATE, step=3))
    journal.close()
    return Journal(folder)


class Submitted:
    """What the connectors were asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Invoke, str]] = []

    def __call__(self, invoke: Invoke, call: str, done: Callable[[Result], None]) -> None:
        self.asked.append((invoke, call))


def test_what_was_asked_for_is_kept_and_delivered(tmp_path: Path) -> None:
    """Keeps note, summary and record, hands writes to the connectors, and forgets the leftover."""
    journal, store, submit = left_behind(tmp_path / "j"), Store(tmp_path / "r.sqlite"), Submitted()
    assert recover(journal, None, NOW, store, submit) == 1  # type: ignore[arg-type]
    (note,) = store.messages()
    assert note.fields == (("street", "mill-lane"),)
    (summary,) = store.summaries("call1")
    assert summary.text == "An outage in Mill Lane."
    assert store.outcomes() == {Outcome.FAILED: 1}
    words = store._query("SELECT id, process, resolution, reason FROM calls")
    assert words == [("call1", "outage", Resolution.FAILED, Reason.SYSTEM_DOWN)]
    assert submit.asked == [(ACTIONS[1], "call1")]
    assert not journal.leftovers()
    assert recover(journal, None, NOW, store, submit) == 0  # type: ignore[arg-type]
    store.close()


def test_a_leftover_stays_until_the_disk_has_taken_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is seen to again at the next start where the records could not be written."""
    journal, store = left_behind(tmp_path / "j"), Store(tmp_path / "r.sqlite")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(store, "_write", full)
        recover(journal, None, NOW, store, Submitted())  # type: ignore[arg-type]
    assert [one.call for one in journal.leftovers()] == ["call1"]
    recover(journal, None, NOW, store, Submitted())  # type: ignore[arg-type]
    assert not journal.leftovers()
    store.close()
