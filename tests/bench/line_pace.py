"""How late packets leave: two processes with N real calls between them over loopback sockets.

    side A: Pacer -> MediaSession -> socket  <->  socket <- MediaSession <- Pacer: side B

Each side has sockets per call, as the box has, and serves a SIP socket too. At side B the kernel
stamps each packet's arrival (on loopback: its departure), so that it does not matter when it is
read; side A reads as the box does, and its processor time is what is told.
A packet's lateness is its distance from an absolute 20 ms schedule laid through the earliest
packet of its stream. A third process may flood side A.

A side is: python -m tests.bench.line_pace --calls N; it speaks JSON lines with its parent.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import socket
import struct
import subprocess
import sys
from time import monotonic, process_time, sleep

from appliance import sip
from appliance.audio.pcm import mix, pack
from appliance.audio.tones import sine
from appliance.rtp import MediaSession, Protection
from appliance.sip.guard import Policy
from appliance.system.loop import Pacer, SipEndpoint, token
from appliance.system.ports import PortRange, bind
from tests.bench.figures import drift, late, spread
from tests.sip.raw import SDP, invite

HOST = "127.0.0.1"
STAMPS = getattr(socket, "SO_TIMESTAMPNS", 35)
SUITE = "AES_CM_128_HMAC_SHA1_80"
KEYS = (bytes(range(30)), bytes(range(30, 60)))
TURN = 100
"""Frames that a side speaks before it listens as long, as in a conversation."""
PORTS = (PortRange(HOST, 42000, 44999), PortRange(HOST, 45000, 47999))


def voice() -> list[bytes]:
    """Two seconds of frames of which no two are alike."""
    chance = random.Random(1)
    pcm = mix(sine(140, 2.0), pack(chance.gauss(0, 900) for _ in range(16_000)))
    return [pcm[at : at + 320] for at in range(0, len(pcm), 320)]


SPOKEN = voice()


class Call:
    """One end of one call."""

    def __init__(self, number: int, side: int, srtp: bool) -> None:
        self.media = PORTS[side].open()
        self.number = number
        self.side = side
        self.srtp = srtp
        self.count = 0
        self.arrivals: list[tuple[int, float]] = []
        self.session: MediaSession | None = None

    def begin(self, port: int, loop: asyncio.AbstractEventLoop, pacer: Pacer) -> None:
        """Start the stream to the other end."""
        keys = KEYS if self.side == 0 else KEYS[::-1]
        self.port = port
        self.loop = loop
        self.session = MediaSession(
            codec="PCMU",
            payload_type=0,
            dtmf_payload_type=101,
            remote=(HOST, port),
            ssrc=1000 * (self.side + 1) + self.number,
            sequence=0,
            timestamp=0,
            cname="bench",
            now=loop.time(),
            protection=Protection(SUITE, *keys) if self.srtp else None,
        )
        if self.side == 0:
            self.media.gather(pacer.inbox, self._receive)  # as the box does
        else:
            self.media._media.setsockopt(socket.SOL_SOCKET, STAMPS, 1)
            loop.add_reader(self.media._media, self._read)

    def _receive(self, data: bytes, source: tuple[str, int], control: bool, at: float) -> None:
        if not control:
            self.session.receive(data, source, at)

    def _read(self) -> None:
        data, extra, _, source = self.media._media.recvmsg(2048, 64)
        if data[1] & 0x7F == 0 and source[1] == self.port:
            seconds, nanoseconds = struct.unpack("qq", extra[0][2][:16])
            self.arrivals.append((data[2] << 8 | data[3], seconds + nanoseconds / 1e9))
        self.session.receive(data, source[:2], self.loop.time())

    def tick(self, due: float) -> None:
        """What a call does every 20 ms: hear a frame, say a frame."""
        self.session.pull(due)
        self.count += 1
        speaks = self.count // TURN % 2 == self.number % 2
        self.session.send(SPOKEN[self.count % len(SPOKEN)] if speaks else bytes(320), due)
        self.session.tick(due)
        for packet in self.session.outgoing():
            if not packet.control:
                self.media.send(packet.data, packet.to)


async def serve(wanted: argparse.Namespace) -> None:
    """One side: tell the ports, learn the other's, run, tell what was measured."""
    loop = asyncio.get_running_loop()
    calls = [Call(number, wanted.side, wanted.srtp) for number in range(wanted.calls)]
    sock = bind(HOST, 0)
    address = sip.Address("udp", HOST, sock.getsockname()[1])
    policy = Policy(burst=0) if wanted.unlimited else Policy()
    core = sip.UserAgent(local=address, tokens=token, policy=policy)

    def ring(event: sip.Event) -> None:
        if isinstance(event, sip.Incoming):
            core.ring(event.call, loop.time())
            core.reject(event.call, 486, loop.time())

    endpoint = await SipEndpoint.open(sock, core, ring)
    ports = [call.media.port for call in calls]
    print(json.dumps({"sip": address.port, "ports": ports}), flush=True)
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    others = json.loads(await lines.readline())
    pacer = Pacer()
    for call, port in zip(calls, others, strict=True):
        call.begin(port, loop, pacer)
        pacer.add(str(call.number), call.tick, lambda fault: sys.exit(repr(fault)))
    pacer.start()
    while line := await lines.readline():
        if line.strip() == b"begin":  # measure from here on
            for call in calls:
                call.arrivals.clear()
            begun, used = monotonic(), process_time()
        if line.strip() == b"tell":
            cpu = (process_time() - used) / (monotonic() - begun)
            streams = [late(call.arrivals) for call in calls if call.arrivals]
            print(
                json.dumps({"cpu": cpu, "skipped": pacer.skipped, "streams": streams}), flush=True
            )
    pacer.stop()
    endpoint.close()


