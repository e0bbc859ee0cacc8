"""Behaviour of `appliance.speech.quantising`, with small graphs made here."""

from __future__ import annotations

import sys
import wave
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from appliance.contracts.errors import UserError
from appliance.speech.quantising import Report, edits, quantise
from tests.speech import tones

WIDTH = 128


def network(file: Path, *, conv: bool = False) -> Path:
    """Two layers [1, T, WIDTH] -> [1, T, WIDTH] with metadata."""
    chance = np.random.default_rng(2)
    weights = [
        numpy_helper.from_array(chance.standard_normal((WIDTH, WIDTH)).astype(np.float32) / 12, n)
        for n in ("one", "two")
    ]
    nodes = [
        helper.make_node("MatMul", ["x", "one"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("MatMul", ["b", "two"], ["c"]),
    ]
    if conv:
        kernel = chance.standard_normal((WIDTH, WIDTH, 3)).astype(np.float32) / 20
        weights.append(numpy_helper.from_array(kernel, "kernel"))
        nodes += [
            helper.make_node("Transpose", ["c"], ["d"], perm=[0, 2, 1]),
            helper.make_node("Conv", ["d", "kernel"], ["e"], pads=[1, 1]),
            helper.make_node("Transpose", ["e"], ["y"], perm=[0, 2, 1]),
        ]
    else:
        nodes.append(helper.make_node("Identity", ["c"], ["y"]))
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, "T", WIDTH])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, "T", WIDTH])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for key, value in {"model_type": "test", "sample_rate": "8000"}.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(model, file)
    return file


def kinds(file: Path) -> set[str]:
    return {node.op_type for node in onnx.load(file).graph.node}


def test_a_graph_becomes_small_and_stays_nearly_the_same(tmp_path: Path) -> None:
    """Writes 8-bit weights, keeps the metadata, and tells size, time and difference."""
    source, target = network(tmp_path / "a.onnx"), tmp_path / "b.onnx"
    steps: list[str] = []
    report = quantise(source, target, on_step=steps.append)
    assert "MatMulInteger" in kinds(target)
    assert report.bytes_after == target.stat().st_size < 0.4 * report.bytes_before
    assert 0.0 < report.error < 0.05
    assert report.ms_before > 0 < report.ms_after
    assert (report.operators, report.static) == (("MatMul",), False)
    kept = {entry.key: entry.value for entry in onnx.load(target).metadata_props}
    assert kept == {"model_type": "test", "sample_rate": "8000"}
    assert steps[0] == "trying the float graph"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.onnx", "b.onnx"]


def test_calibration_makes_it_static(tmp_path: Path) -> None:
    """Quantises convolutions too, by the inputs of the folder."""
    source = network(tmp_path / "a.onnx", conv=True)
    folder = tmp_path / "seen"
    folder.mkdir()
    chance = np.random.default_rng(3)
    for number in range(4):
        np.savez(folder / f"{number}.npz", x=chance.standard_normal((1, 30, WIDTH), np.float32))
    report = quantise(source, tmp_path / "b.onnx", folder)
    assert report.static
    assert report.operators == ("MatMul", "Conv")
    assert report.error < 0.1
    assert report.bytes_after < 0.4 * report.bytes_before


def test_recordings_give_the_word_error_of_a_recogniser(tmp_path: Path) -> None:
    """Reads the tone language before and after."""
    pack = tones.make_pack(tmp_path)
    folder = tmp_path / "seen"
    folder.mkdir()
    for text in ("yes please", "open hours", "the bill"):
        sound = np.concatenate([tones.silence(0.3), tones.speak(text), tones.silence(0.3)])
        with wave.open(str(folder / f"{text}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes((sound * 32767).astype("<i2").tobytes())
        (folder / f"{text}.txt").write_text(text.title())
    (folder / "the bill.txt").write_text("a bill")  # one of six words is said to be wrong
    report = quantise(pack / "model.onnx", tmp_path / "b.onnx", folder)
    assert report.word_error_before == pytest.approx(100 / 6)
    assert report.word_error_after is not None
    assert "word error" in report.lines()[-1]


def test_what_cannot_be_quantised_is_refused(tmp_path: Path) -> None:
    """Says why, and leaves nothing behind."""
    source, target = network(tmp_path / "a.onnx"), tmp_path / "b.onnx"
    with pytest.raises(UserError, match="is not there"):
        quantise(tmp_path / "nowhere.onnx", target)
    with pytest.raises(UserError, match="exists already"):
        quantise(source, source)
    quantise(source, target)
    with pytest.raises(UserError, match="quantised already"):
        quantise(target, tmp_path / "c.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"\x08")
    with pytest.raises(UserError, match="not a graph"):
        quantise(tmp_path / "bad.onnx", tmp_path / "c.onnx")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(UserError, match=r"neither \.npz nor \.wav"):
        quantise(source, tmp_path / "c.onnx", empty)
    np.savez(empty / "a.npz", z=np.zeros(3))
    with pytest.raises(UserError, match="does not hold the graph's inputs x"):
        quantise(source, tmp_path / "c.onnx", empty)
    assert not (tmp_path / "c.onnx").exists()
    assert not list(tmp_path.glob(".quantising-*"))


def test_a_graph_without_weights_is_left_alone(tmp_path: Path) -> None:
    """Has nothing to gain."""
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "a.onnx")
    with pytest.raises(UserError, match="no weights"):
        quantise(tmp_path / "a.onnx", tmp_path / "b.onnx")


def test_without_the_tools_the_way_out_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Says what to install, and that the box is not the place for it."""
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(UserError, match="pip install onnx"):
        quantise(tmp_path / "a.onnx", tmp_path / "b.onnx")


def test_the_report_is_in_plain_words() -> None:
    """Tells each figure with its unit."""
    lines = Report(4_000_000, 1_000_000, 8.0, 4.0, 0.0123, ("MatMul",), static=False).lines()
    assert lines[0] == "size        4.00 MB -> 1.00 MB (25%)"
    assert "8.00 ms -> 4.00 ms a run, one thread (2.00 times as quick)" in lines[1]
    assert "1.23%" in lines[2]
    assert len(lines) == 4


def test_a_graph_that_draws_noise_is_not_judged_by_its_samples(tmp_path: Path) -> None:
    """Says that two runs differ by themselves."""
    model = onnx.load(network(tmp_path / "a.onnx"))
    model.graph.node[-1].CopyFrom(helper.make_node("Add", ["c", "noise"], ["y"]))
    model.graph.node.insert(0, helper.make_node("RandomNormalLike", ["x"], ["noise"], dtype=1))
    onnx.save(model, tmp_path / "a.onnx")
    report = quantise(tmp_path / "a.onnx", tmp_path / "b.onnx")
    assert report.noise > 0.1
    assert "judge it by ear" in report.lines()[-1]


@pytest.mark.parametrize(
    ("heard", "wrong"), [("a b c", 0), ("a c", 1), ("a x b c", 1), ("", 3), ("x y z", 3)]
)
def test_words_are_counted(heard: str, wrong: int) -> None:
    """Counts insertions, deletions and changes."""
    assert edits(["a", "b", "c"], heard.split()) == wrong
