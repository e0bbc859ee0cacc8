"""Where a message comes from or goes to, and what its transport promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from typing import Final


@dataclass(frozen=True, slots=True)
class Transport:
    """What the transaction layer must know of a transport (RFC 3261 section 18)."""

    via: str
    """Its name in a Via header."""
    reliable: bool
    """A reliable transport needs no retransmission timers (RFC 3261 17.1.1.2)."""
    port: int
    """The port where none is written."""


TRANSPORTS: Final[Mapping[str, Transport]] = {
    "udp": Transport("UDP", reliable=False, port=5060),
    "tcp": Transport("TCP", reliable=True, port=5060),
    "tls": Transport("TLS", reliable=True, port=5061),
}


@dataclass(frozen=True, slots=True)
class Address:
    """One end of a flow."""

    transport: str
    """A key of TRANSPORTS."""
    host: str
    """IPv4 or IPv6 without brackets, or a name."""
    port: int
    name: str = field(default="", compare=False)
    """The name it was resolved from: what a TLS certificate of that end must bear."""

    @property
    def traits(self) -> Transport:
        """What the transport promises."""
        return TRANSPORTS[self.transport]

    def __str__(self) -> str:
        """`host:port`, IPv6 in brackets, as it stands in a URI or a Via."""
        return f"{bracketed(self.host)}:{self.port}"


@dataclass(frozen=True, slots=True)
class Packet:
    """A message to be sent as one datagram (or onto one connection)."""

    data: bytes
    to: Address


def bracketed(host: str) -> str:
    """The host as it stands in a URI: an IPv6 literal gets its brackets."""
    return f"[{host}]" if ":" in host else host


def canonical(host: str) -> str:
    """The host as a socket tells it: one way to write each IP address, names in lower case.

    An IPv4 address mapped into IPv6 is the IPv4 address.
    """
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return host.lower()
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def is_literal(host: str) -> bool:
    """Whether the host is an IP address, which needs no resolver."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
