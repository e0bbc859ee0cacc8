"""A PBX and the box behind it, in a few lines, whose faults are arguments."""

from __future__ import annotations

import asyncio
import secrets
import socket
from dataclasses import dataclass
from datetime import UTC, datetime

from appliance import sip
from appliance.audio import tones
from appliance.call.linetest.run import LineTest
from appliance.call.linetest.seen import Times
from appliance.call.stream import Stream
from appliance.call.world import fresh_keys
from appliance.contracts.outcome import Outcome
from appliance.records import CallRecord, Store
from appliance.settings import AccountSettings, CallSettings, RecordsSettings, Settings
from appliance.sip.message import Request, Response, respond
from appliance.sip.parser import parse
from appliance.sip.registrar import Binding, Registrar
from appliance.system.loop import Pacer, SipEndpoint, token
from appliance.system.ports import PortRange, bind, listen
from appliance.system.tls import TlsOptions

HOST = "127.0.0.1"
PORTS = (26_000, 26_400)
QUICK = Times(ring=4.0, listen=0.5, change=2.0, after=0.3)
TONE = tones.sine(500, 1.0, -20)


def free_port():
    """A port that is free for UDP and TCP."""
    while True:
        with socket.socket() as one, socket.socket(type=socket.SOCK_DGRAM) as other:
            one.bind((HOST, 0))
            try:
                other.bind(one.getsockname())
            except OSError:
                continue
            return one.getsockname()[1]


@dataclass
class Faults:
    """What is wrong with it."""

    reject: int = 0
    """Status for every call."""
    rude: dict | None = None
    """Method → status and fields, answered at once."""
    mute: bool = False
    """Sends no RTP."""
    silent: bool = False
    """Sends RTP without anything in it."""
    deaf: bool = False
    """Gets no RTP."""
    dtmf: bool = True
    codecs: tuple = ("PCMU", "PCMA")
    srtp: sip.Srtp = sip.Srtp.OFF
    tamper: tuple = ()
    """Replacements in what it sends."""
    date: datetime | None = None
    ignored: tuple = ()
    """Methods that get no answer."""
    largest: int = 65_535
    """Bytes of a datagram that arrive."""
    elsewhere: bool = False
    """Its calls do not go to the box: nothing is recorded."""
    hang_up_after: float = 0.0


