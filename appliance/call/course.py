"""The course of a call: the dialogue's actions in their order.

    told (heard, key, silence, an answer, a failed transfer) ──► dialogue ──► actions
    action ──► say · listen · wait · transfer · hang up ──► the next one, when it is done

Every transition stands in `transitions.TABLE`; `_move` is the only one to make it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Final

from appliance import dialogue
from appliance.call import orders, sentences
from appliance.call.absence import FAULTS, Answers
from appliance.call.clock import StreamClock
from appliance.call.handover import Handover
from appliance.call.orders import Order, Show, Tally, Tell
from appliance.call.transitions import TABLE, Input, State
from appliance.call.voice import Voice
from appliance.call.waiting import SOUND, Cue, Waiting
from appliance.contracts.expectation import Expectation, Kind
from appliance.contracts.outcome import Outcome
from appliance.contracts.speech import Expect

_NOTHING: Final = Expectation(Kind.NOTHING)
_DEFAULT: Final = dialogue.Listen(Expectation(), 6.0)
"""What is done where the dialogue says nothing more: the caller is never left."""
HIDDEN: Final = "•"
"""Shown in place of what is typed or said in secret."""
INTERRUPTION_PATIENCE: Final = 2.0
"""Seconds without a sign of speech after which an interruption is given up: a caller must not hear
dead air for a cough."""
_PASSING: Final = frozenset({
    "waiting", "said", "question", "misses", "silences", "keys", "guess", "options", "hidden",
    "secrets", "ids",
})  # fmt: skip
"""What of the dialogue's state need not outlive this process."""


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
    language: str = "en"
    """Of the dialogue, and of what is said where it cannot."""


