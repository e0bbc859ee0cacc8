"""What a conversation asks its caller for, for whoever shows or plays one."""

from __future__ import annotations

from appliance.dialogue.script import AskOp, Script
from appliance.dialogue.state import State, Waiting


def asked(script: Script, state: State) -> str:
    """Return the slot that the caller is asked for or asked to confirm, "" where it is none."""
    if state.waiting is Waiting.CONFIRM_SLOT:
        return state.guess[0]
    if state.waiting is not Waiting.SLOT:
        return ""
    if state.proving is not None and state.proving.way:
        return state.proving.asking
    process = script.processes.get(state.process)
    ops = process.ops if process else ()
    op = ops[state.step] if 0 <= state.step < len(ops) else None
    return op.slot if isinstance(op, AskOp) else ""
