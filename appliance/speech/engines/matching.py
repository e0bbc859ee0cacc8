"""A reading from a recogniser that gives text: what was meant, given what was asked.

    words ─┬─► likeness to every phrase (similarity) ─┐
           ├─► digits, letters (spoken) ──────────────┼─► Reading: text, confidence, progress
           └─► plausible number, date, time, amount ──┘

The counterpart of `scoring`, which reads probabilities: an answer from `SURE` on ends the turn at
once with either, so that turn-taking does not depend on which engine hears.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from appliance.contracts.expectation import Kind
from appliance.contracts.speech import Alternative, Word
from appliance.speech.engines.similarity import Phrases
from appliance.speech.engines.spoken import Judge, Speller
from appliance.speech.engines.vocabulary import vocabulary
from appliance.speech.recognition.answers import yes_no
from appliance.speech.recognition.scoring import NOTHING, SURE, Reading
from appliance.speech.turns.endpointing import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.contracts.expectation import Expectation
    from appliance.speech.engines.hypothesis import Hypothesis
    from appliance.speech.engines.spoken import Said
    from appliance.system.packs.manifest import Pack

ACCEPTED: Final = 0.45
"""Confidence from which an answer is taken where the pack names no threshold.

Measured with the starter recogniser's free text on 8 of the 30 words of `speech_commands` (people):
from 0.35 to 0.45 the words understood stay at 94 %, other words taken for one fall from 17 to 3 %.
"""
_CENTRE: Final = 0.6
"""Likeness that a phrase is as likely meant as not at …"""
_SHORT: Final = 0.1
"""… and how much higher it lies for phrases of up to three letters, which are soon found."""
_SLOPE: Final = 12.0
_SHARPNESS: Final = 14.0
"""How much a likeness is worth between phrases."""
_UNTOLD: Final = 0.9
"""Confidence in words of a model that does not tell how sure it is."""
_FREELY: Final = 0.9
"""Likeness from which a likely sentence is taken for what was said freely; one word is a lot."""
_STRANGE: Final = 0.5
"""What a word that does not belong to digits or letters counts against them."""
_NEITHER: Final = ""
"""The group of what is no answer at all."""
_LEAST: Final = 0.03
_ALTERNATIVES: Final = 4


@dataclass(frozen=True, slots=True)
class _Answer:
    """One answer that was listed."""

    text: str
    confidence: float
    likeness: float


class Matcher:
    """The readings of one expectation; made once, used for every utterance that it covers."""

    def __init__(
        self,
        expectation: Expectation,
        language: str,
        thresholds: Mapping[str, float] | None = None,
    ) -> None:
        """Lay out an expectation; `thresholds`: kind → confidence from which an answer counts."""
        self._expectation = expectation
        self._accepted = (thresholds or {}).get(expectation.kind.value, ACCEPTED)
        self._carriers = vocabulary(language).carriers
        self._reported, self._groups = _answers(expectation, language)
        self._phrases = Phrases(self._reported, language)
        self._centres = np.array(
            [_CENTRE + (_SHORT if len(phrase) <= 3 else 0.0) for phrase in self._reported]
        )
        self._speller = Speller(language)
        self._judge = Judge(language)

    def read(self, heard: Hypothesis) -> Reading:
        """Return what was meant."""
        kind = self._expectation.kind
        if not heard.words or kind is Kind.NOTHING:
            return NOTHING
        sure = heard.confidence if heard.confidence is not None else _UNTOLD
        free = self._free(heard, sure)
        if kind in (Kind.DIGITS, Kind.LETTERS):
            return self._spelled(heard, sure, free)
        ranked = self._ranked(heard, sure)
        if not ranked:
            return free
        best = ranked[0]
        told = tuple(Alternative(one.text, one.confidence) for one in ranked)
        like = best.likeness >= _FREELY or kind is not Kind.FREE
        if like and best.confidence >= self._accepted:
            # Whether all was said does not hang on which of two like sentences it was.
            progress = self._finished(best)
            return Reading(best.text, best.confidence, progress, heard.words, told[1:])
        nothing = NOTHING if kind is Kind.CHOICE else free
        return replace(nothing, alternatives=told[:_ALTERNATIVES])

    def _free(self, heard: Hypothesis, sure: float) -> Reading:
        """Return the words as they are; never sure enough to end a turn at once."""
        words = [word.text for word in heard.words]
        progress = self._judge.progress(self._expectation.kind, words)
        if progress in (Progress.COMPLETE, Progress.OPEN) and sure < SURE:
            progress = Progress.UNSURE
        return Reading(heard.text, round(sure, 3), progress, heard.words)

    def _ranked(self, heard: Hypothesis, sure: float) -> list[_Answer]:
        """Return the distinct answers with their confidences, best first."""
        if not self._reported:
            return []
        words = [word.text for word in heard.words]
        bare = [word for word in words if word not in self._carriers]
        likeness = self._phrases.likeness(" ".join(words))
        if bare and len(bare) < len(words):
            likeness = np.maximum(likeness, self._phrases.likeness(" ".join(bare)))
        # Ways of saying the same thing do not compete with each other.
        found: dict[str, int] = {}
        for at in np.argsort(-likeness).tolist():
            found.setdefault(self._groups[at], at)
        if next(iter(found)) == _NEITHER:
            return []
        found.pop(_NEITHER, None)
        top = max(float(likeness[at]) for at in found.values())
        shares = [math.exp(_SHARPNESS * (float(likeness[at]) - top)) for at in found.values()]
        whole = sum(shares)
        ranked = []
        for at, share in zip(found.values(), shares, strict=True):
            fit = 1.0 / (1.0 + math.exp(_SLOPE * float(self._centres[at] - likeness[at])))
            # How well it fits, less where others fit as well, less where the words are doubtful.
            confidence = fit * (1.0 + share / whole) / 2 * (1.0 + sure) / 2
            ranked.append(_Answer(self._reported[at], round(confidence, 3), float(likeness[at])))
        ranked.sort(key=lambda one: -one.confidence)
        some = ranked[: _ALTERNATIVES + 1]
        return [one for at, one in enumerate(some) if at == 0 or one.confidence >= _LEAST]

    def _finished(self, best: _Answer) -> Progress:
        """Return whether more may come: another answer that begins with this one."""
        longer = any(other.startswith(f"{best.text} ") for other in self._expectation.phrases)
        return Progress.COMPLETE if best.confidence >= SURE and not longer else Progress.OPEN

    def _spelled(self, heard: Hypothesis, sure: float, free: Reading) -> Reading:
        words = [word.text for word in heard.words]
        if self._expectation.kind is Kind.DIGITS:
            said = self._speller.digits(words)
        else:
            said = self._speller.letters(words, heard.written)
        if not said.symbols:
            return replace(free, progress=Progress.UNSURE)
        confidence = _symbol_confidence(said, heard, sure)
        text = " ".join(symbol.text for symbol in said.symbols)
        if confidence < self._accepted:
            doubtful = (Alternative(text, round(confidence, 3)),)
            return replace(free, progress=Progress.UNSURE, alternatives=doubtful)
        timed = tuple(
            Word(symbol.text, word.start, word.end, word.confidence)
            for symbol in said.symbols
            for word in (heard.words[symbol.word],)
        )
        return Reading(text, round(confidence, 3), self._length(len(said.symbols)), timed)

    def _length(self, count: int) -> Progress:
        shortest, longest = self._expectation.shortest, self._expectation.longest
        if longest and count > longest:
            return Progress.UNSURE
        if count < shortest:
            return Progress.INCOMPLETE
        return Progress.COMPLETE if longest and count == longest else Progress.OPEN


class Matchers:
    """The matchers of a pack; a few dozen expectations are kept laid out."""

    def __init__(self, pack: Pack) -> None:
        self._language = pack.language.split("-")[0]
        self._thresholds = pack.stt.thresholds if pack.stt else {}
        self._of = functools.lru_cache(maxsize=64)(self._make)

    def __call__(self, expectation: Expectation) -> Matcher:
        """Return the matcher of an expectation."""
        return self._of(expectation)

    def _make(self, expectation: Expectation) -> Matcher:
        return Matcher(expectation, self._language, self._thresholds)


def _symbol_confidence(said: Said, heard: Hypothesis, sure: float) -> float:
    """Return how sure digits or letters are: each as its word, strange words against them."""
    told = heard.confidence is not None
    each = [
        symbol.sure * (heard.words[symbol.word].confidence if told else sure)
        for symbol in said.symbols
    ]
    return sum(each) / (len(each) + _STRANGE * said.strange)


def _answers(expectation: Expectation, language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the phrases to choose among, and for each the group that it does not compete with."""
    groups = {phrase: phrase for phrase in expectation.phrases}
    if expectation.kind is Kind.YES_NO:
        yes, no = yes_no(language)
        neither = dict.fromkeys(vocabulary(language).neither, _NEITHER)
        groups = neither | dict.fromkeys(yes, "yes") | dict.fromkeys(no, "no") | groups
    return tuple(groups), tuple(groups.values())
