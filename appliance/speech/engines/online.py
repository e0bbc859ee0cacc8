"""Streaming recognisers: one stream of sherpa-onnx an utterance.

    samples ─► Intake ─► stream ─┬─► partial: what has come out of whole chunks
                                 └─► read: silence after it, until the last chunk is full

A look at the end of an utterance (`read`) fills up the last chunk with silence that nobody made.
Should the caller go on, that silence must not stand in the middle of what was said: the stream is
made anew and hears all of it again while the caller talks, which costs nobody any waiting. Where
that would take longer than `REPLAY` on this box, the stream goes on with its lengthened pause
instead, and the times of later words are corrected for it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from appliance.speech.engines import hypothesis, loading
from appliance.speech.engines.base import HEAD, RATE, TAIL
from appliance.speech.engines.intake import Intake
from appliance.speech.engines.matching import Matchers
from appliance.system.packs.manifest import PackError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from appliance.contracts.expectation import Expectation
    from appliance.speech.engines.hypothesis import Hypothesis
    from appliance.speech.recognition.scoring import Reading
    from appliance.system.packs.manifest import Pack

Floats = npt.NDArray[np.float32]

REPLAY: Final = 0.4
"""Seconds of computing that hearing an utterance again may take."""
_MEASURED: Final = 1.0
"""Seconds of faint noise that a new recogniser is timed with."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One of sherpa-onnx's streams and the recogniser that it belongs to."""

    engine: Any
    of: Any


def decode(streams: Sequence[Stream]) -> None:
    """Decode all chunks that are full, those of one recogniser together."""
    waiting = list(streams)
    while waiting := [stream for stream in waiting if stream.engine.is_ready(stream.of)]:
        engine = waiting[0].engine
        engine.decode_streams([stream.of for stream in waiting if stream.engine is engine])


class StreamingUtterance:
    """One turn on one stream."""

    def __init__(self, recogniser: StreamingRecogniser, hotwords: tuple[str, ...] = ()) -> None:
        self._recogniser = recogniser
        self._intake = recogniser.intake()
        self._sound: list[Floats] = []
        """All that was heard, at the model's rate."""
        self._hotwords = hotwords
        self._stream = recogniser.stream(hotwords)
        self._given = 0
        """Pieces of `_sound` that the stream has."""
        self._filled = False
        """Whether the stream ends with silence that nobody made …"""
        self._gaps: list[tuple[float, float]] = []
        """… and where in it such silence stands: (from, how long), seconds."""

    @property
    def seconds(self) -> float:
        """Seconds heard."""
        return sum(map(len, self._sound)) / self._recogniser.model.sample_rate

    def accept(self, samples: Floats) -> None:
        """Append samples (±1, 8 kHz)."""
        made = self._intake.push(samples)
        if len(made):
            self._sound.append(made)

    def partial(self, silence: float) -> str:
        """Return the free text of the chunks that are full; silence is left to come by itself."""
        if silence < 0:
            raise ValueError("silence lasts no less than 0 s")
        self._go_on()
        return self._heard(silence).text

    def read(self, expectation: Expectation, silence: float) -> Reading:
        """Return the best reading under what is expected."""
        recogniser = self._recogniser
        hotwords = recogniser.hotwords(expectation)
        if (
            hotwords != self._hotwords
            and recogniser.matters(self._stream, hotwords)
            and recogniser.affordable(self.seconds)
        ):
            self._renew(hotwords)
        self._go_on()
        if not self._filled:
            missing = max(TAIL, recogniser.model.lookahead) - silence
            if missing > 0:
                rate = recogniser.model.sample_rate
                self._gaps.append((self._position(), missing))
                recogniser.feed(self._stream, np.zeros(round(missing * rate), np.float32))
                self._filled = True
        return recogniser.matchers(expectation).read(self._heard(silence))

    def give(self) -> Stream:
        """Give the stream what it has not got yet, without decoding it; return the stream."""
        if self._given < len(self._sound):
            if self._filled and self._recogniser.affordable(self.seconds):
                self._renew(self._hotwords)
            fresh = np.concatenate(self._sound[self._given :])
            self._given = len(self._sound)
            self._filled = False
            self._stream.of.accept_waveform(self._recogniser.model.sample_rate, fresh)
        return self._stream

    def _go_on(self) -> None:
        """Let the stream hear what it has not heard yet."""
        decode([self.give()])

    def _renew(self, hotwords: tuple[str, ...]) -> None:
        self._hotwords = hotwords
        self._stream = self._recogniser.stream(hotwords)
        self._given, self._filled, self._gaps = 0, False, []

    def _position(self) -> float:
        """Return the stream's time in seconds, silence that nobody made included."""
        return self.seconds + sum(length for _, length in self._gaps)

    def _heard(self, silence: float) -> Hypothesis:
        voiced = max(0.0, self.seconds - silence)
        return self._recogniser.result(self._stream, self._true, voiced)

    def _true(self, moment: float) -> float:
        """Return when something was said that the stream believes to have heard at `moment`."""
        return moment - sum(min(length, moment - at) for at, length in self._gaps if moment > at)


