"""How a call ended: the closed list that records, D-Bus and upstream figures share."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """One word per finished call."""

    COMPLETED = "completed"
    """The dialogue reached its end and hung up."""
    TRANSFERRED = "transferred"
    """Put through to a person, as the dialogue decided."""
    RESCUED = "rescued"
    """Put through to a person because something behind the voice failed."""
    CALLER_HUNG_UP = "caller-hung-up"
    ABANDONED = "abandoned"
    """The caller hung up before the call was answered."""
    NO_INPUT = "no-input"
    """Ended because the caller stayed silent."""
    MEDIA_LOST = "media-lost"
    """No RTP arrived any more."""
    REFUSED = "refused"
    """Not admitted: busy, or no codec shared."""
    FAILED = "failed"
    """Ended by a fault, after an apology."""
    NO_CALLER = "no-caller"
    """A fax machine, a modem, an announcement or a network's tone: nobody to talk to."""
    REPLACED = "replaced"
    """Another call to the box took its place (RFC 3891) and has a record of its own."""


class HandedOver(StrEnum):
    """How a caller came to a person, where one did."""

    NO = "no"
    BLIND = "blind"
    """The PBX put the caller through, nobody was asked before."""
    ATTENDED = "attended"
    """The person was called and told first; then the PBX joined both."""
    BRIDGED = "bridged"
    """The PBX would not join them: both calls stayed with the box, which carried the audio."""


class Resolution(StrEnum):
    """How one request of a caller ended."""

    RESOLVED = "resolved"
    HANDED_OVER = "handed-over"
    """A person has taken the call."""
    MESSAGE = "message"
    """A message was taken and will be delivered."""
    ABANDONED = "abandoned"
    """The caller left, or wanted something else."""
    FAILED = "failed"


class Reason(StrEnum):
    """Why a request was not resolved."""

    NOBODY_ANSWERS = "nobody-answers"
    SYSTEM_DOWN = "system-down"
    NOT_VERIFIED = "not-verified"
    LOCKED_OUT = "locked-out"
    NOT_UNDERSTOOD = "not-understood"
    SILENCE = "silence"
    CALLER_LEFT = "caller-left"
    DECLINED = "declined"


class Known(StrEnum):
    """How sure the box was of who called."""

    UNKNOWN = "unknown"
    IDENTIFIED = "identified"
    VERIFIED = "verified"
