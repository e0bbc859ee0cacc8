"""From a checkpoint to a pack: ONNX, int8, tokens, pieces, lexicon."""

import hashlib
import shutil
from pathlib import Path

import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from models.train.stt import texts
from models.train.stt.languages.base import Language
from models.train.stt.network import MELS, Deployed, Recogniser

METADATA = {"model_type": "zipformer2_ctc", "version": "1", "model_author": "Attendant"}
"""What sherpa-onnx reads from an offline zipformer CTC graph."""


def _describe(path: Path, comment: str) -> None:
    """Write METADATA and `comment` into the graph at `path` (quantisation drops it)."""
    graph = onnx.load(path)
    del graph.metadata_props[:]
    for key, value in {**METADATA, "comment": comment}.items():
        entry = graph.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(graph, path)


def graphs(checkpoint: Path, out: Path, language: Language) -> None:
    """Write model.onnx and model.int8.onnx of the averaged model of `checkpoint` to `out`.

    Raises ValueError where the float graph does not give the numbers of the model.
    """
    model = Recogniser(language.blank)
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["average"])
    deployed = Deployed(model).eval()
    x, lengths = torch.randn(1, 203, MELS) * 3 - 9, torch.tensor([203])
    full, small = out / "model.onnx", out / "model.int8.onnx"
    torch.onnx.export(
        deployed,
        (x, lengths),
        str(full),
        dynamo=False,
        opset_version=17,
        input_names=["x", "x_lens"],
        output_names=["log_probs", "log_probs_len", "phone_log_probs"],
        dynamic_axes={
            "x": {0: "N", 1: "T"},
            "x_lens": {0: "N"},
            "log_probs": {0: "N", 1: "S"},
            "log_probs_len": {0: "N"},
            "phone_log_probs": {0: "N", 1: "S"},
        },
    )
    _describe(full, language.facts["pack"])
    quantize_dynamic(
        full,
        small,
        op_types_to_quantize=["MatMul"],
        weight_type=QuantType.QInt8,
        per_channel=True,
    )
    _describe(small, language.facts["pack"])
    session = onnxruntime.InferenceSession(str(full), providers=["CPUExecutionProvider"])
    x = torch.randn(1, 330, MELS) * 3 - 9
    with torch.no_grad():
        expected = deployed(x, torch.tensor([330]))
    found = session.run(None, {"x": x.numpy(), "x_lens": torch.tensor([330]).numpy()})
    for ours, theirs in zip(expected, found, strict=True):
        if not torch.allclose(ours, torch.from_numpy(theirs), atol=2e-3):
            raise ValueError("the exported graph differs from the model")


def write_lexicon(data: Path, work: Path, language: Language, out: Path) -> None:
    """Write lexicon.txt (`word PH1 PH2 …`, no stress): frequent words, the domain's, names."""
    full = language.lexicon(data, work)
    count = int(language.facts["lexicon_words"])
    wanted = texts.Domain(language).words() | set(language.common(data))
    wanted = {word for word in wanted if word in full}
    for word in language.frequent(data / "text", full, count):
        if len(wanted) < count:
            wanted.add(word)
    lines = (f"{word} {' '.join(full[word])}\n" for word in sorted(wanted))
    (out / "lexicon.txt").write_text("".join(lines), encoding="utf-8")


def pack(data: Path, work: Path, language: Language, folder: Path, checkpoint: Path) -> None:
    """Write the files of the pack, but for its manifest, to `folder`; float graph to `work`."""
    graphs(checkpoint, work, language)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("model.int8.onnx", "tokens.txt", "bpe.txt"):
        shutil.copyfile(work / name, folder / name)
    write_lexicon(data, work, language, folder)


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of the file at `path`."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
