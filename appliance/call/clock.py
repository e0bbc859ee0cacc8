"""From the stream time of `speech` to the clock of the loop.

Stream time counts samples since the first `Audio`; frame n was pulled at a tick. Ticks are 20 ms
apart except after a stall, so only the breaks are remembered.
"""

from __future__ import annotations

from typing import Final

FRAME: Final = 0.020
_SLACK: Final = 0.005
_BREAKS: Final = 64
"""Breaks remembered; utterances refer to the last seconds only."""


class StreamClock:
    """Maps stream seconds to loop seconds; `note` is called once per frame sent up."""

    __slots__ = ("_anchors", "_frames")

    def __init__(self) -> None:
        self._frames = 0
        self._anchors: list[tuple[int, float]] = []
        """(frame, loop time at which it was pulled); in between, 20 ms a frame."""

    def note(self, now: float) -> None:
        """The next frame was pulled at `now`."""
        if not self._anchors or abs(self._expected(self._frames) - now) > _SLACK:
            self._anchors.append((self._frames, now))
            del self._anchors[:-_BREAKS]
        self._frames += 1

    def drop(self, frames: int) -> None:
        """So many of the frames noted were never sent: the peer's stream is that much shorter."""
        self._frames = max(0, self._frames - frames)

    @property
    def stream(self) -> float:
        """Stream time of the next frame, s."""
        return self._frames * FRAME

    def at(self, stream: float) -> float:
        """Return the loop time at which the sample at `stream` seconds was pulled.

        Raises ValueError before the first frame.
        """
        if not self._anchors:
            raise ValueError("no frame has been pulled yet")
        # The sample at the very end of a frame belongs to that frame.
        return self._expected(max(0, int(stream / FRAME - 1e-6)))

    def _expected(self, frame: int) -> float:
        for first, time in reversed(self._anchors):
            if frame >= first:
                return time + (frame - first) * FRAME
        first, time = self._anchors[0]
        return time + (frame - first) * FRAME
