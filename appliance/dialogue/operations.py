"""What the steps of a process become: a flat list of operations that lead to one another.

A number that stands for an operation is its place in the process; -1 is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from appliance.dialogue.connectors import Level
from appliance.dialogue.expressions import Expression


class TransferMode(StrEnum):
    """How a caller is put through."""

    SITE = "site"
    """As the box's settings say."""
    BLIND = "blind"
    """The PBX rings the telephone, nobody is told first."""
    ATTENDED = "attended"
    """The person is called, told who it is about, and may decline."""
    QUEUE = "queue"
    """A queue of the PBX: blind, and it is never "not answered" by the box's clock."""


@dataclass(frozen=True, slots=True)
class SayOp:
    """Speak a sentence."""

    text: str


@dataclass(frozen=True, slots=True)
class AskOp:
    """Ask for a slot unless it is known; confirm its value where `confirm` is given."""

    slot: str
    prompt: str
    reprompt: str = ""
    confirm: str = ""
    keys: str = ""
    """Said where the caller is not understood: how it is typed. Empty: the engine's sentence."""
    unknown: int = -1
    """Operation that follows where the caller does not know or has none; -1: asked again."""


@dataclass(frozen=True, slots=True)
class SetOp:
    """Give a variable the value of an expression."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class UnlessOp:
    """Go to operation `target` unless the condition holds."""

    condition: Expression
    target: int


@dataclass(frozen=True, slots=True)
class JumpOp:
    """Go to operation `target`."""

    target: int


@dataclass(frozen=True, slots=True)
class AuthenticateOp:
    """See to it that the caller is at least so well known."""

    level: Level
    failed: int = -1
    """Operation that follows where they are not; -1: they are put through to a person."""


@dataclass(frozen=True, slots=True)
class CallOp:
    """Ask a connector; the caller hears that it takes a moment, where it does."""

    connector: str
    arguments: tuple[tuple[str, Expression | str], ...]
    """A text is a template with slots, an expression's value goes as it is."""
    result: str = ""
    """The variable that holds the answer."""
    nothing: int = -1
    """Operation that follows where there is none; -1: the next one, the variable is empty."""
    failed: int = -1
    """Where the system cannot be asked; -1: the engine says so and puts through to a person."""
    pending: int = -1
    """A write that waits in the outbox; -1: the next one, as if it were done."""
    undo: str = ""
    """Connector that takes it back where the process is rolled back: same arguments, `result`."""


@dataclass(frozen=True, slots=True)
class TransferOp:
    """Put the caller through; `failed` is the operation that follows where nobody answers."""

    destination: str
    """A destination's id, `{slot}` of that kind, or a template that yields a number."""
    say: str
    failed: int
    briefing: str = ""
    """What the person is told, in place of what briefing.py would compose."""
    mode: TransferMode = TransferMode.SITE
    name: str = ""
    """Whom the caller is put through to where `destination` is a number; a template."""


@dataclass(frozen=True, slots=True)
class NoteOp:
    """Keep what was collected."""

    kind: str
    fields: tuple[tuple[str, str], ...]
    """Names and texts with slots."""
    connector: str = ""
    """The writing connector that delivers it too; its parameters are the fields."""


@dataclass(frozen=True, slots=True)
class HoursOp:
    """Answer when the site is open, for the day in a slot or for now."""

    slot: str


@dataclass(frozen=True, slots=True)
class ResumeOp:
    """Return to the question from before this process, `repeat` all that was said with it."""

    repeat: bool


@dataclass(frozen=True, slots=True)
class RunOp:
    """Go on with another process, keeping the slots."""

    process: str
    returns: bool = False
    """Whether it comes back here at its end."""


@dataclass(frozen=True, slots=True)
class EndOp:
    """The request is resolved; `hang_up` ends the call as well."""

    hang_up: bool
    resolution: str = "resolved"
    """"resolved" or "failed", for the record."""


Op = (
    SayOp | AskOp | SetOp | UnlessOp | JumpOp | AuthenticateOp | CallOp | TransferOp | NoteOp
    | HoursOp | ResumeOp | RunOp | EndOp
)  # fmt: skip
