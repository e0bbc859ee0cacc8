"""Microseconds of each step of a frame of 20 ms; run: python -m tests.bench.media.

Ten calls carry 500 frames a second each way, so 10 µs a frame are half a percent of a core.
Times are of the processor, so that a busy machine does not change them much.
"""

import random
import statistics
from collections.abc import Callable
from time import thread_time_ns

from appliance.audio.g711 import CODECS
from appliance.audio.tones import sine
from appliance.rtp.concealment import Concealer
from appliance.rtp.jitter import JitterBuffer
from appliance.rtp.session import MediaSession

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


def codec_steps() -> dict[str, tuple[float, float]]:
    """Encoding and decoding."""
    pcm = sine(300, 0.02)
    figures = {}
    for name, codec in CODECS.items():
        encoded = codec.encode(pcm)
        figures[f"{name} encode"] = measure(lambda _, codec=codec: codec.encode(pcm))
        figures[f"{name} decode"] = measure(lambda _, c=codec, e=encoded: c.decode(e))
    return figures


def buffer_step(jitter: float) -> tuple[float, float]:
    """Push and pull of one frame."""
    buffer, pcm, chance = JitterBuffer(), sine(300, 0.02), random.Random(1)

    def step(n: int) -> None:
        buffer.push(n, 160 * n, pcm, 0.02 * n + 0.01 + jitter * chance.random())
        buffer.pull(0.02 * n + 0.02)

    return measure(step)


def concealment_step() -> tuple[float, float]:
    """The first frame of a gap, which bears all its cost."""
    concealer, pcm = Concealer(), sine(140, 1.0)

    def before(n: int) -> None:
        for frame in range(4):
            concealer.good(pcm[320 * ((n + frame) % 40) :][:320])

    return measure(lambda _: concealer.conceal(160), before)


def session_steps() -> dict[str, tuple[float, float]]:
    """Whole sessions: a frame from PCM to datagram, and from datagram to PCM."""
    options = {"codec": "PCMU", "payload_type": 0, "dtmf_payload_type": 101, "sequence": 0}
    peer = ("192.0.2.1", 4000)
    one, two = (
        MediaSession(**options, remote=peer, ssrc=ssrc, timestamp=0, cname="x", now=0.0)
        for ssrc in (1, 2)
    )
    pcm = sine(300, 0.02)
    datagrams = []

    def send(n: int) -> None:
        one.send(pcm, 0.02 * n)
        datagrams.extend(one.outgoing())

    figures = {"session send": measure(send)}

    def receive(n: int) -> None:
        two.receive(datagrams[n].data, peer, 0.02 * n + 0.01)
        two.events()
        two.pull(0.02 * n + 0.02)

    figures["session receive + pull"] = measure(receive)
    return figures


def main() -> None:
    """Print a table."""
    figures = codec_steps()
    figures["jitter buffer, steady"] = buffer_step(0.0)
    figures["jitter buffer, 60 ms jitter"] = buffer_step(0.06)
    figures["concealment, lost frame"] = concealment_step()
    figures |= session_steps()
    print(f"{'µs per 20 ms frame':30}{'median':>10}{'p95':>10}")
    for name, (median, p95) in figures.items():
        print(f"{name:30}{median:10.1f}{p95:10.1f}")


if __name__ == "__main__":
    main()
