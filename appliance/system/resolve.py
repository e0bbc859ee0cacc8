"""Asking DNS where a PBX is served, in a way that an outage of DNS takes no line down.

locate (pure) ─► question ─► /etc/hosts ─► answers kept ─► DNS ─► old answers ─► getaddrinfo
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import dns.asyncresolver
import dns.exception
import dns.resolver

from appliance.sip.address import Address
from appliance.sip.locate import Book, Host, Kind, Naptr, Question, Record, Srv, Target, locate

_log = logging.getLogger(__name__)

SHORTEST: Final = 30.0
"""Seconds for which an answer holds at least; also the time until a failure is asked again."""
LONGEST: Final = 3600.0
"""Seconds for which an answer holds at most."""
_ROUNDS: Final = 6
"""NAPTR, SRV, addresses, and some reserve."""
_MOST: Final = 256
"""Answers that are kept."""
_FAMILIES: Final = {Kind.A: socket.AF_INET, Kind.AAAA: socket.AF_INET6}


class ResolveError(OSError):
    """Nobody could be found; the text says why, in plain words."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where a target is served."""

    addresses: tuple[Address, ...]
    """Best first."""
    ttl: float
    """Seconds after which to ask again."""
    stale: str = ""
    """Why DNS could not be asked, in plain words, where the answer is one of earlier."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is known of one question."""

    records: tuple[Record, ...]
    until: float
    """In the loop's time."""


class _NoSuchNameError(LookupError):
    """DNS says that the name does not exist."""


class _UnansweredError(OSError):
    """DNS could not be asked; the text says why."""


class Resolver:
    """Finds targets and remembers what it was told, beyond its time where DNS is gone."""

    def __init__(
        self,
        seed: str,
        *,
        nameservers: Sequence[str] = (),
        port: int = 53,
        patience: float = 2.0,
        hosts: Path = Path("/etc/hosts"),
        kept: Path | None = None,
    ) -> None:
        """Begin with what an earlier run has kept, as answers to fall back on.

        `seed`: a token of this box, see `sip.locate`. `nameservers`: IP addresses, asked at `port`;
        none: those of the system, read anew for each search. `patience`: seconds for one question.
        `kept`: the file in which answers outlive a restart; None: they do not.
        """
        self._seed = seed
        self._nameservers = tuple(nameservers)
        self._port = port
        self._patience = patience
        self._hosts = hosts
        self._kept = kept
        self._known: dict[Question, _Answer] = _read(kept)
        self._unsaved = False
        self._fallback = _Fallback()

    async def find(self, target: Target) -> Found:
        """Return where `target` is served. Raises ResolveError where nobody knows, in words."""
        now = asyncio.get_running_loop().time()
        answers: dict[Question, _Answer] = {}
        troubles: dict[str, None] = {}
        client: dns.asyncresolver.Resolver | None = None
        for _ in range(_ROUNDS):
            book: Book = {question: answer.records for question, answer in answers.items()}
            found = locate(target, book, self._seed)
            if not found.missing:
                break
            client = client or self._client()
            # Where DNS has not answered once, little time is spent on asking it again.
            patience = self._patience / 2 if troubles else self._patience
            search = "." not in target.host
            told = await asyncio.gather(
                *(self._ask(client, question, patience, search) for question in found.missing)
            )
            for question, (answer, trouble) in zip(found.missing, told, strict=True):
                answers[question] = answer
                if trouble:
                    troubles[trouble] = None
        trouble = "; ".join(troubles)
        if not found.addresses:
            raise ResolveError(
                f"{target.host} cannot be found: {trouble}" if trouble else found.why
            )
        await self._save()
        least = min((answer.until - now for answer in answers.values()), default=LONGEST)
        return Found(found.addresses, min(LONGEST, max(SHORTEST, least)), trouble)

    def refresh(self) -> None:
        """Ask everything anew, as the network is another; answers are kept for when DNS is gone."""
        for question, answer in self._known.items():
            self._known[question] = _Answer(answer.records, 0.0)

    async def _ask(
        self,
        client: dns.asyncresolver.Resolver,
        question: Question,
        patience: float,
        search: bool,
    ) -> tuple[_Answer, str]:
        """Return the answer, and the trouble there was."""
        now = asyncio.get_running_loop().time()
        local = self._from_hosts(question)
        if local:
            return _Answer(local, now + SHORTEST), ""
        known = self._known.get(question)
        if known is not None and known.until > now:
            return known, ""
        trouble = ""
        try:
            answer = await self._query(client, question, patience, search)
        except _NoSuchNameError:
            answer = _Answer((), now + SHORTEST)
        except _UnansweredError as error:
            trouble = str(error)
            answer = _Answer((), now + SHORTEST)
            if known is not None:
                return _Answer(known.records, now + SHORTEST), trouble
        else:
            self._keep(question, answer)
            return answer, ""
        # Names that only mDNS, or another service of the system, knows.
        other = await self._fallback.ask(question, patience)
        return (_Answer(other, now + SHORTEST), "") if other else (answer, trouble)

    async def _query(
        self,
        client: dns.asyncresolver.Resolver,
        question: Question,
        patience: float,
        search: bool,
    ) -> _Answer:
        """Ask DNS. Raises _NoSuchNameError, _UnansweredError."""
        now = asyncio.get_running_loop().time()
        if not client.nameservers:
            raise _UnansweredError("this machine knows no name server")
        try:
            told = await client.resolve(
                question.name,
                question.kind.value,
                raise_on_no_answer=False,
                lifetime=patience,
                search=search,
            )
        except dns.resolver.NXDOMAIN:
            raise _NoSuchNameError(question.name) from None
        except dns.exception.Timeout:
            raise _UnansweredError(f"the name server {_named(client)} does not answer") from None
        except dns.resolver.NoNameservers:
            raise _UnansweredError(f"the name server {_named(client)} is in trouble") from None
        except dns.exception.DNSException:  # a name that DNS cannot hold
            raise _NoSuchNameError(question.name) from None
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise _UnansweredError(
                f"the name server {_named(client)} cannot be reached ({reason})"
            ) from None
        if told.rrset is None:
            return _Answer((), now + SHORTEST)
        records = tuple(_record(question.kind, one) for one in told.rrset)
        return _Answer(records, now + max(SHORTEST, float(told.rrset.ttl)))

    def _client(self) -> dns.asyncresolver.Resolver:
        """A resolver with the name servers of this moment: DHCP may have told others."""
        client = dns.asyncresolver.Resolver(configure=False)
        if self._nameservers:
            client.nameservers = list(self._nameservers)
            client.port = self._port
        else:
            with contextlib.suppress(OSError, dns.exception.DNSException):
                client.read_resolv_conf("/etc/resolv.conf")
        client.timeout = self._patience / 2
        return client

    def _keep(self, question: Question, answer: _Answer) -> None:
        before = self._known.pop(question, None)
        self._known[question] = answer
        self._unsaved |= before is None or before.records != answer.records
        if len(self._known) > _MOST:
            del self._known[next(iter(self._known))]

    async def _save(self) -> None:
        """Write down what is new; a disk that is full or slow costs only the memory of it."""
        if self._kept is None or not self._unsaved:
            return
        self._unsaved = False
        text = json.dumps(
            [
                {"kind": question.kind, "name": question.name,
                 "records": [asdict(record) for record in answer.records]}
                for question, answer in self._known.items()
            ],
            indent=1,
        )  # fmt: skip
        try:
            await asyncio.to_thread(_write, self._kept, text)
        except OSError as error:
            _log.warning("names cannot be kept: %s", error)

    def _from_hosts(self, question: Question) -> tuple[Host, ...]:
        """What the administrator wrote into /etc/hosts goes before DNS."""
        if question.kind not in _FAMILIES:
            return ()
        try:
            text = self._hosts.read_text("utf-8", errors="replace")
        except OSError:
            return ()
        found = []
        for line in text.splitlines():
            address, *names = line.partition("#")[0].split() or [""]
            if question.name in [name.lower().rstrip(".") for name in names]:
                version = 6 if question.kind is Kind.AAAA else 4
                with contextlib.suppress(ValueError):
                    if ip_address(address).version == version:
                        found.append(Host(address))
        return tuple(found)


