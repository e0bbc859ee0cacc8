"""The four transaction machines (RFC 3261 section 17, RFC 6026), in two tables.

A transaction repeats a message until it is answered and absorbs what arrives twice. Reliable
transports skip the repetition and the lingering, everything else is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias

from .address import Address
from .message import Headers, Request, Response
from .timers import Timers

T1: Final = 0.5
"""Round-trip estimate, seconds."""
T2: Final = 4.0
"""Longest interval between repetitions, seconds."""
T4: Final = 5.0
"""How long the network may keep a message, seconds."""
GIVE_UP: Final = 64 * T1
"""How long an unanswered message is repeated, seconds."""


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
        (State.CALLING, On.PROVISIONAL): (State.PROCEEDING, (Do.DELIVER,)),
        (State.CALLING, On.SUCCESS): (State.ACCEPTED, (Do.DELIVER,)),
        (State.CALLING, On.FAILURE): (State.COMPLETED, (Do.ACKNOWLEDGE, Do.DELIVER)),
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
        (State.TRYING, On.PROVISIONAL): (State.PROCEEDING, (Do.DELIVER,)),
        (State.TRYING, On.SUCCESS): (State.COMPLETED, (Do.DELIVER,)),
        (State.TRYING, On.FAILURE): (State.COMPLETED, (Do.DELIVER,)),
        (State.PROCEEDING, On.REPEAT): (State.PROCEEDING, (Do.RESEND,)),
        (State.PROCEEDING, On.EXPIRE): (State.TERMINATED, (Do.FAIL,)),
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
        (State.COMPLETED, On.REQUEST): (State.COMPLETED, (Do.RESEND,)),
        (State.COMPLETED, On.REPEAT): (State.COMPLETED, (Do.RESEND,)),
        (State.COMPLETED, On.ACK): (State.CONFIRMED, ()),
        (State.COMPLETED, On.EXPIRE): (State.TERMINATED, ()),
        (State.CONFIRMED, On.EXPIRE): (State.TERMINATED, ()),
        # repeating the 2xx is the session's duty, which alone sees the ACK
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
        (State.COMPLETED, On.REQUEST): (State.COMPLETED, (Do.RESEND,)),
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

Key: TypeAlias = tuple[str, ...]


def client_key(response: Response) -> Key:
    """RFC 3261 17.1.3: the branch and the method of the CSeq."""
    return ("client", response.via.branch, response.cseq.method)


def server_key(request: Request) -> Key:
    """RFC 3261 17.2.3; an ACK belongs to its INVITE. Peers of RFC 2543 have no such branch."""
    method = "INVITE" if request.method == "ACK" else request.method
    via = request.via
    if via.branch.lower().startswith("z9hg4bk"):
        return ("server", via.branch, via.host, str(via.port), method)
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


OnResponse: TypeAlias = Callable[[Response, float], None]
OnSilence: TypeAlias = Callable[[float], None]


class Transaction:
    """One request and its responses."""

    __slots__ = (
        "_interval",
        "_layer",
        "_on_response",
        "_on_silence",
        "key",
        "last",
        "merge",
        "peer",
        "request",
        "role",
        "state",
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

    def __init__(self, timers: Timers, send: Callable[[bytes, Address], None]) -> None:
        self.timers = timers
        self.send = send
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
        made = Transaction(self, role, key, request, peer, on_response, on_silence)
        made.last = bytes(request)
        self._all[key] = made
        made.enter(State.CALLING if invite else State.TRYING, now)
        self.send(made.last, peer)
        return made

    def receive_response(self, response: Response, now: float) -> None:
        """Give a response to the transaction that waits for it; strays are dropped."""
        found = self._all.get(client_key(response))
        if found is not None:
            found.move(grade(response.status), now, response)

    def find_server(self, request: Request) -> Transaction | None:
        """The server transaction this request repeats, or that an ACK acknowledges."""
        return self._all.get(server_key(request))

    def find_invite(self, cancel: Request) -> Transaction | None:
        """The INVITE that a CANCEL names (RFC 3261 9.2)."""
        key = server_key(cancel)
        return self._all.get((*key[:-1], "INVITE"))

    def accept(self, request: Request, peer: Address) -> Transaction:
        """Open a server transaction for a new request."""
        invite = request.method == "INVITE"
        role = Role.INVITE_SERVER if invite else Role.SERVER
        made = Transaction(self, role, server_key(request), request, peer)
        made.state = State.PROCEEDING if invite else State.TRYING
        self._all[made.key] = made
        if not request.to.tag:
            made.merge = (request.call_id, request.sender.tag, str(request.cseq))
            self._merges.setdefault(made.merge, made.key)
        return made

    def is_merged(self, request: Request) -> bool:
        """Whether the same request has come by another path already (RFC 3261 8.2.2.2)."""
        merge = (request.call_id, request.sender.tag, str(request.cseq))
        known = self._merges.get(merge)
        return not request.to.tag and known is not None and known != server_key(request)
