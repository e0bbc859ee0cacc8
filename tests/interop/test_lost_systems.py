"""The site's systems die in the middle of real calls: no silence, and no request is lost.

A softphone calls the box and presses keys; what it hears is recorded. The systems are a ticket
server over HTTP, PostgreSQL and a language model's server, each a process or a server of its own.
"""

import contextlib
import http.server
import json
import math
import os
import signal
import socket
import socketserver
import sqlite3
import threading
import time

import pytest

from appliance.records import Store
from tests.interop.backends import PASSWORD, Postgres
from tests.interop.conftest import Box, Process
from tests.interop.model_server import ModelServer
from tests.interop.peers import Baresip
from tests.interop.test_baresip import question, write_wav

pytestmark = pytest.mark.interop

LONGEST_SILENCE = 1.5
"""Seconds without a sound that a caller hears at most while something is looked up."""
QUIET = -48.0
"""dBFS below which 20 ms are the noise of the line."""

DIALOGUE = """
language: en
site: Northshore Power
timezone: Europe/Berlin
greeting: Welcome to {site}. How can I help you?
person: operator
farewell: goodbye
hours: {monday: 08:00-18:00}
destinations:
  operator: {name: the operator, number: 200, listed: no}
slots: {number: digits 4}
emergency:
  destination: operator
  phrases: [gas leak]
  say: I am putting you through to help right now.
  failed: Nobody has answered yet. I am trying again.
keypad:
  hint: Press one to report an outage or two for your balance.
  keys: {1: report, 2: balance, 3: meter, 0: operator}
model: {triage: yes}
"""
CONNECTORS = """
backends:
  tickets: {http: "http://127.0.0.1:HTTP"}
  customers: {sql: "postgresql://127.0.0.1:SQL/postgres", user: attendant, secret: db}
connectors:
  new_ticket: {backend: tickets, post: /tickets, body: {text: "{text}"}, write: yes, timeout: 4}
  balance_of:
    backend: customers
    sql: select balance from customers where number = :number
    timeout: 3
    attempts: 2
"""
PROCESSES = {
    "report": """
title: an outage
if_caller_leaves: complete
steps:
  - call: new_ticket
    with: {text: no power}
    pending: [{say: Your report is kept and will be delivered.}, {end: resolved}]
    failed: [{say: Nothing could be kept.}, {end: failed}]
  - say: Your report has arrived.
""",
    "balance": """
title: your balance
steps:
  - call: balance_of
    with: {number: "4711"}
    as: found
    failed: [{say: The customer files cannot be read at the moment.}, {end: failed}]
  - say: Your balance is {found.balance}.
""",
    "meter": """
steps:
  - ask: number
    prompt: What is your customer number?
  - call: balance_of
    with: {number: "{number}"}
    as: found
    failed: [{end: failed}]
  - say: Your balance is {found.balance}.
""",
    "operator": "steps: [{transfer: operator, say: I am putting you through.}]\n",
    "goodbye": "steps: [{say: Goodbye.}, {end: hang-up}]\n",
}
INTENTS = {
    "report": ["i want to report an outage", "the power is out", "we have no electricity"],
    "balance": ["what is my balance", "how much do i owe you"],
    "meter": ["something about my meter", "my meter"],
    "operator": ["operator", "a person please", "let me speak to somebody"],
    "goodbye": ["goodbye", "bye", "that is all"],
}


def dialogue(folder, tickets, database):
    """Write the dialogue of these tests, with the ports of its systems."""
    files = {
        "dialogue.yaml": DIALOGUE,
        "connectors.yaml": CONNECTORS.replace("HTTP", str(tickets)).replace("SQL", str(database)),
        **{f"processes/{name}.yaml": text for name, text in PROCESSES.items()},
        **{
            f"intents/{name}.yaml": f"title: your {name}\nconfirm: Is it about {name}?\nexamples: {json.dumps(examples)}\n"
            for name, examples in INTENTS.items()
        },
    }
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return folder


