"""Text to telephone audio with a voice pack.

    text ─► phrases ─► engine ─► promptly, edges faded ─► rate ─► to level ─► peaks held ─► int16
                            one phrase at a time, one call of `on_audio` each

The first phrase is short and its audio is out within tens of milliseconds; while it is heard the
others are made. Levels and edges: `loudness`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import numpy as np

from appliance.speech.engines.voices import Synthesiser
from appliance.speech.speaking.loudness import (
    DBM0,
    SPEECH_DBM0,
    active_level,
    faded,
    gain_to,
    limited,
)
from appliance.speech.speaking.phrasing import phrases
from appliance.speech.speaking.resampling import Resampler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Protocol

    import numpy.typing as npt

    from appliance.speech.speaking.phrasing import Phrase, Takes
    from appliance.speech.words.pronunciation import Pronunciations

    Floats = npt.NDArray[np.float32]
    Int16s = npt.NDArray[np.int16]

    class Engine(Protocol):
        """What makes sound of a phrase; `engines.voices.Synthesiser`."""

        takes: Takes
        rate: int

        def synthesise(self, said: str, speed: float) -> Floats:
            """Return the audio of a phrase at `rate` Hz."""


RENDERING: Final = 2
"""Number of the way in which text becomes sound; a new one makes every cached prompt stale."""
SLOWEST, FASTEST = 0.5, 2.0
"""Bounds of the speed; beyond them nobody follows."""
_PAUSES: Final = {".": 0.18, "!": 0.18, "?": 0.18, ";": 0.08, ":": 0.08, ",": 0.0, "": 0.0}
"""Seconds of silence after a phrase, besides the fifth of a second that a voice leaves itself."""
_SETTLE: Final = 0.004
"""Seconds of silence after any phrase, in which the change of rate comes to rest before another
gain begins."""
LONGEST_PAUSE: Final = 10.0
"""Seconds; an author who asks for more has slipped."""
_CORRECTION_DB: Final = 4.0
"""dB by which one phrase is brought nearer to the level than the voice as a whole."""
_EDGE: Final = 0.005
"""Sample value (±1) up to which a voice has not begun: -46 dBFS."""
_LEAD: Final = 0.015
"""Seconds before it that stay, for consonants that begin softly."""
_TUNING: Final = {
    "en": "Please hold the line while I connect you. We are open from nine to five.",
    "de": "Bitte bleiben Sie am Apparat, ich verbinde Sie. Wir haben von neun bis fünf geöffnet.",
}
"""What a voice says to itself to learn its own level."""


def promptly(samples: Floats, rate: int) -> Floats:
    """Cut the quiet that a voice learnt to begin with: a caller waits for each millisecond of it.

    15 ms stay before the first sample above -46 dBFS.
    """
    loud = np.flatnonzero(np.abs(samples) > _EDGE)
    return samples[max(0, int(loud[0]) - round(rate * _LEAD)) :] if len(loud) else samples


def _closely(samples: Floats, rate: int) -> Floats:
    """Cut the quiet at the end, where the next phrase runs on."""
    return promptly(samples[::-1], rate)[::-1]


class Speaking:
    """A loaded voice; any number of threads may use it at once."""

    def __init__(
        self,
        engine: Engine,
        *,
        target_rate: int = 8000,
        language: str = "en",
        accent: str = "",
        loudness: float = 0.0,
        lexicon: Callable[[], Pronunciations | None] = lambda: None,
        name: str = "voice",
    ) -> None:
        """Take a loaded engine and let it say a sentence, by which its level is found.

        Args:
            engine: what makes the sound.
            target_rate: rate in Hz of what `say` and `render` give.
            language: of the texts (ISO 639-1).
            accent: espeak-ng voice that turns words into phonemes; empty: the language's own.
            loudness: dB above (or below) telephone level.
            lexicon: returns how names of this site are said, asked anew for each text.
            name: of the pack and its version, for `identity`.

        Raises:
            PhonemesError: espeak-ng is not installed.

        """
        self._engine = engine
        self._target, self._language, self._accent = target_rate, language, accent
        self._loudness, self._lexicon, self._name = loudness, lexicon, name
        # The first words of a process take a second (espeak-ng's data, the graph's memory): not
        # the caller's second.
        self._gain = self._tuned()

    @property
    def rate(self) -> int:
        """Rate in Hz of the audio given out."""
        return self._target

    @property
    def identity(self) -> str:
        """Who speaks and how: equal for two voices only where a text sounds the same by both."""
        lexicon = self._lexicon()
        names = lexicon.words(self._language) if lexicon else ()
        said = [lexicon.entry(name, self._language) for name in names] if lexicon else []
        settings = (RENDERING, self._loudness, self._accent, said)
        digest = hashlib.sha256(repr(settings).encode()).hexdigest()
        return f"{self._name}+{digest[:12]}"

    def say(self, text: str, on_audio: Callable[[Int16s], bool], speed: float = 1.0) -> bool:
        """Speak `text`, phrase by phrase.

        Args:
            text: as written, or SSML where it begins with `<speak`; nothing happens when there is
                nothing to say.
            on_audio: called in this thread with mono int16 samples at `rate`; False stops.
            speed: 1.0 as taught, larger is faster; kept within 0.5 to 2.

        Returns:
            whether everything was said.

        Raises:
            PhonemesError: espeak-ng is not installed.

        """
        speed = min(FASTEST, max(SLOWEST, speed))
        resampler = Resampler(self._engine.rate, self._target)
        parts = self._phrases(text)
        before: Phrase | None = None
        phrase = next(parts, None)
        gain = self._gain
        while phrase is not None:
            sound = self._sounded(phrase, before, speed)
            before, phrase = phrase, next(parts, None)
            pieces = [resampler.push(sound)]
            if phrase is None:
                pieces.append(resampler.flush())
            heard = np.concatenate(pieces)
            if before.said:
                gain = self._gain_for(before, heard)
            if not on_audio(limited(heard * np.float32(gain), self._target)):
                return False
        return True

    def render(self, text: str, speed: float = 1.0) -> Int16s:
        """Speak `text` into one array of mono int16 samples at `rate`."""
        pieces: list[Int16s] = [np.zeros(0, np.int16)]

        def keep(piece: Int16s) -> bool:
            pieces.append(piece)
            return True

        self.say(text, keep, speed)
        return np.concatenate(pieces)

    def _phrases(self, text: str) -> Iterator[Phrase]:
        return phrases(
            text,
            self._language,
            accent=self._accent,
            lexicon=self._lexicon(),
            takes=self._engine.takes,
        )

    def _tuned(self) -> float:
        """Return the factor that brings the voice as a whole to telephone level."""
        text = _TUNING.get(self._language, "1, 2, 3, 4, 5.")
        resampler = Resampler(self._engine.rate, self._target)
        said = [self._sounded(part, None, 1.0) for part in self._phrases(text)]
        heard = resampler.push(np.concatenate([*said, np.zeros(0, np.float32)]))
        return gain_to(SPEECH_DBM0 + DBM0, heard, self._target)

    def _gain_for(self, phrase: Phrase, heard: Floats) -> float:
        """Return the factor that brings a phrase, as the telephone carries it, to its level.

        Phrases of one voice may differ by what is natural; what is more is a fault of the graph.
        """
        level = active_level(heard * np.float32(self._gain), self._target)
        wrong = SPEECH_DBM0 + DBM0 - level if np.isfinite(level) else 0.0
        wrong = min(_CORRECTION_DB, max(-_CORRECTION_DB, wrong))
        return self._gain * float(10 ** ((wrong + phrase.volume_db + self._loudness) / 20))

    def _sounded(self, phrase: Phrase, before: Phrase | None, speed: float) -> Floats:
        """Return a phrase and the silence after it, at the engine's rate."""
        rate = self._engine.rate
        pace = min(FASTEST, max(SLOWEST, speed * phrase.rate))
        rest = _PAUSES.get(phrase.mark, 0.0) / pace + min(phrase.pause, LONGEST_PAUSE)
        silence = np.zeros(round(max(_SETTLE, rest) * rate), np.float32)
        if not phrase.said:
            return silence
        samples = self._engine.synthesise(phrase.said, pace)
        if before is None or not before.mark:
            samples = promptly(samples, rate)
        if not phrase.mark and not phrase.pause:
            samples = _closely(samples, rate)
        return np.concatenate([faded(samples, rate), silence])


class Voice(Speaking):
    """A voice of two files without a manifest: what a recipe has just trained."""

    def __init__(
        self,
        model: Path,
        tokens: Path,
        sample_rate: int,
        threads: int = 1,
        *,
        target_rate: int = 8000,
        accent: str = "en-us",
        language: str = "en",
    ) -> None:
        """Load a graph with sherpa-onnx's "VITS, piper" interface and its table of code points.

        Args:
            model: the graph.
            tokens: the table.
            sample_rate: rate of the graph's audio in Hz.
            threads: cores one phrase may use.
            target_rate: rate in Hz of what `say` and `render` give.
            accent: espeak-ng voice that turns words into phonemes.
            language: of the texts.

        Raises:
            VoiceError: a file is missing or not a voice.
            PhonemesError: espeak-ng is not installed.

        """
        engine = Synthesiser(
            "sherpa-onnx/vits-piper",
            {"model": model, "tokens": tokens},
            sample_rate,
            threads=threads,
            language=language,
            accent=accent,
        )
        super().__init__(engine, target_rate=target_rate, language=language, accent=accent)