class Side:
    """One side as a process of its own, on a core of its own where there are two."""

    def __init__(self, side: int, calls: int, *, srtp: bool = False, unlimited: bool = False):
        words = [sys.executable, "-m", "tests.bench.line_pace", "--side", str(side)]
        words += ["--calls", str(calls)] + ["--srtp"] * srtp + ["--unlimited"] * unlimited
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True)
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(self.process.pid, {cores[side % len(cores)]})
        told = self.hear()
        self.sip, self.ports = told["sip"], told["ports"]

    def hear(self) -> dict:
        """The next thing it tells."""
        return json.loads(self.process.stdout.readline())

    def say(self, text: str) -> None:
        """Tell it something."""
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def stop(self) -> None:
        """End it."""
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


def figures(told: dict) -> dict[str, float]:
    """Percentiles over all packets of all calls that were received, in ms."""
    every = [ms for stream in told["streams"] for ms in stream]
    worst = max((drift(stream) for stream in told["streams"]), key=abs, default=0.0)
    return spread(every) | {"drift": worst}


def lateness(calls: int, seconds: float, *, srtp: bool = False, flood: int = 0) -> dict[str, float]:
    """Lateness in ms of what side A sends, and the share of a core that side A takes."""
    sides = [Side(0, calls, srtp=srtp), Side(1, calls, srtp=srtp)]
    storm = None
    try:
        for side, other in (sides, sides[::-1]):
            side.say(json.dumps(other.ports))
        sleep(1.5)
        if flood:
            ports = ",".join(map(str, (sides[0].sip, *sides[0].ports)))
            words = ["--flood", str(flood), "--at", ports, "--seconds", str(seconds + 2)]
            storm = subprocess.Popen([sys.executable, "-m", "tests.bench.line_pace", *words])
            os.sched_setaffinity(storm.pid, os.sched_getaffinity(sides[1].process.pid))
            sleep(1.0)
        for side in sides:
            side.say("begin")
        sleep(seconds)
        for side in sides:
            side.say("tell")
        told = [side.hear() for side in sides]
    finally:
        for side in sides:
            side.stop()
        if storm is not None:
            storm.wait(30)
    # side B received what side A sent
    own = {"cpu": told[0]["cpu"], "skipped": told[0]["skipped"], "load": os.getloadavg()[0]}
    return figures(told[1]) | own


def storm(rate: int, ports: list[int], seconds: float) -> None:
    """Another source than the peers: INVITE, REGISTER and RTP in turn, that many a second."""
    sock, chance = bind(HOST, 0), random.Random(1)
    begun, count = monotonic(), 0
    while (now := monotonic() - begun) < seconds:
        while count < rate * now:
            count += 1
            if count % 3 == 2:
                junk = b"\x80\x00" + chance.randbytes(170)
                sock.sendto(junk, (HOST, chance.choice(ports[1:])))
                continue
            method = ("INVITE", "REGISTER")[count % 3]
            body = SDP if method == "INVITE" else b""
            name = f"{os.getpid()}x{count}"
            data = invite(body, branch=f"z9hG4bK{name}", method=method, call_id=name).data
            sock.sendto(data, (HOST, ports[0]))
        sleep(0.002)
    sock.close()


def ringing(calls: int = 500) -> dict[str, float]:
    """Milliseconds from an INVITE leaving a socket to the 180 arriving there; one at a time."""
    side, sock, times = Side(0, 0, unlimited=True), bind(HOST, 0), []
    sock.setblocking(True)
    sock.settimeout(5.0)
    to = (HOST, side.sip)
    try:
        side.say("[]")
        for number in range(calls):
            peer = invite(branch=f"z9hG4bKr{number}", call_id=f"r{number}")
            begin = monotonic()
            sock.sendto(peer.data, to)
            while not (data := sock.recv(65536)).startswith(b"SIP/2.0 180"):
                pass
            times.append(1000 * (monotonic() - begin))
            while not (data := sock.recv(65536)).startswith(b"SIP/2.0 486"):
                pass
            ack = peer.within(data, "ACK", 1, branch=f"r{number}")
            sock.sendto(ack, to)
    finally:
        side.stop()
        sock.close()
    return spread(times)


def main() -> None:
    """Be one side, or the flood."""
    options = argparse.ArgumentParser()
    options.add_argument("--side", type=int, default=0)
    options.add_argument("--calls", type=int, default=0)
    options.add_argument("--srtp", action="store_true")
    options.add_argument("--unlimited", action="store_true")
    options.add_argument("--flood", type=int, default=0)
    options.add_argument("--at", default="")
    options.add_argument("--seconds", type=float, default=0.0)
    wanted = options.parse_args()
    if wanted.flood:
        storm(wanted.flood, [int(port) for port in wanted.at.split(",")], wanted.seconds)
    else:
        asyncio.run(serve(wanted))


if __name__ == "__main__":
    main()
