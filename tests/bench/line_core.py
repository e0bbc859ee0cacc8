"""The cores of the line alone, in virtual time: requests a second, exact audio, memory.

Requests a second are told as PJSIP's `pjsip-perf` tells them: stateful, parse + route + respond,
one core, no socket.
"""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections import deque
from time import process_time

from appliance.audio.g711 import CODECS
from appliance.rtp import MediaSession
from appliance.sip import Address, Incoming, Registrar, UserAgent
from appliance.sip.guard import Policy
from tests.bench.figures import memory_mib, own_pid, spread
from tests.sip.raw import SDP, invite
from tests.sip.wire import Wire, dial, media, talk, tokens

BOX = Address("udp", "192.0.2.1", 5060)
PEER = Address("udp", "192.0.2.9", 5060)
OPEN = Policy(burst=0)
"""No limit of rate: what is measured is how much could be served."""
BATCH = 500


def _messages(method: str, batch: int) -> list[bytes]:
    body = SDP if method == "INVITE" else b""
    made = []
    for number in range(BATCH):
        name = f"{batch}x{number}"
        data = invite(body, branch=f"z9hG4bK{name}", method=method, call_id=name).data
        # each from a caller of its own
        made.append(data.replace(b"sip:300@", f"sip:{10_000 * batch + number}@".encode()))
    return made


def _serve(method: str, datagrams: list[bytes], agent: UserAgent, now: float) -> float:
    """Seconds of processor for a batch; every call rings, is refused and acknowledged by time."""
    begin = process_time()
    for data in datagrams:
        agent.receive(data, PEER, now)
        if method == "INVITE":
            for event in agent.events():
                if isinstance(event, Incoming):
                    agent.ring(event.call, now)
        agent.outgoing()
        now += 0.001
        agent.tick(now)
    took = process_time() - begin
    for call in agent.calls():
        agent.reject(call, 486, now)
    agent.tick(now + 100.0)
    agent.outgoing()
    agent.events()
    return took


def requests(batches: int = 15) -> dict[str, dict[str, float]]:
    """Requests a second by method: the spread over batches of 500."""
    figures = {}
    for method in ("OPTIONS", "INVITE", "REGISTER"):
        rates, now = [], 1000.0
        for batch in range(batches):
            # the registrar demands a password: what is measured ends with its 401
            registrar = Registrar("pbx", {"300": "x"}, tokens("nonce"))
            agent = UserAgent(
                local=BOX, tokens=tokens(f"b{batch}"), registrar=registrar, policy=OPEN
            ) if method == "REGISTER" else UserAgent(
                local=BOX, tokens=tokens(f"b{batch}"), policy=OPEN
            )  # fmt: skip
            datagrams = _messages(method, batch)
            rates.append(BATCH / _serve(method, datagrams, agent, now))
            now += 200.0
        figures[method] = {"best": max(rates), "worst": min(rates)} | {
            name: value for name, value in spread(rates).items() if name in ("n", "median")
        }
    return figures


def exactness(codec: str = "PCMU", seconds: float = 120.0) -> dict[str, float]:
    """Frames through sender, lossy path, jitter buffer: exact, concealed, altered, in shares."""
    chance = random.Random(1)
    options = {"codec": codec, "payload_type": 0 if codec == "PCMU" else 8, "sequence": 1}
    ends = [
        MediaSession(
            **options,
            dtmf_payload_type=101,
            remote=("192.0.2.1", 4000),
            ssrc=ssrc,
            timestamp=0,
            cname="x",
            now=0.0,
        )
        for ssrc in (1, 2)
    ]
    coder = CODECS[codec]
    sent, flying = bytearray(), []
    told: dict[str, float] = {"frames": 0, "exact": 0, "concealed": 0, "silent": 0, "altered": 0}
    recent: deque[bytes] = deque(maxlen=60)
    for number in range(int(seconds * 50)):
        now = 0.02 * number
        # loud noise: no two frames are alike, and none is quiet enough to be shortened unnoticed
        pcm = coder.decode(bytes(chance.choices(range(256), k=160)))
        sent += pcm
        recent.append(pcm)
        ends[0].send(pcm, now)
        flying += [
            (now + 0.02 + 0.06 * chance.random(), packet.data)
            for packet in ends[0].outgoing()
            if chance.random() >= 0.05
        ]
        flying.sort()
        while flying and flying[0][0] <= now + 0.01:
            at, data = flying.pop(0)
            ends[1].receive(data, ("192.0.2.1", 4000), at)
        ends[1].events()
        frame = ends[1].pull(now + 0.01)
        if number < 50:
            continue
        told["frames"] += 1
        if frame.concealed:
            told["concealed"] += 1
        elif frame.silent:
            told["silent"] += 1
        elif frame.pcm in b"".join(recent):
            told["exact"] += 1
        else:
            told["altered"] += 1
    whole = told.pop("frames")
    return {"frames": whole} | {name: count / whole for name, count in told.items()}


def memory(calls: int = 1000) -> dict[str, float]:
    """KiB that grew after the first 100 of many calls in a row, and over rounds of 100 at once."""
    wire = Wire()
    box, peer = wire.station("192.0.2.1"), wire.station("192.0.2.9")

    def forget() -> tuple[float, float]:
        wire.run(200.0)
        assert box.idle()
        assert peer.idle()
        for station in (box, peer):
            station.told.clear()
        wire.sent.clear()
        gc.collect()
        return tracemalloc.get_traced_memory()[0] / 1024, memory_mib(own_pid()) * 1024

    tracemalloc.start()
    marks = []
    for number in range(1, calls + 1):
        ours, _ = talk(wire, box, peer)
        box.agent.hang_up(ours, wire.now)
        if number % 100 == 0:
            marks.append(forget())
    rounds = []
    for _ in range(4):
        pairs = [dial(wire, box, peer) for _ in range(100)]
        for _, theirs in pairs:
            peer.agent.answer(theirs, media("192.0.2.9", 5000), wire.now)
        wire.run(1.0)
        for ours, _ in pairs:
            box.agent.hang_up(ours, wire.now)
        rounds.append(forget())
    tracemalloc.stop()
    return {
        "in a row, traced": marks[-1][0] - marks[0][0],
        "in a row, resident": marks[-1][1] - marks[0][1],
        "at once, traced": rounds[-1][0] - rounds[0][0],
        "at once, resident": rounds[-1][1] - rounds[0][1],
    }