class Pbx:
    """Registrar and user agent in one: it answers calls itself, as the box would behind it."""

    def __init__(
        self,
        faults=None,
        *,
        users=None,
        port=0,
        transports=("udp",),
        tls=None,
        records=None,
        box=False,
        site=None,
    ):
        """`box`: no registrar, it only answers. `site`: the account under which it registers."""
        self._box = box or site is not None
        self._site = site
        self.confirmed = False
        self.registered, self.gone = asyncio.Event(), asyncio.Event()
        self.faults = faults or Faults()
        self.port = port or free_port()
        self.records = records
        self.registrar = Registrar(
            HOST, users or {"100": "box", "200": "phone"}, token, algorithms=("MD5",)
        )
        self._transports, self._tls = transports, tls
        self._pacer = Pacer()
        self._calls = {}
        self.log = []

    async def __aenter__(self):
        faults = self.faults
        first = self._transports[0]
        self.agent = sip.UserAgent(
            local=sip.Address(first, HOST, self.port), tokens=token,
            registrar=None if self._box else self.registrar, account=self._site,
            codecs=faults.codecs, srtp=faults.srtp, product="Fake PBX",
        )  # fmt: skip
        self.tick, self.deadline = self.agent.tick, self.agent.deadline
        self.events, self.lost = self.agent.events, self.agent.lost
        sock = bind(HOST, self.port) if "udp" in self._transports else None
        streams = {name: listen(HOST, self.port) for name in self._transports if name != "udp"}
        options = None
        if self._tls is not None:
            certificate, key = self._tls
            options = TlsOptions(certificate=certificate, key=key, verify=False)
        self.endpoint = await SipEndpoint.open(
            sock, self, self._event, streams=streams, tls=options
        )
        self._pacer.start()
        if self._site is not None:
            self.agent.register(self.endpoint.now)
            self.endpoint.transmit()
            await asyncio.wait_for(self.registered.wait(), 10)
        return self

    async def __aexit__(self, *_):
        self._pacer.stop()
        for call in list(self._calls):
            self._close(call)
        if self._site is not None:
            self.agent.unregister(self.endpoint.now)
            self.endpoint.transmit()
            await asyncio.wait_for(self.gone.wait(), 10)
        self.endpoint.close()
        await self.endpoint.wait_closed()

    def bind(self, port, host=HOST, user="100"):
        """Keep a contact of a user, as if it had registered from there."""
        now = asyncio.get_running_loop().time()
        contact = f"sip:{user}@{host}:{port}"
        flow = sip.Address("udp", host, port)
        self.registrar._bindings.setdefault(user, []).append(
            Binding(contact, flow, secrets.token_hex(4), 1, now + 300)
        )

    # what passes by

    def receive(self, data, source, now):
        faults = self.faults
        if source.transport == "udp" and len(data) > faults.largest:
            return
        message = parse(data) if data.strip() else None
        if isinstance(message, Request):
            self.log.append(message)
            if message.method in faults.ignored:
                return
            if faults.rude and message.method in faults.rude:
                status, fields = faults.rude[message.method]
                reply = respond(message, status, tag=token(), headers=fields)
                self._rude = [sip.Packet(bytes(reply), source)]
                return
        self.agent.receive(data, source, now)

    _rude = ()

    def outgoing(self):
        packets, self._rude = [*self._rude, *self.agent.outgoing()], ()
        return [sip.Packet(self._crooked(packet.data), packet.to) for packet in packets]

    def _crooked(self, data):
        for old, new in self.faults.tamper:
            data = data.replace(old, new)
        if self.faults.date is not None and data.startswith(b"SIP/2.0"):
            stamp = self.faults.date.strftime("%a, %d %b %Y %H:%M:%S GMT")
            data = data.replace(b"\r\n", f"\r\nDate: {stamp}\r\n".encode(), 1)
        return data

    # calls

    def _event(self, event):
        faults, now = self.faults, self.endpoint.now
        match event:
            case sip.Registered():
                self.registered.set()
            case sip.Confirmed():
                self.confirmed = True
            case sip.Unregistered():
                self.gone.set()
            case sip.Incoming(call=call):
                if faults.reject:
                    self.agent.reject(call, faults.reject, now)
                    return
                sock = PortRange(HOST, 27_000, 27_400).open()
                media = sip.LocalMedia(
                    HOST, sock.port, codecs=faults.codecs, dtmf=faults.dtmf, srtp=faults.srtp,
                    crypto=fresh_keys(faults.srtp),
                )  # fmt: skip
                stream = Stream(token, now)
                self._calls[call] = (sock, stream, now, [0, 0])
                stream.agree(self.agent.answer(call, media, now), now)
                sock.attach(
                    lambda *packet: faults.deaf or stream.receive(*packet, self.endpoint.now)
                )
                self._pacer.add(call, lambda due: self._play(call, due), print)
                if faults.hang_up_after:
                    asyncio.get_running_loop().call_later(faults.hang_up_after, self._leave, call)
            case sip.MediaChanged(call=call, media=media):
                self._calls[call][1].agree(media, now)
            case sip.TransferRequested(call=call):
                self.agent.notify_transfer(call, 200, "OK", now)
            case sip.Ended(call=call):
                self._close(call)

    def _leave(self, call):
        if call in self._calls:
            self.agent.hang_up(call, self.endpoint.now)
            self.endpoint.transmit()

    def _play(self, call, due):
        sock, stream, _, tally = self._calls[call]
        _, keys = stream.hear(due)
        tally[1] += len(keys)
        at = tally[0] = (tally[0] + 320) % len(TONE)
        stream.say(None if self.faults.silent else TONE[at : at + 320], due)
        for packet in stream.packets():
            if not self.faults.mute:
                sock.send(packet.data, packet.to, control=packet.control)

    def _close(self, call):
        if call not in self._calls:
            return
        sock, stream, began, tally = self._calls.pop(call)
        self._pacer.remove(call)
        sock.close()
        if self.records is not None and not self.faults.elsewhere:
            store = Store(self.records)
            store.add(
                CallRecord(
                    secrets.token_hex(4), datetime.now(UTC), round(self.endpoint.now - began),
                    Outcome.COMPLETED, keys=tally[1], codec=stream.codec,
                    received=stream.media.statistics.received,
                )
            ).result()  # fmt: skip
            store.close()


def account(pbx, **values):
    """The box's account there."""
    given = {"user": "100", "password": "box", "domain": HOST, "port": pbx.port, **values}
    return AccountSettings(**given)


async def examined(made, tmp_path, *, telephone=None, resolver=None, call=None, **more):
    """Test the line; returns the results by step."""
    records = more.pop("records", tmp_path / "none.sqlite")
    settings = Settings(
        account=made,
        call=CallSettings(host=HOST, media_ports=PORTS, **(call or {})),
        records=RecordsSettings(file=records),
    )
    told = []
    given = {"times": QUICK, "patience": 1.2, "independent": False, **more}
    test = LineTest(settings, "main", telephone, told.append, resolver=resolver, **given)
    async with asyncio.timeout(60):
        results = await test.run()
    assert told == results
    return {result.step: result for result in results}


__all__ = ["Faults", "Pbx", "Response", "account", "examined", "free_port"]
