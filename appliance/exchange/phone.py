"""A telephone: a SIP user agent with an account, and a line with audio for its one call.

The caller of the demonstration, the telephones of the departments, and the peer of benches.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Final

from appliance import sip
from appliance.audio import tones
from appliance.contracts.errors import UserError
from appliance.exchange.calls import fresh_keys
from appliance.exchange.line import Line
from appliance.system.loop import Pacer, SipEndpoint, token
from appliance.system.ports import PortRange, bind
from appliance.system.tls import TlsOptions

RINGBACK: Final = tones.sine(425, 1.0, -20)
"""What a telephone with early media lets its caller hear while it rings."""
GOODBYE: Final = 1.0
"""s that closing waits for the registrar and the peer to acknowledge."""


class Manner(Enum):
    """What a telephone does when it is called."""

    ANSWER = "answer"
    BUSY = "busy"
    RING = "ring"
    """It rings and nobody comes."""


class PhoneError(UserError):
    """A registration or a call that did not come about; `status` is SIP's, 0 for no answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}" if status else reason)
        self.status = status
        self.reason = reason


@dataclass(slots=True, eq=False)
class PhoneCall:
    """One call of a telephone, from the moment it is answered."""

    handle: str
    peer: str
    """Extension at the other end as signalled at the start."""
    line: Line
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the call has ended."""
    reason: sip.EndReason | None = None
    progress: list[tuple[int, str]] = field(default_factory=list)
    """Answers to a transfer of ours: 202 is not among them, 100, 180 and 200 or a failure are."""
    held: bool = False
    """Whether the peer has put us on hold."""


class Phone:
    """One telephone with one call at a time, and another one to consult somebody meanwhile.

    Who calls it then hears busy.

    `on_call` is told of each call that this telephone answers. Needs a started Pacer.
    """

    def __init__(
        self,
        account: sip.Account,
        *,
        pacer: Pacer,
        ports: PortRange,
        host: str = "127.0.0.1",
        manner: Manner = Manner.ANSWER,
        ring_for: float = 0.0,
        codecs: tuple[str, ...] = ("PCMU", "PCMA"),
        srtp: sip.Srtp = sip.Srtp.OFF,
        tls: TlsOptions | None = None,
        early: bool = False,
        on_call: Callable[[PhoneCall], None] | None = None,
    ) -> None:
        """The transport is that of the account's registrar, with `tls` where it is TLS.

        `early`: a caller hears a tone of this telephone while it rings (183).
        """
        self.account = account
        self.manner = manner
        self.call: PhoneCall | None = None
        """The call in progress; while somebody is consulted, the one that waits."""
        self.calls = 0
        """Calls answered or placed successfully since the start."""
        self._calls: dict[str, PhoneCall] = {}
        """All calls, by handle."""
        self._pacer = pacer
        self._ports = ports
        self._host = host
        self._ring_for = ring_for
        self._codecs = codecs
        self._srtp = srtp
        self._tls = tls
        self._early = early
        self._ringing: tuple[str, Line, sip.LocalMedia] | None = None
        """A call that rings, with the audio that its caller hears already."""
        self._on_call = on_call
        self._agent: sip.UserAgent | None = None
        self._endpoint: SipEndpoint[sip.Event] | None = None
        self._registered: asyncio.Future[None] | None = None
        self._gone = asyncio.Event()
        self._dialling: tuple[str, Line, asyncio.Future[PhoneCall]] | None = None
        self._answering: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        """Take a SIP port and begin to register. Raises PortError, and TlsError for bad files."""
        transport = self.account.registrar.transport
        sock = bind(self._host, 0) if transport == "udp" else None
        # Who comes by a connection is reached over it, whatever port is told.
        port = sock.getsockname()[1] if sock else self.account.registrar.traits.port
        local = sip.Address(transport, self._host, port)
        self._agent = sip.UserAgent(
            local=local,
            tokens=token,
            account=self.account,
            codecs=self._codecs,
            srtp=self._srtp,
            product="Attendant telephone",
        )
        self._registered = asyncio.get_running_loop().create_future()
        self._endpoint = await SipEndpoint.open(
            sock, self._agent, self._on, tls=self._tls, host=self._host
        )
        self._agent.register(self._endpoint.now)
        self._endpoint.transmit()

    async def registered(self, within: float = 5.0) -> None:
        """Return once registered. Raises PhoneError with the registrar's refusal, or 0."""
        if self._registered is None:
            raise PhoneError(0, "the telephone has not been opened")
        try:
            await asyncio.wait_for(asyncio.shield(self._registered), within)
        except TimeoutError:
            where = self.account.registrar
            raise PhoneError(0, f"nobody answers at {where.host}:{where.port}") from None

    async def dial(self, target: str, within: float = 30.0) -> PhoneCall:
        """Call an extension and return the answered call.

        Raises PhoneError where it is refused or nobody answers in time, PortError where no port
        for audio is free.
        """
        agent, endpoint = self._opened()
        line = Line(self._ports.open())
        future: asyncio.Future[PhoneCall] = asyncio.get_running_loop().create_future()
        media = self._describe(line)
        handle = agent.invite(target, media, endpoint.now, route=self.account.registrar)
        self._dialling = (handle, line, future)
        endpoint.transmit()
        try:
            return await asyncio.wait_for(future, within)
        except TimeoutError:
            raise PhoneError(0, f"nobody answers at {target}") from None
        finally:
            if handle not in self._calls:
                self._dialling = None
                self._pacer.remove(handle)
                line.close()
                self._command(lambda: agent.hang_up(handle, endpoint.now))

    async def consult(self, target: str, within: float = 30.0) -> PhoneCall:
        """Put the peer on hold and call somebody else; raises as `dial` does."""
        self.hold(True)
        return await self.dial(target, within)

    def join(self, call: PhoneCall, other: PhoneCall) -> None:
        """Put the peers of two calls through to each other; `call.progress` tells how it goes."""
        agent, endpoint = self._opened()
        agent.transfer_to(call.handle, other.handle, endpoint.now)
        endpoint.transmit()

    def hang_up(self) -> None:
        """End every call, if there is one."""
        for handle in tuple(self._calls):
            agent, endpoint = self._opened()
            self._command(partial(agent.hang_up, handle, endpoint.now))

    def hold(self, on: bool) -> None:
        """Put the peer on hold, or take it back. Raises sip.LocalError while negotiating."""
        agent, endpoint = self._opened()
        if self.call is not None:
            agent.hold(self.call.handle, on, endpoint.now)
            endpoint.transmit()

    def transfer(self, target: str) -> None:
        """Put the peer through blindly; how it goes is in `call.progress`."""
        agent, endpoint = self._opened()
        if self.call is not None:
            agent.transfer(self.call.handle, target, endpoint.now)
            endpoint.transmit()

    def _describe(self, line: Line) -> sip.LocalMedia:
        return sip.LocalMedia(
            self._host, line.port, codecs=self._codecs, srtp=self._srtp,
            crypto=fresh_keys(self._srtp, secrets.token_bytes),
        )  # fmt: skip

    async def close(self) -> None:
        """Hang up, unregister and give the ports back."""
        if self._agent is None or self._endpoint is None:
            return
        agent, endpoint = self._agent, self._endpoint
        self.hang_up()
        self._command(lambda: agent.unregister(endpoint.now))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._gone.wait(), GOODBYE)
        for handle in tuple(self._calls):
            self._drop_call(handle, None)
        self._stop_ringing()
        endpoint.close()
        await endpoint.wait_closed()
        self._endpoint = None
        if self._registered is not None and not self._registered.cancel():
            self._registered.exception()  # looked at, so that asyncio does not complain of it

    # events

    def _on(self, event: sip.Event) -> None:
        match event:
            case sip.Registered():
                self._settle_registration(None)
            case sip.RegistrationFailed(status, reason):
                if status:
                    self._settle_registration(PhoneError(status, reason))
            case sip.Unregistered():
                self._gone.set()
            case sip.Incoming():
                self._incoming(event)
            case sip.EarlyMedia(handle, media):
                self._hear(handle, media)
            case sip.Answered(handle, media):
                self._answered(handle, media)
            case sip.Rejected(handle, status, reason):
                self._refused(handle, PhoneError(status, reason))
            case sip.Ended(handle, reason):
                self._ended(handle, reason)
            case _:
                self._in_call(event)

    def _in_call(self, event: sip.Event) -> None:
        call = self._calls.get(getattr(event, "call", ""))
        if call is None:
            return
        match event:
            case sip.Confirmed(_, media) | sip.MediaChanged(_, media):
                call.held = media.direction in (sip.Direction.RECVONLY, sip.Direction.INACTIVE)
                call.line.connect(media)
            case sip.TransferProgress(_, status, reason):
                call.progress.append((status, reason))
            case sip.KeyPressed(_, digit):
                call.line.keys.append(digit)
            case _:
                return

    def _settle_registration(self, error: PhoneError | None) -> None:
        if self._registered is None or self._registered.done():
            return
        if error is None:
            self._registered.set_result(None)
        else:
            self._registered.set_exception(error)

    def _incoming(self, event: sip.Incoming) -> None:
        agent, endpoint = self._opened()
        busy = self.call is not None or self._dialling is not None or self._answering is not None
        if self.manner is Manner.BUSY or busy:
            agent.reject(event.call, 486, endpoint.now, reason="Busy Here")
            return
        if self._early:
            self._sound(event.call)
        else:
            agent.ring(event.call, endpoint.now)
        if self.manner is Manner.ANSWER:
            loop = asyncio.get_running_loop()
            self._answering = loop.call_later(
                self._ring_for, self._answer, event.call, event.caller
            )

    def _sound(self, handle: str) -> None:
        """Ring with 183: the caller hears us ring."""
        agent, endpoint = self._opened()
        line = Line(self._ports.open())
        local = self._describe(line)
        self._ringing = (handle, line, local)
        media = agent.ring(handle, endpoint.now, local)
        if media is not None:
            line.connect(media)
        line.say(RINGBACK)
        self._pacer.add(handle, line.tick, self._fault)

    def _stop_ringing(self) -> None:
        if self._answering is not None:
            self._answering.cancel()
            self._answering = None
        if self._ringing is not None:
            handle, line, _ = self._ringing
            self._ringing = None
            self._pacer.remove(handle)
            line.close()

    def _answer(self, handle: str, caller: str) -> None:
        agent, endpoint = self._opened()
        self._answering = None
        if self._ringing is not None:
            _, line, local = self._ringing
            self._ringing = None
            line.hush()
        else:
            line = Line(self._ports.open())
            local = self._describe(line)
        try:
            media = agent.answer(handle, local, endpoint.now)
        except sip.LocalError:
            # The caller gave up while it rang.
            line.close()
            return
        call = self._begin(handle, caller, line)
        if media is not None:
            line.connect(media)
        endpoint.transmit()
        if self._on_call is not None:
            self._on_call(call)

    def _hear(self, handle: str, media: sip.Media) -> None:
        """Whom we call is heard before they answer."""
        if self._dialling is not None and self._dialling[0] == handle:
            self._dialling[1].connect(media)
            self._pacer.add(handle, self._dialling[1].tick, self._fault)

    def _answered(self, handle: str, media: sip.Media) -> None:
        if self._dialling is None or self._dialling[0] != handle:
            return
        _, line, future = self._dialling
        self._dialling = None
        if future.done():
            return
        call = self._begin(handle, "", line)
        line.connect(media)
        future.set_result(call)

    def _begin(self, handle: str, peer: str, line: Line) -> PhoneCall:
        call = self._calls[handle] = PhoneCall(handle, peer, line)
        self.call = self.call or call
        self.calls += 1
        self._pacer.add(handle, line.tick, self._fault)
        return call

    def _fault(self, _error: Exception) -> None:
        """A defect in the audio of this telephone ends its call and no other."""
        self.hang_up()

    def _refused(self, handle: str, error: PhoneError) -> None:
        if self._dialling is not None and self._dialling[0] == handle:
            future = self._dialling[2]
            if not future.done():
                future.set_exception(error)

    def _ended(self, handle: str, reason: sip.EndReason) -> None:
        self._refused(handle, PhoneError(0, f"the call ended ({reason.value})"))
        if self._ringing is not None and self._ringing[0] == handle:
            self._stop_ringing()
        self._drop_call(handle, reason)

    def _drop_call(self, handle: str, reason: sip.EndReason | None) -> None:
        if (call := self._calls.pop(handle, None)) is None:
            return
        self.call = next(iter(self._calls.values()), None)
        self._pacer.remove(call.handle)
        call.line.close()
        call.reason = reason
        call.over.set()

    def _command(self, command: Callable[[], None]) -> None:
        """Do what may have become pointless: the call or registration can be over by itself."""
        with suppress(sip.LocalError):
            command()
        if self._endpoint is not None:
            self._endpoint.transmit()

    def _opened(self) -> tuple[sip.UserAgent, SipEndpoint[sip.Event]]:
        if self._agent is None or self._endpoint is None:
            raise PhoneError(0, "the telephone has not been opened")
        return self._agent, self._endpoint
