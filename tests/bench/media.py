"""Microseconds of each step of a frame of 20 ms; run: python -m tests.bench.media.

Ten calls carry 500 frames a second each way, so 10 µs a frame are half a percent of a core.
Times are of the processor, so that a busy machine does not change them much.
"""

import random
import statistics
from collections.abc import Callable
from time import thread_time_ns

from appliance.audio.codecs import DESCRIPTIONS, G711, available, make, missing
from appliance.audio.g711 import CODECS
from appliance.audio.goertzel import ToneDetector
from appliance.audio.noise import ComfortNoise
from appliance.audio.pcm import mix, pack
from appliance.audio.tones import dtmf, sine
from appliance.rtp import SUITES, Protection
from appliance.rtp.concealment import Concealer
from appliance.rtp.jitter import JitterBuffer
from appliance.rtp.packet import RtpPacket
from appliance.rtp.session import MediaSession
from appliance.rtp.srtp import KEY_BYTES, Guard

FRAMES = 2000
Step = Callable[[int], object]


def measure(step: Step, before: Step = lambda n: None) -> tuple[float, float]:
    """Median and 95th percentile of a step in µs; `before` is not counted."""
    times = []
    for n in range(FRAMES):
        before(n)
        begin = thread_time_ns()
        step(n)
        times.append((thread_time_ns() - begin) / 1000)
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def voice(seconds: float) -> bytes:
    """Something with harmonics and noise, so that no codec has an easy time."""
    chance = random.Random(1)
    pcm = b"".join(
        mix(mix(sine(120 + step, 0.1), sine(960 + 4 * step, 0.1)), sine(2600 - step, 0.1, -30))
        for step in range(0, round(200 * seconds), 20)
    )
    return mix(pcm, pack(chance.gauss(0, 300) for _ in range(len(pcm) // 2)))


SPOKEN = voice(2.0)
COUNT = len(SPOKEN) // 320


def spoken(n: int) -> bytes:
    """The frame of this number."""
    return SPOKEN[320 * (n % COUNT) :][:320]


def codec_steps() -> dict[str, tuple[float, float]]:
    """Encoding and decoding with every codec this machine can run."""
    figures = {}
    settings = [(name, name, "") for name in available()]
    if "opus" in available():
        settings.append(("opus with FEC", "opus", "useinbandfec=1"))
    for label, name, parameters in settings:
        coder = make(name, parameters)
        coder.expect_loss(0.1)
        payloads: list[bytes] = []
        figures[f"{label} encode"] = measure(
            lambda n, coder=coder, payloads=payloads: payloads.append(coder.encode(spoken(n)))
        )
        figures[f"{label} decode"] = measure(
            lambda n, coder=coder, payloads=payloads: coder.decode(payloads[n])
        )
    return figures


def protection_steps() -> dict[str, tuple[float, float]]:
    """SRTP of a packet of 160 bytes, each way."""
    figures = {}
    for suite in SUITES:
        key = bytes(range(KEY_BYTES[suite]))
        out, into = (Guard(Protection(suite, key, key)) for _ in range(2))
        packets = [bytes(RtpPacket(0, n, 160 * n, 1, bytes(160))) for n in range(FRAMES)]
        sealed: list[bytes] = []
        figures[f"{suite} protect"] = measure(
            lambda n, o=out, p=packets, s=sealed: s.append(o.protect(p[n], control=False))
        )
        figures[f"{suite} unprotect"] = measure(
            lambda n, i=into, s=sealed: i.unprotect(s[n], control=False)
        )
    return figures


def tone_steps() -> dict[str, tuple[float, float]]:
    """Listening for keys in what is not one, in silence and in one; comfort noise."""
    key = dtmf("5", 1.0)
    steps = {
        "voice": spoken,
        "silence": lambda _: bytes(320),
        "a key": lambda n: key[320 * (n % 50) :][:320],
    }
    figures = {}
    for name, frame in steps.items():
        detector = ToneDetector()
        figures[f"keys by tone: {name}"] = measure(lambda n, d=detector, f=frame: d.feed(f(n)))
    hiss = ComfortNoise()
    hiss.decode(b"\x32")
    figures["comfort noise"] = measure(lambda _: hiss.rest(160))
    return figures


def buffer_step(jitter: float) -> tuple[float, float]:
    """Push and pull of one frame of A-law, its decoding included."""
    buffer, coder, chance = JitterBuffer(), G711(CODECS["PCMA"]), random.Random(1)
    payload = CODECS["PCMA"].encode(sine(300, 0.02))

    def step(n: int) -> None:
        buffer.push(n, 160 * n, payload, coder, 0.02 * n + 0.01 + jitter * chance.random())
        buffer.pull(0.02 * n + 0.02)

    return measure(step)


def concealment_step() -> tuple[float, float]:
    """The first frame of a gap, which bears all its cost."""
    concealer, pcm = Concealer(), sine(140, 1.0)

    def before(n: int) -> None:
        for frame in range(4):
            concealer.good(pcm[320 * ((n + frame) % 40) :][:320])

    return measure(lambda _: concealer.conceal(160), before)


def session_steps(name: str, suite: str = "", *, inband: bool = False) -> tuple[float, float]:
    """A whole session: a frame from PCM to datagram, and from datagram to PCM."""
    peer = ("192.0.2.1", 4000)
    protection = None
    if suite:
        key = bytes(range(KEY_BYTES[suite]))
        protection = Protection(suite, key, key)
    kind = DESCRIPTIONS[name].payload_type
    one, two = (
        MediaSession(
            codec=name, payload_type=107 if kind is None else kind, dtmf_payload_type=101,
            remote=peer, ssrc=ssrc, sequence=0, timestamp=0, cname="x", now=0.0,
            protection=protection, inband=inband,
        )
        for ssrc in (1, 2)
    )  # fmt: skip

    def step(n: int) -> None:
        one.send(spoken(n), 0.02 * n)
        for packet in one.outgoing():
            two.receive(packet.data, peer, 0.02 * n + 0.01)
        two.events()
        two.pull(0.02 * n + 0.02)
        _ = two.delay, two.last_received

    return measure(step)


def main() -> None:
    """Print a table."""
    figures = codec_steps()
    figures |= protection_steps()
    figures |= tone_steps()
    figures["jitter buffer, steady"] = buffer_step(0.0)
    figures["jitter buffer, 60 ms jitter"] = buffer_step(0.06)
    figures["concealment, lost frame"] = concealment_step()
    for name in available():
        figures[f"session both ways, {name}"] = session_steps(name)
    for suite in SUITES:
        figures[f"session PCMA, {suite}"] = session_steps("PCMA", suite)
    figures["session PCMA, tones heard"] = session_steps("PCMA", inband=True)
    print(f"{'µs per 20 ms frame':42}{'median':>8}{'p95':>8}{'% of a core, 50 calls':>24}")
    for name, (median, p95) in figures.items():
        print(f"{name:42}{median:8.1f}{p95:8.1f}{median * 50 * 50 / 10_000:24.2f}")
    for name, reason in missing().items():
        print(f"{name}: {reason}")


if __name__ == "__main__":
    main()
