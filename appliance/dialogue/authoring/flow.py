"""Following a process's operations: steps that nobody reaches, circles that never listen."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TypeVar

from appliance.dialogue.script import (
    AskOp,
    AuthenticateOp,
    CallOp,
    EndOp,
    JumpOp,
    Op,
    ResumeOp,
    RunOp,
    TransferOp,
    UnlessOp,
)

_Node = TypeVar("_Node", int, str)


def following(ops: Sequence[Op], at: int) -> tuple[int, ...]:
    """Return the operations that may follow operation `at`."""
    op = ops[at]
    if isinstance(op, JumpOp):
        return (op.target,)
    if isinstance(op, UnlessOp):
        return (at + 1, op.target)
    if isinstance(op, TransferOp):
        return (op.failed,) if op.failed >= 0 else ()
    if isinstance(op, EndOp | ResumeOp) or (isinstance(op, RunOp) and not op.returns):
        return ()
    return (at + 1, *(target for target in _aside(op) if target >= 0))


def _aside(op: Op) -> tuple[int, ...]:
    """Return the operations that may follow where it does not go the usual way; -1 is none."""
    if isinstance(op, AskOp):
        return (op.unknown,)
    if isinstance(op, AuthenticateOp):
        return (op.failed,)
    if isinstance(op, CallOp):
        return (op.nothing, op.failed, op.pending)
    return ()


def check_flow(ops: Sequence[Op], asking: Container[str] = ()) -> list[tuple[int, str]]:
    """Return (operation, reason) for every author's step that is never reached or never listens.

    `asking` are the processes that ask something before they come back.

    The end that is added behind the last step, and jumps that the compiler added, may be
    unreachable.
    """
    reached: set[int] = set()
    waiting = [0]
    while waiting:
        at = waiting.pop()
        if at not in reached:
            reached.add(at)
            waiting.extend(following(ops, at))
    found: list[tuple[int, str]] = []
    told = False
    for at, op in enumerate(ops[:-1]):
        if at in reached:
            told = False
        elif not told and not isinstance(op, JumpOp):
            told = True
            found.append((at, "this step is never reached"))
    closed = _circle(ops, asking)
    if closed is not None:
        found.append((closed, "these steps go in a circle without asking the caller anything"))
    return found


def _circle(ops: Sequence[Op], asking: Container[str]) -> int | None:
    """Return an operation on a circle that holds neither question nor transfer."""
    left = {at: set(following(ops, at)) for at, op in enumerate(ops) if not _waits(op, asking)}
    return circle(left)


def _waits(op: Op, asking: Container[str]) -> bool:
    """Whether the caller has a say in how often it is done; a system that is asked has none."""
    return isinstance(op, AskOp | TransferOp) or (isinstance(op, RunOp) and op.process in asking)


def circle(leads: Mapping[_Node, Iterable[_Node]]) -> _Node | None:
    """Return a node on a circle of a directed graph, or None where there is none."""
    left = {node: set(after) for node, after in leads.items()}
    while True:
        ends = [node for node, after in left.items() if not after & left.keys()]
        if not ends:
            break
        for node in ends:
            del left[node]
    if not left:
        return None
    # Every node that is left leads to a circle: walk until one is met twice.
    seen: list[_Node] = []
    node = min(left)
    while node not in seen:
        seen.append(node)
        node = min(left[node] & left.keys())
    return node
