"""What was said, given what was expected: phrases, digit and letter loops, or free text.

    heads ─┬─► best path ─────────► free text, and the filler that every answer competes with
           ├─► CTC forward ───────► every phrase, all at once
           └─► loop (grammar.py) ─► digits, letters

An answer is compared with the filler, the best thing that the network could have said without any
expectation, per label: the margin is 0 for an answer that the network would have given itself and
falls as the answer has to be forced onto the sound. That makes short and long answers comparable,
and gives the threshold below which nothing of what was expected has been said.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from appliance.contracts.expectation import Expectation, Kind
from appliance.contracts.speech import Alternative, Word
from appliance.speech.answers import YES_NO, digit_words, letter_words
from appliance.speech.ctc import Targets, align, best_path, forward
from appliance.speech.endpointing import Progress
from appliance.speech.grammar import Loop, LoopWord, Path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from appliance.speech.ctc import Label
    from appliance.speech.lexicon import Lexicon
    from appliance.speech.wordsearch import WordSearch

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
WordSpans = list[tuple[str, int, int]]

PHRASE_BIAS: Final = 2.5
LOOP_BIAS: Final = 2.0
"""Taken from the logarithm of every blank, so that leaving out what was said is not the cheapest
error of all (it would let the shortest phrase win)."""
SURE: Final = 0.7
"""Confidence from which an answer ends the turn at once."""
ACCEPTED: Final = 0.35
"""Confidence from which an answer is taken rather than the free text."""
_CENTRE: Final = -1.5
"""Margin (per label, natural logarithm) that an answer is as likely right as wrong at."""
_SLOPE: Final = 4.0
_SHARPNESS: Final = 0.4
"""What the network's logarithms are worth between phrases: its frames are not independent."""
_LEAST: Final = 0.03
"""Least confidence of an alternative that is reported."""
_ALTERNATIVES: Final = 4
_EACH_WORD: Final = 1.0
"""Taken from the natural logarithm of a loop's score for each word, against the biased blank."""
_RISE: Final = 0.04
"""Seconds that a word begins before the peak of its first label …"""
_FALL: Final = 0.16
"""… and lasts after the peak of its last, where no other word follows before."""
_HARDLY_WORSE: Final = 1.5
"""Natural logarithm that a loop reading of the right length may be behind the best reading …"""
_LITTLE_WORSE: Final = 6.0
"""… or may be behind it once the caller has waited, one symbol apart."""
_LONGEST_LOOP: Final = 24
"""Symbols of one answer that are counted."""


