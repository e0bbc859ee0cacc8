"""What a language model can choose: the tools that it is offered, as JSON schemas.

Nothing else exists for it: no connector, no transfer, no number, no level.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from appliance.dialogue import templates
from appliance.dialogue.actions import Tool
from appliance.dialogue.hours import WEEKDAYS
from appliance.dialogue.model.phrases import Phrases
from appliance.dialogue.script import Intent, Script, Slot, SlotKind
from appliance.dialogue.values import Json

CHOOSE: Final = "choose_request"
SEVERAL: Final = "several_requests"
BETWEEN: Final = "unsure_between"
NONE: Final = "none_of_these"
PERSON: Final = "person"
FILL: Final = "fill_slot"
NOT_TOLD: Final = "not_told"
DAYS: Final = ("now", "today", "tomorrow", *WEEKDAYS, "weekend", "holidays")
"""The values of a day slot, in every language."""
_MOST: Final = 3
"""Requests of one utterance."""
_NOTHING: Final[Mapping[str, Json]] = {
    "type": "object", "properties": {}, "additionalProperties": False,
}  # fmt: skip


def may_fill(script: Script, slot: Slot) -> bool:
    """Return whether the model may read a slot: nothing secret, nothing that proves who calls."""
    held = script.authentication
    proofs = (held.number, held.knowledge, held.pin)
    return not slot.secret and all(
        slot.name not in proof.ask for proof in proofs if proof is not None
    )


def told(script: Script, intent: Intent) -> dict[str, Slot]:
    """Return the slots that callers may tell with a request: those of its own examples."""
    names = dict.fromkeys(hole for example in intent.examples for hole in templates.holes(example))
    slots = (script.slots.get(name) for name in names)
    return {slot.name: slot for slot in slots if slot is not None and may_fill(script, slot)}


def triage(script: Script, phrases: Phrases) -> tuple[Tool, ...]:
    """Return the tools for an utterance of which it is not known what is wanted."""
    offered: list[Tool] = []
    if script.model.triage:
        held: dict[str, Slot] = {}
        for intent in script.intents.values():
            held |= told(script, intent)
        names: Json = {"type": "string", "enum": list(script.intents)}
        values: Json = {
            "type": "object",
            "description": phrases.values,
            "properties": {name: _property(script, slot, phrases) for name, slot in held.items()},
            "additionalProperties": False,
        }
        one: dict[str, Json] = {"request": names}
        if held:
            one["values"] = values
        offered = [
            Tool(
                CHOOSE,
                phrases.choose,
                _object({**one, "sure": {"type": "boolean"}}, ("request", "sure")),
            ),
            Tool(
                SEVERAL,
                phrases.several,
                _object({"requests": _array(_object(one, ("request",)), _MOST)}, ("requests",)),
            ),
            Tool(BETWEEN, phrases.between, _object({"requests": _array(names, 2)}, ("requests",))),
        ]
    return (*offered, Tool(NONE, phrases.none, _NOTHING), Tool(PERSON, phrases.person, _NOTHING))


def fill(script: Script, slot: Slot, phrases: Phrases) -> tuple[Tool, ...]:
    """Return the tools for the answer to a question."""
    value = _object({"value": _property(script, slot, phrases)}, ("value",))
    return (
        Tool(FILL, phrases.fill.format(title=title(slot)), value),
        Tool(NOT_TOLD, phrases.not_told, _NOTHING),
        Tool(PERSON, phrases.person, _NOTHING),
    )


def title(slot: Slot) -> str:
    """Return what a slot is called."""
    return slot.title or slot.name.replace("_", " ")


def kind(slot: Slot, phrases: Phrases) -> str:
    """Return in words what is a value of a slot, with its length and unit where it has them."""
    said = phrases.kinds[slot.kind]
    if slot.kind in {SlotKind.DIGITS, SlotKind.SPELLED} and slot.longest:
        exact = slot.shortest == slot.longest
        size = str(slot.longest) if exact else f"{slot.shortest}-{slot.longest}"
        said = f"{said}, {phrases.symbols.format(size=size)}"
    low, high = (e.source if e else "" for e in (slot.lowest, slot.highest))
    if low or high:
        said = f"{said}, {phrases.range.format(low=low or '...', high=high or '...')}"
    return f"{said}, {slot.unit}" if slot.unit else said


def _property(script: Script, slot: Slot, phrases: Phrases) -> Mapping[str, Json]:
    found: dict[str, Json] = {
        "type": "string",
        "description": f"{title(slot)}: {kind(slot, phrases)}",
    }
    names = list(_closed(script, slot))
    if names:
        found["enum"] = names
    return found


def _closed(script: Script, slot: Slot) -> Iterable[str]:
    if slot.kind is SlotKind.DESTINATION:
        return (place.id for place in script.destinations.values() if place.listed)
    if slot.kind is SlotKind.CHOICE:
        return (choice.id for choice in slot.choices)
    if slot.kind is SlotKind.DAY:
        return DAYS
    return ("yes", "no") if slot.kind is SlotKind.YES_NO else ()


def _object(properties: Mapping[str, Json], required: tuple[str, ...]) -> Mapping[str, Json]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _array(items: Json, most: int) -> Mapping[str, Json]:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": most}
