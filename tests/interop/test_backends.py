"""Real systems of a site: PostgreSQL and OpenLDAP, asked as a call asks them, and killed meanwhile."""

import threading
import time

import pytest

from appliance.call.connectors import backoff
from appliance.dialogue import Status
from appliance.dialogue.script import Catalogue
from tests.call.connectors.support import Desk, Search, Statement, backend, connector, until
from tests.interop.backends import PASSWORD, Postgres, Slapd

pytestmark = pytest.mark.interop
NASTY = [
    "'; drop table customers; --", "' or '1'='1", '"', "\\", "\\'", "%", "{key}", ":number", "$1",
    "a\r\nb", "ü😀", "*)(uid=*", "x" * 5000,
]  # fmt: skip
PEOPLE = "dc=clinic,dc=example"
BOX = "cn=box,dc=clinic,dc=example"


@pytest.fixture(scope="module")
def running():
    made = Postgres()
    yield made
    made.close()


@pytest.fixture
def postgres(running):
    running.run(
        "drop table if exists customers, readings",
        "create table customers (id serial primary key, number text unique, name text,"
        " born date, balance numeric(8, 2), since timestamptz, ref uuid, photo bytea, tags text[])",
        "create table readings (key text primary key, customer integer, value numeric)",
        "insert into customers (number, name, born, balance, since, ref, tags) values"
        " ('0047', 'Anna', '1980-02-03', 12.50, '2026-01-02 03:04:05+00',"
        " '00000000-0000-0000-0000-000000000001', '{a,b}')",
    )
    return running


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setattr(backoff, "_FIRST", 0.1)
    made = []

    def make(*rest, **more):
        more.setdefault("secrets", {"word": PASSWORD})
        made.append(Desk(tmp_path, *rest, **more))
        return made[-1]

    yield make
    for each in made:
        each.close()


def customers(desk, where, **more):
    db = backend("sql", where, user="attendant", secret="word", **more)
    by_number = "select * from customers where number = :number"
    return desk(
        [db],
        [
            connector("find", Statement(by_number), ["number"], fields={
                name: name for name in ("id", "name", "born", "balance", "since", "ref", "tags")
            }),
            connector("all", Statement("select name from customers order by id"), many=True),
            connector("whole", Statement(by_number), ["number"]),
            connector("by_id", Statement("select name from customers where id = :id"), ["id"]),
            connector("slow", Statement("select pg_sleep(20)"), timeout=0.5, attempts=1),
            connector("sly", Statement("delete from customers returning id")),
            connector("broken", Statement("select x from nowhere")),
            connector(
                "add", Statement("insert into customers (number, name) values (:number, :name)"),
                ["number", "name"], write=True, attempts=1,
            ),
            connector(
                "read",
                Statement(
                    "insert into readings values (:key, :customer, :value)"
                    " on conflict (key) do nothing returning value"
                ),
                ["customer", "value"], write=True, attempts=1, timeout=2.0,
            ),
            connector(
                "read_slowly",
                Statement(
                    "insert into readings select :key, :customer, :value from pg_sleep(1.5)"
                    " on conflict (key) do nothing"
                ),
                ["customer", "value"], write=True, attempts=1, timeout=8.0,
            ),
        ],
    )  # fmt: skip


def test_a_customer_is_found(postgres, desk):
    """Returns every kind of column as a dialogue can say it."""
    made = customers(desk, postgres.where)
    assert made.ask("find", number="0047").value == {
        "id": 1, "name": "Anna", "born": "1980-02-03", "balance": "12.50", "tags": ["a", "b"],
        "since": "2026-01-02T03:04:05+00:00", "ref": "00000000-0000-0000-0000-000000000001",
    }  # fmt: skip
    assert made.ask("find", number="47").status is Status.NOTHING
    assert made.ask("whole", number="0047").status is Status.DONE


@pytest.mark.parametrize("given", ["1", 1, 1.0])
def test_the_server_decides_what_a_parameter_is(postgres, desk, given):
    """Compares texts with integer columns and numbers with text columns, as literals would be."""
    made = customers(desk, postgres.where)
    assert made.ask("by_id", id=1 if given == 1.0 else given).value == {"name": "Anna"}
    assert made.ask("find", number=47).status is Status.NOTHING


@pytest.mark.parametrize("value", NASTY)
def test_a_value_never_becomes_part_of_a_statement(postgres, desk, value):
    """Stores and finds any value as it is, and nothing else happens to the table."""
    made = customers(desk, postgres.where)
    assert made.ask("add", number=value, name=value).status is Status.DONE
    found = made.ask("find", number=value).value
    assert found["name"] == value[:4000]
    assert len(made.ask("all").value["rows"]) == 2


