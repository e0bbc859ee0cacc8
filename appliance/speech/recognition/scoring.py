"""What was said, given what was expected: phrases, loops, grammars, or free text.

    heads ─┬─► best path ──────────► the filler that every answer competes with
           ├─► CTC forward ────────► every phrase, all at once
           ├─► loop (grammar.py) ──► digits, letters
           ├─► grammar (asked.py) ─► numbers, dates, times, amounts
           └─► word graph ─────────► free text

An answer is compared with the filler, the best thing that the network could have said without any
expectation, per label: the margin is 0 for an answer that the network would have given itself and
falls as the answer has to be forced onto the sound. That makes short and long answers comparable,
and gives the threshold below which nothing of what was expected has been said.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from appliance.contracts.expectation import Expectation, Kind
from appliance.contracts.speech import Alternative, Word
from appliance.speech.recognition import asked
from appliance.speech.recognition.answers import digit_words, letter_words, yes_no
from appliance.speech.recognition.ctc import Targets, align, best_path, forward
from appliance.speech.recognition.grammar import Loop, LoopWord, Path, Spoken
from appliance.speech.recognition.margins import Sound, likely
from appliance.speech.turns.endpointing import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from appliance.speech.recognition.ctc import Label
    from appliance.speech.recognition.freetext import Found, FreeText, PathText
    from appliance.speech.recognition.lexicon import Lexicon

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
"""Confidence from which an answer is taken rather than the free text, where the pack's manifest
does not tell for the kind of question ([stt.thresholds])."""
_SHARPNESS: Final = 0.4
"""What the network's logarithms are worth between phrases: its frames are not independent."""
_LEAST: Final = 0.03
"""Least confidence of an alternative that is reported."""
_ALTERNATIVES: Final = 4
_PIECES: Final = 0.6
"""What the pieces' logarithm is worth beside the phones' where letters are read by both heads."""
_PIECES_BIAS: Final = 1.0
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
_PLEASE: Final = {"en": "please", "de": "bitte"}
_PLAIN: Final = 0.9
"""Fit from which a likely sentence was said beyond doubt, …"""
_AHEAD: Final = 1.0
"""… and how much better, per label, the free text must fit below to be taken instead."""
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
    score: float
    """Natural logarithm of its probability."""
    fit: float
    """How likely it is to have been said at all, 0 to 1, by its margin to the filler."""
    share: float
    """Its probability among the phrases, which are taken to be all there is."""


NOTHING: Final = Reading("", 0.0, Progress.NOTHING)


@dataclass(frozen=True, slots=True)
class Tools:
    """What readers have in common: a recogniser's heads, words and habits."""

    heads: tuple[Head, ...]
    """Pieces, then phones where the graph has that head."""
    path: PathText
    """What reads the pieces alone."""
    free: Callable[[Expectation], FreeText]
    """What reads free speech under an expectation."""
    grammar: Callable[[Kind], asked.Asked]
    """The grammar of a kind of question."""
    lexicon: Lexicon | None
    frame_seconds: float
    language: str = "en"
    thresholds: Mapping[str, float] = field(default_factory=dict)
    words: bool = False
    """Whether free text is made of whole words only."""


