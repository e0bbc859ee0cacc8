"""Training on publish: a dialogue's examples become the model that `dialogue` reads.

    examples ─┬─► spoiled copies ─► features ─► weights of all ──────────┐
              └─► by templates: most learn, the rest judge ─► calibration ┴─► int8 rows ─► file

Confidences are calibrated on templates that were kept back, never on those learnt from: what an
author did not think of is what callers will say. Sentences of our own that mean nothing to any
site (`foreign`) teach what belongs to no intent, unless the dialogue takes them for a request.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np

from appliance.dialogue.script import Script
from appliance.dialogue.slots import Slots
from appliance.dialogue.understanding import foreign
from appliance.dialogue.understanding.classify import Classifier, content
from appliance.dialogue.understanding.entities import Entities
from appliance.dialogue.understanding.examples import Example, of_script
from appliance.dialogue.understanding.features import features
from appliance.dialogue.understanding.linear import NONE, Calibration, write
from appliance.speech.understanding.solver import Floats, Ints, rows, signs, solve
from appliance.speech.understanding.spoiling import Spoiler

SECONDS: Final = 30.0
"""Longest training, of one core: what else the box does must not make a model worse."""
_SOME_DAY: Final = datetime(2026, 1, 5, 10)  # noqa: DTZ001 - a wall time
"""When foreign sentences are read: any day does, only tags are looked at."""
_PASSES: Final = 8
_COST: Final = 1.0
_SPOILED: Final = 0.5
"""Cost of a mistake about a sentence, and of one about its spoiled copy, against it."""
_MOST_ROWS: Final = 60_000
"""Features that are kept: those that tell most."""
_MANY: Final = 3000
"""Sentences from which a feature must be seen twice, and one part in five is enough to judge."""
_NEAREST: Final = 1500
"""Sentences up to which the nearest example helps; beyond it takes too long on a call."""
_CLAIMED: Final = 0.6
"""Likeness to an example from which a sentence of ours is the dialogue's, not a foreign one."""
_JUDGED: Final = 900
"""Kept-back sentences that are calibrated on."""
_PRIOR: Final = Calibration(0.25, 0.5, 0.0, 0.8)
_SPREAD: Final = Calibration(0.1, 0.3, 0.3, 0.5)
"""What is expected of a calibration, and how far it may be off: few sentences change it little."""
_PRIOR_WEIGHT: Final = 1.0
_FOREIGN_SHARE: Final = 0.2
"""Weight of what belongs to no intent when calibrating: as many callers as that."""


@dataclass(frozen=True, slots=True)
class _Set:
    """Sentences with their classes; a row each."""

    words: list[list[str]]
    classes: Ints
    groups: list[int]
    costs: Floats

    def part(self, chosen: Sequence[int]) -> _Set:
        return _Set(
            [self.words[at] for at in chosen],
            self.classes[chosen],
            [self.groups[at] for at in chosen],
            self.costs[chosen],
        )


@dataclass(frozen=True, slots=True)
class _Weights:
    """What a training yields."""

    columns: Mapping[int, int]
    inverse: Floats
    weights: Floats

    def margins(self, sentences: Sequence[Sequence[str]]) -> Floats:
        counted = [features(words) for words in sentences]
        return rows(counted, self.columns, self.inverse).margins(self.weights)


def train(script: Script, *, seconds: float = SECONDS) -> bytes:
    """Return the trained understanding of a dialogue; takes at most about `seconds`."""
    strange = _tagged(script, foreign.sentences(script.language))
    return fit(of_script(script), language=script.language, seconds=seconds, strange=strange)


def _tagged(script: Script, sentences: Sequence[str]) -> list[str]:
    """Return sentences as they are read on a call: a number in one makes no meter reading of it."""
    entities = Entities(script, Slots(script))
    ways = (entities.taggings(text, _SOME_DAY)[0].words for text in sentences)
    tagged = {" ".join(words) for words in ways}
    return [*sentences, *sorted(tagged.difference(sentences))]


