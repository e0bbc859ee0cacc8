"""Sentences: slots filled in for speaking, and all that can be rendered ahead."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Final

from appliance.dialogue import hours, templates
from appliance.dialogue.script import (
    NUMBERS,
    AskOp,
    Op,
    SayOp,
    Script,
    SlotKind,
    TransferOp,
)
from appliance.dialogue.slots import digits

_GAP: Final = re.compile(r" ([,.;:!?])")
MOST: Final = 200
"""Sentences that are rendered ahead; the rest is spoken as it comes."""


def speakable(script: Script, name: str, value: str) -> str:
    """Return a slot's value as it is spoken."""
    slot = script.slots.get(name)
    kind = slot.kind if slot else SlotKind.TEXT
    if kind is SlotKind.DIGITS:
        return digits.spoken(value)
    if slot is None and name in NUMBERS and value.lstrip("+").isdecimal():
        return digits.spoken(value.lstrip("+"))
    if kind is SlotKind.DESTINATION and value in script.destinations:
        return script.destinations[value].name
    return value


def render(script: Script, text: str, slots: Mapping[str, str]) -> str:
    """Return a sentence with its facts and slots spoken out; unknown ones vanish without trace."""
    filled = templates.fill(
        text, lambda name: script.facts.get(name) or speakable(script, name, slots.get(name, ""))
    )
    return _GAP.sub(r"\1", " ".join(filled.split()))


def written(script: Script, text: str, slots: Mapping[str, str]) -> str:
    """Return a field of a note: digits stay digits."""
    return templates.fill(text, lambda name: script.facts.get(name) or _plain(script, name, slots))


def _plain(script: Script, name: str, slots: Mapping[str, str]) -> str:
    value = slots.get(name, "")
    slot = script.slots.get(name)
    return value if slot and slot.kind is SlotKind.DIGITS else speakable(script, name, value)


def menu(script: Script) -> str:
    """Return the sentence that names the keys of the destinations, "" where none has a key."""
    keyed = [place for place in script.destinations.values() if place.listed and place.key]
    return " ".join(
        templates.fill(
            script.sentences["menu_item"],
            lambda name, place=place: place.key if name == "key" else place.name,  # type: ignore[misc]
        )
        for place in sorted(keyed, key=lambda place: place.key)
    )


def everything(script: Script) -> tuple[str, ...]:
    """Return what the engine may say and can be rendered ahead, most wanted first."""
    later = (*hours.sentences(script.hours), menu(script))
    texts = dict.fromkeys(itertools.chain(_fixed(script), _filled(script), later))
    return tuple(itertools.islice((text for text in texts if text), MOST))


def _fixed(script: Script) -> Iterator[str]:
    """Yield the sentences without slots."""
    for text in (script.greeting, *_said(script)):
        if not set(templates.holes(text)) - script.facts.keys():
            yield render(script, text, {})


def _said(script: Script) -> Iterator[str]:
    yield from (script.emergency.say, script.emergency.failed, script.keypad.hint)
    yield from (
        text
        for name, text in script.sentences.items()
        if name != "menu_item" and not name.startswith("briefing")
    )
    for intent in script.intents.values():
        yield from (intent.confirm, intent.confirm_plain)
    for process in script.processes.values():
        for op in process.ops:
            yield from _of(op)


def _of(op: Op) -> tuple[str, ...]:
    if isinstance(op, SayOp):
        return (op.text,)
    if isinstance(op, AskOp):
        return (op.prompt, op.reprompt, op.confirm)
    return (op.say,) if isinstance(op, TransferOp) else ()


def _filled(script: Script) -> Iterator[str]:
    """Yield the sentences whose slots have few values, with each of them."""
    places = [place.id for place in script.destinations.values() if place.listed]
    for text in _said(script):
        holes = [name for name in dict.fromkeys(templates.holes(text)) if name not in script.facts]
        if not holes:
            continue
        if holes == ["value"]:
            yield from (
                templates.fill(text, lambda _, at=at: script.destinations[at].name)  # type: ignore[misc]
                for at in places
            )
        elif holes[1:] or holes[0] not in script.slots:
            continue
        elif script.slots[holes[0]].kind is SlotKind.DESTINATION:
            yield from (render(script, text, {holes[0]: place}) for place in places)
