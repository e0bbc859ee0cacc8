"""Nothing was said, or nothing that was understood: again, in other words, by keys, a person."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from appliance.contracts.outcome import Outcome
from appliance.dialogue.running import agenda, handing, prompts
from appliance.dialogue.running.turn import Turn
from appliance.dialogue.script import SlotKind
from appliance.dialogue.state import Waiting

_KEYS: Final = {
    SlotKind.DATE: "keys_date",
    SlotKind.TIME: "keys_time",
    SlotKind.AMOUNT: "keys_amount",
}


def miss(turn: Turn, why: str = "") -> None:
    """Ask again: twice in other words, then by keys, then a person."""
    misses = turn.state.misses + 1
    turn.state = replace(turn.state, misses=misses)
    most = turn.script.limits.reprompts
    if misses > most + 1:
        handing.person(turn, reason="not-understood")
        return
    turn.sentence(why or ("not_understood" if misses == 1 else "not_understood_again"))
    if misses > most:
        offer_keys(turn)
    else:
        reprompt(turn)


def reprompt(turn: Turn) -> None:
    """Ask the question under way once more, in other words where there are any."""
    question = turn.question()
    if turn.state.waiting is Waiting.SLOT and question is not None:
        turn.say(question.reprompt or question.prompt)
    elif turn.state.waiting is Waiting.REQUEST:
        turn.sentence("request")
    else:
        turn.say(turn.state.question)
        if turn.state.waiting is not Waiting.WHICH:
            turn.sentence("yes_or_no")
    turn.listen()


def offer_keys(turn: Turn) -> None:
    """Name the keys that answer the question under way."""
    slot, question = turn.slot(), turn.question()
    if slot is not None and question is not None and question.keys:
        turn.say(question.keys)
    elif slot is not None and slot.kind is SlotKind.DESTINATION and prompts.menu(turn.script):
        turn.say(prompts.menu(turn.script))
    elif slot is not None and turn.means.slots.types(slot):
        turn.sentence(_KEYS.get(slot.kind, "keys_digits"))
    elif slot is not None and any(choice.key for choice in slot.choices):
        _choices(turn)
    elif turn.state.waiting is Waiting.REQUEST:
        turn.say(turn.script.keypad.hint)
    elif turn.state.waiting is not Waiting.WHICH and (slot is None or slot.kind is SlotKind.YES_NO):
        turn.sentence("keys_yes_no")
    else:
        turn.say(turn.state.question)
        turn.sentence("keys_person")
    turn.listen()


def _choices(turn: Turn) -> None:
    slot = turn.slot()
    for choice in slot.choices if slot else ():
        if choice.key:
            turn.sentence("menu_item", destination=choice.name, key=choice.key)


def silent(turn: Turn) -> None:
    """The caller says nothing: are you there, keys, a person, or goodbye."""
    silences = turn.state.silences
    turn.state = replace(turn.state, silences=silences + 1)
    if silences == 0:
        turn.sentence("still_there")
        reprompt(turn)
    elif silences == 1:
        offer_keys(turn)
    elif turn.script.hours.is_open(turn.now.local) and not turn.state.failures:
        handing.person(turn, reason="silence")
    else:
        turn.sentence("goodbye_silence")
        agenda.part(turn, Outcome.NO_INPUT, "silence")
