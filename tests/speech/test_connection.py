"""The link over real socket pairs: hearing, saying, stopping, and peers that misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import structlog

from appliance.contracts import speech as link
from appliance.contracts.expectation import Expectation, Kind
from appliance.speech.connection import (
    CHUNK_SAMPLES,
    QUEUE_SAMPLES,
    Connection,
    Engines,
    Inbox,
    Workers,
)
from appliance.speech.recognition.recogniser import CtcRecogniser
from appliance.speech.words.phonemes import PhonemesError
from appliance.system.packs.manifest import PackError
from tests.speech import tones

WAIT = 20.0
"""Seconds after which a test gives up; nothing is expected to take long."""


class Parrot:
    """A voice that says one second of a number for each word, and can be held up."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self.stopped = threading.Event()

    def say(self, text: str, on_audio: Callable[[np.ndarray], bool], speed: float = 1.0) -> bool:
        self.said.append(text)
        if text == "mute":
            raise PhonemesError("espeak-ng is missing")
        for word in text.split():
            if not on_audio(np.full(8000, len(word), np.int16)):
                self.stopped.set()
                return False
            self.gate.wait(WAIT)
        return True


class Peer:
    """The `call` side of one connection."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock

    async def send(self, message: link.Message | bytes) -> None:
        packet = message if isinstance(message, bytes) else link.encode(message)
        await asyncio.get_running_loop().sock_sendall(self.sock, packet)

    async def receive(self) -> link.Message | None:
        """Return the next message; None where the other side has closed."""
        loop = asyncio.get_running_loop()
        try:
            packet = await asyncio.wait_for(loop.sock_recv(self.sock, 70_000), WAIT)
        except ConnectionResetError:
            return None
        return link.decode(packet) if packet else None

    async def until(self, kind: type[link.Message]) -> list[link.Message]:
        """Return messages up to the first of `kind`."""
        found: list[link.Message] = []
        while not found or not isinstance(found[-1], kind):
            message = await self.receive()
            assert message is not None, f"closed before a {kind.__name__}"
            found.append(message)
        return found

    async def play(self, samples: np.ndarray) -> None:
        """Send audio in frames, faster than real time but not faster than it is taken."""
        pcm = (samples * 32767).astype("<i2").tobytes()
        for at in range(0, len(pcm), 320):
            await self.send(link.Audio(pcm[at : at + 320]))
            await asyncio.sleep(0.0005)


class Box:
    """Connections served in this loop."""

    def __init__(self, engines: Engines, workers: Workers) -> None:
        self.engines = engines
        self.workers = workers
        self.tasks: list[asyncio.Task[None]] = []
        self.peers: list[Peer] = []

    def connect(self, *, admitted: bool = True) -> Peer:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        connection = Connection(ours, self.engines, self.workers)
        self.tasks.append(asyncio.ensure_future(connection.run(admitted=admitted)))
        self.peers.append(Peer(theirs))
        return self.peers[-1]

    async def open(self, call: str = "c") -> Peer:
        peer = self.connect()
        await peer.send(link.Open(call))
        assert isinstance(await peer.receive(), link.Opened)
        return peer


@pytest.fixture
def parrot() -> Parrot:
    return Parrot()


@pytest.fixture
def serving(
    tone_recogniser: CtcRecogniser, parrot: Parrot
) -> Callable[[Callable[[Box], Coroutine[Any, Any, None]]], None]:
    """Run a scenario with connections; every one must have ended by its end."""
    engines = Engines(tones.Energetic(), tone_recogniser, parrot, "tones", "parrot", "en")  # type: ignore[arg-type]

    @asynccontextmanager
    async def box() -> AsyncIterator[Box]:
        with ThreadPoolExecutor(2) as decoding, ThreadPoolExecutor(2) as speaking:
            made = Box(engines, Workers(decoding, speaking))
            yield made
            for task in made.tasks:
                task.cancel()
            parrot.gate.set()
            await asyncio.gather(*made.tasks, return_exceptions=True)
            for peer in made.peers:
                peer.sock.close()

    def run(scenario: Callable[[Box], Coroutine[Any, Any, None]]) -> None:
        async def main() -> None:
            async with box() as made:
                await scenario(made)

        asyncio.run(asyncio.wait_for(main(), 60))

    return run


Serving = Callable[[Callable[[Box], Coroutine[Any, Any, None]]], None]
QUIET = tones.silence(0.5)


def test_hears(serving: Serving) -> None:
    """Speech sent up comes down as its beginning, partials and the whole."""

    async def scenario(box: Box) -> None:
        peer = await box.open()
        await peer.send(link.Expect(Expectation(Kind.YES_NO)))
        await peer.play(np.concatenate([QUIET, tones.speak("yes please"), tones.silence(1)]))
        started, *_, heard = await peer.until(link.Heard)
        assert isinstance(started, link.SpeechStarted)
        assert isinstance(heard, link.Heard)
        assert heard.text == "yes please"
        assert started.at == heard.start

    serving(scenario)


class Muffler:
    """A denoiser that takes everything out, for one call or for all."""

    delay = 0

    def stream(self) -> Muffler:
        return self

    def process(self, samples: np.ndarray) -> np.ndarray:
        return np.zeros_like(samples)


def test_a_denoiser_stands_before_the_ears(serving: Serving) -> None:
    """What a pack takes out of the line is not heard."""

    async def scenario(box: Box) -> None:
        box.engines = replace(box.engines, cleaners=Muffler())  # type: ignore[arg-type]
        peer = await box.open()
        await peer.play(np.concatenate([tones.speak("yes"), tones.silence(1.0)]))
        await peer.send(link.Say(1, "one"))
        assert not any(isinstance(m, link.Heard) for m in await peer.until(link.Spoken))

    serving(scenario)


class Guesser:
    """An encoder's intents: one for whatever is said, or a failure."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.asked: list[str] = []

    def of(self, text: str) -> tuple[tuple[str, float], ...]:
        self.asked.append(text)
        if self.fails:
            raise PackError("the graph does not run")
        return (("agree", 0.75), ("", 0.25))


