"""`call.connectors.asking`: what a conversation hears of the site's systems, and when."""

import logging
import threading

import pytest

from appliance.call.connectors import asking, backoff
from appliance.dialogue import ATTEMPT, LOCK, Invoke, Status
from appliance.dialogue.script import Authentication, Catalogue
from tests.call.connectors.support import (
    Desk,
    Pending,
    Server,
    Statement,
    backend,
    connector,
    database,
    http,
    until,
)


@pytest.fixture
def server():
    made = Server()
    yield made
    made.close()


@pytest.fixture
def desk(tmp_path):
    made = []

    def make(*rest, **more):
        made.append(Desk(tmp_path, *rest, **more))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def crm(server, desk):
    """A customer desk with one read and one write."""
    return desk(
        [backend("http", server.url)],
        [
            connector("find", http(path="/c/{number}"), ["number"], fields={"name": "full_name"}),
            connector(
                "ticket", http("POST", "/t", body={"text": "{text}", "pin": "{pin}"}),
                ["text", "pin"], write=True, attempts=1, private=frozenset({"pin"}),
            ),
        ],
    )  # fmt: skip


def test_a_read_is_answered_with_the_fields_that_were_declared(server, crm):
    """Tells the row by the names of the dialogue, with the id of the question."""
    server.usual = (200, {"full_name": "Anna Meyer", "iban": "DE00"})
    result = crm.ask("find", number="4455")
    assert (result.id, result.status, result.value) == ("1", Status.DONE, {"name": "Anna Meyer"})


def test_results_come_on_another_thread(server, crm):
    """Never calls back on the thread that asks, which paces audio."""
    waits = crm.start("find", number="4455")
    waits.result()
    assert waits.thread != threading.current_thread().name
    unknown = crm.start("nobody")
    assert unknown.result().status is Status.REFUSED
    assert unknown.thread != threading.current_thread().name


def test_a_read_is_tried_again_while_the_caller_waits(server, crm):
    """Asks a second time after a failure that passes."""
    server.answers = [(503, {})]
    server.usual = (200, {"full_name": "Anna"})
    assert crm.ask("find", number="1").value == {"name": "Anna"}
    assert len(server.requests) == 2


def test_a_caller_hears_in_time_whatever_hangs(server, desk):
    """Tells UNAVAILABLE when the patience ends, and PENDING for a write, though nothing answers."""
    made = desk(
        [backend("http", server.url)],
        [
            connector("find", http(), timeout=0.3, attempts=1),
            connector("ticket", http("POST"), write=True, timeout=0.3, attempts=1),
        ],
    )
    server.usual = server.stall
    read, write = made.start("find"), made.start("ticket")
    assert read.result().status is Status.UNAVAILABLE
    assert write.result().status is Status.PENDING
    assert len(made.outbox.waiting()) == 1


def test_the_deadline_holds_where_the_worker_is_stuck(server, desk, monkeypatch):
    """Tells in time even where a library does not come back."""
    stuck = threading.Event()
    monkeypatch.setattr("appliance.call.connectors.web.Web.ask", lambda *_: stuck.wait(30))
    made = desk(
        [backend("http", server.url)],
        [
            connector("find", http(), timeout=0.2, attempts=1),
            connector("ticket", http("POST"), write=True, timeout=1.5, attempts=1),
        ],
    )
    read, write = made.start("find"), made.start("ticket")
    try:
        assert read.result().status is Status.UNAVAILABLE
        assert write.result().status is Status.PENDING
    finally:
        stuck.set()


def test_everybody_is_told_once(server, crm):
    """Calls back once, however often a write is tried afterwards."""
    server.answers = [(500, {})]
    waits = crm.start("ticket", text="a", pin="1")
    assert waits.result().status is Status.PENDING
    assert len(waits.results) == 1


def test_a_write_that_succeeds_leaves_nothing_behind(server, crm):
    """Deletes what was delivered, and tells the system's answer."""
    server.usual = (201, {"number": 7})
    result = crm.ask("ticket", text="it leaks", pin="4711")
    assert (result.status, result.value) == (Status.DONE, {"number": 7})
    assert crm.outbox.waiting() == []
    for file in crm.folder.glob("outbox*"):
        assert b"it leaks" not in file.read_bytes()


def test_a_write_is_on_disk_before_it_is_sent(server, crm):
    """Has the letter in the outbox at the moment that the system hears of it."""
    seen = []

    def look(handler):
        seen.extend(crm.outbox.waiting())
        handler.send_response(204)
        handler.end_headers()

    server.answers = [look]
    assert crm.ask("ticket", text="a", pin="1").status is Status.DONE
    (letter,) = seen
    assert letter.connector == "ticket"
    assert '"a"' in letter.arguments


