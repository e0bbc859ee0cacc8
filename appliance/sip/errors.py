"""The two roots of what can go wrong: our fault and theirs."""

from __future__ import annotations


class SipError(Exception):
    """Any failure of this room."""


class LocalError(SipError):
    """We asked for something illegal: a dead call, a state that does not allow it, a bad value."""


class RemoteError(SipError):
    """The peer sent something that cannot be accepted.

    `status` is the SIP status with which a request of that kind is refused, `fields` are the
    header fields that such a refusal needs.
    """

    def __init__(
        self, reason: str, status: int = 400, fields: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.fields = fields
