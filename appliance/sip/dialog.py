"""A dialog (RFC 3261 section 12): who the two ends are, and how one reaches the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import ip_address
from typing import TypeAlias

from .address import Address, is_literal
from .errors import RemoteError
from .headers import NameAddr
from .message import Headers, Request, Response
from .text import param
from .uri import Uri

DialogKey: TypeAlias = tuple[str, str, str]
"""Call-ID, our tag, the peer's tag."""


class Dialog:
    """The state that both ends share; requests within the dialog are made here."""

    __slots__ = (
        "broken",
        "call_id",
        "flow",
        "local",
        "local_sequence",
        "natted",
        "remote",
        "remote_sequence",
        "routes",
        "secure",
        "target",
    )

    def __init__(
        self,
        *,
        call_id: str,
        local: NameAddr,
        remote: NameAddr,
        target: Uri,
        routes: tuple[NameAddr, ...],
        flow: Address,
        natted: bool,
        secure: bool = False,
        local_sequence: int = 0,
        remote_sequence: int = 0,
    ) -> None:
        self.call_id = call_id
        self.local = local
        self.remote = remote
        self.target = target
        """Where the peer wants requests (its Contact)."""
        self.routes = routes
        self.flow = flow
        """Where its messages really come from."""
        self.natted = natted
        """The peer does not know its own address, so the flow is right and the target wrong."""
        self.secure = secure
        """Both ends are SIPS addresses (RFC 3261 12.1)."""
        self.broken = False
        """The connection of the flow is gone: a new one is made to where the peer wants it."""
        self.local_sequence = local_sequence
        self.remote_sequence = remote_sequence

    @classmethod
    def answering(cls, invite: Request, tag: str, source: Address) -> Dialog:
        """The dialog of a call that comes in (RFC 3261 12.1.1). Raises RemoteError."""
        contact = invite.contact()
        return cls(
            call_id=invite.call_id,
            local=invite.to.tagged(tag),
            remote=invite.sender,
            target=contact.uri if contact else invite.sender.uri,
            routes=tuple(NameAddr.parse(v) for v in invite.headers.listed("Record-Route")),
            flow=source,
            natted=_behind_nat(invite, source),
            secure=is_secure(invite),
            remote_sequence=invite.cseq.number,
        )

    @classmethod
    def calling(cls, invite: Request, response: Response, flow: Address) -> Dialog:
        """The dialog of a call of ours (RFC 3261 12.1.2). Raises RemoteError."""
        contact = response.contact()
        routes = [NameAddr.parse(v) for v in response.headers.listed("Record-Route")]
        target = contact.uri if contact else Uri.parse(invite.uri)
        return cls(
            call_id=invite.call_id,
            local=invite.sender,
            remote=response.to,
            target=target,
            routes=tuple(reversed(routes)),
            flow=flow,
            natted=not routes and _inside(target, flow),
            secure=invite.uri.lower().startswith("sips:"),
            local_sequence=invite.cseq.number,
        )

    @property
    def key(self) -> DialogKey:
        """Under which messages find it."""
        return self.call_id, self.local.tag, self.remote.tag

    def refresh(self, message: Request | Response) -> None:
        """Take a new remote target (RFC 3261 12.2.1.2, 12.2.2). Raises RemoteError."""
        contact = message.contact()
        if contact is not None:
            self.target = contact.uri

    def heard(self, source: Address) -> None:
        """A request of the peer came from there: over a new connection, if the old one broke."""
        if source.traits.reliable and source.host == self.flow.host:
            self.flow, self.broken = source, False

    def lost(self, peer: Address) -> None:
        """A connection is gone."""
        if peer == self.flow:
            self.broken = True

    def next_hop(self) -> Address:
        """Where requests go: the first route or the target, where that is an address.

        Else the way the peer came: names are not resolved here. A connection that stands serves
        for everything its host should get (RFC 3261 18.1.1), whatever port is written.
        """
        if self.natted and not self.broken:
            return self.flow
        uri = self.routes[0].uri if self.routes else self.target
        hop = uri.address(self.flow)
        if hop is None:
            return self.flow
        if hop.host != self.flow.host:
            return hop
        if self.flow.traits.reliable and not self.broken:
            return self.flow
        return replace(hop, name=self.flow.name)

    def request(
        self,
        method: str,
        via: str,
        fields: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        *,
        sequence: int | None = None,
    ) -> Request:
        """A request within the dialog (RFC 3261 12.2.1.1); an ACK names its INVITE's number."""
        if sequence is None:
            self.local_sequence += 1
            sequence = self.local_sequence
        uri, routes = self.target.bare(), [str(route) for route in self.routes]
        if self.routes and not self.routes[0].uri.loose:
            # a strict router wants to be the request URI itself
            routes = [*routes[1:], f"<{uri}>"]
            uri = self.routes[0].uri.bare()
        head = [("Via", via), ("Max-Forwards", "70"), *(("Route", route) for route in routes)]
        head += [
            ("From", str(self.local)),
            ("To", str(self.remote)),
            ("Call-ID", self.call_id),
            ("CSeq", f"{sequence} {method}"),
            *fields,
        ]
        return Request(Headers(head), method, str(uri), body=body)


def is_secure(request: Request) -> bool:
    """Whether whoever answers a request must name itself by a SIPS address (RFC 3261 12.1.1)."""
    if request.uri.lower().startswith("sips:"):
        return True
    routes = request.headers.listed("Record-Route")
    try:
        return NameAddr.parse((routes or [request.headers.get("Contact", "")])[0]).uri.scheme == (
            "sips"
        )
    except RemoteError:
        return False


def secured(fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Fields of ours whose Contact is a SIPS address."""
    return [
        (name, value.replace("<sip:", "<sips:", 1) if name == "Contact" else value)
        for name, value in fields
    ]


def _behind_nat(invite: Request, source: Address) -> bool:
    """Whether the sender is not where it says.

    Another host, or, where it is symmetric (RFC 3581), another port.
    """
    via = invite.via
    if via.host != source.host:
        return True
    symmetric = param(via.params, "rport") is not None
    return symmetric and (via.port or source.traits.port) != source.port


def _inside(target: Uri, flow: Address) -> bool:
    """Whether a peer at a public address names one of the network behind it."""
    if not is_literal(target.host) or not is_literal(flow.host):
        return False
    return ip_address(target.host).is_private and ip_address(flow.host).is_global
