"""More than one request in a sentence: "I've moved, and my meter ..."."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from appliance.dialogue.understanding.classify import best
from appliance.dialogue.understanding.linear import NONE
from appliance.dialogue.understanding.manners import Manners

SURE: Final = 0.75
"""Confidence from which a part is a request by itself."""
_WHOLE: Final = 0.9
"""Where the whole is so sure to be one request, its parts must be as sure to be two."""
_MOST: Final = 4
"""Joints of a sentence that are looked at."""


def divide(
    words: Sequence[str], manners: Manners, classify: Callable[[str], Mapping[str, float]]
) -> tuple[tuple[str, str, float], ...]:
    """Return (intent, its words, confidence) of each request, in order; nothing where it is one.

    A sentence is divided at a joint only where what stands on either side is sure by itself to be
    a request, and not the same one: "between Monday and Friday" is not two.
    """
    joints = [at for at, word in enumerate(words) if word in manners.more and at][:_MOST]
    if not joints:
        return ()
    cuts = (0, *joints, len(words))
    found: list[tuple[str, str, float]] = []
    first = 0
    for _, end in pairwise(cuts):
        # A part that is no request by itself belongs to the one before or behind it.
        text = " ".join(_bare(words[first:end], manners))
        intent, confidence = best(classify(text)) if text else (NONE, 0.0)
        if intent == NONE or confidence < SURE:
            continue
        if found and found[-1][0] == intent:
            found[-1] = (intent, f"{found[-1][1]} {text}", max(found[-1][2], confidence))
        else:
            found.append((intent, text, confidence))
        first = end
    if len(found) < 2:
        return ()
    whole, sure = best(classify(" ".join(words)))
    rest = min(confidence for _, _, confidence in found)
    if whole != NONE and sure >= _WHOLE > rest:
        return ()
    return tuple(found)


def _bare(words: Sequence[str], manners: Manners) -> Sequence[str]:
    """Return a part without what only joins it to the one before."""
    at = 0
    while at < len(words) and words[at] in manners.joints | manners.leading:
        at += 1
    return words[at:]
