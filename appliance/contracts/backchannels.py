"""Listeners' noises by language: "I am listening", not "stop" (Yngve 1970)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

BACKCHANNELS: Final[Mapping[str, frozenset[str]]] = {
    "en": frozenset({
        "ah", "aha", "alright", "hm", "hmm", "huh", "i see", "m", "mhm", "mm", "mm hm", "mm hmm",
        "mmm", "oh", "oh okay", "ok", "okay", "okay okay", "right", "sure", "uh", "uh huh", "uhhuh",
        "um", "yeah", "yeah yeah", "yep", "yes",
    }),
    "de": frozenset({
        "ach", "ach ja", "ach so", "ah", "aha", "genau", "gut", "hm", "ja", "ja ja", "klar", "m",
        "mhm", "mm", "mm hm", "na gut", "oh", "ok", "okay", "so", "verstehe", "äh", "ähm",
    }),
}  # fmt: skip
"""By the first part of the language's tag; lower case, without punctuation and hyphens."""


def backchannels(language: str) -> frozenset[str]:
    """Return what listeners say while somebody else speaks; nothing for an unknown language."""
    return BACKCHANNELS.get(language.partition("-")[0], frozenset())
