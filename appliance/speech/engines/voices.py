"""Voices of the sherpa-onnx world behind one call: a phrase in, samples out.

    files ─► check (voice_interface) ─► sherpa-onnx OfflineTts ─► synthesise(phrase) ─► samples

sherpa-onnx 2.0 has no espeak-ng any more: families that were taught on its phonemes get ours as
code points, the others get normalised words. ZipVoice and Pocket speak like a recording that must
be handed over with each text; such recordings have no place in a pack, so they are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import sherpa_onnx

from appliance.speech.engines import voice_interface as interface
from appliance.speech.engines.voice_interface import VoiceError
from appliance.speech.speaking.phrasing import Takes
from appliance.speech.words.phonemes import phonemise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy.typing as npt

    from appliance.speech.engines.voice_interface import Interface

    Floats = npt.NDArray[np.float32]
    Model = sherpa_onnx.OfflineTtsModelConfig

_SAMPLE: Final = {
    "en": "please hold the line while i connect you with the reception",
    "de": "bitte bleiben sie am apparat ich verbinde sie mit der rezeption",
}
_KNOWN_SHARE: Final = 0.8
"""Share of a sentence's code points that a token table must know."""


@dataclass(frozen=True, slots=True)
class Family:
    """One family of voices."""

    check: Callable[[Mapping[str, Path]], Interface]
    configure: Callable[[Mapping[str, str]], dict[str, object]]
    """Paths by role → the field of OfflineTtsModelConfig and its value."""
    takes: Takes = Takes.PHONEMES
    roles: tuple[str, ...] = ("model", "tokens")
    languages: frozenset[str] = field(default_factory=frozenset)
    """What it can speak where that is fixed; empty: whatever it was taught."""


def _vits(files: Mapping[str, str]) -> dict[str, object]:
    return {"vits": sherpa_onnx.OfflineTtsVitsModelConfig(
        model=files["model"], tokens=files["tokens"], lexicon=files.get("lexicon", "")
    )}  # fmt: skip


def _matcha(files: Mapping[str, str]) -> dict[str, object]:
    return {"matcha": sherpa_onnx.OfflineTtsMatchaModelConfig(
        acoustic_model=files["model"], vocoder=files["vocoder"], tokens=files["tokens"]
    )}  # fmt: skip


def _kokoro(files: Mapping[str, str]) -> dict[str, object]:
    return {"kokoro": sherpa_onnx.OfflineTtsKokoroModelConfig(
        model=files["model"], voices=files["voices"], tokens=files["tokens"]
    )}  # fmt: skip


def _kitten(files: Mapping[str, str]) -> dict[str, object]:
    return {"kitten": sherpa_onnx.OfflineTtsKittenModelConfig(
        model=files["model"], voices=files["voices"], tokens=files["tokens"]
    )}  # fmt: skip


def _supertonic(files: Mapping[str, str]) -> dict[str, object]:
    return {"supertonic": sherpa_onnx.OfflineTtsSupertonicModelConfig(
        duration_predictor=files["duration"], text_encoder=files["encoder"],
        vector_estimator=files["estimator"], vocoder=files["vocoder"], tts_json=files["config"],
        unicode_indexer=files["indexer"], voice_style=files["voices"],
    )}  # fmt: skip


_STYLED: Final = ("model", "tokens", "voices")
FAMILIES: Final[Mapping[str, Family]] = {
    "sherpa-onnx/vits-piper": Family(interface.piper, _vits),
    "sherpa-onnx/vits-coqui": Family(interface.coqui, _vits),
    "sherpa-onnx/vits-characters": Family(interface.words, _vits, Takes.WORDS),
    "sherpa-onnx/vits-lexicon": Family(
        interface.words, _vits, Takes.WORDS, ("model", "tokens", "lexicon")
    ),
    "sherpa-onnx/matcha": Family(interface.matcha, _matcha, roles=("model", "tokens", "vocoder")),
    "sherpa-onnx/kokoro": Family(interface.kokoro, _kokoro, roles=_STYLED),
    "sherpa-onnx/kitten": Family(interface.kitten, _kitten, roles=_STYLED),
    "sherpa-onnx/supertonic": Family(
        interface.supertonic,
        _supertonic,
        Takes.WORDS,
        ("duration", "encoder", "estimator", "vocoder", "config", "indexer", "voices"),
        interface.SUPERTONIC_LANGUAGES,
    ),
}
"""Engines as manifests name them."""


