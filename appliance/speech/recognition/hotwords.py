"""Names and phrases of one question, hung on the slot of the word graph.

    words, or nothing said yet ─► slot ─► d o c t o r · m ü l l e r ─► on with any word

The large graph is not built again: the small one is laid behind it, and its way in and the way
back are there already. A name costs what a rather frequent word does, however many there are.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from appliance.speech.recognition import fst
from appliance.speech.recognition.wordgraph import Branch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from appliance.speech.recognition.beam import Ways
    from appliance.speech.recognition.wordgraph import WordGraph

_FIRST: Final = 4.0
"""Natural logarithm that a hot word costs, after any word …"""
_MANY: Final = 0.3
"""… and for each factor of e that there are more of them."""
_NEXT: Final = 0.3
"""What each further word of a phrase costs."""


def branch(graph: WordGraph, phrases: Sequence[str], spell: Callable[[str], Ways]) -> Branch | None:
    """Return `graph` with `phrases` in its slot; None where none can be said.

    `spell` gives the pronunciations of a word.
    """
    words: list[tuple[str, Ways]] = []
    arcs = _Builder(graph.framed, graph.blank)
    known = len(graph.table.words)
    ends: dict[tuple[str, ...], list[_Node]] = {}
    entered: dict[str, Ways] = {}
    spoken = [phrase.split() for phrase in dict.fromkeys(phrases)]
    cost = _FIRST + _MANY * math.log(max(1, len(spoken)))
    for phrase in spoken:
        ways = [entered.setdefault(word, spell(word)) for word in phrase]
        if not phrase or not all(way and all(way) for way in ways):
            continue
        nodes = [arcs.top]
        for at, (word, said) in enumerate(zip(phrase, ways, strict=True)):
            # Phrases that begin with the same words share them.
            begun = tuple(phrase[: at + 1])
            if begun not in ends:
                words.append((word, said))
                price, number = cost if at == 0 else _NEXT, known + len(words)
                ends[begun] = [
                    arcs.word(node, way, number, price) for node in nodes for way in said
                ]
            nodes = ends[begun]
        for node in nodes:
            node.leaves = True
    if not words:
        return None
    return Branch(fst.load(arcs.done()), tuple(words))


class _Node:
    """A label after one beginning; the node of the top has none."""

    __slots__ = ("after", "label", "leaves", "shared")

    def __init__(self, label: int) -> None:
        self.label = label
        self.after: list[tuple[_Node, int, float]] = []
        self.shared: dict[int, _Node] = {}
        self.leaves = False
        """Whether the large graph goes on behind it."""


class _Builder:
    """A tree of phones with its words, laid out behind a framed graph."""

    def __init__(self, framed: fst.Framed, blank: int) -> None:
        self._framed, self._blank = framed, blank
        self.top = _Node(0)
        self._nodes: list[_Node] = []

    def word(self, node: _Node, way: tuple[int, ...], number: int, cost: float) -> _Node:
        """Add one pronunciation behind `node`; return its end."""
        *begin, end = way
        for phone in begin:
            node = self._shared(node, phone + 1, cost)
            cost = 0.0
        # Up to here words that begin alike share their states; each has an end of its own.
        last = _Node(end + 1)
        node.after.append((last, number, cost))
        self._nodes.append(last)
        return last

    def _shared(self, node: _Node, label: int, cost: float) -> _Node:
        child = node.shared.get(label)
        if child is None:
            child = node.shared[label] = _Node(label)
            node.after.append((child, 0, cost))
            self._nodes.append(child)
        return child

    def done(self) -> fst.Tables:
        """Return the whole graph."""
        slot, entry, blank = self._framed.slot, self._framed.entry, self._blank + 1
        # Two states each: what was said goes on, or a blank followed and the second rests.
        place = {id(node): slot + 1 + 2 * at for at, node in enumerate(self._nodes)}
        rows: list[tuple[int, int, float, int]] = []
        first = [0]

        def arcs(node: _Node, last: int) -> None:
            for child, number, cost in node.after:
                if child.label != last:
                    rows.append((child.label, number, cost, place[id(child)]))
            if node.leaves:
                rows.append((0, 0, 0.0, entry[last]))
            first.append(len(rows))

        arcs(self.top, 0)
        for node in self._nodes:
            said = place[id(node)]
            rows += [(node.label, 0, 0.0, said), (blank, 0, 0.0, said + 1)]
            arcs(node, node.label)
            rows.append((blank, 0, 0.0, said + 1))
            arcs(node, 0)
        ilabel, olabel, weight, to = (np.array(column) for column in zip(*rows, strict=True))
        behind = fst.Arcs(
            start=0,
            final=np.full(len(first) - 1, fst.NEVER, np.float32),
            first=np.array(first, np.int32),
            ilabel=ilabel.astype(np.int32),
            olabel=olabel.astype(np.int32),
            weight=weight.astype(np.float32),
            to=to.astype(np.int32),
        )
        return fst.joined(self._framed.tables, fst.tables(behind))
