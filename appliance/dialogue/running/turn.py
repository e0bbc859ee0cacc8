"""One turn under way: the state that grows and the actions that follow from it.

event -> engine (what was meant) -> Turn: say, ask, listen, invoke, await -> actions

A turn is settled as soon as its last action leaves the next word to somebody else; until then
working.py goes on with the process.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from appliance.contracts.expectation import Expectation
from appliance.contracts.outcome import Outcome
from appliance.dialogue.actions import (
    Action,
    Await,
    Gone,
    HangUp,
    Invoke,
    Listen,
    Say,
    Transfer,
    Understood,
)
from appliance.dialogue.connectors import Level
from appliance.dialogue.events import Heard, Moment
from appliance.dialogue.expressions import Expression
from appliance.dialogue.running import prompts
from appliance.dialogue.running.means import Found, Means
from appliance.dialogue.script import AskOp, Op, Proof, Script, Slot, SlotKind
from appliance.dialogue.state import Pending, Purpose, State, Thinking, Waiting, Write
from appliance.dialogue.values import Json

_TYPING: Final = 2.0
"""How many times longer a caller may pause within a typed number than within a short key code."""
_RINGING: Final = 60.0
"""Seconds after which a transfer that nobody reports on counts as failed."""
_PATIENCE: Final = 20.0
"""Seconds that a caller waits for a connector at most."""
_BUILT_IN: Final = 3.0
"""Seconds that the box's own list of attempts may take."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked at the place where the conversation stands."""

    slot: Slot
    prompt: str
    reprompt: str = ""
    confirm: str = ""
    keys: str = ""
    unknown: int = -1
    proof: bool = False
    """Whether it is to find out who calls."""


