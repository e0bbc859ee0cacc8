"""A folder that somebody brought: which engine it is for, what is missing."""

from __future__ import annotations

import shutil
from pathlib import Path

import onnx
import pytest

from appliance.speech.engines.detect import detect
from appliance.speech.engines.rows import FAMILIES
from appliance.system.packs.manifest import PackError, PackKind
from tests.speech.engines import graphs


def bring(
    engine: str, folder: Path, names: dict[str, str] | None = None, **changes: object
) -> Path:
    """Write a model as its publisher names the files."""
    graphs.files(engine, folder, **changes)
    for old, new in (names or {}).items():
        (folder / old).rename(folder / new)
    return folder


PUBLISHED = {
    "online-transducer": {
        "encoder.onnx": "encoder-epoch-99-avg-1.int8.onnx",
        "decoder.onnx": "decoder-epoch-99-avg-1.onnx",
        "joiner.onnx": "joiner-epoch-99-avg-1.int8.onnx",
    },
    "online-zipformer2-ctc": {"model.onnx": "ctc-epoch-20-avg-1-chunk-16-left-128.int8.onnx"},
    "online-paraformer": {"encoder.onnx": "encoder.int8.onnx", "decoder.onnx": "decoder.int8.onnx"},
    "sense-voice": {"model.onnx": "model.int8.onnx"},
    "whisper": {
        "encoder.onnx": "tiny-encoder.int8.onnx", "decoder.onnx": "tiny-decoder.int8.onnx",
        "tokens.txt": "tiny-tokens.txt",
    },
    "moonshine": {
        "preprocessor.onnx": "preprocess.onnx", "encoder.onnx": "encode.int8.onnx",
        "uncached_decoder.onnx": "uncached_decode.int8.onnx",
        "cached_decoder.onnx": "cached_decode.int8.onnx",
    },
    "moonshine-v2": {"encoder.onnx": "encoder_model.onnx", "decoder.onnx": "decoder_model_merged.onnx"},
}  # fmt: skip


@pytest.mark.parametrize("engine", sorted(graphs.MODELS))
def test_every_engine_is_recognised(engine: str, tmp_path: Path) -> None:
    """Each kind of model is told by its files alone, with every role filled."""
    folder = bring(engine, tmp_path / "sherpa-onnx-something-en-2026", PUBLISHED.get(engine))
    found = detect(folder)
    assert (found.kind, found.engine) == (PackKind.STT, f"sherpa-onnx/{engine}")
    assert set(found.roles) == set(FAMILIES[found.engine].roles)
    assert all(path.is_file() for path in found.roles.values())
    assert found.sample_rate == 16_000
    assert found.language == ("" if engine == "whisper" else "en")
    assert str(found.facts["feature"]).endswith("-16k")
    assert found.notes[0].startswith("This is ")


def test_a_telephone_model(tmp_path: Path) -> None:
    """Forty mel bins are taken for 8 kHz, and the guess is told."""
    found = detect(bring("offline-zipformer-ctc", tmp_path / "a", bins=40))
    assert (found.sample_rate, found.facts["feature"]) == (8000, "kaldi-fbank-40-8k")
    assert any("taken to be 8000 Hz" in note for note in found.notes)


def test_metadata_count_more_than_names(tmp_path: Path) -> None:
    """Rate and language in the metadata are believed."""
    folder = bring("offline-zipformer-ctc", tmp_path / "model-en", bins=40)
    model = onnx.load(folder / "model.onnx")
    onnx.helper.set_model_props(model, {"sample_rate": "16000", "language": "German"})
    onnx.save(model, folder / "model.onnx")
    assert detect(folder).sample_rate == 16_000
    onnx.helper.set_model_props(model, {"language": "de-DE"})
    onnx.save(model, folder / "model.onnx")
    assert detect(folder).language == "de"


