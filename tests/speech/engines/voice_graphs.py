"""Voices of a few hundred bytes: graphs of the interfaces that sherpa-onnx has for each family.

None of them was trained. Each says in its "audio" what it was given, token by token, so that a test
reads there whether text, speed and speaker arrived: after any scaling the order stays.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RATE = 16_000
SPEAKERS = 3
STYLE = 4
"""Numbers of a style, kokoro's and kitten's."""
LONGEST = 40
"""Tokens that the kokoro graph has styles for."""
SYMBOLS = "_^$ ,.!?;:abdefhijklmnoprstuvwxyzæðŋɐɑɔəɚɛɜɡɪɹʃʊʌʒˈˌː"
SCALE = 256.0
_REAL, _WHOLE = TensorProto.FLOAT, TensorProto.INT64

Shape = Sequence[int | str]


def save(
    path: Path,
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[tuple[str, int, Shape]],
    outputs: Sequence[tuple[str, int, Shape | None]],
    weights: Mapping[str, np.ndarray],
    metadata: Mapping[str, object],
) -> Path:
    """Write a graph with its metadata."""
    graph = helper.make_graph(
        list(nodes),
        path.stem,
        [helper.make_tensor_value_info(*one) for one in inputs],
        [helper.make_tensor_value_info(*one) for one in outputs],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for key, value in metadata.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, str(value)
    onnx.save(model, path)
    return path


def tokens(path: Path, symbols: str = SYMBOLS) -> Path:
    """Write a table of code points; a space is the line `"  4"`."""
    path.write_text("".join(f"{s} {n}\n" for n, s in enumerate(symbols)), encoding="utf-8")
    return path


def _spelling(source: str, extras: Sequence[str], vocabulary: int) -> tuple[list, dict]:
    """Nodes that write ids, then the numbers of `extras`, as samples `audio` [1, 1, N]."""
    table = (np.arange(vocabulary, dtype=np.float32) / SCALE)[:, None]
    weights = {"table": table, "flat": np.array([-1], np.int64), "row": np.array([1, 1, -1])}
    nodes = [
        helper.make_node("Gather", ["table", source], ["found"], axis=0),
        helper.make_node("Reshape", ["found", "flat"], ["line"]),
    ]
    parts = ["line"]
    for name in extras:
        nodes += [
            helper.make_node("Cast", [name], [f"{name}_real"], to=_REAL),
            helper.make_node("Reshape", [f"{name}_real", "flat"], [f"{name}_line"]),
        ]
        parts.append(f"{name}_line")
    nodes += [
        helper.make_node("Concat", parts, ["all"], axis=0),
        helper.make_node("Reshape", ["all", "row"], ["audio"]),
    ]
    return nodes, weights


def piper(
    folder: Path,
    *,
    comment: str = "piper",
    speakers: int = 1,
    rate: int = RATE,
    drop: Sequence[str] = (),
    vocabulary: int = len(SYMBOLS),
    **metadata: object,
) -> Path:
    """VITS as Piper and Coqui export it; `drop` leaves inputs out."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens(folder / "tokens.txt")
    inputs = [("input", _WHOLE, [1, "T"]), ("input_lengths", _WHOLE, [1]), ("scales", _REAL, [3])]
    if speakers > 1:
        inputs.append(("sid", _WHOLE, [1]))
    inputs = [one for one in inputs if one[0] not in drop]
    extras = [name for name, _, _ in inputs if name in ("scales", "sid")]
    nodes, weights = _spelling("input", extras, vocabulary)
    facts = {
        "model_type": "vits", "comment": comment, "language": "English", "sample_rate": rate,
        "n_speakers": speakers, "voice": "en-us", "has_espeak": 1, "add_blank": 1,
    }  # fmt: skip
    return save(
        folder / "model.onnx", nodes, inputs, [("audio", _REAL, [1, 1, "N"])], weights,
        {**facts, **metadata},
    )  # fmt: skip


