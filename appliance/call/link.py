"""The client side of the link to `speech`: Unix seqpacket sockets on the loop of the calls.

Nothing here waits: what the socket does not take at once is queued, and audio older than a second
is dropped and counted, so that a slow `speech` never slows a call.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

from appliance.contracts.speech import (
    MAXIMUM_PACKET,
    Audio,
    Downward,
    Expect,
    Heard,
    LinkError,
    Noticed,
    Open,
    Opened,
    Partial,
    Refused,
    Say,
    SpeechStarted,
    Spoken,
    Upward,
    decode,
    encode,
)

QUEUE: Final = 50
"""Audio packets that wait at most: one second."""
_T = TypeVar("_T")
_BURST: Final = 32
"""Packets read before others get their turn."""
_DOWNWARD: Final = (Opened, Refused, SpeechStarted, Partial, Heard, Spoken, Noticed)


class SpeechLink:
    """One connection: made by the constructor, lost at most once, closed by `close`."""

    def __init__(
        self,
        path: Path,
        opening: Open,
        *,
        receive: Callable[[Downward], None],
        lost: Callable[[str], None],
    ) -> None:
        """Connect and send `opening`.

        `lost` is called with the reason, never from within a method of the link's owner, when the
        connection cannot be made or breaks; not after `close`.
        """
        self.dropped = 0
        """Audio packets dropped because `speech` did not keep up."""
        self._loop = asyncio.get_running_loop()
        self._receive = receive
        self._lost: Callable[[str], None] | None = lost
        self._queue: deque[tuple[bool, bytes]] = deque()
        """(is audio, packet)"""
        self._waiting = 0
        """Audio packets in the queue."""
        self._writing = False
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._sock.setblocking(False)
        try:
            self._sock.connect(str(path))
        except OSError as error:
            self._fail(f"{path}: {error.strerror or error}")
            return
        self._loop.add_reader(self._sock, self._read)
        self.send(opening)

    def send(self, message: Upward) -> int:
        """Send a message, now or as soon as the socket takes it; nothing after the end.

        Returns how many frames of audio had to be dropped for it.
        """
        if self._lost is None:
            return 0
        before = self.dropped
        audio = isinstance(message, Audio)
        self._queue.append((audio, fitted(message)))
        self._waiting += audio
        if self._waiting > QUEUE:
            self._drop()
        if not self._writing:
            self._write()
        return self.dropped - before

    def close(self) -> None:
        """End the connection; may be called twice."""
        self._lost = None
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock)
            self._loop.remove_writer(self._sock)
            self._sock.close()

    def _drop(self) -> None:
        for index, (audio, _) in enumerate(self._queue):
            if audio:
                del self._queue[index]
                self._waiting -= 1
                self.dropped += 1
                return

    def _write(self) -> None:
        while self._queue:
            audio, packet = self._queue[0]
            try:
                self._sock.send(packet)
            except BlockingIOError:
                if not self._writing:
                    self._writing = True
                    self._loop.add_writer(self._sock, self._write)
                return
            except OSError as error:
                self._fail(error.strerror or str(error))
                return
            self._queue.popleft()
            self._waiting -= audio
        if self._writing:
            self._writing = False
            self._loop.remove_writer(self._sock)

    def _read(self) -> None:
        for _ in range(_BURST):
            if self._lost is None:
                return
            try:
                packet = self._sock.recv(MAXIMUM_PACKET)
            except BlockingIOError:
                return
            except OSError as error:
                self._fail(error.strerror or str(error))
                return
            if not packet:
                self._fail("speech has closed the connection")
                return
            try:
                message = decode(packet)
            except LinkError as error:
                self._fail(f"speech sends {error}")
                return
            if isinstance(message, _DOWNWARD):
                self._receive(message)

    def _fail(self, why: str) -> None:
        lost = self._lost
        self.close()
        if lost is not None:
            self._loop.call_soon(lost, why)


def fitted(message: Upward) -> bytes:
    """Encode; an expectation whose likely phrases are too many keeps the foremost of them.

    Raises LinkError for anything else that is too large.
    """
    while True:
        try:
            return encode(message)
        except LinkError:
            if not isinstance(message, Expect) or not message.expectation.phrases:
                raise
            phrases = message.expectation.phrases
            shorter = replace(message.expectation, phrases=phrases[: len(phrases) // 2])
            message = Expect(shorter)


class Renderer:
    """A standing connection that renders prompts and notices at once when `speech` dies."""

    def __init__(self, path: Path, language: str) -> None:
        """Connect; `opened` tells what came of it."""
        loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[Opened] = loop.create_future()
        self._gone: asyncio.Future[str] = loop.create_future()
        self._spoken: dict[int, bytearray] = {}
        self._done: asyncio.Future[bytes] | None = None
        self._utterance = 0
        self._link = SpeechLink(
            path, Open("prompts", language), receive=self._receive, lost=self._fail
        )

    async def opened(self, seconds: float) -> Opened:
        """Return the packs that serve. Raises ConnectionError with the reason where none do."""
        return await self._or_gone(self._answer, seconds)

    async def render(self, text: str, seconds: float = 30.0) -> bytes:
        """Return the PCM of a sentence. Raises ConnectionError where `speech` dies meanwhile."""
        self._utterance += 1
        self._spoken = {self._utterance: bytearray()}
        self._done = asyncio.get_running_loop().create_future()
        self._link.send(Say(self._utterance, text))
        return await self._or_gone(self._done, seconds)

    async def gone(self) -> str:
        """Wait until the connection is lost; return the reason."""
        return await asyncio.shield(self._gone)

    def close(self) -> None:
        """End the connection."""
        self._link.close()

    async def _or_gone(self, wanted: asyncio.Future[_T], seconds: float) -> _T:
        either: set[asyncio.Future[Any]] = {wanted, self._gone}
        await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if wanted.done():
            return wanted.result()
        raise ConnectionError(self._gone.result() if self._gone.done() else "it does not answer")

    def _receive(self, message: Downward) -> None:
        match message:
            case Opened() if not self._answer.done():
                self._answer.set_result(message)
            case Refused(reason):
                self._fail(reason)
            case Spoken(utterance, pcm, last) if utterance in self._spoken:
                self._spoken[utterance] += pcm
                if last and self._done is not None and not self._done.done():
                    self._done.set_result(bytes(self._spoken.pop(utterance)))
            case _:
                return

    def _fail(self, why: str) -> None:
        if not self._gone.done():
            self._gone.set_result(why)
