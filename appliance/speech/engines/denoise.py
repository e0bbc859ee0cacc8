"""Noise taken out of what a caller says, where a site has a pack for it.

    8 kHz ─► rate ─► sherpa-onnx OnlineSpeechDenoiser (spectrum, a frame at a time) ─► rate ─► 8 kHz

As many samples come out as go in, later by a constant `delay`: the frames that the model waits for.
Interfaces as sherpa-onnx 2.0.1 reads them (its `csrc/offline-speech-denoiser-*-model.cc`), checked
here first, because it ends the process on a graph that is none.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import sherpa_onnx

from appliance.speech.engines.base import RATE
from appliance.speech.engines.voice_interface import Graph, VoiceError
from appliance.speech.speaking.resampling import Resampler
from appliance.system.packs.manifest import PackError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from appliance.speech.engines.base import Denoiser, Floats
    from appliance.system.packs.manifest import Pack

_RESAMPLING: Final = 0.012
"""Seconds that two changes of rate hold back together, at most."""
_PROFILES: Final = frozenset(
    ("dpdfnet_16khz", "dpdfnet2_8khz", "dpdfnet8_8khz", "dpdfnet2_48khz_hr", "dpdfnet8_48khz_hr")
)


def _gtcrn(graph: Graph) -> None:
    if graph.metadata.get("model_type") != "gtcrn":
        raise graph.refuse("its metadata's model_type is not gtcrn")
    for key in ("hop_length", "version"):
        graph.number(key)
    if "window_type" not in graph.metadata:
        raise graph.refuse("its metadata lack 'window_type'")
    bins = graph.number("n_fft") // 2 + 1
    shapes = [graph.numbers(f"{name}_cache_shape") for name in ("conv", "tra", "inter")]
    arrays = [np.zeros(shape, np.float32) for shape in ([1, bins, 1, 2], *shapes)]
    made = graph.probe([("", array) for array in arrays])
    if [part.shape for part in made] != [array.shape for array in arrays]:
        raise graph.refuse("it does not give back what it takes: a frame and three caches")


def _dpdfnet(graph: Graph) -> None:
    if graph.metadata.get("model_type") != "dpdfnet":
        raise graph.refuse("its metadata's model_type is not dpdfnet")
    profile = graph.metadata.get("profile", "")
    if profile not in _PROFILES:
        raise graph.refuse(f"its profile '{profile}' is none that can be heard while it is said")
    for key in ("window_type", "pad_mode"):
        if key not in graph.metadata:
            raise graph.refuse(f"its metadata lack '{key}'")
    bins, state = graph.number("freq_bins"), graph.number("state_size")
    known = graph.number("erb_norm_state_size") + graph.number("spec_norm_state_size")
    norms = [graph.metadata.get(f"{name}_norm_init", "") for name in ("erb", "spec")]
    found = [len(norm.split(",")) for norm in norms]
    sizes = [graph.number("erb_norm_state_size"), graph.number("spec_norm_state_size")]
    small = min(graph.number(key) for key in ("hop_length", "erb_bins", "spec_bins"))
    if found != sizes or min(*sizes, small) < 1 or known > state:
        raise graph.refuse("the sizes in its metadata do not agree")
    if graph.number("n_fft") != 2 * (bins - 1):
        raise graph.refuse("its n_fft and its freq_bins do not agree")
    arrays = [np.zeros((1, 1, bins, 2), np.float32), np.zeros(state, np.float32)]
    made = graph.probe([("", array) for array in arrays])
    fixed = [shape for _, _, shape in (*graph.inputs, *graph.outputs)]
    if [part.shape for part in made] != [array.shape for array in arrays] or not all(
        isinstance(size, int) for size in (*fixed[0][2:], *fixed[1], *fixed[2][2:], *fixed[3])
    ):
        raise graph.refuse("it does not give back what it takes: a frame and a state, of one size")


_CHECKS: Final[Mapping[str, Callable[[Graph], None]]] = {
    "sherpa-onnx/gtcrn": _gtcrn,
    "sherpa-onnx/dpdfnet": _dpdfnet,
}


class Cleaner:
    """Takes the noise out of one call; `engines.base.Denoiser`."""

    def __init__(self, engine: sherpa_onnx.OnlineSpeechDenoiser, window: float) -> None:
        """Begin a stream; `window`: seconds of sound that the model looks at in one frame."""
        self._engine = engine
        self._rate: int = engine.sample_rate
        hop = engine.frame_shift_in_samples / self._rate
        self.delay = math.ceil((window + hop + _RESAMPLING) * RATE)
        self._up, self._down = Resampler(RATE, self._rate), Resampler(self._rate, RATE)
        self._ready: Floats = np.zeros(self.delay, np.float32)

    def process(self, samples: Floats) -> Floats:
        """Take samples (±1, 8 kHz), return as many, cleaned, `delay` samples later."""
        loud = self._up.push(samples)
        made = np.asarray(self._engine.run(loud, self._rate).samples, np.float32)
        self._ready = np.concatenate([self._ready, self._down.push(made)])
        out, self._ready = self._ready[: len(samples)], self._ready[len(samples) :]
        return out


class Cleaners:
    """A loaded pack: makes a denoiser for each call."""

    def __init__(self, engine: str, model: Path, sample_rate: int, threads: int = 1) -> None:
        """Check and load. Raises VoiceError where the file is no such denoiser."""
        graph = Graph(model)
        _CHECKS[engine](graph)
        self._window = graph.number("window_length") / graph.number("sample_rate")
        if graph.number("sample_rate") != sample_rate:
            msg = (
                f"'{model.name}' works at {graph.number('sample_rate')} Hz, "
                f"its pack says {sample_rate}"
            )
            raise VoiceError(msg)
        field = engine.rpartition("/")[2]
        kind = {
            "gtcrn": sherpa_onnx.OfflineSpeechDenoiserGtcrnModelConfig,
            "dpdfnet": sherpa_onnx.OfflineSpeechDenoiserDpdfNetModelConfig,
        }[field]
        self._config = sherpa_onnx.OnlineSpeechDenoiserConfig(
            sherpa_onnx.OfflineSpeechDenoiserModelConfig(
                **{field: kind(model=str(model))}, num_threads=threads
            )
        )
        self.stream()  # what fails, fails now

    def stream(self) -> Denoiser:
        """Begin to hear a call."""
        return Cleaner(sherpa_onnx.OnlineSpeechDenoiser(self._config), self._window)


def load_denoiser(pack: Pack, threads: int = 1) -> Cleaners:
    """Load a denoiser pack; `stream()` gives one denoiser for each call.

    Raises PackError where it cannot be used.
    """
    try:
        return Cleaners(pack.engine, pack.path("model"), pack.sample_rate, threads)
    except VoiceError as error:
        raise PackError(
            f"Pack '{pack.name}' cannot take out noise ({error}): install it again."
        ) from error