@pytest.mark.parametrize("fails", [False, True])
def test_an_encoder_adds_intents(serving: Serving, fails: bool) -> None:
    """What is heard comes down with an encoder's intents, and without them where it fails."""

    async def scenario(box: Box) -> None:
        guesser = Guesser(fails=fails)
        box.engines = replace(box.engines, intents=guesser)  # type: ignore[arg-type]
        peer = await box.open()
        await peer.send(link.Expect(Expectation(Kind.YES_NO)))
        await peer.play(np.concatenate([QUIET, tones.speak("yes please"), tones.silence(1)]))
        *_, heard = await peer.until(link.Heard)
        assert isinstance(heard, link.Heard)
        assert guesser.asked == [heard.text] == ["yes please"]
        wanted = () if fails else (link.Alternative("agree", 0.75), link.Alternative("", 0.25))
        assert heard.intents == wanted

    serving(scenario)


def test_several_calls(serving: Serving) -> None:
    """Calls at once are heard each for itself."""

    async def scenario(box: Box) -> None:
        async def call(word: str) -> str:
            peer = await box.open(word)
            for _ in range(2):
                await peer.play(np.concatenate([QUIET, tones.speak(word), tones.silence(1)]))
                heard = (await peer.until(link.Heard))[-1]
                assert isinstance(heard, link.Heard)
            return heard.text

        words = ["yes", "no", "hours", "open", "zero", "bill"]
        assert await asyncio.gather(*map(call, words)) == words

    serving(scenario)


def test_says(serving: Serving) -> None:
    """A text comes back as its audio, in packets of bounded size, closed by the last one."""

    async def scenario(box: Box) -> None:
        peer = await box.open()
        await peer.send(link.Say(7, "one three fourteen"))
        spoken: list[link.Spoken] = []
        while not spoken or not spoken[-1].last:
            message = await peer.receive()
            assert isinstance(message, link.Spoken)
            spoken.append(message)
        assert {message.utterance for message in spoken} == {7}
        assert max(len(message.pcm) for message in spoken) <= 2 * CHUNK_SAMPLES
        samples = np.frombuffer(b"".join(message.pcm for message in spoken), "<i2")
        assert samples[::8000].tolist() == [3, 5, 8]
        assert len(samples) == 24_000

    serving(scenario)


