"""Tiny models of the right interface for every engine: a language of two words, "yes" and "no".

"Yes" is a low tone, "no" a high one. Every graph finds the louder half of what it is fed with, so
that sound, features, chunks, states, tokens and text of every engine are tested without weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from appliance.system.packs.manifest import Pack, load_pack
from models.train.manifest import write

Floats = npt.NDArray[np.float32]

REAL, WHOLE, SMALL, TRUTH = (
    TensorProto.FLOAT, TensorProto.INT64, TensorProto.INT32, TensorProto.BOOL,
)  # fmt: skip
TONES = {"yes": 500.0, "no": 2600.0}
WORD = "\N{LOWER ONE EIGHTH BLOCK}"
PIECES = ["<blk>", f"{WORD}yes", f"{WORD}no", WORD, "y", "e", "s", "n", "o"]
"""As icefall numbers them: the blank first."""
NEMO = [*PIECES[1:], "<blk>"]
"""As NeMo numbers them: the blank last."""


def speak(text: str, seconds: float = 0.4, gap: float = 0.25, level: float = 0.2) -> Floats:
    """Return words as tones at 8 kHz, `gap` seconds of quiet after each."""
    parts: list[Floats] = []
    for word in text.split():
        at = np.arange(round(seconds * 8000)) / 8000
        fade = np.minimum(1.0, np.minimum(at, at[::-1]) / 0.05)
        tone = level * np.sin(2 * np.pi * TONES[word] * at) * np.sin(fade * np.pi / 2) ** 2
        parts += [tone.astype(np.float32), silence(gap)]
    return np.concatenate(parts) if parts else silence(0)


def silence(seconds: float) -> Floats:
    return np.zeros(round(seconds * 8000), np.float32)


class Drawing:
    """A graph that is being drawn."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def constant(self, value: Any, kind: Any = np.float32) -> str:
        name = f"c{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def named(self, tensor: str, name: str) -> None:
        self.nodes.append(helper.make_node("Identity", [tensor], [name]))

    def kept(self, *inputs: str) -> str:
        """Return a zero that depends on inputs, so that none is dropped."""
        total = self.constant(0.0)
        for one in inputs:
            real = self.op("Cast", one, to=REAL)
            some = self.op("ReduceSum", self.op("Mul", real, self.constant(0.0)), keepdims=0)
            total = self.op("Add", total, some)
        return total

    def done(
        self,
        inputs: Sequence[tuple[str, int, Sequence[Any]]],
        outputs: Sequence[tuple[str, int, Sequence[Any] | None]],
        metadata: dict[str, Any] | None = None,
    ) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes, "words",
            [helper.make_tensor_value_info(*one) for one in inputs],
            [helper.make_tensor_value_info(*one) for one in outputs],
            self.weights,
        )  # fmt: skip
        opset = [helper.make_opsetid("", 17)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=9)
        for key, value in (metadata or {}).items():
            entry = model.metadata_props.add()
            entry.key = key
            entry.value = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        return model

    def halves(self, x: str, axis: int, size: int, bins: int) -> str:
        """Return [N, T, 2]: the loudest of the low and of the high bins of x."""
        at = np.arange(size) % bins
        found = []
        for chosen in (np.flatnonzero(at < bins // 2), np.flatnonzero(at >= bins // 2)):
            picked = self.op("Gather", x, self.constant(chosen, np.int64), axis=axis)
            found.append(self.op("ReduceMax", picked, axes=[axis], keepdims=1))
        joined = self.op("Concat", *found, axis=axis)
        return self.op("Transpose", joined, perm=[0, 2, 1]) if axis == 1 else joined

    def scores(self, halves: str, threshold: float, columns: int, ids: Sequence[int]) -> str:
        """Return [N, T, columns]: the blank (ids[0]) above `threshold`, yes and no below."""
        spread = np.zeros((2, columns), np.float32)
        spread[0, ids[1]] = spread[1, ids[2]] = 5.0
        bias = np.full(columns, -200.0, np.float32)
        bias[ids[1]] = bias[ids[2]] = 0.0
        bias[ids[0]] = 5.0 * threshold
        product = self.op("MatMul", halves, self.constant(spread))
        return self.op("Add", product, self.constant(bias))

    def thinned(self, x: str, last: int | None = None, step: int = 4) -> str:
        """Return every fourth frame of x [N, T, …], of the first `last`."""
        return self.op(
            "Slice", x, self.constant([0], np.int64),
            self.constant([last or 10**6], np.int64), self.constant([1], np.int64),
            self.constant([step], np.int64),
        )  # fmt: skip

    def certain(self, x: str) -> str:
        return self.op("LogSoftmax", x, axis=-1)

    def shorter(self, lengths: str, kind: int = WHOLE) -> str:
        """Return (lengths + 3) // 4."""
        three, four = (self.constant([n], np.int64) for n in (3, 4))
        whole = self.op("Cast", lengths, to=WHOLE)
        return self.op("Cast", self.op("Div", self.op("Add", whole, three), four), to=kind)


_STACK = {
    "encoder_dims": [8], "query_head_dims": [2], "value_head_dims": [2], "num_heads": [2],
    "num_encoder_layers": [1], "cnn_module_kernels": [5], "left_context_len": [4],
}  # fmt: skip
_STATES: list[tuple[str, list[Any]]] = [
    ("cached_key_0", [4, "N", 4]), ("cached_nonlin_attn_0", [1, "N", 4, 6]),
    ("cached_val1_0", [4, "N", 4]), ("cached_val2_0", [4, "N", 4]),
    ("cached_conv1_0", ["N", 8, 2]), ("cached_conv2_0", ["N", 8, 2]),
]  # fmt: skip


def _zipformer2(drawing: Drawing, bins: int) -> tuple[list[Any], list[Any]]:
    """Pass the states of a streaming zipformer through; return its inputs and outputs."""
    embed = ("embed_states", ["N", 128, 3, (((bins - 1) // 2) - 1) // 2])
    states = [*_STATES, embed]
    inputs, outputs = [], []
    for name, shape in states:
        drawing.named(name, f"new_{name}")
        inputs.append((name, REAL, shape))
        outputs.append((f"new_{name}", REAL, shape))
    drawing.named("processed_lens", "new_processed_lens")
    inputs.append(("processed_lens", WHOLE, ["N"]))
    outputs.append(("new_processed_lens", WHOLE, ["N"]))
    return inputs, outputs


def online_zipformer2_ctc(bins: int = 80, columns: int = len(PIECES)) -> dict[str, Any]:
    d = Drawing()
    logits = d.scores(d.halves("x", 2, bins, bins), 0.0, columns, (0, 1, 2))
    d.named(d.certain(d.thinned(logits, 16)), "log_probs")
    inputs, outputs = _zipformer2(d, bins)
    return {
        "model": d.done(
            [("x", REAL, ["N", 20, bins]), *inputs],
            [("log_probs", REAL, ["N", 4, columns]), *outputs],
            {"model_type": "zipformer2", "T": 20, "decode_chunk_len": 16, **_STACK},
        )
    }


def _decoder(columns: int) -> onnx.ModelProto:
    """Say the last word, so that the joiner does not repeat it while its tone lasts."""
    d = Drawing()
    against = -60.0 * np.eye(columns, dtype=np.float32)
    against[0] = 0.0
    last = d.op("Gather", "y", d.constant(1, np.int64), axis=1)
    d.named(d.op("Gather", d.constant(against), last, axis=0), "decoder_out")
    return d.done(
        [("y", WHOLE, ["N", 2])], [("decoder_out", REAL, ["N", columns])],
        {"vocab_size": columns, "context_size": 2},
    )  # fmt: skip


def _joiner(columns: int) -> onnx.ModelProto:
    d = Drawing()
    d.named(d.op("Add", "encoder_out", "decoder_out"), "logit")
    sides = [(name, REAL, ["N", columns]) for name in ("encoder_out", "decoder_out")]
    return d.done(sides, [("logit", REAL, ["N", columns])])


def online_transducer(bins: int = 80, columns: int = len(PIECES)) -> dict[str, Any]:
    d = Drawing()
    logits = d.scores(d.halves("x", 2, bins, bins), 0.0, columns, (0, 1, 2))
    d.named(d.thinned(logits, 16), "encoder_out")
    inputs, outputs = _zipformer2(d, bins)
    encoder = d.done(
        [("x", REAL, ["N", 20, bins]), *inputs],
        [("encoder_out", REAL, ["N", 4, columns]), *outputs],
        {"model_type": "zipformer2", "T": 20, "decode_chunk_len": 16, **_STACK},
    )
    return {"encoder": encoder, "decoder": _decoder(columns), "joiner": _joiner(columns)}


def offline_transducer(bins: int = 80, columns: int = len(PIECES)) -> dict[str, Any]:
    d = Drawing()
    d.named(
        d.thinned(d.scores(d.halves("x", 2, bins, bins), 0.0, columns, (0, 1, 2))), "encoder_out"
    )
    d.named(d.shorter("x_lens"), "encoder_out_lens")
    encoder = d.done(
        [("x", REAL, ["N", "T", bins]), ("x_lens", WHOLE, ["N"])],
        [("encoder_out", REAL, ["N", "S", columns]), ("encoder_out_lens", WHOLE, ["N"])],
        {"model_type": "zipformer2"},
    )
    return {"encoder": encoder, "decoder": _decoder(columns), "joiner": _joiner(columns)}


def offline_zipformer_ctc(
    bins: int = 80, columns: int = len(PIECES), threshold: float = 0.0
) -> dict[str, Any]:
    d = Drawing()
    logits = d.scores(d.halves("x", 2, bins, bins), threshold, columns, (0, 1, 2))
    d.named(d.certain(d.thinned(logits)), "log_probs")
    d.named(d.shorter("x_lens"), "log_probs_len")
    return {
        "model": d.done(
            [("x", REAL, ["N", "T", bins]), ("x_lens", WHOLE, ["N"])],
            [("log_probs", REAL, ["N", "S", columns]), ("log_probs_len", WHOLE, ["N"])],
            {"model_type": "zipformer2_ctc"},
        )
    }


_NEMO_THRESHOLD = -4.0
_CACHES = {
    "cache_last_channel_dim1": 1, "cache_last_channel_dim2": 2, "cache_last_channel_dim3": 2,
    "cache_last_time_dim1": 1, "cache_last_time_dim2": 2, "cache_last_time_dim3": 2,
}  # fmt: skip


def _nemo_caches(d: Drawing) -> tuple[list[Any], list[Any]]:
    inputs, outputs = [], []
    for name in ("cache_last_channel", "cache_last_time"):
        d.named(name, f"{name}_next")
        inputs.append((name, REAL, ["N", 1, 2, 2]))
        outputs.append((f"{name}_next", REAL, ["N", 1, 2, 2]))
    d.named("cache_last_channel_len", "cache_last_channel_len_next")
    inputs.append(("cache_last_channel_len", WHOLE, ["N"]))
    outputs.append(("cache_last_channel_len_next", WHOLE, ["N"]))
    return inputs, outputs


def online_nemo_ctc(bins: int = 80, columns: int = len(NEMO)) -> dict[str, Any]:
    d = Drawing()
    halves = d.halves("audio_signal", 1, bins, bins)
    logits = d.scores(halves, _NEMO_THRESHOLD, columns, (columns - 1, 0, 1))
    d.named(d.certain(d.thinned(logits)), "logprobs")
    d.named(d.shorter("length"), "logprobs_length")
    inputs, outputs = _nemo_caches(d)
    return {
        "model": d.done(
            [("audio_signal", REAL, ["N", bins, "T"]), ("length", WHOLE, ["N"]), *inputs],
            [("logprobs", REAL, ["N", "S", columns]), ("logprobs_length", WHOLE, ["N"]), *outputs],
            {"window_size": 16, "chunk_shift": 16, "subsampling_factor": 4,
             "vocab_size": columns - 1, "normalize_type": "NA", **_CACHES},
        )
    }  # fmt: skip


def _nemo_decoder(columns: int) -> onnx.ModelProto:
    d = Drawing()
    against = -60.0 * np.eye(columns, dtype=np.float32)
    against[-1] = 0.0
    rows = d.op("Gather", d.constant(against), "targets", axis=0)  # [N, 1, columns]
    d.named(d.op("Transpose", rows, perm=[0, 2, 1]), "outputs")
    d.named("target_length", "prednet_lengths")
    d.named("states.1", "states")
    d.named("states.2", "states_2")
    return d.done(
        [("targets", SMALL, ["N", 1]), ("target_length", SMALL, ["N"]),
         ("states.1", REAL, [1, "N", 4]), ("states.2", REAL, [1, "N", 4])],
        [("outputs", REAL, ["N", columns, 1]), ("prednet_lengths", SMALL, ["N"]),
         ("states", REAL, [1, "N", 4]), ("states_2", REAL, [1, "N", 4])],
    )  # fmt: skip


def _nemo_joiner(columns: int) -> onnx.ModelProto:
    d = Drawing()
    both = d.op("Add", "encoder_outputs", "decoder_outputs")  # [N, columns, 1]
    turned = d.op("Transpose", both, perm=[0, 2, 1])
    d.named(d.op("Unsqueeze", turned, d.constant([1], np.int64)), "outputs")
    sides = [(name, REAL, ["N", columns, 1]) for name in ("encoder_outputs", "decoder_outputs")]
    return d.done(sides, [("outputs", REAL, ["N", 1, 1, columns])])


def _nemo_encoder(bins: int, columns: int, *, streaming: bool) -> onnx.ModelProto:
    d = Drawing()
    halves = d.halves("audio_signal", 1, bins, bins)
    logits = d.thinned(d.scores(halves, _NEMO_THRESHOLD, columns, (columns - 1, 0, 1)))
    d.named(d.op("Transpose", logits, perm=[0, 2, 1]), "outputs")
    d.named(d.shorter("length"), "encoded_lengths")
    inputs, outputs = _nemo_caches(d) if streaming else ([], [])
    metadata = {
        "vocab_size": columns - 1, "subsampling_factor": 4, "normalize_type": "NA",
        "pred_rnn_layers": 1, "pred_hidden": 4, "model_type": "EncDecRNNTBPEModel",
    }  # fmt: skip
    if streaming:
        metadata |= {"window_size": 16, "chunk_shift": 16, **_CACHES}
    else:
        metadata["is_giga_am"] = 0
    return d.done(
        [("audio_signal", REAL, ["N", bins, "T"]), ("length", WHOLE, ["N"]), *inputs],
        [("outputs", REAL, ["N", columns, "S"]), ("encoded_lengths", WHOLE, ["N"]), *outputs],
        metadata,
    )


def online_nemo_transducer(bins: int = 80, columns: int = len(NEMO)) -> dict[str, Any]:
    return {
        "encoder": _nemo_encoder(bins, columns, streaming=True),
        "decoder": _nemo_decoder(columns), "joiner": _nemo_joiner(columns),
    }  # fmt: skip


def offline_nemo_transducer(bins: int = 80, columns: int = len(NEMO)) -> dict[str, Any]:
    return {
        "encoder": _nemo_encoder(bins, columns, streaming=False),
        "decoder": _nemo_decoder(columns), "joiner": _nemo_joiner(columns),
    }  # fmt: skip


def offline_nemo_ctc(bins: int = 80, columns: int = len(NEMO)) -> dict[str, Any]:
    d = Drawing()
    halves = d.halves("audio_signal", 1, bins, bins)
    logits = d.scores(halves, _NEMO_THRESHOLD, columns, (columns - 1, 0, 1))
    d.named(d.op("Add", d.certain(d.thinned(logits)), d.kept("length")), "logprobs")
    return {
        "model": d.done(
            [("audio_signal", REAL, ["N", bins, "T"]), ("length", WHOLE, ["N"])],
            [("logprobs", REAL, ["N", "S", columns])],
            {"vocab_size": columns, "subsampling_factor": 4, "is_giga_am": 0, "normalize_type": "",
             "model_type": "EncDecCTCModelBPE"},
        )
    }  # fmt: skip


STACKED = ["<blank>", "<s>", "</s>", "yes", "no"]
_LFR = {"lfr_window_size": 7, "lfr_window_shift": 6}
_STACKED_THRESHOLD = 22.0


def _statistics(bins: int) -> dict[str, Any]:
    return {"neg_mean": [0.0] * bins * 7, "inv_stddev": [1.0] * bins * 7}


def offline_paraformer(bins: int = 80, columns: int = len(STACKED)) -> dict[str, Any]:
    d = Drawing()
    halves = d.halves("speech", 2, bins * 7, bins)
    loudest = d.op("ReduceMax", halves, axes=[1], keepdims=1)  # one word an utterance
    d.named(d.certain(d.scores(loudest, _STACKED_THRESHOLD, columns, (2, 3, 4))), "logits")
    one = d.op("Mul", "speech_lengths", d.constant([0], np.int32))
    d.named(d.op("Add", one, d.constant([1], np.int32)), "token_num")
    return {
        "model": d.done(
            [("speech", REAL, ["N", "T", bins * 7]), ("speech_lengths", SMALL, ["N"])],
            [("logits", REAL, ["N", "S", columns]), ("token_num", SMALL, ["N"])],
            {"vocab_size": columns, "model_type": "paraformer", **_LFR, **_statistics(bins)},
        )
    }


def online_paraformer(bins: int = 80, columns: int = len(STACKED)) -> dict[str, Any]:
    d = Drawing()
    halves = d.halves("speech", 2, bins * 7, bins)
    # Scaled down by the square root of the width, as sherpa-onnx scales its features up.
    logits = d.scores(halves, _STACKED_THRESHOLD * columns**0.5, columns, (0, 3, 4))
    sure = d.op("Softmax", logits, axis=-1)
    d.named(sure, "enc")
    d.named("speech_lengths", "enc_len")
    word = d.op("Gather", sure, d.constant([3, 4], np.int64), axis=2)
    word = d.op("ReduceSum", word, d.constant([2], np.int64), keepdims=0)
    before = d.op(
        "Pad", word, d.constant([0, 1, 0, -1], np.int64), d.constant(0.0)
    )  # one frame earlier
    # A word begins once: what it weighs lies in the rise of its probability.
    rise = d.op("Relu", d.op("Sub", word, before))
    d.named(d.op("Mul", rise, d.constant(1.02)), "alphas")
    encoder = d.done(
        [("speech", REAL, ["N", "T", bins * 7]), ("speech_lengths", SMALL, ["N"])],
        [("enc", REAL, ["N", "T", columns]), ("enc_len", SMALL, ["N"]), ("alphas", REAL, ["N", "T"])],
        {"vocab_size": columns, "encoder_output_size": columns, "decoder_num_blocks": 1,
         "decoder_kernel_size": 3, "model_type": "paraformer", **_LFR, **_statistics(bins)},
    )  # fmt: skip
    d = Drawing()
    d.named(
        d.op("Add", "acoustic_embeds", d.kept("enc", "enc_len", "acoustic_embeds_len")), "logits"
    )
    d.named(d.op("ArgMax", "acoustic_embeds", axis=2, keepdims=0), "sample_ids")
    d.named("in_cache_0", "out_cache_0")
    decoder = d.done(
        [("enc", REAL, ["N", "T", columns]), ("enc_len", SMALL, ["N"]),
         ("acoustic_embeds", REAL, ["N", "K", columns]), ("acoustic_embeds_len", SMALL, ["N"]),
         ("in_cache_0", REAL, ["N", columns, 2])],
        [("logits", REAL, ["N", "K", columns]), ("sample_ids", WHOLE, ["N", "K"]),
         ("out_cache_0", REAL, ["N", columns, 2])],
    )  # fmt: skip
    return {"encoder": encoder, "decoder": decoder}


SENSE = ["<blk>", "<|en|>", "<|NEUTRAL|>", "<|Speech|>", "<|woitn|>", f"{WORD}yes", f"{WORD}no"]


def sense_voice(bins: int = 80, columns: int = len(SENSE)) -> dict[str, Any]:
    d = Drawing()
    halves = d.halves("x", 2, bins * 7, bins)
    logits = d.scores(halves, 22.0 - 20.8, columns, (0, 5, 6))
    tags = np.zeros((1, 4, columns), np.float32)
    tags[0, range(4), range(1, 5)] = 100.0
    joined = d.op("Concat", d.constant(tags), logits, axis=1)
    d.named(d.op("Add", joined, d.kept("x_length", "language", "text_norm")), "logits")
    return {
        "model": d.done(
            [("x", REAL, ["N", "T", bins * 7])]
            + [(name, SMALL, ["N"]) for name in ("x_length", "language", "text_norm")],
            [("logits", REAL, ["N", "S", columns])],
            {"vocab_size": columns, "normalize_samples": 1, "blank_id": 0, "with_itn": 14, "without_itn": 15,
             "model_type": "sense_voice_ctc", "comment": "words", **_LFR, **_statistics(bins),
             **{f"lang_{c}": n for n, c in enumerate(("auto", "zh", "en", "yue", "ja", "ko"))}},
        )
    }  # fmt: skip


def dolphin(bins: int = 80, columns: int = len(PIECES)) -> dict[str, Any]:
    model = offline_zipformer_ctc(bins, columns, _NEMO_THRESHOLD)["model"]
    del model.metadata_props[:]
    helper.set_model_props(
        model,
        {"vocab_size": str(columns), "model_type": "dolphin",
         "mean": ",".join(["0"] * bins), "invstd": ",".join(["1"] * bins)},
    )  # fmt: skip
    return {"model": model}


def fire_red_asr_ctc(bins: int = 80, columns: int = len(PIECES)) -> dict[str, Any]:
    d = Drawing()
    logits = d.scores(d.halves("x", 2, bins, bins), 22.0, columns, (0, 1, 2))
    d.named(d.certain(d.thinned(logits)), "log_probs")
    d.named(d.shorter("x_lens"), "log_probs_len")
    return {
        "model": d.done(
            [("x", REAL, ["N", "T", bins]), ("x_lens", WHOLE, ["N"])],
            [("log_probs", REAL, ["N", "S", columns]), ("log_probs_len", WHOLE, ["N"])],
            {"model_type": "fire-red-asr-2-ctc", "subsampling_factor": 4,
             "cmvn_mean": [0.0] * bins, "cmvn_inv_stddev": [1.0] * bins},
        )
    }  # fmt: skip


WHISPER = ["<sot>", "<eot>", "<translate>", "<transcribe>", "<nots>", "<ts>", "<nosp>", " yes", " no",
           "<en>", "<de>", "<x>"]  # fmt: skip


def _chosen(d: Drawing, loudest: str, threshold: float, columns: int, ids: Sequence[int]) -> str:
    """Return [N, 1, columns]: the word of an utterance whose loudest halves are [N, 1, 2]."""
    return d.scores(loudest, threshold, columns, ids)


def _once(d: Drawing, scores: str, first: str, columns: int, end: int) -> str:
    """Return `scores` where the truth `first` holds, else that all has been said."""
    over = np.full((1, 1, columns), -50.0, np.float32)
    over[..., end] = 50.0
    return d.op("Where", first, scores, d.constant(over))


def whisper(bins: int = 80, columns: int = len(WHISPER)) -> dict[str, Any]:
    d = Drawing()
    loudest = d.op("ReduceMax", d.halves("mel", 1, bins, bins), axes=[1], keepdims=1)
    spread = d.op("Unsqueeze", loudest, d.constant([0], np.int64))  # [1, N, 1, 2]
    d.named(spread, "n_layer_cross_k")
    d.named(spread, "n_layer_cross_v")
    encoder = d.done(
        [("mel", REAL, ["N", bins, "T"])],
        [(f"n_layer_cross_{k}", REAL, [1, "N", 1, 2]) for k in "kv"],
        {"n_mels": bins, "n_text_layer": 1, "n_text_ctx": 20, "n_text_state": 2, "n_vocab": columns,
         "sot": 0, "eot": 1, "blank_id": 11, "translate": 2, "transcribe": 3, "is_multilingual": 1,
         "no_timestamps": 4, "no_speech": 6, "n_alignment_heads": 0, "sot_sequence": [0, 9, 3],
         "all_language_tokens": [9, 10], "all_language_codes": "en,de",
         "model_type": "whisper-words"},
    )  # fmt: skip
    d = Drawing()
    loudest = d.op("Squeeze", "n_layer_cross_k", d.constant([0], np.int64))
    scores = _chosen(d, loudest, 0.5, columns, (1, 7, 8))
    first = d.op("Equal", "offset", d.constant([0], np.int64))
    said = _once(d, scores, first, columns, 1)
    size = d.op("Shape", "tokens")
    width = d.op("Concat", size, d.constant([columns], np.int64), axis=0)
    kept = d.kept("n_layer_cross_v")
    d.named(d.op("Add", d.op("Expand", said, width), kept), "logits")
    for k in "kv":
        d.named(f"in_n_layer_self_{k}_cache", f"out_n_layer_self_{k}_cache")
    caches = [(f"in_n_layer_self_{k}_cache", REAL, [1, "N", 20, 2]) for k in "kv"]
    decoder = d.done(
        [("tokens", WHOLE, ["N", "K"]), *caches,
         *((f"n_layer_cross_{k}", REAL, [1, "N", 1, 2]) for k in "kv"), ("offset", WHOLE, [1])],
        [("logits", REAL, ["N", "K", columns]),
         *((f"out_n_layer_self_{k}_cache", REAL, [1, "N", 20, 2]) for k in "kv")],
    )  # fmt: skip
    return {"encoder": encoder, "decoder": decoder}


CANARY = [
    "<unk>", "<|startofcontext|>", "<|startoftranscript|>", "<|emo:undefined|>", "<|pnc|>",
    "<|nopnc|>", "<|noitn|>", "<|notimestamp|>", "<|nodiarize|>", "<|endoftext|>", "<|en|>",
    "<|es|>", "<|de|>", "<|fr|>", f"{WORD}yes", f"{WORD}no",
]  # fmt: skip


def canary(bins: int = 128, columns: int = len(CANARY)) -> dict[str, Any]:
    d = Drawing()
    d.named(d.thinned(d.halves("audio_signal", 2, bins, bins)), "outputs")
    d.named(d.shorter("length"), "encoded_lengths")
    loud = d.op("ReduceMax", d.thinned("audio_signal"), axes=[2], keepdims=0)
    d.named(d.op("Add", d.op("Mul", loud, d.constant(0.0)), d.constant(1.0)), "encoder_mask")
    encoder = d.done(
        [("audio_signal", REAL, ["N", "T", bins]), ("length", WHOLE, ["N"])],
        [("outputs", REAL, ["N", "S", 2]), ("encoded_lengths", WHOLE, ["N"]),
         ("encoder_mask", REAL, ["N", "S"])],
        {"model_type": "EncDecMultiTaskModel", "vocab_size": columns, "normalize_type": "",
         "subsampling_factor": 4, "feat_dim": bins, "num_decoder_layers": 1,
         "decoder_hidden_size": 2},
    )  # fmt: skip
    d = Drawing()
    loudest = d.op("ReduceMax", "encoder_embeddings", axes=[1], keepdims=1)
    scores = _chosen(d, loudest, _NEMO_THRESHOLD, columns, (9, 14, 15))
    token = d.op("Gather", "decoder_input", d.constant([0], np.int64), axis=1)
    first = d.op("Equal", token, d.constant([[8]], np.int32))
    said = _once(d, scores, first, columns, 9)
    d.named(d.op("Add", said, d.kept("encoder_mask")), "logits")
    d.named("decoder_mems_0", "decoder_mems_0_next")
    decoder = d.done(
        [("decoder_input", SMALL, ["N", 2]), ("decoder_mems_0", REAL, ["N", "P", 2]),
         ("encoder_embeddings", REAL, ["N", "S", 2]), ("encoder_mask", REAL, ["N", "S"])],
        [("logits", REAL, ["N", 1, columns]), ("decoder_mems_0_next", REAL, ["N", "P", 2])],
    )  # fmt: skip
    return {"encoder": encoder, "decoder": decoder}


MOONSHINE = ["<unk>", "<s>", "</s>", f"{WORD}yes", f"{WORD}no"]


def _waves(d: Drawing, audio: str) -> str:
    """Return [N, T, 2] of audio [N, samples]: how loud, and how loud what changes quickly is."""

    def tail(first: int, last: int) -> str:
        return d.op("Slice", audio, d.constant([first], np.int64), d.constant([last], np.int64),
                    d.constant([1], np.int64))  # fmt: skip

    quick = d.op("Sub", tail(1, 10**9), tail(0, -1))
    found = []
    for signal, gain in ((tail(1, 10**9), 1.0), (quick, 1.6)):
        size = d.op("Mul", d.op("Abs", signal), d.constant(gain))
        deep = d.op("Unsqueeze", size, d.constant([1], np.int64))
        found.append(d.op("MaxPool", deep, kernel_shape=[384], strides=[384]))
    return d.op("Transpose", d.op("Concat", *found, axis=1), perm=[0, 2, 1])


def moonshine(columns: int = len(MOONSHINE)) -> dict[str, Any]:
    d = Drawing()
    d.named(_waves(d, "args_0"), "sequential")
    preprocessor = d.done([("args_0", REAL, ["N", "T"])], [("sequential", REAL, ["N", "S", 2])])
    d = Drawing()
    d.named(d.op("Add", "args_0", d.kept("args_1")), "layer_norm")
    encoder = d.done(
        [("args_0", REAL, ["N", "S", 2]), ("args_1", SMALL, ["N"])],
        [("layer_norm", REAL, ["N", "S", 2])],
    )

    def decoder(*, cached: bool) -> onnx.ModelProto:
        d = Drawing()
        loudest = d.op("ReduceMax", "args_1", axes=[1], keepdims=1)
        scores = _chosen(d, loudest, 0.05, columns, (2, 3, 4))
        scores = d.op("Mul", scores, d.constant(5.0))
        first = d.op("Equal", "args_2", d.constant([1], np.int32))
        said = _once(d, scores, first, columns, 2)
        d.named(d.op("Add", said, d.kept("args_0")), "reversible_embedding")
        d.named("args_3" if cached else "args_1", "functional")
        inputs = [
            ("args_0", SMALL, ["N", 1]),
            ("args_1", REAL, ["N", "S", 2]),
            ("args_2", SMALL, [1]),
        ]
        if cached:
            inputs.append(("args_3", REAL, ["N", "S", 2]))
        return d.done(
            inputs,
            [
                ("reversible_embedding", REAL, ["N", 1, columns]),
                ("functional", REAL, ["N", "S", 2]),
            ],
        )

    return {
        "preprocessor": preprocessor, "encoder": encoder,
        "uncached_decoder": decoder(cached=False), "cached_decoder": decoder(cached=True),
    }  # fmt: skip


def moonshine_v2(columns: int = len(MOONSHINE)) -> dict[str, Any]:
    d = Drawing()
    d.named(_waves(d, "input_values"), "last_hidden_state")
    encoder = d.done(
        [("input_values", REAL, ["N", "T"])], [("last_hidden_state", REAL, ["N", "S", 2])]
    )
    d = Drawing()
    loudest = d.op("ReduceMax", "encoder_hidden_states", axes=[1], keepdims=1)
    scores = d.op("Mul", _chosen(d, loudest, 0.05, columns, (2, 3, 4)), d.constant(5.0))
    said = _once(d, scores, d.op("Not", "use_cache_branch"), columns, 2)
    d.named(d.op("Add", said, d.kept("input_ids")), "logits")
    keys = [f"0.{part}.{which}" for part in ("decoder", "encoder") for which in ("key", "value")]
    kept = d.op("Unsqueeze", "encoder_hidden_states", d.constant([1], np.int64))  # [N, 1, S, 2]
    for key in keys:
        # Given back as they came in, but for the first time: then there is nothing yet.
        zero = d.op("Add", kept, d.kept(f"past_key_values.{key}"))
        d.named(zero, f"present.{key}")
    decoder = d.done(
        [("input_ids", WHOLE, ["N", "K"]), ("encoder_hidden_states", REAL, ["N", "S", 2]),
         *((f"past_key_values.{key}", REAL, ["N", 1, "P", 2]) for key in keys),
         ("use_cache_branch", TRUTH, [1])],
        [("logits", REAL, ["N", 1, columns]),
         *((f"present.{key}", REAL, ["N", 1, "P2", 2]) for key in keys)],
    )  # fmt: skip
    return {"encoder": encoder, "decoder": decoder}


MODELS: dict[str, tuple[Callable[..., dict[str, Any]], list[str]]] = {
    "online-transducer": (online_transducer, PIECES),
    "online-nemo-transducer": (online_nemo_transducer, NEMO),
    "online-zipformer2-ctc": (online_zipformer2_ctc, PIECES),
    "online-nemo-ctc": (online_nemo_ctc, NEMO),
    "online-paraformer": (online_paraformer, STACKED),
    "offline-transducer": (offline_transducer, PIECES),
    "offline-nemo-transducer": (offline_nemo_transducer, NEMO),
    "offline-nemo-ctc": (offline_nemo_ctc, NEMO),
    "offline-zipformer-ctc": (offline_zipformer_ctc, PIECES),
    "offline-paraformer": (offline_paraformer, STACKED),
    "sense-voice": (sense_voice, SENSE),
    "whisper": (whisper, WHISPER),
    "moonshine": (moonshine, MOONSHINE),
    "moonshine-v2": (moonshine_v2, MOONSHINE),
    "dolphin": (dolphin, PIECES),
    "canary": (canary, CANARY),
    "fire-red-asr-ctc": (fire_red_asr_ctc, PIECES),
}
"""Engine → how its graphs are drawn, and its tokens."""
ENCODED = ("whisper", "moonshine-v2")
"""Engines whose token table is in base 64."""


def files(engine: str, folder: Path, **changes: Any) -> dict[str, str]:
    """Write a model's files into `folder`; return file → role."""
    import base64

    draw, tokens = MODELS[engine]
    folder.mkdir(parents=True, exist_ok=True)
    roles = {}
    for role, model in draw(**changes).items():
        onnx.save(model, folder / f"{role}.onnx")
        roles[f"{role}.onnx"] = role
    if engine in ENCODED:
        tokens = [base64.b64encode(token.replace(WORD, " ").encode()).decode() for token in tokens]
    lines = (f"{token} {at}\n" for at, token in enumerate(tokens))
    (folder / "tokens.txt").write_text("".join(lines), encoding="utf-8")
    return roles | {"tokens.txt": "tokens"}


def make_pack(
    engine: str,
    folder: Path,
    *,
    sample_rate: int = 16_000,
    stt: dict[str, Any] | None = None,
    language: str = "en",
    **changes: Any,
) -> Pack:
    """Write a pack of the two words for an engine below `folder` and load it."""
    pack = folder / f"words-{engine}"
    roles = files(engine, pack, **changes)
    write(
        pack,
        {
            "name": pack.name,
            "kind": "stt",
            "engine": f"sherpa-onnx/{engine}",
            "language": language,
            "version": "1",
            "sample_rate": sample_rate,
            "licence": "GPL-3.0-or-later",
            "summary": "Two words as tones, for tests.",
            "stt": stt or {"level_dbfs": 0.0},
        },
        roles,
    )
    return load_pack(pack)
