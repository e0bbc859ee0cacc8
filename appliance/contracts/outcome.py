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
