"""Carrying out the operations of a process until somebody else has the next word.

A process ends: a jump back forgets the answers it jumps over, so that every circle holds a
question, and processes do not go on with one another in a circle (authoring/flow.py). The levels
of process, request and connector are checked ahead of every operation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from appliance.contracts.outcome import Outcome
from appliance.dialogue import hours, templates, values
from appliance.dialogue.actions import Note
from appliance.dialogue.connectors import Level
from appliance.dialogue.events import Result, Status
from appliance.dialogue.running import agenda, authenticating, handing, leaving, prompts
from appliance.dialogue.running.turn import Turn
from appliance.dialogue.script import (
    AskOp,
    AuthenticateOp,
    CallOp,
    EndOp,
    HoursOp,
    JumpOp,
    NoteOp,
    Op,
    ResumeOp,
    RunOp,
    SayOp,
    SetOp,
    TransferOp,
    UnlessOp,
)
from appliance.dialogue.state import Purpose, Waiting, Write
from appliance.dialogue.values import Json

_MOST: Final = 2000
"""Operations of one turn; a script that has been checked never comes near."""


def run(turn: Turn) -> None:
    """Carry out operations until the caller, a connector or nobody has the next word."""
    for _ in range(_MOST):
        if turn.settled:
            return
        state = turn.state
        if state.left:
            leaving.step(turn, _operate)
        elif state.proving is not None:
            authenticating.go_on(turn, state.proving)
        else:
            _operate(turn)
    turn.sentence("goodbye_failed")
    agenda.part(turn, Outcome.FAILED, "system-down")


def _operate(turn: Turn) -> None:
    op = turn.op()
    if _level(turn, op) > turn.state.level:
        authenticating.begin(turn, _level(turn, op))
        return
    again = turn.state.until >= 0
    if again and turn.state.step >= turn.state.until:
        turn.state = replace(turn.state, until=-1, changed=())
        again = False
    if isinstance(op, SayOp | HoursOp | NoteOp):
        turn.go(turn.state.step + 1)
        if not again:
            _tell(turn, op)
    elif isinstance(op, AskOp):
        _ask(turn, op)
    elif isinstance(op, SetOp):
        _set(turn, op)
    elif isinstance(op, UnlessOp):
        turn.go(turn.state.step + 1 if turn.holds(op.condition) else op.target)
    elif isinstance(op, JumpOp):
        _jump(turn, op)
    elif isinstance(op, CallOp):
        _call(turn, op, again=again)
    else:
        _leave(turn, op)


def _level(turn: Turn, op: Op | None) -> Level:
    """Return how well the caller must be known for an operation."""
    needed = turn.needs()
    name = op.connector if isinstance(op, CallOp | NoteOp) else ""
    connector = turn.script.connectors.get(name)
    return max(needed, connector.level) if connector else needed


def _tell(turn: Turn, op: SayOp | HoursOp | NoteOp) -> None:
    if isinstance(op, SayOp):
        turn.say(op.text)
    elif isinstance(op, HoursOp):
        asked = dict(turn.state.slots).get(op.slot, "")
        for text in hours.answer(turn.script.hours, asked, turn.now.local, turn.script.language):
            turn.say(text)
    else:
        _note(turn, op)


def _note(turn: Turn, op: NoteOp) -> None:
    known = turn.values()
    fields = tuple((name, prompts.written(turn.means, text, known)) for name, text in op.fields)
    turn.actions.append(Note(op.kind, fields))
    turn.state = replace(turn.state, task=replace(turn.state.task, noted=op.kind))
    connector = turn.script.connectors.get(op.connector)
    if connector is not None:
        given: dict[str, Json] = dict(fields)
        write = Write(connector.name, names=tuple(sorted(_holes(op.fields))))
        turn.invoke(Purpose.NOTE, connector.name, given, write)


def _ask(turn: Turn, op: AskOp) -> None:
    known = {**dict(turn.state.slots), **dict(turn.state.secrets)}
    if op.slot in known and op.confirm and op.slot in turn.state.told:
        turn.confirm_slot(known[op.slot])
    elif op.slot in known:
        turn.go(turn.state.step + 1)
    else:
        if op.slot not in turn.state.changed:
            turn.state = replace(turn.state, until=-1, changed=())
        turn.ask(op.prompt, Waiting.SLOT)


def _set(turn: Turn, op: SetOp) -> None:
    value = turn.evaluate(op.value)
    state = turn.state
    if op.name in turn.script.slots:
        text = values.text(value)
        kept = {name: each for name, each in state.slots if name != op.name}
        slots = {**kept, op.name: text} if text else kept
        turn.state = replace(state, slots=tuple(sorted(slots.items())))
    else:
        turn.state = replace(state, results={**state.results, op.name: plain(value)})
    if {name.partition(".")[0] for name in op.value.names} & set(state.changed):
        turn.state = replace(turn.state, changed=(*state.changed, op.name))
    turn.go(state.step + 1)


def _jump(turn: Turn, op: JumpOp) -> None:
    """Jump; what was answered on the way from the target is forgotten, and asked again."""
    ops = turn.script.processes[turn.state.process].ops
    passed = {each.slot for each in ops[op.target : turn.state.step] if isinstance(each, AskOp)}
    slots = tuple(item for item in turn.state.slots if item[0] not in passed)
    turn.state = replace(turn.state, slots=slots)
    turn.go(op.target)


def uses(op: CallOp | NoteOp) -> set[str]:
    """Return the slots and variables that a step hands to a connector."""
    if isinstance(op, NoteOp):
        return _holes(op.fields)
    found: set[str] = set()
    for _, given in op.arguments:
        names = templates.holes(given) if isinstance(given, str) else tuple(given.names)
        found |= {name.partition(".")[0] for name in names}
    return found


def _holes(fields: tuple[tuple[str, str], ...]) -> set[str]:
    return {hole.partition(".")[0] for _, text in fields for hole in templates.holes(text)}


def _call(turn: Turn, op: CallOp, *, again: bool) -> None:
    connector = turn.script.connectors.get(op.connector)
    if connector is None:
        _unavailable(turn, op)
        return
    if again and not uses(op) & set(turn.state.changed):
        turn.go(turn.state.step + 1)
        return
    given = authenticating.arguments(turn, op.arguments)
    if again and op.result:
        turn.state = replace(turn.state, changed=(*turn.state.changed, op.result))
    write = None
    if connector.write:
        names = tuple(sorted(uses(op)))
        hidden = {value for _, value in turn.state.secrets}
        kept = {
            name: value
            for name, value in given.items()
            if name not in connector.private and values.text(value) not in hidden
        }
        write = Write(connector.name, op.undo, kept, None, op.result, names)
    turn.invoke(Purpose.CALL, connector.name, given, write)


def result(turn: Turn, purpose: Purpose, write: Write | None, event: Result) -> None:
    """Go on with the answer to a `call` step, or to what a note hands on."""
    if write is not None and event.status is Status.UNAVAILABLE and event.reason == TIME:
        event = replace(event, status=Status.PENDING)  # it lies in the outbox
    if write is not None and event.status in {Status.DONE, Status.PENDING}:
        task = turn.state.task
        done = replace(write, result=plain(event.value), pending=event.status is Status.PENDING)
        turn.state = replace(turn.state, task=replace(task, writes=(*task.writes, done)))
    op = turn.op()
    if purpose is not Purpose.CALL or not isinstance(op, CallOp):
        return
    variables = {name: value for name, value in turn.state.results.items() if name != op.result}
    if op.result and event.status is Status.DONE and event.value is not None:
        variables[op.result] = plain(event.value)
    turn.state = replace(turn.state, results=variables)
    following = turn.state.step + 1
    empty = event.status is Status.DONE and write is None and _empty(event.value)
    if event.status is Status.NOTHING or empty:
        turn.go(op.nothing if op.nothing >= 0 else following)
    elif event.status is Status.DONE:
        turn.go(following)
    elif event.status is Status.PENDING:
        turn.go(op.pending if op.pending >= 0 else following)
    else:
        _unavailable(turn, op)


TIME: Final = "no answer in time"
"""Reason of a result that the engine made up because none came."""


def _empty(value: Json) -> bool:
    """Whether an answer holds no row."""
    return value is None or (isinstance(value, Mapping) and value.get("rows") in ([], ()))


def _unavailable(turn: Turn, op: CallOp) -> None:
    if op.failed >= 0:
        turn.go(op.failed)
    elif turn.state.left:
        task = replace(turn.state.task, reason="system-down")
        turn.state = replace(turn.state, process="", step=0, task=task)
    else:
        handing.person(turn, "system_down", "system-down")


def plain(value: Json, depth: int = values.DEEPEST) -> Json:
    """Return a value as it is kept: lists and tables of plain values, cut off where too deep."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return values.number(value)
    if depth == 0:
        return None
    if isinstance(value, Mapping):
        return {str(name): plain(each, depth - 1) for name, each in value.items()}
    return [plain(each, depth - 1) for each in value]


