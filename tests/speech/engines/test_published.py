"""Behaviour of `appliance.speech.engines.published`: Piper's own files become a voice."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
import pytest

from appliance.speech.engines.published import published
from appliance.speech.engines.voice_interface import Graph, symbols
from appliance.system.packs.manifest import PackError
from tests.speech.engines import voice_graphs as graphs

NAME = "de_DE-somebody-low.onnx"


def bring(folder: Path, **changes: object) -> None:
    """Put a voice into a folder as Piper publishes it."""
    made = graphs.piper(folder)
    model = onnx.load(made)
    del model.metadata_props[:]
    onnx.save(model, folder / NAME)
    made.unlink()
    (folder / "tokens.txt").unlink()
    description = {
        "audio": {"sample_rate": graphs.RATE, "quality": "low"},
        "espeak": {"voice": "de"},
        "language": {"code": "de_DE", "family": "de", "name_english": "German"},
        "num_speakers": 1,
        "phoneme_type": "espeak",
        "phoneme_id_map": {symbol: [n] for n, symbol in enumerate(graphs.SYMBOLS)},
        **changes,
    }
    (folder / f"{NAME}.json").write_text(json.dumps(description), encoding="utf-8")


def test_what_the_description_says_is_in_the_graph(tmp_path: Path) -> None:
    """Any reader of ONNX finds the metadata, and the table has every phoneme."""
    source, target = tmp_path / "brought", tmp_path / "made"
    target.mkdir()
    bring(source, num_speakers=2)
    found = published(source)
    assert found is not None
    found.convert(target)
    model = onnx.load(target / NAME)
    onnx.checker.check_model(model)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert metadata == Graph(target / NAME).metadata
    assert metadata["n_speakers"] == "2"
    assert metadata["comment"] == "piper"
    assert symbols(target / "tokens.txt") == {s: n for n, s in enumerate(graphs.SYMBOLS)}


def test_only_a_graph_beside_its_description_is_one(tmp_path: Path) -> None:
    """Leaves folders that sherpa-onnx can read already."""
    graphs.piper(tmp_path)
    assert published(tmp_path) is None
    bring(tmp_path)
    (tmp_path / "tokens.txt").write_text("_ 0\n")
    assert published(tmp_path) is None


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"phoneme_type": "text"}, "takes text"),
        ({"phoneme_id_map": []}, "phoneme_id_map"),
        ({"espeak": None}, r"espeak\.voice"),
        ({"audio": {}}, r"audio\.sample_rate"),
    ],
)
def test_what_the_description_lacks_is_said(
    changes: dict[str, object], match: str, tmp_path: Path
) -> None:
    """Names the field."""
    bring(tmp_path, **changes)
    found = published(tmp_path)
    assert found is not None
    with pytest.raises(PackError, match=match):
        found.convert(tmp_path)


def test_a_damaged_description_is_said(tmp_path: Path) -> None:
    """Tells which file to download again."""
    bring(tmp_path)
    (tmp_path / f"{NAME}.json").write_text("{")
    found = published(tmp_path)
    assert found is not None
    with pytest.raises(PackError, match="cannot be read"):
        found.convert(tmp_path)
