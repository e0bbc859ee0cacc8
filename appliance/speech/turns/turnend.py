"""How likely it is that a caller who has paused is done: words and prosody, weighed by a network.

    words so far ─► hashed n-grams ─► sum of 16-vectors ─► 24 ─► is the sentence whole? ─┐
    pitch, loudness, pace (prosody.py) ──────────────────────────────────────────────────┼─► 24
    what was asked, certainty of the words, earlier pauses of this turn ─────────────────┘   │
                                                                              probability ◄──┘

The weights come with a pack of kind `turn`, trained by models/train/turns: 0.15 MB, a fraction of a
millisecond in numpy. The words are those of the recogniser with its errors; where it is unsure the
network leans on the prosody.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from appliance.contracts.expectation import Kind
from appliance.speech.turns import prosody
from appliance.system.packs.manifest import PackError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Floats = npt.NDArray[np.float32]

BUCKETS: Final = 8192
"""Rows of the table that n-grams are hashed into."""
WIDTH: Final = 16
_WORD: Final = re.compile(r"[a-zäöüß']+")
_LAST: Final = 8
"""Words before the pause that are looked at one by one."""
_BOUND: Final = 6.0
"""Of the sentence's log-odds: one cue alone may not decide."""
_SHAPES: Final = {
    "table": (BUCKETS, WIDTH), "scale": (WIDTH,),
    "text_in": (WIDTH, 24), "text_in_bias": (24,), "text_out": (24,), "text_out_bias": (),
    "mean": (0,), "spread": (0,),
    "in": (0, 24), "in_bias": (24,), "out": (24,), "out_bias": (),
}  # fmt: skip
"""Arrays of a weights file and their shapes; 0 stands for the number of cues."""

_KINDS: Final = (
    frozenset({Kind.DIGITS}),
    frozenset({Kind.LETTERS}),
    frozenset({Kind.NUMBER, Kind.DATE, Kind.TIME, Kind.AMOUNT}),
)
CUES: Final = (
    "sentence", "sentence_sure", "confidence", "words", "nothing_understood",
    "earlier_pauses", "longest_pause", "voice", "digits", "letters", "numbers", *prosody.NAMES,
)  # fmt: skip
"""What the second network weighs, in order."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A pause, as it looks while it still grows."""

    kind: Kind
    """What was asked for."""
    text: str
    """What has been understood so far, lower case."""
    confidence: float
    """Of that text, 0 to 1."""
    voice: float
    """Seconds of voice in this turn so far."""
    pauses: Sequence[float]
    """Seconds of the pauses within this turn that the caller has ended by going on."""
    tracks: Floats
    """`prosody.tracks` of the last seconds before the pause."""


def grams(text: str) -> list[int]:
    """Return the rows of the table that the words of `text` point at."""
    words = ["<", *_WORD.findall(text.lower())]
    last = words[-_LAST:]
    named = [f"{len(last) - at}:{word}" for at, word in enumerate(last)]
    named += [f"in:{word}" for word in dict.fromkeys(words)]
    named += [f"ends:{word[-3:]}" for word in words[-1:]]
    named += [f"two:{a} {b}" for a, b in zip(words[-4:-1], words[-3:], strict=False)]
    named.append(f"pair:{' '.join(words[-2:])}")
    named.append(f"three:{' '.join(words[-3:])}")
    named.append(f"skip:{' '.join(words[-3:-2])} _ {words[-1]}")
    named.append(f"begins:{' '.join(words[1:3])} … {words[-1]}")
    named.append(f"long:{min(len(words), 20)}")
    return [zlib.crc32(name.encode()) % BUCKETS for name in named]


class TurnModel:
    """A pack of kind `turn`, loaded; methods may be called from any thread."""

    def __init__(self, weights: Path) -> None:
        """Load the weights. Raises PackError where the file is none of this version."""
        try:
            with np.load(weights, allow_pickle=False) as held:
                self._held = {name: np.asarray(held[name]) for name in _SHAPES}
        except (OSError, ValueError, KeyError) as error:
            raise PackError(
                f"'{weights.name}' holds no weights for the end of turns ({error}): install the "
                "pack again."
            ) from error
        for name, shape in _SHAPES.items():
            wanted = tuple(size or len(CUES) for size in shape)
            if self._held[name].shape != wanted:
                raise PackError(
                    f"'{weights.name}' was made for another version ({name} is "
                    f"{self._held[name].shape}, not {wanted}): install the pack again."
                )

    def sentence(self, text: str) -> float:
        """Return the log-odds that `text` is a whole sentence, by its words alone."""
        held = self._held
        rows = held["table"][grams(text)].astype(np.float32)
        hidden = np.maximum(rows.sum(0) * held["scale"] @ held["text_in"] + held["text_in_bias"], 0)
        logit = float(hidden @ held["text_out"] + held["text_out_bias"])
        return min(max(logit, -_BOUND), _BOUND)

    def probability(self, moment: Moment) -> float:
        """Return how likely it is that the caller has finished, 0 to 1."""
        held = self._held
        x = cues(moment, self.sentence(moment.text) if moment.text else 0.0)
        scaled = np.clip((x - held["mean"]) / held["spread"], -4, 4)
        hidden = np.maximum(scaled @ held["in"] + held["in_bias"], 0)
        logit = float(hidden @ held["out"] + held["out_bias"])
        return float(1 / (1 + np.exp(-min(max(logit, -30.0), 30.0))))


def cues(moment: Moment, sentence: float) -> Floats:
    """Return what the second network weighs: the values of CUES.

    `sentence`: what `TurnModel.sentence` says of the moment's text, 0 where there is none.
    """
    spoken = [
        sentence,
        sentence * moment.confidence,
        moment.confidence,
        float(np.log1p(len(moment.text.split()))),
        float(not moment.text),
        float(np.log1p(len(moment.pauses))),
        max(moment.pauses, default=0.0),
        float(np.log1p(moment.voice)),
        *(float(moment.kind in kinds) for kinds in _KINDS),
    ]
    return np.concatenate(
        [np.array(spoken, np.float32), prosody.summary(moment.tracks)], dtype=np.float32
    )
