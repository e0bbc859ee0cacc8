"""What the language model has answered: judged, then spoken, begun or filled in; or nothing at all.

Thought ──────► judge: a clause of an answer that a document bears out is spoken, else it is not
ThoughtOver ──► judge: a declared request is begun, a declared slot filled, a short question asked
ThoughtFailed ► the built-in path for the same utterance, as if there were no model
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from appliance.dialogue.events import Heard, Thought, ThoughtFailed, ThoughtOver
from appliance.dialogue.model import Answering, Choice, Judge, Verdict
from appliance.dialogue.running import agenda, commands, hearing, missing, thinking
from appliance.dialogue.running.turn import Turn
from appliance.dialogue.state import Purpose, Thinking, Waiting

PURPOSES: Final = frozenset({Purpose.TRIAGE, Purpose.VALUE})
_NEXT: Final = 12.0
"""Seconds until the next clause must have come."""


def take(turn: Turn, purpose: Purpose, event: Thought | ThoughtOver | ThoughtFailed) -> None:
    """Go on with what has come of a thought that is waited for."""
    held, judge, pending = turn.state.thinking, turn.means.judge, turn.state.pending
    if held is None or judge is None or pending is None:
        turn.state = replace(turn.state, pending=None, thinking=None, waiting=Waiting.REQUEST)
        missing.miss(turn)
        return
    if isinstance(event, Thought):
        if purpose is Purpose.TRIAGE:
            answering, text = judge.clause(_answering(held), event.text)
            held = replace(
                held, source=answering.source, said=answering.said, held=answering.held,
                refused=answering.refused,
            )  # fmt: skip
            turn.say_plainly(text)
        turn.await_thought(replace(pending, until=turn.now.seconds + _NEXT), held)
        return
    turn.state = replace(turn.state, pending=None, thinking=None, waiting=held.waiting)
    heard = Heard(held.text, held.confidence, held.alternatives)
    if purpose is Purpose.VALUE:
        _value(turn, judge, heard, event)
    elif held.said:
        _answered(turn, held, broken=held.refused or isinstance(event, ThoughtFailed))
    elif isinstance(event, ThoughtFailed):
        hearing.guess(turn, heard)
    else:
        _triage(turn, judge, heard, held, event)


def _answering(held: Thinking) -> Answering:
    return Answering(held.text, held.source, held.said, held.held, held.refused)


def _answered(turn: Turn, held: Thinking, *, broken: bool) -> None:
    """A question has been answered from a document, as a whole or not."""
    if broken:
        turn.sentence("broke_off")
    thinking.document(turn, held, "resolved")
    agenda.finish(turn)


def _triage(turn: Turn, judge: Judge, heard: Heard, held: Thinking, event: ThoughtOver) -> None:
    choice = judge.triage(event.calls, heard, turn.now.local, turn.values())
    requests = choice.requests
    if choice.verdict is Verdict.PERSON:
        commands.person(turn)
    elif choice.verdict is Verdict.REQUESTS and requests:
        if requests[0].confidence >= turn.script.limits.sure:
            agenda.start(turn, requests[0], requests[1:])
        else:
            agenda.confirm_request(turn, requests[0])
    elif choice.verdict is Verdict.UNSURE and len(requests) > 1:
        agenda.which(turn, requests[0], requests[1])
    elif question := judge.question(_answering(held)):
        turn.say_plainly(question)
        turn.listen()
    else:
        hearing.guess(turn, heard)


def _value(turn: Turn, judge: Judge, heard: Heard, event: ThoughtOver | ThoughtFailed) -> None:
    slot = turn.slot()
    choice = Choice(Verdict.INVALID)
    if slot is not None and isinstance(event, ThoughtOver):
        choice = judge.fill(slot, event.calls, heard, turn.now.local, turn.known())
    if choice.verdict is Verdict.PERSON:
        commands.person(turn)
    elif slot is None or choice.verdict is not Verdict.FILLED:
        missing.miss(turn)
    elif choice.sure:
        hearing.accept(turn, slot, choice.value, 1.0)
    else:
        turn.state = replace(turn.state, misses=0)
        turn.confirm_slot(choice.value)
