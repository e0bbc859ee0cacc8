"""A lossy link between two media sessions, in virtual time."""

import heapq
import random
from dataclasses import dataclass, field

import pytest

from appliance.audio.codecs import DESCRIPTIONS
from appliance.audio.g711 import CODECS
from appliance.audio.pcm import pack
from appliance.rtp import MediaSession

TICK = 0.02


def make_session(side, codec="PCMU", **changes):
    """A session as a call would open it; side "a" or "b"."""
    other = {"a": "b", "b": "a"}[side]
    options = {
        "codec": codec,
        "payload_type": 107 if codec == "opus" else DESCRIPTIONS[codec].payload_type,
        "dtmf_payload_type": 101,
        "remote": (other, 4000),
        "ssrc": {"a": 0xAAAA0001, "b": 0xBBBB0002}[side],
        "sequence": 65500,
        "timestamp": 0xFFFF0000,
        "cname": f"{side}@box",
        "now": 0.0,
    }
    return MediaSession(**(options | changes))


def noise_frames(count, codec="PCMU", seed=0):
    """Frames that differ from each other and survive the codec bit for bit."""
    chance = random.Random(seed)
    decode = CODECS[codec].decode
    return [decode(chance.randbytes(160)) for _ in range(count)]


@dataclass
class Link:
    """Carries datagrams between sessions "a" and "b" and runs them in virtual time."""

    sessions: dict
    delay: float = 0.03
    jitter: float = 0.0
    loss: float = 0.0
    duplicate: float = 0.0
    spare_control: bool = True
    seed: int = 1
    skew: dict = field(default_factory=dict)  # side -> clock error in ppm
    hook: object = None  # (packet, side, now) -> extra delay, or None to lose it
    now: float = 0.0
    frames: dict = field(default_factory=lambda: {"a": [], "b": []})
    events: list = field(default_factory=list)
    packets: list = field(default_factory=list)

    def __post_init__(self):
        self.chance = random.Random(self.seed)
        self.flight = []
        self.count = 0
        self.beat = {side: 0.003 * index for index, side in enumerate(self.sessions)}

    def carry(self, side, now):
        other = {"a": "b", "b": "a"}[side]
        for packet in self.sessions[side].outgoing():
            self.packets.append((now, side, packet))
            safe = packet.control and self.spare_control
            if not safe and self.chance.random() < self.loss:
                continue
            extra = self.hook(packet, side, now) if self.hook else 0.0
            if extra is None:
                continue
            for _ in range(1 + (self.chance.random() < self.duplicate)):
                arrival = now + self.delay + self.jitter * self.chance.random() + extra
                self.count += 1
                heapq.heappush(self.flight, (arrival, self.count, other, side, packet))

    def deliver(self, until):
        while self.flight and self.flight[0][0] <= until:
            arrival, _, to, side, packet = heapq.heappop(self.flight)
            session = self.sessions.get(to)
            if session is not None:
                port = packet.to[1]
                receive = session.receive_control if packet.control else session.receive
                receive(packet.data, (side, 4000 + packet.control), arrival)
                assert port == 4000 + packet.control

    def run(self, seconds, **speak):
        """Let both sides send and pull every 20 ms; speak is side=(beat index -> frame)."""
        end = self.now + seconds
        while True:
            side = min(self.beat, key=self.beat.get)
            now = self.beat[side]
            if now >= end:
                break
            self.deliver(now)
            session = self.sessions[side]
            frame = speak[side](len(self.frames[side])) if side in speak else None
            session.send(frame, now)
            session.tick(now)
            self.frames[side].append(session.pull(now))
            self.events += [(side, event) for event in session.events()]
            self.carry(side, now)
            self.beat[side] += TICK * (1 + self.skew.get(side, 0) * 1e-6)
        self.now = end
        return self


@pytest.fixture
def link():
    """Makes a link between two fresh sessions."""

    def make(codec="PCMU", a=None, b=None, **options):
        sessions = {
            "a": make_session("a", codec, **(a or {})),
            "b": make_session("b", codec, **(b or {})),
        }
        return Link(sessions, **options)

    return make


@pytest.fixture
def session():
    """Makes one session of side "a" or "b"."""
    return make_session


@pytest.fixture
def noise():
    """Makes frames that differ from each other."""
    return noise_frames


@pytest.fixture
def ramp():
    """Makes PCM that counts: every sample tells its place."""
    return lambda start, samples: pack((start + n) % 30000 for n in range(samples))
