"""Where a call comes from, as trusted headers tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Origin:
    """What a trusted peer says about a call beyond From and To; empty where it says nothing."""

    number: str = ""
    """User part of P-Asserted-Identity (RFC 3325)."""
    name: str = ""
    """Its display name."""
    private: bool = False
    """The caller wants to stay anonymous (Privacy: id, RFC 3323)."""
    diverted_from: str = ""
    """Whom the call was for first: Diversion (RFC 5806), else History-Info (RFC 7044)."""
    diversion_reason: str = ""
    """`no-answer`, `user-busy`, `unconditional` and the like, as written."""
    reason: str = ""
    """Text or cause of a Reason header (RFC 3326)."""
    alert: str = ""
    """Alert-Info (RFC 3261 20.4) as written: PBXs tell internal calls from outside ones by it."""
    fields: tuple[tuple[str, str], ...] = ()
    """Further headers that the site wants to see, by its configuration."""


NOWHERE: Final = Origin()
"""Nothing is told."""
