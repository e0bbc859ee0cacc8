"""Whether a folder holds a sentence encoder, and how it is fed.

As published by sentence-transformers and its exporters: a graph that takes `input_ids` and
`attention_mask`, `vocab.txt`, and notes in JSON beside them: `tokenizer_config.json` (lower case),
`1_Pooling/config.json` (how the pieces' vectors become one).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from appliance.speech.engines.detected import Detected
from appliance.system.packs.manifest import PackError, PackKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from appliance.speech.engines.interface import Graph

_ENGINE: Final = "onnx/wordpiece"


def detect_encoder(folder: Path, graphs: Mapping[str, Graph]) -> Detected | None:
    """Return the encoder in `folder`; None where the graphs take no numbers of words.

    Raises PackError where they do, and the vocabulary is missing.
    """
    named = [graph for graph in graphs.values() if graph.takes("input_ids", "attention_mask")]
    if len(graphs) != 1 or not named:
        return None
    vocabulary = next(iter(sorted(folder.rglob("vocab.txt"))), None)
    if vocabulary is None:
        raise PackError(
            f"'{folder.name}' holds a sentence encoder without vocab.txt: only encoders with a "
            "WordPiece vocabulary can be used."
        )
    facts: dict[str, object] = {}
    if _note(folder, "tokenizer_config.json").get("do_lower_case") is False:
        facts["lowercase"] = False
    pooling = _note(folder, "config.json", "1_Pooling")
    if pooling.get("pooling_mode_cls_token") is True:
        facts["pooling"] = "cls"
    roles = {"model": named[0].path, "vocabulary": vocabulary}
    return Detected(PackKind.ENCODER, _ENGINE, roles, 8000, facts=facts)


def _note(folder: Path, name: str, within: str = "") -> Mapping[str, Any]:
    """Return the JSON file of a name (in a folder of a name); empty where there is none."""
    for file in sorted(folder.rglob(name)):
        if not within or file.parent.name == within:
            try:
                values = json.loads(file.read_text("utf-8"))
            except (OSError, ValueError):
                continue
            if isinstance(values, dict):
                return values
    return {}
