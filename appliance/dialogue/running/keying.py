"""What follows from a pressed key (keypad.py says what it means)."""

from __future__ import annotations

from dataclasses import replace

from appliance.dialogue.events import Heard
from appliance.dialogue.running import agenda, choosing, hearing, keypad, missing, thinking
from appliance.dialogue.running.means import Request
from appliance.dialogue.running.turn import Turn
from appliance.dialogue.state import Waiting


def press(turn: Turn, key: str) -> None:
    """Take one key; the turn may go on with a process."""
    turn.state = replace(turn.state, silences=0)
    hidden = turn.state.hidden or turn.state.proving is not None
    if turn.state.waiting is Waiting.WORKING:
        _working(turn, key)
    elif turn.state.waiting is Waiting.TRANSFER or key not in keypad.KEYS:
        turn.listen()
    else:
        keyed(turn, keypad.read(turn, key))
    turn.understood("key", 1.0, {} if hidden else {"key": key})


def _working(turn: Turn, key: str) -> None:
    """Wait on, unless it is the key of a person."""
    intent = turn.script.intents.get(turn.script.keypad.keys.get(key, ""))
    if intent is None or intent.process != turn.script.person or turn.state.left:
        turn.wait_on()
        return
    thinking.drop(turn)
    hearing.give_up(turn)
    agenda.start(turn, Request(intent.name, 1.0))


def keyed(turn: Turn, meaning: keypad.Meaning) -> None:
    """Do what keys mean."""
    if isinstance(meaning, keypad.More):
        turn.state = replace(turn.state, keys=meaning.keys)
        turn.listen()
        return
    turn.state = replace(turn.state, keys="", turns=turn.state.turns + 1)
    if isinstance(meaning, Request):
        if turn.state.waiting is Waiting.CONFIRM_REQUEST and meaning.slots:
            turn.state = replace(turn.state, waiting=Waiting.REQUEST, guess=("", ()))
        agenda.start(turn, meaning)
    elif isinstance(meaning, keypad.Answer):
        _answer(turn, meaning.value)
    elif isinstance(meaning, keypad.Wrong):
        missing.miss(turn, meaning.why)
    else:
        missing.miss(turn, "key_unknown")


def _answer(turn: Turn, value: str) -> None:
    slot, waiting = turn.slot(), turn.state.waiting
    if slot is not None:
        hearing.accept(turn, slot, value, 1.0)
    elif waiting is Waiting.WHICH:
        choosing.choose(turn, int(value))
    elif waiting is Waiting.OFFER:
        agenda.take_up(turn, wanted=value == "yes")
    elif waiting is Waiting.CONFIRM_REQUEST:
        choosing.confirm_request(turn, Heard(_spoken(turn, value)))
    else:
        hearing.confirm_slot(turn, Heard(_spoken(turn, value)))


def _spoken(turn: Turn, value: str) -> str:
    german = turn.script.language.startswith("de")
    return {"yes": "ja", "no": "nein"}[value] if german else value
