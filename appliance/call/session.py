"""One call, in virtual time: what happens to it goes in, orders and frames come out.

    SIP events ──► ┌─────────┐ ──► orders (answer, refer, hang up, tell speech, keep, show)
    speech     ──► │ session │
    frames     ──► └─────────┘ ──► frames
                     dialogue            ──► Absence, once the caller has gone

It owns no socket, no clock and no codec. `frame` is called every 20 ms while there is media, `tick`
before.
"""

from __future__ import annotations

from typing import Final

from appliance import dialogue
from appliance.call import orders, sentences
from appliance.call.clearing import Clearing
from appliance.call.course import HIDDEN, INTERRUPTION_PATIENCE, Rules
from appliance.call.handover import Phase
from appliance.call.orders import Tell
from appliance.call.transitions import CONVERSING, HEARING, Input, State
from appliance.contracts.expectation import Kind
from appliance.contracts.outcome import HandedOver, Outcome
from appliance.contracts.speech import (
    Audio,
    Downward,
    Heard,
    Manner,
    Noticed,
    Opened,
    Partial,
    Refused,
    Sound,
    SpeechStarted,
    Spoken,
)

__all__ = ["CallSession", "Rules"]

SPEECH_PATIENCE: Final = 1.5
"""Seconds that a caller hears ringing while `speech` is asked to serve the call."""
PARTING: Final = 0.2
"""Seconds of silence after the last words, so that their end is not cut off by the BYE."""
UTTERANCE_PATIENCE: Final = 6.0
"""Seconds without a sign of speech after which an utterance that began is given up."""
SETTLE: Final = 3.0
"""Seconds in which the person's call must end too, if the PBX joined it with the caller's."""
MISSED: Final = 100
"""Frames dropped without a word from `speech` after which it counts as hung."""
NOISE: Final = 0.35
"""Seconds below which a sound that was not understood is no answer."""
MUSIC_PATIENCE: Final = 60.0
"""Seconds that music on hold is listened to before the caller is asked again."""
_NOT_THE_CALLER: Final = (Manner.NOISE, Manner.BACKGROUND)
_STALE: Final = 0.3
"""Seconds by which the start of an utterance may precede the question it answers."""


