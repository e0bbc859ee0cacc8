"""From words, pronunciations and a language model to one graph: min(det(L ∘ G)).

L turns phones into words, G is the language model; both become one transducer over phones in which
every state has at most one way on for a phone (Mohri, Pereira and Riley 2002, "Weighted
finite-state transducers in speech recognition"). Homophones are kept apart by extra phones at
their ends, which are taken out again.
"""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import kaldifst
import numpy as np

from appliance.speech.recognition import fst
from models.train.lm.ngram import END, START, History, Model

Pronunciations = Mapping[str, Sequence[tuple[int, ...]]]
"""Word → phones, each by its column."""


def compose(
    model: Model, words: Sequence[str], said: Pronunciations, phones: int
) -> tuple[fst.Arcs, int]:
    """Return the graph of a model over `words`, and its state that knows nothing of what was said.

    Input labels are columns + 1, output labels words + 1.
    """
    numbers = {word: at + 1 for at, word in enumerate(words)}
    lexicon, extra = _lexicon(numbers, said, phones)
    back = extra + 1
    grammar = _grammar(model, numbers, len(words) + 1)
    kaldifst.arcsort(grammar, "ilabel")
    _loop(lexicon, back, len(words) + 1)
    kaldifst.arcsort(lexicon, "olabel")
    both = kaldifst.compose(lexicon, grammar)
    graph = kaldifst.StdVectorFst(both)
    if kaldifst.determinize_star(graph):
        raise RuntimeError("the graph grows without end: the lexicon has words without phones")
    kaldifst.minimize_encoded(graph)
    arcs = _arcs(graph)
    arcs.ilabel[arcs.ilabel > phones] = 0
    # Stepping back leads to the state without a history far more often than to any other.
    return arcs, int(np.bincount(arcs.to[arcs.ilabel == 0]).argmax())


def _lexicon(
    numbers: Mapping[str, int], said: Pronunciations, phones: int
) -> tuple[kaldifst.StdVectorFst, int]:
    """Return L as one loop, and its last extra phone."""
    ways = [(word, way) for word in numbers for way in said[word]]
    times = Counter(way for _, way in ways)
    begins = {way[:size] for _, way in ways for size in range(1, len(way))}
    used: dict[tuple[int, ...], int] = defaultdict(int)
    lines, state, last = [], 1, phones
    for word, way in ways:
        labels = [phone + 1 for phone in way]
        if times[way] > 1 or way in begins:
            used[way] += 1
            labels.append(phones + used[way])
            last = max(last, phones + used[way])
        source = 0
        for at, label in enumerate(labels):
            target = 0 if at == len(labels) - 1 else state
            state += target != 0
            lines.append(f"{source} {target} {label} {numbers[word] if at == 0 else 0}")
            source = target
    lines.append("0")
    return kaldifst.compile("\n".join(lines) + "\n", acceptor=False), last


def _loop(lexicon: kaldifst.StdVectorFst, label: int, word: int) -> None:
    """Let the label for stepping back pass through at the beginning of words."""
    lexicon.add_arc(0, kaldifst.StdArc(label, word, 0.0, 0))


def _grammar(model: Model, numbers: Mapping[str, int], back: int) -> kaldifst.StdVectorFst:
    """Return G; `back` is the input label of stepping back, a word of its own."""
    states: dict[History, int] = {(START,): 0}
    for history in sorted(model.follows, key=len):
        states.setdefault(history, len(states))

    def after(history: History, word: str) -> int:
        grown = (*history, word)[-2:]
        while grown not in states:
            grown = grown[1:]
        return states[grown]

    lines = []
    for history, state in states.items():
        for word, log in model.follows[history].items():
            if word == END:
                lines.append(f"{state} {-log:.5f}")
            elif word in numbers:
                number = numbers[word]
                lines.append(f"{state} {after(history, word)} {number} {number} {-log:.5f}")
        if history:
            target = states.get(history[1:], states[()])
            lines.append(f"{state} {target} {back} 0 {-model.back[history]:.5f}")
    lines.sort(key=lambda line: int(line.split()[0]) != 0)
    return kaldifst.compile("\n".join(lines) + "\n", acceptor=False)


def _arcs(graph: kaldifst.StdVectorFst) -> fst.Arcs:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.fst"
        kaldifst.StdConstFst(graph).write(str(path))
        return fst.parse(path.read_bytes())
