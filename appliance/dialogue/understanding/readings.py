"""What a recogniser offers for one utterance, as texts with weights."""

from __future__ import annotations

from typing import Final

from appliance.dialogue.events import Heard
from appliance.dialogue.text import normalise

MOST: Final = 4
"""Readings of one utterance that are looked at."""
_DEAF: Final = 0.55
"""Confidence in a known sentence that the recogniser was not at all sure of."""
_DOUBTED: Final = 0.35
"""Confidence in a word below which the sentence is read without it as well."""
_WITHOUT: Final = 0.35
"""Part of a reading's weight that goes to the one without its doubted words."""


def readings(heard: Heard) -> list[tuple[str, float]]:
    """Return the distinct readings and their weights, the recogniser's choice first.

    A recogniser rates each reading by how well it fits the sound, and a rival that differs by one
    word fits nearly as well: what the first choice leaves over is shared among the others.
    """
    first = normalise(heard.text)
    top = min(1.0, max(0.05, heard.confidence)) if first else 0.0
    others: dict[str, float] = {}
    for text, confidence in heard.alternatives:
        plain = normalise(text)
        if plain and plain != first and plain not in others and len(others) < MOST - 1:
            others[plain] = min(1.0, max(0.05, confidence))
    share = (1.0 - top) / max(1.0, sum(others.values()))
    weights = [(first, top)] if first else []
    weights += [(text, weight * share) for text, weight in others.items()]
    sure = _without_doubted(heard)
    if sure and sure != first and sure not in others:
        weights[0] = (first, top * (1.0 - _WITHOUT))
        weights.append((sure, top * _WITHOUT))
    return weights


def _without_doubted(heard: Heard) -> str:
    """Return the first choice without the words that were hardly heard; "" where all were."""
    kept = [normalise(text) for text, confidence in heard.words if confidence >= _DOUBTED]
    return " ".join(filter(None, kept)) if 1 < len(kept) < len(heard.words) else ""


def trust(heard: Heard) -> float:
    """Return how much the best of what was understood is worth, 0 to 1."""
    sure = max([heard.confidence, *(confidence for _, confidence in heard.alternatives)])
    return _DEAF + (1.0 - _DEAF) * min(1.0, max(0.0, sure))
