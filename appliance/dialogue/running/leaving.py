"""The caller has gone: what was begun is completed or taken back, and documented, unheard.

CallerLeft ─► what is under way is waited for ─► completes: its steps, as far as nothing is asked
                                              └► else: the `undo` of each write, the last one first
           ─► Document ─► Gone
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from appliance.dialogue.actions import Gone
from appliance.dialogue.running import agenda, thinking
from appliance.dialogue.running.turn import Turn
from appliance.dialogue.script import (
    AskOp,
    AuthenticateOp,
    CallOp,
    EndOp,
    NoteOp,
    ResumeOp,
    TransferOp,
)
from appliance.dialogue.state import Purpose, Waiting, Write
from appliance.dialogue.values import Json


def leave(turn: Turn, *, handed_over: bool) -> None:
    """Begin to bring everything to its end; the driver goes on until `Gone`."""
    state = turn.state
    if state.left or state.waiting is Waiting.OVER:
        turn.state = replace(state, left=True)
        if state.pending is not None and state.left:
            turn.wait_on()
        else:
            _gone(turn)
        return
    if handed_over:
        agenda.close(turn, "handed-over", state.task.reason)
        _gone(turn)
        return
    thinking.drop(turn)
    state = turn.state
    back = state.back
    if back is not None and back.task.process:
        task = state.task
        if (task.process, task.turns) != (back.task.process, back.task.turns):
            agenda.close(turn, "abandoned", "caller-left")
            task = back.task
        state = replace(
            back, ids=state.ids, turns=state.turns, level=state.level, task=task,
            results=agenda.as_known(turn, back.results),
            pending=state.pending if task is state.task else None,
        )  # fmt: skip
    turn.state = replace(state, left=True, keys="", guess=("", ()), proving=None, secrets=())
    if turn.state.pending is not None:
        turn.wait_on()


def _gone(turn: Turn) -> None:
    turn.state = replace(turn.state, waiting=Waiting.OVER, left=True, pending=None)
    turn.actions.append(Gone())


def step(turn: Turn, operate: Callable[[Turn], None]) -> None:
    """Do the next thing for a caller who has left."""
    state, script = turn.state, turn.script
    if state.undoing:
        _undo(turn, state.undoing[0])
        return
    process = script.processes.get(state.task.process)
    if process is None or not process.completes:
        undoing = tuple(write for write in reversed(state.task.writes) if write.undo)
        if undoing:
            kept = tuple(write for write in state.task.writes if not write.undo)
            turn.state = replace(state, undoing=undoing, task=replace(state.task, writes=kept))
        else:
            _stop(turn)
        return
    op = turn.op()
    if isinstance(op, EndOp) and not (state.frames and op.resolution == "resolved"):
        agenda.close(turn, op.resolution)
        _gone(turn)
    elif op is None or not _can(turn):
        _stop(turn)
    else:
        operate(turn)


def _can(turn: Turn) -> bool:
    """Return whether the next step can be done without the caller."""
    op, state = turn.op(), turn.state
    name = op.connector if isinstance(op, CallOp | NoteOp) else ""
    connector = turn.script.connectors.get(name)
    if max(turn.needs(), connector.level if connector else turn.needs()) > state.level:
        return False
    if isinstance(op, AskOp):
        return op.slot in dict(state.slots) and not (op.confirm and op.slot in state.told)
    if isinstance(op, AuthenticateOp):
        return state.level >= op.level
    return not isinstance(op, TransferOp | ResumeOp)


def _stop(turn: Turn) -> None:
    agenda.close(turn, "abandoned", "caller-left")
    _gone(turn)


def _undo(turn: Turn, write: Write) -> None:
    turn.state = replace(turn.state, undoing=turn.state.undoing[1:])
    connector = turn.script.connectors.get(write.undo)
    if connector is None:
        return
    row: Mapping[str, Json] = write.result if isinstance(write.result, Mapping) else {}
    named: dict[str, Json] = {"result": write.result, write.variable: write.result}
    known = {**write.arguments, **named, **row}
    given = {name: known.get(name) for name in connector.parameters}
    turn.invoke(Purpose.UNDO, connector.name, given)