def test_what_cannot_be_stored_is_refused(postgres, desk):
    """Refuses a NUL, a value of the wrong kind and one that is there already; keeps the writes."""
    made = customers(desk, postgres.where)
    assert made.ask("find", number="a\0b").status is Status.REFUSED
    assert made.ask("by_id", id="no number").status is Status.REFUSED
    assert made.ask("add", number="0047", name="Anna Meyer").reason == "refused (SQLSTATE 23505)"
    assert made.ask("broken").status is Status.REFUSED
    assert len(made.outbox.dead()) == 1
    assert not any("Anna" in words for words in made.connectors.problems())


def test_a_read_changes_nothing(postgres, desk):
    """Lets the server refuse a statement that changes something where the connector reads."""
    made = customers(desk, postgres.where)
    assert made.ask("sly").reason == "refused (SQLSTATE 25006)"
    assert postgres.run("select count(*) from customers") == [(1,)]


def test_bytes_are_refused(postgres, desk):
    """Refuses an answer that holds a picture; columns that nobody asked for do not count."""
    postgres.run("update customers set photo = '\\x00ff'")
    made = customers(desk, postgres.where)
    assert made.ask("whole", number="0047").status is Status.REFUSED
    assert made.ask("find", number="0047").status is Status.DONE


def test_a_statement_that_takes_too_long_is_ended_there_too(postgres, desk):
    """Ends a statement on the server when its time is over."""
    made = customers(desk, postgres.where)
    assert made.ask("slow").status is Status.UNAVAILABLE
    sleeping = "select count(*) from pg_stat_activity where query like '%pg_sleep(20)%' and state = 'active' and pid <> pg_backend_pid()"
    until(lambda: postgres.run(sleeping) == [(0,)])


def test_a_wrong_password_is_named(postgres, desk):
    """Says that the secret is refused, keeps a write, and delivers nothing wrong."""
    made = customers(lambda *rest: desk(*rest, secrets={"word": "wrong"}), postgres.where)
    assert made.ask("find", number="0047").status is Status.UNAVAILABLE
    assert made.ask("read", customer="1", value="7").status is Status.PENDING
    assert "site: it refuses the user or the secret" in made.connectors.problems()


def test_a_restart_of_the_server_costs_no_question(postgres, desk):
    """Answers through a pool whose connections have all died with the server."""
    made = customers(desk, postgres.where)
    waits = [made.start("find", number="0047") for _ in range(3)]
    assert all(each.result().status is Status.DONE for each in waits)
    postgres.kill()
    postgres.start()
    waits = [made.start("find", number="0047") for _ in range(3)]
    assert [each.result().status for each in waits] == [Status.DONE] * 3


def test_a_server_that_dies_in_the_middle_of_a_write_gets_it_once(postgres, desk):
    """Tells PENDING where the server dies at work, and delivers once when it is back."""
    made = customers(desk, postgres.where)
    waits = made.start("read_slowly", customer="1", value="4455")
    until(lambda: postgres.run(
        "select count(*) from pg_stat_activity where query like '%read%pg_sleep(1.5)%'"
        " and wait_event = 'PgSleep'"
    ) == [(1,)])  # fmt: skip
    postgres.kill()
    assert waits.result().status is Status.PENDING
    assert made.ask("read", customer="2", value="1").status is Status.PENDING
    postgres.start()
    until(lambda: not made.outbox.waiting())
    rows = postgres.run("select customer, value from readings order by customer")
    assert [(row[0], int(row[1])) for row in rows] == [(1, 4455), (2, 1)]


def test_what_was_asked_for_while_it_was_down_arrives_once(postgres, desk):
    """Keeps everything while the server is away, and counts none twice."""
    made = customers(desk, postgres.where)
    postgres.kill()
    told = [made.ask("read", customer=str(n), value="7", call=f"c{n}") for n in range(5)]
    assert [each.status for each in told] == [Status.PENDING] * 5
    postgres.start()
    until(lambda: not made.outbox.waiting(), 60)
    assert postgres.run("select count(*), count(distinct customer) from readings") == [(5, 5)]


def test_a_frozen_server_costs_no_more_than_the_patience(postgres, desk):
    """Tells a caller in time though the server keeps the connection and says nothing."""
    made = customers(desk, postgres.where)
    assert made.ask("find", number="0047").status is Status.DONE
    postgres.freeze()
    try:
        begun = time.monotonic()
        assert made.ask("find", number="0047").status is Status.UNAVAILABLE
        assert made.ask("read", customer="1", value="7").status is Status.PENDING
        assert time.monotonic() - begun < 15
        # Our own clock has ended the connections; no thread is left waiting for them.
        until(lambda: not any(
            line.under_way for line in made.connectors._floor._lines.values()
        ), 30)  # fmt: skip
    finally:
        postgres.thaw()
    until(lambda: not made.outbox.waiting(), 90)
    assert postgres.run("select count(*) from readings") == [(1,)]