def test_stop(serving: Serving, parrot: Parrot) -> None:
    """After Stop the voice stops at its next clause and the utterance is closed."""

    async def scenario(box: Box) -> None:
        parrot.gate.clear()
        peer = await box.open()
        await peer.send(link.Say(1, "one two three four five six"))
        first = await peer.receive()
        assert isinstance(first, link.Spoken)
        assert first.pcm
        await peer.send(link.Stop(1))
        await peer.send(link.Stop(99))
        await asyncio.sleep(0.05)
        parrot.gate.set()
        last = (await peer.until(link.Spoken))[-1]
        while isinstance(last, link.Spoken) and not last.last:
            last = (await peer.until(link.Spoken))[-1]
        assert parrot.stopped.is_set()
        await peer.send(link.Say(1, "again"))
        again = await peer.receive()
        assert isinstance(again, link.Spoken)
        assert len(again.pcm) == 16_000

    serving(scenario)


def test_speaking_does_not_stop_hearing(serving: Serving, parrot: Parrot) -> None:
    """While the voice is busy, with this call or another, callers are heard."""

    async def scenario(box: Box) -> None:
        parrot.gate.clear()
        peer, other = await box.open(), await box.open()
        for number in range(3):
            await other.send(link.Say(number, "one two three"))
        await peer.send(link.Say(1, "one two three"))
        await peer.play(np.concatenate([QUIET, tones.speak("yes"), tones.silence(1)]))
        heard = (await peer.until(link.Heard))[-1]
        assert isinstance(heard, link.Heard)
        assert heard.text == "yes"

    serving(scenario)


def test_mute_voice(serving: Serving) -> None:
    """Where the voice cannot speak the utterance is closed without audio."""

    async def scenario(box: Box) -> None:
        peer = await box.open()
        await peer.send(link.Say(1, "mute"))
        assert await peer.receive() == link.Spoken(1, b"", last=True)

    serving(scenario)


@pytest.mark.parametrize(
    ("opening", "reason"),
    [
        (link.Open("c", version=99), "version"),
        (link.Open("c", language="de"), "speak 'en' only"),
    ],
)
def test_refused(serving: Serving, opening: link.Open, reason: str) -> None:
    """A call that cannot be served is refused in words, then closed."""

    async def scenario(box: Box) -> None:
        peer = box.connect()
        await peer.send(opening)
        refused = await peer.receive()
        assert isinstance(refused, link.Refused)
        assert reason in refused.reason
        assert await peer.receive() is None

    serving(scenario)


def test_full(serving: Serving) -> None:
    """One call too many is refused in words."""

    async def scenario(box: Box) -> None:
        peer = box.connect(admitted=False)
        await peer.send(link.Open("c"))
        assert isinstance(await peer.receive(), link.Refused)

    serving(scenario)


def test_regional_language(serving: Serving) -> None:
    """A regional form of the packs' language is served."""

    async def scenario(box: Box) -> None:
        peer = box.connect()
        await peer.send(link.Open("c", language="en-GB"))
        assert isinstance(await peer.receive(), link.Opened)

    serving(scenario)


GARBAGE: list[bytes] = [
    b"\xff", b"\x01{}", b"\x01[]", b"\x01" + b"[" * 5000, b"\x02\x01", b"\x03{}",
    b'\x03{"expectation":{"kind":"choice","phrases":[],"shortest":0,"longest":0}}',
    b'\x04{"utterance":"x","text":3}', bytes(range(256)) * 250,
    link.encode(link.Opened("a", "b")), link.encode(link.Open("again")),
    link.encode(link.Spoken(1, b"xx")),
]  # fmt: skip


@pytest.mark.parametrize("packet", GARBAGE)
def test_garbage(serving: Serving, packet: bytes) -> None:
    """A peer that breaks the protocol loses its connection; the others go on."""

    async def scenario(box: Box) -> None:
        good, bad = await box.open(), await box.open()
        with structlog.testing.capture_logs() as logs:
            await bad.send(packet)
            assert await bad.receive() is None
        assert [entry["event"] for entry in logs] == ["link broken by the peer"]
        await good.play(np.concatenate([QUIET, tones.speak("no"), tones.silence(1)]))
        heard = (await good.until(link.Heard))[-1]
        assert isinstance(heard, link.Heard)
        assert heard.text == "no"

    serving(scenario)