_KINDS: Final[dict[Kind, type[Record]]] = {
    Kind.NAPTR: Naptr,
    Kind.SRV: Srv,
    Kind.A: Host,
    Kind.AAAA: Host,
}


def _read(file: Path | None) -> dict[Question, _Answer]:
    """What an earlier run has kept; a file that is not ours is as none."""
    if file is None:
        return {}
    known = {}
    try:
        for entry in json.loads(file.read_text("utf-8"))[-_MOST:]:
            kind = Kind(entry["kind"])
            records = tuple(_checked(_KINDS[kind](**record)) for record in entry["records"])
            known[Question(kind, str(entry["name"]))] = _Answer(records, 0.0)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, LookupError) as error:
        _log.warning("%s cannot be used: %s", file, error)
        return {}
    return known


def _checked(record: Record) -> Record:
    """Raises TypeError, ValueError where a field is not what it must be."""
    for each in fields(record):
        wanted = int if each.type == "int" else str
        if type(getattr(record, each.name)) is not wanted:
            raise TypeError(f"{each.name} is no {wanted.__name__}")
    if isinstance(record, Host):
        ip_address(record.address)
    return record


def _write(file: Path, text: str) -> None:
    """Put `text` in the place of the file at once or not at all."""
    new = file.with_name(f"{file.name}.new")
    new.write_text(text, "utf-8")
    new.replace(file)


def _named(client: dns.asyncresolver.Resolver) -> str:
    return " and ".join(str(server) for server in client.nameservers)


def _record(kind: Kind, data: Any) -> Record:
    """One record of dnspython as one of ours."""
    match kind:
        case Kind.NAPTR:
            return Naptr(
                data.order,
                data.preference,
                data.flags.decode("ascii", "replace"),
                data.service.decode("ascii", "replace"),
                data.replacement.to_text(omit_final_dot=True),
            )
        case Kind.SRV:
            return Srv(
                data.priority, data.weight, data.port, data.target.to_text(omit_final_dot=True)
            )
        case _:
            return Host(data.address)


class _Fallback:
    """`getaddrinfo` in threads of our own: it may hang for long, and nothing must wait for it."""

    def __init__(self) -> None:
        self._asked: set[Question] = set()

    async def ask(self, question: Question, patience: float) -> tuple[Host, ...]:
        """Return the addresses that the system finds within `patience` seconds."""
        if question.kind not in _FAMILIES or question in self._asked:
            return ()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[tuple[Host, ...]] = loop.create_future()
        self._asked.add(question)

        def told(hosts: tuple[Host, ...]) -> None:
            self._asked.discard(question)
            if not answer.done():
                answer.set_result(hosts)

        def work() -> None:
            hosts = _system_hosts(question)
            with contextlib.suppress(RuntimeError):  # the loop has been closed meanwhile
                loop.call_soon_threadsafe(told, hosts)

        threading.Thread(target=work, name="getaddrinfo", daemon=True).start()
        try:
            return await asyncio.wait_for(answer, patience)
        except TimeoutError:
            return ()


def _system_hosts(question: Question) -> tuple[Host, ...]:
    try:
        found = socket.getaddrinfo(question.name, None, _FAMILIES[question.kind], socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(Host(str(one[4][0])) for one in found)
