"""What callers say that belongs to no request of any site, to learn from what is none."""

from __future__ import annotations

from appliance.dialogue.understanding.foreign_de import GERMAN
from appliance.dialogue.understanding.foreign_en import ENGLISH


def sentences(language: str) -> tuple[str, ...]:
    """Return normalised sentences of a language ("de", "de-AT"; others have the English ones)."""
    return GERMAN if language.lower().startswith("de") else ENGLISH
