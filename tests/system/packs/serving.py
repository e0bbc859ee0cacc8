"""A web server with the faults of real ones, on this machine."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Shop:
    """What is served, how badly, and what was asked for."""

    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    etag: str = '"one"'
    break_after: list[int] = field(default_factory=list)
    """Bytes of the body after which each of the next answers breaks off; then none does."""
    stall_after: list[int] = field(default_factory=list)
    """Bytes after which each of the next answers says no more, without ending."""
    statuses: list[int] = field(default_factory=list)
    """Statuses of the next answers; then 200."""
    lie_about_length: int = 0
    move_to: str = ""
    no_length: bool = False
    wrong_start: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Path and Range of each request."""
    url: str = ""


@contextlib.contextmanager
def serving(shop: Shop) -> Iterator[Shop]:
    """Serve a shop at `shop.url` until the end of the block."""
    closing = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            shop.asked.append((self.path, self.headers.get("Range", "")))
            if shop.statuses:
                self.send_response(shop.statuses.pop(0))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if shop.move_to:
                self.send_response(302)
                self.send_header("Location", shop.move_to)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = shop.files.get(self.path)
            if body is None:
                self.send_error(404)
                return
            wanted = self.headers.get("Range")
            start = 0
            if wanted and shop.ranges and self.headers.get("If-Range") == shop.etag:
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start:
                told = start + 1 if shop.wrong_start else start
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {told}-{len(body) - 1}/{len(body)}")
            else:
                self.send_response(200)
            if not shop.no_length:
                self.send_header("Content-Length", str(len(body) - start + shop.lie_about_length))
            if shop.etag:
                self.send_header("ETag", shop.etag)
            self.end_headers()
            rest = body[start:]
            stalls = bool(shop.stall_after)
            if shop.break_after or stalls:
                rest = rest[: (shop.stall_after if stalls else shop.break_after).pop(0)]
            with contextlib.suppress(OSError):
                self.wfile.write(rest)
                if stalls:
                    self.wfile.flush()
                    closing.wait(10)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    shop.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield shop
    finally:
        closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
