"""The exchange's user agents: one for each transport, so that each leg names an address of its own.

    message --Call-ID--> the agent that has the dialog --> events
            --transport-> else the agent of the way it came

A telephone that registered over TLS is thus called, and answered, with a Contact that leads back to
TLS. A dialog belongs to its agent even where one of its messages comes another way: what is too
large for a datagram comes by TCP (RFC 3261 section 18.1.1).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from appliance import sip
from appliance.sip.headers import Replaces
from appliance.sip.message import Request, respond
from appliance.sip.parser import parse

MOST_DIALOGS: Final = 8192
"""Call-IDs whose agent is remembered; the oldest are forgotten first."""
EVERYBODY: Final = ("0.0.0.0/0", "::/0")
"""Every call proves itself by a password, so nobody whose call is seen is a stranger."""
ALLOWED: Final = "INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, INFO, UPDATE, NOTIFY, PRACK"
"""What is allowed where transfers are refused."""

_CALL_ID: Final = re.compile(
    rb"^(?:call-id|i)[ \t]*:[ \t]*([^\r\n]+?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE
)
_TAG: Final = re.compile(r";\s*tag=([^;>\s]+)", re.IGNORECASE)
_FROM_TAG: Final = re.compile(rb"^From:[^\r\n]*;tag=([^;>\s]+)", re.MULTILINE)
"""As we write it."""
_LONGEST_HEAD: Final = 8192
"""Bytes in which the Call-ID is looked for."""


def call_id_of(data: bytes) -> str:
    """Return the Call-ID of a message as it stands there; empty where it has none."""
    found = _CALL_ID.search(data[:_LONGEST_HEAD])
    return found[1].decode("utf-8", "surrogateescape") if found else ""


@dataclass(frozen=True, slots=True)
class _Leg:
    agent: sip.UserAgent
    call_id: str = ""
    theirs: str = ""
    """The peer's tag, in a call that came in."""
    ours: str = ""
    """Our tag, in a call of ours."""


class Agents:
    """All of them, with the five verbs of one."""

    def __init__(
        self,
        locals_: Sequence[sip.Address],
        *,
        tokens: Callable[[], str],
        registrar: sip.Registrar,
        codecs: tuple[str, ...],
        srtp: sip.Srtp,
        policy: sip.Policy | None = None,
        refer: int = 0,
    ) -> None:
        """`locals_` are where we listen, one for each transport; the first is the usual way.

        `refer` is a status with which every REFER is refused; 0: they are obeyed.
        """
        listening = {local.transport: local for local in locals_}
        self._agents: dict[str, sip.UserAgent] = {
            transport: sip.UserAgent(
                local=local,
                tokens=tokens,
                registrar=registrar,
                codecs=codecs,
                product="Attendant exchange",
                stream=listening.get("tcp") if transport == "udp" else None,
                policy=policy or sip.Policy(trusted=EVERYBODY),
                srtp=srtp,
            )
            for transport, local in listening.items()
        }
        self._usual = self._agents[locals_[0].transport]
        self._refer = refer
        self._tokens = tokens
        self._dialogs: dict[str, sip.UserAgent] = {}
        """The agent of each Call-ID."""
        self._legs: dict[str, _Leg] = {}
        """Of each handle."""
        self._packets: list[sip.Packet] = []

    # the five verbs

    def receive(self, data: bytes, source: sip.Address, now: float) -> None:
        """Take one message."""
        if self._refer and data.startswith(b"REFER "):
            self._refuse(data, source)
            return
        call_id = call_id_of(data)
        agent = self._dialogs.get(call_id) or self._agents.get(source.transport, self._usual)
        if call_id and data.startswith(b"INVITE "):
            self._remember(call_id, agent)
        agent.receive(data, source, now)

    def tick(self, now: float) -> None:
        """Do what is due."""
        for agent in self._agents.values():
            agent.tick(now)

    def deadline(self) -> float | None:
        """Return when `tick` is wanted next."""
        due = (agent.deadline() for agent in self._agents.values())
        return min((at for at in due if at is not None), default=None)

    def outgoing(self) -> list[sip.Packet]:
        """Return what is to be sent, once."""
        packets, self._packets = self._packets, []
        for agent in self._agents.values():
            packets += agent.outgoing()
        return packets

    def events(self) -> list[sip.Event]:
        """Return what has happened since the last time."""
        happened: list[sip.Event] = []
        for agent in self._agents.values():
            for event in agent.events():
                if isinstance(event, sip.Incoming):
                    tag = _TAG.search(event.headers.get("From", ""))
                    call_id = event.headers.get("Call-ID", "").strip()
                    self._legs[event.call] = _Leg(agent, call_id, theirs=tag[1] if tag else "")
                elif isinstance(event, sip.Ended):
                    self._legs.pop(event.call, None)
                happened.append(event)
        return happened

    def lost(self, peer: sip.Address, why: str, now: float) -> None:
        """Learn that the connection to `peer` could not be made, or ended."""
        for agent in self._agents.values():
            agent.lost(peer, why, now)

    # commands

    def of(self, call: str) -> sip.UserAgent:
        """Return the agent of a call; one that is over is nobody's, and any agent says so."""
        leg = self._legs.get(call)
        return self._usual if leg is None else leg.agent

    def calls(self) -> tuple[str, ...]:
        """Return the handles of all calls."""
        return tuple(call for agent in self._agents.values() for call in agent.calls())

    def invite(
        self,
        target: str,
        media: sip.LocalMedia,
        now: float,
        *,
        route: sip.Address,
        caller: str,
        display: str,
        headers: Sequence[tuple[str, str]] = (),
    ) -> str:
        """Call a contact over the transport of its `route`; see `UserAgent.invite`."""
        agent = self._agents.get(route.transport, self._usual)
        self._packets += agent.outgoing()
        handle = agent.invite(
            target, media, now, route=route, caller=caller, display=display, headers=headers
        )
        # The Call-ID is told by no event, and a transfer may name it.
        made = agent.outgoing()
        self._packets += made
        leg = _Leg(agent)
        for packet in made[:1]:
            tag = _FROM_TAG.search(packet.data)
            ours = tag[1].decode("utf-8", "surrogateescape") if tag else ""
            leg = _Leg(agent, call_id_of(packet.data), ours=ours)
            self._remember(leg.call_id, agent)
        self._legs[handle] = leg
        return handle

    def find(self, replaces: str) -> str:
        """Return the handle of the call that the value of a Replaces header names; empty: none."""
        try:
            wanted = Replaces.parse(replaces)
        except sip.RemoteError:
            return ""
        for handle, leg in self._legs.items():
            # One of both tags is known: that of whoever called. It is a secret as the other is.
            known = (leg.theirs, leg.ours) in ((wanted.from_tag, ""), ("", wanted.to_tag))
            if leg.call_id == wanted.call_id and known:
                return handle
        return ""

    def _remember(self, call_id: str, agent: sip.UserAgent) -> None:
        self._dialogs.pop(call_id, None)
        self._dialogs[call_id] = agent
        if len(self._dialogs) > MOST_DIALOGS:
            del self._dialogs[next(iter(self._dialogs))]

    def _refuse(self, data: bytes, source: sip.Address) -> None:
        """Answer a REFER as an exchange does that knows no transfer; each repetition again."""
        try:
            request = parse(data)
        except sip.RemoteError:
            return
        if not isinstance(request, Request):
            return
        fields = [("Allow", ALLOWED)] if self._refer == 405 else []
        answer = respond(request, self._refer, tag=self._tokens(), headers=fields)
        self._packets.append(sip.Packet(bytes(answer), source))
