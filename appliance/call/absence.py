"""The caller has gone: what they asked for is completed, or taken back, and documented.

    CallerLeft ──► dialogue ──► notes, documents, calls of connectors ──► Await
                      ▲                                                     │
                      └──── the answer, or that there is none ◄─────────────┘      ... ──► Gone

Pure. Nothing is said any more, and nothing that would be said is worth anything.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from typing import Final

from appliance import dialogue
from appliance.call import orders

PATIENCE: Final = 60.0
"""Seconds after which what is still open is written down as it stands."""
FAULTS: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a defect in the dialogue can raise."""

Answer = dialogue.Result | dialogue.Thought | dialogue.ThoughtOver | dialogue.ThoughtFailed
"""What comes back of what was asked; each names its question."""


class Answers:
    """Answers that have come and are not yet awaited, in their order for each question."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: defaultdict[str, deque[Answer]] = defaultdict(deque)

    def put(self, answer: Answer) -> None:
        """Keep an answer until it is awaited."""
        self._held[answer.id].append(answer)

    def take(self, question: str) -> Answer | None:
        """Return the next answer to a question, and know it no more."""
        held = self._held.get(question)
        return held.popleft() if held else None


class Absence:
    """The dialogue's last steps, without a caller."""

    def __init__(
        self,
        engine: dialogue.Engine,
        moment: Callable[[float], dialogue.Moment],
        state: dialogue.State,
        answers: Answers,
        *,
        handed_over: bool,
        now: float,
    ) -> None:
        """Begin; `answers`: what has come back and was not told yet.

        `handed_over`: the caller is with a person now.
        """
        self.state = state
        self.done = False
        """Whether nothing is left to be done."""
        self._engine = engine
        self._moment = moment
        self._answers = answers
        self._began = now
        self._wait: dialogue.Await | None = None
        self._until = 0.0
        self._orders: list[orders.Order] = []
        self._step(dialogue.CallerLeft(handed_over), now)
        self._go_on(now)

    def orders(self) -> list[orders.Order]:
        """Return what is to be done now, and forget it."""
        drained, self._orders = self._orders, []
        return drained

    def answer(self, answer: Answer, now: float) -> None:
        """What was asked has come back."""
        self._answers.put(answer)
        self._go_on(now)

    def tick(self, now: float) -> None:
        """Time passes."""
        if self.done:
            return
        if now - self._began >= PATIENCE:
            self.give_up(now)
        elif self._wait is not None and now >= self._until:
            self._wait = None
            self._step(dialogue.Silent(), now)
            self._go_on(now)

    def give_up(self, now: float) -> None:
        """Write down what is still open, and be done."""
        if self.done:
            return
        self.done = True
        try:
            actions = dialogue.interrupted(self._engine.script, self.state, self._moment(now))
        except FAULTS as fault:
            self._fault(fault)
            return
        self._keep(actions)

    def _go_on(self, now: float) -> None:
        """Tell every answer that has come and is awaited."""
        while not self.done and self._wait is not None:
            answer = self._answers.take(self._wait.id)
            if answer is None:
                return
            self._wait = None
            self._step(answer, now)

    def _step(self, event: dialogue.Event, now: float) -> None:
        try:
            self.state, actions = self._engine.step(self.state, event, self._moment(now))
        except FAULTS as fault:
            self._fault(fault)
            self.give_up(now)
            return
        wait = next((one for one in actions if isinstance(one, dialogue.Await)), None)
        if wait is None:
            self.done = True
        else:
            self._wait, self._until = wait, now + wait.timeout
        self._keep(actions)

    def _keep(self, actions: Iterable[dialogue.Action]) -> None:
        for action in actions:
            match action:
                case dialogue.Note(kind, fields):
                    self._orders.append(orders.KeepNote(kind, fields))
                case dialogue.Document():
                    self._orders.append(orders.KeepDocument(action))
                case dialogue.Invoke():
                    self._orders.append(orders.Invoke(action))
                case _:
                    continue

    def _fault(self, fault: Exception) -> None:
        values = (("kind", type(fault).__name__), ("text", str(fault)))
        self._orders.append(orders.Show("fault", values))
