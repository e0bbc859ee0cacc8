"""One call's hearing, without sockets and threads: audio in, messages and work out.

    feed(pcm) ─► LineSounds ─► Noticed ──────────────────────────────────────────► messages()
    feed(pcm) ─► Gain ─► Detector ─► Endpointer ─┬─► SpeechStarted ────────────► messages()
                                                 ├─► Decode ─► job() ─► run() ─► done()
                                                 └─► Over ──► Heard ───────────► messages()
    run(): the recogniser reads; where it is open whether more comes, TurnModel judges that

A `Job` is all the heavy work there is; whoever drives a Listener runs it where it likes (a worker
thread for calls, in place for files) and hands the result back. One job at a time: an utterance
grows inside it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from appliance.contracts.expectation import Expectation, Kind
from appliance.contracts.speech import (
    SAMPLE_RATE,
    Heard,
    Manner,
    Noticed,
    Partial,
    SpeechStarted,
)
from appliance.speech.engines.base import HEAD
from appliance.speech.features import level_dbfs
from appliance.speech.recognition.scoring import NOTHING
from appliance.speech.turns import prosody
from appliance.speech.turns.endpointing import Decode, Endpointer, Over, Started, Window, is_weighed
from appliance.speech.turns.gain import Gain, Steadiness
from appliance.speech.turns.manner import Usual, level, manner
from appliance.speech.turns.sounds import LineSounds
from appliance.speech.turns.turnend import Moment
from appliance.speech.turns.vad import WINDOW, Track
from appliance.speech.words.written import written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.speech.engines.base import Recogniser, Utterance
    from appliance.speech.recognition.scoring import Reading
    from appliance.speech.turns.endpointing import Output
    from appliance.speech.turns.turnend import TurnModel
    from appliance.speech.turns.vad import Detector

Floats = npt.NDArray[np.float32]

_KEPT: Final = round((HEAD + 0.2) * SAMPLE_RATE)
"""Samples kept while nobody speaks: what an utterance needs from before its first window."""
_LOOKED_AT: Final = round(prosody.SECONDS * SAMPLE_RATE)
"""Samples of voice before a pause that are judged by their sound."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a job found."""

    text: str
    reading: Reading | None
    """None after a decode for a partial."""
    likely: float | None = None
    """How probable it is that the caller has finished, where that was judged."""
    manner: Manner = Manner.SPEECH
    level: float = 0.0
    """dBFS of the voiced part."""


@dataclass(slots=True)
class _Turn:
    """One utterance that is being heard."""

    began: float
    first: int
    """Stream position of the first sample of its audio."""
    utterance: Utterance
    taken: int = 0
    """Samples of it that the engine has."""
    text: str = ""
    reading: Reading | None = None
    judged: Job | None = None
    """The job that made `reading`."""
    manner: Manner = Manner.NOISE
    """Too short to be read: a click."""
    level: float = 0.0
    over: Over | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """Decode one utterance as far as it has been heard."""

    turn: _Turn
    decode: Decode
    expectation: Expectation
    samples: Floats
    """All of the utterance up to now."""
    closes: bool = False
    """Whether the turn is over and only waits for this."""
    turns: TurnModel | None = None
    usual: float | None = None
    """dBFS of this caller so far."""
    language: str = "en"

    def run(self) -> Result:
        """Do the work: a few milliseconds to a few tens, mostly outside the interpreter lock."""
        turn = self.turn
        turn.utterance.accept(self.samples[turn.taken :])
        turn.taken = max(turn.taken, len(self.samples))
        silence = self.decode.end - self.decode.voiced_end
        if not self.decode.final:
            return Result(turn.utterance.partial(silence), None)
        reading = turn.utterance.read(self.expectation, silence)
        begin, end = (
            max(0, round(at * SAMPLE_RATE) - turn.first)
            for at in (self.decode.start, self.decode.voiced_end)
        )
        voiced = self.samples[begin:end]
        meant = manner(voiced, reading, self.expectation.kind, self.usual, self.language)
        return Result(reading.text, reading, self._likely(reading), meant, level(voiced))

    def _likely(self, reading: Reading) -> float | None:
        """Judge whether the caller has finished, where the end of the turn hangs on it."""
        decode = self.decode
        if self.turns is None or self.closes or not is_weighed(self.expectation, reading.progress):
            return None
        end = round(decode.voiced_end * SAMPLE_RATE) - self.turn.first
        tail = self.samples[max(0, end - _LOOKED_AT) : max(0, end)]
        moment = Moment(
            self.expectation.kind,
            reading.text,
            reading.confidence,
            decode.voice,
            decode.pauses,
            prosody.tracks(tail),
        )
        return self.turns.probability(moment)


