"""A tiny sentence encoder: each piece has a fixed vector; made with the package onnx."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from appliance.system.packs.manifest import Pack, load_pack
from appliance.system.packs.writing import write_manifest

WORDS = [
    "i",
    "my",
    "the",
    "a",
    "want",
    "to",
    "have",
    "moved",
    "house",
    "address",
    "new",
    "meter",
    "reading",
    "number",
    "power",
    "gas",
    "is",
    "out",
    "dark",
    "no",
    "when",
    "are",
    "you",
    "open",
    "close",
    "hours",
    "today",
    "speak",
    "person",
    "operator",
    "please",
    "goodbye",
    "bye",
    "complain",
    "about",
    "put",
    "me",
    "through",
    "billing",
    "accounts",
    "give",
    "s",
]
PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, "##s", "##ing", "##ed")
WIDTH = 48


def graph(
    *, pooled: bool = False, types: bool = True, pieces: int = len(PIECES)
) -> onnx.ModelProto:
    """A graph of one table; `pooled`: it returns the mean itself; `types`: takes token types."""
    table = np.random.default_rng(4).normal(size=(pieces, WIDTH)).astype(np.float32)
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["pieces"])]
    output, shape = "pieces", ["batch", "length", WIDTH]
    if pooled:
        nodes.append(helper.make_node("ReduceMean", ["pieces", "axes"], ["mean"], keepdims=0))
        output, shape = "mean", ["batch", WIDTH]
    names = ["input_ids", "attention_mask", *(["token_type_ids"] if types else [])]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in names
    ]
    outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)]
    tables = [
        numpy_helper.from_array(table, "table"),
        numpy_helper.from_array(np.array([1], np.int64), "axes"),
    ]
    made = helper.make_graph(nodes, "encoder", inputs, outputs, tables)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def make_folder(folder: Path, model: onnx.ModelProto | None = None) -> Path:
    """Write graph and vocabulary as they are published."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n", "utf-8")
    onnx.save(model or graph(), str(folder / "model.onnx"))
    return folder


def make_pack(
    where: Path, name: str = "tiny", model: onnx.ModelProto | None = None, **facts: object
) -> Pack:
    """Return a loaded pack of it."""
    folder = make_folder(where / name, model)
    write_manifest(
        folder,
        {
            "name": name, "kind": "encoder", "engine": "onnx/wordpiece", "language": "en",
            "version": "1", "licence": "MIT", "summary": "Nothing.", "encoder": facts,
        },
        [("model", "model.onnx"), ("vocabulary", "vocab.txt")],
    )  # fmt: skip
    return load_pack(folder)
