"""Where a SIP domain is served (RFC 3263, RFC 2782): from DNS records to addresses, best first.

Pure: `locate` says which records it still needs; whoever has a resolver asks for them, adds the
answers to the book and calls again.

    host, port, transport ─► NAPTR ─► SRV ─► A/AAAA ─► addresses
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from math import log
from typing import Final, TypeAlias

from .address import TRANSPORTS, Address, is_literal

_MOST: Final = 16
"""Services of a domain, and addresses of them, that are considered."""
_SERVICES: Final[Mapping[str, str]] = {"SIP+D2U": "udp", "SIP+D2T": "tcp", "SIPS+D2T": "tls"}
"""What NAPTR calls our transports (RFC 3263 4.1)."""
_PREFIXES: Final[Mapping[str, str]] = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}
"""Under what a domain's SRV records stand."""
_SPOKEN: Final[Mapping[str, str]] = {"udp": "UDP", "tcp": "TCP", "tls": "TLS"}


class Kind(StrEnum):
    """A type of record."""

    NAPTR = "NAPTR"
    SRV = "SRV"
    A = "A"
    AAAA = "AAAA"


@dataclass(frozen=True, slots=True)
class Question:
    """One query."""

    kind: Kind
    name: str
    """In lower case, without the dot at the end."""


@dataclass(frozen=True, slots=True)
class Naptr:
    """Which services a domain offers (RFC 3403)."""

    order: int
    preference: int
    flags: str
    service: str
    replacement: str


@dataclass(frozen=True, slots=True)
class Srv:
    """Who serves (RFC 2782)."""

    priority: int
    weight: int
    port: int
    target: str
    """Empty or `.`: decidedly nobody."""


@dataclass(frozen=True, slots=True)
class Host:
    """An IP address, of an A or AAAA record."""

    address: str


