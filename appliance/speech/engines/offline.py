"""Recognisers that read an utterance as a whole: it is decoded anew at every look.

    samples ─► Intake ─► all so far ─► level ─► silence after it ─► sherpa-onnx ─► words

What a look costs on this box is measured when the pack is loaded (some models work on 30 s
whatever they are given). Partials may take a `SHARE` of a core for each caller who talks; a model
that is too slow for that gives fewer, and none at all for long utterances.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from appliance.speech.engines import hypothesis, loading
from appliance.speech.engines.base import HEAD, RATE, TAIL
from appliance.speech.engines.hypothesis import Hypothesis
from appliance.speech.engines.intake import Intake
from appliance.speech.engines.matching import Matchers
from appliance.speech.features import voiced_rms
from appliance.system.packs.manifest import PackError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.contracts.expectation import Expectation
    from appliance.speech.recognition.scoring import Reading
    from appliance.system.packs.manifest import Pack

Floats = npt.NDArray[np.float32]

SHARE: Final = 0.25
"""Seconds of computing that partials may take for each second of talk."""
SHORTEST: Final = 0.6
"""Seconds that a model is given at least: stacked frames of less would read beyond the sound."""
_MEASURED: Final = (1.0, 3.0)
"""Seconds of faint noise that a new recogniser is timed with."""
_LOUDEST: Final = 40.0
"""Most that a quiet caller is amplified: 32 dB."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What decoding takes on this box."""

    once: float
    """Seconds, however short the utterance."""
    each: float
    """Seconds more for each second of it."""

    def of(self, seconds: float) -> float:
        """Return the seconds that decoding so many seconds takes."""
        return self.once + self.each * seconds


class OfflineUtterance:
    """One turn; it is kept whole."""

    def __init__(self, recogniser: OfflineRecogniser) -> None:
        self._recogniser = recogniser
        self._intake = recogniser.intake()
        self._sound: Floats = np.zeros(0, np.float32)
        """All that was heard, at the model's rate."""
        self._level = recogniser.level
        self._raw: Floats = np.zeros(0, np.float32)
        """The same as it came, where its level will be asked for."""
        self._looked = 0.0
        """Seconds of it that the last look saw."""
        self._text = ""
        self._last: tuple[int, tuple[str, ...], Hypothesis] | None = None

    @property
    def seconds(self) -> float:
        """Seconds heard."""
        return len(self._sound) / self._recogniser.model.sample_rate

    def accept(self, samples: Floats) -> None:
        """Append samples (±1, 8 kHz)."""
        self._sound = np.concatenate([self._sound, self._intake.push(samples)])
        if self._level < 0:
            self._raw = np.concatenate([self._raw, samples])

    def partial(self, silence: float) -> str:
        """Return the free text so far; that of an earlier look where a new one costs too much."""
        fresh = self.seconds - self._looked
        if self._recogniser.cost.of(self.seconds) <= SHARE * fresh:
            self._text = self._decode(silence, ()).text
        return self._text

    def read(self, expectation: Expectation, silence: float) -> Reading:
        """Return the best reading under what is expected."""
        recogniser = self._recogniser
        found = self._decode(silence, recogniser.hotwords(expectation))
        self._text = found.text
        return recogniser.matchers(expectation).read(found)

    def _decode(self, silence: float, hotwords: tuple[str, ...]) -> Hypothesis:
        if self._last and self._last[:2] == (len(self._sound), hotwords):
            return self._last[2]
        self._looked = self.seconds
        gain = 1.0
        if self._level < 0 and (rms := voiced_rms(self._raw)) > 1e-5:
            gain = min(_LOUDEST, 10 ** (self._level / 20) / rms)
        found = self._recogniser.decode(
            self._sound * np.float32(gain), TAIL - silence, hotwords, voiced=self.seconds - silence
        )
        self._last = (len(self._sound), hotwords, found)
        return found


class OfflineRecogniser:
    """A recogniser pack that is not streaming, loaded; methods may be called from any thread."""

    def __init__(self, pack: Pack, threads: int = 1) -> None:
        """Check and load the pack, and time it. Raises PackError where it cannot be used."""
        self.model = loading.check_pack(pack)
        self.name = pack.name
        self.language = pack.language
        self.level = pack.stt.level_dbfs if pack.stt else 0.0
        """dBFS of the voiced part that the model wants; 0 where it does not care."""
        self._engines = loading.Engines(self.model, threads)
        self.matchers = Matchers(pack)
        self.cost = self._measure()
        """What decoding takes on this box."""

    def utterance(self, expectation: Expectation | None = None) -> OfflineUtterance:
        """Begin to hear a turn; what is expected matters when it is read."""
        del expectation
        return OfflineUtterance(self)

    def prepare(self, expectation: Expectation) -> None:
        """Lay out the phrases of an expectation so that the first reading does not wait for it."""
        self.matchers(expectation)
        self._engines.prepare(self.hotwords(expectation))

    def intake(self) -> Intake:
        """Return what turns a caller's samples into the model's, at the level that they have."""
        return Intake(self.model.sample_rate, 0.0)

    def hotwords(self, expectation: Expectation) -> tuple[str, ...]:
        """Return what to make likelier, none where the model cannot."""
        return loading.hotwords(self.model, expectation)

    def decode(
        self, samples: Floats, tail: float = TAIL, hotwords: tuple[str, ...] = (),
        voiced: float | None = None,
    ) -> Hypothesis:  # fmt: skip
        """Decode samples (±1, the model's rate) and `tail` seconds of silence after them.

        `voiced` is where the voice ends in them, seconds, for models that tell no times.
        """
        rate = self.model.sample_rate
        seconds = len(samples) / rate
        pad = max(tail, SHORTEST - seconds, 0.0)
        engine = self._engines.of(hotwords)
        # sherpa-onnx divides hot words at the slash; a graph has them already.
        words = "/".join(hotwords) if hotwords and not self.model.graph else None
        stream = engine.create_stream(words)
        stream.accept_waveform(
            rate, np.concatenate([samples, np.zeros(round(pad * rate), np.float32)])
        )
        engine.decode_stream(stream)
        found = stream.result
        sure: Sequence[float] = list(found.ys_log_probs)
        times = [moment * self.model.stretch for moment in found.timestamps]
        told = hypothesis.timed(list(found.tokens), times, sure)
        end = seconds if voiced is None else min(seconds, voiced)
        return told or hypothesis.untimed(str(found.text), min(HEAD, end), end, sure)

    def _measure(self) -> Cost:
        """Decode faint noise: what fails here would fail with the first caller."""
        taken = []
        try:
            for seconds in (_MEASURED[0], *_MEASURED):
                samples = self.intake().push(loading.faint(round(seconds * RATE)))
                began = time.perf_counter()
                self.decode(samples, 0.0)
                taken.append(time.perf_counter() - began)
        except (RuntimeError, IndexError, ValueError) as error:
            raise PackError(loading.unusable(self.model, error)) from None
        # The first run also lays out memory: it is not counted.
        short, long = taken[1:]
        each = max(0.0, (long - short) / (_MEASURED[1] - _MEASURED[0]))
        return Cost(max(0.0, short - each * _MEASURED[0]), each)
