"""Writing manifest.toml of the pack."""

import json
import platform
import tomllib
from pathlib import Path

from models.train.stt.channel import LEVEL_DBFS
from models.train.stt.export import sha256
from models.train.stt.languages.base import Language
from models.train.stt.network import PIECES

_FILES = {
    "model": "model.int8.onnx",
    "tokens": "tokens.txt",
    "lexicon": "lexicon.txt",
    "bpe": "bpe.txt",
}

_COMMENT = """
# Before the features the utterance is scaled so that its voiced part has level_dbfs: the root
# mean square of those 20 ms frames whose power is within 20 dB of the 95th percentile of all
# frames' powers. Samples are ±1 and may exceed it; they are not clipped.
#
# bpe.txt: the merged pieces in order. To encode a word: put U+2581 before it, split it into
# characters, merge the neighbouring pair whose join stands highest in the list (the leftmost
# such) until no join is in the list, look the parts up in tokens.txt.
"""


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _others(folder: Path) -> dict[str, str]:
    """Return role and name of what others have put into the pack, such as its word graph."""
    path = folder / "manifest.toml"
    listed = tomllib.loads(path.read_text(encoding="utf-8"))["files"] if path.exists() else []
    return {
        entry["role"]: entry["path"]
        for entry in listed
        if entry["role"] not in _FILES and (folder / entry["path"]).exists()
    }


def write(
    folder: Path, language: Language, training: dict[str, float], figures: dict[str, float]
) -> None:
    """Write manifest.toml for the files of `folder`; `figures` may still be empty."""
    about, phones = language.facts, language.phones
    lines = [
        about["comment"].strip() + "\n#" + _COMMENT,
        "format = 1",
        f'name = "{about["pack"]}"',
        'kind = "stt"',
        'engine = "sherpa-onnx/zipformer-ctc"',
        f'language = "{language.code}"',
        'version = "2026.11.22"',
        "sample_rate = 8000",
        'licence = "GPL-3.0-or-later"',
        "summary = " + _text(about["summary"]),
    ]
    for role, name in {**_FILES, **_others(folder)}.items():
        path = folder / name
        lines += ["", "[[files]]", f'role = "{role}"', f'path = "{name}"']
        lines += [f"bytes = {path.stat().st_size}", f'sha256 = "{sha256(path)}"']
    lines += ["", "[provenance]", 'recipe = "models/train/stt"']
    lines += [f"{name} = {round(value, 2)}" for name, value in training.items()]
    lines.append("machine = " + _text(f"two shared cores, {platform.machine()}, no GPU"))
    lines.append("data = [")
    lines += [f"  {_text(item)}," for item in about["data"]]
    lines += ["]", "", "[figures]"]
    lines += [f"{_text(name)} = {round(value, 4)}" for name, value in figures.items()]
    lines += [
        "",
        "[stt]",
        'feature = "kaldi-fbank-40-8k"',
        f"level_dbfs = {LEVEL_DBFS}",
        "subsampling = 4",
        f"blank = {PIECES}",
        f"phone_blank = {language.blank}",
        "phones = [",
        *(f"  {', '.join(map(_text, phones[i : i + 13]))}," for i in range(0, len(phones), 13)),
        "]",
        "",
    ]
    (folder / "manifest.toml").write_text("\n".join(lines), encoding="utf-8")
