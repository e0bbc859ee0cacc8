"""What a voice can read: code points of espeak-ng's IPA, marks, and the signs of the piper layout."""

from __future__ import annotations

from typing import Final

ENGLISH: Final = (
    *"_^$ ,.;:!?'-ˈˌːabcdefghijklmnopqrstuvwxyzæðŋɐɑɒɔəɚɛɜɡɪɹɾʃʊʌʒʔθᵻ",
    "\u0329",
    *"ɫç",
)
"""Token of each id. 0 is the pad, 1 the start, 2 the end, 3 the space between words."""
SYMBOLS: Final = (*ENGLISH, *"øœʏʁχɲβ", "\u0303", "\u032f")
"""English first, so that a sign has one id in every voice; what German adds stands behind."""
IDS: Final = {symbol: number for number, symbol in enumerate(SYMBOLS)}
COUNTS: Final = {"en": len(ENGLISH), "de": len(SYMBOLS)}
"""How many of `SYMBOLS` a voice of each language knows."""
