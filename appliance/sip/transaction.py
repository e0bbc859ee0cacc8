"""The four transaction machines (RFC 3261 section 17, RFC 6026), in two tables.

A transaction repeats a message until it is answered and absorbs what arrives twice; over reliable
transports it need not. What is too large for a datagram goes by TCP, or, failing that, as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final, TypeAlias

from .address import Address
from .headers import Via
from .matching import Key, acknowledge, client_key, server_key
from .message import Request, Response
from .timers import Timers

T1: Final = 0.5
"""Round-trip estimate, seconds."""
T2: Final = 4.0
"""Longest interval between repetitions, seconds."""
T4: Final = 5.0
"""How long the network may keep a message, seconds."""
GIVE_UP: Final = 64 * T1
"""How long an unanswered message is repeated, seconds."""
LARGEST_DATAGRAM: Final = 1300
"""Bytes of a request that may go by UDP where the path is not known (RFC 3261 18.1.1)."""
SWITCH: Final = 4.0
"""Seconds for which a connection may stay silent before the datagram is tried after all."""
DEAF: Final = 600.0
"""Seconds for which a peer that took no connection gets datagrams only; of 64 peers at most."""


class Role(Enum):
    """Which of the four machines."""

    INVITE_CLIENT = auto()
    CLIENT = auto()
    INVITE_SERVER = auto()
    SERVER = auto()


class State(Enum):
    """Where a transaction stands."""

    CALLING = auto()
    TRYING = auto()
    PROCEEDING = auto()
    COMPLETED = auto()
    CONFIRMED = auto()
    ACCEPTED = auto()
    TERMINATED = auto()


class On(Enum):
    """What moves a transaction: a response, a request, or a timer."""

    PROVISIONAL = auto()
    SUCCESS = auto()
    FAILURE = auto()
    REQUEST = auto()
    ACK = auto()
    REPEAT = auto()
    EXPIRE = auto()
    LOST = auto()
    """The connection could not be made, or broke (RFC 3261 17.1.4, 17.2.4)."""


class Do(Enum):
    """What a move makes it do."""

    SEND = auto()
    """Send the response that caused the move, and keep it for repetition."""
    RESEND = auto()
    ACKNOWLEDGE = auto()
    DELIVER = auto()
    FAIL = auto()
    """Tell its user that nobody answered."""


_Moves: TypeAlias = Mapping[tuple[State, On], tuple[State, tuple[Do, ...]]]

MOVES: Final[Mapping[Role, _Moves]] = {
    # RFC 3261 figure 5, with the Accepted state of RFC 6026 section 7.2
    Role.INVITE_CLIENT: {
        (State.CALLING, On.REPEAT): (State.CALLING, (Do.RESEND,)),
        (State.CALLING, On.EXPIRE): (State.TERMINATED, (Do.FAIL,)),
        (State.CALLING, On.LOST): (State.TERMINATED, (Do.FAIL,)),
        (State.CALLING, On.PROVISIONAL): (State.PROCEEDING, (Do.DELIVER,)),
        (State.CALLING, On.SUCCESS): (State.ACCEPTED, (Do.DELIVER,)),
        (State.CALLING, On.FAILURE): (State.COMPLETED, (Do.ACKNOWLEDGE, Do.DELIVER)),
        (State.PROCEEDING, On.LOST): (State.TERMINATED, (Do.FAIL,)),
        (State.PROCEEDING, On.PROVISIONAL): (State.PROCEEDING, (Do.DELIVER,)),
        (State.PROCEEDING, On.SUCCESS): (State.ACCEPTED, (Do.DELIVER,)),
        (State.PROCEEDING, On.FAILURE): (State.COMPLETED, (Do.ACKNOWLEDGE, Do.DELIVER)),
        (State.COMPLETED, On.FAILURE): (State.COMPLETED, (Do.ACKNOWLEDGE,)),
        (State.COMPLETED, On.EXPIRE): (State.TERMINATED, ()),
        (State.ACCEPTED, On.SUCCESS): (State.ACCEPTED, (Do.DELIVER,)),
        (State.ACCEPTED, On.EXPIRE): (State.TERMINATED, ()),
    },
    # RFC 3261 figure 6
    Role.CLIENT: {
        (State.TRYING, On.REPEAT): (State.TRYING, (Do.RESEND,)),
        (State.TRYING, On.EXPIRE): (State.TERMINATED, (Do.FAIL,)),
        (State.TRYING, On.LOST): (State.TERMINATED, (Do.FAIL,)),
        (State.TRYING, On.PROVISIONAL): (State.PROCEEDING, (Do.DELIVER,)),
        (State.TRYING, On.SUCCESS): (State.COMPLETED, (Do.DELIVER,)),
        (State.TRYING, On.FAILURE): (State.COMPLETED, (Do.DELIVER,)),
        (State.PROCEEDING, On.REPEAT): (State.PROCEEDING, (Do.RESEND,)),
        (State.PROCEEDING, On.EXPIRE): (State.TERMINATED, (Do.FAIL,)),
        (State.PROCEEDING, On.LOST): (State.TERMINATED, (Do.FAIL,)),
        (State.PROCEEDING, On.PROVISIONAL): (State.PROCEEDING, (Do.DELIVER,)),
        (State.PROCEEDING, On.SUCCESS): (State.COMPLETED, (Do.DELIVER,)),
        (State.PROCEEDING, On.FAILURE): (State.COMPLETED, (Do.DELIVER,)),
        (State.COMPLETED, On.EXPIRE): (State.TERMINATED, ()),
    },
    # RFC 3261 figure 7, with the Accepted state of RFC 6026 section 7.1
    Role.INVITE_SERVER: {
        (State.PROCEEDING, On.REQUEST): (State.PROCEEDING, (Do.RESEND,)),
        (State.PROCEEDING, On.PROVISIONAL): (State.PROCEEDING, (Do.SEND,)),
        (State.PROCEEDING, On.SUCCESS): (State.ACCEPTED, (Do.SEND,)),
        (State.PROCEEDING, On.FAILURE): (State.COMPLETED, (Do.SEND,)),
        (State.PROCEEDING, On.LOST): (State.PROCEEDING, (Do.RESEND,)),
        (State.COMPLETED, On.REQUEST): (State.COMPLETED, (Do.RESEND,)),
        (State.COMPLETED, On.REPEAT): (State.COMPLETED, (Do.RESEND,)),
        (State.COMPLETED, On.LOST): (State.COMPLETED, (Do.RESEND,)),
        (State.COMPLETED, On.ACK): (State.CONFIRMED, ()),
        (State.COMPLETED, On.EXPIRE): (State.TERMINATED, ()),
        (State.CONFIRMED, On.EXPIRE): (State.TERMINATED, ()),
        # repeating the 2xx is the session's duty, which alone sees the ACK
        (State.ACCEPTED, On.LOST): (State.ACCEPTED, (Do.RESEND,)),
        (State.ACCEPTED, On.EXPIRE): (State.TERMINATED, ()),
    },
    # RFC 3261 figure 8
    Role.SERVER: {
        (State.TRYING, On.PROVISIONAL): (State.PROCEEDING, (Do.SEND,)),
        (State.TRYING, On.SUCCESS): (State.COMPLETED, (Do.SEND,)),
        (State.TRYING, On.FAILURE): (State.COMPLETED, (Do.SEND,)),
        (State.PROCEEDING, On.REQUEST): (State.PROCEEDING, (Do.RESEND,)),
        (State.PROCEEDING, On.PROVISIONAL): (State.PROCEEDING, (Do.SEND,)),
        (State.PROCEEDING, On.SUCCESS): (State.COMPLETED, (Do.SEND,)),
        (State.PROCEEDING, On.FAILURE): (State.COMPLETED, (Do.SEND,)),
        (State.PROCEEDING, On.LOST): (State.PROCEEDING, (Do.RESEND,)),
        (State.COMPLETED, On.REQUEST): (State.COMPLETED, (Do.RESEND,)),
        (State.COMPLETED, On.LOST): (State.COMPLETED, (Do.RESEND,)),
        (State.COMPLETED, On.EXPIRE): (State.TERMINATED, ()),
    },
}


@dataclass(frozen=True, slots=True)
class Times:
    """The timers of one state, in seconds; None leaves the running one as it is."""

    repeat: float | None = None
    longest: float = T2
    life: float | None = None
    lingering: bool = False
    """The life only waits for stray repetitions: none come over a reliable transport."""


TIMES: Final[Mapping[tuple[Role, State], Times]] = {
    (Role.INVITE_CLIENT, State.CALLING): Times(T1, GIVE_UP, GIVE_UP),  # A, B
    (Role.INVITE_CLIENT, State.PROCEEDING): Times(life=float("inf")),
    (Role.INVITE_CLIENT, State.COMPLETED): Times(life=GIVE_UP, lingering=True),  # D
    (Role.INVITE_CLIENT, State.ACCEPTED): Times(life=GIVE_UP),  # M
    (Role.CLIENT, State.TRYING): Times(T1, T2, GIVE_UP),  # E, F
    (Role.CLIENT, State.PROCEEDING): Times(T2, T2),
    (Role.CLIENT, State.COMPLETED): Times(life=T4, lingering=True),  # K
    (Role.INVITE_SERVER, State.COMPLETED): Times(T1, T2, GIVE_UP),  # G, H
    (Role.INVITE_SERVER, State.CONFIRMED): Times(life=T4, lingering=True),  # I
    (Role.INVITE_SERVER, State.ACCEPTED): Times(life=GIVE_UP),  # L
    (Role.SERVER, State.COMPLETED): Times(life=GIVE_UP, lingering=True),  # J
}

OnResponse: TypeAlias = Callable[[Response, float], None]
OnSilence: TypeAlias = Callable[[float], None]


class Transaction:
    """One request and its responses."""

    __slots__ = (
        "_interval",
        "_layer",
        "_on_response",
        "_on_silence",
        "datagram",
        "fallback",
        "key",
        "last",
        "merge",
        "peer",
        "request",
        "role",
        "state",
        "trouble",
    )

    def __init__(
        self,
        layer: Transactions,
        role: Role,
        key: Key,
        request: Request,
        peer: Address,
        on_response: OnResponse | None = None,
        on_silence: OnSilence | None = None,
    ) -> None:
        self.role = role
        self.key = key
        self.request = request
        self.peer = peer
        """Where its messages go."""
        self.last = b""
        """What is repeated."""
        self.datagram: tuple[Request, Address] | None = None
        """How a request that was too large for a datagram is sent if no connection is made."""
        self.fallback: Address | None = None
        """Where responses go if the connection of the request is gone (RFC 3261 18.2.2)."""
        self.trouble = ""
        """Why its connection failed, for people; empty where it did not."""
        self.merge: Key = ()
        """Under which this request would be recognised on another path (RFC 3261 8.2.2.2)."""
        self.state = State.TERMINATED
        self._layer = layer
        self._on_response = on_response
        self._on_silence = on_silence
        self._interval = 0.0

    def enter(self, state: State, now: float) -> None:
        """The only setter of the state; arms the timers of the new one."""
        if state is self.state:
            return
        self.state = state
        if self.datagram is not None and state not in (State.CALLING, State.TRYING):
            self.datagram = None
            self._layer.timers.cancel((self.key, "switch"))
        timers, reliable = self._layer.timers, self.peer.traits.reliable
        times = TIMES.get((self.role, state), Times())
        timers.cancel((self.key, On.REPEAT))
        if times.repeat and not reliable:
            self._interval = times.repeat
            timers.set((self.key, On.REPEAT), now + self._interval, self._repeat)
        if times.life is not None:
            timers.cancel((self.key, On.EXPIRE))
            life = 0.0 if reliable and times.lingering else times.life
            if life != float("inf"):
                timers.set((self.key, On.EXPIRE), now + life, self._expire)
        if state is State.TERMINATED:
            timers.cancel((self.key, On.EXPIRE))
            self._layer.forget(self)

    def _expire(self, now: float) -> None:
        self.move(On.EXPIRE, now)

    def _repeat(self, now: float) -> None:
        times = TIMES[self.role, self.state]
        self._interval = min(2 * self._interval, times.longest)
        self._layer.timers.set((self.key, On.REPEAT), now + self._interval, self._repeat)
        self.move(On.REPEAT, now)

    def move(self, on: On, now: float, response: Response | None = None) -> bool:
        """Make one move of the table; False where the table has none (it is ignored)."""
        entry = MOVES[self.role].get((self.state, on))
        if entry is None:
            return False
        state, acts = entry
        self.enter(state, now)
        for act in acts:
            if act is Do.SEND and response is not None:
                self.last = bytes(response)
                self._layer.send(self.last, self.peer)
            elif act is Do.RESEND and self.last:
                self._layer.send(self.last, self.peer)
            elif act is Do.ACKNOWLEDGE and response is not None:
                self._layer.send(bytes(acknowledge(self.request, response)), self.peer)
            elif act is Do.DELIVER and response is not None and self._on_response:
                self._on_response(response, now)
            elif act is Do.FAIL and self._on_silence:
                self._on_silence(now)
        return True

    def begin(self, now: float) -> None:
        """Send the request of a client transaction, by the way it now has."""
        self.last = bytes(self.request)
        self.state = State.TERMINATED
        invite = self.role is Role.INVITE_CLIENT
        self.enter(State.CALLING if invite else State.TRYING, now)
        self._layer.send(self.last, self.peer)
        if self.datagram is not None:
            self._layer.timers.set((self.key, "switch"), now + SWITCH, self.fall_back)

    def fall_back(self, now: float) -> None:
        """Send the datagram after all: nothing came over the connection (RFC 3261 18.1.1)."""
        if self.datagram is None:
            return
        self._layer.timers.cancel((self.key, "switch"))
        self.request, self.peer = self.datagram
        self.datagram = None
        self._layer.deafen(self.peer, now)
        self.begin(now)

    def lost(self, why: str, now: float) -> None:
        """The connection to the peer could not be made, or broke."""
        if self.datagram is not None:
            self.fall_back(now)
            return
        if self.role in (Role.INVITE_SERVER, Role.SERVER):
            if self.fallback is None:
                return
            self.peer, self.fallback = self.fallback, None
        self.trouble = why
        self.move(On.LOST, now)

    def respond(self, response: Response, now: float) -> None:
        """Answer the request of a server transaction; a second final answer is dropped."""
        self.move(grade(response.status), now, response)

    def abandon(self, now: float) -> None:
        """End a transaction whose outcome nobody waits for."""
        self._on_response = self._on_silence = None
        self.enter(State.TERMINATED, now)


def grade(status: int) -> On:
    """The kind of a response."""
    if status < 200:
        return On.PROVISIONAL
    return On.SUCCESS if status < 300 else On.FAILURE


class Transactions:
    """All transactions of a user agent."""

    def __init__(
        self,
        timers: Timers,
        send: Callable[[bytes, Address], None],
        own: Callable[[str], Address] | None = None,
    ) -> None:
        """`own` gives our address by transport, as a Via tells it; without it a Via stays."""
        self.timers = timers
        self.send = send
        self._own = own
        self._deaf: dict[Address, float] = {}
        """Peers that took no connection, and until when they are spared the next."""
        self._all: dict[Key, Transaction] = {}
        self._merges: dict[Key, Key] = {}

    def __len__(self) -> int:
        return len(self._all)

    def forget(self, transaction: Transaction) -> None:
        """Drop a terminated transaction."""
        if self._all.get(transaction.key) is transaction:
            del self._all[transaction.key]
        if self._merges.get(transaction.merge) == transaction.key:
            del self._merges[transaction.merge]

    def request(
        self,
        request: Request,
        peer: Address,
        now: float,
        on_response: OnResponse | None = None,
        on_silence: OnSilence | None = None,
    ) -> Transaction:
        """Send a request in a client transaction of its own."""
        invite = request.method == "INVITE"
        role = Role.INVITE_CLIENT if invite else Role.CLIENT
        key = ("client", request.via.branch, request.method)
        request = self._fitting(request, peer)
        made = Transaction(self, role, key, request, peer, on_response, on_silence)
        large = not peer.traits.reliable and len(bytes(request)) > LARGEST_DATAGRAM
        if large and self._own is not None and self._deaf.get(peer, now) <= now:
            made.datagram = request, peer
            made.peer = replace(peer, transport="tcp")
            made.request = self._fitting(request, made.peer)
        self._all[key] = made
        made.begin(now)
        return made

    def _fitting(self, request: Request, peer: Address) -> Request:
        """The request with a Via of the transport by which it goes."""
        top = request.headers["Via"]
        if self._own is None or top.startswith(f"SIP/2.0/{peer.traits.via} "):
            return request
        own = self._own(peer.transport)
        via = replace(Via.parse(top), transport=peer.traits.via, host=own.host, port=own.port)
        return request.with_headers(request.headers.setting("Via", str(via)))

    def deafen(self, peer: Address, now: float) -> None:
        """Note that a peer takes no connection."""
        if len(self._deaf) >= 64:
            del self._deaf[next(iter(self._deaf))]
        self._deaf[peer] = now + DEAF

    def lost(self, peer: Address, why: str, now: float) -> None:
        """Tell every transaction that goes over the connection to `peer` that it is gone."""
        for transaction in [one for one in self._all.values() if one.peer == peer]:
            transaction.lost(why, now)

    def receive_response(self, response: Response, now: float) -> None:
        """Give a response to the transaction that waits for it; strays are dropped."""
        found = self._all.get(client_key(response))
        if found is not None:
            found.move(grade(response.status), now, response)

    def find_server(self, request: Request, key: Key = ()) -> Transaction | None:
        """The server transaction this request repeats, or that an ACK acknowledges.

        `key` is its server key, where that is known already.
        """
        return self._all.get(key or server_key(request))

    def find_invite(self, cancel: Request) -> Transaction | None:
        """The INVITE that a CANCEL names (RFC 3261 9.2)."""
        key = server_key(cancel)
        return self._all.get((*key[:-1], "INVITE"))

    def accept(
        self,
        request: Request,
        peer: Address,
        *,
        key: Key = (),
        fallback: Address | None = None,
    ) -> Transaction:
        """Open a server transaction for a new request; `key` as for `find_server`."""
        invite = request.method == "INVITE"
        role = Role.INVITE_SERVER if invite else Role.SERVER
        made = Transaction(self, role, key or server_key(request), request, peer)
        made.fallback = fallback
        made.state = State.PROCEEDING if invite else State.TRYING
        self._all[made.key] = made
        if not request.to.tag:
            made.merge = (request.call_id, request.sender.tag, str(request.cseq))
            self._merges.setdefault(made.merge, made.key)
        return made

    def is_merged(self, request: Request, key: Key = ()) -> bool:
        """Whether the same request has come by another path already (RFC 3261 8.2.2.2)."""
        if request.to.tag:
            return False
        merge = (request.call_id, request.sender.tag, str(request.cseq))
        known = self._merges.get(merge)
        return known is not None and known != (key or server_key(request))
