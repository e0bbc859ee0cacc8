"""Denoisers of a few hundred bytes: they halve what they hear, by sherpa-onnx's interfaces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper

from tests.speech.engines.voice_graphs import save

_REAL = TensorProto.FLOAT


def gtcrn(
    file: Path, *, rate: int = 16_000, bins: int = 257, twice: bool = False, **metadata: object
) -> Path:
    """GTCRN: a frame of spectrum and three caches, in and out; `twice`: two frames out."""
    size = 2 * (bins - 1)
    caches = {"conv_cache": [2, 1, 16, 16, 33], "tra_cache": [2, 3, 1, 1, 16]}
    caches["inter_cache"] = [2, 1, 33, 16]
    spectrum = [1, bins, 1, 2]
    nodes = [helper.make_node("Mul", ["mix", "half"], ["enh"])]
    if twice:
        nodes = [helper.make_node("Concat", ["mix", "mix"], ["enh"], axis=2)]
    nodes += [helper.make_node("Identity", [name], [f"{name}_out"]) for name in caches]
    return save(
        file,
        nodes,
        [("mix", _REAL, spectrum), *((name, _REAL, shape) for name, shape in caches.items())],
        [("enh", _REAL, [1, bins, 1 + twice, 2]), *((f"{n}_out", _REAL, shape) for n, shape in caches.items())],
        {"half": np.array(0.5, np.float32)},
        {
            "model_type": "gtcrn", "sample_rate": rate, "n_fft": size, "hop_length": size // 2,
            "window_length": size, "window_type": "hann_sqrt", "version": 1,
            **{f"{name}_shape": ",".join(map(str, shape)) for name, shape in caches.items()},
            **metadata,
        },
    )  # fmt: skip


def dpdfnet(file: Path, *, state: int = 10, **metadata: object) -> Path:
    """DPDFNet for 8 kHz: a frame of spectrum and one state, in and out."""
    bins = 81
    spectrum = [1, 1, bins, 2]
    return save(
        file,
        [
            helper.make_node("Mul", ["spec", "half"], ["spec_e"]),
            helper.make_node("Identity", ["state"], ["state_out"]),
        ],
        [("spec", _REAL, spectrum), ("state", _REAL, [state])],
        [("spec_e", _REAL, spectrum), ("state_out", _REAL, [state])],
        {"half": np.array(0.5, np.float32)},
        {
            "model_type": "dpdfnet", "profile": "dpdfnet2_8khz", "version": 1,
            "sample_rate": 8000, "n_fft": 160, "hop_length": 80, "window_length": 160,
            "window_type": "vorbis", "pad_mode": "reflect", "freq_bins": bins, "erb_bins": 3,
            "spec_bins": 4, "state_size": state, "erb_norm_state_size": 3,
            "spec_norm_state_size": 4, "erb_norm_init": "0,0,0", "spec_norm_init": "0,0,0,0",
            **metadata,
        },
    )  # fmt: skip
