"""The only import of onnxruntime: its telemetry is switched off before the library loads."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

import numpy as np

# Builds from 1.30 on report home unless told otherwise; the pin below 1.29 is the first wall.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as native

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt


_REFUSALS = (
    native.Fail,
    native.InvalidArgument,
    native.InvalidGraph,
    native.InvalidProtobuf,
    native.NoModel,
    native.NoSuchFile,
    native.NotImplemented,
    native.RuntimeException,
)
"""The library has no common root for its errors."""


class GraphError(ValueError):
    """A file that onnxruntime cannot load as a graph."""


def session(model: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    """Load a graph for the CPU with `threads` threads inside one run and no arena growth.

    Raises GraphError where the file is no graph that this onnxruntime can run.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # A waiting thread that spins would steal the core from the process that paces audio.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except _REFUSALS as error:
        raise GraphError(f"'{model.name}' is not a graph that can be run: {error}") from error


def run(
    loaded: onnxruntime.InferenceSession, feeds: Mapping[str, npt.NDArray[np.generic]]
) -> list[npt.NDArray[np.generic]]:
    """Run a graph once and return all its outputs.

    Raises GraphError where the graph does not take these inputs or fails on them.
    """
    try:
        return [np.asarray(output) for output in loaded.run(None, dict(feeds))]
    except (*_REFUSALS, ValueError) as error:  # ValueError: an input is missing or unknown
        raise GraphError(f"the graph does not run: {error}") from error


def quantisation() -> Any:
    """Return `onnxruntime.quantization`. Raises ImportError where the package onnx is missing."""
    return importlib.import_module("onnxruntime.quantization")
