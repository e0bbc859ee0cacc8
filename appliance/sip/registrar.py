"""The other side of REGISTER: who can be reached where (RFC 3261 10.3), and who is who."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from .address import Address
from .digest import Challenge, Credentials, alike, nonce_count
from .errors import RemoteError
from .events import Bound, Event, Unbound
from .headers import NameAddr
from .message import Request
from .text import natural, param

NONCE_LIFE: Final = 300
"""Seconds after which a nonce is stale."""
_MOST_CONTACTS: Final = 10
_MOST_NONCES: Final = 4096
_LONGEST: Final = 3600
_MOST_PATH: Final = 10


@dataclass(frozen=True, slots=True)
class Binding:
    """One contact of a user."""

    contact: str
    flow: Address
    """Where its REGISTER came from: requests reach it there, through any NAT."""
    call_id: str
    sequence: int
    expires: float
    """In the clock of `now`."""
    path: tuple[str, ...] = ()
    """Proxies on the way to it, nearest to us first: the Route of requests (RFC 3327)."""
    name: tuple[str, str] = ("", "")
    """Instance and reg-id (RFC 5626 section 6): a later contact of that name takes its place."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the registrar says to a request: a status, and the fields of the response."""

    status: int
    """200: go on."""
    fields: tuple[tuple[str, str], ...] = ()


_YES: Final = Verdict(200)