class CallSession(Clearing):
    """One incoming call from INVITE to record."""

    # inputs: telephone

    def confirmed(self, now: float) -> None:
        """The caller's ACK has come: greet."""
        if not self._move(Input.CONFIRMED, now):
            return
        self.tally.confirmed_at = now
        if self._lost:
            self._rescue(now)
            return
        self._greet(now)

    def held(self, on: bool, now: float) -> None:
        """The caller has put us on hold, or is back."""
        if on is not self._held:
            self._held = on
            self._quiet = self._signs = now
            self._show("held" if on else "resumed-from-hold")

    def key(self, digit: str, now: float) -> None:
        """The caller has pressed a key."""
        if self._state not in CONVERSING:
            return
        listen = self._listening()
        if listen is None or not listen.keypad:
            return
        self.tally.keys += 1
        self._show("key", digit=HIDDEN if listen.secret else digit)
        self._tell(dialogue.Pressed(digit), now)

    def transfer_progress(self, status: int, reason: str, final: bool, now: float) -> None:
        """The PBX reports on our REFER: SIP status of the call to the target."""
        if self._handover is not None:
            self._handover.progress(status, reason, final, now)
            self._pursue(now)

    def ended(self, now: float, *, fault: bool = False, replaced: bool = False) -> None:
        """The SIP call is over, whoever ended it.

        `fault`: because it broke; `replaced`: another call has taken its place.
        """
        was, handover = self._state, self._handover
        if handover is not None and handover.likely:
            blind = handover.phase is Phase.REFERRING
            self._reached(HandedOver.BLIND if blind else HandedOver.ATTENDED, now)
        if not self._move(Input.ENDED, now):
            return
        self._drop()
        outcome = self._outcome
        if outcome is None and replaced:
            outcome = Outcome.REPLACED
        elif outcome is None and was in (State.RINGING, State.ANSWERED):
            outcome = Outcome.FAILED if fault else Outcome.ABANDONED
        elif outcome is None and was is State.SPEAKING and self._queue:
            farewell = self._queue[0]  # whoever hangs up during the goodbye has been served
            outcome = farewell.outcome if isinstance(farewell, dialogue.HangUp) else None
        if outcome is None:
            outcome = Outcome.FAILED if fault else Outcome.CALLER_HUNG_UP
        reached = outcome in (Outcome.TRANSFERRED, Outcome.RESCUED)
        if not reached:
            self.tally.transferred_to, self.tally.handed_over = "", HandedOver.NO
        self._outcome = outcome
        self._show("ended", outcome=outcome.value, seconds=round(now - self._began, 1))
        self._order(orders.Closed())
        self._leave(now, handed_over=reached)
        self._clear(now)

    def left(self, now: float) -> bool:
        """The caller's call is over; whether it is worth a moment to see how the person's goes.

        A PBX that joins two calls may end ours to the caller before it tells anything, and the
        person's a little later (RFC 5589); to end that one ourselves could undo it.
        """
        handover = self._handover
        pending = handover is not None and handover.phase is Phase.JOINING and not handover.likely
        return pending and self._move(Input.VANISH, now)

    def end(self, outcome: Outcome, now: float) -> None:
        """End the call at once: the process stops, or a fault leaves nothing else."""
        bridged = self._state is State.BRIDGED
        if self._move(Input.ABORT, now):
            if not bridged:  # else they had reached a person
                self._outcome = outcome
            self._voice.stop()
            self._drop()
            self._order(orders.HangUp())

    # inputs: the person whom the caller is brought to

    def person_gone(
        self, status: int, reason: str, now: float, contacts: tuple[str, ...] = ()
    ) -> None:
        """The call to the person could not be made (status 0), was refused, or is over.

        `contacts`: where a redirection sends us.
        """
        if self._handover is None:
            return
        self._handover.gone(status, reason, now, contacts)
        if self._state is State.SETTLING:
            self.ended(now)
            return
        self._pursue(now)
        if self._state is State.BRIDGED and self._move(Input.PARTED, now):
            self._order(orders.HangUp())

    def bridged(self, now: float, *, quiet: float) -> None:
        """20 ms pass while the caller talks to a person; `quiet`: s since the last packet."""
        if quiet >= self._rules.media_timeout:
            self.end(Outcome.MEDIA_LOST, now)

    # inputs: speech

    def speech_lost(self, why: str, now: float) -> None:
        """`speech` does not serve this call, or no longer."""
        if self._lost:
            return
        self._alive, self._lost = False, True
        if self._handover is not None:
            self._handover.mute(now)
            self._pursue(now)
        if self._state is State.RINGING:
            self._pick_up(now)
        elif self._state in CONVERSING:
            self._show("speech-lost", why=why)
            if self._state is not State.SPEAKING or self._awaited() is not None:
                self._rescue(now)
            elif not self._voice.complete:  # the way out is decided and needs no ears
                self._voice.stop()
                self._move(Input.PLAYED, now)
                self._decide(now)

    def speech_missed(self, frames: int, now: float) -> None:
        """So many frames of audio could not be sent up, because `speech` did not keep up."""
        self._clock.drop(frames)
        self._missed += frames
        if self._missed >= MISSED:
            self.speech_lost("it does not keep up", now)

    def speech(self, message: Downward, now: float) -> None:
        """A message has come down the link."""
        self._missed = 0
        match message:
            case Opened():
                self._alive = not self._lost
                self._pick_up(now)
            case Refused(reason):
                self.speech_lost(reason, now)
            case Spoken():
                self._voice.receive(message, now)
                self._aside.receive(message, now)
            case SpeechStarted() | Partial() | Heard() if self._held:
                self._talking = False
            case SpeechStarted():
                self._talking, self._signs = True, now
                if self._state is State.SPEAKING and self._interruptible():
                    self._interrupt(now)
                elif self._state is State.WORKING:
                    self._hush()
            case Partial():
                self._talking, self._signs = True, now
            case Heard():
                self._talking = False
                if message.manner not in _NOT_THE_CALLER:
                    self._quiet = now
                self._heard(message, now)
            case Noticed(sound):
                self._noticed(sound, now)

    # inputs: time

    def tick(self, now: float) -> None:
        """Time passes while there is no media."""
        known = self._alive or self._lost
        if self._state is State.RINGING and not known and now - self._began >= SPEECH_PATIENCE:
            self.speech_lost("it does not answer", now)
        elif known:
            self._pick_up(now)

    def _pick_up(self, now: float) -> None:
        """Answer a call that has rung for as long as the site wants it to."""
        if self._state is State.RINGING and now - self._began >= self._rules.ring:
            self._answer(now)

    def frame(
        self, pcm: bytes, now: float, *, delay: float, quiet: float, ringing: bytes | None = None
    ) -> bytes | None:
        """20 ms pass: take the caller's frame, return ours; None while held or over.

        `delay`: s that the frame waited in the jitter buffer; `quiet`: s since the last packet;
        `ringing`: what the network lets us hear of the person who is called, if it does.
        """
        if self._state is State.SETTLING and now - self._since >= SETTLE:
            self.ended(now)
        if self._state not in HEARING:
            return None
        self._delay = delay
        self._clock.note(now)
        if self._held:
            self._quiet = self._signs = now
            self._voice.hold(now)
        elif quiet >= self._rules.media_timeout:
            self.end(Outcome.MEDIA_LOST, now)
            return None
        self._watch(now)
        frame = None
        if not self._held and self._state in HEARING:
            frame = self._sound(now, ringing)
        if self._alive:  # music on hold is nobody speaking
            self._order(Tell(Audio(bytes(len(pcm)) if self._held else pcm, frame or b"")))
        return frame

    # turn-taking

    def _watch(self, now: float) -> None:
        """See to everything that happens because nothing else does."""
        if now - self._began >= self._rules.longest_call and self._outcome is None:
            self._replace(sentences.TIME_IS_UP, dialogue.HangUp(Outcome.COMPLETED), now)
            return
        if self._alive and self._voice.stuck(now):
            self.speech_lost("no audio comes", now)
            return
        match self._state:
            case State.INTERRUPTED if now - self._signs >= INTERRUPTION_PATIENCE:
                self._talking = False
                self._resume(now)
            case State.LISTENING:
                if self._talking and now - self._signs >= UTTERANCE_PATIENCE:
                    self._talking, self._quiet = False, now
                if not self._talking and now - self._quiet >= self._listen.timeout:
                    self._show("silence")
                    self.tally.reprompts += 1
                    self._tell(dialogue.Silent(), now)
            case State.WORKING:
                self._await(now)
            case State.TRANSFERRING if self._handover is not None:
                self._handover.tick(now)
                self._pursue(now)
            case State.PARTING if now - self._since >= PARTING:
                self._move(Input.PARTED, now)
                self._order(orders.HangUp())

    def _sound(self, now: float, ringing: bytes | None) -> bytes | None:
        if self._state is State.TRANSFERRING and ringing is not None:
            if self._voice.position:  # ours begins anew where theirs ends
                self._voice.play(self._ringback)
            return ringing
        fresh = self._voice.first_frame is None
        frame = self._voice.pull(now)
        if fresh and self._voice.first_frame is not None and self._state is State.SPEAKING:
            self._measure(now)
        if not self._voice.talking:
            if self._state is State.SPEAKING:
                self._move(Input.PLAYED, now)
                self._decide(now)
            elif self._state is State.TRANSFERRING:
                self._voice.play(self._ringback)
            elif self._state is State.WORKING:
                self._pass_time(now)
        return frame

    def _measure(self, now: float) -> None:
        """The first packet of an answer leaves: measure how long the caller has waited."""
        if self._answering is not None:
            ms = max(0, round((now - self._answering) * 1000))
            self._answering = None
            self.tally.answers_ms.append(ms)
            self._show(
                "latency",
                ms=ms,
                patience=self._patience,  # ms of silence that speech waited for
                buffer=round(self._delay * 1000),  # ms in the jitter buffer
            )

    def _interruptible(self) -> bool:
        say = self._speaking
        return say is not None and say.interruptible and self._awaited() is not None

    def _interrupt(self, now: float) -> None:
        self._voice.pause()
        if self._move(Input.INTERRUPT, now):
            self.tally.barge_ins += 1
            self._show("interrupted", after=round(self._voice.position, 2))

    def _resume(self, now: float) -> None:
        if self._move(Input.RESUME, now):
            self._voice.resume(now)
            self._show("resumed")

    def _noticed(self, sound: Sound, now: float) -> None:
        """Something other than a caller is on the line."""
        if self._held or self._state not in CONVERSING:
            return
        self._show("noticed", sound=sound.value)
        if sound is Sound.MUSIC:  # the caller's own exchange has put us on hold
            self._quiet = now + MUSIC_PATIENCE
        elif sound is not Sound.SILENCE:  # a muted telephone is silent too, and asked again
            self._no_caller(sound, now)

    def _heard(self, heard: Heard, now: float) -> None:
        stale = heard.start < self._told_at - _STALE
        if self._state is State.LISTENING:
            noise = not heard.text and heard.end - heard.start < NOISE
            if stale or noise or heard.manner in _NOT_THE_CALLER:
                return
        elif self._state is State.WORKING:
            if stale or self._goes_on(heard, self._listen.expectation.kind):
                return
        elif self._state in (State.SPEAKING, State.INTERRUPTED):
            awaited = self._awaited()
            kind = Kind.NOTHING if awaited is None else awaited.expectation.kind
            if stale or self._goes_on(heard, kind):
                if self._state is State.INTERRUPTED:
                    self._resume(now)
                return
            if self._state is State.SPEAKING and not self._interruptible():
                return
        else:
            return
        listen = self._listening()
        secret = listen is not None and listen.secret
        self._show(
            "heard", text=HIDDEN if secret else heard.text, confidence=round(heard.confidence, 3)
        )
        self._answering = self._clock.at(heard.end) - self._delay
        self._patience = round((heard.decided - heard.end) * 1000)
        self._tell(
            dialogue.Heard(
                heard.text,
                heard.confidence,
                tuple((other.text, other.confidence) for other in heard.alternatives),
                tuple((word.text, word.confidence) for word in heard.words),
                tuple((intent.text, intent.confidence) for intent in heard.intents),
            ),
            now,
        )

    def _goes_on(self, heard: Heard, expected: Kind) -> bool:
        """Whether an utterance leaves the box at what it is doing."""
        return heard.manner is not Manner.SPEECH or sentences.is_back_channel(
            heard.text, heard.confidence, heard.end - heard.start, expected, self._rules.language
        )
