"""What a sentence holds besides words: places, days, numbers, names; replaced by tags.

    "move my appointment to next tuesday"  ->  "move my appointment to {day}"

What a caller calls something says nothing about what is wanted of it: a classifier that sees the
tag understands every name, those of next year too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from appliance.dialogue import templates
from appliance.dialogue.script import Script, Slot, SlotKind
from appliance.dialogue.slots.entries import TITLES
from appliance.dialogue.slots.reading import Reading
from appliance.dialogue.text import normalise

PLACE: Final = "{destination}"
_TAGS: Final = {
    SlotKind.DESTINATION: PLACE,
    SlotKind.DAY: "{day}",
    SlotKind.DATE: "{day}",
    SlotKind.TIME: "{time}",
    SlotKind.AMOUNT: "{amount}",
    SlotKind.NUMBER: "{number}",
    SlotKind.DIGITS: "{number}",
    SlotKind.PHONE: "{number}",
    SlotKind.POSTCODE: "{postcode}",
    SlotKind.ADDRESS: "{address}",
}
"""Kinds that can be found in a sentence; numbers by any name are alike."""
_NAMING: Final = frozenset({SlotKind.DESTINATION, SlotKind.ENTRY})
_ARTICLES: Final = frozenset({"the", "a", "an", "your", "der", "die", "das", "den", "dem", "ihre"})
_PLACED: Final = 0.85
"""Likeness of a misheard name from which it is nearly sure."""
_UNPLACED: Final = 0.85
"""Confidence in a sentence without the name that it seems to hold."""
_STRANGE: Final = 0.55
"""Likeness of a misheard name of a list up to which it is none."""
_LISTED: Final = 0.95
"""How sure it is that somebody was named where every word is a name of the list."""
_KNOWN: Final = 0.6
"""Confidence in a value from which it need not be asked for."""
_MOST_CHOICES: Final = 4
"""Answers to a closed question that each template is tried with."""


_SAID: Final = {
    "{day}": ("today", "next tuesday", "on friday", "tomorrow", "the third of may"),
    "{time}": ("at three", "half past nine", "in the afternoon"),
    "{amount}": ("twenty pounds", "twelve fifty"),
    "{number}": ("four four five five", "one two three four five six", "double seven oh two"),
    "{postcode}": ("a b one two c d",),
    "{address}": ("mill lane twelve", "church street four"),
}
_SAID_DE: Final = {
    "{day}": ("heute", "nächsten dienstag", "am freitag", "morgen", "am dritten mai"),
    "{time}": ("um drei", "halb zehn", "am nachmittag"),
    "{amount}": ("zwanzig euro", "zwölf euro fünfzig"),
    "{number}": ("vier vier fünf fünf", "eins zwei drei vier fünf sechs", "zwo null sieben"),
    "{postcode}": ("eins null eins eins sieben",),
    "{address}": ("mühlweg zwölf", "kirchstraße vier"),
}
"""What callers may say for what a tag stands for, to show an encoder."""


class Finder(Protocol):
    """Finds values in a sentence (`slots.Slots`)."""

    def find(
        self, slots: Iterable[Slot], text: str, now: datetime
    ) -> Sequence[tuple[Slot, Reading]]:
        """Return what is found, without overlap, the best first."""


@dataclass(frozen=True, slots=True)
class Tagging:
    """A way to read a sentence."""

    words: tuple[str, ...]
    sure: float = 1.0
    """Within 0 to 1."""
    tags: frozenset[str] = frozenset()
    """Those that were put in."""
    named: bool = False
    """Whether somebody or some place was named beyond doubt."""


def tag(slot: Slot) -> str:
    """Return what stands for a slot's value; "" where it cannot be found in a sentence."""
    if slot.kind is SlotKind.ENTRY:
        return f"{{list_{slot.list}}}"
    return _TAGS.get(slot.kind, "")


