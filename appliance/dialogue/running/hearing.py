"""What a caller who speaks means, at each place of the conversation.

Heard -> emergency? -> command? -> answer to what was asked -> correction -> else another request
      -> the language model, where there is one -> else asked again
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from appliance.dialogue.events import Heard
from appliance.dialogue.running import (
    agenda,
    authenticating,
    choosing,
    commands,
    correcting,
    handing,
    missing,
    prompts,
    thinking,
)
from appliance.dialogue.running.means import Command, Found, Reading, unknown
from appliance.dialogue.running.turn import Question, Turn, is_named
from appliance.dialogue.running.wanting import (
    ANSWER,
    CLEAR,
    COMMAND,
    RIVAL,
    command_said,
    everywhere,
    rest,
    rival_of,
    start,
    triage,
    trusted,
    yes_no,
)
from appliance.dialogue.script import Slot, SlotKind
from appliance.dialogue.state import Purpose, Waiting
from appliance.dialogue.text import normalise
from appliance.dialogue.understanding.classify import courteous

_WORDS: Final = 6
"""Most words of a command where free speech is asked for."""
_OTHER: Final = re.compile(r"\b(?:other|ander(?:e|er|en|es)) ?(?:one)?$")
"""How a caller who was asked about one of two says that it is the other."""
_DOUBT: Final = 0.5
"""Part of the confidence in an answer that one as likely, with another value, takes from it where
the recogniser was not at all sure; where it was, the meaning has been weighed already."""
_OTHERS: Final = 2
"""Further readings of an answer that are asked about, one after the other."""
_REFUSAL: Final = 3
"""Most words of a no that refuses a request of the agenda: "no thank you"."""
_THANKS: Final = ("thank", "dank")


def hear(turn: Turn, heard: Heard) -> None:
    """Do what an utterance asks for; the turn may go on with a process."""
    state = turn.state
    turn.state = replace(state, silences=0, keys="", turns=state.turns + 1)
    if not state.emergency and turn.means.understanding.emergency(heard):
        give_up(turn)
        handing.emergency(turn)
        turn.understood("emergency", 1.0)
        return
    _PLACES.get(state.waiting, _answer)(turn, heard)


def _transferred(turn: Turn, _heard: Heard) -> None:
    turn.understood("none", 0.0)
    turn.listen()


def _working(turn: Turn, heard: Heard) -> None:
    """Wait on, unless the caller wants a person or to end the call, or talks over an answer."""
    pending, script = turn.state.pending, turn.script
    if pending is not None and thinking.drop(turn):
        _PLACES.get(turn.state.waiting, _answer)(turn, heard)
        return
    wanted, sure = commands.said(turn, normalise(heard.text))
    other = everywhere(turn, heard)
    process = script.intents[other.intent].process if other.intent else ""
    leaves = process in {script.person, script.farewell} and other.confidence >= COMMAND
    named = wanted in {Command.PERSON, Command.GOODBYE} and sure >= COMMAND
    if pending is None or pending.purpose is Purpose.UNDO or not (leaves or named):
        turn.understood("none", 0.0)
        turn.wait_on()
        return
    give_up(turn)
    if leaves:
        start(turn, other)
    else:
        commands.perform(turn, wanted or Command.PERSON)
        turn.understood(str(wanted), sure)


def give_up(turn: Turn) -> None:
    """Wait no longer for what was asked; a write lies in the outbox, whatever comes back."""
    thinking.drop(turn)
    pending, task = turn.state.pending, turn.state.task
    if pending is not None and pending.write is not None:
        task = replace(task, writes=(*task.writes, replace(pending.write, pending=True)))
    turn.state = replace(turn.state, pending=None, proving=None, secrets=(), task=task)


def request(turn: Turn, heard: Heard) -> None:
    """The caller says what they want."""
    found = triage(turn, heard)
    wanted = found.candidates[0]
    answer = yes_no(turn, heard) if turn.state.greeted else Reading()
    limits = turn.script.limits
    sure = wanted.confidence if wanted.intent else 0.0
    if answer.value and answer.confidence >= max(sure, ANSWER):
        following = rest(turn, heard)
        follows = following.candidates[0]
        if follows.intent and follows.confidence >= limits.sure:
            start(turn, follows, following.agenda)
        elif answer.value == "no":
            agenda.enter(turn, turn.script.farewell)
            turn.understood("no", answer.confidence)
        else:
            turn.ask(turn.script.sentences["request"], Waiting.REQUEST)
            turn.understood("yes", answer.confidence)
    elif command_said(turn, heard, wanted):
        return
    elif wanted.intent and wanted.confidence >= limits.sure and not rival_of(turn, found):
        start(turn, wanted, found.agenda)
    elif _unclear(turn, heard) and thinking.ask(turn, heard, Purpose.TRIAGE):
        turn.understood(wanted.intent or "none", wanted.confidence, dict(wanted.slots))
    else:
        guess(turn, heard, found)


def _unclear(turn: Turn, heard: Heard) -> bool:
    """Whether something was said that is more than a courtesy."""
    text = normalise(heard.text)
    return bool(text) and not courteous(text, turn.script.language)


def guess(turn: Turn, heard: Heard, found: Found | None = None) -> None:
    """Ask about what is not sure, by the built-in understanding alone."""
    found = found or triage(turn, heard)
    wanted, limits, text = found.candidates[0], turn.script.limits, normalise(heard.text)
    rival = rival_of(turn, found)
    if rival is not None:
        agenda.which(turn, wanted, rival)
        turn.understood(wanted.intent, wanted.confidence, dict(wanted.slots))
    elif wanted.intent and wanted.confidence >= limits.guess:
        agenda.confirm_request(turn, wanted)
        turn.understood(wanted.intent, wanted.confidence, dict(wanted.slots))
    elif courteous(text, turn.script.language):
        _greeted(turn, text)
    else:
        missing.miss(turn)
        turn.understood("none", wanted.confidence)


def _greeted(turn: Turn, text: str) -> None:
    """Answer a "hello" by what can be asked for, and a "thank you" at the end by a goodbye."""
    if turn.state.greeted and any(thanks in text for thanks in _THANKS):
        agenda.enter(turn, turn.script.farewell)
    elif turn.state.misses:
        missing.miss(turn)
    else:
        turn.state = replace(turn.state, misses=1)
        turn.ask(turn.script.sentences["request"], Waiting.REQUEST)
    turn.understood("none", 1.0)


def confirm_slot(turn: Turn, heard: Heard) -> None:
    """The caller was asked whether a value was understood."""
    name, held = turn.state.guess
    answer, slot = yes_no(turn, heard), turn.script.slots.get(name)
    before = held[0][1] if held else ""
    command = everywhere(turn, heard)
    amended = None
    if slot is not None:
        amended = turn.means.slots.amend(slot, before, heard, turn.now.local, turn.known())
        amended = trusted(amended, heard) if amended else None
    if command.intent and command.confidence >= COMMAND and command.confidence > answer.confidence:
        start(turn, command)
    elif slot is None or not held:
        turn.state = replace(turn.state, guess=("", ()), waiting=Waiting.REQUEST)
    elif turn.state.others and _OTHER.search(normalise(heard.text)):
        _refused(turn, before)
        turn.understood("no", 1.0)
    elif amended and amended.value not in {"", before} and amended.confidence >= ANSWER:
        _take(turn, slot, amended)
    elif answer.value == "yes" and answer.confidence >= ANSWER:
        turn.fill(name, before)
        turn.state = replace(turn.state, waiting=Waiting.REQUEST)
        turn.understood("yes", answer.confidence)
    elif _corrected(turn, heard):
        return
    elif answer.value == "no" and answer.confidence >= ANSWER:
        _refused(turn, before)
        turn.understood("no", answer.confidence)
    elif not command_said(turn, heard, command):
        missing.miss(turn)
        turn.understood("none", answer.confidence)


def _refused(turn: Turn, value: str) -> None:
    """Ask about the next thing that the answer may have meant, else ask for another answer."""
    state = turn.state
    refused = (*state.refused, value)
    turn.state = replace(state, guess=("", ()), waiting=Waiting.SLOT, refused=refused)
    question = turn.question()
    if state.others and question is not None:
        turn.state = replace(turn.state, others=state.others[1:])
        turn.confirm_slot(state.others[0])
    else:
        turn.ask(question.prompt if question else "", Waiting.SLOT)


def _corrected(turn: Turn, heard: Heard) -> bool:
    """Go back to something told earlier, where that is what the caller corrects."""
    found = correcting.earlier(turn, heard)
    if found is None:
        return False
    slot, reading = found
    back = correcting.return_to(turn, slot)
    question = turn.question() if back and turn.state.waiting is Waiting.SLOT else None
    here = question is not None and question.slot.name == slot.name
    turn.understood("answer", reading.confidence if reading else 1.0)
    if not back:
        return True
    if reading is None:
        correcting.ask_anew(turn, slot)
        return True
    turn.sentence("changed", name=prompts.slot_title(turn.script, slot.name))
    if here:
        _take(turn, slot, reading)
    else:
        turn.fill(slot.name, reading.value)
        turn.ask_again()
    return True


def _take(turn: Turn, slot: Slot, reading: Reading) -> None:
    """Take a reading as the answer, or say what is wrong with it."""
    if reading.problem:
        missing.miss(turn, reading.problem)
        turn.understood("none", reading.confidence)
    else:
        accept(turn, slot, reading.value, reading.confidence)


def accept(turn: Turn, slot: Slot, value: str, confidence: float) -> None:
    """Take a value, or ask first where the author or the confidence wants it."""
    question = turn.question()
    wanted = question is not None and bool(question.confirm)
    if not slot.secret and (wanted or (is_named(slot) and confidence < CLEAR)):
        turn.state = replace(turn.state, misses=0, waiting=Waiting.SLOT)
        turn.confirm_slot(value)
    else:
        turn.fill(slot.name, value)
        turn.state = replace(turn.state, waiting=Waiting.REQUEST)
    intent = value if slot.kind is SlotKind.YES_NO else "answer"
    turn.understood(intent, confidence, {slot.name: value})


def _answer(turn: Turn, heard: Heard) -> None:
    """The caller was asked for a slot."""
    question = turn.question()
    if question is None:
        request(turn, heard)
        return
    slot, text = question.slot, normalise(heard.text)
    if _declined(turn, slot, heard):
        return
    reading = _read(turn, slot, heard)
    confidence = reading.confidence * (COMMAND if slot.kind is SlotKind.TEXT else 1.0)
    command = everywhere(turn, heard)
    short = slot.kind is not SlotKind.TEXT or len(text.split()) <= _WORDS
    least = COMMAND if slot.kind is not SlotKind.TEXT else 0.85
    taken = ANSWER if slot.kind is SlotKind.YES_NO else turn.script.limits.guess
    if command.intent and command.confidence >= least and short and command.confidence > confidence:
        start(turn, command)
    elif (
        (short and not _fits(reading, slot) and command_said(turn, heard, command, least))
        or _has_none(turn, question, text)
        or (slot.kind is not SlotKind.TEXT and _corrected(turn, heard))
    ):
        return
    elif reading.value and not reading.problem and confidence >= taken:
        accept(turn, slot, reading.value, confidence)
    else:
        _otherwise(turn, heard, slot, reading)


def _read(turn: Turn, slot: Slot, heard: Heard) -> Reading:
    """Return the likeliest reading that the caller has not said no to; the next are kept."""
    found = turn.means.slots.readings(slot, heard, turn.now.local, turn.known())
    readings = [trusted(each, heard) for each in found]
    fresh = [each for each in readings if each.value not in turn.state.refused] or readings
    if not fresh:
        return Reading()
    rival = max((r.confidence for r in fresh[1:] if not r.problem), default=0.0)
    share = rival / fresh[0].confidence if fresh[0].confidence > rival else 1.0
    doubt = _DOUBT * (1.0 - min(1.0, heard.confidence))
    first = replace(fresh[0], confidence=fresh[0].confidence * (1.0 - doubt * share))
    likely = [r.value for r in fresh[1:] if r.confidence >= ANSWER and not r.problem]
    others = () if slot.secret else tuple(likely[:_OTHERS])
    turn.state = replace(turn.state, others=others)
    return first if rival else fresh[0]


def _declined(turn: Turn, slot: Slot, heard: Heard) -> bool:
    """Leave a request of the agenda that is answered by nothing but a no at its first question."""
    task = turn.state.task
    if not task.later or turn.state.turns != task.turns + 1 or slot.kind is SlotKind.YES_NO:
        return False
    answer = yes_no(turn, heard)
    more = len(normalise(heard.text).split()) > _REFUSAL
    if answer.value != "no" or answer.confidence < CLEAR or more:
        return False
    turn.sentence("agenda_dropped")
    agenda.finish(turn, "abandoned", "declined")
    turn.understood("no", answer.confidence)
    return True


def _fits(reading: Reading, slot: Slot) -> bool:
    """Whether an utterance is clearly an answer, whatever else it may sound like."""
    clear = reading.confidence >= CLEAR and not reading.problem
    return bool(reading.value) and clear and slot.kind not in {SlotKind.TEXT, SlotKind.NAME}


def _has_none(turn: Turn, question: Question, text: str) -> bool:
    """Go on where the author says, if the caller does not know or has none."""
    if not unknown(text, turn.script.language):
        return False
    if question.proof:
        authenticating.fail(turn, "not-verified")
    elif question.unknown >= 0:
        turn.go(question.unknown)
        turn.state = replace(turn.state, misses=0)
    else:
        return False
    turn.understood("answer", 1.0)
    return True


def _otherwise(turn: Turn, heard: Heard, slot: Slot, reading: Reading) -> None:
    """What was said is no answer: another request, or nothing that is understood."""
    found = triage(turn, heard)
    wanted = found.candidates[0]
    if wanted.intent and wanted.confidence >= COMMAND and not reading.problem:
        start(turn, wanted, found.agenda)
    elif not slot.secret and thinking.ask(turn, heard, Purpose.VALUE):
        turn.understood("none", reading.confidence)
    else:
        missing.miss(turn, reading.problem if reading.confidence >= RIVAL else "")
        turn.understood("none", reading.confidence)


_PLACES: Final[Mapping[Waiting, Callable[[Turn, Heard], None]]] = {
    Waiting.TRANSFER: _transferred,
    Waiting.WORKING: _working,
    Waiting.REQUEST: request,
    Waiting.CONFIRM_REQUEST: choosing.confirm_request,
    Waiting.CONFIRM_SLOT: confirm_slot,
    Waiting.WHICH: choosing.which,
    Waiting.OFFER: choosing.offer,
}
"""What is done with an utterance, by what the caller was asked; else it is a slot's answer."""