def fit(
    examples: Mapping[str, Sequence[Example]],
    *,
    language: str = "en",
    seconds: float = SECONDS,
    strange: Sequence[str] | None = None,
) -> bytes:
    """Return the model of labelled sentences; "" is what belongs to none of the classes.

    `strange`: sentences that belong to none unless a class claims them; None: `foreign`.
    """
    until = time.thread_time() + seconds
    names = [*(name for name in examples if name != NONE), NONE]
    known = _gather(names, examples, language)
    if strange is None:
        strange = foreign.sentences(language)
    unclaimed = _unclaimed(known, names, [content(text, language) for text in strange], until)
    whole = _joined(known, unclaimed)
    calibration = _calibrate(names, whole, until)
    found = _learn(whole, len(names), until)
    return _file(names, calibration, found)


def _gather(names: Sequence[str], examples: Mapping[str, Sequence[Example]], language: str) -> _Set:
    words: list[list[str]] = []
    classes: list[int] = []
    groups: list[int] = []
    costs: list[float] = []
    for at, name in enumerate(names):
        for example in examples.get(name, ()):
            said = content(example.text, language)
            if said:
                words.append(said)
                classes.append(at)
                groups.append(example.group)
                costs.append(_COST * example.weight)
    return _Set(words, np.array(classes, np.int64), groups, np.array(costs, np.float32))


def _unclaimed(known: _Set, names: Sequence[str], every: list[list[str]], until: float) -> _Set:
    """Return those of foreign sentences that no intent of the dialogue claims."""
    claimed = np.zeros(len(every), bool)
    nobody = np.zeros(len(every), np.int64)
    strange = _Set(every, nobody, nobody.tolist(), nobody.astype(np.float32))
    if len(names) > 2:
        found = _learn(known, len(names), until, passes=3, spoil=False)
        margins = found.margins(every)[:, :-1].max(axis=1)
        if len(known.words) <= _NEAREST:
            likeness = _likeness(names, known, strange)[:, :-1].max(axis=1)
            claimed = (likeness > _CLAIMED) | ((margins > 0.2) & (likeness > _CLAIMED - 0.2))
        else:
            claimed = margins > 0.0
    kept = [said for said, taken in zip(every, claimed, strict=True) if said and not taken]
    first = max(known.groups, default=0) + 1
    return _Set(
        kept,
        np.full(len(kept), len(names) - 1, np.int64),
        list(range(first, first + len(kept))),
        np.full(len(kept), _COST, np.float32),
    )


def _joined(first: _Set, second: _Set) -> _Set:
    return _Set(
        first.words + second.words,
        np.concatenate((first.classes, second.classes)),
        first.groups + second.groups,
        np.concatenate((first.costs, second.costs)),
    )


def _learn(
    known: _Set, count: int, until: float, *, passes: int = _PASSES, spoil: bool = True
) -> _Weights:
    words, classes, costs = known.words, known.classes, known.costs
    if spoil:
        spoiler = Spoiler(known.words)
        words = words + [spoiler.spoil(said) for said in words]
        classes = np.concatenate((classes, classes))
        costs = np.concatenate((costs, costs * np.float32(_SPOILED)))
    counted = [features(said) for said in words]
    seen: Counter[int] = Counter(key for counts in counted for key in counts)
    least = 2 if len(known.words) > _MANY else 1
    kept = [key for key, times in seen.items() if times >= least]
    columns = {key: at for at, key in enumerate(kept)}
    inverse = np.array(
        [math.log((1 + len(counted)) / (1 + seen[key])) + 1.0 for key in kept], np.float32
    )
    weights = solve(
        rows(counted, columns, inverse),
        signs(classes, count),
        costs,
        width=len(kept),
        passes=passes,
        until=until,
    )
    return _Weights(columns, inverse, weights)


