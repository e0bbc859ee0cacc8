"""What the engine wants done, in order: whoever runs the call executes the list as it stands.

The last action of every list is a `Listen`, an `Await`, a `Transfer` or a `HangUp`: the caller is
never left. After `CallerLeft` it is an `Await` while something is still to be done, then `Gone`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from appliance.contracts.expectation import Expectation
from appliance.contracts.outcome import Outcome
from appliance.dialogue.connectors import Level
from appliance.dialogue.script import TransferMode
from appliance.dialogue.values import Json


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
    speed: float = 1.0
    """Times the usual rate: 0.8 for a caller who asked for it slower."""
    gain: float = 0.0
    """dB above the usual loudness."""


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
    secret: bool = False
    """What is typed or said here is shown and logged nowhere: a PIN."""


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
    mode: TransferMode = TransferMode.SITE
    summary: str = ""
    """The briefing in one short line, for a SIP header and a telephone's display."""
    details: tuple[tuple[str, str], ...] = ()
    """The briefing as names and values, for a webhook and the page; nothing secret."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call; a goodbye has been said before."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Note:
    """Keep what the caller wants passed on; it holds the caller's words and stays on the box."""

    kind: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Invoke:
    """Ask a connector; its `Result` comes with the same id. An `Await` follows."""

    id: str
    connector: str
    """One of the script's, or one of BUILT_IN."""
    arguments: tuple[tuple[str, Json], ...]
    key: str = ""
    """Writes: what tells this one from every other of the call; the idempotency key is made of it
    and the call's own id."""


LOCK: Final = "attendant.lock"
"""Built in: whether an identity is locked out. Arguments `identity`; result `locked` (bool)."""
ATTEMPT: Final = "attendant.attempt"
"""Built in: counts an attempt. Arguments `identity`, `passed` (bool), `tries`, `lock` (s); result
`locked` (bool)."""
BUILT_IN: Final = (LOCK, ATTEMPT)


@dataclass(frozen=True, slots=True)
class Message:
    """One part of what a language model reads: `role` is "system", "user" or "assistant"."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that the model may choose; `parameters` is a JSON schema."""

    name: str
    description: str
    parameters: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Think:
    """Ask the language model; `Thought`, then `ThoughtOver` or `ThoughtFailed` come back."""

    id: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    longest: int = 200
    """Tokens of the answer."""


@dataclass(frozen=True, slots=True)
class Await:
    """Wait for what was asked; `Silent` after `timeout` seconds.

    The caller hears that it takes a moment, where it does. What they say or press meanwhile is
    passed on as always.
    """

    id: str
    timeout: float
    expectation: Expectation = field(default_factory=Expectation)


@dataclass(frozen=True, slots=True)
class Document:
    """Nothing to be done but to keep it: how one request of the call ended."""

    process: str
    resolution: str
    """ "resolved", "handed-over", "abandoned", "failed" or "message"."""
    reason: str = ""
    """Why, of a closed list: "nobody-answers", "system-down", "not-verified", "locked-out",
    "not-understood", "silence", "caller-left", "declined"; empty where it is resolved."""
    level: Level = Level.UNKNOWN
    turns: int = 0
    summary: str = ""
    """Composed of slots and outcomes; it names what the caller told and stays on the box."""
    source: str = ""
    """The document that an answer was taken from."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The caller has left and nothing is left to be done."""


Action = (
    Understood | Say | Listen | Transfer | HangUp | Note | Invoke | Think | Await | Document | Gone
)
