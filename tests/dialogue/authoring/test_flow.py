import pytest

from appliance.dialogue.authoring.flow import check_flow, circle, following
from appliance.dialogue.connectors import Level
from appliance.dialogue.expressions import Expression
from appliance.dialogue.script import (
    AskOp,
    AuthenticateOp,
    CallOp,
    EndOp,
    JumpOp,
    RunOp,
    SayOp,
    TransferOp,
    UnlessOp,
)

SAY, ASK, END = SayOp("Hello."), AskOp("x", "What?"), EndOp(hang_up=False)


@pytest.mark.parametrize(
    ("ops", "reasons"),
    [
        ([SAY, ASK, END], []),
        ([SAY, END, SAY, END], ["never reached"]),
        ([SAY, END, SAY, SAY, END], ["never reached"]),
        ([ASK, JumpOp(0), END], []),
        ([SAY, JumpOp(0), END], ["circle"]),
        ([UnlessOp(Expression.parse("open"), 2), SAY, JumpOp(0), END], ["circle"]),
        ([UnlessOp(Expression.parse("open"), 3), ASK, JumpOp(0), END], []),
        ([TransferOp("a", "b", 1), JumpOp(0), END], []),
        ([TransferOp("a", "b", -1), SAY, END], ["never reached"]),
        ([CallOp("c", ()), JumpOp(0), END], ["circle"]),
        ([CallOp("c", (), nothing=3), ASK, JumpOp(0), JumpOp(0), END], ["circle"]),
        ([AuthenticateOp(Level.VERIFIED, 2), END, SAY, END], []),
        ([RunOp("p", returns=True), JumpOp(0), END], ["circle"]),
        ([RunOp("asks", returns=True), JumpOp(0), END], []),
        ([RunOp("asks"), SAY, END], ["never reached"]),
        ([AskOp("x", "What?", unknown=3), JumpOp(4), SAY, SAY, END], ["never reached"]),
    ],
)
def test_check_flow(ops, reasons):
    """Finds steps that are never reached and circles that never ask anything."""
    found = [reason for _, reason in check_flow(ops, {"asks"})]
    assert len(found) == len(reasons)
    assert all(part in reason for part, reason in zip(reasons, found, strict=True))


def test_many_branches_are_checked_at_once():
    """Is done with a process of hundreds of branches in a moment."""
    ops = [op for at in range(300) for op in (UnlessOp(Expression.parse("open"), 2 * at + 2), SAY)]
    assert check_flow([*ops, END]) == []


def test_following():
    """Names what may follow an operation."""
    assert following([UnlessOp(Expression.parse("open"), 5)], 0) == (1, 5)
    assert following([END], 0) == ()
    assert following([CallOp("c", (), failed=4, pending=6)], 0) == (1, 4, 6)
    assert following([AskOp("x", "What?", unknown=3)], 0) == (1, 3)
    assert following([RunOp("p")], 0) == ()
    assert following([RunOp("p", returns=True)], 0) == (1,)


def test_circle():
    """Returns a member of a circle, and not one that only leads to it."""
    assert circle({"a": ["b"], "b": ["c"], "c": ["b"]}) in {"b", "c"}
    assert circle({"a": ["b"], "b": []}) is None
    assert circle({}) is None
