"""Reads every kind of slot out of what was heard, and says it again: the door to this package.

heard (n-best) ─► words ─► reader of the kind ─► readings ─► the likeliest that can be taken
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from appliance.contracts.expectation import Expectation
from appliance.dialogue.events import Heard
from appliance.dialogue.script import Entry, Script, Slot, SlotKind
from appliance.dialogue.slots import (
    addresses,
    amounts,
    answers,
    dates,
    digits,
    expecting,
    mishearing,
    names,
    numbers,
    phones,
    postcodes,
    repairs,
    speaking,
    spelling,
    times,
    typed,
)
from appliance.dialogue.slots.choices import Choices
from appliance.dialogue.slots.entries import Entries
from appliance.dialogue.slots.places import Finder
from appliance.dialogue.slots.reading import NONE, Context, Reader, Reading
from appliance.dialogue.text import normalise
from appliance.dialogue.values import Json

_READERS: Final[Mapping[SlotKind, Reader]] = {
    SlotKind.DIGITS: digits.read,
    SlotKind.NUMBER: numbers.read,
    SlotKind.AMOUNT: amounts.read,
    SlotKind.DATE: dates.read,
    SlotKind.TIME: times.read,
    SlotKind.PHONE: phones.read,
    SlotKind.NAME: names.read,
    SlotKind.SPELLED: spelling.read,
    SlotKind.POSTCODE: postcodes.read,
}
_REPAIRED: Final = frozenset({
    SlotKind.DIGITS, SlotKind.NUMBER, SlotKind.AMOUNT, SlotKind.DATE, SlotKind.TIME, SlotKind.PHONE,
    SlotKind.SPELLED, SlotKind.POSTCODE, SlotKind.ENTRY, SlotKind.CHOICE, SlotKind.DESTINATION,
})  # fmt: skip
"""Kinds in which callers correct themselves while they speak."""
_COUNTED: Final = frozenset({SlotKind.NUMBER, SlotKind.AMOUNT, SlotKind.DATE, SlotKind.TIME})
"""Kinds in which words are taken for numbers that they sound like."""
_RESTORED: Final = 0.9
"""What is left of the confidence for each such word."""
_NEVER_FOUND: Final = frozenset({SlotKind.TEXT, SlotKind.YES_NO})
_ORDER: Final = (
    SlotKind.DATE, SlotKind.TIME, SlotKind.AMOUNT, SlotKind.ADDRESS, SlotKind.POSTCODE,
    SlotKind.ENTRY, SlotKind.DESTINATION, SlotKind.CHOICE, SlotKind.DAY, SlotKind.PHONE,
    SlotKind.DIGITS, SlotKind.SPELLED, SlotKind.NUMBER, SlotKind.NAME,
)  # fmt: skip
"""Of equally sure readings of the same words, the kind that says more."""
_AGREED: Final = 0.25
"""What it counts for a value that another reading of the utterance has it too."""
_LEAST_FOUND: Final = 0.5
_LEAST_WEIGHT: Final = 0.05


class Slots:
    """What a script's callers may tell; immutable."""

    def __init__(
        self, script: Script, lists: Mapping[str, tuple[Entry, ...]] | None = None
    ) -> None:
        """Index the script's destinations, choices and lists; `lists` come from connectors."""
        self._script = script
        self._language = script.language
        self._places = Finder(script.destinations.values(), script.language)
        self._choices = {
            slot.name: Choices(slot.choices) for slot in script.slots.values() if slot.choices
        }
        self._given = dict(lists or {})
        rows = {name: list_.entries for name, list_ in script.lists.items()} | self._given
        # People are named by parts of their names too, streets are not.
        self._lists = {
            (slot.list, slot.kind is SlotKind.ENTRY): Entries(
                rows[slot.list], parts=slot.kind is SlotKind.ENTRY
            )
            for slot in script.slots.values()
            if slot.kind in {SlotKind.ENTRY, SlotKind.ADDRESS} and slot.list in rows
        }

    def with_lists(self, lists: Mapping[str, tuple[Entry, ...]]) -> Slots:
        """Return the same with lists that come from connectors."""
        return Slots(self._script, {**self._given, **lists})

    def _context(
        self, now: datetime, values: Mapping[str, Json] = NONE, *, asked: bool = True
    ) -> Context:
        script = self._script
        return Context(
            now, script.language, script.country, script.currency, script.hours, values, asked
        )

    def _rows(self, slot: Slot) -> Entries | None:
        return self._lists.get((slot.list, slot.kind is SlotKind.ENTRY))

    def read(
        self, slot: Slot, heard: Heard, now: datetime, values: Mapping[str, Json] = NONE
    ) -> Reading:
        """Return the answer to a question for a slot.

        Of all readings of the recogniser and all that they may mean, the likeliest that can be
        taken; where none can, the likeliest, with its problem.
        """
        return next(iter(self.readings(slot, heard, now, values)), Reading())

    def readings(
        self, slot: Slot, heard: Heard, now: datetime, values: Mapping[str, Json] = NONE
    ) -> tuple[Reading, ...]:
        """Return all that the answer may mean, each value once, the best first."""
        context = self._context(now, values)
        best: dict[str, Reading] = {}
        support: defaultdict[str, float] = defaultdict(float)
        for text, weight, words in _texts(heard):
            here: dict[str, float] = {}
            for found in self._candidates(slot, text.split(), context, heard.text):
                sure = min(1.0, found.confidence * (_of_words(found, words) if words else weight))
                known = best.get(found.value)
                if known is None or (not found.problem, sure) > (
                    not known.problem, known.confidence,
                ):  # fmt: skip
                    best[found.value] = replace(found, confidence=sure)
                here[found.value] = max(sure, here.get(found.value, 0.0))
            for value, sure in here.items():
                support[value] += sure

        def rank(reading: Reading) -> tuple[bool, float]:
            others = support[reading.value] - reading.confidence
            return not reading.problem, reading.confidence + _AGREED * others

        return tuple(sorted(filter(lambda r: r.value, best.values()), key=rank, reverse=True))

    def _candidates(
        self, slot: Slot, said: Sequence[str], context: Context, raw: str = ""
    ) -> Iterator[Reading]:
        if not said:
            return
        parts = repairs.split(said, context.language) if slot.kind in _REPAIRED else []
        if len(parts) > 1:
            repaired = self._repaired(slot, parts, context)
            if repaired is not None:
                yield repaired
                return
        if slot.kind in _COUNTED:
            other, changed = mishearing.restored(said, context.language)
            if changed:
                sure = _RESTORED**changed
                for reading in self._plain(slot, other, context, raw):
                    yield replace(reading, confidence=reading.confidence * sure)
                for reading in self._plain(slot, said, context, raw):
                    yield replace(reading, confidence=reading.confidence * sure * _RESTORED)
                return
        yield from self._plain(slot, said, context, raw)

    def _repaired(
        self, slot: Slot, parts: Sequence[Sequence[str]], context: Context
    ) -> Reading | None:
        """Read an utterance in which the caller corrects themselves: the correction counts."""
        value, found = "", None
        for part in parts:
            now_said = self._best(slot, part, context)
            if not value:
                value, found = now_said.value, now_said if now_said.value else None
                continue
            changed = repairs.amend(
                slot, value, ["no" if not context.german else "nein", *part], context,
                lambda words: self._best(slot, words, context),
            )  # fmt: skip
            if changed is not None and changed.value:
                value, found = changed.value, changed
        if found is None or found.problem:
            return None
        size = sum(len(part) for part in parts) + len(parts) - 1
        return replace(found, confidence=found.confidence * 0.9, first=0, end=size)

    def _best(self, slot: Slot, said: Sequence[str], context: Context) -> Reading:
        return max(
            self._plain(slot, said, context),
            key=lambda r: (not r.problem, r.confidence),
            default=Reading(),
        )

    def _plain(
        self, slot: Slot, said: Sequence[str], context: Context, raw: str = ""
    ) -> Iterable[Reading]:
        kind, size = slot.kind, len(said)
        reader = _READERS.get(kind)
        if reader is not None:
            return reader(said, slot, context)
        if kind is SlotKind.CHOICE:
            choices = self._choices.get(slot.name)
            return choices.read(said, slot, context) if choices else ()
        if kind in {SlotKind.ENTRY, SlotKind.ADDRESS}:
            entries = self._rows(slot)
            if entries is None:
                return ()
            if kind is SlotKind.ENTRY:
                return entries.read(said, asked=context.asked)
            return addresses.read(said, entries, context)
        if kind is SlotKind.DESTINATION:
            place = self._places.find(list(said))
            return (
                [Reading(place.id, place.confidence, "", place.first, place.end)] if place else ()
            )
        if kind is SlotKind.DAY:
            day = answers.day(said, self._language)
            return [Reading(day[0], 1.0, "", day[1], day[2])] if day else ()
        if kind is SlotKind.YES_NO:
            value, sure = answers.yes_no(" ".join(said), self._language)
            return [Reading(value, sure, "", 0, size)] if value else ()
        return [Reading(raw.strip() or " ".join(said), 1.0, "", 0, size)]

    def find(
        self, slots: Iterable[Slot], text: str, now: datetime
    ) -> tuple[tuple[Slot, Reading], ...]:
        """Return what a free, normalised sentence tells, without overlaps, the best first.

        Only what can be recognised without having been asked for; each slot once, each word once.
        """
        said = text.split()
        context = self._context(now, asked=False)
        found = [
            (slot, reading)
            for slot in slots
            if slot.kind not in _NEVER_FOUND
            for reading in self._plain(slot, said, context)
            if not reading.problem and reading.confidence >= _LEAST_FOUND
        ]
        found.sort(key=lambda one: _found_rank(*one))
        taken: set[int] = set()
        given: set[str] = set()
        chosen: list[tuple[Slot, Reading]] = []
        for slot, reading in found:
            span = set(range(reading.first, reading.end))
            if slot.name in given or span & taken:
                continue
            taken |= span
            given.add(slot.name)
            chosen.append((slot, reading))
        return tuple(chosen)

    def amend(
        self,
        slot: Slot,
        before: str,
        heard: Heard,
        now: datetime,
        values: Mapping[str, Json] = NONE,
    ) -> Reading | None:
        """Return the value that a correction makes of `before`; None: nothing of the kind was said.

        "No, 4455", "the last one is a six", "I said 55, not 56", "mit ü"; and what completes a
        value that was too short.
        """
        context = self._context(now, values)
        best: Reading | None = None
        for text, weight, _ in _texts(heard):
            found = repairs.amend(
                slot, before, text.split(), context,
                lambda words: self._best(slot, words, context),
            )  # fmt: skip
            if found is None or not found.value:
                continue
            found = replace(found, confidence=found.confidence * weight)
            if best is None or (not found.problem, found.confidence) > (
                not best.problem, best.confidence,
            ):  # fmt: skip
                best = found
        return best

    def typed(
        self, slot: Slot, keys: str, now: datetime, values: Mapping[str, Json] = NONE
    ) -> Reading:
        """Return what keys mean: digits, DDMM or DDMMYYYY, HHMM, `12*50`, the key of a choice."""
        keys = keys.rstrip("#")
        if slot.kind is SlotKind.CHOICE and slot.name in self._choices:
            value = self._choices[slot.name].by_key(keys)
            return Reading(value, 1.0) if value else Reading()
        if slot.kind is SlotKind.DESTINATION:
            for place in self._script.destinations.values():
                if place.listed and keys and keys in {place.number, place.key}:
                    return Reading(place.id, 1.0)
            return Reading()
        if slot.kind is SlotKind.ENTRY:
            return self._entry_typed(slot, keys)
        return typed.read(slot, keys, self._context(now, values))

    def _entry_typed(self, slot: Slot, keys: str) -> Reading:
        """Return the row whose telephone number (or id) was typed."""
        list_, entries = self._script.lists.get(slot.list), self._rows(slot)
        if entries is None or not keys:
            return Reading()
        column = list_.number if list_ else ""
        row = entries.with_field(column, keys) if column else ""
        row = row or (keys if entries.columns(keys) else "")
        return Reading(row, 1.0) if row else Reading()

    def types(self, slot: Slot) -> bool:
        """Whether a slot can be typed digit by digit, until "#", a pause or its full length."""
        if slot.kind is SlotKind.POSTCODE:
            return (slot.country or self._script.country).upper() not in postcodes.LETTERED
        return slot.kind in typed.TYPED

    def longest(self, slot: Slot, now: datetime) -> int:
        """Return after how many keys a typed value is complete; 0: only "#" or a pause tells."""
        return typed.longest(slot, self._context(now))

    def spoken(self, slot: Slot | None, value: str) -> str:
        """Return a value as it is said in a sentence, in the script's language."""
        if slot is None or not value:
            return value
        name = self._name(slot, value)
        return name or speaking.spoken(slot, value, self._language, self._script.currency)

    def read_back(self, slot: Slot, value: str) -> str:
        """Return a value for confirming: "four four, five five"; else as `spoken`."""
        if not value:
            return value
        name = self._name(slot, value)
        return name or speaking.read_back(slot, value, self._language, self._script.currency)

    def _name(self, slot: Slot, value: str) -> str:
        if slot.kind is SlotKind.CHOICE and slot.name in self._choices:
            return self._choices[slot.name].name(value)
        entries = self._rows(slot) if slot.kind is SlotKind.ENTRY else None
        if entries is not None:
            return entries.name(value)
        if slot.kind is SlotKind.DESTINATION and value in self._script.destinations:
            return self._script.destinations[value].name
        return ""

    def columns(self, slot: Slot, value: str) -> Mapping[str, Json] | None:
        """Return the row that an ENTRY's value names, with `id` and `name`; None for none."""
        entries = self._rows(slot) if slot.kind is SlotKind.ENTRY else None
        return entries.columns(value) if entries else None

    def expectation(self, slot: Slot, commands: tuple[str, ...] = ()) -> Expectation:
        """Return what the recogniser is told to expect where a slot is asked for."""
        said: tuple[str, ...] = ()
        if slot.kind is SlotKind.CHOICE and slot.name in self._choices:
            said = self._choices[slot.name].names()
        elif slot.kind in {SlotKind.ENTRY, SlotKind.ADDRESS} and (entries := self._rows(slot)):
            said = entries.names()
        elif slot.kind is SlotKind.DESTINATION:
            listed = [p for p in self._script.destinations.values() if p.listed]
            names_of = [p.name for p in listed] + [s for p in listed for s in p.synonyms]
            said = tuple(dict.fromkeys(map(normalise, names_of)))
        country = (slot.country or self._script.country).upper()
        return expecting.expectation(slot, said, commands, self._language, country)


def _texts(heard: Heard) -> Iterator[tuple[str, float, list[float]]]:
    """Yield every reading of an utterance, normalised, with its confidence and its words'."""
    known: set[str] = set()
    text = normalise(heard.text)
    if text:
        known.add(text)
        words = [sure for word, sure in heard.words for _ in normalise(word).split()]
        matching = len(words) == len(text.split()) and any(words)
        yield text, max(heard.confidence, _LEAST_WEIGHT), words if matching else []
    for other, sure in heard.alternatives:
        text = normalise(other)
        if text and text not in known:
            known.add(text)
            yield text, max(min(sure, 1.0), _LEAST_WEIGHT), []


def _of_words(found: Reading, words: list[float]) -> float:
    """Return how sure the words are that a value was read from."""
    span = words[found.first : found.end] or words
    return max(sum(span) / len(span), _LEAST_WEIGHT)


def _found_rank(slot: Slot, reading: Reading) -> tuple[float, int, int]:
    size = reading.end - reading.first
    # A longer stretch explains more: "the first of december at three" is no number 3.
    return -round(reading.confidence, 1) - 0.05 * size, _ORDER.index(slot.kind), reading.first
