"""What a caller meant: requests, slot values, yes and no, out of what the recogniser offers.

Heard -> readings (text, weight) -> emergency?
                                 -> destination and day out of the sentence -> classifier
                                 -> merged over the readings -> Request
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from appliance.dialogue import templates
from appliance.dialogue.events import Heard
from appliance.dialogue.script import Script, Slot, SlotKind
from appliance.dialogue.slots import answers, digits
from appliance.dialogue.slots.places import Finder
from appliance.dialogue.text import normalise
from appliance.dialogue.understanding.classify import Classifier, best, merge

_READINGS: Final = 4
"""Readings of one utterance that are looked at."""
_JOINTS: Final = frozenset({"and", "but", "then", "also", "because"})
_PART: Final = 0.95
"""Confidence in a part of a sentence, against the whole."""
_DEAF: Final = 0.55
"""Confidence in a known sentence that the recogniser was not at all sure of."""
_PLACED: Final = 0.85
"""Likeness of a misheard destination from which it is nearly sure."""
_UNPLACED: Final = 0.85
"""Confidence in a sentence without the destination that it seems to name."""
_NAMED: Final = 0.55
"""Least confidence in the likeliest intent where a destination was clearly named: worth asking."""
_ARTICLES: Final = frozenset({"the", "a", "an", "your"})
_NOT: Final = frozenset({"not", "no", "isn't", "non", "never"})
_NONE: Final = ""
"""The class of what belongs to no intent."""
_TAGS: Final = {SlotKind.DESTINATION: "{destination}", SlotKind.DAY: "{day}"}


@dataclass(frozen=True, slots=True)
class Request:
    """What a caller wants, most likely."""

    intent: str = ""
    """Empty: none of the intents."""
    confidence: float = 0.0
    slots: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    """A slot's value as understood; empty: not there."""

    text: str = ""
    confidence: float = 0.0


class Understanding:
    """Trained when made (well under a second for a few thousand examples); immutable."""

    def __init__(self, script: Script) -> None:
        """Learn the script's intents and destinations."""
        self._script = script
        self._finder = Finder(script.destinations.values())
        examples: dict[str, list[str]] = {_NONE: list(script.out_of_scope)}
        self._slot_of: dict[tuple[str, SlotKind], str] = {}
        for intent in script.intents.values():
            examples[intent.name] = []
            for template in intent.examples:
                for hole in templates.holes(template):
                    self._slot_of[intent.name, script.slots[hole].kind] = hole
                examples[intent.name] += [
                    self._tagged(sentence) for sentence in templates.expand(template)
                ]
        self._classifier = Classifier(examples)

    def _tagged(self, sentence: str) -> str:
        words: list[str] = []
        for part in sentence.split():
            hole = templates.HOLE.fullmatch(part)
            if hole:
                words.append(_TAGS.get(self._script.slots[hole[1]].kind, ""))
            else:
                words.append(normalise(part))
        return " ".join(_joined([word for word in words if word]))

    def emergency(self, heard: Heard) -> bool:
        """Return whether any likely reading holds an emergency phrase that is not denied."""
        likely = heard.confidence / 2
        texts = [heard.text, *(text for text, sure in heard.alternatives if sure >= likely)]
        return any(self._urgent(normalise(text).split()) for text in texts)

    def _urgent(self, words: list[str]) -> bool:
        for phrase in self._script.emergency.phrases:
            wanted = phrase.split()
            for at in range(len(words) - len(wanted) + 1):
                if words[at : at + len(wanted)] == wanted and not _NOT & {
                    *words[at - min(at, 3) : at]
                }:
                    return True
        return False

    def request(self, heard: Heard) -> Request:
        """Return what the caller most likely wants, over all readings of the utterance."""
        found: list[tuple[dict[str, float], float]] = []
        slots: defaultdict[tuple[str, SlotKind], defaultdict[str, float]]
        slots = defaultdict(lambda: defaultdict(float))
        for text, weight in _readings(heard):
            intents, values = self._read(text.split())
            found.append((intents, weight))
            for name, confidence in intents.items():
                for kind, value in values[name]:
                    slots[name, kind][value] += weight * confidence
        merged = merge(found)
        name, confidence = best(merged)
        if name == _NONE:
            return Request("", confidence)
        known = {
            self._slot_of[name, kind]: best(values)[0]
            for (intent, kind), values in slots.items()
            if intent == name and (name, kind) in self._slot_of
        }
        return Request(name, confidence * _trust(heard), tuple(sorted(known.items())))

    def _read(
        self, words: list[str]
    ) -> tuple[dict[str, float], dict[str, tuple[tuple[SlotKind, str], ...]]]:
        """Return confidences and slot values by intent, of the sentence and of its parts."""
        intents: dict[str, float] = {}
        values: dict[str, tuple[tuple[SlotKind, str], ...]] = {}
        for part, trust in _parts(words):
            for tagged, slots, sure in self._taggings(part):
                classes = self._classifier.classify(" ".join(tagged))
                likeliest = best(classes)[0] if sure >= 1.0 and _names_place(slots) else _NONE
                for name, confidence in classes.items():
                    least = _NAMED if name == likeliest != _NONE else 0.0
                    score = max(least, confidence * trust * sure)
                    if score > intents.get(name, 0.0):
                        intents[name], values[name] = score, slots
        return intents, values

    def _taggings(
        self, words: list[str]
    ) -> list[tuple[list[str], tuple[tuple[SlotKind, str], ...], float]]:
        """Return the words with destination and day replaced by tags; unsure ones both ways."""
        slots: list[tuple[SlotKind, str]] = []
        day = answers.day(words)
        if day is not None:
            value, first, end = day
            words = [*words[:first], _TAGS[SlotKind.DAY], *words[end:]]
            slots.append((SlotKind.DAY, value))
        place = self._finder.find(words)
        if place is None:
            return [(words, tuple(slots), 1.0)]
        plain = (words, tuple(slots), _UNPLACED if place.confidence >= _PLACED else 1.0)
        tagged = _joined([*words[: place.first], _TAGS[SlotKind.DESTINATION], *words[place.end :]])
        slots.append((SlotKind.DESTINATION, place.id))
        with_place = (tagged, tuple(slots), min(1.0, place.confidence + 1.0 - _PLACED))
        return [with_place] if place.confidence >= 1.0 else [with_place, plain]

    def everywhere(self, heard: Heard) -> Request:
        """Return the command (an intent understood at any question) that was said, if any."""
        request = self.request(heard)
        intent = self._script.intents.get(request.intent)
        return request if intent is not None and intent.everywhere else Request()

    def value(self, slot: Slot, heard: Heard) -> Value:
        """Return the value of a slot that the caller was asked for."""
        if slot.kind is SlotKind.TEXT:
            text = " ".join(heard.text.split())
            return Value(text, 1.0 if text else 0.0)
        readers: dict[SlotKind, Callable[[str], tuple[str, float]]] = {
            SlotKind.DESTINATION: self._place,
            SlotKind.DIGITS: lambda text: _digits(text, slot),
            SlotKind.YES_NO: answers.yes_no,
            SlotKind.DAY: _day,
        }
        read = readers[slot.kind]
        total: defaultdict[str, float] = defaultdict(float)
        mass = 0.0
        for text, weight in _readings(heard):
            value, confidence = read(text)
            mass += weight
            if value:
                total[value] += weight * confidence
        value, score = best(total)
        return Value(value, score / mass * _trust(heard)) if mass > 0 and value else Value()

    def yes_no(self, heard: Heard) -> Value:
        """Return "yes", "no" or nothing."""
        return self.value(Slot("", SlotKind.YES_NO), heard)

    def _place(self, text: str) -> tuple[str, float]:
        found = self._finder.find(text.split())
        return (found.id, found.confidence) if found else ("", 0.0)


