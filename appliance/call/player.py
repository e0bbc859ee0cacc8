"""What the caller hears: one utterance at a time, held in memory, in frames of 20 ms.

    whole (cache) ──┐
                    ├─► buffer ──► pull ──► media
    chunks (link) ──┘      ▲
                       pause · resume · stop

PCM is 16-bit little-endian mono at 8 kHz.
"""

from __future__ import annotations

from typing import Final

FRAME: Final = 320
"""Bytes of 20 ms: 160 samples of 16 bits at 8 kHz."""
BYTES_PER_SECOND: Final = 16_000
_REWIND: Final = 0.4
"""Seconds that are said again after an interruption that was none, so that no word is halved."""


class Player:
    """Plays the PCM of one utterance; pure, advanced by `pull`."""

    __slots__ = ("_at", "_closed", "_open", "_paused", "_pcm")

    def __init__(self) -> None:
        self._pcm = bytearray()
        self._at = 0
        self._open = False
        self._closed = True
        self._paused = False

    def play(self, pcm: bytes) -> None:
        """Begin an utterance that is all there."""
        self.begin()
        self.feed(pcm, last=True)

    def begin(self) -> None:
        """Begin an utterance whose audio comes by `feed`."""
        self._pcm.clear()
        self._at = 0
        self._open, self._closed, self._paused = True, False, False

    def feed(self, pcm: bytes, *, last: bool) -> None:
        """Add audio to the utterance that was begun; ignored where none is open."""
        if self._open and not self._closed:
            self._pcm += pcm
            self._closed = last

    def pause(self) -> None:
        """Fall silent at once and remember where."""
        self._paused = self._open

    def resume(self) -> None:
        """Go on, from shortly before the place of the pause."""
        if self._paused:
            back = int(_REWIND * BYTES_PER_SECOND) // FRAME * FRAME
            self._at = max(0, self._at - back)
            self._paused = False

    def stop(self) -> None:
        """Drop the utterance."""
        self._pcm.clear()
        self._at = 0
        self._open, self._closed, self._paused = False, True, False

    def pull(self) -> bytes | None:
        """Return the next frame, or None where nothing is to be heard (idle, paused, starved)."""
        if not self._open or self._paused:
            return None
        held = len(self._pcm) - self._at
        if held >= FRAME:
            frame = bytes(self._pcm[self._at : self._at + FRAME])
            self._at += FRAME
        elif self._closed and held > 0:
            frame = bytes(self._pcm[self._at :]).ljust(FRAME, b"\0")
            self._at = len(self._pcm)
        else:
            frame = None
        if self._closed and self._at >= len(self._pcm):
            self._open = False
        return frame

    @property
    def busy(self) -> bool:
        """Whether an utterance is under way, paused or starved ones included."""
        return self._open

    @property
    def starved(self) -> bool:
        """Whether an utterance is under way whose next audio has not come yet."""
        return (
            self._open and not self._closed and not self._paused
            and len(self._pcm) - self._at < FRAME
        )  # fmt: skip

    @property
    def complete(self) -> bool:
        """Whether nothing more has to come over the link for what is being played."""
        return self._closed

    @property
    def position(self) -> float:
        """Seconds of the utterance heard so far."""
        return self._at / BYTES_PER_SECOND
