"""`call.linetest.witness`: what the box's own records say of a test call."""

from datetime import UTC, datetime

from appliance.call.linetest.witness import Evidence, Witness
from appliance.contracts.outcome import Outcome
from appliance.records import CallRecord, Store

WHEN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def record(name, seconds, **values):
    return CallRecord(name, WHEN, seconds, Outcome.COMPLETED, **values)


def test_the_call_is_told_from_those_before(tmp_path):
    """Speaks only of calls that were written since."""
    store = Store(tmp_path / "records.sqlite")
    store.add(record("older", 7, received=1)).result()
    store.add(record("old", 7, received=1)).result()
    witness = Witness(tmp_path / "records.sqlite")
    assert witness.mark()
    assert witness.testify(7) is None
    store.add(record("new", 8, received=350, keys=1, codec="PCMA", lost=2)).result()
    assert witness.testify(7.4) == Evidence(8, "PCMA", 350, 2, 1)
    store.close()


def test_the_call_is_told_from_others_by_its_length(tmp_path):
    """Takes the one that lasted about as long, and none that did not."""
    store = Store(tmp_path / "records.sqlite")
    witness = Witness(tmp_path / "records.sqlite")
    assert witness.mark()
    store.add(record("a", 90)).result()
    assert witness.testify(7) is None
    store.add(record("b", 5)).result()
    store.add(record("c", 7)).result()
    store.close()
    assert witness.testify(7).seconds == 7


def test_without_records_nothing_is_claimed(tmp_path):
    """Says that it could not watch, and changes nothing."""
    witness = Witness(tmp_path / "none.sqlite")
    assert not witness.mark()
    assert witness.testify(7) is None
    assert not (tmp_path / "none.sqlite").exists()
    (tmp_path / "bad.sqlite").write_text("no database")
    assert not Witness(tmp_path / "bad.sqlite").mark()
