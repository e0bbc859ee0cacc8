"""What pressed keys mean: a menu, an extension typed in full, a value that was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from appliance.dialogue.running.means import Reading, Request
from appliance.dialogue.running.turn import Turn
from appliance.dialogue.script import Script, Slot, SlotKind
from appliance.dialogue.state import Waiting

KEYS: Final = frozenset("0123456789*#")
_REPEAT: Final = "*"
_END: Final = "#"
_PERSON: Final = "0"
_ASKING: Final = {Waiting.CONFIRM_REQUEST, Waiting.CONFIRM_SLOT, Waiting.OFFER}


@dataclass(frozen=True, slots=True)
class More:
    """These keys may go on."""

    keys: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The value of the slot asked for, or "yes" or "no"."""

    value: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """What was typed cannot be taken."""

    why: str
    """A sentence of wording.py."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """These keys mean nothing here."""


Meaning = More | Answer | Wrong | Unknown | Request


def read(turn: Turn, key: str) -> Meaning:
    """Return what a key (of KEYS) means after those pressed before it."""
    state, slot = turn.state, turn.slot()
    if slot is not None and types(turn, slot):
        starred = slot.kind is SlotKind.AMOUNT and bool(state.keys)
        named = slot.kind is SlotKind.ENTRY and key == _PERSON and not state.keys
        if (key != _REPEAT or starred) and not named:
            return _typed(turn, key)
    if key == _END:
        return complete(turn) if state.keys else Unknown()
    if key == _REPEAT:
        return _command(turn.script, key)
    if state.waiting in _ASKING or (slot is not None and slot.kind is SlotKind.YES_NO):
        return _yes_no(turn.script, key)
    if state.waiting is Waiting.WHICH:
        return Answer(str(int(key) - 1)) if key in {"1", "2"} else _command(turn.script, key)
    if slot is not None and any(choice.key == key for choice in slot.choices):
        return Answer(next(choice.id for choice in slot.choices if choice.key == key))
    if state.waiting is Waiting.REQUEST or (slot and slot.kind is SlotKind.DESTINATION):
        keys = state.keys + key
        numbers = [place.number for place in turn.script.destinations.values() if place.listed]
        if any(number.startswith(keys) and number != keys for number in numbers):
            return More(keys)
        return _chosen(turn, keys)
    return _command(turn.script, key)


def types(turn: Turn, slot: Slot) -> bool:
    """Return whether keys are collected for a slot: digits, or the number of a list's row."""
    catalogue = turn.script.lists.get(slot.list)
    numbered = slot.kind is SlotKind.ENTRY and catalogue is not None and bool(catalogue.number)
    return numbered or turn.means.slots.types(slot)


def _typed(turn: Turn, key: str) -> Meaning:
    slot, keys = turn.slot(), turn.state.keys + key
    if key == _END:
        return complete(turn) if turn.state.keys else Wrong("wrong_length")
    longest = turn.means.slots.longest(slot, turn.now.local) if slot is not None else 0
    if longest and len(keys) >= longest:
        return _value(_reading(turn, keys))
    return More(keys)


def _reading(turn: Turn, keys: str) -> Reading:
    slot = turn.slot()
    if slot is None:
        return Reading()
    return turn.means.slots.typed(slot, keys, turn.now.local, turn.known())


def _value(reading: Reading) -> Meaning:
    if reading.problem or not reading.value:
        return Wrong(reading.problem or "wrong_length")
    return Answer(reading.value)


def complete(turn: Turn) -> Meaning:
    """Return what the keys pressed so far mean where no other follows."""
    slot = turn.slot()
    keys = turn.state.keys
    if slot is not None and types(turn, slot):
        return _value(_reading(turn, keys))
    return _chosen(turn, keys)


def _chosen(turn: Turn, keys: str) -> Meaning:
    """Return the menu entry or the destination with these keys."""
    script = turn.script
    asked = turn.slot()
    listed = [place for place in script.destinations.values() if place.listed]
    place = next((p for p in listed if p.number == keys), None)
    if place is None and asked is not None:
        place = next((p for p in listed if p.key and p.key == keys), None)
    if place is None:
        return _command(script, keys) if asked is None or keys == "0" else Unknown()
    if asked is not None:
        return Answer(place.id)
    intent = script.intents.get(script.keypad.extensions)
    slots = {name for name, slot in script.slots.items() if slot.kind is SlotKind.DESTINATION}
    if intent is None or not slots:
        return Unknown()
    named = sorted(name for name in slots if any(f"{{{name}}}" in e for e in intent.examples))
    return Request(intent.name, 1.0, ((named[0], place.id),)) if named else Unknown()


def _command(script: Script, key: str) -> Meaning:
    intent = script.keypad.keys.get(key)
    return Request(intent, 1.0) if intent else Unknown()


def _yes_no(script: Script, key: str) -> Meaning:
    if key in {"1", "2"}:
        return Answer("yes" if key == "1" else "no")
    return _command(script, key) if key == "0" else Unknown()
