"""Every state of a call and every way from one to another; nothing else decides it.

    RINGING ─► ANSWERED ─► DECIDING ◄─────────────────┐
                            │  │  │                   │ the dialogue's next action
                   Say ─────┘  │  └───── Transfer     │
                    ▼          ▼             ▼        │
                 SPEAKING   LISTENING   TRANSFERRING ─┤
                  ▲    ▼     WORKING                  │
                  │    ▼       └──────────────────────┤
                INTERRUPTED ──────────────────────────┘
    DECIDING ─HangUp─► PARTING ─► LEAVING ─► CLEARING TRANSFERRING ─► BRIDGED ─► LEAVING
                                                │     └─► SETTLING ─► CLEARING
                                                └─► OVER

Not drawn: whoever hangs up ends a call from everywhere, and CLEARING follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a call stands."""

    RINGING = "ringing"
    """Until `speech` serves this call or is known not to."""
    ANSWERED = "answered"
    """200 sent, the caller's ACK awaited."""
    DECIDING = "deciding"
    """The dialogue's next action is taken; never left standing."""
    SPEAKING = "speaking"
    INTERRUPTED = "interrupted"
    """The caller spoke into a sentence; what they said decides whether it goes on."""
    LISTENING = "listening"
    WORKING = "working"
    """Something was asked of the site's systems or of the language model; its answer is awaited."""
    TRANSFERRING = "transferring"
    """A hand-over is under way (handover.py); the caller hears that it rings."""
    SETTLING = "settling"
    """The caller's call has ended while the PBX joins it with the person's: did it?"""
    BRIDGED = "bridged"
    """The caller and a person talk through the box; nobody listens here."""
    PARTING = "parting"
    """The last words have been said; a moment of silence follows them."""
    LEAVING = "leaving"
    """Hang-up is ordered; the end awaited."""
    CLEARING = "clearing"
    """The caller has gone; what they asked for is completed, or taken back, and documented."""
    OVER = "over"


class Input(StrEnum):
    """What moves a call."""

    ANSWER = "answer"
    CONFIRMED = "confirmed"
    SAY = "say"
    LISTEN = "listen"
    WAIT = "wait"
    TRANSFER = "transfer"
    HANG_UP = "hang-up"
    PLAYED = "played"
    INTERRUPT = "interrupt"
    RESUME = "resume"
    TOLD = "told"
    """The dialogue has been told something (heard, key, silence, answer, failed transfer)."""
    REPLACE = "replace"
    """Something other than the dialogue decides from here (a rescue, the end of the time)."""
    TRANSFERRED = "transferred"
    VANISH = "vanish"
    """The caller's call is over, and why is not yet known."""
    BRIDGE = "bridge"
    PARTED = "parted"
    ABORT = "abort"
    ENDED = "ended"
    CLEARED = "cleared"
    """Nothing is left to be done for the caller who has gone."""


_S, _I = State, Input

TABLE: Final[Mapping[tuple[State, Input], State]] = {
    (_S.RINGING, _I.ANSWER): _S.ANSWERED,
    (_S.RINGING, _I.ABORT): _S.LEAVING,
    (_S.RINGING, _I.ENDED): _S.CLEARING,
    (_S.ANSWERED, _I.CONFIRMED): _S.DECIDING,
    (_S.ANSWERED, _I.ABORT): _S.LEAVING,
    (_S.ANSWERED, _I.ENDED): _S.CLEARING,
    (_S.DECIDING, _I.SAY): _S.SPEAKING,
    (_S.DECIDING, _I.LISTEN): _S.LISTENING,
    (_S.DECIDING, _I.WAIT): _S.WORKING,
    (_S.DECIDING, _I.TRANSFER): _S.TRANSFERRING,
    (_S.DECIDING, _I.HANG_UP): _S.PARTING,
    (_S.DECIDING, _I.REPLACE): _S.DECIDING,
    (_S.DECIDING, _I.ABORT): _S.LEAVING,
    (_S.DECIDING, _I.ENDED): _S.CLEARING,
    (_S.SPEAKING, _I.PLAYED): _S.DECIDING,
    (_S.SPEAKING, _I.INTERRUPT): _S.INTERRUPTED,
    (_S.SPEAKING, _I.TOLD): _S.DECIDING,
    (_S.SPEAKING, _I.REPLACE): _S.DECIDING,
    (_S.SPEAKING, _I.ABORT): _S.LEAVING,
    (_S.SPEAKING, _I.ENDED): _S.CLEARING,
    (_S.INTERRUPTED, _I.RESUME): _S.SPEAKING,
    (_S.INTERRUPTED, _I.TOLD): _S.DECIDING,
    (_S.INTERRUPTED, _I.REPLACE): _S.DECIDING,
    (_S.INTERRUPTED, _I.ABORT): _S.LEAVING,
    (_S.INTERRUPTED, _I.ENDED): _S.CLEARING,
    (_S.LISTENING, _I.TOLD): _S.DECIDING,
    (_S.LISTENING, _I.REPLACE): _S.DECIDING,
    (_S.LISTENING, _I.ABORT): _S.LEAVING,
    (_S.LISTENING, _I.ENDED): _S.CLEARING,
    (_S.WORKING, _I.TOLD): _S.DECIDING,
    (_S.WORKING, _I.REPLACE): _S.DECIDING,
    (_S.WORKING, _I.ABORT): _S.LEAVING,
    (_S.WORKING, _I.ENDED): _S.CLEARING,
    (_S.TRANSFERRING, _I.TOLD): _S.DECIDING,
    (_S.TRANSFERRING, _I.REPLACE): _S.DECIDING,
    (_S.TRANSFERRING, _I.TRANSFERRED): _S.LEAVING,
    (_S.TRANSFERRING, _I.ABORT): _S.LEAVING,
    (_S.TRANSFERRING, _I.ENDED): _S.CLEARING,
    (_S.TRANSFERRING, _I.BRIDGE): _S.BRIDGED,
    (_S.TRANSFERRING, _I.VANISH): _S.SETTLING,
    (_S.SETTLING, _I.ABORT): _S.LEAVING,
    (_S.SETTLING, _I.ENDED): _S.CLEARING,
    (_S.BRIDGED, _I.PARTED): _S.LEAVING,
    (_S.BRIDGED, _I.ABORT): _S.LEAVING,
    (_S.BRIDGED, _I.ENDED): _S.CLEARING,
    (_S.PARTING, _I.PARTED): _S.LEAVING,
    (_S.PARTING, _I.ABORT): _S.LEAVING,
    (_S.PARTING, _I.ENDED): _S.CLEARING,
    (_S.LEAVING, _I.ENDED): _S.CLEARING,
    (_S.CLEARING, _I.CLEARED): _S.OVER,
}
"""What is not here does not happen: such an input is ignored."""

HEARING: Final = frozenset({
    _S.DECIDING, _S.SPEAKING, _S.INTERRUPTED, _S.LISTENING, _S.WORKING, _S.TRANSFERRING,
    _S.PARTING,
})  # fmt: skip
"""States in which audio goes both ways between the caller and the box."""

CONVERSING: Final = frozenset({_S.SPEAKING, _S.INTERRUPTED, _S.LISTENING, _S.WORKING})
"""States in which what the caller says or presses is heard."""