class Listener:
    """The hearing of one call."""

    def __init__(
        self, detector: Detector, recogniser: Recogniser, turns: TurnModel | None = None
    ) -> None:
        """Without `turns` the patience with open answers is fixed."""
        self._detector = detector
        self._recogniser = recogniser
        self._turns = turns
        self._track = Track()
        self._gain = Gain()
        self._steadiness = Steadiness(WINDOW / SAMPLE_RATE)
        self._endpointer = Endpointer()
        self._audio: Floats = np.zeros(0, np.float32)
        self._first = 0
        self._position = 0
        self._turn: _Turn | None = None
        self._closing: deque[Job] = deque()
        self._wanted: Job | None = None
        self._running = False
        self._messages: list[SpeechStarted | Partial | Heard | Noticed] = []
        self._sounds = LineSounds()
        self._usual = Usual()

    @property
    def position(self) -> int:
        """Samples judged so far, in whole windows."""
        return self._position

    def expect(self, expectation: Expectation) -> None:
        """Score and end turns by this from now on."""
        self._endpointer.expect(expectation)

    def feed(self, samples: Floats) -> None:
        """Take the next samples (±1, 8 kHz), any number."""
        self._audio = np.concatenate([self._audio, samples])
        end = self._first + len(self._audio)
        while end - self._position >= WINDOW:
            at = self._position - self._first
            window = self._judge(self._audio[at : at + WINDOW])
            self._take(self._endpointer.window(window))
        if self._turn is None:
            surplus = self._position - _KEPT - self._first
            if surplus > 0:
                self._audio = self._audio[surplus:]
                self._first += surplus

    def skip(self, samples: int) -> None:
        """Stand in silence for audio that was lost before it came here; time stays right."""
        self.feed(np.zeros(samples, np.float32))

    def flush(self) -> None:
        """The audio has ended; whoever still speaks has finished."""
        self._take(self._endpointer.flush())

    def job(self) -> Job | None:
        """Return the next work to do; None where there is none or one is being done."""
        if self._running:
            return None
        job: Job | None = None
        if self._closing:
            # An utterance that is over is decoded before anything newer.
            job = self._closing.popleft()
        else:
            job, self._wanted = self._wanted, None
        self._running = job is not None
        return job

    def done(self, job: Job, result: Result) -> None:
        """Take what a job found."""
        self._running = False
        turn, reading = job.turn, result.reading
        if reading is not None:
            turn.reading, turn.judged = reading, job
            turn.manner, turn.level = result.manner, result.level
        if turn.over is not None:
            if reading is not None and job.closes:
                self._close(turn, turn.over, reading)
            return
        if result.text and result.text != turn.text:
            turn.text = result.text
            self._messages.append(Partial(result.text, job.decode.end))
        if reading is not None:
            self._take(
                self._endpointer.judged(
                    job.decode.voiced_end, job.expectation, reading.progress, result.likely
                )
            )

    def messages(self) -> list[SpeechStarted | Partial | Heard | Noticed]:
        """Return what the call should be told, in order, once."""
        messages, self._messages = self._messages, []
        return messages

    def _judge(self, samples: Floats) -> Window:
        """Return what the detector says about the next window."""
        begin, self._position = self._position, self._position + WINDOW
        amplified = self._gain.amplify(samples)
        probability = self._detector.probability(self._track, amplified)
        heard = level_dbfs(samples)
        noticed = self._sounds.window(samples, begin / SAMPLE_RATE, heard, probability)
        if noticed is not None:
            self._messages.append(noticed)
        if self._steadiness.steady(heard):
            probability = 0.0
        self._gain.heard(heard, probability)
        return Window(
            begin / SAMPLE_RATE, self._position / SAMPLE_RATE, probability, level_dbfs(amplified)
        )

    def _take(self, outputs: Iterable[Output]) -> None:
        for output in outputs:
            if isinstance(output, Started):
                self._start(output)
            elif self._turn is None:
                continue
            elif isinstance(output, Decode):
                # A newer wish replaces one that no worker has begun: it covers the same audio.
                self._wanted = self._make_job(self._turn, output)
            else:
                self._over(self._turn, output)

    def _start(self, started: Started) -> None:
        first = max(self._first, round((started.at - HEAD) * SAMPLE_RATE))
        self._turn = _Turn(
            started.at, first, self._recogniser.utterance(self._endpointer.expectation)
        )
        self._messages.append(SpeechStarted(started.at))

    def _over(self, turn: _Turn, over: Over) -> None:
        turn.over, self._turn = over, None
        expectation = self._endpointer.expectation
        # Whatever was still wanted of this turn, its end supersedes.
        self._wanted = None
        judged = turn.judged
        if not over.spoken or expectation.kind is Kind.NOTHING:
            self._close(turn, over, NOTHING)
        elif (
            turn.reading is not None
            and judged is not None
            and judged.decode.voiced_end == over.end
            and judged.expectation == expectation
        ):
            self._close(turn, over, turn.reading)
        else:
            decode = Decode(over.start, over.decided, over.end, final=True)
            self._closing.append(self._make_job(turn, decode, closes=True))

    def _make_job(self, turn: _Turn, decode: Decode, *, closes: bool = False) -> Job:
        begin = turn.first - self._first
        end = round(decode.end * SAMPLE_RATE) - self._first
        expectation, samples = self._endpointer.expectation, self._audio[begin:end]
        return Job(
            turn, decode, expectation, samples, closes, self._turns,
            self._usual.level, self._recogniser.language,
        )  # fmt: skip

    def _close(self, turn: _Turn, over: Over, reading: Reading) -> None:
        offset = turn.first / SAMPLE_RATE
        words = tuple(
            replace(word, start=round(word.start + offset, 3), end=round(word.end + offset, 3))
            for word in reading.words
        )
        if reading.text and turn.manner is Manner.SPEECH:
            self._usual.note(turn.level)
        self._messages.append(
            Heard(
                reading.text,
                reading.confidence if reading.text else 0.0,
                over.start,
                over.end,
                over.decided,
                words,
                reading.alternatives,
                written(reading.text, self._recogniser.language),
                turn.manner,
            )
        )
