"""Behaviour of `appliance.speech.engines.voice_interface`: what sherpa-onnx may not be given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from appliance.speech.engines import voice_interface as interface
from appliance.speech.engines.voice_interface import VoiceError, symbols
from tests.speech.engines import voice_graphs as graphs


def two(folder: Path) -> dict[str, Path]:
    return {"model": folder / "model.onnx", "tokens": folder / "tokens.txt"}


def styled(folder: Path) -> dict[str, Path]:
    return {**two(folder), "voices": folder / "voices.bin"}


def with_vocoder(folder: Path) -> dict[str, Path]:
    return {**two(folder), "vocoder": folder / "vocoder.onnx"}


def four(folder: Path) -> dict[str, Path]:
    return {
        "duration": folder / "duration_predictor.onnx", "encoder": folder / "text_encoder.onnx",
        "estimator": folder / "vector_estimator.onnx", "vocoder": folder / "vocoder.onnx",
        "config": folder / "tts.json", "indexer": folder / "unicode_indexer.bin",
        "voices": folder / "voice.bin",
    }  # fmt: skip


# --- tables


@pytest.mark.parametrize(
    "text", ["", "a\n", "a 1 2\n", "a one\n", "a 1\na 2\n", "ab 1\n", "a -1\n"]
)
def test_a_table_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    """Names the line, where sherpa-onnx ends the process."""
    file = tmp_path / "tokens.txt"
    file.write_text(text)
    with pytest.raises(VoiceError, match=r"tokens\.txt"):
        symbols(file)


def test_a_space_is_a_mere_number() -> None:
    """Reads what sherpa-onnx writes."""
    table = symbols(
        Path(__file__).resolve().parents[3] / "models" / "packs" / "en-rms-16k" / "tokens.txt"
    )
    assert " " in table
    assert {"_", "^", "$"} <= set(table)


def test_words_have_symbols_of_several_letters(tmp_path: Path) -> None:
    """Takes them where the engine has a lexicon."""
    file = tmp_path / "tokens.txt"
    file.write_text("sil 0\nAH0 1\n")
    assert symbols(file, single=False) == {"sil": 0, "AH0": 1}


# --- graphs


def test_what_fits_is_described(tmp_path: Path) -> None:
    """Tells rate, speakers and the longest phrase."""
    graphs.piper(tmp_path / "a", speakers=3)
    found = interface.piper(two(tmp_path / "a"))
    assert (found.sample_rate, found.speakers, found.longest) == (graphs.RATE, 3, 0)
    assert "ˈ" in found.known
    graphs.kokoro(tmp_path / "b")
    assert interface.kokoro(styled(tmp_path / "b")).longest == graphs.LONGEST - 2


@pytest.mark.parametrize("missing", ["input_lengths", "scales"])
def test_another_number_of_inputs_is_refused(missing: str, tmp_path: Path) -> None:
    """Says how many there are and how many there should be."""
    graphs.piper(tmp_path, drop=(missing,))
    with pytest.raises(VoiceError, match="takes 2 inputs"):
        interface.piper(two(tmp_path))


@pytest.mark.parametrize("key", ["sample_rate", "n_speakers"])
def test_missing_metadata_are_named(key: str, tmp_path: Path) -> None:
    """Tells what a converted voice would have."""
    graphs.piper(tmp_path, **{key: ""})
    with pytest.raises(VoiceError, match=f"metadata lack '{key}'"):
        interface.piper(two(tmp_path))


def test_a_voice_of_another_family_is_refused(tmp_path: Path) -> None:
    """Does not take Coqui's for Piper's, nor an order of inputs for another."""
    graphs.piper(tmp_path / "a", comment="coqui")
    with pytest.raises(VoiceError, match="does not say 'piper'"):
        interface.piper(two(tmp_path / "a"))
    graphs.lexicon_vits(tmp_path / "b", comment="piper")
    with pytest.raises(VoiceError, match="should be 'sid'"):
        interface.piper(two(tmp_path / "b"))


def test_a_table_longer_than_the_graph_is_refused(tmp_path: Path) -> None:
    """Tries the last token, which the graph does not know."""
    graphs.piper(tmp_path, vocabulary=len(graphs.SYMBOLS) - 1)
    with pytest.raises(VoiceError, match="belong to different models"):
        interface.piper(two(tmp_path))


def test_a_table_without_its_marks_is_refused(tmp_path: Path) -> None:
    """Needs the symbols that sherpa-onnx puts in itself."""
    graphs.piper(tmp_path)
    graphs.tokens(tmp_path / "tokens.txt", graphs.SYMBOLS.replace("^", "X"))
    with pytest.raises(VoiceError, match="lacks the symbols"):
        interface.piper(two(tmp_path))


@pytest.mark.parametrize("name", ["model.onnx", "tokens.txt"])
def test_missing_files_are_named(name: str, tmp_path: Path) -> None:
    """Says which."""
    graphs.piper(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(VoiceError, match=f"missing.*{name}"):
        interface.piper(two(tmp_path))


def test_a_lexicon_is_there_exactly_where_it_is_read(tmp_path: Path) -> None:
    """Knows letters from words."""
    graphs.lexicon_vits(tmp_path / "a")
    with pytest.raises(VoiceError, match="lexicon, which is missing"):
        interface.words(two(tmp_path / "a"))
    graphs.lexicon_vits(tmp_path / "b", frontend="characters")
    with pytest.raises(VoiceError, match="no lexicon"):
        interface.words({**two(tmp_path / "b"), "lexicon": tmp_path / "a" / "lexicon.txt"})


def test_styles_of_another_model_are_refused(tmp_path: Path) -> None:
    """Counts the numbers of the file."""
    graphs.kokoro(tmp_path / "a", styles=2)
    with pytest.raises(VoiceError, match="belongs to another model"):
        interface.kokoro(styled(tmp_path / "a"))
    graphs.kitten(tmp_path / "b", styles=2)
    with pytest.raises(VoiceError, match="belongs to another model"):
        interface.kitten(styled(tmp_path / "b"))


def test_kitten_and_kokoro_are_told_apart(tmp_path: Path) -> None:
    """Refuses either as the other."""
    graphs.kokoro(tmp_path / "a")
    with pytest.raises(VoiceError, match="kitten-tts"):
        interface.kitten(styled(tmp_path / "a"))
    graphs.kitten(tmp_path / "b")
    with pytest.raises(VoiceError, match="style_dim"):
        interface.kokoro(styled(tmp_path / "b"))


def test_a_vocoder_must_fit_its_voice(tmp_path: Path) -> None:
    """Compares rates, mel bands and kinds."""
    graphs.matcha(tmp_path / "a")
    graphs.matcha(tmp_path / "b", mels=3)
    with pytest.raises(VoiceError, match=r"vocoder\.onnx.*different models"):
        interface.matcha(with_vocoder(tmp_path / "b"))
    files = {**with_vocoder(tmp_path / "a"), "vocoder": tmp_path / "a" / "model.onnx"}
    with pytest.raises(VoiceError, match="neither hifigan nor vocos"):
        interface.matcha(files)
    graphs.matcha(tmp_path / "c", vocoder_rate=22_050)
    with pytest.raises(VoiceError, match="22050 Hz"):
        interface.matcha(with_vocoder(tmp_path / "c"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tts.json", b"{}"),
        ("tts.json", b"not json"),
        ("unicode_indexer.bin", b"abc"),
        ("voice.bin", b"abc"),
        ("voice.bin", bytes(48)),
        ("vocoder.onnx", b"\x08"),
    ],
)
def test_damaged_files_of_supertonic_are_refused(name: str, content: bytes, tmp_path: Path) -> None:
    """Reads each file before sherpa-onnx does."""
    graphs.supertonic(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(VoiceError, match=name.replace(".", r"\.")):
        interface.supertonic(four(tmp_path))


def test_supertonic_of_other_sizes_is_refused(tmp_path: Path) -> None:
    """Runs its graphs once with the sizes that the configuration tells."""
    graphs.supertonic(tmp_path)
    config = json.loads((tmp_path / "tts.json").read_text())
    config["ttl"]["latent_dim"] = 7
    (tmp_path / "tts.json").write_text(json.dumps(config))
    with pytest.raises(VoiceError):
        interface.supertonic(four(tmp_path))
