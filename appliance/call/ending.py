"""What a call record says of the last request: words of closed lists, nothing of the caller's."""

from __future__ import annotations

from typing import TypedDict, TypeVar

from appliance import dialogue
from appliance.contracts.outcome import Known, Reason, Resolution

_Word = TypeVar("_Word", Resolution, Reason, Known)


class Ending(TypedDict, total=False):
    """Fields of `records.CallRecord`."""

    process: str
    resolution: Resolution | None
    reason: Reason | None
    level: Known | None


def ending(document: dialogue.Document | None) -> Ending:
    """Return how the request ended, for the record; nothing where none was made."""
    if document is None:
        return {}
    return {
        "process": document.process,
        "resolution": _word(Resolution, document.resolution),
        "reason": _word(Reason, document.reason),
        "level": _word(Known, document.level.name.lower()),
    }


def _word(words: type[_Word], text: str) -> _Word | None:
    """The word of a closed list; None for what stands in none: a record holds nothing else."""
    return words(text) if text in set(words) else None
