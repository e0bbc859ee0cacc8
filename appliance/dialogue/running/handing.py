"""Putting a caller through: to a destination, a person of a list or a number; the next in turn.

Transfer ─► (reached: the call is over for us) | TransferFailed ─► fallback ... ─► what the process
                                                                  says, or somebody else
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from appliance.contracts.outcome import Outcome
from appliance.dialogue import templates, values
from appliance.dialogue.actions import Transfer
from appliance.dialogue.running import agenda, briefing, prompts
from appliance.dialogue.running.turn import Turn
from appliance.dialogue.script import Destination, SlotKind, TransferMode, TransferOp
from appliance.dialogue.state import Task, Waiting

_FAILURES: Final = 2
"""Transfers that reached nobody after which a caller who is not understood is let go."""
_DIALLED: Final = re.compile(r"\+?[0-9*#]{1,24}")
_SIGNS: Final = re.compile(r"[\s()/.-]")


def transfer(turn: Turn, op: TransferOp) -> None:
    """Carry out a `transfer` step."""
    place = _place(turn, op)
    if place is None:
        failed(turn)
        return
    turn.say(op.say, interruptible=False)
    turn.state = replace(turn.state, fallback=place.fallback)
    _put_through(turn, place, op.briefing, op.mode)


def _place(turn: Turn, op: TransferOp) -> Destination | None:
    """Return where a step leads: a destination, or a number with a name of its own."""
    script, known = turn.script, turn.values()
    if op.destination in script.destinations:
        return script.destinations[op.destination]
    hole = templates.HOLE.fullmatch(op.destination)
    slot = script.slots.get(hole[1]) if hole else None
    name = prompts.render(turn.means, op.name, known, turn.now.local)
    if slot is not None and slot.kind is SlotKind.DESTINATION:
        return script.destinations.get(values.text(known.get(slot.name)))
    number = values.text(prompts.canonical(turn.means, op.destination, known))
    if slot is not None and slot.kind is SlotKind.ENTRY and slot.list in script.lists:
        row = turn.means.slots.columns(slot, values.text(known.get(slot.name))) or {}
        number = values.text(row.get(script.lists[slot.list].number))
        name = name or values.text(row.get("name"))
    number = _SIGNS.sub("", number)
    if not _DIALLED.fullmatch(number):
        return script.destinations.get(number)
    return Destination(number, name or number, number)


def _put_through(turn: Turn, place: Destination, told: str, mode: TransferMode) -> None:
    state, urgent = turn.state, turn.state.emergency
    text = "" if urgent else briefing.compose(turn.means, state, place, told)
    turn.state = replace(state, waiting=Waiting.TRANSFER, keys="", proving=None, pending=None)
    turn.actions.append(
        Transfer(
            place.number, place.name, text, urgent,
            mode if mode is not TransferMode.SITE else place.mode,
            "" if urgent else briefing.line(turn.means, state, place),
            () if urgent else briefing.details(turn.means, state, place),
        )
    )  # fmt: skip


def failed(turn: Turn) -> None:
    """Nobody was reached: try the next, else go on as the process says."""
    op, script = turn.op(), turn.script
    if turn.state.fallback and not turn.state.emergency:
        place = script.destinations[turn.state.fallback[0]]
        turn.state = replace(turn.state, fallback=turn.state.fallback[1:])
        turn.say(
            prompts.own(script.sentences["trying"], {"destination": place.name}),
            interruptible=False,
        )
        told = op.briefing if isinstance(op, TransferOp) else ""
        _put_through(turn, place, told, TransferMode.SITE)
        return
    task = turn.state.task
    if task.process:
        task = replace(task, reason=task.reason or "nobody-answers")
    turn.state = replace(
        turn.state, emergency=False, task=task, fallback=(), waiting=Waiting.REQUEST,
        failures=turn.state.failures + 1,
    )  # fmt: skip
    if isinstance(op, TransferOp) and op.failed >= 0:
        turn.go(op.failed)
    else:
        turn.sentence("no_answer")
        agenda.finish(turn, "failed", "nobody-answers")


def emergency(turn: Turn) -> None:
    """Put the caller through to help at once."""
    agenda.forget(turn)
    task = turn.state.task if turn.state.task.process else Task("emergency", "", turn.state.turns)
    turn.state = replace(
        turn.state, process="", step=0, emergency=True, guess=("", ()), misses=0, silences=0,
        frames=(), proving=None, pending=None, options=(), fallback=(), task=task, back=None,
    )  # fmt: skip
    turn.say(turn.script.emergency.say, interruptible=False)
    place = turn.script.destinations[turn.script.emergency.destination]
    turn.state = replace(turn.state, fallback=place.fallback)
    _put_through(turn, place, "", TransferMode.SITE)


def emergency_failed(turn: Turn) -> None:
    """Nobody has answered an emergency: say what else can be done, try the next, then a person."""
    if turn.state.fallback:
        place = turn.script.destinations[turn.state.fallback[0]]
        turn.state = replace(turn.state, fallback=turn.state.fallback[1:])
        turn.say(turn.script.emergency.failed, interruptible=False)
        _put_through(turn, place, "", TransferMode.SITE)
        return
    failures = turn.state.failures + 1
    turn.state = replace(turn.state, emergency=False, failures=failures, waiting=Waiting.REQUEST)
    turn.say(turn.script.emergency.failed, interruptible=False)
    agenda.enter(turn, turn.script.person)


def person(turn: Turn, sentence: str = "", reason: str = "") -> None:
    """Put a caller whom the box cannot help through to a person, or let them go at last."""
    if sentence:
        turn.sentence(sentence)
    stuck = reason in {"system-down", "not-verified", "locked-out"}
    if turn.state.failures >= _FAILURES or (stuck and turn.state.process == turn.script.person):
        turn.sentence("goodbye_failed")
        agenda.part(turn, Outcome.FAILED, reason or "not-understood")
        return
    turn.sentence("to_person")
    task = turn.state.task
    if not task.process:
        task = Task(turn.script.person, "", turn.state.turns)
    turn.state = replace(turn.state, task=replace(task, reason=task.reason or reason))
    slots = turn.state.slots
    agenda.enter(turn, turn.script.person)
    turn.state = replace(turn.state, slots=slots)
