"""What the engine wants done, in order: whoever runs the call executes the list as it stands.

The last action of every list is a `Listen`, a `Transfer` or a `HangUp`: the caller is never left.
"""

from __future__ import annotations

from dataclasses import dataclass

from appliance.contracts.expectation import Expectation
from appliance.contracts.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Understood:
    """A trace for terminal and record, nothing to be done: how the last event was read.

    It is the first of the list after `Heard` and `Pressed`.
    """

    intent: str
    """An intent's name; "yes", "no", "answer", "emergency", "key" or "none" for what is not one."""
    confidence: float
    """Within 0 to 1."""
    slots: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Say:
    """Speak `text`."""

    text: str
    interruptible: bool = True


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for the caller; step the engine with `Silent` after `timeout` seconds of nothing."""

    expectation: Expectation
    timeout: float
    """Seconds, counted from the end of what is being said."""
    keypad: bool = True
    """Whether keys mean something here; each is passed on at once as `Pressed`."""
    terminator: str = ""
    """The key that ends typed digits ("#"), where one does; it is passed on as `Pressed` too."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Put the caller through; `TransferFailed` brings the conversation back."""

    target: str
    """Extension or number."""
    name: str
    """What the destination is called, as it is spoken."""
    briefing: str = ""
    """What the person who answers is told before the caller is put through; empty: nothing."""
    urgent: bool = False
    """The shortest way, without briefing: an emergency."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call; a goodbye has been said before."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Note:
    """Keep what the caller wants passed on; it holds the caller's words and stays on the box."""

    kind: str
    fields: tuple[tuple[str, str], ...]


Action = Understood | Say | Listen | Transfer | HangUp | Note
