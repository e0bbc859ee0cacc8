"""onnxruntime is loaded with its telemetry off, and by one module only."""

import os
import re
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

import appliance
from appliance.speech import runtime
from appliance.speech.runtime import GraphError, quantisation, run, session
from tests.speech import tones


def test_telemetry_is_off() -> None:
    """The switch is set before the library loads, and the build is one without telemetry."""
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"
    assert tuple(map(int, onnxruntime.__version__.split(".")[:2])) < (1, 29)
    source = Path(runtime.__file__).read_text()
    assert source.index("ORT_DISABLE_TELEMETRY") < source.index("import onnxruntime")


def test_one_import() -> None:
    """No other module of the product imports onnxruntime."""
    folder = Path(appliance.__file__).parent
    importing = [
        file.name
        for file in folder.rglob("*.py")
        if re.search(r"^\s*(import|from) onnxruntime", file.read_text(), re.MULTILINE)
    ]
    assert importing == ["runtime.py"]


def test_not_a_graph(tmp_path: Path) -> None:
    """A damaged graph is told apart from other mistakes."""
    file = tmp_path / "model.onnx"
    file.write_bytes(b"\x08")
    with pytest.raises(GraphError, match=r"model\.onnx"):
        session(file)


def test_a_run_that_cannot_be_is_told(tmp_path: Path) -> None:
    """Inputs of another type, size or name are one error, whatever the library raises."""
    file = tmp_path / "model.onnx"
    onnx.save(tones.graph(), file)
    loaded = session(file)
    lengths = np.array([8], np.int64)
    assert len(run(loaded, {"x": np.zeros((1, 8, 40), np.float32), "x_lens": lengths})) == 3
    for wrong in (
        {"x": np.zeros((1, 8, 40)), "x_lens": lengths},
        {"x": np.zeros((1, 8, 41), np.float32), "x_lens": lengths},
        {"y": np.zeros((1, 8, 40), np.float32), "x_lens": lengths},
    ):
        with pytest.raises(GraphError):
            run(loaded, wrong)


def test_the_tools_of_quantising_are_there_for_those_who_have_onnx() -> None:
    """They are not loaded with the product."""
    assert hasattr(quantisation(), "quantize_dynamic")
