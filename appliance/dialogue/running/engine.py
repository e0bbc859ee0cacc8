"""The dialogue engine: `(state, event, now) -> (state, actions)`, without clock or memory.

Heard ──────────► hearing.py    what was meant ─┐
Pressed ────────► keying.py                     ├─► the turn is settled: somebody else goes on
Silent ─────────► missing.py                    │
Result ─────────► working.py, authenticating.py ├─► else working.run: the process goes on
Thought… ───────► thoughts.py                   │
TransferFailed ─► handing.py                    │
CallerLeft ─────► leaving.py ───────────────────┘
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from appliance.dialogue.actions import Action, Gone, HangUp
from appliance.dialogue.events import (
    CallerLeft,
    Event,
    Heard,
    Moment,
    Pressed,
    Result,
    Silent,
    Status,
    Thought,
    ThoughtFailed,
    ThoughtOver,
)
from appliance.dialogue.running import (
    authenticating,
    handing,
    hearing,
    keying,
    keypad,
    leaving,
    missing,
    prompts,
    thoughts,
    working,
)
from appliance.dialogue.running.means import Means, Understanding
from appliance.dialogue.running.turn import Turn
from appliance.dialogue.script import Entry, Script
from appliance.dialogue.state import Purpose, State, Waiting

_PROOFS = {Purpose.LOCK, Purpose.PROOF, Purpose.ATTEMPT}


class Engine:
    """Runs one script; holds nothing of any conversation, so one serves all calls."""

    def __init__(
        self,
        script: Script,
        model: bytes = b"",
        lists: Mapping[str, tuple[Entry, ...]] | None = None,
        *,
        thinking: bool = False,
    ) -> None:
        """Make ready what reads, understands and expects.

        `model`: what publishing has trained (understanding.bin); empty: the examples themselves.
        `lists`: rows of the lists that come from connectors. `thinking`: whether the site has a
        language model; the script says for what it may be asked.
        """
        self._means = Means.of(script, model, lists or {}, thinking=thinking)
        self._prompts = prompts.everything(self._means)

    @property
    def script(self) -> Script:
        """The script that is run."""
        return self._means.script

    @property
    def understanding(self) -> Understanding:
        """What decides what callers want; for whoever wants to see why."""
        return self._means.understanding

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
        turn = Turn(self._means, now, State(facts=facts, began=now.seconds))
        turn.say(self.script.consent, interruptible=False)
        turn.say(self.script.greeting)
        turn.state = replace(turn.state, question=self.script.sentences["request"])
        turn.listen()
        return turn.finish()

    def step(self, state: State, event: Event, now: Moment) -> tuple[State, list[Action]]:
        """Return what follows from an event.

        The list ends with Listen, Await, Transfer or HangUp; after CallerLeft with Await or Gone.
        """
        turn = Turn(self._means, now, state)
        if isinstance(event, CallerLeft):
            leaving.leave(turn, handed_over=event.handed_over)
        elif state.waiting is Waiting.OVER:
            turn.actions.append(Gone() if state.left else HangUp(state.outcome))
        elif isinstance(event, Result | Thought | ThoughtOver | ThoughtFailed):
            _answered(turn, event)
        elif isinstance(event, Silent) and state.pending is not None:
            _given_up(turn)
        elif state.left:
            turn.wait_on()
        elif isinstance(event, Heard):
            hearing.hear(turn, event)
        elif isinstance(event, Pressed):
            keying.press(turn, event.digit)
        elif isinstance(event, Silent):
            _silent(turn)
        else:
            _transfer_failed(turn)
        working.run(turn)
        if isinstance(event, Heard | Pressed) and state.waiting is Waiting.OVER:
            turn.understood("none", 0.0)
        return turn.finish()


def _answered(turn: Turn, event: Result | Thought | ThoughtOver | ThoughtFailed) -> None:
    """Take an answer that is waited for; one that was given up changes nothing."""
    pending = turn.state.pending
    if pending is None or pending.id != event.id:
        turn.listen()
        return
    if isinstance(event, Thought | ThoughtOver | ThoughtFailed):
        thoughts.take(turn, pending.purpose, event)
        return
    turn.state = replace(turn.state, pending=None, waiting=Waiting.REQUEST)
    if pending.purpose in _PROOFS:
        authenticating.result(turn, pending.purpose, event)
    else:
        working.result(turn, pending.purpose, pending.write, event)


def _given_up(turn: Turn) -> None:
    """Nothing has come back in time: it cannot be asked."""
    pending = turn.state.pending
    if pending is None:
        return
    if pending.purpose in thoughts.PURPOSES:
        thoughts.take(turn, pending.purpose, ThoughtFailed(pending.id, working.TIME))
    else:
        _answered(turn, Result(pending.id, Status.UNAVAILABLE, reason=working.TIME))


def _silent(turn: Turn) -> None:
    if turn.state.waiting is Waiting.TRANSFER:
        _transfer_failed(turn)
    elif turn.state.keys:
        keying.keyed(turn, keypad.complete(turn))
    else:
        missing.silent(turn)


def _transfer_failed(turn: Turn) -> None:
    if turn.state.waiting is not Waiting.TRANSFER:
        turn.sentence("no_answer")
        turn.ask_again()
    elif turn.state.emergency:
        handing.emergency_failed(turn)
    else:
        handing.failed(turn)
