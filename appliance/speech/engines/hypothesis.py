"""What sherpa-onnx hands out, as words: pieces put together, times, how sure each one is.

pieces " hel" "lo" " wor" "ld" ─► words "hello" "world" with start, end, confidence
"""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appliance.contracts.speech import Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WORDS: Final = re.compile(
    r"[$€£]?\d+(?:[.,:/]\d+)*(?:%|€|(?:st|nd|rd|th)\b)?"
    r"|[^\W\d_]+(?:['’][^\W\d_]+)*"
)
_RISE: Final = 0.04
"""Seconds that a word begins before its first token is reported …"""
_FALL: Final = 0.24
"""… and lasts after its last, where no other follows before."""
_SIGNS: Final = 0x2E80
"""Code points from here on are signs that are words of their own."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What a model believes to have heard, asked nothing in particular."""

    words: tuple[Word, ...] = ()
    """Lower case, without punctuation; confidence 0 where the model does not tell."""
    written: tuple[str, ...] = ()
    """The same words as the model wrote them, capitals kept."""

    @property
    def text(self) -> str:
        """The words as one line."""
        return " ".join(word.text for word in self.words)

    @property
    def confidence(self) -> float | None:
        """How sure the model is of its words, 0 to 1; None where it does not tell."""
        told = [word.confidence for word in self.words if word.confidence > 0]
        return sum(told) / len(told) if told else None


def plain(text: str) -> str:
    """Return a line of words in lower case without punctuation."""
    return " ".join(_WORDS.findall(text.replace("’", "'").lower()))


def timed(
    pieces: Sequence[str], times: Sequence[float], log_probs: Sequence[float]
) -> Hypothesis | None:
    """Put pieces together with their times; None where they are not told for each piece.

    `times` in seconds; `log_probs` natural logarithms, ignored where they are not one a piece.
    """
    if not pieces or len(times) != len(pieces):
        return None
    sure = log_probs if len(log_probs) == len(pieces) and max(log_probs) <= 0 else None
    words: list[Word] = []
    written: list[str] = []
    groups = list(_groups(pieces))
    starts = [max(0.0, times[group[0]] - _RISE) for group in groups]
    for group, start, after in zip(groups, starts, [*starts[1:], math.inf], strict=True):
        end = max(start, min(times[group[-1]] + _FALL, after))
        confidence = round(math.exp(sum(sure[at] for at in group) / len(group)), 3) if sure else 0.0
        # A piece may hold more than one word of ours ("555-1234"): they share its time.
        for part in _WORDS.findall("".join(_said(pieces[at]) for at in group).replace("’", "'")):
            words.append(Word(part.lower(), round(start, 3), round(end, 3), confidence))
            written.append(part)
    return Hypothesis(tuple(words), tuple(written))


def untimed(text: str, begin: float, end: float, log_probs: Sequence[float] = ()) -> Hypothesis:
    """Spread the words of a line over the seconds from `begin` to `end` by their length."""
    written = tuple(_WORDS.findall(text.replace("’", "'")))
    lengths = list(itertools.accumulate((len(word) + 1 for word in written), initial=0))
    scale = max(0.0, end - begin) / max(1, lengths[-1])
    sure = 0.0
    if len(log_probs) and max(log_probs) <= 0:
        sure = round(math.exp(sum(log_probs) / len(log_probs)), 3)
    words = tuple(
        Word(word.lower(), round(begin + first * scale, 3), round(begin + last * scale, 3), sure)
        for word, (first, last) in zip(written, itertools.pairwise(lengths), strict=True)
    )
    return Hypothesis(words, written)


def _groups(pieces: Sequence[str]) -> Iterable[list[int]]:
    """Yield the numbers of the pieces of each word."""
    marked = any(piece.startswith((" ", "\N{LOWER ONE EIGHTH BLOCK}")) for piece in pieces)
    group: list[int] = []
    for at, piece in enumerate(pieces):
        begins = (
            piece.startswith((" ", "\N{LOWER ONE EIGHTH BLOCK}"))
            if marked
            # Paraformer marks what goes on instead, and writes signs without any mark.
            else at > 0 and not pieces[at - 1].endswith("@@")
        )
        if group and (begins or ord(_said(piece)[:1] or "a") >= _SIGNS):
            yield group
            group = []
        group.append(at)
    if group:
        yield group


def _said(piece: str) -> str:
    return piece.replace("\N{LOWER ONE EIGHTH BLOCK}", " ").removesuffix("@@").strip()