@dataclass(frozen=True, slots=True)
class Head:
    """One output of the network and how words are written in its labels."""

    blank: int
    spell: Callable[[str], tuple[tuple[int, ...], ...]]
    """A phrase to the labels of each of its words."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One utterance as it was understood; times in seconds from its first sample."""

    text: str
    confidence: float
    progress: Progress
    words: tuple[Word, ...] = ()
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One phrase, scored."""

    index: int
    fit: float
    """How likely it is to have been said at all, 0 to 1, by its margin to the filler."""
    share: float
    """Its probability among the phrases, which are taken to be all there is."""


NOTHING: Final = Reading("", 0.0, Progress.NOTHING)


class Reader:
    """The readings of one expectation; made once, used for every utterance that it covers."""

    def __init__(
        self,
        expectation: Expectation,
        heads: Sequence[Head],
        lexicon: Lexicon | None,
        search: WordSearch,
        frame_seconds: float,
    ) -> None:
        self._expectation = expectation
        self._heads = heads
        self._search = search
        self._seconds = frame_seconds
        spelled = [(phrase, heads[-1].spell(phrase[0])) for phrase in _phrases(expectation)]
        # A word that cannot be spelled in the head's labels would be free of charge.
        spelled = [(phrase, words) for phrase, words in spelled if words and all(words)]
        self._phrases = [phrase for phrase, _ in spelled]
        self._spelled = [words for _, words in spelled]
        self._targets = Targets(
            [[label for word in words for label in word] for words in self._spelled]
        )
        self._loop = self._make_loop(lexicon)

    def read(self, posteriors: Sequence[Floats]) -> Reading:
        """Read the heads' log-probabilities [S, labels], in the order of `heads`."""
        silent = not any(
            best_path(log_probs, head.blank)
            for log_probs, head in zip(posteriors, self._heads, strict=False)
        )
        if silent:
            return NOTHING
        blank = self._heads[-1].blank
        candidates = self._score_phrases(_biased(posteriors[-1], blank, PHRASE_BIAS))
        looped = self._read_loop(_biased(posteriors[-1], blank, LOOP_BIAS))
        return self._choose(posteriors, candidates, looped)

    def _choose(
        self, posteriors: Sequence[Floats], candidates: list[_Candidate], looped: Reading | None
    ) -> Reading:
        """Weigh the phrase, the loop and the free text against each other."""
        best = candidates[0] if candidates else None
        found = self._alternatives(candidates)
        if looped is not None and (best is None or looped.confidence >= best.fit):
            free = NOTHING if looped.confidence >= ACCEPTED else self._free(posteriors[0])
            instead = Alternative(looped.text, looped.confidence)
            return replace(free, alternatives=(instead, *found)) if free.text else looped
        if best is not None and best.fit >= ACCEPTED:
            return Reading(
                found[0].text,
                found[0].confidence,
                # Whether all was said does not hang on which of two like sentences it was.
                Progress.COMPLETE if best.fit >= SURE else Progress.OPEN,
                self._times(best.index, posteriors[-1]),
                found[1:],
            )
        free = NOTHING if self._expectation.kind is Kind.CHOICE else self._free(posteriors[0])
        return replace(free, alternatives=found)

    def _alternatives(self, candidates: list[_Candidate]) -> tuple[Alternative, ...]:
        """Return the best phrases with their confidences.

        The first one's is how well it fits, less where others fit as well; the others' stand to
        it as their probabilities do.
        """
        if not candidates:
            return ()
        top = candidates[0]
        first = top.fit * (1.0 + top.share) / 2
        shares = [candidate.share / top.share for candidate in candidates]
        return tuple(
            Alternative(self._phrases[candidate.index][1], round(first * share, 3))
            for candidate, share in zip(candidates[: _ALTERNATIVES + 1], shares, strict=False)
            if candidate is top or first * share >= _LEAST
        )

    def _free(self, log_probs: Floats) -> Reading:
        text = self._search.text(log_probs)
        if not text:
            return NOTHING
        head = self._heads[0]
        spelled = head.spell(text)
        aligned = align(log_probs, [label for word in spelled for label in word], head.blank)
        sure = [
            float(log_probs[label.first : label.last + 1, label.label].max()) for label in aligned
        ]
        confidence = math.exp(sum(sure) / len(sure)) if sure else 0.0
        # Free text is never sure enough to end a turn at once: nothing says that it is complete.
        progress = Progress.OPEN if confidence >= SURE else Progress.UNSURE
        words = self._timed(_spans(text.split(), spelled, aligned))
        return Reading(text, round(confidence, 3), progress, words)

    def _score_phrases(self, log_probs: Floats) -> list[_Candidate]:
        """Return the distinct phrases, best first."""
        if not self._phrases:
            return []
        # The phone head alone: measured better than both heads together, and twice as fast.
        targets, blank = self._targets, self._heads[-1].blank
        # The filler's best alignment stands for it: a phrase is all its alignments, so that one
        # that the network would have said itself has a margin of 0 or a little more.
        filler = float(log_probs.max(1).sum(dtype=np.float64))
        longer = np.maximum(targets.lengths, max(1, len(best_path(log_probs, blank))))
        scores = forward(log_probs, targets, blank)
        margins = (scores - filler) / longer
        # Ways of reporting the same thing do not compete with each other.
        ranked: dict[str, int] = {}
        for index in np.argsort(-scores).tolist():
            ranked.setdefault(self._phrases[index][1], index)
        chosen = list(ranked.values())
        shares = np.exp(_SHARPNESS * (scores[chosen] - scores[chosen[0]]))
        shares /= shares.sum()
        return [
            _Candidate(index, likely(float(margins[index])), float(share))
            for index, share in zip(chosen, shares, strict=True)
        ]

    def _read_loop(self, log_probs: Floats) -> Reading | None:
        """Read the loop on the last head; None where it says nothing."""
        loop, expected = self._loop, self._expectation
        if loop is None:
            return None
        longest = min(expected.longest, _LONGEST_LOOP) if expected.longest else None
        paths = loop.decode(log_probs, longest)
        if not paths or not paths[0].words:
            return None
        filler = float(log_probs.max(1).sum(dtype=np.float64))
        labels = max(1, len(best_path(log_probs, self._heads[-1].blank)))

        def confidence(path: Path) -> float:
            return round(likely((path.score - filler) / labels), 3)

        chosen, progress = self._fitting(paths)
        words = self._timed([(word.text, word.first, word.last) for word in chosen.words])
        others = [path for path in paths if path.words and path is not chosen]
        if progress is Progress.COMPLETE and confidence(chosen) < ACCEPTED:
            progress = Progress.UNSURE
        return Reading(
            chosen.text,
            confidence(chosen),
            progress,
            words,
            tuple(Alternative(path.text, confidence(path)) for path in others[:_ALTERNATIVES]),
        )

    def _fitting(self, paths: tuple[Path, ...]) -> tuple[Path, Progress]:
        """Return the best path, or one of an acceptable length that is hardly worse."""
        shortest, longest = self._expectation.shortest, self._expectation.longest
        best = paths[0]
        fitting = [path for path in paths if path.symbols >= max(shortest, 1)]
        if best.symbols >= shortest:
            whole = longest and best.symbols >= longest
            return best, Progress.COMPLETE if whole else Progress.OPEN
        behind = best.score - fitting[0].score if fitting else math.inf
        if behind < _HARDLY_WORSE:
            return fitting[0], Progress.COMPLETE if longest == shortest else Progress.OPEN
        # Probably more is to come; if not, one symbol was swallowed.
        close = behind < _LITTLE_WORSE and best.symbols == shortest - 1
        return (fitting[0], Progress.UNSURE) if close else (best, Progress.INCOMPLETE)

    def _make_loop(self, lexicon: Lexicon | None) -> Loop | None:
        head = self._heads[-1]
        kind = self._expectation.kind
        if kind not in (Kind.DIGITS, Kind.LETTERS):
            return None
        listed = digit_words() if kind is Kind.DIGITS else letter_words()
        words = []
        for word in listed:
            if lexicon is None:
                ways = {tuple(label for part in head.spell(word.text) for label in part)}
            elif word.letter:
                ways = {lexicon.letter(word.letter)}
            else:
                ways = {()}
                for part in (word.said or word.text).split():
                    ways = {way + said for way in ways for said in lexicon.variants(part)}
            penalty = word.penalty - _EACH_WORD
            words += [LoopWord(word.text, way, word.symbols, penalty) for way in sorted(ways)]
        return Loop(words, head.blank)

    def _times(self, index: int, log_probs: Floats) -> tuple[Word, ...]:
        """Return the words of a phrase as said, with the times of their best alignment."""
        spelled = self._spelled[index]
        labels = [label for word in spelled for label in word]
        aligned = align(log_probs, labels, self._heads[-1].blank)
        return self._timed(_spans(self._phrases[index][0].split(), spelled, aligned))

    def _timed(self, spans: WordSpans) -> tuple[Word, ...]:
        """Return words with times. CTC marks a label by a peak: words last on to the next one."""
        starts = [max(0.0, first * self._seconds - _RISE) for _, first, _ in spans]
        ends = [
            min((last + 1) * self._seconds + _FALL, following)
            for (_, _, last), following in zip(spans, [*starts[1:], math.inf], strict=True)
        ]
        return tuple(
            Word(text, round(start, 3), round(max(end, start), 3))
            for (text, _, _), start, end in zip(spans, starts, ends, strict=True)
        )


