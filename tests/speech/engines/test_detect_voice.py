"""Behaviour of `appliance.speech.engines.detect_voice`: folders as people bring them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from onnx import TensorProto, helper

from appliance.speech.engines.detect_voice import detect_voice
from appliance.speech.engines.onnxfile import entries
from appliance.speech.engines.voices import FAMILIES, Synthesiser
from appliance.system.packs.manifest import ENGINES, PackError, PackKind
from tests.speech.engines import denoiser_graphs
from tests.speech.engines import voice_graphs as graphs
from tests.speech.engines.test_published import bring
from tests.speech.engines.test_voices import MADE


@pytest.mark.parametrize("engine", FAMILIES)
def test_every_family_is_known_by_its_files(engine: str, tmp_path: Path) -> None:
    """Says engine, rate and the file of each role, and what it says can be loaded."""
    MADE[engine](tmp_path)
    found = detect_voice(tmp_path)
    assert found is not None
    assert (found.kind, found.engine, found.sample_rate) == (PackKind.TTS, engine, graphs.RATE)
    assert set(found.roles) == set(ENGINES[PackKind.TTS][engine])
    assert all(path.parent == tmp_path for path in found.roles.values())
    Synthesiser(engine, found.roles, found.sample_rate)
    assert found.language == ("" if engine == "sherpa-onnx/supertonic" else "en")


def test_names_do_not_matter(tmp_path: Path) -> None:
    """Knows a graph by its metadata, with the accent that it was taught."""
    graphs.piper(tmp_path, language="German", voice="de")
    (tmp_path / "model.onnx").rename(tmp_path / "de_DE-somebody-low.onnx")
    (tmp_path / "espeak-ng-data").mkdir()
    (tmp_path / "README.md").write_text("A voice.")
    found = detect_voice(tmp_path)
    assert found is not None
    assert (found.language, found.facts["accent"]) == ("de", "de")
    assert found.roles["model"].name == "de_DE-somebody-low.onnx"


def test_the_smaller_graph_is_taken(tmp_path: Path) -> None:
    """Prefers int8 and says what it left out."""
    graphs.kokoro(tmp_path)
    shutil.copy(tmp_path / "model.onnx", tmp_path / "model.int8.onnx")
    with (tmp_path / "model.int8.onnx").open("ab") as stream:
        stream.write(entries({"note": "larger all the same"}))
    found = detect_voice(tmp_path)
    assert found is not None
    assert found.roles["model"].name == "model.int8.onnx"
    assert any("model.onnx left out" in note for note in found.notes)
    assert any("3 speakers" in note for note in found.notes)


def test_matcha_takes_the_vocoder_of_its_rate(tmp_path: Path) -> None:
    """Finds it by its metadata among others."""
    graphs.matcha(tmp_path)
    (tmp_path / "vocoder.onnx").rename(tmp_path / "vocos-16khz-univ.onnx")
    graphs.matcha(tmp_path / "other", vocoder_rate=22_050)
    shutil.copy(tmp_path / "other" / "vocoder.onnx", tmp_path / "hifigan_v2.onnx")
    found = detect_voice(tmp_path)
    assert found is not None
    assert found.roles["vocoder"].name == "vocos-16khz-univ.onnx"


@pytest.mark.parametrize(
    ("make", "missing", "match"),
    [
        (graphs.piper, "tokens.txt", r"Piper voice without its file 'tokens\*\.txt'"),
        (graphs.kokoro, "voices.bin", "Kokoro voice without its file"),
        (graphs.matcha, "vocoder.onnx", "without a vocoder"),
        (graphs.lexicon_vits, "lexicon.txt", "without its file 'lexicon"),
        (graphs.supertonic, "tts.json", r"without its file 'tts\.json'"),
        (graphs.supertonic, "vector_estimator.onnx", "without its file 'vector_estimator"),
    ],
)
def test_what_is_missing_is_said(
    make: Callable[[Path], Path], missing: str, match: str, tmp_path: Path
) -> None:
    """Names the file, and where to get it."""
    make(tmp_path)
    (tmp_path / missing).unlink()
    with pytest.raises(PackError, match=match):
        detect_voice(tmp_path)


def test_what_does_not_fit_is_said(tmp_path: Path) -> None:
    """Tells what kind of voice it is and what is wrong with it."""
    graphs.kokoro(tmp_path, styles=2)
    with pytest.raises(PackError, match=r"This is a Kokoro voice, but .*another model"):
        detect_voice(tmp_path)


def test_a_voice_as_piper_publishes_it_is_taken(tmp_path: Path) -> None:
    """Makes what sherpa-onnx needs of the description, and touches nothing that was brought."""
    bring(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    found = detect_voice(tmp_path)
    assert found is not None
    assert (found.engine, found.sample_rate) == ("sherpa-onnx/vits-piper", graphs.RATE)
    assert (found.language, found.facts["accent"]) == ("de", "de")
    assert any("as Piper publishes it" in note for note in found.notes)
    voice = Synthesiser(found.engine, found.roles, found.sample_rate)
    assert len(voice.synthesise("hə", 1.0)) > 4
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_another_graph_with_a_description_is_no_voice(tmp_path: Path) -> None:
    """Says what is wrong with it."""
    bring(tmp_path)
    shape = ("x", TensorProto.FLOAT, [1]), ("y", TensorProto.FLOAT, [1])
    node = helper.make_node("Identity", ["x"], ["y"])
    graphs.save(tmp_path / "de_DE-somebody-low.onnx", [node], shape[:1], shape[1:], {}, {})
    with pytest.raises(PackError, match="takes 1 inputs"):
        detect_voice(tmp_path)


def test_denoisers_are_found_too(tmp_path: Path) -> None:
    """Says kind, engine and rate."""
    denoiser_graphs.gtcrn(tmp_path / "gtcrn_simple.onnx")
    found = detect_voice(tmp_path)
    assert found is not None
    assert (found.kind, found.engine) == (PackKind.DENOISE, "sherpa-onnx/gtcrn")
    assert found.sample_rate == 16_000
    denoiser_graphs.gtcrn(tmp_path / "gtcrn_simple.onnx", n_fft=320)
    with pytest.raises(PackError, match="This is a denoiser, but"):
        detect_voice(tmp_path)


def test_what_is_no_voice_is_left_to_others(tmp_path: Path) -> None:
    """Says nothing of recognisers, of empty folders and of files that are no graph."""
    assert detect_voice(tmp_path) is None
    (tmp_path / "model.onnx").write_bytes(b"\x08")
    assert detect_voice(tmp_path) is None
    root = Path(__file__).resolve().parents[3]
    assert detect_voice(root / "models" / "packs" / "en-telephone-8k") is None
    assert detect_voice(root / "models" / "packs" / "silero-vad") is None
    found = detect_voice(root / "models" / "packs" / "en-rms-16k")
    assert found is not None
    assert found.engine == "sherpa-onnx/vits-piper"