class Synthesiser:
    """A loaded voice without any text or sound of its own; threads may share it."""

    def __init__(
        self,
        engine: str,
        files: Mapping[str, Path],
        sample_rate: int,
        *,
        threads: int = 1,
        speaker: int = 0,
        language: str = "en",
        accent: str = "",
    ) -> None:
        """Check and load the files of a pack.

        Args:
            engine: one of `FAMILIES`.
            files: role to file.
            sample_rate: Hz that the pack says.
            threads: cores one phrase may use.
            speaker: number of the speaker in a graph of several.
            language: of what it will say.
            accent: espeak-ng voice whose phonemes its token table must know; empty: not checked.

        Raises:
            VoiceError: a file is missing, or they do not fit together.
            PhonemesError: espeak-ng is not installed.

        """
        family = FAMILIES[engine]
        for role in family.roles:
            if role not in files:
                msg = f"voice file is missing: it has none of role '{role}'"
                raise VoiceError(msg)
        found = family.check(files)
        model = files.get("model", next(iter(files.values())))
        if found.sample_rate != sample_rate:
            msg = f"{model} speaks at {found.sample_rate} Hz, its pack says {sample_rate}"
            raise VoiceError(msg)
        if not 0 <= speaker < found.speakers:
            msg = f"{model} has {found.speakers} speakers, its pack asks for number {speaker}"
            raise VoiceError(msg)
        if family.languages and language not in family.languages:
            msg = f"{engine} does not speak '{language}'"
            raise VoiceError(msg)
        if accent and family.takes is Takes.PHONEMES:
            _check_phonemes(found.known, language, accent, files["tokens"])
        self.takes = family.takes
        self.rate = sample_rate
        self._known, self._longest = found.known, found.longest
        self._speaker, self._language = speaker, language
        config = sherpa_onnx.OfflineTtsConfig(
            model=sherpa_onnx.OfflineTtsModelConfig(
                **family.configure({role: str(path) for role, path in files.items()}),
                num_threads=threads,
            ),
            max_num_sentences=1,
        )
        if not config.validate():
            msg = f"not a voice that sherpa-onnx can load: {model}"
            raise VoiceError(msg)
        self._engine = sherpa_onnx.OfflineTts(config)

    def synthesise(self, said: str, speed: float) -> Floats:
        """Return the audio (±1, `rate` Hz) of a phrase: IPA or words, as `takes` tells.

        `speed`: 1.0 as taught, larger is faster.
        """
        wanted = sherpa_onnx.GenerationConfig()
        wanted.silence_scale = 1.0
        wanted.speed = speed
        wanted.sid = self._speaker
        if self.takes is Takes.WORDS:
            wanted.extra = {"lang": self._language}
            made = self._engine.generate(said, wanted)
        else:
            # Code points a pack does not know would only be logged and skipped by the engine.
            points = [ord(c) for c in said if c in self._known]
            step = self._longest or max(1, len(points))
            parts = [points[at : at + step] for at in range(0, len(points), step)]
            if not parts:
                return np.zeros(0, np.float32)
            wanted.phoneme_codepoints = parts
            made = self._engine.generate("", wanted)
        return np.asarray(made.samples, np.float32)


def _check_phonemes(known: frozenset[str], language: str, accent: str, tokens: Path) -> None:
    sentence = _SAMPLE.get(language)
    if sentence is None:
        return
    said = phonemise(sentence, accent).replace(" ", "")
    share = sum(c in known for c in said) / max(1, len(said))
    if share < _KNOWN_SHARE:
        missing = " ".join(sorted(set(said) - known)[:8])
        msg = (
            f"'{tokens.name}' does not know most of espeak-ng's phonemes ({missing} …): it is the "
            "table of another model or language"
        )
        raise VoiceError(msg)
