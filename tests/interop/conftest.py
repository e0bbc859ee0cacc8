"""A box for strangers to call: real `speech` and `call` processes, and the exchange as its PBX."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ACCOUNTS = {str(n): f"word{n}" for n in (100, *range(200, 210), 300, 301, 302)}


def toml(sections):
    """Write flat tables as TOML."""
    lines = []
    for name, values in sections.items():
        lines.append(f"[{name}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


class Process:
    """One of our processes; its JSON lines are kept as events."""

    def __init__(self, folder, *words):
        self.folder = Path(folder)
        self.name = words[0]
        self.events = []
        self.lines = []
        self.changed = threading.Condition()
        self.log = (self.folder / f"{self.name}.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "appliance", *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=self.log,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for raw in self.process.stdout:
            line = raw.decode("utf-8", errors="replace").rstrip()
            with self.changed:
                self.lines.append(line)
                if line.startswith("{"):
                    self.events.append(json.loads(line))
                self.changed.notify_all()

    def await_event(self, matches, seconds=30, since=0):
        """Return the first event from `since` on for which `matches` holds."""
        until = time.monotonic() + seconds
        with self.changed:
            while True:
                for event in self.events[since:]:
                    if matches(event):
                        return event
                left = until - time.monotonic()
                if left <= 0 or self.process.poll() is not None:
                    told = "\n".join(map(str, self.events[since:][-40:]))
                    raise AssertionError(
                        f"{self.name} did not report it; it reported\n{told}\n{self.said()}"
                    )
                self.changed.wait(min(left, 0.5))

    def await_line(self, start, seconds=30):
        """Return the first line that begins with `start`."""
        until = time.monotonic() + seconds
        with self.changed:
            while True:
                for line in self.lines:
                    if line.startswith(start):
                        return line
                if time.monotonic() > until or self.process.poll() is not None:
                    raise AssertionError(f"{self.name} printed {self.lines}\n{self.said()}")
                self.changed.wait(0.2)

    def said(self):
        """What it wrote to stderr."""
        return (self.folder / f"{self.name}.log").read_text("utf-8", errors="replace")[-3000:]

    def stop(self):
        """End it as systemd would; return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.reader.join(5)
        self.process.stdout.close()
        self.log.close()
        return self.process.returncode


class Box:
    """The processes of one box and its exchange.

    `account` and `tls` are further settings of the account, `sections` whole tables; the other
    words go to `call`.
    """

    def __init__(self, folder, speech_socket=None, *, exchange=True, **call):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.own_speech = speech_socket is None
        rendered = None if self.own_speech else Path(speech_socket).parent / "prompts"
        if rendered and rendered.is_dir():  # the same sentences in the same voice
            shutil.copytree(rendered, self.folder / "prompts", dirs_exist_ok=True)
        self.socket = speech_socket or self.folder / "speech.sock"
        self.exchange = None
        port = call.pop("registrar_port", 0)
        password = call.pop("password", ACCOUNTS["100"])
        if exchange:
            accounts = self.folder / "accounts.toml"
            accounts.write_text(
                "".join(f'"{user}" = "{word}"\n' for user, word in ACCOUNTS.items())
            )
            self.exchange = Process(
                self.folder, "exchange", "--port", "0", "--accounts", str(accounts)
            )
            port = int(self.exchange.await_line("exchange sip:").rpartition(":")[2].split()[0])
        self.registrar = port
        self.settings = self.folder / "settings.toml"
        dialogue = call.pop("dialogue", None)
        expires = call.pop("expires", 300)
        account = call.pop("account", {})
        tls = call.pop("tls", None)
        more = call.pop("sections", {})
        sections = {
            "account": {
                "user": "100",
                "domain": "127.0.0.1",
                "port": port,
                "password": password,
                "expires": expires,
                **account,
            },
            **({"account.tls": tls} if tls else {}),
            "call": call,
            "speech": {"socket": str(self.socket)},
            "records": {"file": str(self.folder / "records.sqlite")},
            "bus": {"address": "none"},
        }
        if dialogue:
            published = self.folder / "dialogues"  # none of this machine's own
            sections["dialogue"] = {"folder": str(dialogue), "published": str(published)}
        sections |= more
        self.settings.write_text(toml(sections), "utf-8")
        words = ("--settings", str(self.settings))
        self.speech = Process(self.folder, "speech", *words) if self.own_speech else None
        self.call = Process(self.folder, "call", *words, "--show")

    def ready(self):
        """Wait until it is registered and can speak; return itself."""
        if self.exchange is not None:
            self.call.await_event(lambda e: e["event"] == "registered", 30)
        self.call.await_event(lambda e: e["event"] == "speech" and e.get("state") == "ready", 120)
        return self

    @property
    def address(self):
        """Where the box takes calls directly, as host:port."""
        event = self.call.await_event(lambda e: e["event"] == "listening", 20)
        host = f"[{event['host']}]" if ":" in event["host"] else event["host"]
        return f"{host}:{event['port']}"

    def stop(self):
        """End everything; return the exit statuses."""
        held = [p for p in (self.call, self.speech, self.exchange) if p is not None]
        return [p.stop() for p in held]


@pytest.fixture(scope="session")
def box(tmp_path_factory):
    """A registered box with the starter dialogue, for every test that does no harm to it."""
    held = Box(tmp_path_factory.mktemp("box"), capacity=10)
    try:
        yield held.ready()
    finally:
        held.stop()


CELLS = {}


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Note the outcome of every cell of the matrix."""
    report = (yield).get_result()
    failed = report.failed or (report.when == "setup" and report.skipped)
    if report.when == "call" or failed:
        word = "ok" if report.passed else "skipped" if report.skipped else "FAILED"
        for mark in item.iter_markers("matrix"):
            held = CELLS.setdefault(mark.args, word)
            if word != "ok" or held == "ok":
                CELLS[mark.args] = word


def pytest_terminal_summary(terminalreporter):
    """Print peer by feature."""
    if not CELLS:
        return
    peers = list(dict.fromkeys(peer for peer, _ in CELLS))
    features = list(dict.fromkeys(feature for _, feature in CELLS))
    wide = max(map(len, features))
    terminalreporter.section("peers and features")
    terminalreporter.write_line(" " * wide + "  " + "  ".join(peers))
    for feature in features:
        row = "  ".join(CELLS.get((p, feature), "-").ljust(len(p)) for p in peers)
        terminalreporter.write_line(f"{feature.ljust(wide)}  {row}")