def _leave(turn: Turn, op: Op | None) -> None:
    """Carry out an operation after which the process does not go on by itself."""
    if isinstance(op, AuthenticateOp):
        if turn.state.level < op.level:
            authenticating.begin(turn, op.level, op.failed)
        else:
            turn.go(turn.state.step + 1)
    elif isinstance(op, TransferOp):
        handing.transfer(turn, op)
    elif isinstance(op, RunOp):
        frames = turn.state.frames
        if op.returns:
            frames = (*frames, (turn.state.process, turn.state.step + 1))
        turn.state = replace(turn.state, process=op.process, step=0, frames=frames, until=-1)
    elif isinstance(op, ResumeOp):
        if not agenda.resume(turn, repeat=op.repeat):
            agenda.finish(turn)
    elif isinstance(op, EndOp) and op.hang_up:
        agenda.forget(turn)
        agenda.close(turn, op.resolution)
        turn.hang_up(Outcome.COMPLETED)
    else:
        _end(turn, op.resolution if isinstance(op, EndOp) else "resolved")


def _end(turn: Turn, resolution: str) -> None:
    if turn.state.frames and resolution == "resolved":
        *frames, (process, step) = turn.state.frames
        turn.state = replace(turn.state, process=process, step=step, frames=tuple(frames))
    else:
        agenda.finish(turn, resolution)
