"""The course of a call: the dialogue's actions in their order, and what is stronger than it.

    told (heard, key, silence, failed transfer) ──► dialogue ──► actions
    action ──► say · listen · transfer · hang up ──► the next one, when it is done

Every transition stands in `transitions.TABLE`; `_move` is the only one to make it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from appliance import dialogue
from appliance.call import orders, sentences
from appliance.call.clock import StreamClock
from appliance.call.handover import Handover, Phase
from appliance.call.orders import Order, Show, Tally, Tell
from appliance.call.transitions import TABLE, Input, State
from appliance.call.voice import Voice
from appliance.contracts.expectation import Expectation, Kind
from appliance.contracts.outcome import HandedOver, Outcome
from appliance.contracts.speech import Expect, Sound

_NOTHING: Final = Expectation(Kind.NOTHING)
_FAX: Final = "fax"
_DEFAULT: Final = dialogue.Listen(Expectation(), 6.0)
"""What is done where the dialogue says nothing more: the caller is never left."""
FAULTS: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a defect in the dialogue can raise: the caller is then put through to a person."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every call."""

    operator: str
    """Extension of a person, for when something behind the voice fails; empty: nobody."""
    operator_name: str = "the operator"
    media_timeout: float = 30.0
    longest_call: float = 1800.0
    ring: float = 0.0
    """Seconds that a call rings before it is answered."""
    attended: bool = False
    """Whether a person is called and told who comes, before the caller is let go."""
    handover_ring: float = 25.0
    """Seconds in which such a person must have answered."""
    fax: str = ""
    """Extension of a fax machine, for faxes that call here; empty: they are rung off."""


