"""Key presses as telephone events (RFC 4733), in and out, and as tones for who knows no events.

    in:  event packets ─▶ one open event, told apart by timestamp ─▶ KeyPressed, once each
    out: digits ─▶ every 20 ms: marker … growing duration … three end packets, pause, next
         digits ─▶ every 20 ms: a frame of the two tones …, of silence …, next

The network may lose or double any packet, first and last ones too.
"""

import struct
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from appliance.audio.pcm import FRAME_BYTES
from appliance.audio.tones import dtmf
from appliance.rtp.errors import LocalError, PacketError
from appliance.rtp.events import KeyPressed

_KEYS = "0123456789*#ABCD"
_EVENT = struct.Struct(">BBH")
_CLOCK = 8000
_TICKS = 50  # in a second
_PATIENCE = 0.2
"""Seconds without a packet after which an event is taken to have ended."""
_STRAGGLERS = 1.0
"""Seconds in which an older timestamp is a late packet; after that the sender has restarted."""
_LONG = 0x8000
"""A segment that lasted this long may be continued by another (RFC 4733 section 2.5.1.3)."""
_TONE_TICKS, _PAUSE_TICKS, _ENDS = 5, 5, 3
_VOLUME = 10  # -dBm0


@dataclass(frozen=True, slots=True)
class TelephoneEvent:
    """Payload of one telephone-event packet (RFC 4733 section 2.3)."""

    event: int
    """0-9 the digits, 10 star, 11 hash, 12-15 A-D, 16 flash."""
    ended: bool
    volume: int
    """Power of the tone in -dBm0, 0 to 63."""
    duration: int
    """In timestamp units, 16 bits."""

    @classmethod
    def parse(cls, data: bytes) -> "TelephoneEvent":
        """Read a payload; raises PacketError."""
        if len(data) < 4:
            raise PacketError("a telephone event takes four bytes")
        event, flags, duration = _EVENT.unpack_from(data)
        return cls(event, flags >= 0x80, flags & 0x3F, duration)

    def __bytes__(self) -> bytes:
        return _EVENT.pack(self.event, self.ended << 7 | self.volume, self.duration)


def _after(a: int, b: int) -> int:
    """How far timestamp a is after b; negative when before."""
    return ((a - b + 0x80000000) & 0xFFFFFFFF) - 0x80000000


class KeyReceiver:
    """Tells each key press once, whichever of its packets were lost or doubled."""

    def __init__(self, clock: int = _CLOCK) -> None:
        self.clock = clock
        """Hz of timestamps and durations, as agreed for the events."""
        self._pressed: list[KeyPressed] = []
        self._timestamp: int | None = None  # of the event open or reported last
        self._key = ""  # of the open event; empty when none is
        self._before = 0  # duration of the segments that went before
        self._duration = 0
        self._heard_at = 0.0

    def receive(self, payload: bytes, timestamp: int, now: float) -> None:
        """Payload and timestamp of a telephone-event packet; raises PacketError."""
        event = TelephoneEvent.parse(payload)
        if event.event >= len(_KEYS):
            return
        key = _KEYS[event.event]
        distance = 1 if self._timestamp is None else _after(timestamp, self._timestamp)
        if distance < 0 and now - self._heard_at < _STRAGGLERS:
            return  # of a press before this one
        if distance != 0:  # else the open event, or the one reported last, which stays closed
            if self._key == key and self._duration >= _LONG:
                self._before += distance
            else:
                self._report()
                self._key, self._before = key, 0
            self._timestamp, self._duration = timestamp, 0
        self._duration = max(self._duration, event.duration)
        self._heard_at = now
        if event.ended:
            self._report()

    def restart(self) -> None:
        """Another source with other timestamps: nothing said before counts."""
        self._report()
        self._timestamp = None

    def tick(self, now: float) -> None:
        """Report an event whose end did not come."""
        deadline = self.deadline()
        if deadline is not None and now >= deadline:
            self._report()

    def deadline(self) -> float | None:
        """When `tick` is needed next."""
        return self._heard_at + _PATIENCE if self._key else None

    def events(self) -> list[KeyPressed]:
        """The key presses since the last call."""
        pressed, self._pressed = self._pressed, []
        return pressed

    def _report(self) -> None:
        if self._key:
            seconds = (self._before + self._duration) / self.clock
            self._pressed.append(KeyPressed(self._key, seconds))
            self._key = ""


def _checked(digits: str) -> str:
    """The keys in capitals; raises LocalError."""
    unknown = [digit for digit in digits.upper() if digit not in _KEYS]
    if unknown:
        raise LocalError(f"{unknown[0]!r} is no telephone key")
    return digits.upper()


class EventPacket(NamedTuple):
    """A telephone event to be sent now."""

    payload: bytes
    timestamp: int
    marker: bool


class KeySender:
    """Plays digits, 100 ms each with 100 ms between them."""

    def __init__(self, clock: int = _CLOCK) -> None:
        self.clock = clock
        """Hz of the durations, as agreed for the events."""
        self._digits: deque[int] = deque()
        self._tick = 0  # within the digit that is first in the queue
        self._began = 0

    def play(self, digits: str) -> None:
        """Add keys to be pressed; raises LocalError for anything but 0-9, *, #, A-D."""
        self._digits.extend(map(_KEYS.index, _checked(digits)))

    @property
    def busy(self) -> bool:
        """Keys are being pressed: audio has to wait."""
        return bool(self._digits)

    def cancel(self) -> None:
        """Forget all keys that are not pressed yet."""
        self._digits.clear()
        self._tick = 0

    def next(self, timestamp: int) -> EventPacket | None:
        """What to send in this tick of 20 ms; None in the pause. To be asked while `busy`."""
        if not self._tick:
            self._began = timestamp
        self._tick += 1
        tick, event = self._tick, self._digits[0]
        if tick == _TONE_TICKS + _PAUSE_TICKS:
            self._digits.popleft()
            self._tick = 0
        # The end is sent three times, the last two within the pause (section 2.5.1.4).
        if tick >= _TONE_TICKS + _ENDS:
            return None
        duration = self.clock // _TICKS * min(tick, _TONE_TICKS)
        payload = bytes(TelephoneEvent(event, tick >= _TONE_TICKS, _VOLUME, duration))
        return EventPacket(payload, self._began, marker=tick == 1)


@lru_cache(maxsize=len(_KEYS))
def _press(key: str) -> tuple[bytes, ...]:
    """Frames of one key and the pause after it."""
    pcm = dtmf(key, _TONE_TICKS / _TICKS).ljust(FRAME_BYTES * (_TONE_TICKS + _PAUSE_TICKS), b"\0")
    return tuple(pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES))


class ToneSender:
    """Plays digits as tones in the audio (ITU-T Q.23), 100 ms each with 100 ms between them."""

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque()

    def play(self, digits: str) -> None:
        """Add keys to be pressed; raises LocalError for anything but 0-9, *, #, A-D."""
        for key in _checked(digits):
            self._frames.extend(_press(key))

    def cancel(self) -> None:
        """Forget all that is not sent yet."""
        self._frames.clear()

    @property
    def busy(self) -> bool:
        """Tones are being played: other audio has to wait."""
        return bool(self._frames)

    def next(self) -> bytes:
        """The next 20 ms. To be asked while `busy`."""
        return self._frames.popleft()
