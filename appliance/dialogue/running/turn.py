"""One turn under way: the state that grows and the actions that follow from it.

event -> engine (what was meant) -> Turn: say, ask, run operations, transfer, hang up -> actions
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from appliance.contracts.outcome import Outcome
from appliance.dialogue import hours
from appliance.dialogue.actions import (
    Action,
    HangUp,
    Listen,
    Note,
    Say,
    Transfer,
    Understood,
)
from appliance.dialogue.events import Moment
from appliance.dialogue.expressions import Expression
from appliance.dialogue.running import briefing, prompts
from appliance.dialogue.running.expect import Expectations
from appliance.dialogue.script import (
    AskOp,
    HoursOp,
    JumpOp,
    NoteOp,
    Op,
    ResumeOp,
    RunOp,
    SayOp,
    Script,
    Slot,
    SlotKind,
    TransferOp,
    UnlessOp,
    is_call_fact,
)
from appliance.dialogue.state import State, Waiting
from appliance.dialogue.templates import HOLE, holes
from appliance.dialogue.understanding.understand import Request

_TYPING = 2.0
"""How many times longer a caller may pause within a typed number than within a short key code."""
_RINGING = 60.0
"""Seconds after which a transfer that nobody reports on counts as failed."""


@dataclass(slots=True)
class Turn:
    """Works on one event; `state` and `actions` are its result."""

    script: Script
    expectations: Expectations
    now: Moment
    state: State
    actions: list[Action] = field(default_factory=list)

    # what was understood

    def understood(
        self, intent: str, confidence: float, slots: dict[str, str] | None = None
    ) -> None:
        """Put the trace of this event first."""
        items = tuple((slots or {}).items())
        trace = Understood(intent, round(min(1.0, max(0.0, confidence)), 3), items)
        self.actions.insert(0, trace)

    # speaking

    def say(self, text: str, *, interruptible: bool = True) -> None:
        """Speak a sentence, slots filled in."""
        rendered = prompts.render(self.script, text, self.values())
        if rendered:
            self.actions.append(Say(rendered, interruptible))

    def sentence(self, name: str) -> None:
        """Speak one of the engine's own sentences."""
        self.say(self.script.sentences[name])

    def ask(self, question: str, waiting: Waiting) -> None:
        """Speak a question and wait for its answer."""
        self.state = replace(self.state, waiting=waiting, question=question, keys="")
        self.say(question)
        self.listen()

    def ask_again(self) -> None:
        """Wait once more for the answer to the last question, which is spoken again."""
        self.say(self.state.question)
        self.listen()

    def listen(self) -> None:
        """Wait for the caller, expecting what the state asks for."""
        slot = self.slot()
        digits = slot is not None and slot.kind is SlotKind.DIGITS
        timeout = self.script.limits.silence
        if self.state.keys:
            timeout = self.script.limits.between_keys * (_TYPING if digits else 1.0)
        expectation = self.expectations.request
        if self.state.waiting in {Waiting.CONFIRM_REQUEST, Waiting.CONFIRM_SLOT}:
            expectation = self.expectations.yes_no
        elif slot is not None:
            expectation = self.expectations.slot(slot)
        elif self.state.waiting is Waiting.TRANSFER:
            expectation, timeout = self.expectations.nothing, _RINGING
        elif self.state.greeted:
            expectation = self.expectations.more
        self.actions.append(Listen(expectation, timeout, True, "#" if digits else ""))

    def finish(self) -> tuple[State, list[Action]]:
        """Return the result; what was said is kept for `repeat`."""
        said = tuple(action.text for action in self.actions if isinstance(action, Say))
        if said:
            self.state = replace(self.state, said=said)
        return self.state, self.actions

    # where the conversation stands

    def values(self) -> dict[str, str]:
        """Return what sentences and conditions may use: facts of the line, and slots."""
        return {**dict(self.state.facts), **dict(self.state.slots)}

    def op(self) -> Op | None:
        """Return the operation at which the process stands."""
        process = self.script.processes.get(self.state.process)
        ops = process.ops if process else ()
        return ops[self.state.step] if 0 <= self.state.step < len(ops) else None

    def slot(self) -> Slot | None:
        """Return the slot that is asked for now."""
        op = self.op()
        if self.state.waiting is Waiting.SLOT and isinstance(op, AskOp):
            return self.script.slots[op.slot]
        return None

    def fill(self, name: str, value: str) -> None:
        """Set a slot; the question that it answers is done with."""
        slots = {**dict(self.state.slots), name: value}
        self.state = replace(self.state, slots=tuple(sorted(slots.items())), misses=0, keys="")

    # moving on

    def start(self, request: Request) -> None:
        """Begin the process of an intent; a command remembers where the caller was."""
        intent = self.script.intents[request.intent]
        state = self.state
        kept = dict(state.slots) if state.waiting is not Waiting.REQUEST else {}
        slots = tuple(sorted({**kept, **dict(request.slots)}.items()))
        back = (state.back or state) if intent.everywhere else None
        back = replace(back, back=None, keys="", silences=0) if back is not None else None
        self._enter(intent.process, slots, back)

    def enter(self, process: str) -> None:
        """Begin a process of the script's own accord."""
        self._enter(process, (), None)

    def _enter(self, process: str, slots: tuple[tuple[str, str], ...], back: State | None) -> None:
        self.state = replace(
            self.state, process=process, step=0, slots=slots, back=back, guess=("", ()), keys="",
            misses=0, silences=0, waiting=Waiting.REQUEST,
        )  # fmt: skip
        self.run()

    def run(self) -> None:
        """Carry out operations until the caller is asked, put through or hung up on.

        It ends: a jump back forgets the answers it jumps over, so that every circle of a process
        holds a question, and processes do not go on with one another in a circle (load.py).
        """
        while True:
            op = self.op()
            if isinstance(op, SayOp):
                self.say(op.text)
            elif isinstance(op, HoursOp):
                for text in hours.answer(
                    self.script.hours, dict(self.state.slots).get(op.slot, ""), self.now.local
                ):
                    self.say(text)
            elif isinstance(op, NoteOp):
                self._note(op)
            elif isinstance(op, AskOp):
                if op.slot not in dict(self.state.slots):
                    self.ask(op.prompt, Waiting.SLOT)
                    return
            elif isinstance(op, UnlessOp | JumpOp | RunOp):
                self._go(op)
                continue
            else:
                self._leave(op)
                return
            self.state = replace(self.state, step=self.state.step + 1)

    def _go(self, op: UnlessOp | JumpOp | RunOp) -> None:
        step, process, slots = self.state.step + 1, self.state.process, self.state.slots
        if isinstance(op, RunOp):
            step, process = 0, op.process
        elif isinstance(op, JumpOp):
            asked = {
                passed.slot
                for passed in self.script.processes[process].ops[op.target : self.state.step]
                if isinstance(passed, AskOp)
            }
            step, slots = op.target, tuple(item for item in slots if item[0] not in asked)
        elif not self._holds(op.condition):
            step = op.target
        self.state = replace(self.state, step=step, process=process, slots=slots)

    def _holds(self, condition: Expression) -> bool:
        is_open = self.script.hours.is_open(self.now.local)
        return condition.holds({**self.values(), "open": is_open}, self.now.local)

    def _note(self, op: NoteOp) -> None:
        values = self.values()
        fields = tuple((name, prompts.written(self.script, t, values)) for name, t in op.fields)
        self.actions.append(Note(op.kind, fields))

    def _leave(self, op: Op | None) -> None:
        """Carry out an operation after which the process does not go on by itself."""
        if isinstance(op, TransferOp):
            hole = HOLE.fullmatch(op.destination)
            target = dict(self.state.slots).get(hole[1], "") if hole else op.destination
            if target in self.script.destinations:
                self.say(op.say, interruptible=False)
                self.transfer(target, briefed=op.briefing)
            else:
                self.transfer_failed()
        elif isinstance(op, ResumeOp):
            self._resume(repeat=op.repeat)
        elif getattr(op, "hang_up", False):
            self.hang_up(Outcome.COMPLETED)
        else:
            self.anything_else()

    def _resume(self, *, repeat: bool) -> None:
        back = self.state.back
        if back is None:
            self.anything_else()
            return
        said = back.said
        self.state = back
        if not repeat or not said:
            self.ask_again()
            return
        for text in said:
            self.actions.append(Say(text))
        self.listen()

    def anything_else(self) -> None:
        """The request is resolved: ask for another."""
        self.state = replace(
            self.state, process="", step=0, slots=(), back=None, greeted=True, misses=0
        )
        self.ask(self.script.sentences["anything_else"], Waiting.REQUEST)

    # leaving

    def transfer(self, destination: str, *, briefed: str = "") -> None:
        """Put the caller through; `briefed` is what the author wants the person to be told."""
        place = self.script.destinations[destination]
        text = ""
        if not self.state.emergency:
            text = briefing.compose(self.script, self.state, place, briefed)
        self.state = replace(self.state, waiting=Waiting.TRANSFER, keys="")
        self.actions.append(Transfer(place.number, place.name, text, urgent=self.state.emergency))

    def transfer_failed(self) -> None:
        """Nobody was reached: go on as the process says."""
        op = self.op()
        self.state = replace(self.state, emergency=False)
        if isinstance(op, TransferOp) and op.failed >= 0:
            self.state = replace(self.state, step=op.failed)
            self.run()
        else:
            self.sentence("no_answer")
            self.anything_else()

    def emergency(self) -> None:
        """Put the caller through to help at once."""
        self.state = replace(
            self.state, process="", step=0, emergency=True, guess=("", ()), misses=0, silences=0
        )
        self.say(self.script.emergency.say, interruptible=False)
        self.transfer(self.script.emergency.destination)

    def hang_up(self, outcome: Outcome) -> None:
        """End the call; the goodbye, which is said by now, is not to be interrupted."""
        last = self.actions[-1] if self.actions else None
        if isinstance(last, Say):
            self.actions[-1] = replace(last, interruptible=False)
        else:
            self.say(self.script.sentences["goodbye"], interruptible=False)
        self.state = replace(self.state, waiting=Waiting.OVER, outcome=outcome)
        self.actions.append(HangUp(outcome))

    def confirm_request(self, request: Request) -> None:
        """Ask whether a guessed request was meant."""
        intent = self.script.intents[request.intent]
        known = dict(request.slots)
        facts = self.script.facts
        whole = all(
            hole in known or hole in facts or is_call_fact(hole) for hole in holes(intent.confirm)
        )
        text = intent.confirm if whole else intent.confirm_plain
        question = prompts.render(self.script, text, {**dict(self.state.facts), **known})
        self.state = replace(self.state, guess=(request.intent, request.slots))
        self.ask(question, Waiting.CONFIRM_REQUEST)

    def confirm_slot(self, value: str) -> None:
        """Ask whether a slot's value was understood."""
        op = self.op()
        if not isinstance(op, AskOp):
            self.anything_else()
            return
        text = op.confirm or self.script.sentences["confirm_slot"]
        known = {**self.values(), op.slot: value}
        text = text.replace("{value}", prompts.speakable(self.script, op.slot, value))
        self.state = replace(self.state, guess=(op.slot, ((op.slot, value),)))
        self.ask(prompts.render(self.script, text, known), Waiting.CONFIRM_SLOT)
