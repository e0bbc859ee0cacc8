"""How alike two names sound: for lists of people, streets and departments that were misheard."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from appliance.dialogue.text import likeness

_SOUNDS: Final = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("ß", "s"), ("tsch|sch|tch|sh", "s"), ("ch", "x"), ("ph|pf|v|w|ff", "f"),
        ("ck|qu|q", "k"), ("c(?=[eiyäö])|tz|ts|z", "s"), ("c", "k"), ("x", "ks"),
        ("dt|tt|th|d", "t"), ("b", "p"), ("g", "k"), ("j|y(?=[aou])", "i"),
        ("ei|ai|ey|ay|aj|ie|ee|ea|y", "i"), ("äu|eu|oi|oy", "O"), ("au|ow|ou", "U"),
        ("ä|ae", "e"), ("ö|oe", "e"), ("ü|ue", "i"), ("oo", "u"),
        ("(?<=[aeiouOU])h", ""), ("h", ""), (r"(.)\1+", r"\1"), ("e(?=r$)|a(?=r$)", ""),
        ("e$", ""), ("m", "n"),
    )
)  # fmt: skip
"""Cologne phonetics (Postel 1969) and Soundex keep consonants; here vowels stay in coarse classes,
because Meyer is no Mohr."""


@lru_cache(maxsize=8192)
def key(text: str) -> str:
    """Return how a word sounds, coarsely: "maier" and "meyer" have the same key."""
    for pattern, sound in _SOUNDS:
        text = pattern.sub(sound, text)
    return text


def score(said: str, name: str) -> float:
    """Return how likely `said` is `name` misheard, 0 to 1; both without spaces."""
    if said == name:
        return 1.0
    looks = likeness(said, name)
    if looks < 0.3:
        return looks
    sounds = likeness(key(said), key(name))
    return min(0.97, max(looks, 0.4 * looks + 0.6 * sounds))
