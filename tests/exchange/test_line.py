"""A telephone's audio, with the network replaced by a list."""

import asyncio

import pytest

from appliance import sip
from appliance.audio import tones
from appliance.audio.g711 import CODECS
from appliance.exchange.line import FRAME, Line
from appliance.rtp.packet import RtpPacket

PEER = ("127.0.0.1", 4000)
SOUND = tones.sine(500, 0.02, -10)


class Socket:
    """Stands in for a MediaSocket."""

    port = 18_000

    def __init__(self) -> None:
        self.sent: list[RtpPacket] = []
        self.control = 0
        self.closed = 0

    def attach(self, receive) -> None:
        self.receive = receive

    def send(self, data: bytes, to: tuple[str, int], *, control: bool = False) -> None:
        assert to[0] == PEER[0]
        if control:
            self.control += 1
        else:
            self.sent.append(RtpPacket.parse(data))

    def close(self) -> None:
        self.closed += 1


def media(direction: sip.Direction = sip.Direction.SENDRECV) -> sip.Media:
    return sip.Media(*PEER, "PCMU", 0, 101, direction, 20)


def on_line(scene) -> None:
    async def main() -> None:
        socket = Socket()
        line = Line(socket)
        line.connect(media())
        scene(line, socket, Clock(line))

    asyncio.run(main())


class Clock:
    def __init__(self, line: Line) -> None:
        self.line = line
        self.now = asyncio.get_running_loop().time()

    def ticks(self, count: int) -> None:
        for _ in range(count):
            self.now += 0.02
            self.line.tick(self.now)


def payload(pcm: bytes) -> bytes:
    return CODECS["PCMU"].encode(pcm)


def test_silence_is_sent_between_sentences() -> None:
    """Like a telephone without voice activity detection, each 20 ms has its packet."""

    def scene(line: Line, socket: Socket, clock: Clock) -> None:
        clock.ticks(5)
        line.say(SOUND)
        assert line.speaking
        clock.ticks(5)
        assert not line.speaking
        assert len(socket.sent) == 10
        voiced = [p.payload for p in socket.sent if p.payload != CODECS["PCMU"].silence]
        assert voiced == [payload(SOUND)]

    on_line(scene)


def test_clips_and_pauses_follow_each_other() -> None:
    """What is queued is said in order, a last half frame filled up; each is told when it is out."""

    def scene(line: Line, socket: Socket, clock: Clock) -> None:
        first = line.say(SOUND + SOUND[: FRAME // 2])
        line.pause(0.04)
        last = line.say(SOUND)
        clock.ticks(3)
        assert first.done()
        assert not last.done()
        clock.ticks(4)
        assert last.done()
        sound, silence = payload(SOUND), CODECS["PCMU"].silence
        half = payload(SOUND[: FRAME // 2] + bytes(FRAME // 2))
        assert [p.payload for p in socket.sent] == [
            sound,
            half,
            silence,
            silence,
            sound,
            silence,
            silence,
        ]

    on_line(scene)


def test_hushing_ends_what_is_said() -> None:
    """A speaker that is hushed sends silence from the next frame on and is done."""

    def scene(line: Line, socket: Socket, clock: Clock) -> None:
        done = line.say(SOUND * 50)
        clock.ticks(2)
        line.hush()
        clock.ticks(2)
        assert done.done()
        assert socket.sent[-1].payload == CODECS["PCMU"].silence

    on_line(scene)


def test_last_voiced_frame_ends_the_turn() -> None:
    """The quiet end of a clip does not count as speech."""

    def scene(line: Line, socket: Socket, clock: Clock) -> None:
        voiced, sent = [], line.meter.sent

        def count(is_voiced: bool, now: float) -> None:
            voiced.append(is_voiced)
            sent(is_voiced, now)

        line.meter.sent = count
        line.say(bytes(FRAME) * 3 + SOUND * 4 + bytes(FRAME) * 5, "hello")
        clock.ticks(20)
        assert voiced == [False] * 3 + [True] * 4 + [False] * 13
        (turn,) = line.meter.turns
        assert turn.text == "hello"
        assert turn.answered is None
        # The answer is taken when it arrives, long before it is played.
        packet = bytes(RtpPacket(0, 1, 1, 9, payload(SOUND)))
        socket.receive(packet, PEER, False)
        assert line.meter.turns[0].answered is not None
        assert line.peer_speaking

    on_line(scene)


def test_received_audio_is_kept() -> None:
    """What the peer sends is heard, 20 ms for each tick."""

    def scene(line: Line, socket: Socket, clock: Clock) -> None:
        for index in range(10):
            packet = bytes(RtpPacket(0, index, 160 * index, 9, payload(SOUND)))
            socket.receive(packet, PEER, False)
        clock.ticks(10)
        assert len(line.heard) == 10 * FRAME
        assert bytes(line.heard).count(CODECS["PCMU"].decode(payload(SOUND))) >= 1

    on_line(scene)


def test_quiet_packets_are_no_speech() -> None:
    """Comfort noise and silence of the peer are not taken for speech."""

    def scene(line: Line, socket: Socket, clock: Clock) -> None:
        for index, pcm in enumerate((bytes(FRAME), tones.sine(500, 0.02, -60))):
            packet = bytes(RtpPacket(0, index, 160 * index, 9, payload(pcm)))
            socket.receive(packet, PEER, False)
        assert not line.peer_speaking

    on_line(scene)


@pytest.mark.parametrize("data", [b"", b"\x80", bytes(20), b"\x80\x00" + bytes(200)])
def test_garbage_is_harmless(data: bytes) -> None:
    """Garbage on either port changes nothing."""

    def scene(line: Line, socket: Socket, clock: Clock) -> None:
        for control in (False, True):
            socket.receive(data, PEER, control)
        clock.ticks(2)
        assert len(socket.sent) == 2

    on_line(scene)


def test_held_line_sends_nothing() -> None:
    """A line that may not send is silent on the wire, and speaks again afterwards."""

    def scene(line: Line, socket: Socket, clock: Clock) -> None:
        line.connect(media(sip.Direction.RECVONLY))
        clock.ticks(3)
        assert socket.sent == []
        line.connect(media())
        clock.ticks(3)
        assert len(socket.sent) == 3

    on_line(scene)


def test_unanswered_line_does_nothing() -> None:
    """Before the answer nothing is sent and what arrives is passed over; closing is fine."""

    async def main() -> None:
        socket = Socket()
        line = Line(socket)
        assert line.port == 18_000
        line.tick(1.0)
        socket.receive(bytes(RtpPacket(0, 1, 1, 9, payload(SOUND))), PEER, False)
        line.press("1")
        line.close()
        assert line.session is None
        assert socket.closed

    asyncio.run(main())