class Course(ABC):
    """What is said and done in a call, in its order.

    `Bringing` brings the caller to a person, `CallSession` adds what happens to the call.
    """

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
        self._ringback = ringback
        self._rules = rules
        self._words = sentences.of(rules.language)
        self._began = now
        self._state = State.RINGING
        self._since = now
        self._orders: deque[Order] = deque()
        self._queue: deque[dialogue.Action] = deque()
        self._dialogue: dialogue.State | None = None
        self._kept: tuple[object, ...] = ()
        """What of the dialogue's state was kept last."""
        self._answers = Answers()
        self._waiting: Waiting | None = None
        """The wait under way, or one that a sentence stands in front of."""
        self._filling = False
        """Whether what is heard is a sentence about that wait."""
        self._thinking = ""
        """What the language model is asked at this moment."""
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
        self._aside = voice.aside()
        """What the person hears whom the caller is brought to."""
        self._ear = False
        """Whether `speech` was asked to hear that person."""
        self._hears = False
        """Whether it does."""
        self._held = False
        self._outcome: Outcome | None = None
        self._expected: Expectation | None = None
        self._speaking: dialogue.Say | None = None
        """The sentence under way, or the last one."""
        self._listen = _DEFAULT
        self._secret = False
        """Whether what the dialogue was told last is nobody's business."""
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

    # what others add

    @abstractmethod
    def _hand_over(self, transfer: dialogue.Transfer, now: float) -> None:
        """Bring the caller to a person."""

    @abstractmethod
    def _rescue(self, now: float) -> None:
        """Something behind the voice has failed: apologise and put through to a person."""

    # the dialogue

    def _greet(self, now: float) -> None:
        """Begin the conversation."""
        try:
            self._dialogue, actions = self._engine.begin(self._moment(now), self._facts)
        except FAULTS as fault:
            self._fault(fault, now)
            return
        self._perform(actions, now)

    def _tell(self, event: dialogue.Event, now: float) -> None:
        """Step the dialogue with what has happened, and do what it wants."""
        listen = self._listening()
        if self._dialogue is None or not self._move(Input.TOLD, now):
            return
        self._hush()
        if isinstance(event, dialogue.Heard | dialogue.Pressed):
            self._secret = listen is not None and listen.secret
            self.tally.turns += 1
        if isinstance(event, dialogue.ThoughtOver | dialogue.ThoughtFailed):
            self._thinking = ""
        elif not isinstance(event, dialogue.Result | dialogue.Thought):
            self._told_at = self._clock.stream
        try:
            self._dialogue, actions = self._engine.step(self._dialogue, event, self._moment(now))
        except FAULTS as fault:
            self._fault(fault, now)
            return
        self._perform(actions, now)

    def _perform(self, actions: list[dialogue.Action], now: float) -> None:
        self._queue.clear()
        self._forget_thought(one.id for one in actions if isinstance(one, dialogue.Await))
        for action in actions:
            if not self._perform_aside(action):
                self._queue.append(action)
        self._keep_state()
        if self._lost and self._awaited() is not None:
            self._rescue(now)  # there is nobody to listen
        else:
            self._decide(now)

    def _perform_aside(self, action: dialogue.Action) -> bool:
        """Do what takes none of the caller's time; returns whether it was that."""
        match action:
            case dialogue.Note(kind, fields_):  # kept even if the caller hangs up meanwhile
                self._show("note", kind=kind)
                self._order(orders.KeepNote(kind, fields_))
            case dialogue.Document(process, resolution, reason):
                self.tally.document = action
                self._show("documented", process=process, resolution=resolution, reason=reason)
                self._order(orders.KeepDocument(action))
            case dialogue.Invoke(_, connector):
                self._show("asking", connector=connector)
                self._order(orders.Invoke(action))
            case dialogue.Think(question):
                self._thinking = question
                self._show("thinking")
                self._order(orders.Think(action))
            case dialogue.Understood(intent, confidence, slots):
                self.tally.intents[intent] = self.tally.intents.get(intent, 0) + 1
                self.tally.reprompts += intent == "none"
                self._show(
                    "understood", intent=intent, confidence=round(confidence, 3),
                    slots=dict.fromkeys(dict(slots), HIDDEN) if self._secret else dict(slots),
                )  # fmt: skip
            case dialogue.Gone():
                return True
            case _:
                return False
        return True

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
                self._waiting = None
                self._listen = action
                self._quiet = now
                self._expect(action.expectation)
            case dialogue.Await():
                self._move(Input.WAIT, now)
                if self._waiting is None or not self._waiting.go_on(action, now):
                    self._waiting = Waiting(action, now)
                self._listen = _while_waiting(action)
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
        self._utter(text, now, speed=action.speed, gain=action.gain)

    def _utter(self, text: str, now: float, *, speed: float = 1.0, gain: float = 0.0) -> None:
        message = self._voice.say(text, now, alive=self._alive, speed=speed, gain=gain)
        if message is not None:
            self._order(Tell(message))

    def _awaited(self) -> dialogue.Listen | None:
        """Return the question that what is being said leads to; None where it leads out."""
        for action in self._queue:
            if isinstance(action, dialogue.Listen):
                return action
            if isinstance(action, dialogue.Await):
                return _while_waiting(action)
            if isinstance(action, dialogue.Transfer | dialogue.HangUp):
                return None
        return _DEFAULT

    def _listening(self) -> dialogue.Listen | None:
        """Return the question that what the caller says now is an answer to; None: to none."""
        there = self._state in (State.LISTENING, State.WORKING)
        return self._listen if there else self._awaited()

    # waiting

    def answer(
        self,
        answer: dialogue.Result | dialogue.Thought | dialogue.ThoughtOver | dialogue.ThoughtFailed,
        now: float,
    ) -> None:
        """Something that was asked has come back; the dialogue is told when it waits for it."""
        _ = now
        self._answers.put(answer)

    def _await(self, now: float) -> None:
        """See to a wait: tell the answer, or that there is none, once nobody is cut off by it."""
        waiting = self._waiting
        if waiting is None:
            return
        if self._talking:
            waiting.hush(now)
            if now - self._signs >= INTERRUPTION_PATIENCE:
                self._talking = False
            elif not waiting.over(now):
                return
        if self._filling and self._voice.talking and self._voice.first_frame is not None:
            return
        answer = self._answers.take(waiting.wait.id)
        if answer is not None:
            self._tell(answer, now)
        elif waiting.over(now):
            self._show("no-answer")
            self._tell(dialogue.Silent(), now)

    def _pass_time(self, now: float) -> None:
        """Nothing is heard while an answer is awaited: give the caller something."""
        waiting = self._waiting
        if waiting is None or self._talking:
            return
        if self._filling:
            self._filling = False
            waiting.hush(now)
        match waiting.cue(now):
            case Cue.FIRST:
                self._fill(self._words.one_moment, now)
            case Cue.AGAIN:
                self._fill(self._words.still_working, now)
            case Cue.SOUND:
                self._voice.play(SOUND)
            case Cue.NOTHING:
                return

    def _fill(self, text: str, now: float) -> None:
        self._filling = True
        self._show("waiting", text=text)
        self._utter(text, now, gain=self._speaking.gain if self._speaking is not None else 0.0)

    def _forget_thought(self, awaited: Iterable[str] = ()) -> None:
        """Stop the language model where nobody waits for it any more."""
        if self._thinking and self._thinking not in awaited:
            self._thinking = ""
            self._order(orders.CancelThought())

    # small things

    def _answer(self, now: float) -> None:
        if self._move(Input.ANSWER, now):
            self._order(orders.Answer())

    def _keep_state(self) -> None:
        """Have the state written down where something in it has changed that must not be lost."""
        state = self._dialogue
        if state is None or not (self._kept or state.process or state.slots or state.agenda):
            return
        lasting = tuple(
            getattr(state, one.name) for one in fields(state) if one.name not in _PASSING
        )
        if lasting != self._kept:
            self._kept = lasting
            self._order(orders.KeepState(state))

    def _fault(self, fault: Exception, now: float) -> None:
        self._show("fault", kind=type(fault).__name__, text=str(fault))
        self._rescue(now)

    def _hush(self) -> None:
        self._filling = False
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


def _while_waiting(wait: dialogue.Await) -> dialogue.Listen:
    """What the caller says or presses during a wait is heard as at a question."""
    return dialogue.Listen(wait.expectation, wait.timeout)
