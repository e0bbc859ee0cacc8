"""Numbers, dates, times and amounts: a grammar of rules read on the phone head.

    rules ─► automaton over words ─► graph over phones ─► walk ─► words, how far the answer is

Whatever state of the automaton the words lead to tells whether the answer can be over there, and
whether more could follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from appliance.contracts.expectation import Kind
from appliance.speech.recognition import fst, rules_de, rules_en
from appliance.speech.recognition.beam import spans, walk
from appliance.speech.recognition.rules import Said, automaton
from appliance.speech.turns.endpointing import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.speech.recognition.beam import Ways
    from appliance.speech.recognition.rules import Automaton

Floats = npt.NDArray[np.float32]

KINDS: Final = (Kind.NUMBER, Kind.DATE, Kind.TIME, Kind.AMOUNT)
"""Kinds of question that have a grammar; each rule is called as its kind."""
_RULES: Final[Mapping[str, Mapping[str, str]]] = {"en": rules_en.RULES, "de": rules_de.RULES}
_EACH_WORD: Final = 0.7
"""Taken from the natural logarithm for each word, against the biased blank."""
_UNFINISHED: Final = 2.0
"""Taken for an answer that cannot be over where it ends."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The best answer of a grammar."""

    words: tuple[tuple[str, int, int], ...]
    """Those that are part of the answer, with first and last frame."""
    score: float
    """Natural logarithm of the best alignment's probability, penalties included."""
    progress: Progress
    """COMPLETE, OPEN or INCOMPLETE."""

    @property
    def text(self) -> str:
        """The words."""
        return " ".join(text for text, _, _ in self.words)


class Asked:
    """One grammar, laid out for a recogniser; `read` may be called from any thread."""

    def __init__(self, kind: Kind, language: str, spell: Callable[[str], Ways], blank: int) -> None:
        """Lay out the grammar of `kind` in `language`; `spell` pronounces a word.

        A language without rules of its own has the English ones.
        """
        self._automaton = automaton(_RULES.get(language, _RULES["en"]), str(kind))
        self._blank = blank
        listed = dict.fromkeys(word for ways in self._automaton.ways for word in ways)
        self._said = [(word, spell(word.word)) for word in listed]
        numbers = {word: at + 1 for at, word in enumerate(listed)}
        graph = _graph(self._automaton, numbers, dict(self._said))
        self._fst = fst.load(fst.framed(graph, blank, 0).tables)

    def read(self, log_probs: Floats) -> Answer | None:
        """Read [frames, phones + blank], blanks biased; None where no word is said."""
        found = walk(self._fst, log_probs)
        if found is None or not found.words:
            return None
        said = [self._said[number - 1] for number in found.words]
        runs = found.runs(self._blank)
        placed = spans([ways for _, ways in said], [label for label, _, _ in runs])
        said = said[: len(placed)]
        words = tuple(
            (word.word, runs[begin][1], runs[end - 1][2])
            for (word, _), (begin, end) in zip(said, placed, strict=True)
            if word.told
        )
        return Answer(words, found.score, self._progress([word for word, _ in said]))

    def _progress(self, words: list[Said]) -> Progress:
        state = self._automaton.after(words)
        if state is None or state not in self._automaton.ends:
            return Progress.INCOMPLETE
        more = any(word.told for word in self._automaton.ways[state])
        return Progress.OPEN if more else Progress.COMPLETE


def _graph(grammar: Automaton, numbers: Mapping[Said, int], said: Mapping[Said, Ways]) -> fst.Arcs:
    """Return the grammar over phones: output labels are `numbers`, input labels columns + 1."""
    rows: list[tuple[int, int, int, float, int]] = []
    states = len(grammar.ways)
    for state, ways in enumerate(grammar.ways):
        for word, target in ways.items():
            for way in said[word]:
                source = state
                for at, phone in enumerate(way):
                    last = at == len(way) - 1
                    first = at == 0
                    to = target if last else states
                    states += not last
                    cost = _EACH_WORD if first else 0.0
                    rows.append((source, phone + 1, numbers[word] if first else 0, cost, to))
                    source = to
    rows.sort(key=lambda row: row[0])
    sources, ilabel, olabel, weight, targets = (np.array(c) for c in zip(*rows, strict=True))
    final = np.full(states, fst.NEVER, np.float32)
    final[: len(grammar.ways)] = _UNFINISHED
    final[[0, *grammar.ends]] = 0.0
    return fst.Arcs(
        start=0,
        final=final,
        first=np.searchsorted(sources, np.arange(states + 1)).astype(np.int32),
        ilabel=ilabel.astype(np.int32),
        olabel=olabel.astype(np.int32),
        weight=weight.astype(np.float32),
        to=targets.astype(np.int32),
    )
