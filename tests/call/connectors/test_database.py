"""`call.connectors.database`: SQL, judged by SQLite (PostgreSQL: tests/interop)."""

import sqlite3
import threading
import time
import uuid
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal

import pytest

from appliance.call.connectors import database
from appliance.call.connectors.database import Database, UnreadableError
from appliance.call.connectors.deadlines import Deadlines
from appliance.call.connectors.drivers import Question, Site
from appliance.dialogue import Status
from tests.call.connectors.support import Statement, backend, connector, http
from tests.call.connectors.support import database as make

NASTY = ["'; drop table c; --", '"', "\\", "%", "{x}", ":number", "a\r\nb", "ü😀", "' or '1'='1"]


@pytest.fixture
def deadlines():
    made = Deadlines()
    yield made
    made.close()


@pytest.fixture
def db(tmp_path, deadlines):
    make(
        tmp_path / "c db.sqlite",
        ["create table c (number text, name text, age integer)", "create table w (k unique, v)",
         "insert into c values ('0047', 'Anna', 40), ('0048', 'Bernd', 50)"],
    )  # fmt: skip
    made = Database(Site(backend("sql", "sqlite:///c db.sqlite")), tmp_path, deadlines)
    yield made
    made.close()


def ask(db, text, timeout=5.0, write=False, most=200, **values):
    wanted = connector("c", Statement(text), write=write)
    return db.ask(Question(wanted, {"key": "k", **values}, timeout, "k", most))


def test_rows_come_by_the_names_of_their_columns(db):
    """Returns rows as tables, with values beside the statement."""
    answer = ask(db, "select name, age as years from c where number = :n", n="0047")
    assert (answer.status, answer.value) == (Status.DONE, [{"name": "Anna", "years": 40}])
    assert ask(db, "select name from c where number = :n", n="47").value == []


@pytest.mark.parametrize("value", NASTY)
def test_a_value_never_becomes_part_of_a_statement(db, value):
    """Keeps any value a value: it is stored and found again as it is, and nothing else happens."""
    assert ask(db, "insert into w values (:v, :v)", write=True, v=value).status is Status.DONE
    assert ask(db, "select v from w where k = :v", v=value).value == [{"v": value}]
    assert ask(db, "select name from c where number = :v", v=value).value == []
    assert len(ask(db, "select name from c").value) == 2


def test_a_read_changes_nothing(db):
    """Refuses a statement that changes something where the connector reads, also after a write."""
    assert ask(db, "insert into w values (1, 1)", write=True).status is Status.DONE
    for _ in range(3):
        assert ask(db, "delete from c").status is Status.REFUSED
    assert len(ask(db, "select * from c").value) == 2


def test_a_write_may_return_something(db):
    """Returns what a write returns, and has committed it."""
    answer = ask(db, "insert into w values (:key, 7) returning v", write=True)
    assert answer.value == [{"v": 7}]
    assert ask(db, "select k from w").value == [{"k": "k"}]


def test_what_the_data_forbid_is_refused(db):
    """Tells a constraint and a mistake in the statement from a database that is down."""
    ask(db, "insert into w values (1, 1)", write=True)
    answer = ask(db, "insert into w values (1, 'Anna Meyer')", write=True)
    assert (answer.status, answer.reason) == (Status.REFUSED, "refused (SQLITE_CONSTRAINT_UNIQUE)")
    assert ask(db, "select * from nowhere").status is Status.REFUSED
    assert ask(db, "selec").status is Status.REFUSED
    assert ask(db, "select :missing").status is Status.REFUSED


def test_a_locked_database_is_unavailable(db, tmp_path, monkeypatch):
    """Tells UNAVAILABLE, for later, while somebody else writes."""
    holder = sqlite3.connect(tmp_path / "c db.sqlite", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    answer = ask(db, "insert into w values (1, 1)", write=True, timeout=0.3)
    assert (answer.status, answer.down) == (Status.UNAVAILABLE, False)
    holder.execute("ROLLBACK")
    holder.close()
    assert ask(db, "insert into w values (1, 1)", write=True).status is Status.DONE


def test_a_statement_that_never_ends_is_ended(db):
    """Interrupts a statement when its time is over; the next one is fine."""
    begun = time.monotonic()
    forever = "with recursive r(n) as (select 1 union all select n + 1 from r) select max(n) from r"
    assert ask(db, forever, timeout=0.2).status is Status.UNAVAILABLE
    assert time.monotonic() - begun < 10
    assert ask(db, "select 1 as one").value == [{"one": 1}]


def test_a_database_that_is_missing_is_not_made(tmp_path, deadlines):
    """Tells UNAVAILABLE, and makes no empty register in its place."""
    db = Database(Site(backend("sql", "sqlite:///none.sqlite")), tmp_path, deadlines)
    assert ask(db, "select 1").status is Status.UNAVAILABLE
    assert list(tmp_path.iterdir()) == []
    db.close()


def test_no_more_rows_than_wanted(db):
    """Fetches 200 rows at most."""
    forever = "with recursive r(n) as (select 1 union all select n + 1 from r) select n from r"
    assert len(ask(db, forever).value) == 200


def test_many_threads_ask_at_once(db):
    """Serves as many threads as there are, each with a connection of its own."""
    found = []
    threads = [
        threading.Thread(
            target=lambda: found.extend(ask(db, "select name from c where number='0047'").value)
        )
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [{"name": "Anna"}] * 6


@pytest.mark.parametrize(
    ("value", "said"),
    [(Decimal("12.50"), "12.50"), (Decimal("1E+3"), "1000"), (date(2026, 12, 1), "2026-12-01"),
     (datetime(2026, 12, 1, 8, 30, tzinfo=UTC), "2026-12-01T08:30:00+00:00"), (clock(15, 30), "15:30"),
     (clock(15, 30, 1), "15:30:01"), (timedelta(minutes=1), 60.0), (uuid.UUID(int=1), str(uuid.UUID(int=1))),
     ([Decimal(1), None], ["1", None]), ({"a": date(2026, 1, 1)}, {"a": "2026-01-01"}), (True, True)],
)  # fmt: skip
def test_every_kind_of_column_can_be_said(value, said):
    """Turns what databases hold into what JSON can say."""
    assert database._json(value) == said


def test_bytes_cannot_be_said(db):
    """Refuses an answer that holds bytes, naming no more than their kind."""
    with pytest.raises(UnreadableError):
        database._json(memoryview(b"x"))
    answer = ask(db, "select x'00ff' as photo")
    assert (answer.status, answer.reason) == (
        Status.REFUSED, "a column holds bytes, which cannot be said",
    )  # fmt: skip


def test_only_a_statement_is_asked_of_a_database(db):
    """Refuses another kind of request, and an address that is none."""
    assert db.ask(Question(connector("x", http()), {}, 1.0)).status is Status.REFUSED
    with pytest.raises(ValueError, match="address"):
        Database(Site(backend("sql", "nothing")), None, None)
