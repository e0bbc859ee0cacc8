"""Whether connectors disturb the pacing of audio: late packets with connectors idle and busy.

    python -m tests.bench.connectors [--calls 10] [--seconds 8] [--rate 20]

Each run is a process that paces so many streams as `call` does (`system.loop.Pacer`, one loop), and
asks connectors or leaves it: a web server (answers of 2 kB, every twentieth of 200 kB), a SQLite
table, and writes through the outbox. Idle and busy runs take turns. The kernel stamps the arrival of
each packet here; its lateness is its distance from an absolute 20 ms schedule.
"""

import argparse
import asyncio
import json
import os
import selectors
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from appliance import rtp
from appliance.system.loop import Pacer
from appliance.system.ports import bind
from tests.bench.figures import late, spread
from tests.call.connectors.support import (
    Desk,
    Server,
    Statement,
    backend,
    connector,
    database,
    http,
)

HOST = "127.0.0.1"
STAMPS = getattr(socket, "SO_TIMESTAMPNS", 35)
ROUNDS = 3
WARM = 50
"""Packets of each stream that are left out."""


def streams(calls, port):
    """Return the sessions of so many calls."""
    now = time.monotonic()
    return [
        rtp.MediaSession(
            codec="PCMU", payload_type=0, dtmf_payload_type=101, remote=(HOST, port), ssrc=number,
            sequence=0, timestamp=0, cname="bench", now=now,
        )
        for number in range(1, calls + 1)
    ]  # fmt: skip


def desk(folder, url):
    """Connectors to a web server and to a database."""
    rows = """insert into c with recursive r(n) as (select 1 union all select n + 1 from r where n < 500)
        select n, 'Caller ' || n, 'Mill Lane ' || n from r"""
    database(folder / "c.sqlite", ["create table c (n, name, street)", rows])
    return Desk(
        folder,
        [backend("http", url), backend("sql", "sqlite:///c.sqlite", "db")],
        [
            connector("find", http(path="/c/{n}"), ["n"], many=True),
            connector("row", Statement("select * from c where n > :n limit 50"), ["n"], "db", many=True),
            connector("write", http("POST", "/w", body={"n": "{n}"}), ["n"], write=True),
        ],
    )  # fmt: skip


async def child(wanted):
    """Pace streams, and ask connectors `rate` times a second."""
    loop = asyncio.get_running_loop()
    out = bind(HOST, 0)
    pacer, results, waits = Pacer(), [], set()
    for number, stream in enumerate(streams(wanted.calls, wanted.port)):

        def tick(due, stream=stream):
            stream.send(bytes(320), due)
            for packet in stream.outgoing():
                out.sendto(packet.data, packet.to)

        pacer.add(str(number), tick, lambda fault: sys.exit(repr(fault)))
    with tempfile.TemporaryDirectory() as folder:
        made = desk(Path(folder), wanted.url)
        pacer.start()
        begun, asked = loop.time(), 0
        while loop.time() - begun < wanted.seconds:
            if wanted.rate:
                name = ("find", "row", "write")[asked % 3]
                wait = made.start(name, n=asked)
                waits.add(wait)
                asked += 1
            await asyncio.sleep(1 / (wanted.rate or 10))
        pacer.stop()
        results.extend(wait.result().status.value for wait in waits)
        made.close()
    out.close()
    print(json.dumps({status: results.count(status) for status in set(results)}))


def measure(url, rate, wanted):
    """Run one child; return the latenesses of its packets in ms and what its connectors said."""
    here = bind(HOST, 0)
    here.setsockopt(socket.SOL_SOCKET, STAMPS, 1)
    here.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.connectors", "--child", "--url", url,
         "--port", str(here.getsockname()[1]), "--rate", str(rate), "--calls", str(wanted.calls),
         "--seconds", str(wanted.seconds)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    arrivals = {}
    with selectors.DefaultSelector() as waiting:
        waiting.register(here, selectors.EVENT_READ)
        while process.poll() is None:
            for _ in waiting.select(0.2):
                data, extra, _, _ = here.recvmsg(2048, 64)
                if 200 <= data[1] <= 207:
                    continue  # a report
                seconds, nanoseconds = struct.unpack("qq", extra[0][2][:16])
                sequence, ssrc = struct.unpack("!H4xI", data[2:12])
                arrivals.setdefault(ssrc, []).append((sequence, seconds + nanoseconds / 1e9))
    here.close()
    said = process.stdout.read().strip()
    process.stdout.close()
    return [ms for packets in arrivals.values() for ms in late(packets)[WARM:]], said


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--calls", type=int, default=10)
    arguments.add_argument("--seconds", type=float, default=8.0)
    arguments.add_argument("--rate", type=float, default=20.0, help="requests per second")
    arguments.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    arguments.add_argument("--port", type=int, help=argparse.SUPPRESS)
    arguments.add_argument("--url", help=argparse.SUPPRESS)
    wanted = arguments.parse_args()
    if wanted.child:
        asyncio.run(child(wanted))
        return
    row = {"name": "Anna Meyer", "street": "Mill Lane", "balance": 12.5, "notes": ["a", "b"]}
    small = json.dumps([row] * 25).encode()
    large = json.dumps([row] * 2300).encode()
    server, count = Server(), [0]

    def answer(handler):
        count[0] += 1
        data = large if count[0] % 20 == 0 else small
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    server.usual = answer
    found = {"idle": [], "busy": []}
    said = ""
    for _ in range(ROUNDS):
        for name, rate in (("idle", 0.0), ("busy", wanted.rate)):
            lateness, results = measure(server.url, rate, wanted)
            found[name] += lateness
            said = results or said
    server.close()
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    print(
        f"{wanted.calls} streams, {wanted.rate:.0f} requests a second, load of the machine {load}"
    )
    for name, values in found.items():
        over = sum(value > 20 for value in values)
        print(f"send lateness, connectors {name}, ms: {spread(values)}, over 20 ms: {over}")
    print(f"of the last busy run: {said}")


if __name__ == "__main__":
    main()
