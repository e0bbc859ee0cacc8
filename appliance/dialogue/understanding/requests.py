"""What is found in an utterance: a request, or several."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """What a caller wants, most likely."""

    intent: str = ""
    """Empty: none of the intents."""
    confidence: float = 0.0
    """Within 0 to 1; where the dialogue was trained, how often such a guess is right."""
    slots: tuple[tuple[str, str], ...] = ()
    """Names and values that were told with it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a caller may want."""

    candidates: tuple[Request, ...]
    """The likeliest first; an empty intent is "none of them"."""
    agenda: tuple[Request, ...] = ()
    """What else was wanted in the same breath, in its order, each sure by itself."""

    @property
    def best(self) -> Request:
        """The likeliest; an empty one where there is none."""
        return self.candidates[0] if self.candidates else Request()