def _calibrate(names: Sequence[str], whole: _Set, until: float) -> Calibration:
    """Fit how margins become confidences, on templates that were not learnt from."""
    folds = 5 if len(whole.words) > _MANY else 3
    rounds = 1 if folds == 5 else folds
    margins: list[Floats] = []
    nearest: list[Floats] = []
    classes: list[Ints] = []
    near = len(whole.words) <= _NEAREST
    for turn in range(rounds):
        learnt = [at for at, group in enumerate(whole.groups) if group % folds != turn]
        judged = [at for at, group in enumerate(whole.groups) if group % folds == turn]
        judged = judged[:: max(1, len(judged) * rounds // _JUDGED)] if near else judged
        if not learnt or not judged:
            continue
        held = whole.part(judged)
        mine = whole.part(learnt)
        found = _learn(mine, len(names), until, passes=5)
        margins.append(found.margins(held.words))
        classes.append(held.classes)
        nearest.append(_likeness(names, mine, held) if near else np.zeros_like(margins[-1]))
    if not margins:
        return Calibration()
    return _fit_calibration(
        np.concatenate(margins),
        np.concatenate(nearest),
        np.concatenate(classes),
        templates=len(
            {
                group
                for group, of in zip(whole.groups, whole.classes, strict=True)
                if of != len(names) - 1
            }
        ),
        near=near,
    )


def _likeness(names: Sequence[str], mine: _Set, held: _Set) -> Floats:
    examples: dict[str, list[str]] = {name: [] for name in names}
    for words, at in zip(mine.words, mine.classes, strict=True):
        examples[names[at]].append(" ".join(words))
    classifier = Classifier(examples)
    found = np.zeros((len(held.words), len(names)), np.float32)
    for at, words in enumerate(held.words):
        for name, likeness in classifier.scores(" ".join(words)).items():
            found[at, names.index(name)] = likeness
    return found


def _fit_calibration(
    margins: Floats, nearest: Floats, classes: Ints, *, templates: int, near: bool
) -> Calibration:
    """Minimise the loss of the confidences by a search along each parameter in turn.

    `templates`: that were judged with; the fewer they are, the more what is usual counts.
    """
    none = margins.shape[1] - 1
    strange = classes == none
    share = _FOREIGN_SHARE if strange.any() and not strange.all() else 0.0
    costs = np.where(
        strange,
        share / max(1, int(strange.sum())),
        (1.0 - share) / max(1, int((~strange).sum())),
    )

    def loss(by: Calibration) -> float:
        levels = margins.astype(np.float64) + by.near_slope * nearest
        levels[:, none] = by.none_slope * margins[:, none] + by.none_offset
        levels /= by.temperature
        levels -= levels.max(axis=1, keepdims=True)
        own = levels[np.arange(len(classes)), classes]
        unusual = sum(
            ((getattr(by, name) - getattr(_PRIOR, name)) / getattr(_SPREAD, name)) ** 2
            for name in steps
        )
        missed = float(costs @ (np.log(np.exp(levels).sum(axis=1)) - own))
        return missed + _PRIOR_WEIGHT * float(unusual) / max(1, templates)

    steps = {"temperature": 0.1, "none_slope": 0.2, "none_offset": 0.2}
    if near:
        steps["near_slope"] = 0.4
    best = _PRIOR if near else replace(_PRIOR, near_slope=0.0)
    least = loss(best)
    for _ in range(60):
        for name, step in list(steps.items()):
            better = False
            for change in (step, -step):
                value = getattr(best, name) + change
                floor = 0.02 if name == "temperature" else -2.0 if name == "none_offset" else 0.0
                tried = replace(best, **{name: max(floor, value)})
                cost = loss(tried)
                if cost < least - 1e-7:
                    best, least, better = tried, cost, True
                    break
            steps[name] = step * (1.3 if better else 0.6)
    return best


def _file(names: Sequence[str], calibration: Calibration, found: _Weights) -> bytes:
    keys = np.array(list(found.columns), np.int64)
    telling = np.abs(found.weights).max(axis=1) * found.inverse
    kept = np.sort(np.argsort(-telling, kind="stable")[:_MOST_ROWS])
    weights = found.weights[kept]
    scales = np.maximum(np.abs(weights).max(axis=1), 1e-9) / np.float32(127)
    whole = np.rint(weights / scales[:, None]).astype(np.int16) + 128
    return write(
        names,
        calibration,
        keys[kept].tolist(),
        found.inverse[kept].tolist(),
        scales.tolist(),
        whole.astype(np.uint8).tobytes(),
    )
