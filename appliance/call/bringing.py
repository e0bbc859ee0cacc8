"""Bringing a caller to a person: by the dialogue's wish, or because something has failed.

Transfer ──► Handover ──► orders            what the person hears and says ──► Handover
fault, lost speech, machine on the line ──► apology ──► Transfer
"""

from __future__ import annotations

from typing import Final

from appliance import dialogue
from appliance.call import orders, sentences
from appliance.call.course import Course
from appliance.call.handover import Handover, Phase
from appliance.call.orders import Tell
from appliance.call.transitions import Input
from appliance.contracts.expectation import Expectation, Kind
from appliance.contracts.outcome import HandedOver, Outcome
from appliance.contracts.speech import Audio, Downward, Expect, Heard, Opened, Sound

_NOTHING: Final = Expectation(Kind.NOTHING)
_TAKES_IT: Final = Expectation(Kind.YES_NO)
_FAX: Final = "fax"
EARLIEST: Final = 2.0
"""Seconds after they have picked up from which a person's "yes" means the call: the first one is
how they answer the telephone."""


class Bringing(Course):
    """The hand-over of a call, and what is stronger than the dialogue."""

    # handing over

    def _hand_over(self, transfer: dialogue.Transfer, now: float) -> None:
        rules = self._rules
        urgent = transfer.urgent or self._rescuing
        hurry = urgent or not self._alive
        match transfer.mode:
            case dialogue.TransferMode.ATTENDED:
                attended = True
            case dialogue.TransferMode.BLIND | dialogue.TransferMode.QUEUE:
                attended = False
            case dialogue.TransferMode.SITE:
                attended = rules.attended
        self.tally.transferred_to = transfer.name
        self._expect(_NOTHING)
        self._voice.play(self._ringback)
        self._show("transfer", target=transfer.target, name=transfer.name)
        if transfer.details:
            self._order(orders.Brief(transfer.details))
        self._handover = Handover(
            transfer.target, attended=attended and not hurry, briefing=transfer.briefing,
            summary=transfer.summary, queue=transfer.mode is dialogue.TransferMode.QUEUE,
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
        if handover.phase is not Phase.BRIEFING:
            self._shut_ear()
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
        self._shut_ear()
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
            self._replace(self._words.unreachable, dialogue.HangUp(Outcome.FAILED), now)
        else:
            self._tell(dialogue.TransferFailed(reason), now)

    # inputs: the person whom the caller is brought to

    def person_answered(self, now: float) -> None:
        """The person has picked up."""
        handover = self._handover
        if handover is not None:
            self._show("consulting", briefing=handover.briefing)
            handover.answered(now)
            if handover.phase is Phase.BRIEFING and self._alive:
                self._ear = True
                self._order(orders.OpenEar())
            self._pursue(now)

    def person_key(self, digit: str, now: float) -> None:
        """The person has pressed a key."""
        if self._handover is not None:
            self._handover.key(digit, now)
            self._pursue(now)

    def person_speech(self, message: Downward, now: float) -> None:
        """`speech` has heard the person."""
        if not self._ear or self._handover is None:
            return
        match message:
            case Opened():
                self._hears = True
                self._order(orders.TellEar(Expect(_TAKES_IT)))
            case Heard(text, _, start) if start >= EARLIEST:
                takes = sentences.takes_call(text, self._rules.language)
                if takes is not None:
                    self._handover.agree(takes, now)
                    self._pursue(now)
            case _:
                return

    def person_unheard(self) -> None:
        """`speech` does not hear the person: keys and staying on the line still tell."""
        self._shut_ear()

    def not_handed_over(self, reason: str, now: float) -> None:
        """The hand-over is not allowed, or cannot be done: `reason` in plain words."""
        if self._handover is not None:
            self._handover.forbid(reason, now)
            self._pursue(now)

    def person_frame(self, pcm: bytes, now: float) -> bytes | None:
        """20 ms pass: take what the person says, return what they hear; None: silence."""
        handover = self._handover
        if handover is None or handover.phase is not Phase.BRIEFING:
            return None
        frame = self._aside.pull(now)
        if self._hears:
            self._order(orders.TellEar(Audio(pcm, frame or b"")))
        if not self._aside.talking:
            handover.told(now)
        elif self._aside.stuck(now):
            self._silence_aside()
            handover.mute(now)
            self._pursue(now)
        return frame

    def _shut_ear(self) -> None:
        if self._ear:
            self._order(orders.CloseEar())
        self._ear = self._hears = False

    # what is stronger than the dialogue

    def _rescue(self, now: float) -> None:
        rules = self._rules
        self._rescuing = True
        self._show("rescue")
        if rules.operator:
            way_out: dialogue.Action = dialogue.Transfer(rules.operator, rules.operator_name)
            self._replace(self._words.apology, way_out, now)
        else:
            self._replace(self._words.unreachable, dialogue.HangUp(Outcome.FAILED), now)

    def _no_caller(self, sound: Sound, now: float) -> None:
        """A machine is on the line: a fax goes to its own kind, the others are rung off."""
        if not self._move(Input.REPLACE, now):
            return
        self._clear_away()
        if sound is Sound.FAX and self._rules.fax:
            self._queue.append(dialogue.Transfer(self._rules.fax, _FAX, urgent=True))
        else:
            self._outcome = Outcome.NO_CALLER
            self._queue.append(dialogue.HangUp(Outcome.NO_CALLER))
        self._decide(now)

    def _replace(self, text: str, way_out: dialogue.Action, now: float) -> None:
        if not self._move(Input.REPLACE, now):
            return
        self._clear_away()
        self._queue += (dialogue.Say(text, interruptible=False), way_out)
        if isinstance(way_out, dialogue.HangUp):
            self._outcome = way_out.outcome
        self._decide(now)

    def _clear_away(self) -> None:
        """Stop everything that the dialogue was at."""
        self._drop()
        self._hush()
        self._forget_thought()
        self._waiting = None
        self._answering = None
        self._queue.clear()