class StreamingRecogniser:
    """A streaming recogniser pack, loaded; methods may be called from any thread."""

    def __init__(self, pack: Pack, threads: int = 1) -> None:
        """Check and load the pack, and time it. Raises PackError where it cannot be used."""
        self.model = loading.check_pack(pack)
        self.name = pack.name
        self.language = pack.language
        self._level = pack.stt.level_dbfs if pack.stt else 0.0
        self._engines = loading.Engines(self.model, threads)
        self.matchers = Matchers(pack)
        self.real_time_factor = self._measure()
        """Seconds of computing a second of sound takes."""

    def utterance(self, expectation: Expectation | None = None) -> StreamingUtterance:
        """Begin to hear a turn; knowing what is expected spares hearing it twice."""
        return StreamingUtterance(self, self.hotwords(expectation) if expectation else ())

    def prepare(self, expectation: Expectation) -> None:
        """Lay out the phrases of an expectation so that the first reading does not wait for it."""
        self.matchers(expectation)
        self._engines.prepare(self.hotwords(expectation))

    def intake(self) -> Intake:
        """Return what turns a caller's samples into the model's."""
        return Intake(self.model.sample_rate, self._level)

    def affordable(self, seconds: float) -> bool:
        """Whether hearing so many seconds again is done before anybody misses it."""
        return seconds * self.real_time_factor <= REPLAY

    def hotwords(self, expectation: Expectation) -> tuple[str, ...]:
        """Return what to make likelier, none where the model cannot."""
        return loading.hotwords(self.model, expectation)

    def stream(self, hotwords: tuple[str, ...]) -> Stream:
        """Open a stream in which `hotwords` are likelier."""
        engine = self._engines.of(hotwords)
        # sherpa-onnx divides hot words at the slash; a graph has them already.
        words = "/".join(hotwords) if hotwords and not self.model.graph else None
        return Stream(engine, engine.create_stream(words))

    def matters(self, stream: Stream, hotwords: tuple[str, ...]) -> bool:
        """Whether a stream opened for these words would hear anything else than `stream`."""
        return not self.model.graph or self._engines.of(hotwords) is not stream.engine

    def feed(self, stream: Stream, samples: Floats) -> None:
        """Let a stream hear samples (±1, the model's rate) and decode the chunks they fill."""
        stream.of.accept_waveform(self.model.sample_rate, samples)
        decode([stream])

    def decode_many(self, utterances: Sequence[StreamingUtterance]) -> None:
        """Decode together what several callers have said; looking at each is cheap then.

        A chunk is a few rows for each layer's matrix: eight callers at once were measured to take a
        third of the time of one after the other (dense layers of 20 MB in 8 bits). No utterance may
        be used elsewhere meanwhile.
        """
        decode([utterance.give() for utterance in utterances])

    def result(self, stream: Stream, true: Callable[[float], float], voiced: float) -> Hypothesis:
        """Return what a stream has heard.

        `true` corrects its times; `voiced` is where the voice ends, for models without times.
        """
        found = stream.engine.get_result_all(stream.of)
        times = [true(moment * self.model.stretch) for moment in found.timestamps]
        told = hypothesis.timed(list(found.tokens), times, list(found.ys_probs))
        begin = min(HEAD, voiced)
        return told or hypothesis.untimed(str(found.text), begin, voiced, list(found.ys_probs))

    def _measure(self) -> float:
        """Decode faint noise: what fails here would fail with the first caller."""
        noise = loading.faint(round((_MEASURED + self.model.lookahead) * RATE))
        try:
            samples = self.intake().push(noise)
            began = time.perf_counter()
            stream = self.stream(())
            self.feed(stream, samples)
            self.result(stream, lambda moment: moment, _MEASURED)
        except (RuntimeError, IndexError, ValueError) as error:
            raise PackError(loading.unusable(self.model, error)) from None
        return (time.perf_counter() - began) / (len(noise) / RATE)