@dataclass(slots=True)
class Turn:
    """Works on one event; `state` and `actions` are its result."""

    means: Means
    now: Moment
    state: State
    actions: list[Action] = field(default_factory=list)
    found: dict[Heard, Found] = field(default_factory=dict)
    """What has been understood of an utterance already: it is looked at in several lights."""

    @property
    def script(self) -> Script:
        """The script that is run."""
        return self.means.script

    @property
    def settled(self) -> bool:
        """Whether the last action leaves the next word to somebody else."""
        last = self.actions[-1] if self.actions else None
        return isinstance(last, Listen | Await | Transfer | HangUp | Gone)

    # what was understood

    def understood(
        self, intent: str, confidence: float, slots: Mapping[str, str] | None = None
    ) -> None:
        """Put the trace of this event first; nothing secret stands in it."""
        known = self.script.slots
        items = tuple(
            (name, value)
            for name, value in (slots or {}).items()
            if name not in known or not known[name].secret
        )
        trace = Understood(intent, round(min(1.0, max(0.0, confidence)), 3), items)
        if self.actions and isinstance(self.actions[0], Understood):
            self.actions[0] = trace
        else:
            self.actions.insert(0, trace)

    # speaking

    def say(self, text: str, *, interruptible: bool = True) -> None:
        """Speak a sentence, slots filled in; nobody is there to hear it once they have left."""
        if self.state.left:
            return
        rendered = prompts.render(self.means, text, self.values(), self.now.local)
        if rendered:
            speed, gain = self.state.speed, self.state.gain
            self.actions.append(Say(rendered, interruptible, speed, gain))

    def say_plainly(self, text: str) -> None:
        """Speak a text as it stands: braces in it are nobody's slots."""
        if text and not self.state.left:
            self.actions.append(Say(text, True, self.state.speed, self.state.gain))

    def sentence(self, name: str, /, **values: str) -> None:
        """Speak one of the engine's own sentences, its own holes filled with `values`."""
        self.say(prompts.own(self.script.sentences[name], values))

    def ask(self, question: str, waiting: Waiting) -> None:
        """Speak a question and wait for its answer."""
        if self._too_long():
            self._bring_to_end()
            return
        self.state = replace(self.state, waiting=waiting, question=question, keys="")
        self.say(question)
        self.listen()

    def _too_long(self) -> bool:
        limit, state = self.script.limits.call, self.state
        over = limit > 0 and self.now.seconds - state.began > limit
        return over and not (state.late or state.left)

    def _bring_to_end(self) -> None:
        """Ask nothing more: a person goes on with the request, whatever it is."""
        task = self.state.task
        if not task.process:
            task = replace(task, process=self.script.person, turns=self.state.turns)
        self.state = replace(
            self.state, late=True, process=self.script.person, step=0, frames=(), back=None,
            proving=None, secrets=(), guess=("", ()), options=(), until=-1, keys="",
            waiting=Waiting.REQUEST, task=task,
        )  # fmt: skip
        self.sentence("time_is_up")

    def ask_again(self) -> None:
        """Wait once more for the answer to the last question, which is spoken again."""
        self.say(self.state.question)
        self.listen()

    def listen(self, patience: float = 1.0) -> None:
        """Wait for the caller, `patience` times as long as usual, for what the state asks for."""
        if self.state.pending is not None:
            self.wait_on()
            return
        slot, waiting = self.slot(), self.state.waiting
        types = slot is not None and self.means.slots.types(slot)
        secret = slot is not None and slot.secret
        timeout = self.script.limits.silence * patience
        if self.state.keys:
            timeout = self.script.limits.between_keys * (_TYPING if types else 1.0)
        if waiting is Waiting.TRANSFER:
            timeout = _RINGING
        self.state = replace(self.state, hidden=secret)
        end = "#" if types else ""
        self.actions.append(Listen(self.expectation(), timeout, True, end, secret))

    def expectation(self) -> Expectation:
        """Return what is expected of the caller now."""
        expected, waiting, slot = self.means.expectations, self.state.waiting, self.slot()
        if waiting in {Waiting.CONFIRM_REQUEST, Waiting.CONFIRM_SLOT, Waiting.OFFER}:
            return expected.yes_no
        if slot is not None:
            return expected.slot(slot)
        if waiting is Waiting.TRANSFER:
            return expected.nothing
        if waiting is Waiting.WORKING:
            return expected.commands
        return expected.more if self.state.greeted else expected.request

    def finish(self) -> tuple[State, list[Action]]:
        """Return the result; what was said is kept for `repeat`."""
        said = tuple(action.text for action in self.actions if isinstance(action, Say))
        if said:
            self.state = replace(self.state, said=said)
        return self.state, self.actions

    # where the conversation stands

    def values(self) -> dict[str, Json]:
        """Return what sentences may use: facts of the line, variables and slots."""
        state = self.state
        return {**dict(state.facts), **state.results, **dict(state.slots)}

    def known(self, names: Iterable[str] = ()) -> dict[str, Json]:
        """Return what an expression that reads `names` may use; a list's row as a table.

        Nothing secret is among it: a `set` would write it down.
        """
        state = self.state
        names = list(names)
        found = self.values()
        for name in {name.partition(".")[0] for name in names if "." in name}:
            slot = self.script.slots.get(name)
            if slot is not None and isinstance(value := found.get(name), str):
                found[name] = self.means.slots.columns(slot, value)
        is_open = "yes" if self.script.hours.is_open(self.now.local) else "no"
        return {**self.script.facts, **found, "open": is_open, "level": state.level.name.lower()}

    def evaluate(self, expression: Expression) -> Json:
        """Return an expression's value here and now."""
        return expression.evaluate(self.known(expression.names), self.now.local)

    def holds(self, condition: Expression) -> bool:
        """Return whether a condition holds here and now."""
        return condition.holds(self.known(condition.names), self.now.local)

    def op(self) -> Op | None:
        """Return the operation at which the process stands."""
        process = self.script.processes.get(self.state.process)
        ops = process.ops if process else ()
        return ops[self.state.step] if 0 <= self.state.step < len(ops) else None

    def proof(self) -> Proof | None:
        """Return the proof that is being asked for."""
        if self.state.proving is None or not self.state.proving.way:
            return None
        ways = self.script.authentication
        return {"number": ways.number, "knowledge": ways.knowledge, "pin": ways.pin}.get(
            self.state.proving.way
        )

    def question(self) -> Question | None:
        """Return what is to be asked here, where it is a slot."""
        proving, proof, op = self.state.proving, self.proof(), self.op()
        if proving is not None and proof is not None:
            slot = self.script.slots.get(proving.asking)
            if slot is None:
                return None
            prompt = proof.prompts.get(slot.name) or prompts.own(
                self.script.sentences["ask_for"],
                {"name": prompts.slot_title(self.script, slot.name)},
            )
            return Question(slot, prompt, proof=True)
        if isinstance(op, AskOp) and op.slot in self.script.slots:
            slot = self.script.slots[op.slot]
            return Question(slot, op.prompt, op.reprompt, op.confirm, op.keys, op.unknown)
        return None

    def slot(self) -> Slot | None:
        """Return the slot that is asked for now."""
        if self.state.waiting is not Waiting.SLOT:
            return None
        question = self.question()
        return question.slot if question else None

    def fill(self, name: str, value: str) -> None:
        """Set a slot; the question that it answers is done with."""
        slot = self.script.slots.get(name)
        if slot is not None and slot.secret:
            secrets = {**dict(self.state.secrets), name: value}
            self.state = replace(self.state, secrets=tuple(sorted(secrets.items())))
        elif self.state.proving is not None:
            answers = {**dict(self.state.proving.answers), name: value}
            proving = replace(self.state.proving, answers=tuple(sorted(answers.items())))
            self.state = replace(self.state, proving=proving)
        else:
            slots = {**dict(self.state.slots), name: value}
            self.state = replace(self.state, slots=tuple(sorted(slots.items())))
        told = tuple(each for each in self.state.told if each != name)
        self.state = replace(
            self.state, misses=0, keys="", guess=("", ()), told=told, others=(), refused=()
        )

    def go(self, step: int) -> None:
        """Stand at another operation of the same process."""
        self.state = replace(self.state, step=step, waiting=Waiting.REQUEST)

    # asking others than the caller

    def invoke(
        self,
        purpose: Purpose,
        connector: str,
        arguments: Mapping[str, Json],
        write: Write | None = None,
    ) -> None:
        """Ask a connector and wait for its answer."""
        number = self.state.ids + 1
        known = self.script.connectors.get(connector)
        timeout = _BUILT_IN
        if known is not None:
            timeout = min(_PATIENCE, max(1.0, known.timeout * known.attempts + 2.0))
        name = f"c{number}"
        key = f"{number}" if known is not None and known.write else ""
        pending = Pending(name, purpose, self.now.seconds + timeout, write)
        self.state = replace(self.state, ids=number, pending=pending, waiting=Waiting.WORKING)
        self.actions.append(Invoke(name, connector, tuple(arguments.items()), key))
        self.wait_on()

    def await_thought(self, pending: Pending, thinking: Thinking) -> None:
        """Wait for the language model."""
        number = max(self.state.ids, int(pending.id[1:]))
        self.state = replace(
            self.state, ids=number, pending=pending, thinking=thinking, waiting=Waiting.WORKING
        )
        self.wait_on()

    def wait_on(self) -> None:
        """Wait for the answer that is still to come."""
        if self.state.pending is None:
            self.listen()
            return
        left = max(0.1, self.state.pending.until - self.now.seconds)
        expectation = self.means.expectations.nothing
        if not self.state.left:
            expectation = self.means.expectations.commands
        self.actions.append(Await(self.state.pending.id, left, expectation))

    # leaving

    def hang_up(self, outcome: Outcome) -> None:
        """End the call; the goodbye, which is said by now, is not to be interrupted."""
        at = max(
            (at for at, action in enumerate(self.actions) if isinstance(action, Say)), default=-1
        )
        if at >= 0:
            last = self.actions[at]
            if isinstance(last, Say):
                self.actions[at] = replace(last, interruptible=False)
        else:
            self.say(self.script.sentences["goodbye"], interruptible=False)
        self.state = replace(self.state, waiting=Waiting.OVER, outcome=outcome)
        self.actions.append(HangUp(outcome))

    # what is said back

    def confirm_slot(self, value: str) -> None:
        """Ask whether a slot's value was understood; at a place without a question, go on."""
        question = self.question()
        if question is None:
            return
        slot = question.slot
        text = question.confirm or self.script.sentences["confirm_slot"]
        spoken = self.means.slots.read_back(slot, value)
        text = prompts.own(text, {"value": spoken, slot.name: spoken})
        self.state = replace(self.state, guess=(slot.name, ((slot.name, value),)))
        asked = prompts.render(self.means, text, self.values(), self.now.local)
        self.ask(asked, Waiting.CONFIRM_SLOT)

    def needs(self) -> Level:
        """Return how well the caller must be known for what comes next in the process."""
        if self.state.process in {self.script.person, self.script.farewell}:
            return Level.UNKNOWN
        names = {self.state.process, *(name for name, _ in self.state.frames)}
        levels = [process.level for name in names if (process := self.script.processes.get(name))]
        return max([*levels, self.state.task.level])


def is_named(slot: Slot) -> bool:
    """Return whether a slot's value names something, so that a mistake in it matters."""
    return slot.kind not in {SlotKind.TEXT, SlotKind.YES_NO}