Record: TypeAlias = Naptr | Srv | Host
Book: TypeAlias = Mapping[Question, tuple[Record, ...]]
"""What has been answered; an empty tuple: there is no such record."""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to reach."""

    host: str
    port: int = 0
    """0: not written."""
    transport: str = ""
    """A key of TRANSPORTS; empty: the domain may choose among `transports`."""
    secure: bool = False
    """A sips URI: TLS and nothing less."""
    transports: tuple[str, ...] = ("udp", "tcp", "tls")
    """What we speak, in our order of preference."""
    kinds: tuple[Kind, ...] = (Kind.A, Kind.AAAA)
    """The address families we can use, in our order of preference."""


@dataclass(frozen=True, slots=True)
class Location:
    """How far the search has come."""

    addresses: tuple[Address, ...] = ()
    """In the order in which to try them; only complete where nothing is missing."""
    missing: tuple[Question, ...] = ()
    """What must be asked before it can go on."""
    why: str = ""
    """Plain words where nothing is missing and nobody was found."""


class _MissingError(LookupError):
    """An answer the book does not have yet."""


@dataclass(slots=True)
class _Search:
    """One pass over the book."""

    target: Target
    book: Book
    seed: str
    missing: dict[Question, None] = field(default_factory=dict)

    def ask(self, kind: Kind, name: str) -> tuple[Record, ...]:
        question = Question(kind, _plain(name))
        known = self.book.get(question)
        if known is None:
            self.missing[question] = None
            raise _MissingError(question)
        return known

    # RFC 3263 section 4.1

    def services(self) -> Iterator[tuple[str, str]]:
        """The transports to use and the names under which their SRV records stand."""
        target = self.target
        usable = _usable(target)
        offered = [
            record
            for record in self.ask(Kind.NAPTR, target.host)
            if isinstance(record, Naptr)
            and record.flags.lower() == "s"
            and _SERVICES.get(record.service.upper()) in usable
        ]
        if not offered:
            for transport in usable:
                yield transport, f"{_PREFIXES[transport]}.{target.host}"
            return
        # A larger order must not be looked at where a smaller one fits (RFC 3403 4.1).
        first = min(record.order for record in offered)
        chosen = [record for record in offered if record.order == first]
        for record in sorted(chosen, key=lambda one: one.preference)[:_MOST]:
            yield _SERVICES[record.service.upper()], record.replacement

    # RFC 3263 section 4.2

    def served(self, transport: str, name: str) -> list[Address] | None:
        """Who serves one transport; None where the domain says nothing of it."""
        records = [one for one in self.ask(Kind.SRV, name) if isinstance(one, Srv)]
        if not records:
            return None
        found: list[Address] = []
        for record in self.ordered(records)[:_MOST]:
            if _plain(record.target):
                found += self.hosts(record.target, record.port, transport)
        return found

    def ordered(self, records: Iterable[Srv]) -> list[Srv]:
        """By priority, then by chance in proportion to the weights (RFC 2782).

        The draw is an exponential race, whose numbers come from the seed and the record: one box
        keeps to its choice from query to query, and many boxes spread as the weights say.
        """

        def rank(record: Srv) -> tuple[int, bool, float]:
            what = f"{self.seed} {_plain(record.target)} {record.port}"
            drawn = int(sha256(what.encode("utf-8", "replace")).hexdigest()[:12], 16)
            time = -log((drawn + 1) / (16**12 + 1)) / max(1, record.weight)
            return record.priority, record.weight == 0, time

        return sorted(records, key=rank)

    def hosts(self, name: str, port: int, transport: str) -> list[Address]:
        """The addresses of one host; what is not known yet is noted as missing."""
        known = _plain(self.target.host)
        if is_literal(name):
            return [Address(transport, name, port, known)]
        found: list[Address] = []
        for kind in self.target.kinds:
            try:
                records = self.ask(kind, name)
            except _MissingError:
                continue
            # A certificate bears the name of the domain, not of who serves it (RFC 5922 4).
            found += [
                Address(transport, one.address, port, known)
                for one in records
                if isinstance(one, Host)
            ]
        return found


def _plain(name: str) -> str:
    return name.lower().rstrip(".")


def _usable(target: Target) -> tuple[str, ...]:
    """Our transports that the target allows, in our order: security is never given up."""
    if target.transport:
        return (target.transport,)
    if target.secure:
        return ("tls",) if "tls" in target.transports else ()
    return target.transports


def locate(target: Target, book: Book, seed: str) -> Location:
    """Return the addresses to try, or what must be asked first.

    `seed` is a token that stays the same for one box. The first name of every address is
    `target.host`, which a certificate must bear.
    """
    default = target.transport or ("tls" if target.secure else _usable(target)[0])
    port = target.port or TRANSPORTS[default].port
    if is_literal(target.host):
        return Location((Address(default, target.host, port),))
    search = _Search(target, book, seed)
    if target.port:
        return _found(search, search.hosts(target.host, port, default))
    found: list[Address] = []
    silent = True
    try:
        services = _services(search)
    except _MissingError:
        return Location(missing=tuple(search.missing))
    for transport, name in services:
        try:
            served = search.served(transport, name)
        except _MissingError:
            continue
        if served is not None:
            silent = False
            found += served
    if silent and not search.missing:
        # No SRV record at all: the host itself, at the usual port (RFC 3263 4.2).
        found = search.hosts(target.host, port, default)
    return _found(search, found)


def _services(search: _Search) -> list[tuple[str, str]]:
    target = search.target
    if target.transport:
        return [(target.transport, f"{_PREFIXES[target.transport]}.{target.host}")]
    return list(search.services())


def _found(search: _Search, addresses: list[Address]) -> Location:
    if search.missing:
        return Location(missing=tuple(search.missing))
    once = tuple(dict.fromkeys(addresses))[:_MOST]
    if once:
        return Location(once)
    target = search.target
    served = [
        question.name
        for question, records in search.book.items()
        if question.kind is Kind.SRV and any(isinstance(one, Srv) for one in records)
    ]
    if served and not target.port:
        names = " or ".join(_SPOKEN[name] for name in _usable(target))
        return Location(
            why=f"{target.host} offers no SIP over {names}, or its servers have no address "
            f"({', '.join(served)})"
        )
    return Location(why=f"{target.host} is not known: check its spelling, and the name server")
