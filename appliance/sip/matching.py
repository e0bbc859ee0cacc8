"""Which transaction a message belongs to (RFC 3261 17.1.3, 17.2.3), and the ACK of a failure."""

from __future__ import annotations

from typing import Final, TypeAlias

from .message import Headers, Request, Response

Key: TypeAlias = tuple[str, ...]
"""What is the same in all messages of a transaction."""
_COOKIE: Final = "z9hg4bk"
"""How a branch of RFC 3261 begins, in any case."""


def client_key(response: Response) -> Key:
    """RFC 3261 17.1.3: the branch and the method of the CSeq."""
    return ("client", response.via.branch, response.cseq.method)


def server_key(request: Request) -> Key:
    """RFC 3261 17.2.3; an ACK belongs to its INVITE. Peers of RFC 2543 have no such branch.

    Nor do peers that send the magic cookie and nothing behind it (RFC 4475 3.2.1).
    """
    method = "INVITE" if request.method == "ACK" else request.method
    via = request.via
    branch = via.branch
    if len(branch) > len(_COOKIE) and branch[: len(_COOKIE)].lower() == _COOKIE:
        return ("server", branch, via.host, str(via.port), method)
    number = str(request.cseq.number)
    return ("server", str(via), request.call_id, request.sender.tag, number, method)


def acknowledge(invite: Request, response: Response) -> Request:
    """The ACK for a failure, on the INVITE's own branch (RFC 3261 17.1.1.3)."""
    fields = [("Via", invite.vias[0]), ("Max-Forwards", "70")]
    fields += [("Route", line) for line in invite.headers.lines("Route")]
    fields += [
        ("From", invite.headers["From"]),
        ("To", response.headers["To"]),
        ("Call-ID", invite.call_id),
        ("CSeq", f"{invite.cseq.number} ACK"),
    ]
    return Request(Headers(fields), "ACK", invite.uri)
