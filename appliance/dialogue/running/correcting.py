"""Corrections of something told earlier: "no, my customer number is ...", "change the date".

what was said ─► which slot, perhaps with its new value ─► back to the step that asked for it
             ─► what depends on it is done again, unheard; what was written for it: a person
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from appliance.dialogue.connectors import Level
from appliance.dialogue.events import Heard
from appliance.dialogue.running import handing, prompts
from appliance.dialogue.running.means import Reading, after_no
from appliance.dialogue.running.turn import Turn
from appliance.dialogue.script import AskOp, Slot, SlotKind
from appliance.dialogue.state import Waiting
from appliance.dialogue.text import normalise

_MARKS: Final = {
    "en": ("no", "sorry", "wait", "actually", "i mean", "i meant", "change", "correct", "wrong",
           "instead", "mistake", "not right"),
    "de": ("nein", "moment", "halt", "entschuldigung", "eigentlich", "ich meine", "ich meinte",
           "ändern", "korrigieren", "falsch", "vertan", "stimmt nicht", "doch"),
}  # fmt: skip
"""Without one of these, what was said is an answer and corrects nothing."""
_OWN: Final = frozenset({
    "your", "the", "my", "a", "an", "of", "ihr", "ihre", "ihren", "ihrer", "der", "die", "das",
    "den", "dem", "mein", "meine", "ein", "eine",
})  # fmt: skip
_SURE: Final = 0.45


def earlier(turn: Turn, heard: Heard) -> tuple[Slot, Reading | None] | None:
    """Return the answered slot that the caller corrects, with its new value if they said it."""
    text = normalise(heard.text)
    marks = _MARKS.get(turn.script.language[:2], _MARKS["en"])
    if not any(f" {mark} " in f" {text} " for mark in marks):
        return None
    asked = turn.slot()
    answered = [slot for slot in _answered(turn) if asked is None or slot.name != asked.name]
    named = sorted(
        ((len(alias), slot.name) for slot in answered for alias in _aliases(slot, text)),
        reverse=True,
    )
    if named:
        slot = turn.script.slots[named[0][1]]
        return slot, _value(turn, slot, Heard(_rest(turn, text, slot), heard.confidence))
    rest = after_no(text, turn.script.language)
    others = [slot for slot in answered if asked is None or slot.kind is not asked.kind]
    if rest and rest != text and asked is not None:
        for slot, reading in turn.means.slots.find(others, rest, turn.now.local):
            known = dict(turn.state.slots).get(slot.name)
            if reading.value not in {"", known} and not reading.problem:
                return slot, reading
    return None


def _answered(turn: Turn) -> list[Slot]:
    names = [name for name, _ in turn.state.slots]
    if turn.state.proving is not None:
        names += [name for name, _ in turn.state.proving.answers]
    slots = [turn.script.slots[name] for name in names if name in turn.script.slots]
    return [slot for slot in slots if slot.kind is not SlotKind.YES_NO and not slot.secret]


def _aliases(slot: Slot, text: str) -> list[str]:
    """Return the names of a slot that stand in a text."""
    names = {normalise(slot.title), normalise(slot.name.replace("_", " "))}
    short = {" ".join(word for word in name.split() if word not in _OWN) for name in names}
    return [name for name in short if name and f" {name} " in f" {text} "]


def _rest(turn: Turn, text: str, slot: Slot) -> str:
    name = max(_aliases(slot, text), key=len)
    return text.partition(name)[2].strip() or after_no(text, turn.script.language)


def _value(turn: Turn, slot: Slot, heard: Heard) -> Reading | None:
    if slot.kind is SlotKind.TEXT or not heard.text:
        return None
    found = turn.means.slots.read(slot, heard, turn.now.local, turn.known())
    return found if found.value and found.confidence >= _SURE and not found.problem else None


def return_to(turn: Turn, slot: Slot) -> bool:
    """Stand at the step that asked for a slot, so that it can be answered anew.

    False: it cannot be changed any more, and the caller is put through to a person.
    """
    state = turn.state
    if any(slot.name in write.names for write in state.task.writes):
        handing.person(turn, "cannot_change")
        return False
    if state.proving is not None and slot.name in dict(state.proving.answers):
        kept = tuple(item for item in state.proving.answers if item[0] != slot.name)
        proving = replace(state.proving, answers=kept, asking=slot.name, checked=False)
        turn.state = replace(state, proving=proving, waiting=Waiting.SLOT)
        return True
    _forget(turn, slot)
    state = turn.state
    process = turn.script.processes.get(state.process)
    ops = process.ops[: state.step] if process else ()
    for at, op in enumerate(ops):
        if isinstance(op, AskOp) and op.slot == slot.name:
            until = max(state.step, state.until)
            changed = (*state.changed, slot.name)
            turn.state = replace(
                state, step=at, until=until, changed=changed, waiting=Waiting.SLOT, proving=None,
            )  # fmt: skip
            break
    return True


def _forget(turn: Turn, slot: Slot) -> None:
    """Drop a value; where the caller was known by it, they are known no longer."""
    ways, state = turn.script.authentication, turn.state
    proofs = [proof for proof in (ways.knowledge, ways.pin) if proof and slot.name in proof.ask]
    gone = {slot.name}
    if proofs and state.level > Level.UNKNOWN:
        gone |= {name for proof in proofs for name in proof.ask}
        results = {name: value for name, value in state.results.items() if name != ways.result}
        state = replace(state, level=Level.UNKNOWN, results=results)
    kept = tuple(item for item in state.slots if item[0] not in gone)
    turn.state = replace(state, slots=kept)


def ask_anew(turn: Turn, slot: Slot) -> None:
    """Ask for the slot again that `return_to` has led to."""
    turn.sentence("changed", name=prompts.slot_title(turn.script, slot.name))
    question = turn.question()
    if question is not None and question.slot.name == slot.name:
        turn.ask(question.prompt, Waiting.SLOT)
    else:
        turn.ask_again()