class Registrar:
    """The users of one domain, their passwords and their contacts."""

    def __init__(
        self,
        domain: str,
        passwords: Mapping[str, str],
        tokens: Callable[[], str],
        *,
        algorithms: tuple[str, ...] = ("SHA-256", "MD5"),
        expires_min: int = 10,
        trusted: bool = False,
    ) -> None:
        """`trusted` lets requests from unknown users pass; known users still prove themselves."""
        self.domain = domain
        self._passwords = passwords
        self._tokens = tokens
        self._algorithms = algorithms
        self._expires_min = expires_min
        self._trusted = trusted
        self._secret = tokens()
        self._bindings: dict[str, list[Binding]] = {}
        self._counts: dict[str, int] = {}

    def bindings(self, user: str, now: float) -> list[tuple[str, Address]]:
        """Contact URI and flow of each contact that has not expired, newest first."""
        return [(one.contact, one.flow) for one in self.ways(user, now)]

    def ways(self, user: str, now: float) -> list[Binding]:
        """The same with all that is known: a request carries `path` as its Route."""
        return [one for one in reversed(self._bindings.get(user, [])) if one.expires > now]

    def deadline(self) -> float | None:
        """When the next contact expires."""
        return min((one.expires for kept in self._bindings.values() for one in kept), default=None)

    def tick(self, now: float) -> list[Event]:
        """Let contacts expire."""
        events: list[Event] = []
        for user, kept in list(self._bindings.items()):
            if any(one.expires <= now for one in kept):
                gone = [one for one in kept if one.expires <= now]
                self._keep(user, [one for one in kept if one.expires > now])
                events += [Unbound(user, one.contact) for one in gone]
        return events

    def lost(self, flow: Address) -> list[Event]:
        """Drop the contacts of a connection that is gone: nobody is reached there any more."""
        events: list[Event] = []
        for user, kept in list(self._bindings.items()):
            gone = [one for one in kept if one.flow == flow]
            if gone and flow.traits.reliable:
                self._keep(user, [one for one in kept if one.flow != flow])
                events += [Unbound(user, one.contact) for one in gone]
        return events

    def admit(self, request: Request, now: float) -> Verdict:
        """Whether the sender of a request is who it says. Raises RemoteError."""
        user = request.sender.uri.name
        if user not in self._passwords:
            return _YES if self._trusted else Verdict(403)
        return self._prove(request, user, now)

    def register(
        self, request: Request, source: Address, now: float
    ) -> tuple[Verdict, list[Event]]:
        """Answer a REGISTER (RFC 3261 10.3). Raises RemoteError."""
        user = request.to.uri.name
        if user not in self._passwords:
            return Verdict(404), []
        verdict = self._prove(request, user, now)
        if verdict.status != 200:
            return verdict, []
        return self._bind(request, user, source, now)

    def _bind(
        self, request: Request, user: str, source: Address, now: float
    ) -> tuple[Verdict, list[Event]]:
        kept = [one for one in self._bindings.get(user, []) if one.expires > now]
        values = request.headers.listed("Contact")
        default = natural(request.headers.get("Expires"), 2**32)
        default = _LONGEST if default is None else default
        number, call_id = request.cseq.number, request.call_id
        if any(one.call_id == call_id and one.sequence >= number for one in kept):
            # an older REGISTER that was held up on its way
            return Verdict(500), []
        path = tuple(str(NameAddr.parse(value)) for value in request.headers.listed("Path"))
        if len(path) > _MOST_PATH:
            return Verdict(400), []
        events: list[Event] = []
        if "*" in values:
            if default != 0 or len(values) != 1:
                return Verdict(400), []
            events += [Unbound(user, one.contact) for one in kept]
            kept, values = [], []
        for value in values:
            contact = NameAddr.parse(value)
            seconds = natural(param(contact.params, "expires"), 2**32)
            seconds = default if seconds is None else seconds
            if 0 < seconds < self._expires_min:
                return Verdict(423, (("Min-Expires", str(self._expires_min)),)), []
            uri = str(contact.uri)
            known = any(one.contact == uri for one in kept)
            name = _name(contact)
            replaced = [one for one in kept if name[1] and one.name == name]
            kept = [one for one in kept if one.contact != uri and one not in replaced]
            events += [Unbound(user, one.contact) for one in replaced if one.contact != uri]
            if seconds:
                until = now + min(seconds, _LONGEST)
                kept.append(Binding(uri, source, call_id, number, until, path, name))
                events += [] if known else [Bound(user, uri)]
            elif known:
                events.append(Unbound(user, uri))
        events += [Unbound(user, one.contact) for one in kept[:-_MOST_CONTACTS]]
        kept = kept[-_MOST_CONTACTS:]
        self._keep(user, kept)
        contacts = tuple(
            ("Contact", f"<{one.contact}>;expires={round(one.expires - now)}") for one in kept
        )
        paths = tuple(("Path", value) for value in path)
        return Verdict(200, contacts + paths), events

    def _keep(self, user: str, kept: list[Binding]) -> None:
        if kept:
            self._bindings[user] = kept
        else:
            self._bindings.pop(user, None)

    def _prove(self, request: Request, user: str, now: float) -> Verdict:
        """Digest: the right password under a nonce of ours that is fresh and not used twice."""
        stale = False
        for value in request.headers.lines("Authorization"):
            try:
                given = Credentials.parse(value)
            except RemoteError:
                continue
            allowed = given.algorithm.upper() in [name.upper() for name in self._algorithms]
            if given.realm != self.domain or given.username != user or not allowed:
                continue
            if not given.proves(self._passwords[user], request.method, request.body):
                continue
            if self._fresh(given, now):
                return _YES
            stale = True
        return Verdict(401, tuple(self._challenges(now, stale=stale)))

    def _challenges(self, now: float, *, stale: bool) -> list[tuple[str, str]]:
        """One header for each algorithm, the preferred first (RFC 8760 2.4)."""
        nonce = self._nonce(f"{int(now)}.{self._tokens()}")
        return [
            ("WWW-Authenticate", str(Challenge(self.domain, nonce, name, ("auth",), None, stale)))
            for name in self._algorithms
        ]

    def _nonce(self, stamp: str) -> str:
        """A nonce that carries its time and our seal, so that none need be kept."""
        sealed = f"{self._secret}:{stamp}:{self._secret}"
        seal = sha256(sealed.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        return f"{stamp}.{seal}"

    def _fresh(self, given: Credentials, now: float) -> bool:
        stamp, _, _ = given.nonce.rpartition(".")
        made = natural(stamp.partition(".")[0], 2**33)
        if not alike(self._nonce(stamp), given.nonce):
            return False
        if made is None or not 0 <= now - made <= NONCE_LIFE:
            return False
        count = nonce_count(given)
        if not given.qop or count is None:
            return not given.qop
        if count <= self._counts.get(given.nonce, 0):
            return False
        if len(self._counts) >= _MOST_NONCES:
            del self._counts[next(iter(self._counts))]
        self._counts[given.nonce] = count
        return True


def _name(contact: NameAddr) -> tuple[str, str]:
    """The instance and reg-id of a contact; both empty unless it has both (RFC 5626 4.2)."""
    instance = param(contact.params, "+sip.instance") or ""
    number = param(contact.params, "reg-id") or ""
    return (instance, number) if instance and natural(number, 2**31) else ("", "")
