"""What a language model wants done is done only where the author has declared it.

    tool calls ─► declared intent? slots that its examples have? values the caller told? ─► Choice

Whatever the model was talked into: it names one of the declared requests and values of their slots,
asks for a person, or nothing comes of it. Levels, conditions, confirmations and connectors stay
with the engine, which sees a choice of the model as it sees a guess of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Final, Protocol

from appliance.dialogue.events import Heard, ToolCall
from appliance.dialogue.model import figures, tools
from appliance.dialogue.model.documents import Documents
from appliance.dialogue.model.grounds import Answering, Grounds
from appliance.dialogue.script import Intent, Script, Slot, SlotKind
from appliance.dialogue.text import normalise
from appliance.dialogue.understanding.understand import Request
from appliance.dialogue.values import Json

SURE: Final = 0.75
"""Confidence of a request that the model is sure of: it is begun."""
UNSURE: Final = 0.5
"""Confidence of one that it is not, or whose values the caller did not name: it is asked about."""
_LEAST: Final = 0.45
"""Confidence from which a slot's own reader is believed."""
_MOST: Final = 3
"""Requests that are taken from one utterance."""
_LONGEST: Final = 200
"""Characters of a value."""
_FIGURES: Final = frozenset({
    SlotKind.DIGITS, SlotKind.PHONE, SlotKind.NUMBER, SlotKind.AMOUNT, SlotKind.SPELLED,
    SlotKind.POSTCODE,
})  # fmt: skip
"""Kinds whose figures must be the caller's own."""
_LITERAL: Final = _FIGURES | {SlotKind.TEXT, SlotKind.NAME, SlotKind.ADDRESS}
"""Kinds that nobody may conclude: only what the caller said is a value of them."""


class Verdict(StrEnum):
    """What is left of what the model wanted."""

    REQUESTS = "requests"
    """The caller wants the first of `requests`, and then the others."""
    UNSURE = "unsure"
    """It is one of `requests`: the caller has to be asked which."""
    FILLED = "filled"
    """The slot has `value`."""
    PERSON = "person"
    """The caller wants a person."""
    NONE = "none"
    """It is none of what is offered, or the value was not told."""
    INVALID = "invalid"
    """Nothing that may be done: as if the model had not been asked."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A validated choice of the model's."""

    verdict: Verdict
    requests: tuple[Request, ...] = ()
    value: str = ""
    """Canonical, as the slot's own reader has it."""
    sure: bool = False
    """FILLED: whether the caller said so in these words; else it has to be confirmed."""


class _Origin(Enum):
    """Where a value comes from."""

    SAID = "said"
    """The caller said it in one piece."""
    PICKED = "picked"
    """They said its words, with others between them."""
    CONCLUDED = "concluded"
    """They did not; the model has made it of what they said, or of nothing."""


class Read(Protocol):
    """What a reader has found; `slots.Reading` is one."""

    @property
    def value(self) -> str:
        """Canonical; empty: nothing."""

    @property
    def confidence(self) -> float:
        """Within 0 to 1."""

    @property
    def problem(self) -> str:
        """Why it is no value of the slot; empty: it is one."""


class Reads(Protocol):
    """What reads a slot's value out of words; `slots.Slots` does."""

    def read(
        self, slot: Slot, heard: Heard, now: datetime, values: Mapping[str, Json] = ...
    ) -> Read:
        """Return the value that an utterance has for a slot."""


