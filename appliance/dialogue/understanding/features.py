"""What a sentence is judged by: words, neighbours, letters within words, sounds; as numbers.

    words -> w (words) | b (neighbours, ends of the sentence too) | k (neighbours but one or two)
          -> letters of 3 to 5 within a word | s (consonants by kind of sound)

A feature is the CRC-32 of its text: the same on every machine and in every process, unlike
Python's own hash, and so short that a model needs no vocabulary. Letters and sounds are what a
word that was misheard still has in common with the one that was said.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections import Counter
from collections.abc import Sequence
from typing import Final
from zlib import crc32

from appliance.dialogue.text import skeleton

KIND: Final = 1
"""Of these features; a model that was trained on others is refused."""
MOST_WORDS: Final = 40
"""Words of a sentence that are looked at."""
_LONGEST: Final = 24
"""Letters of a word that are looked at."""
_CACHED: Final = 8192


def _key(text: str) -> int:
    return crc32(text.encode())


@functools.lru_cache(maxsize=_CACHED)
def _of_word(word: str) -> tuple[int, ...]:
    keys = [_key(f"w {word}")]
    if word[0] == "{":
        return tuple(keys)
    marked = f"<{word[:_LONGEST]}>"
    keys += [_key(marked[at : at + n]) for n in (3, 4, 5) for at in range(len(marked) - n + 1)]
    sound = skeleton(word[:_LONGEST])
    if sound:
        keys.append(_key(f"s {sound}"))
    return tuple(keys)


def features(words: Sequence[str]) -> dict[int, float]:
    """Return the features of normalised words (tags in braces are words), by how often they are.

    The weight grows with the logarithm of the count (Manning, Introduction to Information
    Retrieval, 6.4.1).
    """
    said = list(words[:MOST_WORDS])
    counts: Counter[int] = Counter()
    for word in said:
        counts.update(_of_word(word))
    for first, second in itertools.pairwise(("^", *said, "$")):
        counts[_key(f"b {first} {second}")] += 1
    for apart in (2, 3):
        for first, second in zip(said, said[apart:], strict=False):
            counts[_key(f"k {first} {second}")] += 1
    return {key: 1.0 + math.log(count) for key, count in counts.items()}
