"""Two legs joined in the box: what one says the other hears, for as long as both stay.

    caller ─ hear ─► say ─► person
    caller ◄─ say ◄─ hear ─ person        keys likewise; nothing is understood or kept

Used where the PBX will not join the two calls itself.
"""

from __future__ import annotations

from typing import Final

from appliance.audio import tones
from appliance.audio.pcm import silence
from appliance.call.player import FRAME
from appliance.call.stream import Stream

WAITING: Final = tones.sine(425, 0.2, -32) + silence(8000 * 4)
"""What one hears while the other holds and sends nothing: a soft tone each four seconds."""


class Bridge:
    """Joins two streams; advanced by `tick`."""

    def __init__(self, one: Stream, other: Stream) -> None:
        self._sides = (one, other)
        self._waited = [0, 0]
        """Bytes of the waiting tone that each side has heard."""

    def tick(self, now: float) -> list[tuple[Stream, str]]:
        """20 ms pass. Returns the keys that must go out by INFO, with the stream they are for."""
        one, other = self._sides
        left: list[tuple[Stream, str]] = []
        heard = [side.hear(now) for side in self._sides]
        for at, (frame, keys) in enumerate(heard):
            to = other if at == 0 else one
            to.say(self._instead(1 - at) if self._sides[at].silenced else frame, now)
            left += [(to, digit) for digit in keys if not to.press(digit, now)]
        return left

    def press(self, side: Stream, digit: str, now: float) -> list[tuple[Stream, str]]:
        """One side has pressed a key by INFO; returns what must go out by INFO."""
        one, other = self._sides
        to = other if side is one else one
        return [] if to.press(digit, now) else [(to, digit)]

    def quiet(self, now: float) -> float:
        """Seconds since packets came from the side that has been quiet for longest.

        A side on hold may be quiet.
        """
        return max((s.quiet(now) for s in self._sides if not s.held), default=0.0)

    def _instead(self, side: int) -> bytes:
        """Return the next frame of what this side hears while the other sends nothing."""
        at = self._waited[side]
        self._waited[side] = (at + FRAME) % len(WAITING)
        return WAITING[at : at + FRAME]
