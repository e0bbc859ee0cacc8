"""What is left of a call once its caller has gone, or is with a person."""

from __future__ import annotations

from appliance.call import orders
from appliance.call.absence import Absence, Answer
from appliance.call.bringing import Bringing
from appliance.call.transitions import Input
from appliance.contracts.outcome import HandedOver


class Clearing(Bringing):
    """The dialogue's last steps; the call is over when they are."""

    _absence: Absence | None = None
    """What is done without the caller."""

    def answer(self, answer: Answer, now: float) -> None:
        """Something that was asked has come back; the dialogue is told when it waits for it."""
        if self._absence is None:
            super().answer(answer, now)
        else:
            self._absence.answer(answer, now)
            self._clear(now)

    def absent(self, now: float) -> None:
        """Time passes after the end of the call."""
        if self._absence is not None:
            self._absence.tick(now)
        self._clear(now)

    def settle(self, now: float) -> None:
        """The process ends: what is still open is written down as it stands."""
        if self._absence is not None:
            self._absence.give_up(now)
        self._clear(now)

    def _reached(self, kind: HandedOver, now: float) -> None:
        super()._reached(kind, now)
        self._leave(now, handed_over=True)

    def _leave(self, now: float, *, handed_over: bool) -> None:
        """The dialogue's part is over: it completes what it has begun, once."""
        if self._dialogue is None or self._absence is not None:
            return
        self._forget_thought()
        self._absence = Absence(
            self._engine, self._moment, self._dialogue, self._answers,
            handed_over=handed_over, now=now,
        )  # fmt: skip
        self._clear(now)

    def _clear(self, now: float) -> None:
        """Hand on what the dialogue wants done without the caller, and see whether it was all."""
        absence = self._absence
        if absence is not None:
            for order in absence.orders():
                if isinstance(order, orders.KeepDocument):
                    self.tally.document = order.document
                self._order(order)
            self._dialogue = absence.state
            if absence.done and self._kept:
                self._kept = ()
                self._order(orders.KeepState(None))
            elif not absence.done:
                self._keep_state()
        done = absence is None or absence.done
        if done and self._outcome is not None and self._move(Input.CLEARED, now):
            self._order(orders.Finished(self._outcome))
