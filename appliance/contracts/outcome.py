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