class Entities:
    """Finds what the examples of a script's intents hold; immutable."""

    def __init__(self, script: Script, finder: Finder) -> None:
        self._finder = finder
        self._of = {
            name: tuple(
                script.slots[hole]
                for hole in dict.fromkeys(
                    hole for template in intent.examples for hole in templates.holes(template)
                )
                if hole in script.slots and not script.slots[hole].secret
            )
            for name, intent in script.intents.items()
        }
        every = {slot.name: slot for slots in self._of.values() for slot in slots if tag(slot)}
        self._listed = {
            name: TITLES.union(
                *(phrase.split() for entry in listed.entries for phrase in entry.phrases),
                *(normalise(entry.name).split() for entry in listed.entries),
            )
            for name, listed in script.lists.items()
        }
        # One slot of each tag is enough to see where its values stand.
        alike = {(tag(slot), slot.kind): slot for slot in every.values()}.values()
        self._plain = tuple(slot for slot in alike if slot.kind not in _NAMING)
        self._naming = tuple(slot for slot in alike if slot.kind in _NAMING)

    def taggings(self, text: str, now: datetime) -> list[Tagging]:
        """Return the ways to read a normalised text: with tags, and without unsure ones.

        A name may be a person's and a department's: each list is a way of its own.
        """
        words = text.split()
        plain = [pair for pair in self._finder.find(self._plain, text, now) if _somewhere(pair[1])]
        ways: list[Tagging] = []
        bare = _tagging(words, plain)
        for slot in self._naming:
            named = [pair for pair in self._finder.find((slot,), text, now) if _somewhere(pair[1])]
            if not named:
                continue
            sure = min(self._sure(slot, reading, words) for _, reading in named)
            apart = [pair for pair in plain if not _overlaps(pair[1], named)]
            ways.append(_tagging(words, [*apart, *named], sure))
            if apart:
                ways.append(_tagging(words, named, sure))
        if not any(way.named for way in ways):
            doubt = _UNPLACED if any(way.sure >= 1.0 for way in ways) else 1.0
            ways.append(replace(bare, sure=doubt))
            if plain:
                # "one" is a number, and it is a word.
                ways.append(Tagging(tuple(words), doubt))
        return ways

    def _sure(self, slot: Slot, reading: Reading, words: Sequence[str]) -> float:
        """Return how sure it is that a name was said here, whosever it is."""
        if slot.kind is not SlotKind.ENTRY:
            return min(1.0, reading.confidence + 1.0 - _PLACED)
        if self._listed[slot.list].issuperset(words[reading.first : reading.end]):
            return max(_LISTED, reading.confidence)
        # Among hundreds of names there is one that any word is a little like.
        return min(1.0, max(0.0, (reading.confidence - _STRANGE) / (_PLACED - _STRANGE)))

    def values(self, intent: str, text: str, now: datetime) -> tuple[tuple[str, str, float], ...]:
        """Return (slot, value, confidence) of what a normalised text tells that an intent knows.

        What may be somebody else's name is left out: then the caller is asked.
        """
        slots = self._of.get(intent, ())
        return tuple(
            (slot.name, reading.value, reading.confidence)
            for slot, reading in (self._finder.find(slots, text, now) if slots else ())
            if reading.value and not reading.problem and reading.confidence >= _KNOWN
        )

    def knows(self, intent: str, tags: frozenset[str]) -> bool:
        """Return whether an intent's examples hold one of these tags."""
        return any(tag(slot) in tags for slot in self._of.get(intent, ()))


def _somewhere(reading: Reading) -> bool:
    return reading.end > reading.first


def _overlaps(reading: Reading, named: Sequence[tuple[Slot, Reading]]) -> bool:
    return any(reading.first < name.end and name.first < reading.end for _, name in named)


def _certain(reading: Reading) -> bool:
    return reading.confidence >= 0.999


def _tagging(
    words: Sequence[str], found: Sequence[tuple[Slot, Reading]], sure: float = 1.0
) -> Tagging:
    told: list[str] = list(words)
    for slot, reading in sorted(found, key=lambda pair: -pair[1].first):
        told[reading.first : reading.end] = [tag(slot)]
    return Tagging(
        tuple(joined(told)),
        sure,
        frozenset(tag(slot) for slot, _ in found),
        any(slot.kind in _NAMING and _certain(reading) for slot, reading in found),
    )


def tagged(script: Script, sentence: str) -> list[str]:
    """Return what one expanded sentence of a template is learnt as, normalised.

    A closed question's answers are words that tell what is wanted: each of them is written out.
    """
    ways: list[list[str]] = [[]]
    for at, part in enumerate(templates.HOLE.split(sentence)):
        slot = script.slots.get(part) if at % 2 else None
        if at % 2 == 0:
            options = [normalise(part)]
        elif slot is None:
            options = [""]
        elif slot.kind is SlotKind.CHOICE:
            options = [normalise(choice.name) for choice in slot.choices[:_MOST_CHOICES]] or [""]
        else:
            options = [tag(slot)]
        ways = [[*way, *option.split()] for way in ways for option in options][: _MOST_CHOICES**2]
    return [" ".join(joined(way)) for way in ways]


def joined(words: Sequence[str]) -> list[str]:
    """Return tagged words without the article that belongs to a name."""
    return [
        word
        for at, word in enumerate(words)
        if word not in _ARTICLES or not _names("".join(words[at + 1 : at + 2]))
    ]


def _names(word: str) -> bool:
    return word == PLACE or word.startswith("{list_")


def spoken(script: Script, text: str, turn: int) -> str:
    """Return a tagged text as a caller may say it; `turn` chooses among what may be said."""
    words: list[str] = []
    for word in text.split():
        known = _sayings(script, word) if word[0] == "{" else ()
        words.append(known[turn % len(known)] if known else word)
    return " ".join(words)


def _sayings(script: Script, word: str) -> Sequence[str]:
    if word == PLACE:
        listed = [place for place in script.destinations.values() if place.listed]
        return [normalise(name) for place in listed for name in (place.name, *place.synonyms)]
    rows = script.lists.get(word.removeprefix("{list_").removesuffix("}"))
    if rows is not None and rows.entries:
        return [normalise(entry.name) for entry in rows.entries]
    said = _SAID_DE if script.language.startswith("de") else _SAID
    return said.get(word, ("",))