def _joined(words: list[str]) -> list[str]:
    """Return tagged words without the article that belongs to a destination's name."""
    place = _TAGS[SlotKind.DESTINATION]
    return [
        word
        for at, word in enumerate(words)
        if word not in _ARTICLES or words[at + 1 : at + 2] != [place]
    ]


def _names_place(slots: tuple[tuple[SlotKind, str], ...]) -> bool:
    return any(kind is SlotKind.DESTINATION for kind, _ in slots)


def _digits(text: str, slot: Slot) -> tuple[str, float]:
    said = digits.parse(text)
    if not said:
        return "", 0.0
    return said, 1.0 if slot.fits(said) else 0.3


def _day(text: str) -> tuple[str, float]:
    found = answers.day(text.split())
    return (found[0], 1.0) if found else ("", 0.0)


def _readings(heard: Heard) -> list[tuple[str, float]]:
    """Return the distinct readings and their weights, the recogniser's choice first.

    A recogniser rates each reading by how well it fits the sound, and a rival that differs by one
    word fits nearly as well: what the first choice leaves over is shared among the others.
    """
    first = normalise(heard.text)
    top = min(1.0, max(0.05, heard.confidence)) if first else 0.0
    others: dict[str, float] = {}
    for text, confidence in heard.alternatives:
        plain = normalise(text)
        if plain and plain != first and plain not in others and len(others) < _READINGS - 1:
            others[plain] = min(1.0, max(0.05, confidence))
    share = (1.0 - top) / max(1.0, sum(others.values()))
    weights = [(first, top)] if first else []
    return weights + [(text, weight * share) for text, weight in others.items()]


def _trust(heard: Heard) -> float:
    sure = max([heard.confidence, *(confidence for _, confidence in heard.alternatives)])
    return _DEAF + (1.0 - _DEAF) * min(1.0, max(0.0, sure))


def _parts(words: list[str]) -> list[tuple[list[str], float]]:
    """Return a sentence and, where it joins several, each of them: the strongest will be taken."""
    parts: list[list[str]] = [[]]
    for word in words:
        if word in _JOINTS:
            parts.append([])
        else:
            parts[-1].append(word)
    several = [part for part in parts if len(part) > 1]
    whole = [(words, 1.0)]
    return whole if len(parts) == 1 else [*whole, *((part, _PART) for part in several[:4])]
