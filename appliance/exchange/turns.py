r"""When who spoke, as the caller's telephone sees it on the wire.

    we send   ____/~~~~~~~~~~\________________/~~~~~~~~~\_________
    we get    ~~~~~~~\___________/~~~~~~~~~~~~~~~~~\________/~~~~~
                 ^ silenced      ^ answered        ^ silenced
              Turn 1: yielding = silenced - started, response = answered - ended

All times are monotonic seconds: of sending for our frames, of arrival for the peer's packets.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

SPEAKING: Final = 0.25
"""s since the peer's last voiced packet within which it still counts as speaking."""
SILENCED: Final = 0.4
"""s without a voiced packet after which an interrupted peer has stopped: no pause within a
sentence of the box's voice is as long, and the stop is dated back to the last voiced packet."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance of ours and what the peer made of it."""

    text: str
    started: float
    """First voiced frame sent."""
    ended: float
    """Last voiced frame sent; grows while we speak."""
    interrupted: bool
    """The peer was speaking when we began."""
    silenced: float | None = None
    """Interrupted only: the peer's last voiced packet before it fell silent."""
    answered: float | None = None
    """The peer's first voiced packet after `ended`."""

    @property
    def response(self) -> float | None:
        """Seconds from the end of our speech to the first answer packet."""
        return None if self.answered is None else self.answered - self.ended

    @property
    def yielding(self) -> float | None:
        """Seconds from the start of our speech to silence of the peer that we interrupted."""
        return None if self.silenced is None else max(0.0, self.silenced - self.started)


class TurnMeter:
    """Builds the turns of one call from its frames and packets; pure."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        """All turns so far; the last one may still grow."""
        self.spurts: list[tuple[float, float]] = []
        """When the peer spoke: first and last voiced packet of each stretch."""
        self._open = False
        self._begun = False
        self._text = ""
        self._last_heard: float | None = None

    def begin(self, text: str) -> None:
        """From the next voiced frame on, a new turn: we say `text`."""
        self._open, self._begun, self._text = True, False, text

    def finish(self) -> None:
        """What follows is no longer part of the turn; its end is known."""
        self._open = False

    def sent(self, voiced: bool, now: float) -> None:
        """Note a frame of ours as it leaves."""
        if self._open and voiced:
            if not self._begun:
                self._begun = True
                self.turns.append(Turn(self._text, now, now, self.peer_speaking(now)))
            else:
                self.turns[-1] = replace(self.turns[-1], ended=now, answered=None)
        self._notice_silence(now)

    def received(self, voiced: bool, now: float) -> None:
        """Note an audio packet of the peer as it arrives."""
        self._notice_silence(now)
        if not voiced:
            return
        if self.peer_speaking(now):
            self.spurts[-1] = (self.spurts[-1][0], now)
        else:
            self.spurts.append((now, now))
        self._last_heard = now
        if self.turns:
            turn = self.turns[-1]
            stopped = not turn.interrupted or turn.silenced is not None
            if stopped and turn.answered is None:
                self.turns[-1] = replace(turn, answered=now)

    def peer_speaking(self, now: float) -> bool:
        """Say whether the peer is speaking."""
        return self._last_heard is not None and now - self._last_heard < SPEAKING

    def peer_quiet(self, now: float) -> float:
        """Return the seconds since the peer's last voiced packet; infinite before the first."""
        return float("inf") if self._last_heard is None else now - self._last_heard

    def _notice_silence(self, now: float) -> None:
        if not self.turns or self._last_heard is None:
            return
        turn = self.turns[-1]
        if turn.interrupted and turn.silenced is None and now - self._last_heard >= SILENCED:
            self.turns[-1] = replace(turn, silenced=max(self._last_heard, turn.started))
