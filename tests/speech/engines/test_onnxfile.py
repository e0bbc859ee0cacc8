"""Behaviour of `appliance.speech.engines.onnxfile`, judged by the package onnx."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.speech.engines.onnxfile import entries, read_metadata
from tests.speech.engines import voice_graphs as graphs


def listed(file: Path) -> dict[str, str]:
    return {entry.key: entry.value for entry in onnx.load(file).metadata_props}


def test_what_onnx_wrote_is_read(tmp_path: Path) -> None:
    """Finds the metadata before or behind the graph, in any file of ours."""
    file = graphs.piper(tmp_path, speakers=3)
    assert read_metadata(file) == listed(file)
    assert read_metadata(file)["n_speakers"] == "3"
    packs = Path(__file__).resolve().parents[3] / "models" / "packs"
    for file in packs.glob("*/*.onnx"):
        assert read_metadata(file) == listed(file)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.dictionaries(st.text(max_size=200), st.text(max_size=300), max_size=4))
def test_what_is_written_is_read(tmp_path: Path, metadata: dict[str, str]) -> None:
    """Any texts come back, by onnx and by ourselves, and the graph stays valid."""
    file = graphs.save(
        tmp_path / "x.onnx",
        [onnx.helper.make_node("Identity", ["x"], ["y"])],
        [("x", 1, [1])],
        [("y", 1, [1])],
        {},
        {"model_type": "test"},
    )
    with file.open("ab") as stream:
        stream.write(entries(metadata))
    wanted = {"model_type": "test", **metadata}
    assert read_metadata(file) == listed(file) == wanted
    onnx.checker.check_model(onnx.load(file))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x08",
        b"\xff" * 30,
        b"hello there, this is text",
        b"\x72\xff\xff\x7f",
        b"\x72\x02\x08\x01",
        b"\x72\x06\x0a\x01a",
    ],
)
def test_what_is_no_onnx_file_has_no_metadata(content: bytes, tmp_path: Path) -> None:
    """Reads any bytes without harm."""
    file = tmp_path / "x.onnx"
    file.write_bytes(content)
    assert read_metadata(file) == {}
    assert read_metadata(tmp_path / "nowhere.onnx") == {}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.integers(0, 2000), st.integers(0, 255))
def test_damaged_files_do_no_harm(tmp_path: Path, at: int, value: int) -> None:
    """Reads a file with any byte changed, and one that breaks off anywhere."""
    content = bytearray(graphs.piper(tmp_path).read_bytes())
    content[at % len(content)] = value
    file = tmp_path / "damaged.onnx"
    file.write_bytes(content)
    read_metadata(file)
    file.write_bytes(content[: at % len(content)])
    read_metadata(file)