def test_a_write_to_a_system_that_is_down_is_delivered_later(server, crm, monkeypatch):
    """Tells PENDING, and delivers with the same key as soon as the system is back."""
    monkeypatch.setattr(backoff, "_FIRST", 0.05)
    server.answers = [(503, {}), server.drop]
    result = crm.ask("ticket", text="a", pin="1")
    assert result.status is Status.PENDING
    until(lambda: not crm.outbox.waiting())
    assert len(server.requests) == 3
    assert len(set(server.keys())) == 1
    assert server.keys()[0]


def test_a_write_that_is_refused_is_told_and_kept(server, crm):
    """Tells REFUSED, tries no more, and `problems` names connector and cause."""
    server.answers = [(422, {"error": "a"})]
    assert crm.ask("ticket", text="a", pin="1").status is Status.REFUSED
    assert crm.outbox.waiting() == []
    assert crm.connectors.problems() == ("ticket: 1 not delivered to site: answered 422",)
    assert len(server.requests) == 1


def test_writes_of_one_call_arrive_in_their_order(server, crm, monkeypatch):
    """Holds the second write of a call back while the first one waits."""
    monkeypatch.setattr(backoff, "_FIRST", 0.2)
    server.answers = [(500, {})]
    assert crm.ask("ticket", text="first", pin="1").status is Status.PENDING
    assert crm.ask("ticket", text="second", pin="1").status is Status.PENDING
    assert crm.ask("ticket", call="other", text="third", pin="1").status is Status.DONE
    until(lambda: not crm.outbox.waiting())
    texts = [request.body["text"] for request in server.requests]
    assert texts == ["first", "third", "first", "second"]


def test_the_same_write_twice_is_one(server, crm):
    """Sends one request with one key where a conversation repeats an Invoke."""
    server.answers = [server.stall]
    first = crm.start("ticket", key="k", text="a", pin="1")
    until(lambda: server.requests)
    assert crm.ask("ticket", key="k", text="a", pin="1").status is Status.PENDING
    server.released.set()
    first.result()
    assert len(server.requests) == 1


def test_different_calls_and_connectors_have_different_keys(server, crm):
    """Makes the idempotency key of call, step and connector."""
    crm.ask("ticket", call="a", key="k", text="1", pin="1")
    crm.ask("ticket", call="b", key="k", text="1", pin="1")
    crm.ask("ticket", call="a", key="l", text="1", pin="1")
    assert len(set(server.keys())) == 3


def test_nothing_of_a_caller_stands_in_the_log(server, crm, caplog):
    """Logs names of connectors and causes only, whatever level is asked for."""
    caplog.set_level(logging.DEBUG)
    server.answers = [(500, {"text": "Anna"}), (418, {}), server.half, server.drop]
    crm.ask("ticket", text="Anna", pin="4711")
    crm.ask("ticket", call="o", text="Anna", pin="4711")
    crm.ask("find", number="03012345")
    assert "ticket" in caplog.text
    for private in ("Anna", "4711", "03012345"):
        assert private not in caplog.text


def test_a_defect_is_told_at_once_and_logged_without_words(server, crm, caplog, monkeypatch):
    """Answers though the code fails, and keeps the fault's words, which may quote, out of the log."""

    def fail(*_):
        raise KeyError("Anna Meyer")

    monkeypatch.setattr("appliance.call.connectors.web.Web.ask", fail)
    assert crm.ask("find", number="1").reason == "a fault of the box"
    assert crm.ask("ticket", text="a", pin="1").status is Status.PENDING
    assert "KeyError" in caplog.text
    assert "Anna" not in caplog.text


def test_a_hung_system_leaves_the_others_their_share(server, desk, tmp_path):
    """Answers from one system while another one holds all the threads it may have."""
    file = database(tmp_path / "c.sqlite", ["create table c (n)", "insert into c values (1)"])
    made = desk(
        [backend("http", server.url, most=32), backend("sql", f"sqlite:///{file.name}", "db")],
        [connector("slow", http()), connector("fast", Statement("select n from c"), backend="db")],
    )
    server.usual = server.stall
    hung = [made.start("slow") for _ in range(6)]
    assert made.ask("fast").value == {"n": 1}
    assert not any(each.came for each in hung)
    assert len(server.requests) <= 3
    server.released.set()


def test_problems_name_what_is_missing(server, desk):
    """Says in words which secret, file and database are missing, and which secret is exposed."""
    made = desk(
        [
            backend("http", "https://crm.invalid", "crm", secret="token", authority="ca.pem"),
            backend("sql", "sqlite:///none.sqlite", "db"),
            backend("csv", "lists/none.csv", "people"),
            backend("http", "http://192.0.2.1", "open", secret="known"),
        ],
        [connector("find", http(), backend="crm")],
        secrets={"known": "s"},
    )
    told = "\n".join(made.connectors.problems())
    for words in ("the secret token is missing", "ca.pem", "none.sqlite", "lists/none.csv",
                  "open: its secret crosses the network in clear"):  # fmt: skip
        assert words in told
    assert made.ask("find").status is Status.UNAVAILABLE


