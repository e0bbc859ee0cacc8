"""The dialogue engine: `(state, event, now) -> (state, actions)`, without clock or memory.

Heard -> emergency? -> answer to what was asked -> else another request -> else asked again
Pressed -> keypad.py      Silent -> are you there, keys, a person      TransferFailed -> go on
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from appliance.contracts.outcome import Outcome
from appliance.dialogue.actions import Action, HangUp
from appliance.dialogue.events import Event, Heard, Moment, Pressed, Silent
from appliance.dialogue.running import keypad, prompts
from appliance.dialogue.running.expect import Expectations
from appliance.dialogue.running.turn import Turn
from appliance.dialogue.script import AskOp, Script, Slot, SlotKind
from appliance.dialogue.slots import answers
from appliance.dialogue.state import State, Waiting
from appliance.dialogue.text import normalise
from appliance.dialogue.understanding.classify import courteous
from appliance.dialogue.understanding.understand import Request, Understanding, Value

_CLEAR: Final = 0.8
"""Confidence from which an answer that names something is taken without asking."""
_ANSWER: Final = 0.45
"""Confidence from which a yes or no is taken."""
_COMMAND: Final = 0.75
"""Confidence from which a caller who was asked something else gets another request."""
_COMMAND_WORDS: Final = 6
"""Most words of a command where free speech is asked for."""
_FAILURES: Final = 2
"""Transfers that reached nobody after which a caller who is not understood is let go."""


class Engine:
    """Runs one script; holds nothing of any conversation, so one serves all calls."""

    def __init__(self, script: Script) -> None:
        """Train the understanding and expand what is expected."""
        self._script = script
        self._understanding = Understanding(script)
        self._expectations = Expectations(script)
        self._prompts = prompts.everything(script)

    def prompts(self) -> tuple[str, ...]:
        """Return the sentences that can be rendered ahead, as they will stand in `Say`."""
        return self._prompts

    def begin(
        self, now: Moment, facts: tuple[tuple[str, str], ...] = ()
    ) -> tuple[State, list[Action]]:
        """Return the start of a conversation: greeting and first question.

        `facts`: what the telephone line tells about the call, by the names of CALL_FACTS and of
        configured headers (`x_...`); sentences and conditions may use them.
        """
        turn = self._turn(State(facts=facts), now)
        turn.say(self._script.greeting)
        turn.state = replace(turn.state, question=self._script.sentences["request"])
        turn.listen()
        return turn.finish()

    def step(self, state: State, event: Event, now: Moment) -> tuple[State, list[Action]]:
        """Return what follows from an event; the list ends with Listen, Transfer or HangUp."""
        turn = self._turn(state, now)
        if isinstance(event, Heard):
            self._heard(turn, event)
        elif isinstance(event, Pressed):
            self._pressed(turn, event.digit)
        elif isinstance(event, Silent):
            self._silent(turn)
        elif state.waiting is Waiting.OVER:
            turn.actions.append(HangUp(state.outcome))
        else:
            self._transfer_failed(turn)
        return turn.finish()

    def _turn(self, state: State, now: Moment) -> Turn:
        return Turn(self._script, self._expectations, now, state)

    # the caller speaks

    def _heard(self, turn: Turn, heard: Heard) -> None:
        waiting = turn.state.waiting
        if waiting is Waiting.OVER:
            turn.understood("none", 0.0)
            turn.actions.append(HangUp(turn.state.outcome))
            return
        turn.state = replace(turn.state, silences=0, keys="")
        if not turn.state.emergency and self._understanding.emergency(heard):
            turn.emergency()
            turn.understood("emergency", 1.0)
        elif waiting is Waiting.TRANSFER:
            turn.understood("none", 0.0)
            turn.listen()
        elif waiting is Waiting.REQUEST:
            self._request(turn, heard)
        elif waiting is Waiting.CONFIRM_REQUEST:
            self._confirm_request(turn, heard)
        elif waiting is Waiting.CONFIRM_SLOT:
            self._confirm_slot(turn, heard)
        else:
            self._answer(turn, heard)

    def _request(self, turn: Turn, heard: Heard) -> None:
        request = self._understanding.request(heard)
        answer = self._understanding.yes_no(heard) if turn.state.greeted else Value()
        limits = self._script.limits
        wanted = request.confidence if request.intent else 0.0
        if answer.text and answer.confidence >= max(wanted, _ANSWER):
            rest = self._rest(heard)
            if rest.intent and rest.confidence >= limits.sure:
                self._start(turn, rest)
            elif answer.text == "no":
                turn.enter(self._script.farewell)
                turn.understood("no", answer.confidence)
            else:
                turn.ask(self._script.sentences["request"], Waiting.REQUEST)
                turn.understood("yes", answer.confidence)
        elif request.intent and request.confidence >= limits.sure:
            self._start(turn, request)
        elif request.intent and request.confidence >= limits.guess:
            turn.confirm_request(request)
            turn.understood(request.intent, request.confidence, dict(request.slots))
        elif courteous(normalise(heard.text)):
            self._greeted(turn, normalise(heard.text))
        else:
            self._missed(turn)
            turn.understood("none", request.confidence)

    def _greeted(self, turn: Turn, text: str) -> None:
        """Answer a "hello" by what can be asked for, and a "thank you" at the end by a goodbye."""
        if turn.state.greeted and "thank" in text:
            turn.enter(self._script.farewell)
        elif turn.state.misses:
            self._missed(turn)
        else:
            turn.state = replace(turn.state, misses=1)
            turn.ask(self._script.sentences["request"], Waiting.REQUEST)
        turn.understood("none", 1.0)

    def _start(self, turn: Turn, request: Request) -> None:
        turn.start(request)
        turn.understood(request.intent, request.confidence, dict(request.slots))

    def _rest(self, heard: Heard) -> Request:
        """Return the request that follows a leading yes or no."""
        rest = answers.after_no(normalise(heard.text))
        if not rest:
            return Request()
        return self._understanding.request(Heard(rest, heard.confidence))

    def _confirm_request(self, turn: Turn, heard: Heard) -> None:
        guessed = Request(turn.state.guess[0], 1.0, turn.state.guess[1])
        answer = self._understanding.yes_no(heard)
        other = self._rest(heard) if answer.text else self._understanding.request(heard)
        again = (other.intent, other.slots) == turn.state.guess
        limits = self._script.limits
        if answer.text == "no" and other.intent and other.confidence >= limits.sure and not again:
            self._start(turn, other)
        elif (answer.text == "yes" and answer.confidence >= _ANSWER) or (
            again and other.confidence >= limits.guess and not answer.text
        ):
            self._back_to_request(turn)
            turn.start(guessed)
            turn.understood("yes", answer.confidence or other.confidence)
        elif answer.text == "no" and answer.confidence >= _ANSWER:
            turn.state = replace(turn.state, guess=("", ()))
            turn.ask(self._script.sentences["declined"], Waiting.REQUEST)
            turn.understood("no", answer.confidence)
        elif other.intent and other.confidence >= limits.sure:
            self._start(turn, other)
        else:
            self._missed(turn)
            turn.understood("none", answer.confidence)

    @staticmethod
    def _back_to_request(turn: Turn) -> None:
        turn.state = replace(turn.state, waiting=Waiting.REQUEST, guess=("", ()))

    def _confirm_slot(self, turn: Turn, heard: Heard) -> None:
        name, held = turn.state.guess
        answer = self._understanding.yes_no(heard)
        slot = self._script.slots[name]
        command = self._understanding.everywhere(heard)
        other = self._value(slot, Heard(answers.after_no(normalise(heard.text)), heard.confidence))
        if command.confidence >= _COMMAND and command.confidence > answer.confidence:
            self._start(turn, command)
        elif other.text and other.text != held[0][1] and other.confidence >= _ANSWER:
            self._accept(turn, slot, other)
        elif answer.text == "yes" and answer.confidence >= _ANSWER:
            turn.state = replace(turn.state, guess=("", ()))
            turn.fill(name, held[0][1])
            turn.run()
            turn.understood("yes", answer.confidence)
        elif answer.text == "no" and answer.confidence >= _ANSWER:
            turn.state = replace(turn.state, guess=("", ()), waiting=Waiting.SLOT)
            op = turn.op()
            turn.ask(op.prompt if isinstance(op, AskOp) else "", Waiting.SLOT)
            turn.understood("no", answer.confidence)
        else:
            self._missed(turn)
            turn.understood("none", answer.confidence)

    def _value(self, slot: Slot, heard: Heard) -> Value:
        """Return a corrected value; free text cannot be told from an answer, so there is none."""
        if slot.kind is SlotKind.TEXT or not heard.text:
            return Value()
        return self._understanding.value(slot, heard)

    def _answer(self, turn: Turn, heard: Heard) -> None:
        slot = turn.slot()
        if slot is None:
            self._request(turn, heard)
            return
        value = self._understanding.value(slot, heard)
        if slot.kind is SlotKind.TEXT:
            value = replace(value, confidence=value.confidence * _COMMAND)
        command = self._understanding.everywhere(heard)
        short = slot.kind is not SlotKind.TEXT or len(heard.text.split()) <= _COMMAND_WORDS
        least = _COMMAND if slot.kind is not SlotKind.TEXT else 0.85
        if command.confidence >= least and short and command.confidence > value.confidence:
            self._start(turn, command)
            return
        taken = _ANSWER if slot.kind is SlotKind.YES_NO else self._script.limits.guess
        if value.text and value.confidence >= taken:
            self._accept(turn, slot, value)
            return
        request = self._understanding.request(heard)
        if request.intent and request.confidence >= _COMMAND:
            self._start(turn, request)
            return
        if slot.kind is SlotKind.DIGITS and value.text and not slot.fits(value.text):
            self._missed(turn, "wrong_length")
        else:
            self._missed(turn)
        turn.understood("none", max(value.confidence, 0.0))

    def _accept(self, turn: Turn, slot: Slot, value: Value) -> None:
        """Take a value, or ask first where the author or the confidence wants it."""
        op = turn.op()
        confirm = isinstance(op, AskOp) and bool(op.confirm)
        named = slot.kind in {SlotKind.DESTINATION, SlotKind.DAY, SlotKind.DIGITS}
        if confirm or (named and value.confidence < _CLEAR * 0.9):
            turn.state = replace(turn.state, misses=0)
            turn.confirm_slot(value.text)
        else:
            turn.state = replace(turn.state, guess=("", ()))
            turn.fill(slot.name, value.text)
            turn.run()
        intent = value.text if slot.kind is SlotKind.YES_NO else "answer"
        turn.understood(intent, value.confidence, {slot.name: value.text})

    # the caller presses a key

    def _pressed(self, turn: Turn, key: str) -> None:
        turn.state = replace(turn.state, silences=0)
        if turn.state.waiting is Waiting.OVER:
            turn.actions.append(HangUp(turn.state.outcome))
        elif turn.state.waiting is Waiting.TRANSFER or key not in keypad.KEYS:
            turn.listen()
        else:
            self._keyed(turn, keypad.read(turn, key))
        turn.understood("key", 1.0, {"key": key})

    def _keyed(self, turn: Turn, meaning: keypad.Meaning) -> None:
        if isinstance(meaning, keypad.More):
            turn.state = replace(turn.state, keys=meaning.keys)
            turn.listen()
            return
        turn.state = replace(turn.state, keys="")
        if isinstance(meaning, Request):
            if turn.state.waiting is Waiting.CONFIRM_REQUEST and meaning.slots:
                self._back_to_request(turn)
            turn.start(meaning)
        elif isinstance(meaning, keypad.Answer):
            self._key_answer(turn, meaning.value)
        elif isinstance(meaning, keypad.Short):
            self._missed(turn, "wrong_length")
        else:
            self._missed(turn, "key_unknown")

    def _key_answer(self, turn: Turn, value: str) -> None:
        slot = turn.slot()
        if slot is not None:
            self._accept(turn, slot, Value(value, 1.0))
            turn.actions.pop(0)
        elif turn.state.waiting is Waiting.CONFIRM_REQUEST:
            self._confirm_request(turn, Heard(value))
            turn.actions.pop(0)
        else:
            self._confirm_slot(turn, Heard(value))
            turn.actions.pop(0)

    # nothing, or nothing understood

    def _missed(self, turn: Turn, why: str = "") -> None:
        """Ask again: twice in other words, then by keys, then a person."""
        misses = turn.state.misses + 1
        turn.state = replace(turn.state, misses=misses)
        most = self._script.limits.reprompts
        if misses > most + 1:
            self._person(turn)
            return
        turn.sentence(why or ("not_understood" if misses == 1 else "not_understood_again"))
        if misses > most:
            self._offer_keys(turn)
        else:
            self._reprompt(turn)

    def _reprompt(self, turn: Turn) -> None:
        op = turn.op()
        if turn.state.waiting is Waiting.SLOT and isinstance(op, AskOp):
            turn.say(op.reprompt or op.prompt)
        elif turn.state.waiting is Waiting.REQUEST:
            turn.sentence("request")
        else:
            turn.say(turn.state.question)
            turn.sentence("yes_or_no")
        turn.listen()

    def _offer_keys(self, turn: Turn) -> None:
        """Name the keys that answer the question under way."""
        slot = turn.slot()
        if slot is not None and slot.kind is SlotKind.DESTINATION and prompts.menu(self._script):
            turn.say(prompts.menu(self._script))
        elif slot is not None and slot.kind is SlotKind.DIGITS:
            turn.sentence("keys_digits")
        elif turn.state.waiting is Waiting.REQUEST:
            turn.say(self._script.keypad.hint)
        elif slot is None or slot.kind is SlotKind.YES_NO:
            turn.sentence("keys_yes_no")
        else:
            turn.say(turn.state.question)
            turn.sentence("keys_person")
        turn.listen()

    def _person(self, turn: Turn) -> None:
        if turn.state.failures >= _FAILURES:
            turn.sentence("goodbye_failed")
            turn.hang_up(Outcome.FAILED)
            return
        turn.sentence("to_person")
        turn.enter(self._script.person)

    def _silent(self, turn: Turn) -> None:
        state = turn.state
        if state.waiting is Waiting.OVER:
            turn.actions.append(HangUp(state.outcome))
        elif state.waiting is Waiting.TRANSFER:
            self._transfer_failed(turn)
        elif state.keys:
            self._keyed(turn, keypad.complete(turn))
        elif state.silences == 0:
            turn.state = replace(state, silences=1)
            turn.sentence("still_there")
            self._reprompt(turn)
        elif state.silences == 1:
            turn.state = replace(state, silences=2)
            self._offer_keys(turn)
        elif self._script.hours.is_open(turn.now.local) and not state.failures:
            self._person(turn)
        else:
            turn.sentence("goodbye_silence")
            turn.hang_up(Outcome.NO_INPUT)

    def _transfer_failed(self, turn: Turn) -> None:
        state = turn.state
        if state.waiting is not Waiting.TRANSFER:
            turn.sentence("no_answer")
            turn.ask_again()
            return
        turn.state = replace(state, failures=state.failures + 1, waiting=Waiting.REQUEST)
        if not state.emergency:
            turn.transfer_failed()
            return
        turn.state = replace(turn.state, emergency=False)
        turn.say(self._script.emergency.failed, interruptible=False)
        turn.enter(self._script.person)
