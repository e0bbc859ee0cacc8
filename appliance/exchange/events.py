"""What the exchange tells whoever runs it. `call` is the number of a switched call, from 1 on."""

from __future__ import annotations

from dataclasses import dataclass

from appliance import sip


@dataclass(frozen=True, slots=True)
class CallStarted:
    """A user calls another; both are extensions."""

    call: int
    caller: str
    called: str


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """The called user answered."""

    call: int


@dataclass(frozen=True, slots=True)
class CallRefused:
    """The call did not come about; a `CallEnded` follows."""

    call: int
    status: int


@dataclass(frozen=True, slots=True)
class CallTransferred:
    """`target` answered and has taken the place of `by`."""

    call: int
    by: str
    target: str
    attended: bool = False
    """They had spoken before: two calls were joined, and `call` is the older one."""


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """`target` could not be reached; the call stays with `by`, who was told `status`."""

    call: int
    by: str
    target: str
    status: int


@dataclass(frozen=True, slots=True)
class CallEnded:
    """Its legs are over and their ports free, or it was joined with another call."""

    call: int


Event = (
    CallStarted
    | CallAnswered
    | CallRefused
    | CallTransferred
    | TransferFailed
    | CallEnded
    | sip.Bound
    | sip.Unbound
)
