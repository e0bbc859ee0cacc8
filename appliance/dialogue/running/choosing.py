"""The caller was asked about what they want: whether it is this, which of two, whether still."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from appliance.dialogue.events import Heard
from appliance.dialogue.running import agenda, missing, prompts, wording
from appliance.dialogue.running.means import Reading, Request
from appliance.dialogue.running.turn import Turn
from appliance.dialogue.running.wanting import (
    ANSWER,
    COMMAND,
    command_said,
    rest,
    start,
    triage,
    yes_no,
)
from appliance.dialogue.script import Choice, Slot, SlotKind
from appliance.dialogue.slots.choices import Choices
from appliance.dialogue.slots.reading import Context
from appliance.dialogue.state import Waiting
from appliance.dialogue.text import normalise

_WHICH: Final = Slot("", SlotKind.CHOICE)


def confirm_request(turn: Turn, heard: Heard) -> None:
    """The caller was asked whether a guess is right."""
    guessed = Request(turn.state.guess[0], 1.0, turn.state.guess[1])
    answer, limits = yes_no(turn, heard), turn.script.limits
    found = rest(turn, heard) if answer.value else triage(turn, heard)
    other = found.candidates[0]
    again = (other.intent, other.slots) == turn.state.guess
    if answer.value == "no" and other.intent and other.confidence >= limits.sure and not again:
        start(turn, other, found.agenda)
    elif (answer.value == "yes" and answer.confidence >= ANSWER) or (
        again and other.confidence >= limits.guess and not answer.value
    ):
        turn.state = replace(turn.state, waiting=Waiting.REQUEST, guess=("", ()))
        agenda.start(turn, guessed)
        turn.understood("yes", answer.confidence or other.confidence)
    elif answer.value == "no" and answer.confidence >= ANSWER:
        turn.state = replace(turn.state, guess=("", ()))
        turn.ask(turn.script.sentences["declined"], Waiting.REQUEST)
        turn.understood("no", answer.confidence)
    elif command_said(turn, heard, other):
        return
    elif other.intent and other.confidence >= limits.sure:
        start(turn, other, found.agenda)
    else:
        missing.miss(turn)
        turn.understood("none", answer.confidence)


def which(turn: Turn, heard: Heard) -> None:
    """The caller was asked which of two requests they meant."""
    language, options = turn.script.language[:2], turn.state.options
    titles = [prompts.title(turn.script, option.intent) for option in options]
    choices = [Choice(str(at), title, (), str(at + 1)) for at, title in enumerate(titles)]
    neither = wording.NEITHER.get(language, wording.NEITHER["en"])
    context = Context(turn.now.local, turn.script.language)
    text = normalise(heard.text)
    read = Choices(choices).read(text.split(), _WHICH, context)
    chosen = max(read, key=lambda reading: reading.confidence, default=Reading())
    answer, found = yes_no(turn, heard), triage(turn, heard)
    other = found.candidates[0]
    likely = [each for each in found.candidates if each.intent in {o.intent for o in options}]
    if chosen.value and chosen.confidence >= ANSWER:
        choose(turn, int(chosen.value))
        turn.understood("answer", chosen.confidence)
    elif text in neither or (answer.value == "no" and answer.confidence >= ANSWER):
        turn.state = replace(turn.state, options=())
        turn.ask(turn.script.sentences["declined"], Waiting.REQUEST)
        turn.understood("no", max(answer.confidence, chosen.confidence))
    elif command_said(turn, heard, other):
        return
    elif likely and likely[0].confidence >= turn.script.limits.guess:
        turn.state = replace(turn.state, options=(), waiting=Waiting.REQUEST)
        start(turn, likely[0], found.agenda)
    elif other.intent and other.confidence >= turn.script.limits.sure:
        turn.state = replace(turn.state, options=(), waiting=Waiting.REQUEST)
        start(turn, other, found.agenda)
    else:
        missing.miss(turn)
        turn.understood("none", 0.0)


def choose(turn: Turn, at: int) -> None:
    """Begin one of the two requests that the caller was asked about."""
    option = turn.state.options[min(at, len(turn.state.options) - 1)]
    turn.state = replace(turn.state, options=(), waiting=Waiting.REQUEST)
    agenda.start(turn, Request(option.intent, 1.0, option.slots))


def offer(turn: Turn, heard: Heard) -> None:
    """The caller was asked whether the next request of their agenda is still wanted."""
    answer = yes_no(turn, heard)
    found = rest(turn, heard) if answer.value else triage(turn, heard)
    other = found.candidates[0]
    if other.intent and other.confidence >= COMMAND and not _same(turn, other):
        person = turn.script.intents[other.intent].process == turn.script.person
        kept = turn.state.agenda if person else ()
        turn.state = replace(turn.state, agenda=kept, waiting=Waiting.REQUEST)
        start(turn, other, found.agenda)
    elif (answer.value and answer.confidence >= ANSWER) or _same(turn, other):
        wanted = answer.value != "no"
        agenda.take_up(turn, wanted=wanted)
        turn.understood("yes" if wanted else "no", answer.confidence or other.confidence)
    elif not command_said(turn, heard, other):
        missing.miss(turn)
        turn.understood("none", 0.0)


def _same(turn: Turn, other: Request) -> bool:
    likely = other.confidence >= turn.script.limits.guess
    return bool(turn.state.agenda) and other.intent == turn.state.agenda[0].intent and likely
