"""A language of tones: a recogniser pack without training, in which every letter is a pitch.

Speech of it can be made and scored exactly, so that everything around a trained network is tested
without one. Each word begins with the pitch of the word mark, which is a blank to the phone head.
"""

from __future__ import annotations

import string
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from appliance.speech.features import BINS, level_dbfs
from appliance.speech.recognition.lexicon import SPACE
from models.train.manifest import write

Floats = npt.NDArray[np.float32]

RATE = 8000
LETTERS = string.ascii_lowercase
PIECES = [SPACE, *LETTERS]
_FIRST_BIN = 11
"""Below, the mel filters are narrower than the spectrum's resolution."""
_MEL_LOW = 1127 * np.log1p(20 / 700)
_MEL_HIGH = 1127 * np.log1p(3600 / 700)
WORDS = (
    "zero",
    "oh",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "double",
    "triple",
    "yes",
    "no",
    "please",
    "right",
    "hours",
    "open",
    "the",
    "are",
    "you",
    "bill",
    "operator",
)


def _bin(symbol: int) -> int:
    # The mark stands apart: what leaks from it must not be heard as a letter.
    return _FIRST_BIN + symbol - 1 if symbol else BINS - 1


def pitch(symbol: int) -> float:
    """Hz of the tone of piece `symbol`: the middle of a mel filter of its own."""
    mel = _MEL_LOW + (_MEL_HIGH - _MEL_LOW) / (BINS + 1) * (_bin(symbol) + 1)
    return float(700 * np.expm1(mel / 1127))


def speak(text: str, level: float = 0.2, gap: float = 0.07) -> Floats:
    """Return `text` in tones of 50 ms, `gap` seconds apart."""
    parts: list[Floats] = []
    for word in text.split():
        for symbol in [0, *(PIECES.index(letter) for letter in word)]:
            at = np.arange(int(0.05 * RATE)) / RATE
            tone = level * np.sin(2 * np.pi * pitch(symbol) * at) * np.hanning(len(at)) ** 0.25
            parts += [tone.astype(np.float32), silence(gap)]
    return np.concatenate(parts) if parts else silence(0)


def silence(seconds: float) -> Floats:
    """Return digital silence."""
    return np.zeros(round(seconds * RATE), np.float32)


class Energetic:
    """A voice activity detector for tones: what is loud is voice."""

    def probability(self, _track: object, window: Floats) -> float:
        return 0.95 if level_dbfs(window) > -40 else 0.02


def graph() -> onnx.ModelProto:
    """Map features [1, T, 40] to log-probabilities of pieces [1, S, 28] and letters [1, S, 27]."""
    pieces = np.zeros((BINS, len(PIECES) + 1), np.float32)
    for symbol in range(len(PIECES)):
        pieces[_bin(symbol), symbol] = 2.0
    phones = np.concatenate([pieces[:, 1:-1], pieces[:, -1:]], 1)
    nodes, weights = [], []

    def constant(name: str, value: npt.NDArray[np.generic]) -> str:
        weights.append(numpy_helper.from_array(value, name))
        return name

    constant("pads", np.array([0, 0, 0, 0, 3, 0], np.int64))
    constant("floor", np.array(-15.9, np.float32))
    constant("frames", np.array([1, -1, 4, BINS], np.int64))
    constant("four", np.array([4], np.int64))
    constant("three", np.array([3], np.int64))
    constant("axis", np.array([2], np.int64))
    constant("starts", np.array([0], np.int64))
    constant("most", np.array(0.9, np.float32))
    constant("least", np.array(0.1 / 28, np.float32))
    constant("time", np.array([1], np.int64))
    nodes += [
        helper.make_node("Pad", ["x", "pads", "floor"], ["padded"]),
        helper.make_node("Shape", ["padded"], ["shape"]),
        helper.make_node("Gather", ["shape", "time"], ["length"]),
        helper.make_node("Div", ["length", "four"], ["quarters"]),
        helper.make_node("Mul", ["quarters", "four"], ["whole"]),
        helper.make_node("Slice", ["padded", "starts", "whole", "time"], ["cut"]),
        helper.make_node("Reshape", ["cut", "frames"], ["grouped"]),
        helper.make_node("ReduceMean", ["grouped", "axis"], ["mean"], keepdims=0),
        helper.make_node("Add", ["x_lens", "three"], ["more"]),
        helper.make_node("Div", ["more", "four"], ["log_probs_len"]),
    ]
    for name, matrix in (("log_probs", pieces), ("phone_log_probs", phones)):
        bias = np.zeros(matrix.shape[1], np.float32)
        bias[-1] = -10.0  # a tone at -23 dBFS gives about 0, what leaks from it less than -14
        nodes += [
            helper.make_node("MatMul", ["mean", constant(f"{name}_w", matrix)], [f"{name}_m"]),
            helper.make_node("Add", [f"{name}_m", constant(f"{name}_b", bias)], [f"{name}_l"]),
            helper.make_node("Softmax", [f"{name}_l"], [f"{name}_s"], axis=-1),
            # A trained network is never quite sure: nothing is less likely than a few permille.
            helper.make_node("Mul", [f"{name}_s", "most"], [f"{name}_p"]),
            helper.make_node("Add", [f"{name}_p", "least"], [f"{name}_f"]),
            helper.make_node("Log", [f"{name}_f"], [name]),
        ]
    real, whole = TensorProto.FLOAT, TensorProto.INT64
    made = helper.make_graph(
        nodes,
        "tones",
        [
            helper.make_tensor_value_info("x", real, ["N", "T", BINS]),
            helper.make_tensor_value_info("x_lens", whole, ["N"]),
        ],
        [
            helper.make_tensor_value_info("log_probs", real, None),
            helper.make_tensor_value_info("log_probs_len", whole, None),
            helper.make_tensor_value_info("phone_log_probs", real, None),
        ],
        weights,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    for key, value in {"model_type": "zipformer2_ctc", "version": "1", "comment": "tones"}.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    return model


def make_pack(folder: Path) -> Path:
    """Write the pack `tones` below `folder` and return its folder."""
    pack = folder / "tones"
    pack.mkdir(parents=True)
    onnx.save(graph(), pack / "model.onnx")
    tokens = [*PIECES, "<blk>"]
    (pack / "tokens.txt").write_text("".join(f"{t} {i}\n" for i, t in enumerate(tokens)))
    words = dict.fromkeys([*WORDS, *LETTERS])
    lexicon = (f"{word} {' '.join(word.upper())}\n" for word in words)
    (pack / "lexicon.txt").write_text("".join(lexicon))
    write(
        pack,
        {
            "name": "tones",
            "kind": "stt",
            "engine": "sherpa-onnx/zipformer-ctc",
            "language": "en",
            "version": "1",
            "sample_rate": RATE,
            "licence": "GPL-3.0-or-later",
            "summary": "Letters as tones, for tests.",
            "stt": {
                "blank": len(PIECES),
                "phone_blank": len(LETTERS),
                "phones": [letter.upper() for letter in LETTERS],
            },
        },
        {"model.onnx": "model", "tokens.txt": "tokens", "lexicon.txt": "lexicon"},
    )
    return pack
