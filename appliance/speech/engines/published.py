"""A Piper voice as Piper publishes it, made into what sherpa-onnx reads.

    voice.onnx + voice.onnx.json ─► the same graph with metadata, and tokens.txt

Piper keeps in a JSON file beside the graph what sherpa-onnx looks for inside: rate, speakers,
language, and the numbers of the phonemes.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from appliance.speech.engines.onnxfile import entries
from appliance.system.packs.manifest import PackError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Published:
    """A graph with the file that describes it."""

    graph: Path
    description: Path

    def convert(self, folder: Path) -> None:
        """Write graph and token table into `folder`.

        Raises PackError where the description lacks something or the voice takes no phonemes.
        """
        held = _described(self.description)
        table, metadata = _table(held, self.description), _metadata(held, self.description)
        copy = folder / self.graph.name
        shutil.copyfile(self.graph, copy)
        with copy.open("ab") as stream:
            stream.write(entries(metadata))
        lines = "".join(f"{symbol} {number}\n" for symbol, number in table.items())
        (folder / "tokens.txt").write_text(lines, encoding="utf-8")


def published(folder: Path) -> Published | None:
    """Return the first Piper voice of a folder that stands beside its description."""
    for graph in sorted(folder.glob("*.onnx")):
        description = graph.with_name(f"{graph.name}.json")
        if description.is_file() and not (folder / "tokens.txt").exists():
            return Published(graph, description)
    return None


def _described(file: Path) -> dict[str, Any]:
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PackError(
            f"'{file.name}' cannot be read ({error}): download the voice again."
        ) from None
    if not isinstance(held, dict):
        raise _wrong(file, "it is no description of a voice")
    if held.get("phoneme_type", "espeak") != "espeak":
        raise _wrong(file, f"the voice takes {held['phoneme_type']}, not espeak-ng's phonemes")
    return held


def _table(held: Mapping[str, Any], file: Path) -> dict[str, int]:
    try:
        numbers = {str(symbol): int(ids[0]) for symbol, ids in held["phoneme_id_map"].items()}
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        raise _wrong(file, "it lacks phoneme_id_map") from None
    return {symbol: number for symbol, number in numbers.items() if len(symbol) == 1}


def _metadata(held: Mapping[str, Any], file: Path) -> dict[str, str]:
    try:
        language = held.get("language") or {}
        voice = str(held["espeak"]["voice"])
        return {
            "model_type": "vits",
            "comment": "piper",
            "language": str(language.get("name_english") or language.get("family") or voice),
            "voice": voice,
            "has_espeak": "1",
            "n_speakers": str(int(held.get("num_speakers") or 1)),
            "sample_rate": str(int(held["audio"]["sample_rate"])),
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _wrong(file, "it lacks espeak.voice or audio.sample_rate") from None


def _wrong(file: Path, why: str) -> PackError:
    return PackError(
        f"'{file.name}' does not describe a Piper voice that can be used here ({why}): download "
        "the voice again or take another."
    )
