"""A `speech` that is a real server on a real socket, but whose ears and voice are scripted."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

from appliance.contracts.speech import (
    MAXIMUM_PACKET,
    Downward,
    Message,
    Open,
    Opened,
    Say,
    Spoken,
    decode,
    encode,
)
from tests.house.wire import tone


class FakeSpeech:
    """Serves the link of contracts/speech.py; every connection and message is kept."""

    def __init__(self, path: Path, *, opening: Downward | None = None) -> None:
        self.path = path
        self.opening = opening or Opened("ears 1", "voice 1")
        self.received: list[Message] = []
        self.said: list[str] = []
        self.connections: dict[str, socket.socket] = {}
        self.on_message: Callable[[str, Message], None] = lambda _call, _message: None
        self._loop = asyncio.get_running_loop()
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._server.setblocking(False)
        self._server.bind(str(path))
        self._server.listen(16)
        self._open: list[socket.socket] = []
        self._loop.add_reader(self._server, self._accept)

    def _accept(self) -> None:
        sock, _ = self._server.accept()
        sock.setblocking(False)
        self._open.append(sock)
        call = ""

        def read() -> None:
            nonlocal call
            try:
                packet = sock.recv(MAXIMUM_PACKET)
            except OSError:
                packet = b""
            if not packet:
                self.close_one(sock)
                return
            message = decode(packet)
            self.received.append(message)
            if isinstance(message, Open):
                call = message.call
                self.connections[call] = sock
                self.send(call, self.opening)
            elif isinstance(message, Say):
                self.said.append(message.text)
                self.send(call, Spoken(message.utterance, tone(0.2), last=True))
            self.on_message(call, message)

        self._loop.add_reader(sock, read)

    def send(self, call: str, message: Downward) -> None:
        self.connections[call].send(encode(message))

    def close_one(self, sock: socket.socket) -> None:
        if sock.fileno() >= 0:
            self._loop.remove_reader(sock)
            sock.close()

    def die(self) -> None:
        """End as a killed process does: every connection and the socket."""
        if self._server.fileno() >= 0:
            self._loop.remove_reader(self._server)
            self._server.close()
        for sock in self._open:
            self.close_one(sock)
        self.path.unlink(missing_ok=True)
