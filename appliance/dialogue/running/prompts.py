"""Sentences: slots filled in for speaking, and all that can be rendered ahead."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, Protocol

from appliance.dialogue import hours, templates, values
from appliance.dialogue.script import (
    NUMBERS,
    AskOp,
    Op,
    SayOp,
    Script,
    Slot,
    SlotKind,
    TransferOp,
)
from appliance.dialogue.slots import Slots
from appliance.dialogue.values import Json

_GAP: Final = re.compile(r" ([,.;:!?])")
_NUMBER: Final = Slot("", SlotKind.DIGITS)
_WRITTEN: Final = (
    (re.compile(r"\d{4}-\d{2}-\d{2}"), Slot("", SlotKind.DATE)),
    (re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d(?::00)?"), Slot("", SlotKind.TIME)),
)
"""Forms that a variable is recognised by: systems write dates and times so."""
MOST: Final = 200
"""Sentences that are rendered ahead; the rest is spoken as it comes."""


class Speaker(Protocol):
    """A script, and what puts its values into words."""

    @property
    def script(self) -> Script:
        """The script."""

    @property
    def slots(self) -> Slots:
        """What speaks the values of its slots."""


def slot_title(script: Script, name: str) -> str:
    """Return what a slot is called in sentences."""
    slot = script.slots.get(name)
    return (slot.title if slot else "") or name.replace("_", " ")


def title(script: Script, name: str) -> str:
    """Return what an intent or a process is called in sentences."""
    intent, process = script.intents.get(name), script.processes.get(name)
    if intent is not None:
        process = script.processes.get(intent.process)
    told = (intent.title if intent else "") or (process.title if process else "")
    return told or name.replace("_", " ")


def own(text: str, values: Mapping[str, str]) -> str:
    """Return a text with those of its holes filled in that `values` has; the others stay."""
    return templates.fill(text, lambda name: values.get(name, f"{{{name}}}"))


def speakable(means: Speaker, name: str, value: Json) -> str:
    """Return the value of a slot, a fact or a variable as it is spoken."""
    slot = means.script.slots.get(name)
    plain = values.text(value)
    if not plain or (slot is not None and slot.secret):
        return ""
    if slot is None and name in NUMBERS and plain.lstrip("+").isdecimal():
        return means.slots.spoken(_NUMBER, plain.lstrip("+"))
    if slot is None:
        slot = next((as_if for form, as_if in _WRITTEN if form.fullmatch(plain)), None)
    return means.slots.spoken(slot, plain)


def _found(means: Speaker, name: str, known: Mapping[str, Json]) -> tuple[str, Json]:
    """Return the name by which a hole is spoken, and its value; `slot.column` is of a list."""
    root, _, column = name.partition(".")
    slot = means.script.slots.get(root)
    if slot is not None and column and isinstance(value := known.get(root), str):
        return name, (means.slots.columns(slot, value) or {}).get(column)
    return name, values.look_up(known, name)


def render(
    means: Speaker, text: str, known: Mapping[str, Json], now: datetime | None = None
) -> str:
    """Return a sentence with its facts and slots spoken out; unknown ones vanish without trace.

    `now`: the site's wall time, for `{today}`.
    """

    def spoken(name: str) -> str:
        if name in means.script.facts:
            return means.script.facts[name]
        if name == "today" and now is not None:
            return means.slots.spoken(Slot("", SlotKind.DATE), now.date().isoformat())
        return speakable(means, *_found(means, name, known))

    return _GAP.sub(r"\1", " ".join(templates.fill(text, spoken).split()))


def written(means: Speaker, text: str, known: Mapping[str, Json]) -> str:
    """Return a field of a note: names as they are spoken, digits and dates as they are written."""

    def plain(name: str) -> str:
        if name in means.script.facts:
            return means.script.facts[name]
        slot = means.script.slots.get(name)
        _, value = _found(means, name, known)
        named = {SlotKind.DESTINATION, SlotKind.ENTRY, SlotKind.CHOICE}
        if slot is not None and slot.kind in named:
            return speakable(means, name, value)
        return "" if slot is not None and slot.secret else values.text(value)

    return templates.fill(text, plain)


def canonical(means: Speaker, text: str, known: Mapping[str, Json]) -> Json:
    """Return what a connector is given: one hole alone is its value, else a text."""
    alone = templates.HOLE.fullmatch(text)
    if alone:
        return means.script.facts.get(alone[1]) or _found(means, alone[1], known)[1]
    return templates.fill(
        text,
        lambda name: means.script.facts.get(name) or values.text(_found(means, name, known)[1]),
    )


def menu(script: Script) -> str:
    """Return the sentence that names the keys of the destinations, "" where none has a key."""
    keyed = [place for place in script.destinations.values() if place.listed and place.key]
    return " ".join(
        own(script.sentences["menu_item"], {"destination": place.name, "key": place.key})
        for place in sorted(keyed, key=lambda place: place.key)
    )


def everything(means: Speaker) -> tuple[str, ...]:
    """Return what the engine may say and can be rendered ahead, most wanted first."""
    script = means.script
    later = (*hours.sentences(script.hours, script.language), menu(script))
    texts = dict.fromkeys(itertools.chain(_fixed(means), _filled(means), later))
    return tuple(itertools.islice((text for text in texts if text), MOST))


def _fixed(means: Speaker) -> Iterator[str]:
    """Yield the sentences without slots."""
    script = means.script
    for text in (script.greeting, script.consent, *_said(script)):
        if not set(templates.holes(text)) - script.facts.keys():
            yield render(means, text, {})


def _said(script: Script) -> Iterator[str]:
    yield from (script.emergency.say, script.emergency.failed, script.keypad.hint)
    yield from (
        text
        for name, text in script.sentences.items()
        if name != "menu_item" and not name.startswith(("briefing", "summary"))
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


def _filled(means: Speaker) -> Iterator[str]:
    """Yield the sentences whose slots have few values, with each of them."""
    script = means.script
    places = [place.id for place in script.destinations.values() if place.listed]
    for text in _said(script):
        holes = [name for name in dict.fromkeys(templates.holes(text)) if name not in script.facts]
        if not holes:
            continue
        if holes == ["value"]:
            yield from (own(text, {"value": script.destinations[at].name}) for at in places)
        elif holes[1:] or holes[0] not in script.slots:
            continue
        elif script.slots[holes[0]].kind is SlotKind.DESTINATION:
            yield from (render(means, text, {holes[0]: place}) for place in places)