class Judge:
    """Knows what one script declares; immutable."""

    def __init__(self, script: Script, slots: Reads, documents: Documents) -> None:
        """`documents`: the same that the prompts were made with."""
        self._script = script
        self._slots = slots
        self._grounds = Grounds(script, documents)
        self._told = {intent.name: tools.told(script, intent) for intent in script.intents.values()}

    def clause(self, answering: Answering, text: str) -> tuple[Answering, str]:
        """Return what follows from a further clause, and what may be spoken of it now ("")."""
        return self._grounds.clause(answering, text)

    def question(self, answering: Answering) -> str:
        """Return the short question that the model asked instead of choosing, or ""."""
        return self._grounds.question(answering)

    def triage(
        self,
        calls: Sequence[ToolCall],
        heard: Heard,
        now: datetime,
        values: Mapping[str, Json] | None = None,
    ) -> Choice:
        """Return what may be done of what the model wants after an utterance.

        `values`: slots and variables so far, for ranges that are reckoned from them.
        """
        found: list[Request] = []
        for call in calls:
            if call.name == tools.PERSON:
                return Choice(Verdict.PERSON)
            if call.name == tools.NONE and not found:
                return Choice(Verdict.NONE)
            if call.name == tools.BETWEEN and self._script.model.triage:
                return self._between(call)
            if call.name == tools.CHOOSE:
                found += self._requests([call.arguments], heard, now, values or {})
            elif call.name == tools.SEVERAL:
                found += self._requests(
                    _list(call.arguments.get("requests")), heard, now, values or {}
                )
        different = {request.intent: request for request in reversed(found)}
        requests = tuple(r for r in found if different.pop(r.intent, None) is not None)
        return Choice(Verdict.REQUESTS, requests[:_MOST]) if requests else Choice(Verdict.INVALID)

    def fill(
        self,
        slot: Slot,
        calls: Sequence[ToolCall],
        heard: Heard,
        now: datetime,
        values: Mapping[str, Json] | None = None,
    ) -> Choice:
        """Return the value that the model has read out of an answer, if it may be taken."""
        for call in calls:
            if call.name == tools.PERSON:
                return Choice(Verdict.PERSON)
            if call.name == tools.NOT_TOLD:
                return Choice(Verdict.NONE)
            if call.name == tools.FILL and tools.may_fill(self._script, slot):
                value, literal = self._value(
                    slot, call.arguments.get("value"), heard, now, values or {}
                )
                if value:
                    return Choice(Verdict.FILLED, value=value, sure=literal)
        return Choice(Verdict.INVALID)

    def _between(self, call: ToolCall) -> Choice:
        named = [str(name) for name in _list(call.arguments.get("requests"))]
        known = tuple(dict.fromkeys(name for name in named if name in self._script.intents))
        if len(known) == 1:
            return Choice(Verdict.REQUESTS, (Request(known[0], UNSURE),))
        requests = tuple(Request(name, UNSURE) for name in known[:2])
        return Choice(Verdict.UNSURE, requests) if requests else Choice(Verdict.INVALID)

    def _requests(
        self,
        wanted: Sequence[Json],
        heard: Heard,
        now: datetime,
        values: Mapping[str, Json],
    ) -> list[Request]:
        """Return the declared ones of the requests that a call names."""
        found: list[Request] = []
        for one in wanted if self._script.model.triage else ():
            name = one.get("request") if isinstance(one, Mapping) else None
            intent = self._script.intents.get(name) if isinstance(name, str) else None
            if intent is None or not isinstance(one, Mapping):
                continue
            slots, literal = self._known(intent, one.get("values"), heard, now, values)
            sure = literal and one.get("sure") is not False
            found.append(Request(intent.name, SURE if sure else UNSURE, slots))
        return found

    def _known(
        self,
        intent: Intent,
        told: Json,
        heard: Heard,
        now: datetime,
        values: Mapping[str, Json],
    ) -> tuple[tuple[tuple[str, str], ...], bool]:
        """Return the values of a request's own slots, and whether the caller named each of them."""
        found: dict[str, str] = {}
        sure = True
        for name, text in told.items() if isinstance(told, Mapping) else ():
            slot = self._told[intent.name].get(str(name))
            if slot is None:
                continue
            value, literal = self._value(slot, text, heard, now, values)
            if value:
                found[slot.name] = value
                sure = sure and literal
        return tuple(sorted(found.items())), sure

    def _value(
        self, slot: Slot, told: Json, heard: Heard, now: datetime, values: Mapping[str, Json]
    ) -> tuple[str, bool]:
        """Return the canonical value of what the model has read, and whether the caller said it."""
        if isinstance(told, bool) or not isinstance(told, str | int | float):
            return "", False
        text = " ".join(str(told).split())
        if not text or len(text) > _LONGEST:
            return "", False
        origin = self._origin(slot, text, heard)
        if slot.kind in _LITERAL and origin is _Origin.CONCLUDED:
            return "", False
        value = _named(self._script, slot, text)
        if not value:
            read = self._slots.read(slot, Heard(text), now, values)
            if not read.value or read.problem or read.confidence < _LEAST:
                return "", False
            value = read.value
        return value, origin is _Origin.SAID

    def _origin(self, slot: Slot, text: str, heard: Heard) -> _Origin:
        """Return how a text goes back to the caller's own words, in any reading of them."""
        language = self._script.language
        said = normalise(text).split()
        found = _Origin.CONCLUDED
        for reading in (heard.text, *(other for other, _ in heard.alternatives)):
            words = normalise(reading).split()
            if said and f" {' '.join(said)} " in f" {' '.join(words)} ":
                return _Origin.SAID
            if slot.kind in _FIGURES:
                told = figures.digits(text, language) - {""}
                if told & figures.wholes(reading, language):
                    return _Origin.SAID
                if any(f in whole for f in told for whole in figures.digits(reading, language)):
                    found = _Origin.PICKED
                if said and _within(said, words):
                    found = _Origin.PICKED
        return found


def _within(said: Sequence[str], reading: Sequence[str]) -> bool:
    """Return whether words stand in a reading in their order; others may stand between them."""
    rest = iter(reading)
    return all(word in rest for word in said)


def _named(script: Script, slot: Slot, text: str) -> str:
    """Return the id that a closed slot's value is, where the model names it by its id or name."""
    plain = normalise(text)
    if slot.kind is SlotKind.DESTINATION:
        for place in script.destinations.values():
            if place.listed and plain in {normalise(place.id), normalise(place.name)}:
                return place.id
    if slot.kind is SlotKind.DAY and text in tools.DAYS:
        return text
    if slot.kind is SlotKind.CHOICE:
        for choice in slot.choices:
            if plain in {normalise(choice.id), normalise(choice.name)}:
                return choice.id
    return ""


def _list(value: Json) -> Sequence[Json]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()
