"""What pressed keys mean: a menu, an extension typed in full, digits that were asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from appliance.dialogue.running.turn import Turn
from appliance.dialogue.script import Script, SlotKind
from appliance.dialogue.state import Waiting
from appliance.dialogue.understanding.understand import Request

KEYS: Final = frozenset("0123456789*#")
_REPEAT: Final = "*"
_END: Final = "#"


@dataclass(frozen=True, slots=True)
class More:
    """These keys may go on."""

    keys: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The value of the slot asked for, or "yes" or "no"."""

    value: str


@dataclass(frozen=True, slots=True)
class Short:
    """Digits were ended too early."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """These keys mean nothing here."""


Meaning = More | Answer | Short | Unknown | Request


def read(turn: Turn, key: str) -> Meaning:
    """Return what a key (of KEYS) means after those pressed before it."""
    state, slot = turn.state, turn.slot()
    if slot is not None and slot.kind is SlotKind.DIGITS and key != _REPEAT:
        keys = state.keys + key
        if key == _END:
            return complete(turn) if state.keys else Short()
        return Answer(keys) if slot.longest and len(keys) >= slot.longest else More(keys)
    if key == _END:
        return complete(turn) if state.keys else Unknown()
    if key == _REPEAT:
        return _command(turn.script, key)
    if state.waiting in {Waiting.CONFIRM_REQUEST, Waiting.CONFIRM_SLOT} or (
        slot is not None and slot.kind is SlotKind.YES_NO
    ):
        return _yes_no(turn.script, key)
    if state.waiting is Waiting.REQUEST or (slot and slot.kind is SlotKind.DESTINATION):
        keys = state.keys + key
        numbers = [place.number for place in turn.script.destinations.values() if place.listed]
        if any(number.startswith(keys) and number != keys for number in numbers):
            return More(keys)
        return _chosen(turn, keys)
    return _command(turn.script, key)


def complete(turn: Turn) -> Meaning:
    """Return what the keys pressed so far mean where no other follows."""
    slot = turn.slot()
    keys = turn.state.keys
    if slot is not None and slot.kind is SlotKind.DIGITS:
        return Answer(keys) if len(keys) >= max(1, slot.shortest) else Short()
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