@pytest.fixture(scope="module")
def slapd_running():
    made = Slapd()
    yield made
    made.close()


def people(desk, slapd, where=None, secret=PASSWORD, user=BOX, authority="ca.pem"):
    return desk(
        [backend("ldap", where or slapd.secure, user=user, secret="word", authority=authority)],
        [
            connector(
                "find", Search(PEOPLE, "(&(objectClass=inetOrgPerson)(cn={name}))",
                               ("cn", "TelephoneNumber", "mail")),
                ["name"], fields={"name": "cn", "number": "TelephoneNumber", "mail": "mail"},
            ),
            connector("all", Search(PEOPLE, "(objectClass=inetOrgPerson)", ("uid", "cn", "telephoneNumber")), many=True),
            connector("none", Search("dc=nowhere", "(cn={name})", ("cn",)), ["name"]),
            connector("wrong", Search(PEOPLE, "((((", ("cn",))),
        ],
        secrets={"word": secret},
        files={"ca.pem": slapd.authority},
        script={"lists": {"people": Catalogue(
            "people", connector="all", spoken=("cn",), number="telephoneNumber", id="uid",
        )}},
    )  # fmt: skip


@pytest.mark.parametrize("secure", [True, False], ids=["ldaps", "starttls"])
def test_a_person_is_found_in_the_directory(slapd_running, desk, secure):
    """Finds a person by a name full of what a filter is made of, encrypted either way."""
    made = people(desk, slapd_running, slapd_running.secure if secure else slapd_running.where)
    found = made.ask("find", name="anna (ward 3) groß")
    assert found.value == {"name": "Anna (Ward 3) Groß", "number": "200", "mail": None}
    assert made.ask("find", name="Nobody").status is Status.NOTHING
    assert made.ask("none", name="x").status is Status.NOTHING
    assert made.ask("wrong").status is Status.REFUSED


@pytest.mark.parametrize("value", ["*", "*)(uid=*", "Bernd*", ")(|(cn=*", "\\2a", "a\r\nb", ""])
def test_a_value_never_becomes_part_of_a_filter(slapd_running, desk, value):
    """Finds nobody by what would find everybody."""
    assert people(desk, slapd_running).ask("find", name=value).status is Status.NOTHING


def test_a_list_comes_from_the_directory(slapd_running, desk):
    """Makes entries with names and numbers of what a search finds."""
    entries = people(desk, slapd_running).connectors.entries()["people"]
    assert [(each.id, each.name, each.fields["telephoneNumber"]) for each in entries] == [
        ("anna", "Anna (Ward 3) Groß", "200"), ("bernd", "Bernd Meyer", "202"),
    ]  # fmt: skip


def test_a_directory_that_cannot_be_trusted_gets_no_password(slapd_running, desk):
    """Says nothing to a server whose certificate another authority has signed."""
    made = people(desk, slapd_running, authority="")
    assert made.ask("find", name="Bernd Meyer").status is Status.UNAVAILABLE
    fine = people(desk, slapd_running)
    assert fine.ask("find", name="Bernd Meyer").value["mail"] == "bernd@clinic.example"


def test_a_wrong_password_of_a_directory_is_named(slapd_running, desk):
    """Says that the secret is refused."""
    made = people(desk, slapd_running, secret="wrong")
    assert made.ask("find", name="x").status is Status.UNAVAILABLE
    assert "site: it refuses the user or the secret" in made.connectors.problems()


def test_a_directory_that_freezes_or_dies_costs_no_more_than_the_patience(slapd_running, desk):
    """Tells a caller in time, and finds the server again when it is back."""
    made = people(desk, slapd_running)
    slapd_running.freeze()
    begun = time.monotonic()
    try:
        assert made.ask("find", name="Bernd Meyer").status is Status.UNAVAILABLE
    finally:
        slapd_running.thaw()
    slapd_running.kill()
    assert made.ask("find", name="Bernd Meyer").status is Status.UNAVAILABLE
    assert time.monotonic() - begun < 20
    slapd_running.start()
    until(lambda: made.ask("find", name="Bernd Meyer").status is Status.DONE)


def test_nothing_is_left_running():
    """Leaves no thread behind that waits for a system."""
    names = [thread.name for thread in threading.enumerate() if thread.name.startswith("delivery")]
    assert len(names) <= 2
