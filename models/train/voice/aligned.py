"""espeak-ng's phones with their times, laid on the IPA that a voice reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from appliance.speech.words.phonemes import phonemise
from appliance.speech.words.text import clauses
from models.train.voice.phones import STRESS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

UNVOICED: Final = frozenset("ptkfsʃçxhθχʔ")
OBSTRUENTS: Final = frozenset("bdɡgvzʒðβ")
"""Voiced, but with moments without pitch: the analysis decides."""
_NAMELESS: Final = {"??": "ʊɾ"}
"""espeak-ng 1.51 has no name for the German vowel with r of "kurz"."""
_SWITCH: Final = re.compile(r"\([a-z-]+\)")
"""Mark of a word said in another language ("Timer"); it takes no time."""
FRAME_S: Final = 0.005
"""Seconds from one row of parameters to the next."""


def signs(line: str, language: str, voice: str) -> list[str]:
    """Code points, marks and spaces of a line, as the voice will be given them."""
    found: list[str] = []
    for clause in clauses(line, language):
        said = phonemise(clause.words, voice)
        if said:
            found += [*said, clause.mark, " "]
    return found[:-1]


def durations(
    tokens: Sequence[str], segments: Sequence[tuple[str, float, int]]
) -> tuple[list[str], NDArray[np.float64], list[tuple[str, float]]] | None:
    """Seconds of each code point, silence around included; None if the phones disagree.

    Returns:
        code points with ``^`` and ``$``, their seconds, and (sound, end) of each piece of time in
        order, the sound empty where there is a pause.

    """
    texts = ["^", *tokens, "$"]
    seconds = np.zeros(len(texts))
    silent = {*STRESS, " ", *".,;:!?", "^", "$"}
    sounding = [place for place, text in enumerate(texts) if text not in silent]
    at, begun, pieces = 0, 0.0, []
    for name, end, _ in segments:
        span, begun = end - begun, end
        plain = _SWITCH.sub("", _NAMELESS.get(name, name))
        sounds = [sign for sign in plain if sign not in STRESS]
        pieces.append((sounds[0] if sounds else "", end))
        if not sounds:
            last = sounding[at - 1] if at else 0
            following = sounding[at] if at < len(sounding) else len(texts)
            # A pause goes to the mark or space that stands there, else to the sound before it.
            rests = [p for p in range(last + 1, following) if texts[p] not in STRESS]
            seconds[len(texts) - 1 if at == len(sounding) else rests[0] if rests else last] += span
            continue
        if [texts[place] for place in sounding[at : at + len(sounds)]] != sounds:
            return None
        for place in sounding[at : at + len(sounds)]:
            seconds[place] += span / len(sounds)
        at += len(sounds)
    return (texts, seconds, pieces) if at == len(sounding) else None


def voiced(pieces: Sequence[tuple[str, float]], found: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pitch [frames] mended by what is spoken: none in stops and hiss, no gap in vowels."""
    at = np.arange(len(found)) * FRAME_S
    owner = np.searchsorted([end for _, end in pieces], at, side="right").clip(max=len(pieces) - 1)
    sounds = np.array([sound for sound, _ in pieces])[owner]
    quiet = np.array([sound == "" or sound in UNVOICED for sound in sounds])
    free = np.array([sound in OBSTRUENTS for sound in sounds])
    known = found > 0
    if not known.any():
        return np.zeros_like(found)
    pitch = np.interp(at, at[known], found[known])
    # Octave slips and ragged ends of stretches: a median over 55 ms, then the spoken voicing.
    padded = np.pad(pitch, 5, mode="edge")
    pitch = np.median(np.lib.stride_tricks.sliding_window_view(padded, 11), axis=1)
    pitch[quiet | (free & ~known)] = 0.0
    return pitch
