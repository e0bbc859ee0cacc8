"""Write the pack: model, tokens and a manifest that says what it is and how good it is."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from models.train import manifest
from models.train.voice.features import RATE
from models.train.voice.teach import SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEAD: Final = {
    "name": "en-rms-16k",
    "kind": "tts",
    "engine": "sherpa-onnx/vits-piper",
    "language": "en",
    "version": "2026.11.22",
    "sample_rate": RATE,
    "licence": "GPL-3.0-or-later",
    "summary": (
        "Starter voice for English: American, male, quick on the smallest board; trained by this "
        "project's recipe, no recording of a customer or caller in it."
    ),
}
PROVENANCE: Final = {
    "recipe": "models/train/voice",
    "teacher": "flite 2.2 voice cmu_us_rms, given espeak-ng's phones",
    "teacher_licence": (
        "Language Technologies Institute, Carnegie Mellon University, Copyright (c) 1999-2016: "
        "free to use, copy and distribute with this notice (flite and CMU ARCTIC)"
    ),
    "texts": [
        "VCTK prompts (CC BY 4.0)",
        "LJ Speech transcripts (public domain)",
        "CLINC150 (CC BY 3.0)",
        "NLU++, RESTAURANTS-8K, BANKING77 (CC BY 4.0)",
        "FrequencyWords English list, single words (CC BY-SA 4.0)",
        "name and place lists (public domain, MIT)",
        "telephone prompts from this project's templates",
        "Harvard sentences, for judging only",
    ],
}


def write_pack(
    folder: Path, model: Path, provenance: Mapping[str, object], figures: Mapping[str, float]
) -> None:
    """Replace the pack in `folder` by `model` with its tokens and manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(model, folder / "model.int8.onnx")
    (folder / "tokens.txt").write_text(token_table(), encoding="utf-8")
    values = {
        **HEAD,
        "name": folder.name,
        "provenance": {**PROVENANCE, **provenance},
        "figures": dict(figures),
    }
    manifest.write(folder, values, {"model.int8.onnx": "model", "tokens.txt": "tokens"})


def token_table() -> str:
    """Text of tokens.txt: a code point and its id a line."""
    return "".join(f"{symbol} {number}\n" for number, symbol in enumerate(SYMBOLS))
