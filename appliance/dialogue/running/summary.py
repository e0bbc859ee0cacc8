"""What became of a request, in a line: composed of titles, slots and outcomes, nothing invented."""

from __future__ import annotations

from typing import Final

from appliance.dialogue.running import prompts
from appliance.dialogue.running.prompts import Speaker
from appliance.dialogue.script import SlotKind
from appliance.dialogue.state import State

LONGEST: Final = 400
"""Characters of a summary."""


def compose(means: Speaker, state: State, resolution: str) -> str:
    """Return the summary of the request under way, which ended in `resolution`."""
    sentences = means.script.sentences
    subject = prompts.title(means.script, state.task.intent or state.task.process)
    parts = [f"{subject[:1].upper()}{subject[1:]}."]
    for name, value in said(means, state):
        parts.append(prompts.own(sentences["summary_said"], {"name": name, "value": value}))
    parts.append(sentences[f"summary_{resolution.replace('-', '_')}"])
    if any(write.pending for write in state.task.writes):
        parts.append(sentences["summary_pending"])
    return " ".join(parts)[:LONGEST]


def said(means: Speaker, state: State, leave_out: str = "") -> list[tuple[str, str]]:
    """Return what the caller has told for the request, title and value as they are written.

    `leave_out`: a value that goes without saying, the destination's.
    """
    return [
        (prompts.slot_title(means.script, name), value)
        for name, value in told(means, state, leave_out)
    ]


def told(means: Speaker, state: State, leave_out: str = "") -> list[tuple[str, str]]:
    """Return the same by the names of the slots."""
    found: list[tuple[str, str]] = []
    for name, value in state.slots:
        slot = means.script.slots.get(name)
        if slot is None or not value or value == leave_out:
            continue
        if slot.secret or slot.kind is SlotKind.YES_NO:
            continue
        found.append((name, prompts.written(means, f"{{{name}}}", {name: value})))
    return found