class Reader:
    """The readings of one expectation; made once, used for every utterance that it covers."""

    def __init__(self, expectation: Expectation, tools: Tools) -> None:
        self._expectation = expectation
        self._heads = heads = tools.heads
        self._seconds = tools.frame_seconds
        self._words, self._path = tools.words, tools.path
        self._listed: frozenset[str] = frozenset()
        self._accepted = tools.thresholds.get(str(expectation.kind), ACCEPTED)
        # Not kept: words of the question make it large. Asked for now, it is at hand when needed.
        self._free_text = tools.free
        self._free_text(expectation)
        self._grammar = tools.grammar(expectation.kind) if expectation.kind in asked.KINDS else None
        phrases = _phrases(expectation, tools.language)
        spelled = [(phrase, heads[-1].spell(phrase[0])) for phrase in phrases]
        # A word that cannot be spelled in the head's labels would be free of charge.
        spelled = [(phrase, words) for phrase, words in spelled if words and all(words)]
        self._phrases = [phrase for phrase, _ in spelled]
        self._spelled = [words for _, words in spelled]
        self._targets = Targets(
            [[label for word in words for label in word] for words in self._spelled]
        )
        self._loop = self._make_loop(tools.lexicon, tools.language)

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
        sound = Sound(posteriors[-1], LOOP_BIAS, blank)
        looped = self._read_loop(posteriors, sound) or self._read_grammar(sound)
        reading = self._choose(posteriors, candidates, looped)
        # An answer that is scored as a whole is as sure in each of its words.
        words = (
            word if word.confidence else replace(word, confidence=reading.confidence)
            for word in reading.words
        )
        return replace(reading, words=tuple(words))

    def _choose(
        self, posteriors: Sequence[Floats], candidates: list[_Candidate], looped: Reading | None
    ) -> Reading:
        """Weigh the phrase, the loop and the free text against each other."""
        best = candidates[0] if candidates else None
        found = self._alternatives(candidates)
        if looped is not None and (best is None or looped.confidence >= best.fit):
            free = NOTHING if looped.confidence >= self._accepted else self._free(posteriors)
            instead = Alternative(looped.text, looped.confidence)
            rivals = (instead, *found, *free.alternatives)[:_ALTERNATIVES]
            return replace(free, alternatives=rivals) if free.text else looped
        if best is not None and found[0].confidence >= self._accepted:
            else_said = self._instead(posteriors, best)
            if else_said is not None:
                rivals = (*found, *else_said.alternatives)[:_ALTERNATIVES]
                return replace(else_said, alternatives=rivals)
            return Reading(
                found[0].text,
                found[0].confidence,
                # Whether all was said does not hang on which of two like sentences it was.
                Progress.COMPLETE if best.fit >= SURE else Progress.OPEN,
                self._times(best.index, posteriors[-1]),
                found[1:],
            )
        free = NOTHING if self._expectation.kind is Kind.CHOICE else self._free(posteriors)
        return replace(free, alternatives=(*found, *free.alternatives)[:_ALTERNATIVES])

    def _instead(self, posteriors: Sequence[Floats], best: _Candidate) -> Reading | None:
        """Return the free text where it fits much better than a sentence that is merely near."""
        if not (self._words and self._expectation.kind is Kind.FREE and best.fit < _PLAIN):
            return None
        free, head = self._free(posteriors), self._heads[-1]
        labels = [label for word in head.spell(free.text) for label in word]
        if free.confidence < SURE or not labels:
            return None
        biased = _biased(posteriors[-1], head.blank, PHRASE_BIAS)
        ahead = float(forward(biased, Targets([labels]), head.blank)[0]) - best.score
        said = max(1, len(best_path(biased, head.blank)))
        return free if ahead / said > _AHEAD else None

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

    def _free(self, posteriors: Sequence[Floats]) -> Reading:
        first, *others = self._free_text(self._expectation).read(posteriors)
        if not first:
            return NOTHING
        words = self._timed([(found.text, found.first, found.last) for found in first])
        # Free text is never sure enough to end a turn at once: nothing says that it is complete.
        confidence = _mean(first)
        return Reading(
            _text(first),
            confidence,
            Progress.OPEN if confidence >= SURE else Progress.UNSURE,
            tuple(
                replace(word, confidence=found.confidence)
                for word, found in zip(words, first, strict=True)
            ),
            tuple(Alternative(_text(other), _mean(other)) for other in others if other),
        )

    def _read_grammar(self, sound: Sound) -> Reading | None:
        """Read the grammar on the last head; None where it says nothing."""
        answer = self._grammar.read(sound.biased) if self._grammar else None
        if answer is None or not answer.words:
            return None
        confidence = sound.confidence(answer.score, answer.words)
        unsure = confidence < self._accepted
        progress = Progress.UNSURE if unsure else answer.progress
        return Reading(answer.text, confidence, progress, self._timed(answer.words))

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
            _Candidate(index, float(scores[index]), likely(float(margins[index])), float(share))
            for index, share in zip(chosen, shares, strict=True)
        ]

    def _read_loop(self, posteriors: Sequence[Floats], sound: Sound) -> Reading | None:
        """Read the loop on the last head; None where it says nothing."""
        loop, expected = self._loop, self._expectation
        if loop is None:
            return None
        longest = min(expected.longest, _LONGEST_LOOP) if expected.longest else None
        paths = loop.decode(sound.biased, longest)
        if not paths or not paths[0].words:
            return None
        chosen, progress = self._fitting(paths)
        if expected.kind is Kind.LETTERS and progress is not Progress.INCOMPLETE:
            chosen = self._by_pieces(posteriors, sound, chosen)
        confidence = _confidence(sound, chosen)
        if progress is Progress.COMPLETE and confidence < self._accepted:
            progress = Progress.UNSURE
        others = [path for path in paths if path.words and path.text != chosen.text]
        return Reading(
            chosen.text,
            confidence,
            progress,
            self._timed([(word.text, word.first, word.last) for word in chosen.words]),
            tuple(
                Alternative(path.text, _confidence(sound, path)) for path in others[:_ALTERNATIVES]
            ),
        )

    def _by_pieces(self, posteriors: Sequence[Floats], sound: Sound, chosen: Path) -> Path:
        """Return the letters as the pieces have them, where both heads together like that better.

        Letters sound alike and are written differently: the head that writes knows them better.
        """
        written = self._path.read(posteriors)[0]
        text = " ".join(word.text for word in written)
        known = all(word.text in self._listed for word in written)
        if len(posteriors) == 1 or not known or len(written) != chosen.symbols:
            return chosen
        head = self._heads[0]
        scores = []
        for log_probs, bias, blank, spell in (
            (posteriors[0], _PIECES_BIAS, head.blank, head.spell),
            (posteriors[-1], LOOP_BIAS, sound.blank, self._heads[-1].spell),
        ):
            spelled = [[label for word in spell(t) for label in word] for t in (text, chosen.text)]
            scores.append(forward(_biased(log_probs, blank, bias), Targets(spelled), blank))
        if _PIECES * (scores[0][0] - scores[0][1]) + scores[1][0] - scores[1][1] <= 0:
            return chosen
        words = tuple(Spoken(word.text, 1, word.first, word.last) for word in written)
        return Path(float(scores[1][0]), words)

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
            # Not complete: a digit too many would end a number that is said in groups too soon.
            return fitting[0], Progress.OPEN
        # Probably more is to come; if not, one symbol was swallowed.
        close = behind < _LITTLE_WORSE and best.symbols == shortest - 1
        return (fitting[0], Progress.UNSURE) if close else (best, Progress.INCOMPLETE)

    def _make_loop(self, lexicon: Lexicon | None, language: str) -> Loop | None:
        head = self._heads[-1]
        kind = self._expectation.kind
        if kind not in (Kind.DIGITS, Kind.LETTERS):
            return None
        listed = digit_words(language) if kind is Kind.DIGITS else letter_words(language)
        self._listed = frozenset(word.text for word in listed if word.symbols == 1)
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

    def _timed(self, spans: Sequence[tuple[str, int, int]]) -> tuple[Word, ...]:
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


def _phrases(expectation: Expectation, language: str) -> list[tuple[str, str]]:
    """Return (as said, as reported) of what is expected, each way once."""
    said = {phrase: phrase for phrase in expectation.phrases}
    if expectation.kind is Kind.YES_NO:
        said = {phrase: phrase for forms in yes_no(language) for phrase in forms} | said
    if expectation.kind in (Kind.CHOICE, Kind.FREE):
        please = _PLEASE.get(language, _PLEASE["en"])
        said = {f"{phrase} {please}": phrase for phrase in expectation.phrases} | said
    return list(said.items())


def _confidence(sound: Sound, path: Path) -> float:
    return sound.confidence(path.score, [(word.text, word.first, word.last) for word in path.words])


def _text(found: Sequence[Found]) -> str:
    return " ".join(word.text for word in found)


def _mean(found: Sequence[Found]) -> float:
    return round(sum(word.confidence for word in found) / len(found), 3)
