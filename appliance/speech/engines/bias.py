"""Expected words as a graph over a CTC model's frames, for sherpa-onnx's `ctc_graph`.

              ┌──── any piece ────────────┐
              ▼                           │
    ──► START ──► "bill" ─► "ing" ────────┤      every piece may last, blanks may stand between;
          ▲ ────► "op" ─► "en" … GAIN ────┤      between two equal ones a blank must
          └───────────────────────────────┘

Each piece of an expected word that is said whole gains something: what is expected is heard where
the sound is in doubt, and anything else is heard as it would have been. (A price on all others
instead was measured to eat pieces of what was said freely.)

Graves et al. 2006, section 3.1 (labels over frames); labels are pieces + 1, as kaldi-decoder wants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import kaldifst

from appliance.speech.recognition.lexicon import SPACE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

GAIN: Final = 1.5
"""Natural logarithm that each piece of an expected word gains: as much as of a hot word."""
_FREE: Final = 0.0


def graph(words: Iterable[Sequence[int]], columns: int, blank: int) -> kaldifst.StdVectorFst:
    """Return the graph of expected words, each a sequence of pieces; empty ones are left out.

    `columns` is the number of the model's pieces, blank included.
    """
    made = kaldifst.StdVectorFst()
    start = made.add_state()
    made.start = start
    # Nothing need be said, for as long as nothing is.
    _last(made, start, blank)
    made.set_final(start, _FREE)
    for piece in range(columns):
        if piece != blank:
            said = made.add_state()
            _arc(made, start, piece, _FREE, said)
            _last(made, said, piece)
            _back(made, said, start)
    children: dict[tuple[int, int], int] = {}
    for word in words:
        state, before = start, -1
        for piece in word:
            if (state, piece) not in children:
                children[state, piece] = _step(made, state, piece, before, blank)
            state, before = children[state, piece], piece
        if state != start and (state, -1) not in children:
            children[state, -1] = start
            _back(made, state, start)
    return made


def fewest(phrase: str, names: Mapping[str, int]) -> tuple[int, ...]:
    """Return the fewest pieces that spell a phrase, empty where none do.

    That is how a unigram table is meant; the merges of a BPE table give more or the same.
    """
    text = "".join(f"{SPACE}{word}" for word in phrase.split())
    longest = max(map(len, names), default=0)
    best: list[tuple[int, ...] | None] = [(), *[None] * len(text)]
    for end in range(1, len(text) + 1):
        for begin in range(max(0, end - longest), end):
            before, piece = best[begin], names.get(text[begin:end])
            if before is None or piece is None:
                continue
            known = best[end]
            if known is None or len(before) + 1 < len(known):
                best[end] = (*before, piece)
    return best[-1] or ()


def write(made: kaldifst.StdVectorFst, path: Path) -> None:
    """Write a graph where sherpa-onnx can read it."""
    made.write(str(path))


def _step(made: kaldifst.StdVectorFst, state: int, piece: int, before: int, blank: int) -> int:
    """Add a piece after `state`, which was reached by `before`; return the state after it."""
    said: int = made.add_state()
    if before != -1:
        between = made.add_state()
        _arc(made, state, blank, _FREE, between)
        _last(made, between, blank)
        _arc(made, between, piece, -GAIN, said)
    if piece != before:
        _arc(made, state, piece, -GAIN, said)
    _last(made, said, piece)
    return said


def _arc(made: kaldifst.StdVectorFst, state: int, piece: int, price: float, to: int) -> None:
    made.add_arc(state, kaldifst.StdArc(piece + 1, 0, price, to))


def _last(made: kaldifst.StdVectorFst, state: int, piece: int) -> None:
    """Let a piece fill more frames than one."""
    _arc(made, state, piece, _FREE, state)


def _back(made: kaldifst.StdVectorFst, state: int, start: int) -> None:
    """Let a word end here."""
    made.add_arc(state, kaldifst.StdArc(0, 0, _FREE, start))
    made.set_final(state, _FREE)
