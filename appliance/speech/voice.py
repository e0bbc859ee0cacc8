"""Text to telephone audio with a voice pack.

    text -> clauses -> phrases of IPA -> sherpa-onnx (one graph) -> level -> rate -> limit -> int16
                            one phrase at a time, one call of `on_audio` each

A phrase is a sentence, or a part of a long one that ends at a mark. The graph makes audio some
hundred times faster than it is heard, so the first phrase is out within tens of milliseconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import sherpa_onnx

from appliance.contracts.errors import UserError
from appliance.speech.phonemes import phonemise
from appliance.speech.text import clauses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

PHRASE_CHARACTERS: Final = 90
"""A phrase longer than this in IPA ends at its next mark; voices are taught on up to about 110."""
LEVEL: Final = 10 ** (-20 / 20)
"""RMS of the loud parts of a phrase, relative to full scale."""
CEILING: Final = 10 ** (-3 / 20)
"""No sample exceeds this; the limiter begins to bend 3 dB below."""
_KNEE: Final = 10 ** (-6 / 20)
_GAIN_LIMITS: Final = (0.1, 8.0)
_PAUSES: Final = {".": 0.18, "!": 0.18, "?": 0.18, ";": 0.08, ":": 0.08, ",": 0.0}
"""Seconds of silence after a phrase, besides the fifth of a second that a voice leaves itself."""


class VoiceError(UserError):
    """The voice pack could not be loaded."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """What is synthesised in one go."""

    ipa: str
    """Code points of IPA with single spaces, and marks, as piper voices expect them."""
    mark: str
    """The closing mark, one of ``, ; : . ! ?``"""


def phrases(text: str, voice: str = "en-us") -> Iterator[Phrase]:
    """Divide English `text` into phrases, each ready when asked for.

    Raises:
        PhonemesError: espeak-ng is not installed.

    """
    held = ""
    for clause in clauses(text):
        said = phonemise(clause.words, voice)
        if held and len(held) + len(said) > PHRASE_CHARACTERS:
            yield Phrase(held, held[-1])
            held = ""
        if said:
            held = f"{held} {said}{clause.mark}".lstrip()
        if held and clause.mark in ".!?":
            yield Phrase(held, clause.mark)
            held = ""
    if held:
        yield Phrase(held, held[-1])


class Resampler:
    """Streaming change of rate by a windowed-sinc polyphase filter, mono float32.

    Pieces may have any length; the joints are inaudible because the filter keeps its past. The
    output starts without delay: the filter's own is cut from the front and made good by `flush`.
    Stop band from about 1.03 times the lower Nyquist frequency, 80 dB down.
    """

    def __init__(self, source: int, target: int) -> None:
        """Prepare for `source` Hz in, `target` Hz out."""
        shared = math.gcd(source, target)
        self._up, self._down = target // shared, source // shared
        wide = max(self._up, self._down)
        # The filter's middle lies on an output, so that its delay can be cut off whole.
        middle = self._down * math.ceil(24 * wide / self._down)
        self._taps = -(-(2 * middle + 1) // self._up)
        at = np.arange(self._taps * self._up) - middle
        cutoff = 0.925 / wide
        window = np.i0(8.0 * np.sqrt(np.maximum(0.0, 1 - (at / middle) ** 2))) / np.i0(8.0)
        window[np.abs(at) > middle] = 0.0
        prototype = cutoff * np.sinc(cutoff * at) * window * self._up
        # Row p holds the taps for outputs that fall p steps after an input, newest input last.
        phases = prototype.reshape(self._taps, self._up).T[:, ::-1]
        self._phases: NDArray[np.float32] = np.ascontiguousarray(phases, np.float32)
        self._past: NDArray[np.float32] = np.zeros(self._taps - 1, np.float32)
        self._first = 0
        """Number of the input that the window ending `_past` would take next."""
        self._next = middle // self._down
        """Number of the next output, counted with the filter's delay."""
        self._rest = -(-middle // self._up)

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take samples, return those of the new rate that can be made by now."""
        if self._up == self._down:
            return samples
        held = np.concatenate([self._past, samples])
        end = self._first + len(samples)
        last = -(-end * self._up // self._down)  # first output that needs input `end`
        numbers = np.arange(self._next, max(self._next, last))
        made = np.empty(len(numbers), np.float32)
        if not len(numbers):
            self._first, self._past = end, held[len(samples) :]
            return made
        windows = np.lib.stride_tricks.sliding_window_view(held, self._taps)
        for at in range(0, len(numbers), 4096):  # blocks bound the memory of the gathered windows
            steps = numbers[at : at + 4096] * self._down
            chosen = windows[steps // self._up - self._first]
            made[at : at + 4096] = np.einsum("nk,nk->n", chosen, self._phases[steps % self._up])
        self._next += len(numbers)
        self._first, self._past = end, held[len(samples) :]
        return made

    def flush(self) -> NDArray[np.float32]:
        """Return what the filter still holds."""
        if self._up == self._down:
            return np.zeros(0, np.float32)
        return self.push(np.zeros(self._rest, np.float32))


def levelled(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Bring the loud parts of a phrase to `LEVEL`, so that packs and phrases sound alike."""
    frame = rate // 50
    count = len(samples) // frame
    if count == 0:
        return samples
    power = (samples[: count * frame].reshape(count, frame) ** 2).mean(1)
    loud = power[power > power.max() / 1000]
    if not len(loud):
        return samples
    low, high = _GAIN_LIMITS
    gain = min(high, max(low, LEVEL / math.sqrt(float(loud.mean()))))
    return samples * np.float32(gain)


def promptly(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Cut the quiet that a voice learnt to begin with: a caller waits for each millisecond of it.

    15 ms stay before the first sample above -46 dBFS, for consonants that begin softly.
    """
    loud = np.flatnonzero(np.abs(samples) > 0.005)
    return samples[max(0, int(loud[0]) - rate * 15 // 1000) :] if len(loud) else samples


def limited(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """Bend peaks smoothly below `CEILING` and write 16-bit samples."""
    size = np.abs(samples)
    room = CEILING - _KNEE
    bent = np.where(size > _KNEE, _KNEE + room * np.tanh((size - _KNEE) / room), size)
    return np.asarray(np.round(np.copysign(bent, samples) * 32767.0), dtype=np.int16)


class Voice:
    """A loaded voice; any number of threads may use it at once."""

    def __init__(
        self,
        model: Path,
        tokens: Path,
        sample_rate: int,
        threads: int = 1,
        *,
        target_rate: int = 8000,
        accent: str = "en-us",
    ) -> None:
        """Load a pack's files.

        Args:
            model: ONNX graph with sherpa-onnx's "VITS, piper" interface.
            tokens: its table of code points.
            sample_rate: rate of the graph's audio in Hz.
            threads: cores one phrase may use.
            target_rate: rate in Hz of what `say` and `render` give.
            accent: espeak-ng voice that turns words into phonemes.

        Raises:
            VoiceError: a file is missing or not a voice.
            PhonemesError: espeak-ng is not installed.

        """
        for path in (model, tokens):
            if not path.is_file():
                msg = f"voice file is missing: {path}"
                raise VoiceError(msg)
        config = sherpa_onnx.OfflineTtsConfig(
            model=sherpa_onnx.OfflineTtsModelConfig(
                vits=sherpa_onnx.OfflineTtsVitsModelConfig(model=str(model), tokens=str(tokens)),
                num_threads=threads,
            ),
            max_num_sentences=1,
        )
        if not config.validate():
            msg = f"not a voice that sherpa-onnx can load: {model}"
            raise VoiceError(msg)
        self._engine = sherpa_onnx.OfflineTts(config)
        if self._engine.sample_rate != sample_rate:
            msg = f"{model} speaks at {self._engine.sample_rate} Hz, its pack says {sample_rate}"
            raise VoiceError(msg)
        self._known = frozenset(
            line[0] for line in tokens.read_text(encoding="utf-8").splitlines() if line
        )
        self._rate, self._target, self._accent = sample_rate, target_rate, accent
        # The first words of a process take a second (espeak-ng's data, the graph's memory): not
        # the caller's second.
        self.render("Ready.")

    @property
    def rate(self) -> int:
        """Rate in Hz of the audio given out."""
        return self._target

    def say(
        self, text: str, on_audio: Callable[[NDArray[np.int16]], bool], speed: float = 1.0
    ) -> bool:
        """Speak `text`, phrase by phrase.

        Args:
            text: English as written; nothing happens when there is nothing to say.
            on_audio: called in this thread with mono int16 samples at `rate`; False stops.
            speed: 1.0 as taught, larger is faster; kept within 0.5 to 2.

        Returns:
            whether everything was said.

        Raises:
            PhonemesError: espeak-ng is not installed.

        """
        speed = min(2.0, max(0.5, speed))
        resampler = Resampler(self._rate, self._target)
        waiting: Phrase | None = None
        first = True
        # One phrase is looked at ahead, so that the last one also carries the filter's rest.
        for phrase in phrases(text, self._accent):
            if waiting:
                if not on_audio(self._spoken(waiting, speed, resampler, first=first)):
                    return False
                first = False
            waiting = phrase
        return waiting is None or on_audio(
            self._spoken(waiting, speed, resampler, first=first, last=True)
        )

    def render(self, text: str, speed: float = 1.0) -> NDArray[np.int16]:
        """Speak `text` into one array of mono int16 samples at `rate`."""
        pieces: list[NDArray[np.int16]] = [np.zeros(0, np.int16)]

        def keep(piece: NDArray[np.int16]) -> bool:
            pieces.append(piece)
            return True

        self.say(text, keep, speed)
        return np.concatenate(pieces)

    def _spoken(
        self, phrase: Phrase, speed: float, resampler: Resampler, *, first: bool, last: bool = False
    ) -> NDArray[np.int16]:
        samples = levelled(self._synthesised(phrase, speed), self._rate)
        if first:
            samples = promptly(samples, self._rate)
        pieces = [resampler.push(samples)]
        if last:
            pieces.append(resampler.flush())
        else:
            rest = int(_PAUSES[phrase.mark] / speed * self._rate)
            pieces.append(resampler.push(np.zeros(rest, np.float32)))
        return limited(np.concatenate(pieces))

    def _synthesised(self, phrase: Phrase, speed: float) -> NDArray[np.float32]:
        wanted = sherpa_onnx.GenerationConfig()
        wanted.silence_scale = 1.0
        wanted.speed = speed
        # Code points a pack does not know would only be logged and skipped by the engine.
        wanted.phoneme_codepoints = [[ord(c) for c in phrase.ipa if c in self._known]]
        made = self._engine.generate("", wanted)
        return np.asarray(made.samples, np.float32)
