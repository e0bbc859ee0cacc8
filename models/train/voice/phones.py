"""espeak-ng's IPA units as the phones of the teacher (CMU's set), keeping which is which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# Longest match first; an IPA string not covered here makes the caller leave the utterance out.
VOWELS: Final = {
    "aɪ": "ay", "aʊ": "aw", "eɪ": "ey", "oʊ": "ow", "ɔɪ": "oy", "iə": "iy", "iː": "iy",
    "uː": "uw", "ɑː": "aa", "ɔː": "ao", "oː": "ao", "ɜː": "er", "ɛ": "eh", "æ": "ae", "ʌ": "ah",
    "ə": "ax", "ɐ": "ax", "ɪ": "ih", "ᵻ": "ih", "i": "iy", "ʊ": "uh", "u": "uw", "ɚ": "er",
    "ɑ": "aa", "ɔ": "ao", "a": "aa", "e": "eh", "o": "ow", "ɒ": "aa", "ɜ": "er",
}  # fmt: skip
CONSONANTS: Final = {
    "tʃ": "ch", "dʒ": "jh", "n̩": "ax n", "l̩": "ax l", "əl": "ax l", "p": "p", "b": "b", "t": "t",
    "d": "d", "k": "k", "ɡ": "g", "g": "g", "m": "m", "n": "n", "ŋ": "ng", "f": "f", "v": "v",
    "θ": "th", "ð": "dh", "s": "s", "z": "z", "ʃ": "sh", "ʒ": "zh", "h": "hh", "l": "l", "ɹ": "r",
    "r": "r", "j": "y", "w": "w", "ɾ": "d", "ʔ": "t", "x": "k", "ç": "hh", "ɫ": "l",
}  # fmt: skip
STRESS: Final = "ˈˌ"
_ALL: Final = VOWELS | CONSONANTS
_KEYS: Final = sorted(_ALL, key=len, reverse=True)


@dataclass(frozen=True, slots=True)
class Sound:
    """A piece of an IPA unit and the teacher's phones for it; a stress mark has none."""

    ipa: str
    phones: tuple[str, ...]


def sounds(unit: str) -> tuple[Sound, ...] | None:
    """Divide an IPA unit (one spoken word); None where it holds an unknown sign.

    The vowel after a primary stress mark carries ``1``, every other vowel ``0``.
    """
    found: list[Sound] = []
    at, stressed = 0, False
    while at < len(unit):
        if unit[at] in STRESS:
            stressed = unit[at] == "ˈ"
            found.append(Sound(unit[at], ()))
            at += 1
            continue
        key = next((key for key in _KEYS if unit.startswith(key, at)), None)
        if key is None:
            return None
        first, *rest = _ALL[key].split()
        if key in VOWELS or rest:
            first, stressed = f"{first}{int(stressed)}", False
        found.append(Sound(key, (first, *rest)))
        at += len(key)
    return tuple(found)