def lexicon_vits(folder: Path, *, frontend: str = "", comment: str = "icefall-free") -> Path:
    """VITS with words of its own: a lexicon, or (frontend "characters") letters."""
    folder.mkdir(parents=True, exist_ok=True)
    inputs = [
        ("x", _WHOLE, [1, "T"]), ("x_length", _WHOLE, [1]), ("noise_scale", _REAL, [1]),
        ("length_scale", _REAL, [1]), ("noise_scale_w", _REAL, [1]),
    ]  # fmt: skip
    nodes, weights = _spelling("x", ["length_scale"], len(SYMBOLS))
    tokens(folder / "tokens.txt")
    if not frontend:
        words = {"hello": "h ə l o ʊ", "you": "j u", "yes": "j ɛ s"}
        (folder / "lexicon.txt").write_text(
            "".join(f"{word} {said}\n" for word, said in words.items()), encoding="utf-8"
        )
    facts = {
        "model_type": "vits", "comment": comment, "language": "English", "sample_rate": RATE,
        "n_speakers": 0, "punctuation": ", . ! ?", "add_blank": 0, "frontend": frontend,
    }  # fmt: skip
    return save(
        folder / "model.onnx", nodes, inputs, [("audio", _REAL, [1, 1, "N"])], weights, facts
    )


