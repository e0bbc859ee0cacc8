"""What a person is told before a caller is put through: who it is, what they want and have said.

facts of the line, level, task and slots of the state ─► sentences ─► one text, keys at its end
                                                     └► a line for a display, and names and values

An author may write the text of a transfer (`briefing:`), and each of the sentences here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from appliance.dialogue.connectors import Level
from appliance.dialogue.running import prompts, summary
from appliance.dialogue.running.prompts import Speaker
from appliance.dialogue.script import Destination, SlotKind
from appliance.dialogue.state import State
from appliance.dialogue.values import Json

LONGEST_LINE: Final = 200
"""Characters of `line`."""
_LEVELS: Final = {
    Level.UNKNOWN: "briefing_unverified",
    Level.IDENTIFIED: "briefing_identified",
    Level.VERIFIED: "briefing_verified",
}

_LINES: Final = {
    Level.UNKNOWN: "summary_unverified",
    Level.IDENTIFIED: "summary_identified",
    Level.VERIFIED: "summary_verified",
}


def compose(means: Speaker, state: State, place: Destination, template: str) -> str:
    """Return the briefing of a transfer to `place`; `template` is the author's, or empty."""
    values = _values(means, state)
    if template:
        told = [prompts.render(means, template, values)]
    else:
        told = list(_told(means, state, place, values))
    told.append(means.script.sentences["briefing_keys"])
    return " ".join(text for text in told if text)


def line(means: Speaker, state: State, place: Destination) -> str:
    """Return the briefing in one short line, for a display: what, who, how sure."""
    values = _values(means, state)
    who = str(values.get("caller_name") or values.get("caller") or "")
    told = [f"{name}: {value}" for name, value in summary.said(means, state, place.id)]
    sure = means.script.sentences[_LINES[state.level]].rstrip(".")
    parts = [_wish(means, state, place), who, sure, *told]
    return "; ".join(part for part in parts if part)[:LONGEST_LINE]


def details(means: Speaker, state: State, place: Destination) -> tuple[tuple[str, str], ...]:
    """Return the briefing as names and values, for a webhook and the page; nothing secret."""
    facts = dict(state.facts)
    rows = {
        "destination": place.name,
        "caller": facts.get("caller", ""),
        "caller_name": facts.get("caller_name") or _customer(means, state),
        "diverted_from": facts.get("diverted_from", ""),
        "level": state.level.name.lower(),
        "locked": "yes" if state.locked else "",
        "about": _wish(means, state, place),
        "reason": state.task.reason,
        "also": ", ".join(prompts.title(means.script, wish.intent) for wish in state.agenda),
    }
    told = {f"slot_{name}": value for name, value in summary.told(means, state, place.id)}
    return tuple((name, value) for name, value in {**rows, **told}.items() if value)


def _values(means: Speaker, state: State) -> dict[str, Json]:
    found: dict[str, Json] = {**dict(state.facts), **state.results, **dict(state.slots)}
    if not found.get("caller_name") and _customer(means, state):
        found["caller_name"] = _customer(means, state)
    return found


def _customer(means: Speaker, state: State) -> str:
    """Return the name under which the caller is known to the site's systems."""
    if state.level is Level.UNKNOWN:
        return ""
    who = prompts.canonical(means, f"{{{means.script.authentication.result}.name}}", state.results)
    return who if isinstance(who, str) else ""


def _wish(means: Speaker, state: State, place: Destination) -> str:
    """Return what the caller wants, "" where that is the destination itself or unknown."""
    script, process = means.script, state.task.process or state.process
    asked_for = place.id in dict(state.slots).values()
    if not process or asked_for or process in {script.person, script.farewell}:
        return ""
    return prompts.title(script, state.task.intent or process)


def _told(
    means: Speaker, state: State, place: Destination, values: dict[str, Json]
) -> Iterator[str]:
    script = means.script

    def sentence(key: str, /, **more: str) -> str:
        return prompts.render(means, prompts.own(script.sentences[key], more), values)

    yield sentence("briefing", destination=place.name)
    if values.get("caller_name"):
        yield sentence("briefing_name")
    if values.get("caller"):
        yield sentence("briefing_number")
    elif not values.get("caller_name"):
        yield sentence("briefing_unknown")
    yield sentence("briefing_locked" if state.locked else _LEVELS[state.level])
    if values.get("diverted_from"):
        yield sentence("briefing_diverted")
    wish = _wish(means, state, place)
    if wish:
        yield sentence("briefing_wish", wish=wish)
    for name, value in state.slots:
        slot = script.slots.get(name)
        kind = slot.kind if slot else SlotKind.TEXT
        if not value or kind is SlotKind.YES_NO or value == place.id or (slot and slot.secret):
            continue
        spoken = prompts.speakable(means, name, value)
        yield sentence("briefing_said", name=prompts.slot_title(script, name), value=spoken)
    if state.task.writes:
        yield sentence("briefing_written")
    if state.task.reason == "system-down":
        yield sentence("briefing_system")
    if state.agenda:
        also = ", ".join(prompts.title(script, wish.intent) for wish in state.agenda)
        yield sentence("briefing_also", wish=also)