def test_the_small_weights_are_taken(tmp_path: Path) -> None:
    """Of two kinds of weights the 8-bit ones are taken, of all parts the same variant."""
    folder = bring("offline-transducer", tmp_path / "a")
    for part in ("encoder", "decoder", "joiner"):
        for name in (f"{part}-epoch-9.onnx", f"{part}-epoch-9.int8.onnx", f"{part}-epoch-12.onnx"):
            shutil.copy(folder / f"{part}.onnx", folder / name)
        (folder / f"{part}.onnx").unlink()
    (folder / "joiner-epoch-9.int8.onnx").unlink()
    found = detect(folder)
    names = {role: path.name for role, path in found.roles.items()}
    assert names["encoder"] == "encoder-epoch-9.int8.onnx"
    assert names["joiner"] == "joiner-epoch-9.onnx"
    assert any("left out: " in note and "encoder-epoch-12.onnx" in note for note in found.notes)
    large = detect(folder, small=False)
    assert large.roles["encoder"].name == "encoder-epoch-12.onnx"
    assert large.roles["joiner"].name == "joiner-epoch-12.onnx"


def test_a_vocabulary_for_hot_words(tmp_path: Path) -> None:
    """A sentencepiece vocabulary beside a transducer is used."""
    folder = bring("online-transducer", tmp_path / "a")
    (folder / "bpe.vocab").write_text("▁yes\t-1\n")
    assert detect(folder).roles["bpe"].name == "bpe.vocab"


def test_what_lies_beside(tmp_path: Path) -> None:
    """Test sounds, a subfolder and other graphs do not confuse it."""
    folder = bring("online-transducer", tmp_path / "a" / "exp")
    shutil.copy(folder / "encoder.onnx", folder / "punctuation.onnx")
    (folder / "test_wavs").mkdir()
    shutil.copy(folder / "encoder.onnx", folder / "test_wavs" / "encoder.onnx")
    found = detect(tmp_path / "a")
    assert found.roles["encoder"] == folder / "encoder.onnx"


@pytest.mark.parametrize(
    ("engine", "missing", "told"),
    [
        (
            "online-transducer",
            "joiner.onnx",
            r"'decoder.onnx' and 'encoder.onnx' are here.* a joiner",
        ),
        ("offline-transducer", "encoder.onnx", "an encoder: download"),
        ("offline-nemo-transducer", "decoder.onnx", "a decoder: download"),
        ("moonshine", "cached_decoder.onnx", "a cached decoder"),
        ("moonshine", "preprocessor.onnx", "a preprocessor"),
        ("whisper", "decoder.onnx", "also needs"),
        ("sense-voice", "tokens.txt", "a SenseVoice model, but its token table is missing"),
        ("online-transducer", "tokens.txt", "its token table is missing: download tokens.txt"),
    ],
)
def test_what_is_missing_is_told(engine: str, missing: str, told: str, tmp_path: Path) -> None:
    """A folder that is not whole is refused with what is here and what to download."""
    folder = bring(engine, tmp_path / "a")
    (folder / missing).unlink()
    with pytest.raises(PackError, match=told):
        detect(folder)


def test_files_of_two_models(tmp_path: Path) -> None:
    """Parts that do not belong together are refused when they are brought, not in a call."""
    folder = bring("online-transducer", tmp_path / "a")
    (folder / "tokens.txt").write_text("<blk> 0\na 1\n")
    with pytest.raises(
        PackError, match=r"is not a streaming transducer as it stands: 'tokens.txt' names 2"
    ):
        detect(folder)


def test_a_graph_of_no_known_kind(tmp_path: Path) -> None:
    """A graph that nothing here can run is told by its inputs."""
    drawing = graphs.Drawing()
    drawing.named("mystery", "out")
    model = drawing.done([("mystery", graphs.REAL, ["N"])], [("out", graphs.REAL, ["N"])])
    onnx.save(model, tmp_path / "model.onnx")
    with pytest.raises(PackError, match=r"of no kind that this version knows .*mystery"):
        detect(tmp_path)


def test_no_model_at_all(tmp_path: Path) -> None:
    """A folder without graphs, and what is no folder."""
    with pytest.raises(PackError, match="holds no graph"):
        detect(tmp_path)
    with pytest.raises(PackError, match="is not a folder"):
        detect(tmp_path / "nowhere")


def test_a_voice_activity_detector(packs_folder: Path) -> None:
    """Silero's network is told apart from recognisers."""
    found = detect(packs_folder / "silero-vad")
    assert (found.kind, found.engine, list(found.roles)) == (PackKind.VAD, "silero", ["model"])
