"""What a folder of foreign files was found to be; shared by the detection of ears and voices."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from appliance.system.packs.manifest import PackKind


@dataclass(frozen=True, slots=True)
class Detected:
    """One model, recognised by its files and by what its graphs say of themselves."""

    kind: PackKind
    engine: str
    """As a manifest names it, e.g. `sherpa-onnx/online-transducer`."""
    roles: Mapping[str, Path]
    """Role of the manifest → the file (or, for data folders, the folder) that fills it."""
    sample_rate: int
    """Hz that the model hears or speaks at."""
    language: str = ""
    """ISO 639-1, empty where nothing tells: then the person who brought it must."""
    facts: Mapping[str, object] = field(default_factory=dict)
    """What belongs into the manifest's `[stt]` or `[tts]` table, in TOML's types."""
    notes: tuple[str, ...] = ()
    """Sentences for the person who brought the folder: what was chosen, what was left out."""
