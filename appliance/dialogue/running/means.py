"""What the engine works with: made once of a script, the same for all conversations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from appliance.dialogue.model import Documents, Judge, Prompter
from appliance.dialogue.running.expect import Expectations
from appliance.dialogue.script import (
    EndOp,
    Entry,
    HoursOp,
    JumpOp,
    Op,
    ResumeOp,
    SayOp,
    Script,
    UnlessOp,
)
from appliance.dialogue.slots import Command, Reading, Slots, after_no, command, unknown
from appliance.dialogue.understanding.understand import Found, Request, Understanding

__all__ = [
    "Command", "Found", "Means", "Reading", "Request", "Slots", "Understanding", "after_no",
    "command", "unknown",
]  # fmt: skip
_ANSWERING: Final[tuple[type[Op], ...]] = (SayOp, HoursOp, EndOp, JumpOp, UnlessOp, ResumeOp)


@dataclass(frozen=True, slots=True)
class Means:
    """A script and what reads, expects and speaks for it."""

    script: Script
    slots: Slots
    understanding: Understanding
    expectations: Expectations
    prompter: Prompter | None = None
    """What asks the language model; None where there is none."""
    judge: Judge | None = None
    """What decides how much of its answer counts."""

    @classmethod
    def of(
        cls,
        script: Script,
        model: bytes = b"",
        lists: Mapping[str, tuple[Entry, ...]] | None = None,
        *,
        thinking: bool = False,
    ) -> Means:
        """Make them of a script; see Engine for what the others are."""
        slots = Slots(script)
        if lists:
            slots = slots.with_lists(lists)
        understanding = Understanding(script, slots, model)
        expectations = Expectations(script, slots)
        if not thinking:
            return cls(script, slots, understanding, expectations)
        documents = Documents(script.documents, script.language)
        prompter, judge = Prompter(script, documents), Judge(script, slots, documents)
        return cls(script, slots, understanding, expectations, prompter, judge)

    def is_answer(self, process: str) -> bool:
        """Return whether a process only tells something, so that it may come in between."""
        found = self.script.processes.get(process)
        ops: tuple[Op, ...] = found.ops if found else ()
        return bool(ops) and all(
            isinstance(op, _ANSWERING) and not (isinstance(op, EndOp) and op.hang_up) for op in ops
        )

    def is_command(self, process: str) -> bool:
        """Return whether a process returns to where the caller was: it is no request."""
        found = self.script.processes.get(process)
        return found is not None and any(isinstance(op, ResumeOp) for op in found.ops)
