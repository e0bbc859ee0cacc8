"""A back end over HTTP with faults to order, and the smallest dialogue that asks it."""

import contextlib
import json
import socket
import sqlite3
import threading
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qsl, unquote, urlsplit

from appliance.call.connectors import Connectors
from appliance.dialogue import Backend, BackendKind, Connector, Invoke, Script, Status
from appliance.dialogue.connectors import HttpRequest, Lookup, Search, Statement
from appliance.dialogue.hours import Hours
from appliance.dialogue.script import Emergency, Keypad
from appliance.records.outbox import Outbox

PATIENCE = 20.0


class Server:
    """An HTTP server: every request is kept; `answers` are given in turn, then `usual`.

    An answer is `(status, body)`, `(status, body, headers)`, or a function of the handler.
    """

    def __init__(self, port=0, context=None):
        self.requests = []
        self.answers = []
        self.usual = (200, {"ok": True})
        self.released = threading.Event()
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                parts = urlsplit(self.path)
                with outer._lock:
                    outer.requests.append(
                        SimpleNamespace(
                            method=self.command,
                            raw=self.path,
                            path=unquote(parts.path),
                            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
                            headers=dict(self.headers),
                            body=json.loads(body) if body else None,
                        )
                    )
                    wanted = outer.answers.pop(0) if outer.answers else outer.usual
                if callable(wanted):
                    wanted(self)
                    return
                status, found, *headers = wanted
                data = found if isinstance(found, bytes) else json.dumps(found).encode()
                self.send_response(status)
                for name, value in headers[0].items() if headers else ():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            setattr(Handler, f"do_{method}", Handler.answer)

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self._server = Quiet(("127.0.0.1", port), Handler)
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        scheme = "http" if context is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def stall(self, handler):
        """Answer nothing until `released`."""
        self.released.wait(30)
        handler.close_connection = True

    @staticmethod
    def half(handler):
        """Send half of what was announced, and hang up."""
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b'{"name": "An')
        handler.close_connection = True
        with contextlib.suppress(OSError):
            handler.connection.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def drop(handler):
        """Hang up without a word."""
        handler.close_connection = True
        with contextlib.suppress(OSError):
            handler.connection.shutdown(socket.SHUT_RDWR)

    def keys(self):
        """The idempotency keys, in the order of the requests."""
        return [request.headers.get("Idempotency-Key") for request in self.requests]

    def close(self):
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def http(method="GET", path="/", **more):
    return HttpRequest(method, path, **more)


def connector(name, request, parameters=(), backend="site", **more):
    more.setdefault("timeout", 2.0)
    return Connector(name, backend, request, tuple(parameters), **more)


def backend(kind, where, name="site", **more):
    return Backend(name, BackendKind(kind), where, **more)


def script(backends, connectors, **more):
    """The smallest dialogue that has them."""
    return Script(
        language="en", site="s", timezone="UTC", greeting="hello", hours=Hours(), destinations={},
        person="", farewell="", slots={}, intents={}, processes={},
        emergency=Emergency("", (), "", ""), keypad=Keypad("", {}, ""), sentences={},
        backends={each.name: each for each in backends},
        connectors={each.name: each for each in connectors}, **more,
    )  # fmt: skip


class Desk:
    """Connectors in a folder of their own, asked as a conversation asks them."""

    def __init__(self, folder, backends, connectors, *, secrets=None, call="call", **more):
        self.folder = folder
        self.outbox = Outbox(folder / "outbox.sqlite")
        self.script = script(backends, connectors, **more.pop("script", {}))
        self.connectors = Connectors(self.script, folder, secrets or {}, self.outbox, **more)
        self.call = call
        self._number = 0

    def start(self, name, /, call=None, key="", **arguments):
        """Begin to ask; return what waits for the result."""
        self._number += 1
        found = Pending()
        self.connectors.submit(
            Invoke(str(self._number), name, tuple(arguments.items()), key or str(self._number)),
            call or self.call,
            found.done,
        )
        return found

    def ask(self, name, /, call=None, key="", **arguments):
        """Ask and wait for the result."""
        return self.start(name, call, key, **arguments).result()

    def close(self):
        self.connectors.close()
        self.outbox.close()


class Pending:
    """A result that is to come."""

    def __init__(self):
        self.results = []
        self.thread = ""
        self._came = threading.Event()

    def done(self, result):
        self.results.append(result)
        self.thread = threading.current_thread().name
        self._came.set()

    @property
    def came(self):
        return self._came.is_set()

    def result(self):
        assert self._came.wait(PATIENCE), "no result came"
        return self.results[0]


def until(true, seconds=PATIENCE):
    """Wait for what another thread does."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def database(path, statements):
    """Make a SQLite file."""
    file = sqlite3.connect(path)
    with file:
        for statement in statements:
            file.execute(statement)
    file.close()
    return path


__all__ = [
    "Desk", "Hours", "Lookup", "Pending", "Search", "Server", "Statement", "Status", "backend",
    "connector", "database", "datetime", "http", "script", "until",
]  # fmt: skip
