"""Sounds that a person's voice lacks, borrowed from its nearest one.

The timbre network never heard a German r: it hears espeak-ng's as the flapped d of "water". After
a vowel the standard language has no consonant there but the vowel of "-er"; before one, a weak
uvular approximant, which is that vowel again, quieter and breathy.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from models.train.voice.features import ORDER, WIDTH
from models.train.voice.symbols import IDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from models.train.voice.teach import Utterance

BORROWERS: Final = frozenset({IDS["ɾ"], IDS["r"]})
LENDER: Final = IDS["ɜ"]
VOWELS: Final = frozenset(IDS[sign] for sign in "aeiouyæɐɑɒɔəɛɜɪʊʌøœ")
_SILENT: Final = frozenset(IDS[sign] for sign in "ˈˌ")
_AFTER_DB, _BEFORE_DB = -2.0, -6.0
_BREATH: Final = np.array([0.95, 0.7, 0.6, 0.6, 0.6])
"""Band strengths of the approximant relative to the vowel's."""
_EDGE: Final = 4
"""Frames of 5 ms over which neighbours are blended."""


@dataclass(frozen=True, slots=True)
class Loan:
    """Mean row of the lending vowel: cepstra [25] and band strengths [5]."""

    row: NDArray[np.float32]

    @classmethod
    def of(cls, utterances: Iterable[Utterance]) -> Loan:
        """Average the middles of the vowel over utterances."""
        found = []
        for one in utterances:
            rows = one.features.reshape(-1, WIDTH)
            starts = 2 * (np.cumsum(one.frames) - one.frames)
            found += [
                rows[start + count, 2:]
                for token, start, count in zip(one.tokens, starts, one.frames, strict=True)
                if token == LENDER and count >= 3
            ]
        return cls(np.mean(found, axis=0, dtype=np.float32))


def lent(one: Utterance, loan: Loan) -> Utterance:
    """`one` with every r made of the vowel."""
    rows = one.features.reshape(-1, WIDTH).copy()
    ends = np.cumsum(one.frames)
    for place, token in enumerate(one.tokens):
        start, stop = 2 * int(ends[place] - one.frames[place]), 2 * int(ends[place])
        if token not in BORROWERS or stop <= start:
            continue
        following = next((t for t in one.tokens[place + 1 :] if t not in _SILENT), 0)
        before_vowel = following in VOWELS
        wanted = loan.row.copy()
        wanted[0] += (_BEFORE_DB if before_vowel else _AFTER_DB) * np.log(10) / 20
        if before_vowel:
            wanted[ORDER:] *= _BREATH
        first, last = max(0, start - _EDGE // 2), min(len(rows), stop + _EDGE // 2)
        at = np.arange(first, last)
        weight = np.minimum(1.0, np.minimum(at - first + 1, last - at) / _EDGE)[:, None]
        rows[first:last, 2:] += (weight * (wanted - rows[first:last, 2:])).astype(np.float32)
        rows[start:stop, 1] = 1.0
    return replace(one, features=rows.reshape(one.features.shape))
