"""The speech process: loads the packs once and serves the link of `contracts.speech`.

It has no network: one Unix socket, readable by its user and group, is all that leads here.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import signal
import socket
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import structlog

from appliance.contracts.errors import UserError
from appliance.speech.connection import Connection, Engines, Workers
from appliance.speech.engines.denoise import load_denoiser
from appliance.speech.engines.table import load_recogniser, load_speaker
from appliance.speech.turns.turnend import TurnModel
from appliance.speech.turns.vad import Detector
from appliance.speech.understanding.encoder import Encoder
from appliance.speech.understanding.heads import Intents
from appliance.speech.words.pronunciation import PronunciationFile
from appliance.system.packs.manifest import PackError, PackKind, load_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from appliance.system.packs.manifest import Folders, Pack

log = structlog.get_logger(__name__)

DEFAULT_CAPACITY: Final = 20
"""Calls heard at once."""
_DECODING_THREADS: Final = 2
_SPEAKING_THREADS: Final = 2
_BEAT: Final = 5.0
"""Seconds between two signs of life."""
_SOCKET_MODE: Final = 0o660


def load_engines(
    packs: Folders,
    *,
    stt: str,
    tts: str,
    vad: str,
    turn: str = "",
    denoise: str = "",
    encoder: str = "",
    learnt: Callable[[], Path] | None = None,
    threads: int = 1,
    loudness: float = 0.0,
    pronunciation: Path | None = None,
    instead: Mapping[PackKind, str] | None = None,
) -> Engines:
    """Verify and load the packs by name; without `turn`, `denoise`, `encoder` the box does without.

    `learnt`: where the file is that the published dialogue taught the encoder (`encoder.bin`).
    `loudness`: dB of the voice against telephone level; `pronunciation`: the site's file of names.
    `instead`: the packs that were in use before, which serve where one of these is damaged.
    Raises PackError (a UserError) where one is missing, damaged, or of another language than the
    others; espeak-ng missing is a UserError as well.
    """

    def verified(name: str, kind: PackKind) -> Pack:
        other = (instead or {}).get(kind, "")
        try:
            return load_kind(packs, name, kind)
        except PackError as error:
            if not other:
                raise
            log.error("pack refused", pack=name, reason=str(error), instead=other)  # noqa: TRY400
            return load_kind(packs, other, kind)

    hearing = verified(stt, PackKind.STT)
    speaking = verified(tts, PackKind.TTS)
    activity = verified(vad, PackKind.VAD)
    if hearing.language != speaking.language:
        raise PackError(
            f"Pack '{stt}' hears '{hearing.language}' but pack '{tts}' speaks "
            f"'{speaking.language}': choose two of the same language in the settings."
        )
    began = time.monotonic()
    names = PronunciationFile(pronunciation).current if pronunciation else lambda: None
    speaker = load_speaker(speaking, threads, loudness=loudness, lexicon=names)
    engines = Engines(
        Detector(activity.path("model")),
        load_recogniser(hearing, threads),
        speaker,
        hearing.name,
        speaker.identity,
        hearing.language,
        _turns(verified(turn, PackKind.TURN), hearing.language) if turn else None,
        load_denoiser(verified(denoise, PackKind.DENOISE), threads) if denoise else None,
        _intents(verified(encoder, PackKind.ENCODER), learnt, threads, hearing.language)
        if encoder
        else None,
    )
    log.info("packs loaded", stt=stt, tts=tts, vad=vad, seconds=round(time.monotonic() - began, 2))
    return engines


def _turns(pack: Pack, language: str) -> TurnModel | None:
    """Load what judges pauses; a caller of another language pauses after other words."""
    if pack.language != language:
        log.warning("pack not used", pack=pack.name, reason=f"the box hears '{language}'")
        return None
    return TurnModel(pack.path("weights"))


def _intents(
    pack: Pack, learnt: Callable[[], Path] | None, threads: int, language: str
) -> Intents | None:
    """Load what tells a sentence's intents, where a dialogue can have taught it."""
    if pack.language not in {language, "any"}:
        log.warning("pack not used", pack=pack.name, reason=f"the box hears '{language}'")
        return None
    return None if learnt is None else Intents(Encoder(pack, threads), learnt)


def listen(path: Path) -> socket.socket:
    """Return a listening, non-blocking SOCK_SEQPACKET socket at `path`, for user and group only.

    A socket file that nobody serves any more is replaced. Raises UserError where somebody does, or
    where the path cannot be used.
    """
    _clear(path)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        server.bind(str(path))
        path.chmod(_SOCKET_MODE)
    except OSError as error:
        server.close()
        raise UserError(
            f"The socket {path} cannot be made ({error.strerror or error}): choose another path "
            "under speech.socket in the settings or --socket."
        ) from None
    server.listen(64)
    server.setblocking(False)
    return server


def _clear(path: Path) -> None:
    """Remove a socket file that a dead process left behind."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise UserError(
            f"The folder of the socket {path} cannot be used ({error.strerror}): choose another "
            "path under speech.socket in the settings or --socket."
        ) from None
    if not stat.S_ISSOCK(mode):
        raise UserError(f"{path} is a file and no socket: choose another path for the socket.")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
        else:
            raise UserError(
                f"Another speech process serves {path}: stop it first or choose another --socket."
            )


async def serve(
    path: Path,
    engines: Engines,
    *,
    capacity: int = DEFAULT_CAPACITY,
    on_ready: Callable[[], None] | None = None,
    on_beat: Callable[[], None] | None = None,
) -> None:
    """Serve calls at `path` until SIGTERM or SIGINT, or until cancelled; then remove the socket.

    `on_ready` is called once calls can come, `on_beat` every 5 s from the loop (a watchdog).
    Raises UserError as `listen`.
    """
    server = listen(path)
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
        # Signals are the main thread's; a test that serves from another cancels instead.
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
    decoding = ThreadPoolExecutor(_DECODING_THREADS, "decode")
    speaking = ThreadPoolExecutor(_SPEAKING_THREADS, "speak")
    accepting = asyncio.ensure_future(
        _accept(server, engines, Workers(decoding, speaking), capacity)
    )
    try:
        if on_ready is not None:
            on_ready()
        log.info("ready", socket=str(path), capacity=capacity)
        while not stopping.is_set() and not accepting.done():
            if on_beat is not None:
                on_beat()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), _BEAT)
        if accepting.done():
            accepting.result()
    finally:
        accepting.cancel()
        await asyncio.gather(accepting, return_exceptions=True)
        _close(server, path)
        decoding.shutdown(wait=False, cancel_futures=True)
        speaking.shutdown(wait=False, cancel_futures=True)
        log.info("stopped")


def _release(sock: socket.socket, _call: asyncio.Task[None]) -> None:
    sock.close()


def _close(server: socket.socket, path: Path) -> None:
    server.close()
    path.unlink(missing_ok=True)


async def _accept(server: socket.socket, engines: Engines, workers: Workers, capacity: int) -> None:
    loop = asyncio.get_running_loop()
    calls: set[asyncio.Task[None]] = set()
    try:
        while True:
            sock, _ = await loop.sock_accept(server)
            sock.setblocking(False)
            connection = Connection(sock, engines, workers)
            task = asyncio.ensure_future(connection.run(admitted=len(calls) < capacity))
            calls.add(task)
            task.add_done_callback(calls.discard)
            # A task that is cancelled before it has begun closes nothing itself.
            task.add_done_callback(functools.partial(_release, sock))
    finally:
        for task in list(calls):
            task.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
