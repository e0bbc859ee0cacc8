"""Where the peer is: where SDP says, then where its packets come from (symmetric RTP)."""

from appliance.rtp.events import HostPort

_NOWHERE = ("", "0.0.0.0", "::")  # RFC 3264 section 8.4: hold in its old form


class Latch:
    """The peer's address in one session."""

    def __init__(self, agreed: HostPort, quiet: float) -> None:
        """`quiet`: seconds of silence after which another address may take the place."""
        self.agreed = agreed
        """What SDP says."""
        self.address: HostPort | None = None
        """Where its packets come from; None before the first."""
        self._quiet = quiet
        self._aim()

    @property
    def expected(self) -> HostPort:
        """Where its next packet should come from."""
        return self.address or self.agreed

    def _aim(self) -> None:
        host, port = self.agreed
        self.target = None if host in _NOWHERE or not port else self.expected
        """Where our packets go; None while there is no such place."""

    def agree(self, agreed: HostPort) -> None:
        """Take what SDP says now; another address than before is believed until packets come."""
        if agreed != self.agreed:
            self.agreed, self.address = agreed, None
            self._aim()

    def take(self, address: HostPort, now: float, *, same: bool, last: float | None) -> bool:
        """A packet has come from here; False: not from our peer.

        `same`: it is of the source that we hear. `last`: when the last valid packet came.
        """
        if address == self.address:
            return True
        quiet = last is None or now - last >= self._quiet
        if self.address is not None and not (quiet or same or address == self.agreed):
            return False
        self.address = address
        self._aim()
        return True
