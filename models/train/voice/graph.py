"""Student and vocoder as one ONNX graph with the interface sherpa-onnx calls "VITS, piper".

Inputs: `input` int64 [1, T] in piper's layout (^ _ p1 _ p2 _ ... $, pads dropped inside),
`input_lengths` int64 [1], `scales` float32 [3] (noise, length = 1 / speed, width of noise).
Output: float32 [1, 1, samples] at 16 kHz.
"""

from __future__ import annotations

import logging
import math
import warnings
from typing import TYPE_CHECKING, Final

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from models.train.voice.features import RATE, WIDTH
from models.train.voice.network import Size, Student
from models.train.voice.vocoder import Vocoder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from models.train.voice.teach import Utterance

PITCH_LIMITS: Final = (math.log(50.0), math.log(400.0))
_PER_TOKEN_MOST: Final = 80.0  # frames of 10 ms
log = logging.getLogger(__name__)


class Speech(nn.Module):
    """Tokens in piper's layout to a waveform."""

    def __init__(self, student: Student, vocoder: Vocoder, lengthen: float = 1.0) -> None:
        """Join both; `lengthen` multiplies every duration."""
        super().__init__()
        self.student, self.vocoder, self.lengthen = student, vocoder, lengthen

    def rows(self, tokens: Tensor, length: Tensor | float) -> Tensor:
        """Vocoder parameters [1, T, 32] of tokens [1, N] without pads."""
        states, timing, _ = self.student.encode(tokens)
        frames = (torch.exp(timing) - 1) * (self.lengthen * length)
        frames = torch.round(frames.clamp(0.0, _PER_TOKEN_MOST) * self.student.timed[tokens])
        return self.laid(states, frames)

    def laid(self, states: Tensor, frames: Tensor) -> Tensor:
        """Vocoder parameters [1, T, 32] with whole frames per token given."""
        total = frames.sum().clamp(min=4.0).to(torch.long)
        made = self.student.decode(states, frames, total)[0].reshape(1, -1, WIDTH)
        voiced = (made[..., 1:2] > 0.5).float()
        return torch.cat([made[..., :1].clamp(*PITCH_LIMITS), voiced, made[..., 2:]], 2)

    def forward(self, tokens: Tensor, lengths: Tensor, scales: Tensor) -> Tensor:
        """Synthesise; unused inputs are kept alive, sherpa-onnx crashes without them."""
        unpadded = torch.masked_select(tokens, tokens != 0)[None]
        unused = 0 * lengths.float() + 0 * scales[0] * scales[2]
        wave = self.vocoder(self.rows(unpadded, scales[1] + unused))
        return wave.clamp(-0.99, 0.99)[:, None]


def lengthening(student: Student, known: Sequence[Utterance]) -> float:
    """Factor that makes predicted durations as long as real ones on average.

    The mean of a logarithm is the logarithm of something shorter than the mean.
    """
    real = guessed = 0.0
    with torch.no_grad():
        for one in known:
            tokens = torch.from_numpy(one.tokens)[None]
            timing = student.encode(tokens)[1]
            frames = (torch.exp(timing) - 1).clamp(0.0, _PER_TOKEN_MOST)
            guessed += float((frames * student.timed[tokens]).sum())
            real += float(one.frames.sum())
    return real / guessed


def restored(
    checkpoint: Path, filters: NDArray[np.float64], known: Sequence[Utterance] = ()
) -> Speech:
    """Build the model from a checkpoint of `fit.fit`, its durations set right on `known` lines."""
    held = torch.load(checkpoint, weights_only=True)
    student = Student(Size(**held["size"]))
    student.load_state_dict(held["student"])
    student.eval()
    lengthen = lengthening(student, known) if known else 1.0
    log.info("durations times %.3f", lengthen)
    return Speech(student, Vocoder(filters), lengthen).eval()


def write(speech: Speech, plain: Path, small: Path, accent: str = "en-us") -> None:
    """Export to `plain` (float32) and `small` (8-bit MatMul and Gather, vocoder left alone)."""
    tokens = torch.tensor([[1, 0, *(x for k in range(10, 44) for x in (k, 0)), 2]])
    example = (tokens, torch.tensor([tokens.shape[1]]), torch.tensor([0.667, 1.0, 0.8]))
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns of every shape it fixes; tests hold them
        torch.onnx.export(
            speech, example, str(plain), opset_version=17, dynamo=False,
            input_names=["input", "input_lengths", "scales"], output_names=["output"],
            dynamic_axes={"input": {1: "tokens"}, "output": {2: "samples"}},
        )  # fmt: skip
    whole = onnx.load(str(plain))
    _describe(whole, accent)
    onnx.save(whole, str(plain))
    untouched = [
        node.name
        for node in whole.graph.node
        if node.op_type == "MatMul" and "/vocoder/" in node.name
    ]
    quantize_dynamic(
        str(plain), str(small), op_types_to_quantize=["MatMul", "Gather"], per_channel=True,
        weight_type=QuantType.QInt8, nodes_to_exclude=untouched,
    )  # fmt: skip
    reduced = onnx.load(str(small))
    _describe(reduced, accent)
    onnx.save(reduced, str(small))


def _describe(model: onnx.ModelProto, accent: str) -> None:
    # What sherpa-onnx asks of a "piper" voice; it hands the language on and does nothing with it.
    facts = {
        "model_type": "vits", "comment": "piper", "language": accent.partition("-")[0],
        "voice": accent, "has_espeak": "1", "n_speakers": "1", "sample_rate": str(RATE),
    }  # fmt: skip
    del model.metadata_props[:]
    for key, value in facts.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