class Tickets:
    """A ticket server that can stall, die with its connections, and come back on its port."""

    def __init__(self):
        self.kept = {}
        """Idempotency key to body, of what was taken."""
        self.asked = threading.Event()
        self.stalls = False
        self.port = 0
        self.start()

    def start(self):
        tickets = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                tickets.asked.set()
                if tickets.stalls:
                    tickets.open.append(self.connection)
                    tickets.died.wait(60)
                    return
                tickets.kept.setdefault(self.headers["Idempotency-Key"], body)
                answer = b'{"id": 1}'
                self.send_response(201)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_):
                pass

        self.open, self.died = [], threading.Event()
        self.server = Server(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def die(self):
        """End as a killed process does."""
        self.server.shutdown()
        self.server.server_close()
        for connection in self.open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.died.set()
        self.thread.join(5)


class Scene:
    """A box with systems, and a softphone that records."""

    def __init__(self, folder, speech, *, sections=None, database=1):
        self.folder = folder
        self.tickets = Tickets()
        self.box = Box(
            folder / "box", speech_socket=speech, exchange=False, registrar_port=9,
            dialogue=dialogue(folder / "dialogue", self.tickets.port, database),
            sections={"dialogue.secrets": {"db": PASSWORD}, **(sections or {})},
        )  # fmt: skip
        self.phone = None
        self.began = 0.0

    @property
    def events(self):
        return self.box.call

    def call(self, spoken=None):
        """Ring the box; return when it has greeted."""
        spoken = spoken or write_wav(self.folder / "silence.wav", bytes(16_000 * 90))
        account = "<sip:301@127.0.0.1>;regint=0;audio_codecs=PCMA,PCMU"
        self.phone = Baresip(self.folder / "phone", account, spoken)
        self.phone.tell("dial", f"sip:100@{self.box.address}")
        self.phone.await_event("CALL_ESTABLISHED")
        self.began = time.monotonic()
        self.await_("greeting")
        return self

    def press(self, digit):
        """Press a key; return when it was heard."""
        since = len(self.events.events)
        self.phone.tell("sndcode", digit)
        self.await_("key", since=since)
        return time.monotonic()

    def await_(self, event, text="", since=0, seconds=40):
        """Wait until the box has shown an event with these words."""

        def right(shown):
            return shown["event"] == event and text in str(shown.get("text", ""))

        found = self.events.await_event(right, seconds, since)
        return found, time.monotonic()

    def hang_up(self):
        since = len(self.events.events)
        self.phone.tell("hangup")
        self.await_("ended", since=since)

    def longest_silence(self, first, last):
        """Seconds of the longest silence heard between two moments."""
        samples = self.phone.heard()
        longest = quiet = 0
        for at in range(int((first - self.began) * 50), int((last - self.began) * 50)):
            frame = samples[at * 160 : at * 160 + 160]
            level = math.sqrt(sum(float(x) * float(x) for x in frame) / max(1, len(frame)))
            silent = 20 * math.log10(max(level, 1e-9)) < QUIET
            quiet = quiet + 1 if silent else 0
            longest = max(longest, quiet)
        return longest / 50

    def close(self):
        if self.phone is not None:
            self.phone.stop()
        self.box.stop()
        with contextlib.suppress(OSError):
            self.tickets.die()


@pytest.fixture
def scene(box, tmp_path):
    """Make one scene with the speech of the common box."""
    made = []

    def make(**options):
        made.append(Scene(tmp_path, box.socket, **options))
        ready = lambda e: e["event"] == "speech" and e.get("state") == "ready"  # noqa: E731
        made[0].box.call.await_event(ready, 60)
        return made[0]

    yield make
    for one in made:
        one.close()


def until(true, seconds=40):
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


def test_a_ticket_server_that_dies_mid_call_loses_no_ticket(scene):
    """Says that the report is kept, without dead air, and delivers it once the server is back."""
    held = scene()
    held.tickets.stalls = True
    held.call()
    pressed = held.press("1")
    assert held.tickets.asked.wait(10)
    time.sleep(1.5)
    held.tickets.die()
    _, said = held.await_("said", "Your report is kept")
    time.sleep(2.0)
    held.hang_up()
    assert held.longest_silence(pressed, said + 0.3) < LONGEST_SILENCE
    assert not held.tickets.kept
    held.tickets.stalls = False
    held.tickets.start()
    until(lambda: held.tickets.kept, 90)
    time.sleep(1.0)
    assert [json.loads(body) for body in held.tickets.kept.values()] == [{"text": "no power"}]


def test_a_caller_who_leaves_a_stalled_ticket_server_loses_nothing(scene):
    """Completes the request without the caller: the ticket arrives once, the record says so."""
    held = scene()
    held.tickets.stalls = True
    held.call()
    held.press("1")
    assert held.tickets.asked.wait(10)
    held.hang_up()
    held.tickets.die()
    held.tickets.stalls = False
    held.tickets.start()
    until(lambda: held.tickets.kept, 90)
    records = held.box.folder / "records.sqlite"

    def documented():
        with contextlib.closing(sqlite3.connect(records)) as base:
            return base.execute("SELECT process, resolution FROM calls").fetchall()

    until(lambda: documented() == [("report", "resolved")])
    assert not list((held.box.folder / "journal").iterdir())


def test_a_database_that_dies_mid_call_is_told_and_comes_back(scene):
    """Says so without dead air, and answers from it in the same call when it is back."""
    database = Postgres()
    try:
        database.run(
            "create table customers (number text primary key, balance text)",
            "insert into customers values ('4711', 'twelve euros')",
        )
        held = scene(database=database.port)
        held.call()
        held.press("2")
        held.await_("said", "Your balance is twelve euros")
        for stop, start in ((database.freeze, database.thaw), (database.kill, database.start)):
            time.sleep(4.0)
            stop()
            since = len(held.events.events)
            pressed = held.press("2")
            _, said = held.await_("said", "cannot be read", since)
            assert held.longest_silence(pressed, said + 0.3) < LONGEST_SILENCE
            start()
        since = len(held.events.events)
        until(lambda: answered(held, since), 60)
        held.hang_up()
    finally:
        database.close()


def answered(held, since):
    """Ask once more; whether the database answers again (its circuit breaker waits a while)."""
    time.sleep(4.0)
    held.press("2")
    time.sleep(4.0)
    return any("twelve euros" in str(event.get("text")) for event in held.events.events[since:])


def test_a_language_model_that_dies_mid_call_leads_on(scene, tmp_path):
    """Answers by the built-in understanding, without dead air, when the model's server is killed."""
    with ModelServer([{"fault": "stall-first"}]) as model:
        held = scene(sections={"model": {"url": model.url}})
        held.call(question(tmp_path, "Could you perhaps tell me about the weather?", 8.0))
        heard, at = held.await_("heard")
        thinking, _ = held.await_("thinking")
        model.stop()
        said, last = held.await_("said", since=held.events.events.index(heard))
        held.hang_up()
        assert last - at < 4.0
        assert held.longest_silence(at, last + 0.3) < LONGEST_SILENCE
        assert said["text"]
        assert thinking


def test_a_box_that_is_killed_mid_call_keeps_what_the_caller_wanted(scene):
    """After SIGKILL and a restart the message of what was wanted is there, and the call's record."""
    held = scene()
    held.call()
    held.press("3")
    held.await_("said", "customer number")
    time.sleep(0.5)
    os.kill(held.box.call.process.pid, signal.SIGKILL)
    held.box.call.stop()
    words = ("--settings", str(held.box.settings))
    held.box.call = Process(held.box.folder, "call", *words, "--show")
    held.box.call.await_event(lambda e: e["event"] == "listening", 30)
    held.box.call.stop()
    store = Store(held.box.folder / "records.sqlite")
    try:
        (note,) = store.messages()
        assert note.kind == "interrupted"
        assert dict(note.fields) == {"about": "your meter", "caller": "301"}
    finally:
        store.close()
