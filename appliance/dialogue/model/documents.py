"""The site's own texts, found by a question: Markdown or plain text, ranked by BM25.

    documents ─► sections by headings ─► passages of about 120 words ─► find(question) ─► the best

BM25 after Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), section 3, with
the inverse document frequency that cannot become negative. A question takes about a millisecond for
hundreds of pages: it is asked on the loop of the calls.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from appliance.dialogue.model.words import Kin, stems
from appliance.dialogue.script import Document

WORDS: Final = 120
"""Of a passage, about."""
OVERLAP: Final = 30
"""Words at the end of a passage with which the next one begins."""
_K: Final = 1.2
_B: Final = 0.75
_KIN: Final = 0.5
"""What a word counts for that is only a part of the other."""
_TITLE: Final = 2
"""Times that the words of a heading count."""
_LEAST: Final = 0.3
"""Share of the question's words that a passage must hold."""
_ASKED: Final = 40
"""Words of a question that are looked for; nobody asks for more at once."""
_RULE: Final = re.compile(r"[-*_=\s|:+]*")
_HEADING: Final = re.compile(r" {0,3}(#{1,6})\s+(.*?)\s*#*\s*")
_UNDERLINED: Final = re.compile(r" {0,3}(=+|-{2,})\s*")
_MARKS: Final = (
    (re.compile(r"<!--.*?-->", re.DOTALL), ""),
    (re.compile(r"!\[([^\]]*)\]\([^)]*\)"), ""),
    (re.compile(r"\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"</?[a-zA-Z][^<>]*>"), " "),
    (re.compile(r"[*`~]+|\b_+|_+\b"), ""),
    (re.compile(r"(\w)-\n(?=[a-zäöüß])"), r"\1"),  # a word that a PDF's line end has divided
    (re.compile(r"\f"), "\n\n"),
)
_ITEM: Final = re.compile(r"\s*(?:[-+•]|\d{1,3}[.)]|>)\s+")
_SENTENCE: Final = re.compile(r"(?<=[.!?;])\s+")


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a document, short enough to be read by a model and quoted."""

    source: str
    """The document's name."""
    title: str
    """The headings that it stands under, "Visiting, Children"; empty where there are none."""
    text: str
    score: float = 0.0
    """How well it fits the question; comparable within one answer of `find` only."""


class Documents:
    """The passages of a dialogue's documents and where each word stands; made once, immutable."""

    def __init__(self, documents: Iterable[Document], language: str = "en") -> None:
        """Cut the documents into passages and count their words."""
        self._language = language
        self._held = [passage for document in documents for passage in passages(document)]
        self._postings: dict[str, Counter[int]] = defaultdict(Counter)
        """Stem: how often it stands in which passage."""
        lengths: list[int] = []
        for at, passage in enumerate(self._held):
            inner, title = stems(passage.text, language), stems(passage.title, language)
            for word in (*inner, *title * _TITLE):
                self._postings[word][at] += 1
            lengths.append(len(inner) + _TITLE * len(title))
        mean = sum(lengths) / len(lengths) if lengths else 0.0
        self._sizes = [_K * (1.0 - _B + _B * n / mean) if mean else _K for n in lengths]
        self._kin = Kin(self._postings)

    def __bool__(self) -> bool:
        return bool(self._held)

    def find(self, question: str, most: int = 3) -> tuple[Passage, ...]:
        """Return the passages that a question is likely answered in, the best first.

        None where the documents hold too little of what the question is about. Places that are
        left go to the neighbours of the best one: callers and authors often use different words.
        """
        wanted = tuple(dict.fromkeys(stems(question, self._language)))[:_ASKED]
        scores: defaultdict[int, float] = defaultdict(float)
        parts: defaultdict[int, float] = defaultdict(float)
        for word in wanted:
            for at, (score, part) in self._scores(word).items():
                scores[at] += score
                parts[at] += part
        least = _LEAST * len(wanted)
        found = [(score, at) for at, score in scores.items() if parts[at] >= least]
        found.sort(key=lambda pair: (-pair[0], pair[1]))
        if found and len(found) < most:
            found += self._neighbours(found[0][1], {at for _, at in found})
        return tuple(replace(self._held[at], score=score) for score, at in found[:most])

    def _scores(self, word: str) -> dict[int, tuple[float, float]]:
        """Return a word's share of each passage's score, and what of it stands there."""
        exact = self._postings.get(word, Counter())
        counts: dict[int, float] = dict(exact)
        for other in self._kin.of(word):
            for at, more in self._postings[other].items():
                counts[at] = counts.get(at, 0.0) + _KIN * more
        weight = math.log(1.0 + (len(self._held) - len(exact) + 0.5) / (len(exact) + 0.5))
        found: dict[int, tuple[float, float]] = {}
        for at, count in counts.items():
            part = 1.0 if at in exact else _KIN
            found[at] = (weight * part * count * (_K + 1.0) / (count + self._sizes[at]), part)
        return found

    def _neighbours(self, best: int, known: set[int]) -> Iterator[tuple[float, int]]:
        """Yield the other passages of the same document, the nearest first."""
        source = self._held[best].source
        for at in sorted(range(len(self._held)), key=lambda at: (abs(at - best), at)):
            if at not in known and self._held[at].source == source:
                yield 0.0, at


def passages(document: Document) -> Iterator[Passage]:
    """Yield the passages of a document in their order."""
    for title, text in _sections(document.text):
        held: list[str] = []
        fresh = False
        for sentence in _sentences(text):
            held += sentence.split()
            fresh = True
            if len(held) >= WORDS:
                yield Passage(document.name, title, " ".join(held))
                held, fresh = held[-OVERLAP:], False
        if fresh:
            yield Passage(document.name, title, " ".join(held))


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Yield (headings, text without marks) of each section that has a text."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for pattern, instead in _MARKS:
        text = pattern.sub(instead, text)
    titles: dict[int, str] = {}
    held: list[str] = []

    def section() -> Iterator[tuple[str, str]]:
        if any(line.strip() for line in held):
            yield ", ".join(titles[level] for level in sorted(titles)), "\n".join(held)
        held.clear()

    for line in text.split("\n"):
        heading = _HEADING.fullmatch(line)
        underline = _UNDERLINED.fullmatch(line)
        if heading:
            yield from section()
            level, title = len(heading[1]), heading[2]
        elif underline and held and held[-1].strip():
            title = held.pop().strip()
            yield from section()
            level = 1 if "=" in underline[1] else 2
        else:
            held.append("" if _RULE.fullmatch(line) else line)
            continue
        titles = {at: name for at, name in titles.items() if at < level} | {level: title}
    yield from section()


def _sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a section; items of a list and rows of a table are such."""
    blocks: defaultdict[int, list[str]] = defaultdict(list)
    at = 0
    for line in text.split("\n"):
        plain = _ITEM.sub("", line, count=1) if _ITEM.match(line) else line
        at += not line.strip() or plain is not line or "|" in line
        cells = [cell.strip() for cell in plain.split("|")] if "|" in plain else [plain.strip()]
        row = ", ".join(filter(None, cells))
        if row:
            blocks[at].append(row)
    for rows in blocks.values():
        paragraph = " ".join(rows)
        closed = paragraph if paragraph[-1] in ".!?;:," else f"{paragraph}."
        for sentence in _SENTENCE.split(closed):
            said = sentence.split()
            # What has no full stop for pages (a table of a PDF) is cut all the same.
            for start in range(0, len(said), WORDS):
                yield " ".join(said[start : start + WORDS])
