"""What every section of the configuration is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

PACKAGE: Final = Path(__file__).resolve().parents[2]
"""Where `models/` and `appliance/` lie: the checkout, or the image's application folder."""
SECONDS: Final[dict[str, Any]] = {"unit": "s"}
DAYS: Final[dict[str, Any]] = {"unit": "days"}
CALLS: Final[dict[str, Any]] = {"unit": "calls"}


class Section(BaseModel):
    """A table of the settings file: fields that it does not know are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
