"""A telephone of our own make that calls the box and writes down everything it sees.

    Setup ─► Phone.call ─► UserAgent ─► PBX ─► box
                 Stream ◄─► RTP                         ─► Seen

It may be the PBX's second extension (then it registers as that one), or nobody (then it calls the
box's own address). It says nothing but a soft tone, and presses one key.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from appliance import rtp, sip
from appliance.audio import pcm, tones
from appliance.call.linetest.asker import PRODUCT
from appliance.call.linetest.seen import Seen, Setup, Times
from appliance.call.stream import Stream
from appliance.call.world import fresh_keys
from appliance.sip.message import Response
from appliance.sip.parser import parse
from appliance.system.loop import Pacer, SipEndpoint, token
from appliance.system.ports import MediaSocket, PortError, PortRange, bind, listen

KEY: Final = "#"
"""What is pressed: of all keys the one that dialogues mean nothing dangerous by."""
AUDIBLE: Final = -50.0
"""dBFS of a frame from which on somebody is heard."""
_TONE: Final = tones.sine(440, 1.0, -40)
_FRAME: Final = 320
_FAREWELL: Final = 2.0
"""Seconds for BYE and un-REGISTER to be answered."""


class _Ear:
    """A user agent, and what passes by on its way in."""

    def __init__(self, core: sip.UserAgent, hear: Callable[[Response], None]) -> None:
        self.core = core
        self._hear = hear
        self.tick, self.deadline = core.tick, core.deadline
        self.outgoing, self.events, self.lost = core.outgoing, core.events, core.lost

    def receive(self, data: bytes, source: sip.Address, now: float) -> None:
        """Take one message, and look at it if it is a response."""
        if data.strip():
            with contextlib.suppress(sip.RemoteError):
                message = parse(data)
                if isinstance(message, Response):
                    self._hear(message)
        self.core.receive(data, source, now)


@dataclass(slots=True)
class _Call:
    handle: str
    seen: Seen
    stream: Stream
    socket: MediaSocket
    began: float
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    farewell: asyncio.Event = field(default_factory=asyncio.Event)
    at: int = 0
    """Where in the tone we are."""


class Phone:
    """One telephone; `open`, `call` as often as is wanted, `close`."""

    def __init__(self, setup: Setup, times: Times) -> None:
        self._setup = setup
        self._times = times
        self._pacer = Pacer()
        self._endpoint: SipEndpoint[sip.Event] | None = None
        self._agent: sip.UserAgent | None = None
        self._call: _Call | None = None
        self._second: tuple[str, MediaSocket] | None = None
        self._registered: asyncio.Future[tuple[int, str]] | None = None
        self._gone = asyncio.Event()

    async def open(self) -> tuple[int, str]:
        """Take ports and register, where there is an account.

        Returns status and reason of the registrar: 200, or why not. Raises PortError, TlsError.
        """
        setup = self._setup
        sock, streams, port = None, {}, 5061
        if setup.transport == "udp":
            sock = bind(setup.host, 0)
            port = sock.getsockname()[1]
        elif setup.transport == "tcp":
            streams = {"tcp": listen(setup.host, 0)}
            port = streams["tcp"].getsockname()[1]
        local = sip.Address(setup.transport, setup.host, port)
        self._agent = sip.UserAgent(
            local=local, tokens=token, account=setup.account, codecs=setup.codecs,
            product=PRODUCT, srtp=setup.srtp, policy=sip.Policy(probe=0.0, session_expires=0),
        )  # fmt: skip
        ear = _Ear(self._agent, self._heard)
        self._endpoint = await SipEndpoint.open(
            sock, ear, self._event, streams=streams, tls=setup.tls, host=setup.host
        )
        self._pacer.start()
        if setup.account is None:
            return 200, ""
        self._registered = asyncio.get_running_loop().create_future()
        self._agent.register(self._endpoint.now)
        self._endpoint.transmit()
        return await self._registered

    async def call(self, *, brief: bool = False, transfer: str = "") -> Seen:
        """Call the box and go through everything; `brief`: only until it is answered.

        `transfer`: whom the PBX is asked to put the box through to at the end. Raises PortError.
        """
        agent, endpoint = self._opened()
        seen = Seen()
        call = self._dial(agent, endpoint, seen)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(_first(call.answered, call.over), self._times.ring)
            seen.setup = endpoint.now - call.began
            if call.answered.is_set() and not brief:
                await self._talk(call, transfer)
        finally:
            await self._end(call)
        return seen

    async def close(self) -> None:
        """Unregister and give the ports back."""
        if self._endpoint is None or self._agent is None:
            return
        if self._setup.account is not None:
            self._agent.unregister(self._endpoint.now)
            self._endpoint.transmit()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), _FAREWELL)
        self._pacer.stop()
        self._endpoint.close()
        await self._endpoint.wait_closed()

    # the call

    def _dial(self, agent: sip.UserAgent, endpoint: SipEndpoint[sip.Event], seen: Seen) -> _Call:
        setup = self._setup
        socket = PortRange(setup.host, *setup.ports).open()
        target = setup.number if setup.account else f"sip:{setup.number}@{setup.domain}"
        try:
            handle = agent.invite(target, self._media(socket), endpoint.now, route=setup.route)
        except sip.LocalError as error:
            socket.close()
            raise OSError(str(error)) from error
        call = _Call(handle, seen, Stream(token, endpoint.now), socket, endpoint.now)
        self._call = call
        socket.attach(lambda data, source, control: self._rtp(call, data, source, control))
        endpoint.transmit()
        return call

    def _media(self, socket: MediaSocket) -> sip.LocalMedia:
        setup = self._setup
        return sip.LocalMedia(
            setup.host, socket.port, codecs=setup.codecs, srtp=setup.srtp,
            crypto=fresh_keys(setup.srtp),
        )  # fmt: skip

    async def _talk(self, call: _Call, transfer: str) -> None:
        times, seen = self._times, call.seen
        await _within(call.over, times.listen)
        if call.over.is_set():
            return
        call.stream.press(KEY, self._opened()[1].now)
        await _within(call.over, 0.5)
        seen.held = await self._hold(call, True)
        if seen.held:
            seen.resumed = await self._hold(call, False)
            before = self._received(call)
            await _within(call.over, times.after)
            seen.after = self._received(call) - before
        # The figures are those of the conversation, whatever becomes of it now.
        seen.figures = None if call.stream.media is None else call.stream.media.statistics
        if transfer and not call.over.is_set():
            await self._transfer(call, transfer)

    async def _hold(self, call: _Call, on: bool) -> bool:
        agent, endpoint = self._opened()
        call.changed.clear()
        try:
            agent.hold(call.handle, on, endpoint.now)
        except sip.LocalError:  # it ended, or the other side changes something right now
            return False
        endpoint.transmit()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_first(call.changed, call.over), self._times.change)
        media = call.seen.media
        return media is not None and media.direction.receives is not on

    async def _transfer(self, call: _Call, target: str) -> None:
        agent, endpoint = self._opened()
        call.seen.transfer = 0
        try:
            agent.transfer(call.handle, target, endpoint.now)
        except sip.LocalError as error:
            call.seen.transfer_reason = str(error)
            return
        endpoint.transmit()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_first(call.moved, call.over), self._times.change)
        # Whoever puts somebody through is rung off by the PBX.
        await _within(call.over, self._times.after)

    async def _end(self, call: _Call) -> None:
        agent, endpoint = self._opened()
        call.seen.seconds = endpoint.now - call.began
        self._pacer.remove(call.handle)
        if call.seen.figures is None and call.stream.media is not None:
            call.seen.figures = call.stream.media.statistics
        with contextlib.suppress(sip.LocalError):
            ended = call.seen.ended
            agent.hang_up(call.handle, endpoint.now)
            endpoint.transmit()
            call.seen.ended = ended
            if call.answered.is_set():
                await _within(call.farewell, _FAREWELL)
        if self._second is not None:
            handle, socket = self._second
            self._second = None
            with contextlib.suppress(sip.LocalError):
                agent.hang_up(handle, endpoint.now)
                endpoint.transmit()
            socket.close()
        call.socket.close()
        self._call = None

    def _received(self, call: _Call) -> int:
        return 0 if call.stream.media is None else call.stream.media.statistics.received

    def _rtp(self, call: _Call, data: bytes, source: tuple[str, int], control: bool) -> None:
        call.seen.reports += control
        call.stream.receive(data, source, control, self._opened()[1].now)

    def _tick(self, call: _Call, due: float) -> None:
        heard, _ = call.stream.hear(due)
        call.seen.audible = call.seen.audible or pcm.level_dbfs(heard) > AUDIBLE
        frame = _TONE[call.at : call.at + _FRAME]
        call.at = (call.at + _FRAME) % len(_TONE)
        call.stream.say(frame, due)
        for packet in call.stream.packets():
            call.socket.send(packet.data, packet.to, control=packet.control)

    # what the user agent tells

    def _event(self, event: sip.Event) -> None:
        match event:
            case sip.Registered():
                self._settle(200, "")
            case sip.RegistrationFailed(status, reason):
                self._settle(status, reason)
            case sip.Unregistered():
                self._gone.set()
            case sip.Incoming():
                self._incoming(event)
            case _:
                call = self._call
                if call is not None and getattr(event, "call", "") == call.handle:
                    self._of_call(call, event)

    def _settle(self, status: int, reason: str) -> None:
        if self._registered is not None and not self._registered.done():
            self._registered.set_result((status, reason))

    def _of_call(self, call: _Call, event: sip.Event) -> None:
        seen = call.seen
        match event:
            case sip.Ringing():
                seen.rang = True
            case sip.Answered(_, media):
                seen.status, seen.reason = 200, ""
                if self._agree(call, media):
                    self._pacer.add(
                        call.handle,
                        lambda due: self._tick(call, due),
                        lambda fault: self._fault(call, fault),
                    )
                call.answered.set()
            case sip.MediaChanged(_, media):
                self._agree(call, media)
                call.changed.set()
            case sip.Rejected(_, status, reason):
                seen.status, seen.reason = status, reason
            case sip.TransferProgress(_, status, reason):
                seen.transfer, seen.transfer_reason = status, reason
                call.moved.set()
            case sip.Ended(_, reason):
                seen.ended = reason
                call.over.set()

    def _agree(self, call: _Call, media: sip.Media) -> bool:
        call.seen.media = media
        try:
            call.stream.agree(media, self._opened()[1].now)
        except rtp.LocalError as error:
            call.seen.trouble = str(error)
            return False
        return True

    def _fault(self, call: _Call, fault: Exception) -> None:
        """A defect in this telephone's audio ends the test of this call."""
        call.seen.trouble = f"the test's own telephone is at fault: {fault}"
        call.over.set()

    def _incoming(self, event: sip.Incoming) -> None:
        """The box, put through to us: answered in silence, so that the PBX completes it."""
        agent, endpoint = self._opened()
        call = self._call
        if call is None or call.seen.transfer is None or self._second is not None:
            agent.reject(event.call, 486, endpoint.now)
            return
        try:
            socket = PortRange(self._setup.host, *self._setup.ports).open()
        except PortError:
            agent.reject(event.call, 503, endpoint.now)
            return
        self._second = (event.call, socket)
        try:
            agent.answer(event.call, self._media(socket), endpoint.now)
        except sip.LocalError:
            agent.reject(event.call, 488, endpoint.now)

    def _heard(self, response: Response) -> None:
        """Look at a response that comes by: what the events do not tell."""
        call = self._call
        if call is None or response.status < 200:
            return
        try:
            method = response.cseq.method
            contact = response.contact()
        except sip.RemoteError:
            return
        if method == "INVITE" and not call.answered.is_set():
            call.seen.server = response.headers.get("Server", "") or response.headers.get(
                "User-Agent", ""
            )
            call.seen.contact = contact.uri.host.strip("[]") if contact is not None else ""
        elif method == "BYE" and response.status not in (401, 407):
            call.seen.bye = response.status
            call.farewell.set()

    def _opened(self) -> tuple[sip.UserAgent, SipEndpoint[sip.Event]]:
        if self._agent is None or self._endpoint is None:
            raise OSError("the telephone has not been opened")
        return self._agent, self._endpoint


async def _first(*events: asyncio.Event) -> None:
    """Return when one of them is set."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def _within(event: asyncio.Event, seconds: float) -> None:
    """Wait for it at most so long."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
