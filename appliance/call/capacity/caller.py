"""A caller of the load: hears the box out, says a sentence, waits for the first sound of an answer.

    HEARING ── the answer has been played, and a pause ──► SPEAKING ── all is said ──► WAITING
       ▲                                                                                 │
       └────────────────── first Spoken: measured ◄── Say ◄── Heard ─────────────────────┘

Pure: `tick` returns what goes up the link in the 20 ms that begin now, `receive` what an incoming
message calls for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from appliance.contracts.expectation import Expectation
from appliance.contracts.speech import (
    FRAME_SAMPLES,
    SAMPLE_RATE,
    Audio,
    Downward,
    Expect,
    Heard,
    Say,
    Spoken,
    Upward,
)

FRAME: Final = 2 * FRAME_SAMPLES
PATIENCE: Final = 5.0
"""Seconds without an answer after which a sentence counts as missed, and the next one begins."""
_QUIET: Final = bytes(FRAME)
_VOICED: Final = 327
"""Sample value (-40 dBFS) that the end of a sentence's voice is found by."""


class State(StrEnum):
    """What a caller does."""

    HEARING = "hearing"
    SPEAKING = "speaking"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Clip:
    """A sentence of a caller."""

    frames: tuple[bytes, ...]
    """20 ms of PCM each."""
    voiced: int
    """How many of them there are up to the last voiced one."""
    expectation: Expectation
    """What the box has asked for."""
    answer: str
    """What the box replies."""


def clip(pcm: bytes, expectation: Expectation, answer: str) -> Clip:
    """Cut PCM (16-bit little-endian, 8 kHz) into a caller's sentence."""
    pcm += bytes(-len(pcm) % FRAME)
    frames = tuple(pcm[at : at + FRAME] for at in range(0, len(pcm), FRAME))
    loud = [
        number
        for number, frame in enumerate(frames, 1)
        if max(map(abs, memoryview(frame).cast("h"))) > _VOICED
    ]
    return Clip(frames, loud[-1] if loud else len(frames), expectation, answer)


class Caller:
    """One of them; `pauses` are the seconds before each sentence, used in turn."""

    def __init__(self, clips: Sequence[Clip], pauses: Sequence[float], now: float) -> None:
        self._clips = deque(clips)
        self._pauses = deque(pauses)
        self.state = State.HEARING
        self.answers: list[float] = []
        """Seconds from the end of each sentence to the first sound of the answer."""
        self.missed = 0
        """Sentences that were not answered."""
        self.spoken = 0.0
        """Seconds that this caller has spoken."""
        self._until = now + self._pauses[0]
        self._frame = 0
        self._ended = 0.0
        self._saying = 0
        self._asked = False
        self._heard: deque[bytes] = deque()
        self._rest = b""

    @property
    def _clip(self) -> Clip:
        return self._clips[0]

    def tick(self, now: float) -> list[Upward]:
        """Return the messages of these 20 ms; the last one is their audio."""
        before: list[Upward] = []
        if self.state is State.HEARING and not self._heard and now >= self._until:
            self.state, self._frame = State.SPEAKING, 0
            before.append(Expect(self._clip.expectation))
        frame = _QUIET
        if self.state is State.SPEAKING:
            frame = self._clip.frames[self._frame]
            self._frame += 1
            self.spoken += FRAME_SAMPLES / SAMPLE_RATE
            if self._frame == self._clip.voiced:
                # What is left is quiet: the box may answer into it.
                self._ended, self.state, self._asked = now, State.WAITING, False
        elif self.state is State.WAITING and now - self._ended > PATIENCE:
            self.missed += 1
            self._next(now)
        played = self._heard.popleft() if self._heard else b""
        return [*before, Audio(frame, played)]

    def receive(self, message: Downward, now: float) -> list[Upward]:
        """Take a message of the box; return what it is answered with."""
        match message:
            case Heard() if self.state is State.WAITING and not self._asked:
                self._asked = True
                self._saying += 1
                return [Say(self._saying, self._clip.answer)]
            case Spoken(utterance, pcm, last) if utterance == self._saying:
                if self.state is State.WAITING and self._asked and pcm:
                    self.answers.append(now - self._ended)
                    self._next(now)
                self._play(pcm, last=last)
                if self._heard:
                    self._until = now + len(self._heard) * 0.02 + self._pauses[0]
        return []

    def _next(self, now: float) -> None:
        self.state = State.HEARING
        self._clips.rotate(-1)
        self._pauses.rotate(-1)
        self._until = now + self._pauses[0]

    def _play(self, pcm: bytes, *, last: bool) -> None:
        held = self._rest + pcm
        if last:
            held += bytes(-len(held) % FRAME)
        whole = len(held) // FRAME * FRAME
        self._heard.extend(held[at : at + FRAME] for at in range(0, whole, FRAME))
        self._rest = held[whole:]