def test_a_briefing_is_posted_as_it_is(server, desk):
    """Posts names and values as JSON, and looks for no parameter in them."""
    made = desk([], [], briefing_url=server.url + "/hook?k=1")
    made.connectors.brief({"Caller": "Anna {key}", "Verified": "yes"}, "call-1/2")
    until(lambda: not made.outbox.waiting() and server.requests)
    (request,) = server.requests
    assert (request.method, request.raw) == ("POST", "/hook?k=1")
    assert request.body == {"Caller": "Anna {key}", "Verified": "yes"}


def test_a_briefing_that_nobody_takes_is_not_kept(server, desk):
    """Leaves no dead letter of a briefing behind: it names who called."""
    server.usual = (400, {})
    made = desk([], [], briefing_url=server.url)
    made.connectors.brief({"Caller": "Anna"}, "1")
    until(lambda: server.requests and not made.outbox.waiting())
    assert made.outbox.dead() == []


def test_no_briefing_without_a_webhook(desk):
    """Does nothing where the settings name no webhook."""
    made = desk([], [])
    made.connectors.brief({"Caller": "Anna"}, "1")
    assert made.outbox.waiting() == []


def test_lists_come_from_systems(desk, tmp_path):
    """Makes entries of the rows of a connector, and leaves out what cannot be asked."""
    file = database(
        tmp_path / "c.sqlite",
        ["create table p (id, name, tel)", "insert into p values (7, 'Anna Meyer', '200')",
         "insert into p values (8, 'Dr. Groß', '201')"],
    )  # fmt: skip
    made = desk(
        [backend("sql", f"sqlite:///{file.name}")],
        [
            connector("people", Statement("select id, name, tel from p order by id")),
            connector("none", Statement("select id from nowhere")),
        ],
        script={
            "lists": {
                "people": Catalogue("people", connector="people", number="tel"),
                "none": Catalogue("none", connector="none"),
                "own": Catalogue("own"),
            }
        },
    )
    found = made.connectors.entries()
    assert list(found) == ["people"]
    anna, gross = found["people"]
    assert (anna.id, anna.name, anna.phrases) == ("7", "Anna Meyer", ("anna meyer",))
    assert gross.fields["tel"] == "201"


def test_attempts_are_counted(desk):
    """Answers the engine's built-in questions, and locks out after so many failures."""
    made = desk([], [], script={"authentication": Authentication(lock=60)})
    attempt = {"identity": "4455", "passed": False, "tries": 2, "lock": 60}
    assert made.ask(LOCK, identity="4455").value == {"locked": False}
    assert made.ask(ATTEMPT, **attempt).value == {"locked": False}
    assert made.ask(ATTEMPT, **attempt).value == {"locked": True}
    assert made.ask(LOCK, identity="4455").value == {"locked": True}
    assert made.ask(LOCK, identity="4456").value == {"locked": False}


def test_a_published_dialogue_takes_over_what_waits(server, tmp_path, monkeypatch):
    """Delivers a queued write as it was defined, after another dialogue has been published."""
    monkeypatch.setattr(backoff, "_FIRST", 0.3)
    first = Desk(
        tmp_path, [backend("http", server.url)],
        [connector("ticket", http("POST", "/old"), write=True, attempts=1)],
    )  # fmt: skip
    server.answers = [server.drop]
    assert first.ask("ticket").status is Status.PENDING
    second = asking.Connectors(
        first.script.__class__(
            **{
                name: getattr(first.script, name)
                for name in first.script.__slots__
                if name not in {"backends", "connectors"}
            }
        ),
        tmp_path, {}, first.outbox,
    )  # fmt: skip
    first.connectors.close()
    until(lambda: not first.outbox.waiting())
    assert [request.path for request in server.requests] == ["/old", "/old"]
    second.close()
    first.outbox.close()


def test_an_outbox_that_cannot_be_written_costs_no_call(server, crm):
    """Writes directly where the disk refuses, and says UNAVAILABLE where that fails too."""
    crm.outbox.close()
    assert crm.ask("ticket", text="a", pin="1").status is Status.DONE
    server.usual = (503, {})
    assert crm.ask("ticket", text="a", pin="1").status is Status.UNAVAILABLE


def test_closing_tells_nobody_and_ends(server, crm):
    """Ends while a request hangs."""
    server.usual = server.stall
    waits = Pending()
    crm.connectors.submit(Invoke("1", "find", (("number", "1"),)), "c", waits.done)
    until(lambda: server.requests)
    crm.connectors.close()
    assert not waits.came
    server.released.set()
