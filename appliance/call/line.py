"""One extension at one PBX: found by DNS, registered, and moved along with the network.

    settings ─► target ─► Resolver ─► addresses ─┐
    network change ─► own address ─► sockets ────┴─► UserAgent ◄─► SipEndpoint

The user agent lives as long as the line; sockets and addresses come and go under it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol

from appliance import sip
from appliance.audio import codecs
from appliance.call import causes
from appliance.call.world import LineMedia
from appliance.contracts.errors import UserError
from appliance.contracts.status import LineState
from appliance.settings import AccountSettings, CallSettings
from appliance.settings.checks import split
from appliance.sip.address import TRANSPORTS, is_literal
from appliance.sip.guard import Policy, Strangers
from appliance.sip.locate import Kind, Target
from appliance.system.loop import SipEndpoint, token
from appliance.system.network import NoRouteError, own_address
from appliance.system.ports import PortError, PortRange, bind, family_of, listen
from appliance.system.resolve import Found, ResolveError
from appliance.system.tls import TlsError, TlsOptions

_log = logging.getLogger(__name__)

FAREWELL: Final = 2.0
"""Seconds for the un-REGISTER to be answered before the sockets are closed."""
_RETRY: Final = (1.0, 2.0, 5.0, 10.0)
"""Seconds between attempts to find the PBX or to open ports; the last one repeats."""
_CARRIES: Final = 0.75
"""Seconds after a change of the network for a registration; then it is begun once more."""
_ANEW: Final = 15.0
"""Seconds after which a failed registration makes us ask DNS anew, at most so often."""


class Finds(Protocol):
    """What a line needs of a resolver."""

    async def find(self, target: Target) -> Found:
        """Return where a target is served. Raises ResolveError."""

    def refresh(self) -> None:
        """Ask everything anew."""


class Line:
    """Owns one user agent and its sockets; `run` it as a task between `open` and `close`."""

    def __init__(
        self,
        name: str,
        account: AccountSettings,
        call: CallSettings,
        *,
        resolver: Finds,
        event: Callable[[str, sip.Event], None],
        opened: Callable[[Line], None],
        changed: Callable[[Line], None],
    ) -> None:
        """Begin unopened.

        `event` gets what concerns calls; `opened` is told when there is a user agent with sockets,
        and again when the sockets are others; `changed` when `state` or `cause` are.
        """
        self.name = name
        self.account = account
        self.state = LineState.STARTING
        self.cause = ""
        """Plain words: why it is not registered; empty while it is."""
        self.registered_at = ""
        """Host and port of the registrar that keeps our contact."""
        self.core: sip.UserAgent | None = None
        self.endpoint: SipEndpoint[sip.Event] | None = None
        self.media: LineMedia | None = None
        self.local: sip.Address | None = None
        """Our own address, which peers are told."""
        self._call = call
        self._resolver = resolver
        self._tell = event
        self._opened = opened
        self._changed = changed
        self._target = target(account, call)
        self._addresses: tuple[sip.Address, ...] = ()
        self._trouble = ""
        """Why the PBX could not be found or reached from here, while that lasts."""
        self._wanted = False
        self._stands = False
        """Whether the registrar has accepted us since the network changed last."""
        self._asked = 0.0
        self._again = asyncio.Event()
        self._moved = asyncio.Event()
        self._lock = asyncio.Lock()
        self._unregistered = asyncio.Event()

    @property
    def where(self) -> str:
        """The PBX as people name it."""
        return self.account.proxy or self.account.where

    async def open(self) -> None:
        """Open the ports at once where the PBX's address is known without asking anybody.

        Else that is left to `run`. Raises UserError for what the installer can mend.
        """
        if not is_literal(self._target.host):
            return
        found = await self._resolver.find(self._target)
        self._addresses = found.addresses
        try:
            await self._settle(moved=False)
        except NoRouteError as error:  # the network may come up later than we do
            self._cannot(error)
        except PortError as error:
            raise UserError(
                f"{error}: end the program that uses it, or set call.host and call.port"
            ) from None
        except TlsError as error:
            raise UserError(f"{error}: see account.tls in the settings") from None

    def register(self) -> None:
        """Begin to be registered, for ever."""
        self._wanted = True
        if not self._trouble:
            self._say(LineState.REGISTERING, "")
        self._begin()

    def network_changed(self) -> None:
        """The network is another one, or back: our address and our sockets may be others."""
        self._moved.set()

    async def run(self) -> None:
        """Follow DNS and the network until cancelled."""
        await asyncio.gather(self._search(), self._follow())

    async def close(self) -> None:
        """Withdraw the registration, close the ports; `run` has been cancelled before."""
        self._wanted = False
        endpoint, core = self.endpoint, self.core
        if endpoint is None or core is None:
            return
        self._say(LineState.STOPPING, "")
        if self.account.registration:
            core.unregister(endpoint.now)
            endpoint.transmit()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._unregistered.wait(), FAREWELL)
        endpoint.close()
        await endpoint.wait_closed()

    # finding the PBX

    async def _search(self) -> None:
        """Ask where the PBX is, again when the answer has had its time or when it fails."""
        failures = 0
        while True:
            self._again.clear()
            wait = _RETRY[min(failures, len(_RETRY) - 1)]
            try:
                found = await self._unless_again(self._resolver.find(self._target))
                if found is None:
                    continue
                self._note_stale(found.stale)
                self._addresses = found.addresses
                await self._settle(moved=False)
            except (ResolveError, NoRouteError, PortError, TlsError) as error:
                failures += 1
                self._cannot(error)
            else:
                failures, wait = 0, found.ttl
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._again.wait(), wait)

    async def _unless_again(self, finding: Coroutine[Any, Any, Found]) -> Found | None:
        """Wait for an answer, or for a reason to ask once more (then None)."""
        task = asyncio.ensure_future(finding)
        again = asyncio.ensure_future(self._again.wait())
        try:
            await asyncio.wait((task, again), return_when=asyncio.FIRST_COMPLETED)
            return await task if task.done() else None
        finally:
            again.cancel()
            task.cancel()
            await asyncio.gather(again, task, return_exceptions=True)

    async def _follow(self) -> None:
        """Move along with the network: first to where the PBX was, then DNS is asked anew.

        For a second after the cable is in, the kernel may still believe what it found when it was
        out, and lose what is sent: so what has not been accepted by then is begun once more.
        """
        doubtful = False
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), _CARRIES if doubtful else None)
            told = self._moved.is_set()
            self._moved.clear()
            if self._addresses and (told or not self._stands):
                try:
                    await self._settle(moved=True)
                except (NoRouteError, PortError, TlsError) as error:
                    self._cannot(error)
            doubtful = told and self.account.registration
            if told:
                self._resolver.refresh()
                self._again.set()

    def _note_stale(self, why: str) -> None:
        if why:
            _log.warning("%s is looked for where it was: %s", self._target.host, why)

    def _cannot(self, error: OSError) -> None:
        """The PBX cannot be found, or not be reached from here."""
        if isinstance(error, ResolveError) and self.core is not None and self._has_route():
            # It is where it was as far as we know, and the user agent goes on asking there.
            _log.warning("line %s: %s", self.name, error)
            return
        self._trouble = str(error)
        self._say(LineState.UNREGISTERED, self._trouble)

    def _has_route(self) -> bool:
        try:
            return bool(self._addresses and own_address(self._addresses[0].host))
        except NoRouteError:
            return False

    # our own address and sockets

    async def _settle(self, *, moved: bool) -> None:
        """Stand where the PBX can reach us. Raises NoRouteError, PortError, TlsError."""
        async with self._lock:
            host = self._call.host or _route(self._addresses)
            family = family_of(host)
            usable = tuple(one for one in self._addresses if family_of(one.host) == family)
            if not usable:
                raise NoRouteError(
                    f"{self.where} has no address that can be reached from {host} (call.host)"
                )
            if self.core is None or self.local is None or self.local.host != host:
                moved = self.core is not None
                await self._stand(host, usable[0])
            # What was told in between is over, and only a new registration shows it.
            moved = moved or bool(self._trouble)
            self._trouble = ""
            core, endpoint, local = self.core, self.endpoint, self.local
            assert core is not None and endpoint is not None and local is not None  # noqa: PT018, S101 - see `_stand`
            core.locate(usable, endpoint.now)
            if moved:
                self._stands = False
                core.moved(local, endpoint.now)
                self._trunk()
            endpoint.transmit()

    async def _stand(self, host: str, registrar: sip.Address) -> None:
        """Open sockets on `host`; the user agent, and the calls it has, stay."""
        sock, streams, local = self._sockets(host)
        stream = None
        if sock is not None and "tcp" in streams:
            stream = sip.Address("tcp", local.host, local.port)
        core = self.core or self._agent(local, registrar, stream)
        tls = tls_options(self.account) if self.account.transport == "tls" else None
        endpoint = await SipEndpoint.open(
            sock, core, self._event, streams=streams, tls=tls, host=host
        )
        old, first = self.endpoint, self.core is None
        self.core, self.endpoint, self.local = core, endpoint, local
        self.media = LineMedia(
            host,
            PortRange(host, *self._call.media_ports),
            self._codecs(),
            sip.Srtp(self.account.srtp),
        )
        self._opened(self)
        if old is not None:
            _log.info("line %s moved to %s", self.name, local)
            old.close()
        if first:
            self._begin()

    def _sockets(
        self, host: str
    ) -> tuple[socket.socket | None, dict[str, socket.socket], sip.Address]:
        """Open what the transport needs. Raises PortError."""
        account = self.account
        port = self.local.port if self.local is not None else self._call.port
        if account.transport == "udp":
            try:
                sock = bind(host, port)
            except PortError:
                if self._call.port or not port:
                    raise
                sock = bind(host, 0)  # the one we had is taken there
            port = sock.getsockname()[1]
            streams: dict[str, socket.socket] = {}
            # What does not fit into a datagram comes by TCP (RFC 3261 18.1.1).
            with contextlib.suppress(PortError):
                streams["tcp"] = listen(host, port)
            return sock, streams, sip.Address("udp", host, port)
        if account.transport == "tls" and account.tls.certificate is None:
            # Without a certificate nobody can call us; calls come over our own connection.
            port = port or TRANSPORTS["tls"].port
            return None, {}, sip.Address("tls", host, port)
        listening = listen(host, port)
        port = listening.getsockname()[1]
        return None, {account.transport: listening}, sip.Address(account.transport, host, port)

    def _agent(
        self, local: sip.Address, registrar: sip.Address, stream: sip.Address | None
    ) -> sip.UserAgent:
        account, call = self.account, self._call
        return sip.UserAgent(
            local=local,
            tokens=token,
            account=sip.Account(
                user=account.user,
                domain=account.domain,
                password=account.password.get_secret_value(),
                registrar=registrar,
                login=account.login,
                display=account.display,
                expires=account.expires,
            ),
            codecs=self._codecs(),
            stream=stream,
            srtp=sip.Srtp(account.srtp),
            policy=Policy(
                trusted=call.trusted,
                strangers=Strangers(call.strangers),
                asserted_fields=call.fields,
                session_expires=call.session_expires,
                probe=float(account.keepalive),
            ),
        )

    def _codecs(self) -> tuple[str, ...]:
        """Those of the account that this machine can run; G.711 needs nothing."""
        able = codecs.available()
        return tuple(name for name in self.account.codecs if name in able) or ("PCMU", "PCMA")

    # the registration

    def _begin(self) -> None:
        core, endpoint = self.core, self.endpoint
        if not self._wanted or core is None or endpoint is None:
            return
        if self.account.registration:
            core.register(endpoint.now)
            endpoint.transmit()
        self._trunk()

    def _trunk(self) -> None:
        """Without registration a line with sockets is ready."""
        if not self.account.registration:
            self._say(LineState.REGISTERED, "")

    def _event(self, event: sip.Event) -> None:
        match event:
            case sip.Registered():
                self._trouble, self._stands = "", True
                before, self.registered_at = self.registered_at, str(event.at or self.where)
                stood = self.state is LineState.REGISTERED
                self._say(LineState.REGISTERED, "")
                if stood and self.registered_at != before:
                    _log.info("line %s is registered at %s now", self.name, self.registered_at)
                    self._changed(self)
            case sip.RegistrationFailed(status, reason):
                self._failed(status, reason)
            case sip.Unregistered():
                self._unregistered.set()
            case _:
                self._tell(self.name, event)

    def _failed(self, status: int, reason: str) -> None:
        if not self._wanted:
            return
        cause = self._trouble or causes.registration(
            status,
            reason,
            user=self.account.user,
            registrar=self.where,
            transport=self.account.transport,
        )
        self._say(LineState.UNREGISTERED, cause)
        now = asyncio.get_running_loop().time()
        if now - self._asked >= _ANEW:  # it may have another address, and so may we
            self._asked = now
            self._resolver.refresh()
            self._again.set()

    def _say(self, state: LineState, cause: str) -> None:
        """The one setter of state and cause."""
        if state is LineState.REGISTERED and not self._wanted:
            return
        if (state, cause) == (self.state, self.cause):
            return
        old, self.state, self.cause = self.state, state, cause
        if cause:
            _log.warning("line %s is not registered: %s", self.name, cause)
        elif state is LineState.REGISTERED and old is not LineState.REGISTERED:
            _log.info("line %s is registered", self.name)
        self._changed(self)


def target(account: AccountSettings, call: CallSettings) -> Target:
    """Whom to ask DNS for: the proxy where there is one, else the domain."""
    host, port = split(account.proxy) if account.proxy else (account.domain, account.port)
    kinds = (Kind.A, Kind.AAAA)
    if call.host:
        kinds = (Kind.AAAA,) if ":" in call.host else (Kind.A,)  # type: ignore[assignment]
    return Target(host, port, account.transport, kinds=kinds)


def _route(addresses: tuple[sip.Address, ...]) -> str:
    """Our address towards the first of the addresses that a network leads to.

    Raises NoRouteError where none does.
    """
    trouble: NoRouteError | None = None
    for address in addresses:
        try:
            return own_address(address.host, address.port)
        except NoRouteError as error:
            trouble = trouble or error
    raise trouble or NoRouteError("there is nowhere to go")


def tls_options(account: AccountSettings) -> TlsOptions:
    """How TLS is spoken with the PBX."""
    return TlsOptions(**account.tls.model_dump())
