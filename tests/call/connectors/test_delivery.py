"""`call.connectors.delivery`: what was asked for arrives, whatever is cut off when."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from appliance.call.connectors import backoff, delivery, stored
from appliance.call.connectors.answers import Answer, unavailable
from appliance.call.connectors.deadlines import Deadlines
from appliance.call.connectors.delivery import Delivery
from appliance.call.connectors.systems import Systems
from appliance.dialogue import Status
from appliance.records.outbox import Letter, Outbox
from tests.call.connectors.support import Server, backend, connector, http, until

ROOT = Path(__file__).resolve().parents[3]


class Post:
    """An outbox, its delivery, and letters to put into it."""

    def __init__(self, folder, *, path="outbox.sqlite"):
        self.outbox = Outbox(folder / path)
        self.deadlines = Deadlines()
        self.systems = Systems(folder, {}, {}, folder, self.deadlines)
        self.delivery = None

    def begin(self):
        self.delivery = Delivery(self.outbox, self.systems)

    def put(self, key, url, call="c", name="site", request=None, **more):
        body = http("POST", "/w", body={"key": "{key}", "text": "{text}"})
        made = connector("ticket", request or body, ("text",), name, write=True, attempts=1)
        definition = stored.Definition(backend("http", url, name), made)
        self.outbox.put(
            Letter(
                key,
                call,
                name,
                "ticket",
                stored.dump(definition),
                json.dumps({"text": key}),
                **more,
            )
        ).result()

    def close(self):
        if self.delivery:
            self.delivery.close()
        self.systems.close()
        self.deadlines.close()
        self.outbox.close()


@pytest.fixture
def post(tmp_path, monkeypatch):
    monkeypatch.setattr(backoff, "_FIRST", 0.05)
    made = Post(tmp_path)
    yield made
    made.close()


@pytest.fixture
def server():
    made = Server()
    yield made
    made.close()


def texts(server):
    return [request.body["text"] for request in server.requests]


def test_what_waits_is_delivered_in_order(post, server):
    """Delivers everything that waited while the box was off, in its order."""
    for key in ("b", "a", "c"):
        post.put(key, server.url)
    post.begin()
    until(lambda: not post.outbox.waiting())
    assert texts(server) == ["b", "a", "c"]
    assert server.keys() == ["b", "a", "c"]


def test_a_system_that_is_down_gets_nothing_out_of_order(post, server):
    """Tries the first letter again until the system is back, then the others after it."""
    server.answers = [server.drop, (503, {}), (429, {})]
    for key in ("a", "b", "c"):
        post.put(key, server.url, call=key)
    post.begin()
    until(lambda: not post.outbox.waiting())
    assert texts(server) == ["a", "a", "a", "a", "b", "c"]


def test_one_letter_that_fails_does_not_hold_up_other_calls(post, server):
    """Passes a letter that the system chokes on, but nothing that the same call wrote after it."""

    def choke(handler):
        choking = server.requests[-1].body["text"] == "a1" and len(server.requests) < 8
        handler.send_response(500 if choking else 204)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    server.usual = choke
    for key, call in (("a1", "a"), ("a2", "a"), ("b1", "b")):
        post.put(key, server.url, call=call)
    post.begin()
    until(lambda: not post.outbox.waiting())
    assert texts(server)[:2] == ["a1", "b1"]
    assert texts(server)[-2:] == ["a1", "a2"]
    assert set(texts(server)[2:-1]) == {"a1"}


def test_a_system_that_is_down_holds_up_no_other(post, server):
    """Delivers to one system while another one is down."""
    gone = Server()
    gone.close()
    post.put("a", gone.url, name="gone")
    post.put("b", server.url)
    post.begin()
    until(lambda: len(post.outbox.waiting()) == 1)
    assert texts(server) == ["b"]


def test_what_is_refused_is_buried(post, server, caplog):
    """Tries a refused letter no more, keeps it for a person, and goes on with the next."""
    server.answers = [(422, {}), (404, {})]
    for key in ("a", "b", "c"):
        post.put(key, server.url)
    post.begin()
    until(lambda: not post.outbox.waiting())
    assert [(each.key, each.reason) for each in post.outbox.dead()] == [
        ("a", "answered 422"), ("b", "answered 404"),
    ]  # fmt: skip
    assert "kept as undelivered" in caplog.text


def test_what_has_waited_too_long_is_given_up(post, server, monkeypatch):
    """Gives up a letter whose time is over, and keeps it, with the reason of its last failure."""
    monkeypatch.setattr(delivery, "_LOOK", 0.02)
    server.usual = (503, {})
    post.put("a", server.url, lasts=0.1)
    post.put("b", server.url, lasts=0.1, kept=False)
    post.begin()
    until(lambda: not post.outbox.waiting())
    assert [(each.key, each.reason) for each in post.outbox.dead()] == [
        ("a", "given up: answered 503")
    ]


def test_a_pause_that_a_system_asks_for_is_kept(post, server):
    """Leaves a system alone as long as it says."""
    server.usual = (503, {}, {"Retry-After": "3000"})
    post.put("a", server.url)
    post.begin()
    until(lambda: post.delivery._due)
    assert min(post.delivery._due.values()) - delivery.time.monotonic() > 2000


def test_what_callers_write_meanwhile_puts_nothing_off(post, server, monkeypatch):
    """Keeps the time of the next attempt while callers go on writing to a system that is down."""
    monkeypatch.setattr(backoff, "_FIRST", 100.0)
    post.put("a", server.url)
    post.delivery = Delivery(post.outbox, post.systems, first=3600)
    (letter,) = post.outbox.waiting()
    down = unavailable("cannot be reached")
    post.delivery.settle(letter, down)
    due = dict(post.delivery._due)
    for _ in range(20):
        post.delivery.settle(letter, down)
    assert post.delivery._due == due
    post.delivery.settle(letter, unavailable("answered 503", after=900.0))
    assert post.delivery._due != due


def test_what_cannot_be_read_any_more_is_kept(post, server):
    """Buries a letter whose definition is none, and delivers the others."""
    post.outbox.put(Letter("x", "c", "site", "ticket", "{}", "{}")).result()
    post.put("a", server.url, call="d")
    post.begin()
    until(lambda: not post.outbox.waiting())
    assert [each.key for each in post.outbox.dead()] == ["x"]
    assert texts(server) == ["a"]


def test_a_defect_ends_an_attempt_and_not_the_delivery(post, server, caplog, monkeypatch):
    """Goes on after a fault of our own code, with the others and later with the same."""
    faults = ["An" + "na"]
    real = delivery.Systems.gate

    class Faulty:
        def ask(self, *_, **__):
            raise KeyError(faults.pop())

    monkeypatch.setattr(
        delivery.Systems, "gate", lambda self, one: Faulty() if faults else real(self, one)
    )
    post.put("a", server.url)
    post.begin()
    until(lambda: not post.outbox.waiting())
    assert texts(server) == ["a"]
    assert "KeyError" in caplog.text


def test_two_deliverers_deliver_once(post, server):
    """Lets one deliver at a time where two dialogues overlap, and the other one take over."""
    post.begin()
    other = Delivery(post.outbox, post.systems)
    for key in "abcdef":
        post.put(key, server.url)
    post.delivery.nudge()
    other.nudge()
    until(lambda: not post.outbox.waiting())
    assert texts(server) == list("abcdef")
    post.delivery.close()
    post.put("g", server.url)
    other.nudge()  # it may have looked between the two lines above
    until(lambda: not post.outbox.waiting())
    other.close()


def test_what_somebody_tries_just_now_is_left_to_them(post, server):
    """Keeps its hands off a letter that a caller waits for."""
    post.put("a", server.url)
    assert post.outbox.claim("a")
    post.put("b", server.url, call="d")
    post.begin()
    until(lambda: len(post.outbox.waiting()) == 1)
    assert texts(server) == ["b"]
    (letter,) = post.outbox.waiting()
    post.delivery.settle(letter, Answer(Status.DONE))
    assert post.outbox.waiting() == []
    assert texts(server) == ["b"]


CHILD = """
    import sys, threading
    from pathlib import Path
    from tests.call.connectors.support import Desk, backend, connector, http

    folder, url = Path(sys.argv[1]), sys.argv[2]
    desk = Desk(
        folder, [backend("http", url)],
        [connector("ticket", http("POST", "/w", body={"text": "{text}"}), ["text"], write=True)],
    )
    print("ready", flush=True)
    for line in sys.stdin:
        result = desk.ask("ticket", key=line.strip(), text=line.strip())
        print(result.status.value, flush=True)
    desk.close()