def test_log_holds_no_content(serving: Serving) -> None:
    """What a broken packet held does not reach the log."""

    async def scenario(box: Box) -> None:
        peer = await box.open()
        with structlog.testing.capture_logs() as logs:
            await peer.send(b'\x04{"secret card number": 4711}')
            assert await peer.receive() is None
        assert logs
        assert "4711" not in repr(logs)
        assert "secret" not in repr(logs)

    serving(scenario)


@pytest.mark.parametrize("packet", [link.Audio(b"\x00\x00"), link.Say(1, "x"), b"\x00"])
def test_before_open(serving: Serving, packet: link.Message | bytes) -> None:
    """Whoever does not open first is not served."""

    async def scenario(box: Box) -> None:
        peer = box.connect()
        await peer.send(packet)
        assert await peer.receive() is None

    serving(scenario)


def test_peer_leaves(serving: Serving, parrot: Parrot) -> None:
    """A peer may leave at any moment: its work ends with it."""

    async def scenario(box: Box) -> None:
        parrot.gate.clear()
        for words in ("", "one two three four"):
            peer = await box.open()
            if words:
                await peer.send(link.Say(1, words))
                await peer.receive()
            await peer.play(tones.speak("yes"))
            peer.sock.close()
        box.connect().sock.close()
        await asyncio.wait(box.tasks, timeout=WAIT)
        assert all(task.done() and task.exception() is None for task in box.tasks)
        parrot.gate.set()

    serving(scenario)


def test_number_in_use(serving: Serving, parrot: Parrot) -> None:
    """A Say with the number of one that is being said breaks the protocol."""

    async def scenario(box: Box) -> None:
        parrot.gate.clear()
        peer = await box.open()
        await peer.send(link.Say(1, "one two"))
        await peer.receive()
        await peer.send(link.Say(1, "one two"))
        assert await peer.receive() is None

    serving(scenario)


def test_failure_ends_the_call(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a model fails the connection closes, so that `call` can rescue its caller."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    async def scenario(box: Box) -> None:
        peer = await box.open()
        monkeypatch.setattr(type(box.engines.recogniser), "partial", fail)
        with contextlib.suppress(ConnectionError):
            await peer.play(np.concatenate([QUIET, tones.speak("no")]))
        assert isinstance((await peer.until(link.SpeechStarted))[-1], link.SpeechStarted)
        assert await peer.receive() is None

    serving(scenario)


def test_flood_does_not_starve(serving: Serving, parrot: Parrot) -> None:
    """However much one peer has sent, another is served in its turn, not after all of it."""

    async def scenario(box: Box) -> None:
        flooding, peer = await box.open(), await box.open()
        # Sent in one go, before the serving side runs: all of it waits in the socket.
        for number in range(100):
            flooding.sock.send(link.encode(link.Say(number, "flood")))
        peer.sock.send(link.encode(link.Say(1, "peer")))
        await peer.until(link.Spoken)
        assert parrot.said.index("peer") < 20

    serving(scenario)


def test_inbox_keeps_order() -> None:
    """Packets come out as they went in."""
    inbox = Inbox()
    for number in range(10):
        inbox.push(bytes([number, 0]))
    assert [inbox.pop() for _ in range(10)] == [
        (0, bytes([number, 0]), b"") for number in range(10)
    ]
    assert inbox.pop() is None
    assert (len(inbox), inbox.dropped) == (0, 0)


def test_inbox_drops_the_oldest() -> None:
    """Beyond a second the oldest audio goes, is counted, and its time is told with what follows."""
    inbox = Inbox()
    for number in range(70):
        inbox.push(bytes([number]) * 320)
    assert len(inbox) == QUEUE_SAMPLES
    assert inbox.dropped == 20 * 160
    assert inbox.pop() == (20 * 160, bytes([20]) * 320, b"")
    assert inbox.pop() == (0, bytes([21]) * 320, b"")
    inbox.push(bytes(320))
    assert inbox.dropped == 20 * 160


def test_inbox_takes_no_giant() -> None:
    """A packet of more than a second leaves nothing waiting, only its length."""
    inbox = Inbox()
    inbox.push(bytes(3 * QUEUE_SAMPLES))
    assert inbox.pop() is None
    inbox.push(b"\x01\x00", b"")
    assert inbox.pop() == (3 * QUEUE_SAMPLES // 2, b"\x01\x00", b"")
