"""A new call that takes the place of one of ours (RFC 3891): the end of an attended transfer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import RemoteError
from .headers import Replaces
from .session import EARLY

if TYPE_CHECKING:
    from .address import Address
    from .message import Request
    from .session import Book, Session


def replaced_by(book: Book, invite: Request, source: Address, *, known: bool) -> Session | None:
    """The call whose place an INVITE wants to take; None where it has no such wish.

    Only a peer that is `known`, or that the call itself stands with, may replace it. Raises
    RemoteError with the status that RFC 3891 section 3 wants.
    """
    lines = invite.headers.lines("Replaces")
    if not lines:
        return None
    if len(lines) > 1 or "Join" in invite.headers:
        raise RemoteError("more than one call to replace")
    wanted = Replaces.parse(lines[0])
    key = (wanted.call_id, wanted.to_tag, wanted.from_tag)
    session = book.dialogs.get(key)
    if session is None:
        status = 603 if key in book.gone else 481
        raise RemoteError("the call to replace is over, or was never here", status)
    if not known and source != session.peer:
        raise RemoteError("a stranger may not replace a call", 403)
    if not session.alive:
        raise RemoteError("the call to replace is over", 603)
    if session.phase in EARLY:
        if not session.owns_call_id:
            # it rings here: that is between its caller and us
            raise RemoteError("the call to replace is not answered", 481)
    elif wanted.early_only:
        raise RemoteError("the call to replace is answered", 486)
    return session
