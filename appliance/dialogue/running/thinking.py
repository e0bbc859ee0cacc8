"""Asking the language model about an utterance that the built-in understanding is not sure of.

hearing.py ─► ask: Think + Await ─ ─ ─► thoughts.py
           ─► drop: the caller talks on, and counts more than an answer to what they said before
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from appliance.dialogue.events import Heard
from appliance.dialogue.running import agenda
from appliance.dialogue.running.turn import Turn
from appliance.dialogue.state import Pending, Purpose, Task, Thinking

_FIRST: Final = 4.0
"""Seconds until something must have come; the shell gives the model up before."""
ANSWER: Final = "answer"
"""What a request is called in the record that was an answer from the site's documents."""


def ask(turn: Turn, heard: Heard, purpose: Purpose) -> bool:
    """Ask what was meant; False where there is no language model or it may not."""
    prompter, state, slot = turn.means.prompter, turn.state, turn.slot()
    if prompter is None:
        return False
    if purpose is Purpose.TRIAGE:
        prompt = prompter.triage(state, heard, turn.now.local)
    elif slot is not None:
        prompt = prompter.fill(state, slot, heard, turn.now.local)
    else:
        prompt = None
    if prompt is None:
        return False
    name = f"t{state.ids + 1}"
    thinking = Thinking(state.waiting, heard.text, heard.confidence, heard.alternatives)
    turn.actions.append(prompt.think(name))
    turn.await_thought(Pending(name, purpose, turn.now.seconds + _FIRST), thinking)
    return True


def drop(turn: Turn) -> bool:
    """Stop thinking, and stand again where the caller was asked; False where nobody thinks."""
    thinking = turn.state.thinking
    if thinking is None or turn.state.pending is None:
        return False
    turn.state = replace(
        turn.state, pending=None, thinking=None, waiting=thinking.waiting, hidden=False
    )
    if thinking.said:
        document(turn, thinking, "resolved")
    return True


def document(turn: Turn, thinking: Thinking, resolution: str, reason: str = "") -> None:
    """Keep that a question was answered from a document, and from which."""
    task = Task(ANSWER, "", max(0, turn.state.turns - 1), source=thinking.source)
    turn.state = replace(turn.state, task=task)
    agenda.close(turn, resolution, reason)
