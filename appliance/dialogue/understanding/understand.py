"""What a caller wants, out of what the recogniser offers: emergency, requests, an agenda.

Heard -> readings (text, weight) -> emergency?
                                 -> triage: intents by reading -> merged, and with the encoder's
                                 -> values told with each of the likeliest
                                 -> several requests in one breath -> agenda
"""

from __future__ import annotations

import functools
import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from appliance.dialogue.events import Heard
from appliance.dialogue.script import Script
from appliance.dialogue.understanding.agenda import divide
from appliance.dialogue.understanding.classify import best, merge
from appliance.dialogue.understanding.emergency import Emergencies
from appliance.dialogue.understanding.entities import Entities, Finder
from appliance.dialogue.understanding.linear import NONE
from appliance.dialogue.understanding.manners import manners
from appliance.dialogue.understanding.readings import readings, trust
from appliance.dialogue.understanding.requests import Found, Request
from appliance.dialogue.understanding.triage import Triage

__all__ = ["Found", "Request", "Understanding"]

_CANDIDATES: Final = 4
_LEAST: Final = 0.05
"""Confidence below which a request is no candidate."""
_MOSTLY: Final = 0.6
_CLEAR: Final = 0.9
"""Weight of the first reading and confidence in it from which its rivals cannot change it."""
_CARRIED: Final = 0.6
"""Confidence, that of the recogniser included, from which several requests are taken."""
_UNSEEN: Final = 1e-3
"""Confidence of an intent that one of the two classifiers does not name."""


class Understanding:
    """Made once per script (well under a second for a few thousand examples); immutable."""

    def __init__(self, script: Script, slots: Finder, model: bytes = b"") -> None:
        """Learn the script's intents; `model`: what training made of it, b"" where nobody has."""
        self._script = script
        self._manners = manners(script.language)
        self._entities = Entities(script, slots)
        self._emergencies = Emergencies(script.emergency.phrases, self._manners)
        self._triage = Triage(script, self._entities, self._manners, model)

    @property
    def trained(self) -> bool:
        """Whether a trained model of this script is in use."""
        return self._triage.trained

    def emergency(self, heard: Heard) -> bool:
        """Return whether any likely reading holds an emergency phrase that is not denied."""
        return self._emergencies.heard(heard)

    def triage(self, heard: Heard, now: datetime) -> Found:
        """Return what the caller may want, over all readings of the utterance."""
        texts = readings(heard)
        part = functools.cache(lambda text: self._triage.part(text, now))
        sure = trust(heard)
        merged = self._merged(texts, part)
        if heard.intents:
            merged = _mixed(merged, dict(heard.intents))
        ranked = sorted(merged.items(), key=lambda item: (-item[1], item[0]))
        candidates = tuple(
            Request(
                name, confidence if name == NONE else confidence * sure,
                self._values(name, texts, now) if name != NONE else (),
            )
            for name, confidence in ranked[:_CANDIDATES]
            if confidence >= _LEAST
        )  # fmt: skip
        if not texts:
            return Found(candidates)
        several = divide(texts[0][0].split(), self._manners, part)
        requests = tuple(
            Request(name, confidence * sure, self._values(name, [(text, 1.0)], now))
            for name, text, confidence in several
        )
        if not requests or min(request.confidence for request in requests) < _CARRIED:
            return Found(candidates)
        others = tuple(one for one in candidates if one.intent != requests[0].intent)
        return Found((requests[0], *others), requests[1:])

    def _merged(
        self, texts: list[tuple[str, float]], part: Callable[[str], Mapping[str, float]]
    ) -> dict[str, float]:
        """Return confidences over all readings; rivals are not asked where they cannot win."""
        found: list[tuple[Mapping[str, float], float]] = []
        for text, weight in texts:
            found.append((self._triage.confidences(text, part), weight))
            if weight >= _MOSTLY and best(found[0][0])[1] >= _CLEAR:
                break
        return merge(found)

    def everywhere(self, heard: Heard, now: datetime) -> Request:
        """Return the intent that was said of those understood at any question, if any."""
        request = self.triage(heard, now).best
        intent = self._script.intents.get(request.intent)
        return request if intent is not None and intent.everywhere else Request()

    def _values(
        self, intent: str, texts: list[tuple[str, float]], now: datetime
    ) -> tuple[tuple[str, str], ...]:
        """Return what was told that the intent knows, each slot's likeliest value."""
        found: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
        for text, weight in texts:
            for slot, value, confidence in self._entities.values(intent, text, now):
                found[slot][value] += weight * confidence
        return tuple(sorted((slot, best(values)[0]) for slot, values in found.items()))


def _mixed(ours: Mapping[str, float], theirs: Mapping[str, float]) -> dict[str, float]:
    """Return the geometric mean of two classifiers' confidences, made to add up to one again.

    The encoder's are sharpened where they were learnt, so that both count the same here.
    """
    names = {*ours, *theirs}
    shares = {
        name: math.sqrt(max(_UNSEEN, ours.get(name, 0.0)) * max(_UNSEEN, theirs.get(name, 0.0)))
        for name in names
    }
    total = sum(shares.values())
    return {name: share / total for name, share in shares.items()}
