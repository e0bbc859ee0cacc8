"""From the engine that a manifest names to the adapter that runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.speech.recogniser import CtcRecogniser
from appliance.speech.voice import Voice, VoiceError
from appliance.system.packs.manifest import PackError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.speech.engines.base import Recogniser, Speaker
    from appliance.system.packs.manifest import Pack


def _piper(pack: Pack, threads: int, rate: int) -> Speaker:
    return Voice(
        pack.path("model"), pack.path("tokens"), pack.sample_rate, threads, target_rate=rate
    )


_RECOGNISERS: Final[Mapping[str, Callable[[Pack, int], Recogniser]]] = {
    "sherpa-onnx/zipformer-ctc": CtcRecogniser,
}
_SPEAKERS: Final[Mapping[str, Callable[[Pack, int, int], Speaker]]] = {
    "sherpa-onnx/vits-piper": _piper,
}


def load_recogniser(pack: Pack, threads: int = 1) -> Recogniser:
    """Load a recogniser pack. Raises PackError where its files do not fit together."""
    return _RECOGNISERS[pack.engine](pack, threads)


def load_speaker(pack: Pack, threads: int = 1, rate: int = 8000) -> Speaker:
    """Load a voice pack that gives audio of `rate` Hz.

    Raises PackError where it cannot speak, PhonemesError where espeak-ng is missing.
    """
    try:
        return _SPEAKERS[pack.engine](pack, threads, rate)
    except VoiceError as error:
        raise PackError(f"Pack '{pack.name}' cannot speak ({error}): install it again.") from error
