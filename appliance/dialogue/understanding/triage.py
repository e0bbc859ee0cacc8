"""Which requests a sentence may be: two classifiers, several ways to read it, one confidence each.

reading (text, weight) ─► whole, parts ─► taggings ─► nearest example ┬─► confidences
                                                 └──► trained model ──┘   by intent
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from appliance.dialogue.script import Script
from appliance.dialogue.understanding.classify import Classifier, best, confidences, content
from appliance.dialogue.understanding.entities import Entities, Tagging
from appliance.dialogue.understanding.examples import expanded
from appliance.dialogue.understanding.linear import NONE, Linear, LinearError
from appliance.dialogue.understanding.manners import Manners

_PART: Final = 0.95
"""Confidence in a part of a sentence, against the whole."""
_NAMED: Final = 0.55
"""Least confidence in the likeliest intent where somebody was clearly named: worth asking."""
_MOST_PARTS: Final = 4
_NEAREST: Final = 6000
"""Expanded examples up to which the nearest one is looked for in a dialogue that was trained."""


class Triage:
    """Knows a script's intents by their examples; immutable."""

    def __init__(
        self, script: Script, entities: Entities, manners: Manners, model: bytes = b""
    ) -> None:
        """Learn the examples; `model`: what `train` made of them.

        A model of another version, or of other intents, is left aside: `trained` tells.
        """
        examples: dict[str, list[str]] = {
            NONE: [text for line in script.out_of_scope for text in expanded(script, line)]
        }
        for intent in script.intents.values():
            examples[intent.name] = [
                text for template in intent.examples for text in expanded(script, template)
            ]
        self._entities = entities
        self._manners = manners
        self._language = script.language
        self._linear = _read(model, frozenset(script.intents))
        size = sum(map(len, examples.values()))
        self._near = (
            Classifier(examples, script.language)
            if self._linear is None or size <= _NEAREST
            else None
        )

    @property
    def trained(self) -> bool:
        """Whether a model is in use."""
        return self._linear is not None

    def confidences(
        self, text: str, part: Callable[[str], Mapping[str, float]]
    ) -> dict[str, float]:
        """Return each intent's confidence for a normalised text, "" is that of none of them.

        An intent is as likely as in the part of the sentence where it is likeliest; none of them
        is meant where no part means one. `part`: this one's, remembered for an utterance.
        """
        found: dict[str, float] = {}
        none: list[float] = []
        for words, trust in self._parts(text.split()):
            classes = part(" ".join(words))
            none.append(classes.get(NONE, 0.0))
            for name, confidence in classes.items():
                if name != NONE:
                    found[name] = max(found.get(name, 0.0), confidence * trust)
        found[NONE] = min(none, default=1.0)
        return found

    def part(self, text: str, now: datetime) -> dict[str, float]:
        """Return the confidences for a text that is one request at most."""
        found: dict[str, float] = {}
        none: list[float] = []
        ways = self._entities.taggings(text, now)
        for way in ways:
            classes = self._classify(way)
            if classes.get(NONE) == 1.0 and not any(other.named for other in ways):
                # What the author has written down as no request is none.
                return {NONE: 1.0}
            none.append(1.0 - way.sure * (1.0 - classes.get(NONE, 0.0)))
            wanted = {name: sure for name, sure in classes.items() if name != NONE}
            likeliest, most = best(wanted)
            named = way.named and way.sure >= 1.0 and most >= none[-1]
            for name, confidence in wanted.items():
                least = _NAMED if named and name == likeliest else 0.0
                found[name] = max(found.get(name, 0.0), least, confidence * way.sure)
        found[NONE] = min(none, default=1.0)
        return found

    def _classify(self, way: Tagging) -> Mapping[str, float]:
        likeness = self._near.scores(" ".join(way.words)) if self._near is not None else {}
        if self._linear is None:
            return confidences(likeness)
        if max(likeness.values(), default=0.0) >= 1.0:
            return likeness
        said = content(" ".join(way.words), self._language)
        return self._linear.classify(said, likeness)

    def _parts(self, words: Sequence[str]) -> list[tuple[Sequence[str], float]]:
        """Return a sentence and, where it joins several, each of them: the strongest is taken."""
        parts = split(words, self._manners)
        whole: tuple[Sequence[str], float] = (words, 1.0)
        if len(parts) == 1:
            return [whole]
        several = [part for part in parts if len(part) > 1]
        return [whole, *((part, _PART) for part in several[:_MOST_PARTS])]


def split(words: Sequence[str], manners: Manners) -> list[list[str]]:
    """Return the parts of a sentence between its joints, without the joints."""
    parts: list[list[str]] = [[]]
    for word in words:
        if word in manners.joints:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def _read(model: bytes, intents: frozenset[str]) -> Linear | None:
    if not model:
        return None
    try:
        linear = Linear.parse(model)
    except LinearError:
        return None
    return linear if frozenset(linear.classes) - {NONE} == intents else None
