"""Who may ask us for something, and how often: known peers, strangers, and floods.

    datagram -> may be read at all? -> parse -> a new request: of a stranger? within the rate?

Memory is bounded and each question takes the same short time, whatever a flood invents.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from .errors import LocalError

MOST_SOURCES: Final = 1024
"""Hosts whose rate is remembered; the one not heard of for longest is forgotten first."""
KNOWN_TIMES: Final = 10
"""A known peer may ask this many times as often as a stranger."""
CROWD_TIMES: Final = 10
"""All strangers together may ask this many times as often as one: addresses can be forged."""
UNREAD_TIMES: Final = 8
"""Datagrams of one host that are read at all, as a multiple of the new requests it may send."""


class Strangers(StrEnum):
    """What a request outside any call is answered where its sender is not known."""

    ANSWER = "answer"
    REFUSE = "refuse"
    """403."""
    IGNORE = "ignore"
    """Nothing at all: who scans the network does not find us."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom we serve, and how freely. Raises LocalError where `trusted` names no network."""

    trusted: tuple[str, ...] = ()
    """Addresses or networks (`10.1.0.0/16`) of peers known besides the account's registrars."""
    strangers: Strangers = Strangers.ANSWER
    asserted_fields: tuple[str, ...] = ()
    """Names of further headers that known peers may fill and the dialogue sees."""
    burst: int = 100
    """New requests at once from one host outside any call; 0: without limit."""
    rate: float = 50.0
    """New requests a second from one host in the long run."""
    session_expires: int = 1800
    """Seconds between refreshes that we ask for (RFC 4028); 0: we ask for none."""
    min_se: int = 90
    """Seconds between refreshes that we accept at least."""
    reliable: bool = False
    """Send provisional responses reliably (RFC 3262) where the peer merely supports it."""
    probe: float = 25.0
    """Seconds after which we make sure that the registrar still knows us; 0: when it expires."""

    def __post_init__(self) -> None:
        Trust(self.trusted)


class Trust:
    """A set of addresses and networks."""

    def __init__(self, trusted: tuple[str, ...]) -> None:
        """Raises LocalError."""
        self._networks: list[IPv4Network | IPv6Network] = []
        for text in trusted:
            try:
                self._networks.append(ip_network(text.strip(), strict=False))
            except ValueError:
                raise LocalError(f"{text!r} is neither an address nor a network") from None

    def includes(self, host: str) -> bool:
        """Whether an address is in the set; a name never is."""
        if not self._networks:
            return False
        try:
            address = ip_address(host.partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)


class Bucket:
    """Tokens that flow in at a rate, up to a burst; each request takes one."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, burst: float, rate: float, now: float) -> None:
        self._burst = burst
        self._rate = rate
        self._tokens = burst
        self._at = now

    def take(self, now: float) -> bool:
        """Take one token; False where none is left."""
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


class Guard:
    """The rates of every host that was heard of lately."""

    def __init__(self, policy: Policy) -> None:
        self._burst = policy.burst
        self._rate = policy.rate
        self._hosts: dict[tuple[str, bool], tuple[Bucket, Bucket]] = {}
        self._crowd: tuple[Bucket, Bucket] | None = None

    def reads(self, host: str, now: float, *, known: bool) -> bool:
        """Whether a datagram is worth being parsed."""
        return self._take(0, host, now, known=known)

    def admits(self, host: str, now: float, *, known: bool) -> bool:
        """Whether a new request outside any call is served."""
        return self._take(1, host, now, known=known)

    def _take(self, which: int, host: str, now: float, *, known: bool) -> bool:
        if self._burst <= 0:
            return True
        if not self._of(host, now, known=known)[which].take(now):
            return False
        if known:
            return True
        if self._crowd is None:
            self._crowd = self._buckets(CROWD_TIMES, now)
        return self._crowd[which].take(now)

    def _of(self, host: str, now: float, *, known: bool) -> tuple[Bucket, Bucket]:
        """The buckets of a host, which is now the one heard of last."""
        key = (host, known)
        buckets = self._hosts.pop(key, None)
        if buckets is None:
            if len(self._hosts) >= MOST_SOURCES:
                self._forget()
            buckets = self._buckets(KNOWN_TIMES if known else 1, now)
        self._hosts[key] = buckets
        return buckets

    def _forget(self) -> None:
        """Forget the host that was silent for longest."""
        del self._hosts[next(iter(self._hosts))]

    def _buckets(self, times: float, now: float) -> tuple[Bucket, Bucket]:
        burst, rate = self._burst * times, self._rate * times
        return (
            Bucket(burst * UNREAD_TIMES, rate * UNREAD_TIMES, now),
            Bucket(burst, rate, now),
        )
