"""Behaviour of `appliance.speech.engines.denoise`, with graphs that halve what they hear."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from appliance.speech.engines.denoise import Cleaners, load_denoiser
from appliance.speech.engines.voice_interface import VoiceError
from appliance.system.packs.manifest import ENGINES, PackError, PackKind, load_kind
from models.train.manifest import write
from tests.speech.engines import denoiser_graphs as graphs

ENGINE = {"gtcrn": ("sherpa-onnx/gtcrn", graphs.gtcrn, 16_000)}
ENGINE["dpdfnet"] = ("sherpa-onnx/dpdfnet", graphs.dpdfnet, 8000)


def sweep(seconds: float) -> np.ndarray:
    """A tone that rises from 300 to 1500 Hz, so that no part of it looks like another."""
    at = np.arange(int(8000 * seconds)) / 8000
    hertz = 300 + 600 * at / seconds
    return (0.5 * np.sin(2 * np.pi * hertz * at)).astype(np.float32)


def test_every_engine_of_the_manifest_is_here() -> None:
    """No pack passes verification that nothing can load."""
    assert {engine for engine, _, _ in ENGINE.values()} == set(ENGINES[PackKind.DENOISE])


@pytest.mark.parametrize("name", ENGINE)
@pytest.mark.parametrize("size", [160, 37, 1000])
def test_as_much_comes_out_as_goes_in(name: str, size: int, tmp_path: Path) -> None:
    """Gives each packet back in full, changed by the model and later by the delay it tells."""
    engine, make, rate = ENGINE[name]
    denoiser = Cleaners(engine, make(tmp_path / "model.onnx"), rate).stream()
    sound = sweep(1.5)
    pieces = [denoiser.process(sound[at : at + size]) for at in range(0, len(sound), size)]
    assert [len(piece) for piece in pieces] == [
        len(sound[at : at + size]) for at in range(0, len(sound), size)
    ]
    made = np.concatenate(pieces)[denoiser.delay :]
    middle = slice(1000, len(made) - 200)
    np.testing.assert_allclose(made[middle], 0.5 * sound[middle], atol=0.02)
    assert denoiser.delay < 0.1 * 8000


def test_calls_do_not_mix(tmp_path: Path) -> None:
    """Each stream has a state of its own."""
    model = Cleaners("sherpa-onnx/gtcrn", graphs.gtcrn(tmp_path / "model.onnx"), 16_000)
    one, other = model.stream(), model.stream()
    for at in range(0, 8000, 160):
        one.process(sweep(1.0)[at : at + 160])
        assert not other.process(np.zeros(160, np.float32)).any()


@pytest.mark.parametrize(
    ("make", "engine", "match"),
    [
        (lambda f: graphs.gtcrn(f, model_type="other"), "gtcrn", "model_type"),
        (lambda f: graphs.gtcrn(f, n_fft=320), "gtcrn", "different models|dimension"),
        (lambda f: graphs.gtcrn(f, conv_cache_shape="1,2"), "gtcrn", "dimensions"),
        (lambda f: graphs.gtcrn(f, twice=True), "gtcrn", "does not give back"),
        (lambda f: graphs.gtcrn(f, hop_length="x"), "gtcrn", "hop_length"),
        (lambda f: graphs.gtcrn(f, rate=48_000), "gtcrn", "48000 Hz"),
        (lambda f: graphs.dpdfnet(f, profile="mine"), "dpdfnet", "profile"),
        (lambda f: graphs.dpdfnet(f, n_fft=320), "dpdfnet", "do not agree"),
        (lambda f: graphs.dpdfnet(f, erb_norm_init="0"), "dpdfnet", "do not agree"),
        (lambda f: graphs.dpdfnet(f, state_size=12), "dpdfnet", "different models"),
        (graphs.gtcrn, "dpdfnet", "model_type is not dpdfnet"),
    ],
)
def test_what_is_no_such_denoiser_is_refused(
    make: Callable[[Path], Path], engine: str, match: str, tmp_path: Path
) -> None:
    """Says why, where sherpa-onnx ends the process."""
    file = make(tmp_path / "model.onnx")
    rate = 16_000 if engine == "gtcrn" else 8000
    with pytest.raises(VoiceError, match=match):
        Cleaners(f"sherpa-onnx/{engine}", file, rate)


def test_a_pack_is_loaded_by_its_engine(tmp_path: Path) -> None:
    """Goes from a manifest to a denoiser, and names the pack where it cannot."""
    folder = tmp_path / "quiet"
    folder.mkdir()
    graphs.gtcrn(folder / "model.onnx")
    facts = {
        "name": "quiet", "kind": "denoise", "engine": "sherpa-onnx/gtcrn", "language": "any",
        "version": "1", "sample_rate": 16_000, "licence": "MIT", "summary": "A test.",
    }  # fmt: skip
    write(folder, facts, {"model.onnx": "model"})
    pack = load_kind(tmp_path, "quiet", PackKind.DENOISE)
    assert len(load_denoiser(pack).stream().process(np.zeros(160, np.float32))) == 160
    graphs.gtcrn(folder / "model.onnx", model_type="other")
    with pytest.raises(PackError, match="'quiet' cannot take out noise"):
        load_denoiser(pack)
