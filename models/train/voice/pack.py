"""Write the pack: model, tokens and a manifest that says what it is and how good it is."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from models.train import manifest
from models.train.voice.features import RATE
from models.train.voice.symbols import COUNTS, SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from models.train.voice.voices import Voice

VERSION: Final = "2026.11.22"


def write_pack(
    folder: Path,
    voice: Voice,
    model: Path,
    provenance: Mapping[str, object],
    figures: Mapping[str, float],
) -> None:
    """Replace the pack in `folder` by `model` with its tokens and manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    if model.resolve() != (folder / "model.int8.onnx").resolve():
        shutil.copyfile(model, folder / "model.int8.onnx")
    (folder / "tokens.txt").write_text(token_table(voice.language), encoding="utf-8")
    values = {
        "name": folder.name,
        "kind": "tts",
        "engine": "sherpa-onnx/vits-piper",
        "language": voice.language,
        "version": VERSION,
        "sample_rate": RATE,
        "licence": "GPL-3.0-or-later",
        "summary": voice.summary,
        "tts": {"accent": voice.accent, "gender": voice.gender},
        "provenance": {
            "recipe": f"models/train/voice --voice {voice.name}",
            **voice.provenance,
            **provenance,
        },
        "figures": dict(figures),
    }
    manifest.write(folder, values, {"model.int8.onnx": "model", "tokens.txt": "tokens"})


def token_table(language: str = "en") -> str:
    """Text of tokens.txt: a code point and its id a line."""
    known = SYMBOLS[: COUNTS[language]]
    return "".join(f"{symbol} {number}\n" for number, symbol in enumerate(known))