def matcha(
    folder: Path,
    *,
    vocos: bool = False,
    scales: bool = False,
    mels: int = 1,
    vocoder_rate: int = RATE,
) -> Path:
    """Matcha's acoustic graph, whose one mel is the samples, and a vocoder that passes it on."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens(folder / "tokens.txt")
    inputs = [("x", _WHOLE, [1, "T"]), ("x_length", _WHOLE, [1])]
    if scales:
        inputs.append(("scales", _REAL, [2]))
    else:
        inputs += [("noise_scale", _REAL, [1]), ("length_scale", _REAL, [1])]
    extras = ["scales"] if scales else ["noise_scale", "length_scale"]
    nodes, weights = _spelling("x", extras, len(SYMBOLS))
    facts = {
        "model_type": "matcha-tts", "sample_rate": RATE, "n_speakers": 1, "pad_id": 0,
        "use_eos_bos": 1, "has_espeak": 1, "voice": "en-us", "jieba": 0, "version": 1,
    }  # fmt: skip
    if mels > 1:
        weights["tall"] = np.array([1, mels, 1], np.int64)
        nodes[-1].output[0] = "one_mel"
        nodes.append(helper.make_node("Tile", ["one_mel", "tall"], ["audio"]))
    save(folder / "model.onnx", nodes, inputs, [("audio", _REAL, [1, mels, "N"])], weights, facts)
    vocoder = [("mel", _REAL, [1, 1, "N"])]
    if vocos:
        bins = 9
        nodes = [
            helper.make_node("Tile", ["mel", "tall"], ["mag"]),
            helper.make_node("Cos", ["mag"], ["x"]),
            helper.make_node("Sin", ["mag"], ["y"]),
        ]
        outputs = [(name, _REAL, [1, bins, "N"]) for name in ("mag", "x", "y")]
        save(
            folder / "vocoder.onnx", nodes, vocoder, outputs,
            {"tall": np.array([1, bins, 1], np.int64)},
            {"model_type": "vocos", "n_fft": 16, "hop_length": 4, "win_length": 16, "sample_rate": vocoder_rate},
        )  # fmt: skip
    else:
        nodes = [helper.make_node("Identity", ["mel"], ["audio"])]
        save(
            folder / "vocoder.onnx", nodes, vocoder, [("audio", _REAL, [1, 1, "N"])], {},
            {"model_type": "hifigan", "sample_rate": vocoder_rate},
        )  # fmt: skip
    return folder / "model.onnx"


def kokoro(folder: Path, *, version: int = 1, styles: int = SPEAKERS, **metadata: object) -> Path:
    """Kokoro: tokens, a style for each length, a speed."""
    return _styled(
        folder,
        "tokens",
        (LONGEST, 1, STYLE),
        styles,
        {"model_type": "kokoro", "has_espeak": 1, "version": version, **metadata},
    )


def kitten(folder: Path, *, styles: int = SPEAKERS, **metadata: object) -> Path:
    """Kitten: one style for a voice, whatever its length."""
    facts = {"model_type": "kitten-tts", "has_espeak": 1, "version": 1, **metadata}
    return _styled(folder, "input_ids", (1, STYLE), styles, facts)


def _styled(
    folder: Path, name: str, style: tuple[int, ...], styles: int, facts: dict[str, object]
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    tokens(folder / "tokens.txt")
    numbers = np.repeat(np.arange(styles, dtype=np.float32) / SCALE, int(np.prod(style)))
    (folder / "voices.bin").write_bytes(numbers.astype("<f4").tobytes())
    inputs = [(name, _WHOLE, [1, "T"]), ("style", _REAL, [1, STYLE]), ("speed", _REAL, [1])]
    nodes, weights = _spelling(name, ["style", "speed"], len(SYMBOLS))
    return save(
        folder / "model.onnx", nodes, inputs, [("audio", _REAL, ["N"])],
        {**weights, "row": np.array([-1])},
        {
            "sample_rate": RATE, "n_speakers": SPEAKERS, "voice": "en-us",
            "style_dim": ",".join(map(str, style)), **facts,
        },
    )  # fmt: skip


def supertonic(folder: Path) -> Path:
    """Supertonic's four graphs, its configuration, alphabet and styles."""
    folder.mkdir(parents=True, exist_ok=True)
    dim, factor, chunk = 2, 3, 8
    config = {
        "ae": {"sample_rate": RATE, "base_chunk_size": chunk},
        "ttl": {"chunk_compress_factor": factor, "latent_dim": dim},
    }
    (folder / "tts.json").write_text(json.dumps(config))
    (folder / "unicode_indexer.bin").write_bytes(np.arange(512, dtype="<i4").tobytes())
    shapes = (SPEAKERS, 2, 3, SPEAKERS, 2, 2)
    numbers = np.zeros(SPEAKERS * 6 + SPEAKERS * 4, "<f4")
    (folder / "voice.bin").write_bytes(struct.pack("<6q", *shapes) + numbers.tobytes())
    text = [("text_ids", _WHOLE, [1, "T"])]
    mask = [("text_mask", _REAL, [1, 1, "T"])]
    save(
        folder / "duration_predictor.onnx",
        [
            helper.make_node("ReduceSum", ["text_mask"], ["length"], keepdims=0),
            helper.make_node("Mul", ["length", "each"], ["seconds"]),
            helper.make_node("Reshape", ["seconds", "one"], ["duration"]),
        ],
        [*text, ("style_dp", _REAL, [1, 2, 2]), *mask],
        [("duration", _REAL, [1])],
        {"each": np.array(0.02, np.float32), "one": np.array([1])},
        {},
    )
    save(
        folder / "text_encoder.onnx",
        [helper.make_node("Identity", ["text_mask"], ["text_emb"])],
        [*text, ("style_ttl", _REAL, [1, 2, 3]), *mask],
        [("text_emb", _REAL, [1, 1, "T"])],
        {},
        {},
    )
    latent: list[int | str] = [1, dim * factor, "L"]
    save(
        folder / "vector_estimator.onnx",
        [helper.make_node("Mul", ["noisy_latent", "latent_mask"], ["denoised_latent"])],
        [
            ("noisy_latent", _REAL, latent),
            ("text_emb", _REAL, [1, 1, "T"]),
            ("style_ttl", _REAL, [1, 2, 3]),
            ("latent_mask", _REAL, [1, 1, "L"]),
            *mask,
            ("current_step", _REAL, [1]),
            ("total_step", _REAL, [1]),
        ],
        [("denoised_latent", _REAL, latent)],
        {},
        {},
    )
    save(
        folder / "vocoder.onnx",
        [
            helper.make_node("ReduceMean", ["latent"], ["mean"], axes=[1], keepdims=1),
            helper.make_node("Tile", ["mean", "long"], ["repeated"]),
            helper.make_node("Reshape", ["repeated", "row"], ["wav_tts"]),
        ],
        [("latent", _REAL, latent)],
        [("wav_tts", _REAL, [1, "N"])],
        {"long": np.array([1, 1, chunk * factor]), "row": np.array([1, -1])},
        {},
    )
    return folder / "tts.json"
