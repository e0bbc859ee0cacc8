"""How late the `call` process sends: real process, real sockets, kernel time stamps.

    python -m tests.bench.pacing [--calls 10] [--seconds 15]

The box under test is `appliance call`; registrar, telephones and a scripted `speech` are in this
process. Each telephone sends a packet every 20 ms and gets one; the kernel stamps its arrival, so
that it does not matter how busy this process is. A packet's lateness is its distance from an
absolute 20 ms schedule laid through the earliest packet of its stream.
"""

import argparse
import asyncio
import os
import socket
import struct
import sys
import tempfile
from pathlib import Path

from appliance import rtp, sip
from appliance.system.loop import Pacer, SipEndpoint, token
from appliance.system.ports import bind
from tests.bench.figures import memory_mib, spread
from tests.call.fakes import FakeSpeech

HOST = "127.0.0.1"
STAMPS = getattr(socket, "SO_TIMESTAMPNS", 35)
SETTLE = 1.0
"""Seconds of each stream that are left out: the call is still being set up."""


class Phone:
    """One call: its socket, its stream, the arrival of each packet."""

    def __init__(self, bench, route):
        self.bench = bench
        self.socket = bind(HOST, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, STAMPS, 1)
        self.arrivals = []
        self.stream = None
        port = self.socket.getsockname()[1]
        endpoint = bench.endpoint
        self.handle = endpoint.core.invite(
            "100", sip.LocalMedia(HOST, port), endpoint.now, route=route
        )
        asyncio.get_running_loop().add_reader(self.socket, self.read)

    def answered(self, media):
        self.stream = rtp.MediaSession(
            codec=media.codec,
            payload_type=media.payload_type,
            dtmf_payload_type=media.dtmf_payload_type,
            remote=(media.host, media.port),
            ssrc=media.port,
            sequence=0,
            timestamp=0,
            cname="bench",
            now=self.bench.endpoint.now,
        )

    def read(self):
        data, extra, _, _ = self.socket.recvmsg(2048, 64)
        if 200 <= data[1] <= 207:
            return  # a report (RFC 5761): its port may be that of another of these telephones
        seconds, nanoseconds = struct.unpack("qq", extra[0][2][:16])
        sequence = int.from_bytes(data[2:4], "big")
        self.arrivals.append((sequence, seconds + nanoseconds / 1e9))

    def tick(self, due):
        if self.stream is not None:
            self.stream.send(bytes(320), due)
            for packet in self.stream.outgoing():
                self.socket.sendto(packet.data, packet.to)

    def lateness(self):
        """Return ms by which each packet came after its place in the schedule."""
        first = self.arrivals[0][0]
        placed = [((seq - first) % 65536, at) for seq, at in self.arrivals]
        placed = [(n, at) for n, at in placed if n * 0.02 >= SETTLE]
        start = min(at - n * 0.02 for n, at in placed)
        return [(at - n * 0.02 - start) * 1000 for n, at in placed]

    def drift(self):
        """Return ms gained or lost between the first and the last second, each by its median."""
        late = self.lateness()
        first, last = sorted(late[:50]), sorted(late[-50:])
        return last[len(last) // 2] - first[len(first) // 2]


class Bench:
    """The world around the box."""

    async def open(self):
        sock = bind(HOST, 0)
        self.port = sock.getsockname()[1]
        self.registrar = sip.Registrar(HOST, {"100": "bench"}, token)
        core = sip.UserAgent(
            local=sip.Address("udp", HOST, self.port), tokens=token, registrar=self.registrar
        )
        self.phones = {}
        self.endpoint = await SipEndpoint.open(sock, core, self.event)
        return self

    def event(self, event):
        if isinstance(event, sip.Answered) and event.call in self.phones:
            self.phones[event.call].answered(event.media)

    async def until(self, true, seconds=30.0):
        deadline = self.endpoint.now + seconds
        while not true():
            if self.endpoint.now > deadline:
                sys.exit("the box did not come up: see its messages above")
            await asyncio.sleep(0.02)


def busy_seconds(pid):
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(calls, seconds):
    with tempfile.TemporaryDirectory() as folder:
        bench = await Bench().open()
        speech = FakeSpeech(Path(folder) / "s")
        settings = Path(folder) / "settings.toml"
        settings.write_text(
            f'[account]\nport = {bench.port}\npassword = "bench"\n[call]\ncapacity = {calls}\n'
            f'[speech]\nsocket = "{folder}/s"\n[records]\nfile = "{folder}/r.sqlite"\n'
            '[bus]\naddress = "none"\n',
            "utf-8",
        )
        box = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "appliance", "call", "--settings", str(settings)
        )
        try:
            await bench.until(lambda: bench.registrar.bindings("100", bench.endpoint.now))
            ((_, route), *_) = bench.registrar.bindings("100", bench.endpoint.now)
            await asyncio.sleep(2.0)  # the prompts are being rendered
            pacer = Pacer()
            for number in range(calls):
                phone = Phone(bench, route)
                bench.phones[phone.handle] = phone
                bench.endpoint.transmit()
                pacer.add(str(number), phone.tick, lambda fault: sys.exit(repr(fault)))
            pacer.start()
            phones = list(bench.phones.values())
            await bench.until(lambda: all(len(phone.arrivals) > 50 for phone in phones))
            before = busy_seconds(box.pid)
            await asyncio.sleep(seconds)
            used = (busy_seconds(box.pid) - before) / seconds
            memory = memory_mib(box.pid)
            pacer.stop()
        finally:
            box.terminate()
            await box.wait()
            speech.die()
            bench.endpoint.close()
        return phones, used, memory


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--calls", type=int, default=10)
    arguments.add_argument("--seconds", type=float, default=15.0)
    wanted = arguments.parse_args()
    phones, used, memory = asyncio.run(measure(wanted.calls, wanted.seconds))
    late = [ms for phone in phones for ms in phone.lateness()]
    print(f"send lateness, {wanted.calls} calls, ms: {spread(late)}")
    worst = max((phone.drift() for phone in phones), key=abs)
    print(f"drift over {wanted.seconds:.0f} s, worst call, ms: {worst:.2f}")
    print(f"processor: {used * 100:.1f} % of a core; memory: {memory} MiB")
    for phone in phones:
        phone.socket.close()


if __name__ == "__main__":
    main()
