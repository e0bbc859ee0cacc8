"""Reading text sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path) -> list[str]:
    """Lines of a text set. Raises OSError where it is not there."""
    return path.read_text(encoding="utf-8").splitlines()
