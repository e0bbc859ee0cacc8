"""A line that returns what the box says: it must not take its own voice for the caller's."""

import heapq
import socket
import threading
import time

import pytest

from appliance.audio.g711 import decode_alaw, encode_alaw
from tests.interop.peers import Sipp

pytestmark = pytest.mark.interop


class Hybrid:
    """A telephone that says nothing and returns everything, later and weaker, as its own RTP."""

    def __init__(self, delay=0.08, loss=10.0):
        """`delay` in seconds, `loss` in dB."""
        self.delay, self.gain = delay, 10 ** (-loss / 20)
        self.returned = 0
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.settimeout(0.005)
        self.port = self.sock.getsockname()[1]
        self.running = True
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        waiting, count = [], 0
        while self.running:
            now = time.monotonic()
            while waiting and waiting[0][0] <= now:
                _, _, packet, to = heapq.heappop(waiting)
                self.sock.sendto(packet, to)
                self.returned += 1
            try:
                data, source = self.sock.recvfrom(2048)
            except TimeoutError:
                continue
            if data[1] & 0x7F != 8:
                continue
            pcm = memoryview(decode_alaw(data[12:])).cast("h")
            weaker = b"".join(
                round(sample * self.gain).to_bytes(2, "little", signed=True) for sample in pcm
            )
            # a source of its own: a packet under the box's SSRC is a loop, which it ignores
            packet = data[:8] + bytes(byte ^ 0x5A for byte in data[8:12]) + encode_alaw(weaker)
            count += 1
            heapq.heappush(waiting, (time.monotonic() + self.delay, count, packet, source))

    def stop(self):
        self.running = False
        self.thread.join()
        self.sock.close()


@pytest.mark.matrix("SIPp", "line echo")
def test_the_box_does_not_interrupt_itself(box, tmp_path):
    """An echo of 80 ms, 10 dB below its voice, is neither an interruption nor an answer."""
    since = len(box.call.events)
    line = Hybrid()
    try:
        Sipp("listen", box.address, tmp_path, media=line.port, fields=(16_000,)).wait(60)
    finally:
        line.stop()
    told = [event["event"] for event in box.call.events[since:]]
    assert line.returned > 500
    assert told.count("said") >= 1, told  # it has asked whether anybody is there
    assert "interrupted" not in told
    assert "heard" not in told
