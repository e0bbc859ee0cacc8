"""One call's end of the link in the speech process.

    socket ─► receive ─► Inbox (≤ 1 s, drops the oldest) ─► Listener ─┬─► messages ─► socket
                 │                                          jobs ─► decoding threads
                 └─► Say ─► voice threads ─► Spoken (≤ 20 kB each) ─────────────────► socket

Everything here runs on the loop of the process; only jobs and synthesis run in threads. A peer
that does not read, or whose jobs are slow, holds up nobody but itself.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import structlog

from appliance.contracts import speech as link
from appliance.speech.turns.echo import EchoCanceller
from appliance.speech.turns.listening import Listener
from appliance.speech.words.phonemes import PhonemesError
from appliance.system.packs.manifest import PackError

if TYPE_CHECKING:
    import socket
    from collections.abc import Coroutine
    from concurrent.futures import Executor

    from appliance.speech.engines.base import Recogniser, Speaker
    from appliance.speech.engines.denoise import Cleaners
    from appliance.speech.turns.listening import Job
    from appliance.speech.turns.turnend import TurnModel
    from appliance.speech.turns.vad import Detector
    from appliance.speech.understanding.heads import Intents

log = structlog.get_logger(__name__)

Int16s = npt.NDArray[np.int16]

QUEUE_SAMPLES: Final = link.SAMPLE_RATE
"""Samples of upward audio that may wait: one second; beyond it the oldest are dropped."""
CHUNK_SAMPLES: Final = 10_000
"""Samples of one Spoken: 20 kB, below what a Unix socket takes in one packet everywhere."""
SAYINGS: Final = 256
"""Texts of one call that may wait to be said: a dialogue's prompts, rendered ahead, are fewer."""
OPEN_WITHIN: Final = 5.0
"""Seconds for the first packet."""
_FULL_SCALE: Final = np.float32(1 / 32768)


@dataclass(frozen=True, slots=True)
class Engines:
    """The loaded models, shared by all calls."""

    detector: Detector
    recogniser: Recogniser
    voice: Speaker
    stt: str
    tts: str
    language: str
    turns: TurnModel | None = None
    """What judges whether a pause ends a turn; None: patience is fixed."""
    cleaners: Cleaners | None = None
    """What takes noise out of callers' lines; None: nothing does."""
    intents: Intents | None = None
    """What tells a sentence's intents by an encoder; None: there is none."""

    def listener(self) -> Listener:
        """Return the hearing of one more call."""
        return Listener(self.detector, self.recogniser, self.turns)


@dataclass(frozen=True, slots=True)
class Workers:
    """Where heavy work runs; two pools, so that a long text never delays the end of a turn."""

    decoding: Executor
    speaking: Executor


class Inbox:
    """Upward audio that waits to be heard; pure."""

    def __init__(self) -> None:
        self._packets: deque[tuple[bytes, bytes]] = deque()
        self._waiting = 0
        self._skipped = 0
        self.dropped = 0
        """Samples dropped since the connection began."""

    def __len__(self) -> int:
        return self._waiting

    def push(self, pcm: bytes, played: bytes = b"") -> None:
        """Append 16-bit samples, and what was played; drop the oldest packets beyond a second."""
        self._packets.append((pcm, played))
        self._waiting += len(pcm) // 2
        while self._waiting > QUEUE_SAMPLES:
            lost = len(self._packets.popleft()[0]) // 2
            self._waiting -= lost
            self._skipped += lost
            self.dropped += lost

    def pop(self) -> tuple[int, bytes, bytes] | None:
        """Return how many samples were dropped before the next packet, and its two sounds.

        None when empty.
        """
        if not self._packets:
            return None
        pcm, played = self._packets.popleft()
        self._waiting -= len(pcm) // 2
        skipped, self._skipped = self._skipped, 0
        return skipped, pcm, played


