"""The exchange at work: its sockets, the telephones that live in it, and who answers them.

telephones --UDP, TCP, TLS--> SipEndpoint --> Exchange --> Relay --> audio
departments: Phone and Person, in this process
"""

from __future__ import annotations

import asyncio
import errno
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from appliance import sip
from appliance.contracts.errors import UserError
from appliance.exchange import events, pbx
from appliance.exchange.people import Person
from appliance.exchange.phone import Phone, PhoneCall
from appliance.exchange.relay import FIRST_PORT, LAST_PORT, Relay
from appliance.exchange.state import Listening, default_folder, own_certificate
from appliance.system.loop import Pacer, SipEndpoint, token
from appliance.system.ports import PortError, PortRange, bind, listen
from appliance.system.tls import TlsError, TlsOptions

PHONE_PORTS: Final = (18_000, 18_998)
"""UDP ports for the audio of the telephones in this process."""


@dataclass(slots=True)
class Switch:
    """The exchange at work on its socket, with the telephones that live in it."""

    core: pbx.Exchange
    endpoint: SipEndpoint[events.Event]
    pacer: Pacer
    ports: PortRange
    accounts: dict[str, str]
    srtp: sip.Srtp = sip.Srtp.OFF
    """As the exchange, so its own telephones."""
    watchers: list[Callable[[events.Event], None]] = field(default_factory=list)
    """Told of every event of the exchange."""
    phones: dict[str, Phone] = field(default_factory=dict)
    clips: dict[str, bytes] = field(default_factory=dict)
    """What a department's telephone says when it answers, by extension."""
    decisions: dict[str, str] = field(default_factory=dict)
    """The key that a department presses when it has heard who calls, by extension; else none."""
    people: dict[str, Person] = field(default_factory=dict)
    """Who answered each extension last."""

    def __post_init__(self) -> None:
        self.watchers.append(self._connected)

    @property
    def address(self) -> sip.Address:
        """Where telephones register."""
        return self.core.local

    async def add_phone(self, user: str, codecs: tuple[str, ...] = ("PCMU", "PCMA")) -> Phone:
        """Put up a telephone for `user`: it registers and, being called, answers."""
        account = sip.Account(user, self.address.host, self.accounts[user], self.address)
        phone = Phone(
            account, pacer=self.pacer, ports=self.ports, host=self.address.host, ring_for=0.4,
            codecs=codecs, srtp=self.srtp,
            on_call=lambda call: self._greet(user, call),
        )  # fmt: skip
        self.phones[user] = phone
        await phone.open()
        await phone.registered()
        return phone

    def _greet(self, user: str, call: PhoneCall) -> None:
        clock = asyncio.get_running_loop().time
        clip, decision = self.clips.get(user, b""), self.decisions.get(user, "")
        person = self.people[user] = Person(call, clock, clip, decision)
        name = f"person {call.handle}"

        def tick(due: float) -> None:
            if person.over:
                self.pacer.remove(name)
            else:
                person.tick(due)

        self.pacer.add(name, tick, lambda _: self.phones[user].hang_up())

    def _connected(self, event: events.Event) -> None:
        """Whom a department speaks with has changed: they were told before, and say hello."""
        if isinstance(event, events.CallTransferred) and event.attended:
            person = self.people.get(event.target)
            if person is not None and not person.over:
                person.connected()

    async def close(self) -> None:
        """End all calls, and give every port back."""
        await asyncio.gather(*(phone.close() for phone in self.phones.values()))
        self.core.shut_down(self.endpoint.now)
        self.endpoint.transmit()
        self.endpoint.close()
        self.pacer.stop()
        await self.endpoint.wait_closed()
        await asyncio.sleep(0)  # asyncio closes the socket in its next round


async def open_switch(
    host: str,
    port: int,
    accounts: dict[str, str],
    *,
    tries: int,
    listening: Listening | None = None,
) -> Switch:
    """Start an exchange on the first free one of `tries` UDP ports from `port` on (0: any).

    `listening` names further transports. Raises UserError where no port is free, the address is not
    this machine's, or a certificate cannot be used.
    """
    listening = listening or Listening()
    sock = _bind(host, port, tries)
    local = sip.Address("udp", host, sock.getsockname()[1])
    opened: dict[str, socket.socket] = {}
    try:
        for transport, wanted in (("tcp", listening.tcp_port), ("tls", listening.tls_port)):
            if wanted is not None:
                opened[transport] = _listen(host, wanted, transport)
        tls = _certified(listening, host) if "tls" in opened else None
    except UserError:
        for each in (sock, *opened.values()):
            each.close()
        raise
    relay = Relay(host, FIRST_PORT, LAST_PORT)
    core = pbx.Exchange(
        local=local,
        streams=[
            sip.Address(transport, host, each.getsockname()[1])
            for transport, each in opened.items()
        ],
        users=accounts,
        tokens=token,
        anchors=relay.open,
        srtp=listening.srtp,
        secret=secrets.token_bytes,
        codecs=listening.codecs or pbx.CODECS,
        refer=0 if listening.refer else 405,
    )
    watchers: list[Callable[[events.Event], None]] = []

    def tell(event: events.Event) -> None:
        for watcher in tuple(watchers):
            watcher(event)

    try:
        endpoint = await SipEndpoint.open(sock, core, tell, streams=opened, tls=tls)
    except TlsError as error:
        raise UserError(f"{error}: see --certificate and --key") from None
    pacer = Pacer()
    pacer.start()
    return Switch(
        core,
        endpoint,
        pacer,
        PortRange(host, *PHONE_PORTS),
        accounts,
        listening.srtp,
        watchers,
    )


def _listen(host: str, port: int, transport: str) -> socket.socket:
    try:
        return listen(host, port)
    except PortError as error:
        raise UserError(
            f"{error}: end what uses it, or choose another with --{transport}-port"
        ) from None


def exchange_folder(listening: Listening) -> Path:
    """Return where an exchange keeps the certificate that it made for itself."""
    return listening.folder or default_folder() / "exchange"


def _certified(listening: Listening, host: str) -> TlsOptions:
    """What we show to telephones; made on the spot where nothing is given."""
    certificate, key = listening.certificate, listening.key
    if certificate is None:
        certificate, key = own_certificate(exchange_folder(listening), host)
    return TlsOptions(certificate=certificate, key=key)


def _bind(host: str, port: int, tries: int) -> socket.socket:
    """Return a socket on the first free port. Raises UserError."""
    sock = None
    for candidate in range(port, port + (tries if port else 1)):
        try:
            sock = bind(host, candidate)
            break
        except PortError as error:
            cause = getattr(error.__cause__, "errno", 0)
            if cause == errno.EADDRNOTAVAIL:
                raise UserError(
                    f"{host} is not an address of this machine: give one that is with --host"
                ) from None
            last = error
    if sock is None:
        raise UserError(f"{last}: end what uses it, or choose another with --port")
    return sock
