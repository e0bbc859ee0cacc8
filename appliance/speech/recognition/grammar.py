"""A loop over a few words (digits, letters), decoded exactly on the phone head.

            ┌──────────────────────── gap (blank) ◄──────────────────────┐
            ▼                                                            │
    count c ─► word₁: p₁ (blank) p₂ (blank) … pₙ ─► count c + symbols ───┤
            └► word₂: …                                                  │

Viterbi by token passing (Young et al. 1989): every state holds its best score, where the word
began, and a link to the word before. Where the length of the answer is known, states are kept apart
by how many symbols have been said, so that one pass gives the best reading of every length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_NEVER: Final = np.float32(-1e9)
_START: Final = -1


@dataclass(frozen=True, slots=True)
class LoopWord:
    """One way of saying one word of the loop."""

    text: str
    phones: tuple[int, ...]
    symbols: int = 1
    """How many digits or letters it adds ("double" before a digit: one more)."""
    penalty: float = 0.0
    """Taken from the score each time, natural logarithm."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One decoded word; frames of the network, inclusive."""

    text: str
    symbols: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Path:
    """The best reading of one length."""

    score: float
    """Natural logarithm of the best alignment's probability, penalties included."""
    words: tuple[Spoken, ...]

    @property
    def symbols(self) -> int:
        """Digits or letters said."""
        return sum(word.symbols for word in self.words)

    @property
    def text(self) -> str:
        """The words."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class _Layout:
    """The states of a loop, all words one behind the other."""

    words: tuple[LoopWord, ...]
    blank: int
    labels: Ints
    """[states]."""
    firsts: Ints
    """[words]: the state that a word begins with …"""
    lasts: Ints
    """… and ends with."""
    inside: Floats
    """[states]: 0 where a state may be entered from the one before, else never."""
    skip: Floats
    """[states]: 0 where the blank before a state may be passed over, else never."""
    penalty: Floats
    """[words]."""
    direct: Floats
    """[words, words]: 0 where the second may follow the first without a blank, else never."""
    columns: dict[int, Ints]
    """Number of symbols → words of that many."""


class Loop:
    """The loop over `words`, laid out for decoding."""

    def __init__(self, words: Sequence[LoopWord], blank: int) -> None:
        """Lay out the states; words without phones are left out."""
        kept = tuple(word for word in words if word.phones)
        labels: list[int] = []
        firsts: list[int] = []
        lasts: list[int] = []
        skips: list[bool] = []
        for word in kept:
            firsts.append(len(labels))
            for at, phone in enumerate(word.phones):
                if at:
                    labels.append(blank)
                    skips.append(False)
                labels.append(phone)
                skips.append(at > 0 and word.phones[at - 1] != phone)
            lasts.append(len(labels) - 1)
        inside: Floats = np.zeros(len(labels), np.float32)
        inside[firsts] = _NEVER
        # Two equal phones need a blank between them: no direct way from one word to the next.
        ends = np.array([word.phones[-1] for word in kept])
        begins = np.array([word.phones[0] for word in kept])
        same = ends[:, None] == begins[None, :]
        self._layout = _Layout(
            words=kept,
            blank=blank,
            labels=np.array(labels, np.int64),
            firsts=np.array(firsts, np.int64),
            lasts=np.array(lasts, np.int64),
            inside=inside,
            skip=np.where(skips, np.float32(0), _NEVER).astype(np.float32),
            penalty=np.array([word.penalty for word in kept], np.float32),
            direct=np.where(same, _NEVER, np.float32(0)).astype(np.float32),
            columns={
                size: np.array([i for i, word in enumerate(kept) if word.symbols == size])
                for size in {word.symbols for word in kept}
            },
        )

    def decode(self, log_probs: Floats, longest: int | None = None) -> tuple[Path, ...]:
        """Return the best reading of every length up to `longest` symbols, best first.

        `log_probs` is [frames, phones + blank]. The empty reading is among them. Without `longest`
        there is one reading, of whatever length is best.
        """
        return _Pass(self._layout, longest).run(log_probs)


class _Pass:
    """The state of one decoding."""

    def __init__(self, loop: _Layout, longest: int | None) -> None:
        self._loop = loop
        self._counted = longest is not None
        self._counts = 1 if longest is None else longest + 1
        states, words = len(loop.labels), len(loop.words)
        shape = (self._counts, states)
        self._score: Floats = np.full(shape, _NEVER, np.float32)
        self._began: Ints = np.zeros(shape, np.int64)
        self._link: Ints = np.full(shape, _START, np.int64)
        self._gap: Floats = np.full(self._counts, _NEVER, np.float32)
        self._gap_link: Ints = np.full(self._counts, _START, np.int64)
        self._gap[0] = 0.0
        # Of every frame, count and word: the link and the first frame of a token that leaves it.
        self._links: list[Ints] = []
        self._begins: list[Ints] = []
        self._grid = np.arange(self._counts)[:, None] * words + np.arange(words)

    def run(self, log_probs: Floats) -> tuple[Path, ...]:
        exits: Floats = np.full((self._counts, len(self._loop.words)), _NEVER, np.float32)
        for at, frame in enumerate(log_probs):
            exits = self._advance(at, frame, exits)
        paths = []
        for count in range(self._counts):
            word = int(exits[count].argmax()) if exits.size else 0
            in_gap = not exits.size or self._gap[count] >= exits[count, word]
            score = float(self._gap[count] if in_gap else exits[count, word])
            if score <= _NEVER / 2:
                continue
            link = (
                int(self._gap_link[count])
                if in_gap
                else self._number(len(log_probs) - 1, count, word)
            )
            paths.append(Path(score, self._words(link)))
        return tuple(sorted(paths, key=lambda path: -path.score))

    def _advance(self, at: int, frame: Floats, exits: Floats) -> Floats:
        """Take every token one frame on; return the scores [count after, word] of those leaving."""
        loop = self._loop
        score, began, link = self._score, self._began, self._link
        # Entering: from the gap, or straight from the word before.
        entry = np.repeat(self._gap[:, None], len(loop.words), 1)
        entry_link = np.repeat(self._gap_link[:, None], len(loop.words), 1)
        if at:
            straight = exits[:, :, None] + loop.direct
            source = straight.argmax(1)
            best = np.take_along_axis(straight, source[:, None, :], 1)[:, 0]
            better = best > entry
            numbers = (at - 1) * self._grid.size + self._number_grid(source)
            entry = np.where(better, best, entry)
            entry_link = np.where(better, numbers, entry_link)
            self._rest(at, frame, exits)
        else:
            self._gap = self._gap + frame[loop.blank]
        self._move(score, began, link)
        firsts = loop.firsts
        entry = entry + loop.penalty
        better = entry > self._score[:, firsts]
        self._score[:, firsts] = np.where(better, entry, self._score[:, firsts])
        self._began[:, firsts] = np.where(better, at, self._began[:, firsts])
        self._link[:, firsts] = np.where(better, entry_link, self._link[:, firsts])
        self._score = np.maximum(self._score + frame[loop.labels], _NEVER)
        return self._leave()

    def _rest(self, at: int, frame: Floats, exits: Floats) -> None:
        """Into the gap, or on within it."""
        word = exits.argmax(1)
        counts = np.arange(self._counts)
        best = exits[counts, word]
        better = best > self._gap
        numbers = (at - 1) * self._grid.size + self._grid[counts, word]
        self._gap_link = np.where(better, numbers, self._gap_link)
        gap = np.where(better, best, self._gap) + frame[self._loop.blank]
        self._gap = np.maximum(gap, _NEVER)

    def _move(self, score: Floats, began: Ints, link: Ints) -> None:
        """Stay, go one state on, or pass over a blank, within words."""
        moves: Floats = np.full((3, *score.shape), _NEVER, np.float32)
        moves[0] = score
        moves[1, :, 1:] = score[:, :-1] + self._loop.inside[1:]
        moves[2, :, 2:] = score[:, :-2] + self._loop.skip[2:]
        which = moves.argmax(0)
        source = np.maximum(np.arange(score.shape[1]) - which, 0)
        self._score = np.take_along_axis(moves, which[None], 0)[0]
        self._began = np.take_along_axis(began, source, 1)
        self._link = np.take_along_axis(link, source, 1)

    def _leave(self) -> Floats:
        loop = self._loop
        ends = self._score[:, loop.lasts]
        exits: Floats = np.full_like(ends, _NEVER)
        links: Ints = np.full(ends.shape, _START, np.int64)
        begins: Ints = np.zeros(ends.shape, np.int64)
        link, began = self._link[:, loop.lasts], self._began[:, loop.lasts]
        for symbols, columns in loop.columns.items() if self._counted else ():
            kept = self._counts - symbols
            if kept > 0:
                exits[symbols:, columns] = ends[:kept, columns]
                links[symbols:, columns] = link[:kept, columns]
                begins[symbols:, columns] = began[:kept, columns]
        if not self._counted:
            exits, links, begins = ends, link, began
        self._links.append(links)
        self._begins.append(begins)
        return exits

    def _number_grid(self, words: Ints) -> Ints:
        return np.take_along_axis(self._grid, words, 1)

    def _number(self, at: int, count: int, word: int) -> int:
        return at * self._grid.size + int(self._grid[count, word])

    def _words(self, link: int) -> tuple[Spoken, ...]:
        found: list[Spoken] = []
        while link != _START:
            at, place = divmod(link, self._grid.size)
            count, column = divmod(place, len(self._loop.words))
            word = self._loop.words[column]
            found.append(Spoken(word.text, word.symbols, int(self._begins[at][count, column]), at))
            link = int(self._links[at][count, column])
        return tuple(reversed(found))