class Connection:
    """Serves one accepted socket until either side ends."""

    def __init__(self, sock: socket.socket, engines: Engines, workers: Workers) -> None:
        self._sock = sock
        self._engines = engines
        self._workers = workers
        self._listener = engines.listener()
        self._echo = EchoCanceller()
        self._cleaner = None if engines.cleaners is None else engines.cleaners.stream()
        self._inbox = Inbox()
        self._arrived = asyncio.Event()
        self._sending = asyncio.Lock()
        self._sayings: dict[int, _Saying] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()
        self._call = ""

    async def run(self, *, admitted: bool) -> None:
        """Serve until the peer closes or breaks the protocol; cancellation closes cleanly."""
        try:
            if await self._open(admitted=admitted):
                self._spawn(self._hear())
                self._spawn(self._receive())
                await self._ended.wait()
        except link.LinkError as error:
            self._broken(error)
        except OSError:
            log.info("peer gone", call=self._call)
        finally:
            for saying in self._sayings.values():
                saying.stop()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._sock.close()
            if self._inbox.dropped:
                log.warning("audio dropped", call=self._call, samples=self._inbox.dropped)

    async def _open(self, *, admitted: bool) -> bool:
        """Take the first packet; return whether the call is served."""
        try:
            first = await asyncio.wait_for(self._next(), OPEN_WITHIN)
        except TimeoutError:
            raise link.LinkError("nothing was said first") from None
        if first is None:
            return False
        if not isinstance(first, link.Open):
            raise link.LinkError(f"a {type(first).__name__} before Open")
        self._call = first.call[:40]
        refusal = self._refusal(first, admitted=admitted)
        if refusal:
            log.warning("call refused", call=self._call, reason=refusal)
            await self._send(link.Refused(refusal))
            return False
        await self._send(link.Opened(self._engines.stt, self._engines.tts))
        return True

    def _refusal(self, first: link.Open, *, admitted: bool) -> str:
        if first.version != link.VERSION:
            return f"this is version {link.VERSION} of the link, not {first.version}"
        if first.language.split("-")[0] != self._engines.language:
            return f"the installed packs speak '{self._engines.language}' only"
        return "" if admitted else "as many calls as this machine can hear are being served"

    async def _receive(self) -> None:
        while (message := await self._next()) is not None:
            if isinstance(message, link.Audio):
                self._inbox.push(message.pcm, message.played)
                self._arrived.set()
            elif isinstance(message, link.Expect):
                self._listener.expect(message.expectation)
                self._spawn(self._prepare(message))
            elif isinstance(message, link.Say):
                self._say(message)
            elif isinstance(message, link.Stop):
                if message.utterance in self._sayings:
                    self._sayings[message.utterance].stop()
            else:
                raise link.LinkError(f"a {type(message).__name__} from this side of the link")
            # A socket that always has something to read would never let the loop go otherwise.
            await asyncio.sleep(0)
        self._ended.set()

    async def _next(self) -> link.Message | None:
        """Return the next message; None where the peer has closed."""
        loop = asyncio.get_running_loop()
        packet = await loop.sock_recv(self._sock, link.MAXIMUM_PACKET + 1)
        return link.decode(packet) if packet else None

    async def _send(self, message: link.Message) -> None:
        async with self._sending:
            await self._send_now(message)

    async def _send_now(self, message: link.Message) -> None:
        await asyncio.get_running_loop().sock_sendall(self._sock, link.encode(message))

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        """A failed task ends the connection: `call` must not wait for words that cannot come."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        if isinstance(error, link.LinkError):
            self._broken(error)
        elif isinstance(error, OSError):
            log.info("peer gone", call=self._call)
        else:
            log.error("work for a call failed", call=self._call, error=type(error).__name__)
        self._ended.set()

    def _broken(self, error: link.LinkError) -> None:
        # Only what stands before a colon: the rest may hold something that the peer wrote.
        reason = str(error).partition(":")[0]
        log.warning("link broken by the peer", call=self._call, reason=reason)

    async def _prepare(self, message: link.Expect) -> None:
        loop = asyncio.get_running_loop()
        prepare = self._engines.recogniser.prepare
        await loop.run_in_executor(self._workers.decoding, prepare, message.expectation)

    async def _hear(self) -> None:
        """Let the listener hear what arrives, and run its jobs one after the other."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while (packet := self._inbox.pop()) is not None:
                skipped, pcm, played = packet
                if skipped:
                    self._listener.skip(skipped)
                heard, far = (
                    np.frombuffer(part, "<i2").astype(np.float32) * _FULL_SCALE
                    for part in (pcm, played)
                )
                alone = self._echo.process(heard, far if played else None)
                if self._cleaner is not None:
                    alone = self._cleaner.process(alone)
                self._listener.feed(alone)
                await self._report()
            # Other calls take their turn after each batch of this one.
            await asyncio.sleep(0)

    async def _report(self) -> None:
        await self._flush()
        job = self._listener.job()
        if job is not None:
            self._spawn(self._work(job))

    async def _flush(self) -> None:
        """Send what the listener has to say; under one lock, so that the order stays."""
        async with self._sending:
            for message in self._listener.messages():
                if isinstance(message, link.Heard) and self._engines.intents is not None:
                    message = await self._understood(message, self._engines.intents)  # noqa: PLW2901
                await self._send_now(message)

    async def _understood(self, heard: link.Heard, intents: Intents) -> link.Heard:
        """Add what an encoder makes of an utterance; without it where that cannot be said."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._workers.decoding, intents.of, heard.text)
        except PackError as error:
            log.error("encoder failed", call=self._call, reason=str(error))  # noqa: TRY400
            return heard
        return replace(heard, intents=tuple(link.Alternative(name, sure) for name, sure in found))

    async def _work(self, job: Job | None) -> None:
        loop = asyncio.get_running_loop()
        while job is not None:
            result = await loop.run_in_executor(self._workers.decoding, job.run)
            self._listener.done(job, result)
            await self._flush()
            job = self._listener.job()

    def _say(self, message: link.Say) -> None:
        if message.utterance in self._sayings:
            raise link.LinkError("a Say whose number is in use")
        if len(self._sayings) >= SAYINGS:
            raise link.LinkError(f"more than {SAYINGS} texts to say at once")
        saying = _Saying(asyncio.get_running_loop())
        self._sayings[message.utterance] = saying
        self._spawn(self._speak(message, saying))

    async def _speak(self, message: link.Say, saying: _Saying) -> None:
        loop = asyncio.get_running_loop()
        voice, speed = self._engines.voice, min(max(message.speed, 0.5), 2.0)

        def work() -> None:
            try:
                if not saying.stopped:
                    voice.say(message.text, saying.take, speed)
            except PhonemesError as error:
                # Names what to install, nothing of the text; a traceback would add nothing.
                reason = str(error)
                log.error("the voice cannot speak", call=self._call, reason=reason)  # noqa: TRY400
            finally:
                saying.finish()

        done = loop.run_in_executor(self._workers.speaking, work)
        try:
            while (chunk := await saying.chunks.get()) is not None:
                for at in range(0, len(chunk), CHUNK_SAMPLES):
                    if saying.stopped:
                        break
                    pcm = chunk[at : at + CHUNK_SAMPLES].astype("<i2").tobytes()
                    await self._send(link.Spoken(message.utterance, pcm))
            await done
            await self._send(link.Spoken(message.utterance, b"", last=True))
        finally:
            saying.stop()
            self._sayings.pop(message.utterance, None)


class _Saying:
    """The way of one utterance's audio from its thread to the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._stop = threading.Event()
        self.chunks: asyncio.Queue[Int16s | None] = asyncio.Queue()

    @property
    def stopped(self) -> bool:
        """Whether the audio is no longer wanted."""
        return self._stop.is_set()

    def stop(self) -> None:
        """End the synthesis at its next clause; safe from any thread."""
        self._stop.set()

    def take(self, samples: Int16s) -> bool:
        """Take audio in the voice's thread; return whether more is wanted."""
        if not self.stopped:
            self._put(samples)
        return not self.stopped

    def finish(self) -> None:
        """Close the way, in the voice's thread."""
        self._put(None)

    def _put(self, item: Int16s | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self.chunks.put_nowait, item)
        except RuntimeError:
            # The loop has closed while this thread was rendering: nobody waits for the audio.
            self._stop.set()
