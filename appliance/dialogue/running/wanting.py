"""What an utterance asks for, wherever the conversation stands: requests, commands, yes and no."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from appliance.dialogue.events import Heard
from appliance.dialogue.running import agenda, commands
from appliance.dialogue.running.means import Found, Reading, Request, after_no
from appliance.dialogue.running.turn import Turn
from appliance.dialogue.script import Slot, SlotKind
from appliance.dialogue.text import normalise

CLEAR: Final = 0.72
"""Confidence from which what names something is taken without asking."""
ANSWER: Final = 0.45
"""Confidence from which a yes or no is taken."""
COMMAND: Final = 0.75
"""Confidence from which a caller who was asked something else gets another request."""
RIVAL: Final = 0.25
"""Confidence of a second request from which the caller is asked which of the two."""
_DEAF: Final = 0.55
"""Confidence in an answer that makes sense, but that the recogniser was not at all sure of."""
_EXACT: Final = 0.95
"""Confidence in a command of the engine's own that goes before the author's requests."""


def trusted(reading: Reading, heard: Heard) -> Reading:
    """Return a reading with the confidence that the engine acts on.

    A recogniser is modest: what it was hardly sure of is still mostly right where it makes sense
    as an answer. How sure the meaning is counts in full, how sure the sound is only in part.
    """
    top = max([0.05, heard.confidence, *(sure for _, sure in heard.alternatives)])
    meant = min(1.0, reading.confidence / min(1.0, top))
    return replace(reading, confidence=meant * (_DEAF + (1.0 - _DEAF) * min(1.0, top)))


def yes_no(turn: Turn, heard: Heard) -> Reading:
    """Return "yes", "no" or nothing, over all that the recogniser offers."""
    found = turn.means.slots.read(Slot("", SlotKind.YES_NO), heard, turn.now.local)
    return trusted(found, heard)


def triage(turn: Turn, heard: Heard) -> Found:
    """Return what the caller may want, as far as the script has it; there is always a first."""
    if heard in turn.found:
        return turn.found[heard]
    found = turn.means.understanding.triage(heard, turn.now.local)
    known = turn.script.intents
    candidates = tuple(each for each in found.candidates if each.intent in {"", *known})
    others = tuple(each for each in found.agenda if each.intent in known)
    turn.found[heard] = Found(candidates or (Request(),), others)
    return turn.found[heard]


def everywhere(turn: Turn, heard: Heard) -> Request:
    """Return what was said of the requests that are understood at any question, if anything."""
    best = triage(turn, heard).candidates[0]
    intent = turn.script.intents.get(best.intent)
    return best if intent is not None and intent.everywhere else Request()


def rest(turn: Turn, heard: Heard) -> Found:
    """Return the requests that follow a leading yes or no."""
    said = after_no(normalise(heard.text), turn.script.language)
    return triage(turn, Heard(said, heard.confidence)) if said else Found((Request(),))


def start(turn: Turn, wanted: Request, further: tuple[Request, ...] = ()) -> None:
    """Begin a request that was said, and those that were said with it."""
    agenda.start(turn, wanted, further)
    turn.understood(wanted.intent, wanted.confidence, dict(wanted.slots))


def command_said(turn: Turn, heard: Heard, rival: Request, least: float = COMMAND) -> bool:
    """Carry out a command of the engine's own, unless the author's request is surer."""
    wanted, sure = commands.said(turn, normalise(heard.text))
    if wanted is None or sure < least:
        return False
    intent = turn.script.intents.get(rival.intent)
    own = intent is not None and intent.everywhere and rival.confidence >= COMMAND
    if own or (sure < _EXACT and rival.intent and rival.confidence >= sure):
        return False
    commands.perform(turn, wanted)
    turn.understood(str(wanted), sure)
    return True


def rival_of(turn: Turn, found: Found) -> Request | None:
    """Return the second request where it is as likely as the first, and something else."""
    wanted = found.candidates[0]
    others = [each for each in found.candidates[1:] if each.intent]
    if not wanted.intent or not others or wanted.confidence >= CLEAR:
        return None
    second, intents = others[0], turn.script.intents
    near = wanted.confidence - second.confidence < turn.script.limits.close
    differs = intents[second.intent].process != intents[wanted.intent].process
    return second if near and differs and second.confidence >= RIVAL else None
