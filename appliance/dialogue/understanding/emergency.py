"""Emergency phrases: a deterministic path, ahead of everything that is learnt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from appliance.dialogue.events import Heard
from appliance.dialogue.text import likeness, normalise, skeleton
from appliance.dialogue.understanding.manners import Manners

_REACH: Final = 3
"""Words between a denial and what it denies."""
_LETTERS: Final = 8
"""Letters of a phrase of several words that may have been misheard."""
_ALIKE: Final = 0.84
"""Likeness, half in letters and half in sound, from which it was."""
_WORD_ALIKE: Final = 0.6
"""Likeness that each of its words must have."""
_LATE_DENIALS: Final = frozenset({"ist es nicht", "ist das nicht", "ist es keiner", "ist es kein",
                                  "ist das keiner", "habe ich nicht", "it is not",
                                  "it isn't"})  # fmt: skip
"""What denies a phrase right behind it."""


class Emergencies:
    """Knows the phrases of a dialogue; immutable."""

    def __init__(self, phrases: Iterable[str], manners: Manners) -> None:
        """`phrases`: normalised."""
        self._phrases = tuple(dict.fromkeys(tuple(phrase.split()) for phrase in phrases if phrase))
        self._manners = manners

    def heard(self, heard: Heard) -> bool:
        """Return whether any likely reading holds a phrase that is not denied."""
        likely = heard.confidence / 2
        texts = [heard.text, *(text for text, sure in heard.alternatives if sure >= likely)]
        return any(self.urgent(normalise(text).split()) for text in texts)

    def urgent(self, words: Sequence[str]) -> bool:
        """Return whether normalised words hold a phrase that is not denied, misheard or not."""
        for wanted in self._phrases:
            for at in range(len(words) - len(wanted) + 1):
                said = words[at : at + len(wanted)]
                if (tuple(said) == wanted or _misheard(said, wanted)) and not self._denied(
                    words, at, at + len(wanted)
                ):
                    return True
        return False

    def _denied(self, words: Sequence[str], first: int, end: int) -> bool:
        if " ".join(words[end : end + 3]) in _LATE_DENIALS:
            return True
        if " ".join(words[end : end + 2]) in _LATE_DENIALS:
            return True
        if first and words[first - 1] in self._manners.negatives:
            return True
        for at in range(first - 1, max(-1, first - 2 - _REACH), -1):
            if words[at] in self._manners.denials:
                return True
            if words[at] not in self._manners.between:
                return False
        return False


def _misheard(said: Sequence[str], wanted: Sequence[str]) -> bool:
    """Return whether a phrase of several words was heard but for a sound."""
    if len(wanted) < 2 or said[0][:1] != wanted[0][:1]:
        return False
    spoken, meant = "".join(said), "".join(wanted)
    letters = likeness(spoken, meant)
    if len(meant) < _LETTERS or letters < _ALIKE - 0.1:
        return False
    # A word that is lost or denied makes another sentence: "can breathe" is not "can't breathe".
    each = all(
        likeness(one, other) >= _WORD_ALIKE and ("n't" in one) == ("n't" in other)
        for one, other in zip(said, wanted, strict=True)
    )
    return each and (letters + likeness(skeleton(spoken), skeleton(meant))) / 2 >= _ALIKE