def _spans(
    words: Sequence[str], spelled: Sequence[tuple[int, ...]], aligned: Sequence[Label]
) -> WordSpans:
    """Return the first and last frame of each word of an alignment; none where there is none."""
    spans, at = [], 0
    for text, labels in zip(words, spelled, strict=True):
        if aligned and labels:
            spans.append((text, aligned[at].first, aligned[at + len(labels) - 1].last))
        at += len(labels)
    return spans


def _biased(log_probs: Floats, blank: int, bias: float) -> Floats:
    biased = log_probs.copy()
    biased[:, blank] -= np.float32(bias)
    return biased


def likely(margin: float) -> float:
    """Return the probability, 0 to 1, that an answer of this margin was said."""
    return 1.0 / (1.0 + math.exp(min(_SLOPE * (_CENTRE - margin), 500.0)))


def _phrases(expectation: Expectation) -> list[tuple[str, str]]:
    """Return (as said, as reported) of what is expected, each way once."""
    said = {phrase: phrase for phrase in expectation.phrases}
    if expectation.kind is Kind.YES_NO:
        said = {phrase: phrase for phrase in YES_NO} | said
    if expectation.kind in (Kind.CHOICE, Kind.FREE):
        said = {f"{phrase} please": phrase for phrase in expectation.phrases} | said
    return list(said.items())
