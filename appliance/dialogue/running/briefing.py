"""What a person is told before a caller is put through: who it is, what they want and have said.

facts of the line, level, process and slots of the state ─► sentences ─► one text, keys at its end

An author may write the text of a transfer (`briefing:`), and each of the sentences here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from appliance.dialogue import templates
from appliance.dialogue.connectors import Level
from appliance.dialogue.running import prompts
from appliance.dialogue.script import Destination, Script, SlotKind
from appliance.dialogue.state import State

_LEVELS: Final = {
    Level.UNKNOWN: "briefing_unverified",
    Level.IDENTIFIED: "briefing_identified",
    Level.VERIFIED: "briefing_verified",
}


def compose(script: Script, state: State, place: Destination, template: str) -> str:
    """Return the briefing of a transfer to `place`; `template` is the author's, or empty."""
    values = {**dict(state.facts), **dict(state.slots)}
    if template:
        told = [prompts.render(script, template, values)]
    else:
        told = list(_told(script, state, place, values))
    told.append(script.sentences["briefing_keys"])
    return " ".join(text for text in told if text)


def _told(
    script: Script, state: State, place: Destination, values: dict[str, str]
) -> Iterator[str]:
    def sentence(key: str, /, **more: str) -> str:
        text = templates.fill(script.sentences[key], lambda hole: more.get(hole, f"{{{hole}}}"))
        return prompts.render(script, text, values)

    yield sentence("briefing", destination=place.name)
    if values.get("caller_name"):
        yield sentence("briefing_name")
    if values.get("caller"):
        yield sentence("briefing_number")
    elif not values.get("caller_name"):
        yield sentence("briefing_unknown")
    yield sentence(_LEVELS[state.level])
    if values.get("diverted_from"):
        yield sentence("briefing_diverted")
    asked_for = place.id in dict(state.slots).values()
    if state.process and state.process != script.person and not asked_for:
        yield sentence("briefing_wish", wish=state.process.replace("_", " "))
    for name, value in state.slots:
        slot = script.slots.get(name)
        kind = slot.kind if slot else SlotKind.TEXT
        if not value or kind is SlotKind.YES_NO or value == place.id:
            continue
        spoken = prompts.speakable(script, name, value)
        yield sentence("briefing_said", name=name.replace("_", " "), value=spoken)
