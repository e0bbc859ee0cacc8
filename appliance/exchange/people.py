"""Who answers the departments' telephones: people with a script, each in a call of their own.

picks up --> says a greeting --> hears who calls --> presses 1, presses 2, or just stays
         `-> is put through: greets the one who is there now
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from appliance.audio import pcm as audio
from appliance.audio import tones
from appliance.exchange.phone import PhoneCall

PICKED_UP: Final = audio.silence(2400) + tones.sine(440, 0.15, -22) + audio.silence(800)
"""What lifting the handset sounds like."""
CONSIDER: Final = 0.8
"""s of silence after which a person takes what was said for complete."""
BREATH: Final = audio.silence(4000)
"""Half a second until a person notices who is there now."""


class Person:
    """One person in one call; `tick` is to be run each 20 ms until `over`.

    `decision` is the key that they press when they have heard who calls: "1" takes the call, "2"
    refuses it, empty presses nothing. `greeting` is PCM at 8 kHz, 16 bit; it may be empty.
    """

    def __init__(
        self, call: PhoneCall, clock: Callable[[], float], greeting: bytes = b"", decision: str = ""
    ) -> None:
        self._call = call
        self._clock = clock
        self._greeting = greeting
        self._decision = decision
        self.told: list[tuple[float, float]] = []
        """When somebody spoke to them before they were put through: first and last packet."""
        self._connected = False
        call.line.say(PICKED_UP)
        if greeting:
            call.line.say(greeting)

    @property
    def over(self) -> bool:
        """Whether the call has ended."""
        return self._call.over.is_set()

    def tick(self, _due: float) -> None:
        """Listen, and decide once what was said is complete."""
        line = self._call.line
        if not self._connected:
            self.told = list(line.meter.spurts)
        if not self._decision or line.speaking:
            return
        if CONSIDER <= line.meter.peer_quiet(self._clock()) < float("inf"):
            line.press(self._decision)
            self._decision = ""

    def connected(self) -> None:
        """Somebody else is there now, of whom they have been told."""
        self._connected = True
        if self._greeting:
            self._call.line.say(BREATH + self._greeting)
