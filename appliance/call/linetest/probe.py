"""Questions to the PBX over a socket of our own, beside the line that is in use.

settings ─► Resolver, own_address ─► ports, tls.probe ─► Probe (Asker on a SipEndpoint)
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Final

from appliance import sip
from appliance.call.line import tls_options
from appliance.call.linetest.asker import Asker, Reply
from appliance.settings import AccountSettings
from appliance.sip.address import TRANSPORTS
from appliance.system import ports, reasons
from appliance.system.loop import SipEndpoint, token
from appliance.system.tls import TlsError, TlsOptions

PATIENCE: Final = 4.0
"""Seconds for one answer: a datagram is sent four times in them."""
_MOMENT: Final = 0.5
"""Seconds for a refusal to come back."""
_LOOK: Final = 2.0
"""Seconds for each other transport that is tried when the one of the settings fails."""


def credentials(account: AccountSettings, registrar: sip.Address) -> sip.Account:
    """Return the account as the user agent takes it."""
    return sip.Account(
        user=account.user,
        domain=account.domain,
        password=account.password.get_secret_value(),
        registrar=registrar,
        login=account.login,
        expires=60,
    )


class Probe:
    """One way to a PBX; made by `open`, to be closed."""

    def __init__(self, to: sip.Address, asker: Asker, patience: float) -> None:
        self.to = to
        self._asker = asker
        self._patience = patience
        self._endpoint: SipEndpoint[Reply] | None = None
        self._waiting: asyncio.Future[Reply] | None = None

    @classmethod
    async def open(
        cls,
        host: str,
        to: sip.Address,
        account: AccountSettings,
        *,
        tls: TlsOptions | None = None,
        patience: float = PATIENCE,
    ) -> Probe:
        """Speak from the address `host` of ours to `to`. Raises PortError, TlsError."""
        sock = ports.bind(host, 0) if to.transport == "udp" else None
        port = sock.getsockname()[1] if sock is not None else to.traits.port
        local = sip.Address(to.transport, host, port)
        probe = cls(to, Asker(local, token, credentials(account, to)), patience)
        options = (tls or tls_options(account)) if to.transport == "tls" else None
        probe._endpoint = await SipEndpoint.open(
            sock, probe._asker, probe._heard, tls=options, host=host
        )
        return probe

    async def options(self) -> Reply:
        """Ask what the PBX can do."""
        return await self._ask(lambda now: self._asker.options(self.to, now))

    async def large(self, size: int) -> Reply:
        """Ask the same with a large message."""
        return await self._ask(lambda now: self._asker.large(self.to, size, now))

    async def bindings(self) -> Reply:
        """Fetch what is registered."""
        return await self._ask(lambda now: self._asker.bindings(self.to, now))

    async def close(self) -> None:
        """Close the sockets."""
        if self._endpoint is not None:
            self._endpoint.close()
            await self._endpoint.wait_closed()

    async def _ask(self, ask: Callable[[float], None]) -> Reply:
        endpoint = self._endpoint
        if endpoint is None:
            return Reply(0, "the probe has not been opened")
        self._waiting = answer = asyncio.get_running_loop().create_future()
        ask(endpoint.now)
        endpoint.transmit()
        try:
            return await asyncio.wait_for(answer, self._patience)
        except TimeoutError:
            reply = self._asker.give_up(endpoint.now)
            why = f"no answer from {self.to}"
            if self.to.transport == "udp" and await _refused(self.to):
                why = f"{self.to.name or self.to.host}: port {self.to.port} refuses connections"
            return Reply(0, why, changed=reply.changed)
        finally:
            self._waiting = None

    def _heard(self, reply: Reply) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(reply)


async def _refused(to: sip.Address) -> bool:
    """Whether the host says that nothing listens there (ICMP), told to a connected socket only."""
    loop = asyncio.get_running_loop()
    with socket.socket(ports.family_of(to.host), socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        try:
            sock.connect(ports.sockaddr(sock.family, to.host, to.port))
            sock.send(b"\r\n\r\n")  # a keepalive, which nobody answers
            async with asyncio.timeout(_MOMENT):
                await loop.sock_recv(sock, 1)
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False


async def connects(host: str, to: sip.Address, patience: float = PATIENCE) -> str:
    """Return why no TCP connection to `to` can be made from `host`; empty where it can."""
    try:
        async with asyncio.timeout(patience):
            (await ports.connect(to.host, to.port, source=host)).close()
    except OSError as error:
        return reasons.connection(error, to.name or to.host, to.port)
    return ""


async def others(
    host: str, to: sip.Address, account: AccountSettings, patience: float = _LOOK
) -> tuple[sip.Address, ...]:
    """Return by which other transports and usual ports something at the PBX answers SIP."""
    usual = {"udp": (to.port, 5060), "tcp": (to.port, 5060), "tls": (to.port, to.port + 1, 5061)}
    found = []
    for transport in TRANSPORTS:
        for port in dict.fromkeys(usual[transport]):
            address = sip.Address(transport, to.host, port, to.name)
            if port > 65_535 or address == to:
                continue
            if await _answers(host, address, account, patience):
                found.append(address)
                break
    return tuple(found)


async def _answers(host: str, to: sip.Address, account: AccountSettings, patience: float) -> bool:
    if to.transport != "udp" and await connects(host, to, patience):
        return False
    # Whoever is found is not trusted with anything: the certificate does not matter here.
    unverified = TlsOptions(verify=False)
    with contextlib.suppress(ports.PortError, TlsError):
        probe = await Probe.open(host, to, account, tls=unverified, patience=patience)
        try:
            return (await probe.options()).status > 0
        finally:
            await probe.close()
    return False
