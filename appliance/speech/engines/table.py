"""From the engine that a manifest names to the adapter that runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.speech.engines import rows
from appliance.speech.engines.offline import OfflineRecogniser
from appliance.speech.engines.online import StreamingRecogniser
from appliance.speech.engines.voice_interface import VoiceError
from appliance.speech.engines.voices import FAMILIES, Synthesiser
from appliance.speech.recognition.recogniser import CtcRecogniser
from appliance.speech.speaking.voice import Speaking
from appliance.system.packs.manifest import PackError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.speech.engines.base import Recogniser, Speaker
    from appliance.speech.words.pronunciation import Pronunciations
    from appliance.system.packs.manifest import Pack


_RECOGNISERS: Final[Mapping[str, Callable[[Pack, int], Recogniser]]] = {
    "sherpa-onnx/zipformer-ctc": CtcRecogniser,
    **{
        engine: StreamingRecogniser if family.streaming else OfflineRecogniser
        for engine, family in rows.FAMILIES.items()
    },
}
_SPEAKERS: Final = FAMILIES


def load_recogniser(pack: Pack, threads: int = 1) -> Recogniser:
    """Load a recogniser pack. Raises PackError where its files do not fit together."""
    return _RECOGNISERS[pack.engine](pack, threads)


def load_speaker(
    pack: Pack,
    threads: int = 1,
    rate: int = 8000,
    *,
    loudness: float = 0.0,
    lexicon: Callable[[], Pronunciations | None] = lambda: None,
) -> Speaker:
    """Load a voice pack that gives audio of `rate` Hz.

    `loudness` in dB against telephone level; `lexicon` returns how names of this site are said.
    Raises PackError where it cannot speak, PhonemesError where espeak-ng is missing.
    """
    accent, speaker = (pack.tts.accent, pack.tts.speaker) if pack.tts else ("", 0)
    language = pack.language.split("-")[0]
    try:
        engine = Synthesiser(
            pack.engine,
            {file.role: file.path for file in pack.files},
            pack.sample_rate,
            threads=threads,
            speaker=speaker,
            language=language,
            accent=accent,
        )
    except VoiceError as error:
        raise PackError(f"Pack '{pack.name}' cannot speak ({error}): install it again.") from error
    return Speaking(
        engine,
        target_rate=rate,
        language=language,
        accent=accent,
        loudness=loudness,
        lexicon=lexicon,
        name=f"{pack.name}@{pack.version}",
    )
