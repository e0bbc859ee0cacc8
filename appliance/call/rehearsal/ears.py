"""The other end of the link to `speech`, for one caller who is in no hurry: it waits for answers.

Audio goes up some times faster than it would be spoken; `speech` counts time in samples, so it
notices little of it.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, TypeVar

from appliance.audio.pcm import FRAME_BYTES
from appliance.call.link import fitted
from appliance.call.rehearsal.telephone import PERIOD, Telephone, frames
from appliance.contracts.errors import UserError
from appliance.contracts.expectation import Expectation
from appliance.contracts.speech import (
    MAXIMUM_PACKET,
    Audio,
    Downward,
    Expect,
    Heard,
    LinkError,
    Manner,
    Open,
    Opened,
    Refused,
    Say,
    Spoken,
    Upward,
    decode,
)

PACE: Final = 3.0
"""Times as fast as it is spoken."""
_LEAD: Final = 0.6
"""Seconds of quiet before a sentence."""
_WITHIN: Final = 6.0
"""Seconds of quiet after a sentence in which it must have been heard."""
_MORE: Final = 0.5
"""Seconds of quiet, after something was heard, in which more may come."""
_PATIENCE: Final = 60.0
"""Seconds without a word from `speech` after which it is given up."""
_SHORT: Final = 0.3
"""Seconds of sound without words that is no utterance."""
_QUIET: Final = bytes(FRAME_BYTES)
_M = TypeVar("_M", bound=Downward)


class Ears:
    """One connection to a `speech` process; a context manager."""

    def __init__(self, path: Path, language: str, *, pace: float = PACE) -> None:
        """Connect. Raises UserError where `speech` does not serve."""
        self._pace = pace
        self._utterance = 0
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._connect(path)
            self._send(Open("rehearsal", language))
            self._opened = self._wait(Opened)
        except UserError:
            self._sock.close()
            raise

    def __enter__(self) -> Ears:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self._sock.close()

    @property
    def voice(self) -> str:
        """The pack that speaks."""
        return self._opened.tts

    def say(self, text: str, speed: float = 1.0) -> bytes:
        """Return a sentence as PCM. Raises UserError where `speech` is gone."""
        self._utterance += 1
        self._send(Say(self._utterance, text, speed))
        pcm = bytearray()
        while True:
            spoken = self._wait(Spoken)
            if spoken.utterance == self._utterance:
                pcm += spoken.pcm
                if spoken.last:
                    return bytes(pcm)

    def hear(self, pcm: bytes, line: Telephone, expected: Expectation) -> tuple[Heard, ...]:
        """Return what is heard of a sentence that comes over a telephone line, in order.

        More than one where the caller was taken to have finished too early. Raises UserError where
        `speech` is gone.
        """
        self._send(Expect(expected))
        spoken = frames(pcm)
        heard: list[Heard] = []
        began = time.monotonic()
        quiet = sent = 0
        for count, frame in enumerate(_sound(spoken), 1):
            self._send(Audio(line.carry(frame)))
            sent = count
            heard += self._arrived()
            quiet = max(0, count - round(_LEAD / PERIOD) - len(spoken))
            limit = _MORE if heard else _WITHIN
            if quiet * PERIOD > limit:
                break
            ahead = began + count * PERIOD / self._pace - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
        if not heard and sent:
            # A slow machine decodes for longer than it has listened.
            heard += self._late()
        return tuple(one for one in heard if _said(one))

    def _connect(self, path: Path) -> None:
        try:
            self._sock.connect(str(path))
        except OSError as error:
            raise UserError(f"the speech process cannot be reached: {error.strerror}") from None

    def _late(self) -> list[Heard]:
        self._sock.settimeout(1.0)
        try:
            return [one for one in (self._receive(),) if isinstance(one, Heard)]
        except TimeoutError:
            return []

    def _arrived(self) -> Iterator[Heard]:
        """Yield what has come meanwhile."""
        self._sock.setblocking(False)
        while True:
            try:
                message = self._receive()
            except BlockingIOError:
                return
            if isinstance(message, Heard):
                yield message

    def _wait(self, kind: type[_M]) -> _M:
        self._sock.settimeout(_PATIENCE)
        while True:
            try:
                message = self._receive()
            except TimeoutError:
                raise UserError("the speech process says nothing any more") from None
            if isinstance(message, Refused):
                raise UserError(f"the speech process refuses: {message.reason}")
            if isinstance(message, kind):
                return message

    def _receive(self) -> object:
        try:
            packet = self._sock.recv(MAXIMUM_PACKET)
        except (TimeoutError, BlockingIOError):
            raise
        except OSError as error:
            raise UserError(f"the speech process is gone: {error.strerror}") from None
        if not packet:
            raise UserError("the speech process has closed the connection")
        try:
            return decode(packet)
        except LinkError as error:
            raise UserError(f"the speech process is of another version: {error}") from None

    def _send(self, message: Upward) -> None:
        self._sock.settimeout(_PATIENCE)
        try:
            self._sock.send(fitted(message))
        except OSError as error:
            raise UserError(f"the speech process is gone: {error.strerror or error}") from None


def _sound(spoken: Iterable[bytes]) -> Iterator[bytes]:
    """Yield quiet, the sentence, and quiet for ever."""
    for _ in range(round(_LEAD / PERIOD)):
        yield _QUIET
    yield from spoken
    while True:
        yield _QUIET


def _said(heard: Heard) -> bool:
    """Whether it is something that the box would have answered."""
    if heard.manner is not Manner.SPEECH:
        return False
    return bool(heard.text) or heard.end - heard.start >= _SHORT