class Course:
    """What is said and done in a call, in its order; `CallSession` adds what happens to it."""

    def __init__(
        self,
        *,
        engine: dialogue.Engine,
        moment: Callable[[float], dialogue.Moment],
        voice: Voice,
        ringback: bytes,
        rules: Rules,
        now: float,
        facts: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """`moment` makes the dialogue's time of loop time; `ringback`: one period, PCM.

        `facts`: what the line tells about the call (facts.py), for the dialogue.
        """
        self.tally = Tally()
        self._engine = engine
        self._moment = moment
        self._facts = facts
        self._voice = voice
        self._aside = voice.aside()
        """What the person hears whom the caller is brought to."""
        self._ringback = ringback
        self._rules = rules
        self._began = now
        self._state = State.RINGING
        self._since = now
        self._orders: deque[Order] = deque()
        self._queue: deque[dialogue.Action] = deque()
        self._dialogue: dialogue.State | None = None
        self._clock = StreamClock()
        self._delay = 0.0
        self._alive = False
        """Whether `speech` serves this call."""
        self._lost = False
        """Whether it is known not to."""
        self._missed = 0
        """Frames dropped since `speech` last said anything."""
        self._rescuing = False
        self._handover: Handover | None = None
        self._held = False
        self._outcome: Outcome | None = None
        self._expected: Expectation | None = None
        self._speaking: dialogue.Say | None = None
        """The sentence under way, or the last one."""
        self._listen = _DEFAULT
        self._talking = False
        """Whether an utterance of the caller is under way."""
        self._signs = now
        """When `speech` last gave a sign of that utterance."""
        self._quiet = now
        """Since when nothing has been said, for the no-input timer."""
        self._told_at = 0.0
        """Stream time at which the dialogue was told something last."""
        self._patience = 0
        """Silence in ms after which that utterance was taken to be over."""
        self._answering: float | None = None
        """Loop time at which the utterance ended that is being answered."""

    # outputs

    @property
    def state(self) -> State:
        """Where the call stands."""
        return self._state

    @property
    def began(self) -> float:
        """When the call came in."""
        return self._began

    def orders(self) -> list[Order]:
        """Return what is to be done now, and forget it."""
        drained = list(self._orders)
        self._orders.clear()
        return drained

    # the dialogue

    def _tell(self, event: dialogue.Event, now: float) -> None:
        """Step the dialogue with what has happened, and do what it wants."""
        if self._dialogue is None or not self._move(Input.TOLD, now):
            return
        self._hush()
        self._told_at = self._clock.stream
        if not isinstance(event, dialogue.Silent | dialogue.TransferFailed):
            self.tally.turns += 1
        try:
            self._dialogue, actions = self._engine.step(self._dialogue, event, self._moment(now))
        except FAULTS as fault:
            self._fault(fault, now)
            return
        self._perform(actions, now)

    def _perform(self, actions: list[dialogue.Action], now: float) -> None:
        self._queue.clear()
        for action in actions:
            if isinstance(action, dialogue.Note):  # kept even if the caller hangs up meanwhile
                self._show("note", kind=action.kind)
                self._order(orders.KeepNote(action.kind, action.fields))
            elif isinstance(action, dialogue.Understood):
                intents = self.tally.intents
                intents[action.intent] = intents.get(action.intent, 0) + 1
                self.tally.reprompts += action.intent == "none"
                self._show(
                    "understood", intent=action.intent, confidence=round(action.confidence, 3),
                    slots=dict(action.slots),
                )  # fmt: skip
            else:
                self._queue.append(action)
        if self._lost and self._awaited() is not None:
            self._rescue(now)  # there is nobody to listen
        else:
            self._decide(now)

    def _decide(self, now: float) -> None:
        """Take the next action; a dialogue that has run out of them listens."""
        action = self._queue.popleft() if self._queue else _DEFAULT
        if not isinstance(action, dialogue.Say):
            self._answering = None
        match action:
            case dialogue.Say(text):
                self._say(text, action, now)
            case dialogue.Listen():
                self._move(Input.LISTEN, now)
                self._listen = action
                self._quiet = now
                self._expect(action.expectation)
            case dialogue.Transfer():
                self._move(Input.TRANSFER, now)
                self._hand_over(action, now)
            case dialogue.HangUp(outcome):
                self._move(Input.HANG_UP, now)
                self._outcome = outcome

    def _say(self, text: str, action: dialogue.Say, now: float) -> None:
        first = self._dialogue is not None and self._speaking is None and not self._rescuing
        self._speaking = action
        self._move(Input.SAY, now)
        listen = self._awaited()
        heard = action.interruptible and listen is not None
        self._expect(listen.expectation if listen is not None and heard else _NOTHING)
        self._show("greeting" if first else "said", text=text)
        message = self._voice.say(text, now, alive=self._alive)
        if message is not None:
            self._order(Tell(message))

    def _awaited(self) -> dialogue.Listen | None:
        """Return the question that what is being said leads to; None where it leads out."""
        for action in self._queue:
            if isinstance(action, dialogue.Listen):
                return action
            if isinstance(action, dialogue.Transfer | dialogue.HangUp):
                return None
        return _DEFAULT

    # handing over

    def _hand_over(self, transfer: dialogue.Transfer, now: float) -> None:
        rules = self._rules
        urgent = transfer.urgent or self._rescuing
        hurry = urgent or not self._alive
        self.tally.transferred_to = transfer.name
        self._expect(_NOTHING)
        self._voice.play(self._ringback)
        self._show("transfer", target=transfer.target, name=transfer.name)
        self._handover = Handover(
            transfer.target, attended=rules.attended and not hurry, briefing=transfer.briefing,
            ring=rules.handover_ring, urgent=urgent, now=now,
        )  # fmt: skip
        if self._handover.briefing:  # rendered while it rings
            message = self._aside.say(self._handover.briefing, now, alive=True)
            if message is not None:
                self._order(Tell(message))
        self._pursue(now)

    def _pursue(self, now: float) -> None:
        """Carry the hand-over on after news of it."""
        handover = self._handover
        if handover is None:
            return
        self._orders += handover.orders()
        if handover.phase is Phase.FAILED:
            self._drop()
            self._transfer_failed(handover.reason, now)
        elif handover.phase is Phase.DONE:
            self._drop()
            self._reached(handover.kind, now)
            if self._move(Input.TRANSFERRED, now):
                self._order(orders.HangUp())
        elif handover.phase is Phase.BRIDGED and self._move(Input.BRIDGE, now):
            self._silence_aside()
            self._hush()
            self._reached(handover.kind, now)

    def _reached(self, kind: HandedOver, now: float) -> None:
        self._outcome = Outcome.RESCUED if self._rescuing else Outcome.TRANSFERRED
        self.tally.handed_over = kind
        self._show("transferred", how=kind.value, after=round(now - self._since, 1))

    def _drop(self) -> None:
        """Let go of the person, if one was called."""
        handover, self._handover = self._handover, None
        if handover is not None:
            handover.stop()
            self._orders += handover.orders()
            self._silence_aside()

    def _silence_aside(self) -> None:
        message = self._aside.stop()
        if message is not None and self._alive:
            self._order(Tell(message))

    def _transfer_failed(self, reason: str, now: float) -> None:
        to_fax = self.tally.transferred_to == _FAX
        self.tally.transferred_to = ""
        self._show("transfer-failed", reason=reason)
        if to_fax:
            self._no_caller(Sound.TONE, now)
        elif self._rescuing:
            self._replace(sentences.UNREACHABLE, dialogue.HangUp(Outcome.FAILED), now)
        else:
            self._tell(dialogue.TransferFailed(reason), now)

    # what is stronger than the dialogue

    def _rescue(self, now: float) -> None:
        """Something behind the voice has failed: apologise and put through to a person."""
        rules = self._rules
        self._rescuing = True
        self._show("rescue")
        if rules.operator:
            way_out: dialogue.Action = dialogue.Transfer(rules.operator, rules.operator_name)
            self._replace(sentences.APOLOGY, way_out, now)
        else:
            self._replace(sentences.UNREACHABLE, dialogue.HangUp(Outcome.FAILED), now)

    def _no_caller(self, sound: Sound, now: float) -> None:
        """A machine is on the line: a fax goes to its own kind, the others are rung off."""
        if not self._move(Input.REPLACE, now):
            return
        self._drop()
        self._hush()
        self._answering = None
        self._queue.clear()
        if sound is Sound.FAX and self._rules.fax:
            self._queue.append(dialogue.Transfer(self._rules.fax, _FAX, urgent=True))
        else:
            self._outcome = Outcome.NO_CALLER
            self._queue.append(dialogue.HangUp(Outcome.NO_CALLER))
        self._decide(now)

    def _fault(self, fault: Exception, now: float) -> None:
        self._show("fault", kind=type(fault).__name__, text=str(fault))
        self._rescue(now)

    def _replace(self, text: str, way_out: dialogue.Action, now: float) -> None:
        if not self._move(Input.REPLACE, now):
            return
        self._drop()
        self._hush()
        self._answering = None
        self._queue.clear()
        self._queue += (dialogue.Say(text, interruptible=False), way_out)
        if isinstance(way_out, dialogue.HangUp):
            self._outcome = way_out.outcome
        self._decide(now)

    # small things

    def _answer(self, now: float) -> None:
        if self._move(Input.ANSWER, now):
            self._order(orders.Answer())

    def _hush(self) -> None:
        message = self._voice.stop()
        if message is not None and self._alive:
            self._order(Tell(message))

    def _expect(self, expectation: Expectation) -> None:
        if self._alive and expectation != self._expected:
            self._expected = expectation
            self._order(Tell(Expect(expectation)))

    def _move(self, by: Input, now: float) -> bool:
        """The one setter of the state; False where the table knows no such way."""
        state = TABLE.get((self._state, by))
        if state is None:
            return False
        self._state = state
        self._since = now
        return True

    def _order(self, order: Order) -> None:
        self._orders.append(order)

    def _show(self, event: str, **values: object) -> None:
        self._orders.append(Show(event, tuple(values.items())))
