"""The box's side of the conversation: sentences from the prompt cache or from `speech`.

    say ──► in the cache? ──yes──► player ──► louder or quieter ──► pull
              └──no──► Say up the link, Spoken chunks come down ──► player
                        nothing for 0.4 s ──► "One moment, please." meanwhile

PCM is 16-bit little-endian mono at 8 kHz.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from appliance.call.comfort import eased, last_sample
from appliance.call.loudness import amplified
from appliance.call.player import Player
from appliance.contracts.speech import Say, Spoken, Stop

PATIENCE: Final = 0.4
"""Seconds without audio after which the caller hears that it takes a moment."""
AGAIN: Final = 3.0
"""Seconds between two such fillers."""
STUCK: Final = 5.0
"""Seconds without a chunk after which `speech` counts as dead for this call."""
ASIDE: Final = 1 << 24
"""Utterances of the voice for another listener have numbers above this."""

Prompts = Callable[[str], bytes | None]
"""Looks a sentence up in the cache: PCM (16-bit, mono, 8 kHz) or None."""


class Voice:
    """Says one sentence at a time; pure, advanced by `pull`."""

    def __init__(self, prompts: Prompts, *, filler: bytes, tones: bytes, before: int = 0) -> None:
        """Begin with nothing to say.

        `filler` is heard while an answer is on its way, `tones` instead of a sentence that can be
        neither found nor rendered; the first utterance is number `before` + 1.
        """
        self._prompts = prompts
        self._filler = filler
        self._tones = tones
        self._main = Player()
        self._meanwhile = Player()
        self._utterance = before
        self._asked = 0.0
        """When audio last came, or was asked for."""
        self._filled = 0.0
        """When the last filler began."""
        self._first: float | None = None
        """When the first frame of the sentence was pulled."""
        self._last = 0
        """The sample that was pulled last."""
        self._cut = False
        """Whether what comes next does not follow from what was pulled last."""
        self._gain = 0.0
        """dB above the usual loudness."""

    def aside(self) -> Voice:
        """Return a voice for another listener, whose utterances share the link with ours."""
        return Voice(self._prompts, filler=self._filler, tones=self._tones, before=ASIDE)

    def say(
        self, text: str, now: float, *, alive: bool, speed: float = 1.0, gain: float = 0.0
    ) -> Say | None:
        """Begin a sentence; returns what is to be sent up, None where the cache has it.

        `alive`: whether `speech` can be asked; `speed`: times the usual rate, at which alone
        sentences are kept; `gain`: dB above the usual loudness.
        """
        self.stop()
        self._gain = gain
        pcm = self._prompts(text)
        if alive and (pcm is None or speed != 1.0):
            self._utterance += 1
            self._asked = self._filled = now
            self._main.begin()
            return Say(self._utterance, text, speed)
        self._main.play(self._tones if pcm is None else pcm)
        return None

    def play(self, pcm: bytes) -> None:
        """Begin something that is no sentence (ringing)."""
        self.stop()
        self._gain = 0.0
        self._main.play(pcm)

    def receive(self, spoken: Spoken, now: float) -> None:
        """Take a chunk; one of an utterance that is no longer wanted is dropped."""
        if spoken.utterance == self._utterance:
            self._asked = now
            self._main.feed(spoken.pcm, last=spoken.last)

    def stop(self) -> Stop | None:
        """Fall silent; returns what is to be sent up where audio was still to come."""
        pending = self._main.busy and not self._main.complete
        self._main.stop()
        self._meanwhile.stop()
        self._first = None
        self._cut = self._last != 0
        return Stop(self._utterance) if pending else None

    def pause(self) -> None:
        """Fall silent in this very frame, and remember where."""
        self._main.pause()
        self._meanwhile.stop()

    def resume(self, now: float) -> None:
        """Go on from shortly before the pause."""
        self._asked = self._filled = now
        self._main.resume()

    def pull(self, now: float) -> bytes | None:
        """Return the next 20 ms, None for silence.

        Where one sentence takes the place of another in the middle of a word, the step between
        them is eased out; edges towards silence are the stream's.
        """
        frame = self._pull(now)
        if frame is not None:
            frame = amplified(frame, self._gain)
            if self._cut:
                frame = eased(frame, self._last)
            self._last = last_sample(frame)
        else:
            self._last = 0
        self._cut = False
        return frame

    def _pull(self, now: float) -> bytes | None:
        if self._meanwhile.busy:
            return self._meanwhile.pull()
        frame = self._main.pull()
        if frame is not None:
            if self._first is None:
                self._first = now
            return frame
        if self._main.starved and now - self._asked >= PATIENCE:
            wait = PATIENCE if self._filled <= self._asked else AGAIN
            if now - self._filled >= wait:
                self._filled = now
                self._meanwhile.play(self._filler)
                return self._meanwhile.pull()
        return None

    def stuck(self, now: float) -> bool:
        """Whether audio is awaited that does not come."""
        return self._main.starved and now - self._asked >= STUCK

    def hold(self, now: float) -> None:
        """The caller cannot listen at the moment: nothing is late."""
        self._asked = max(self._asked, now - PATIENCE)

    @property
    def talking(self) -> bool:
        """Whether a sentence is under way, paused or awaited ones included."""
        return self._main.busy or self._meanwhile.busy

    @property
    def complete(self) -> bool:
        """Whether nothing more has to come from `speech` for it."""
        return self._main.complete

    @property
    def first_frame(self) -> float | None:
        """When the sentence's own first frame was pulled; None before."""
        return self._first

    @property
    def position(self) -> float:
        """Seconds of it heard so far."""
        return self._main.position
