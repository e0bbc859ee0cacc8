"""A forking proxy written by hand (RFC 3261 section 16), as small as the tests allow.

It records its route, tries all its targets at once, passes on what they say, sends the best
refusal when all have refused, and cancels the others when one has answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from appliance.sip import Address, Packet
from appliance.sip.headers import NameAddr, Via
from appliance.sip.matching import acknowledge
from appliance.sip.message import Request, Response, respond
from appliance.sip.parser import parse


@dataclass
class Fork:
    """One INVITE and what became of its branches."""

    invite: Request
    source: Address
    branches: dict[str, tuple[Request, Address]] = field(default_factory=dict)
    finals: dict[str, Response] = field(default_factory=dict)
    done: bool = False


class Proxy:
    """Stands at an address with the five verbs of a user agent."""

    def __init__(self, local: Address, targets: list[Address], *, route: str = ";lr") -> None:
        self.local = local
        self.targets = targets
        self.route = f"<sip:{local}{route}>"
        self._packets: list[Packet] = []
        self._forks: dict[str, Fork] = {}
        """By the branch of the caller, and by each of ours."""
        self._count = 0

    def tick(self, now: float) -> None:
        """Nothing is ever due: the ends repeat what gets lost."""

    def deadline(self) -> float | None:
        """Never."""
        return None

    def events(self) -> list[object]:
        """None."""
        return []

    def outgoing(self) -> list[Packet]:
        """What is to be sent."""
        packets, self._packets = self._packets, []
        return packets

    def _send(self, message: Request | Response, to: Address) -> None:
        self._packets.append(Packet(bytes(message), to))

    def receive(self, data: bytes, source: Address, now: float) -> None:
        """Take one message."""
        message = parse(data)
        if isinstance(message, Response):
            self._response(message)
        elif message.method == "INVITE" and not message.to.tag:
            self._invited(message, source)
        elif message.method == "CANCEL":
            self._send(respond(message, 200, tag="proxy"), source)
            self._cancel(self._forks[message.via.branch])
        elif message.method == "ACK" and message.via.branch in self._forks:
            pass  # for a refusal that we have sent
        else:
            self._within(message, source)

    def _pushed(self, request: Request, source: Address, branch: str) -> Request:
        """With our Via on top, and the last hop noted."""
        stamped = request.via.seen_from(source.host, source.port)
        ours = f"SIP/2.0/UDP {self.local};branch={branch}"
        headers = request.headers.without("Via")
        vias = ", ".join([ours, str(stamped), *request.vias[1:]])
        return request.with_headers(headers.setting("Via", vias))

    def _invited(self, invite: Request, source: Address) -> None:
        known = self._forks.get(invite.via.branch)
        if known is not None:
            return  # a repetition: the branches repeat nothing in these tests
        fork = self._forks[invite.via.branch] = Fork(invite, source)
        self._send(respond(invite, 100), source)
        for target in self.targets:
            self._count += 1
            branch = f"z9hG4bKproxy{self._count}"
            made = self._pushed(invite, source, branch)
            made = made.with_headers(
                made.headers.without("Route").adding([("Record-Route", self.route)])
            )
            fork.branches[branch] = (made, target)
            self._forks[branch] = fork
            self._send(made, target)

    def _within(self, request: Request, source: Address) -> None:
        """A request within a dialog: the next route, else the target (16.12)."""
        routes = [NameAddr.parse(value) for value in request.headers.listed("Route")]
        uri, headers = request.uri, request.headers.without("Route")
        if request.uri == self.route[1:-1] and routes:
            uri = str(routes.pop().uri)  # a strict router stands in the request URI itself
        elif routes and str(routes[0]) == self.route:
            routes = routes[1:]
        for route in routes:
            headers = headers.adding([("Route", str(route))])
        self._count += 1
        made = Request(headers, request.method, uri, body=request.body)
        made = self._pushed(made, source, f"z9hG4bKwithin{self._count}")
        place = routes[0].uri if routes else NameAddr.parse(f"<{uri}>").uri
        to = place.address(self.local)
        assert to is not None
        self._send(made, to)

    def _response(self, response: Response) -> None:
        branch = response.via.branch
        passed = Response(
            response.headers.without("Via").adding([("Via", ", ".join(response.vias[1:]))]),
            response.status,
            response.reason,
            body=response.body,
        )
        fork = self._forks.get(branch)
        if fork is None or response.cseq.method != "INVITE":
            if response.cseq.method != "CANCEL":
                self._send(passed, _back(passed.via))
            return
        if 100 < response.status < 300:
            self._send(passed, fork.source)
        if 200 <= response.status < 300:
            fork.done = True
            fork.finals[branch] = response
            self._cancel(fork)
        elif response.status >= 300:
            made, target = fork.branches[branch]
            self._send(acknowledge(made, response), target)
            fork.finals[branch] = response
            if len(fork.finals) == len(fork.branches) and not fork.done:
                fork.done = True
                self._send(passed, fork.source)

    def _cancel(self, fork: Fork) -> None:
        for branch, (made, target) in fork.branches.items():
            if branch not in fork.finals:
                headers = made.headers.setting("Via", made.vias[0])
                headers = headers.setting("CSeq", f"{made.cseq.number} CANCEL")
                headers = headers.without("Content-Type").without("Record-Route")
                self._send(Request(headers, "CANCEL", made.uri), target)


def _back(via: Via) -> Address:
    """Where a response goes (18.2.2)."""
    params = dict(via.params)
    port = params.get("rport") or via.port or 5060
    return Address("udp", params.get("received") or via.host, int(port))
