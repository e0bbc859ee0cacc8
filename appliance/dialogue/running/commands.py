"""What callers may say at any time, whatever was asked: louder, again, a person, from the start."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from appliance.dialogue.running import agenda, handing, prompts, wording
from appliance.dialogue.running.means import Command, Request, command
from appliance.dialogue.running.turn import Turn
from appliance.dialogue.state import Waiting

_LOUDER: Final = 6.0
"""dB of one step."""
_LOUDEST: Final = 12.0
_SLOWER: Final = 0.85
_SLOWEST: Final = 0.6
_FASTEST: Final = 1.4
_WAITING: Final = 10.0
"""Times the usual silence that a caller who asked for a moment is given."""
_TITLES: Final = 5
"""Requests that are named to a caller who asks what can be done."""


def said(turn: Turn, text: str) -> tuple[Command | None, float]:
    """Return the command that a normalised text is, with the confidence in it."""
    return command(text, turn.script.language)


def perform(turn: Turn, wanted: Command) -> None:
    """Do what the caller wants at once; the turn is settled or goes on with a process."""
    state = turn.state
    match wanted:
        case Command.LOUDER:
            _speak(turn, state.speed, min(_LOUDEST, state.gain + _LOUDER))
        case Command.QUIETER:
            _speak(turn, state.speed, max(-_LOUDEST, state.gain - _LOUDER))
        case Command.SLOWER:
            _speak(turn, max(_SLOWEST, round(state.speed * _SLOWER, 3)), state.gain)
        case Command.FASTER:
            _speak(turn, min(_FASTEST, round(state.speed / _SLOWER, 3)), state.gain)
        case Command.REPEAT:
            agenda.repeat_said(turn, state.said)
        case Command.PERSON:
            person(turn)
        case Command.GOODBYE:
            agenda.enter(turn, turn.script.farewell)
        case Command.WAIT:
            turn.sentence("wait")
            turn.listen(_WAITING)
        case Command.HELP:
            _help(turn)
        case Command.RESTART:
            agenda.forget(turn)
            agenda.close(turn, "abandoned", "declined")
            _start_over(turn, "restart")
        case Command.CANCEL:
            _cancel(turn)


def person(turn: Turn) -> None:
    """Put the caller through to a person because they want it."""
    script = turn.script
    intent = next((i.name for i in script.intents.values() if i.process == script.person), "")
    if intent:
        agenda.start(turn, Request(intent, 1.0))
    else:
        handing.person(turn)


def _speak(turn: Turn, speed: float, gain: float) -> None:
    turn.state = replace(turn.state, speed=speed, gain=gain)
    agenda.repeat_said(turn, turn.state.said)


def _help(turn: Turn) -> None:
    if turn.state.waiting is not Waiting.REQUEST:
        turn.sentence("help_question")
        turn.ask_again()
        return
    script = turn.script
    commands = {script.person, script.farewell}
    titles = [
        prompts.title(script, intent.name)
        for intent in script.intents.values()
        if intent.process not in commands and not turn.means.is_command(intent.process)
    ]
    titles = list(dict.fromkeys(titles))[:_TITLES]
    if titles:
        *most, last = titles
        joint = f" {wording.OR.get(script.language[:2], 'or')} "
        turn.sentence("help", titles=joint.join([", ".join(most), last]) if most else last)
    turn.say(script.keypad.hint)
    turn.listen()


def _start_over(turn: Turn, sentence: str) -> None:
    turn.state = replace(
        turn.state, process="", step=0, slots=(), back=None, misses=0, frames=(), agenda=(),
        proving=None, secrets=(), guess=("", ()), options=(), until=-1, changed=(),
    )  # fmt: skip
    turn.sentence(sentence)
    turn.ask(turn.script.sentences["request"], Waiting.REQUEST)


def _cancel(turn: Turn) -> None:
    """Stop the request under way; what it has written stays written, and a person is told so."""
    if turn.state.task.writes:
        handing.person(turn, "cannot_change")
    elif turn.state.process:
        turn.sentence("cancelled")
        agenda.finish(turn, "abandoned", "declined")
    else:
        _start_over(turn, "cancelled")