"""


class Ledger:
    """A system that counts each key once, as one that honours idempotency keys does."""

    def __init__(self):
        self.server = Server()
        self.server.usual = self.count
        self.booked = {}
        self.kill = None
        """What happens after it has booked, before it answers."""

    def count(self, handler):
        request = self.server.requests[-1]
        self.booked.setdefault(request.headers["Idempotency-Key"], request.body["text"])
        if self.kill is not None:
            kill, self.kill = self.kill, None
            kill()
        handler.send_response(204)
        handler.end_headers()


@pytest.mark.parametrize("moment", ["booked", "answered"])
def test_a_power_cut_loses_nothing_and_doubles_nothing(tmp_path, moment):
    """Delivers what was asked for once as the system counts, though the box dies on the way.

    The real process is killed between sending and hearing the answer, or after hearing it and
    before it is on the disk; the next one delivers with the same key.
    """
    ledger = Ledger()

    def start():
        return subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(CHILD), str(tmp_path), ledger.server.url],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    child = start()
    assert child.stdout.readline() == "ready\n"
    if moment == "booked":
        ledger.kill = lambda: os.kill(child.pid, signal.SIGKILL)
    else:
        # Its disk takes no more writes from the moment that the system has booked: it hears the
        # answer and cannot say so.
        blocker = sqlite3.connect(
            tmp_path / "outbox.sqlite", isolation_level=None, check_same_thread=False
        )
        ledger.kill = lambda: blocker.execute("BEGIN IMMEDIATE")
    child.stdin.write("a leak\n")
    child.stdin.flush()
    until(lambda: ledger.booked and ledger.kill is None)
    if moment == "answered":
        until(lambda: len(ledger.server.requests) == 1)
        os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdin.close()
    child.stdout.close()
    if moment == "answered":
        blocker.execute("ROLLBACK")
        blocker.close()

    left = Outbox(tmp_path / "outbox.sqlite")
    assert [json.loads(each.arguments) for each in left.waiting()] == [{"text": "a leak"}]
    left.close()

    again = start()
    assert again.stdout.readline() == "ready\n"
    until(lambda: len(ledger.server.requests) == 2)
    again.communicate("", timeout=60)
    left = Outbox(tmp_path / "outbox.sqlite")
    assert left.waiting() == left.dead() == []
    left.close()
    assert list(ledger.booked.values()) == ["a leak"]
    assert len(set(ledger.server.keys())) == 1
    ledger.server.close()
