"""The caller's voice: sentences rendered by the box's own voice pack, and kept.

    text --Say--> speech process --Spoken--> PCM --> folder of WAV files

A customer of the speech link like `call`, so that a demonstration needs no audio from outside.
"""

from __future__ import annotations

import asyncio
import hashlib
import socket
from pathlib import Path
from typing import Final

from appliance.audio.wav import WavError, read_wav, write_wav
from appliance.contracts import speech
from appliance.contracts.errors import UserError

PATIENCE: Final = 20.0
"""s without anything from the speech process after which it is given up."""
RETRY: Final = 0.05
"""s between attempts to reach a speech process that is still loading its models."""


class VoiceError(UserError):
    """No audio for a sentence; the text says why."""


def load_clip(file: Path) -> bytes:
    """Return the PCM of a WAV file given by the user. Raises UserError."""
    try:
        wav = read_wav(file.read_bytes())
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}") from None
    except WavError as error:
        raise UserError(f"{file}: {error}") from None
    if (wav.rate, wav.channels) != (8000, 1):
        raise UserError(
            f"{file} has {wav.channels} channels at {wav.rate} Hz and telephones speak 8000 Hz "
            f"mono: convert it with: sox {file.name} -r 8000 -c 1 -b 16 OUT.wav"
        )
    return wav.pcm


class Voice:
    """Renders sentences over one connection; use it as an asynchronous context manager."""

    def __init__(self, link: Path, cache: Path) -> None:
        self._path = link
        self._cache = cache
        self._socket: socket.socket | None = None
        self._pack = ""
        self._utterance = 0

    async def __aenter__(self) -> Voice:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    async def connect(self, within: float = 60.0) -> None:
        """Open the link, waiting for the speech process to be ready. Raises VoiceError."""
        loop = asyncio.get_running_loop()
        end = loop.time() + within
        while True:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            sock.setblocking(False)
            try:
                await loop.sock_connect(sock, str(self._path))
                break
            except OSError as error:
                sock.close()
                if loop.time() >= end:
                    raise VoiceError(f"the speech process does not answer: {error}") from None
            await asyncio.sleep(RETRY)
        self._socket = sock
        await self._send(speech.Open("desk"))
        match await self._receive():
            case speech.Opened(tts=pack):
                self._pack = pack
            case speech.Refused(reason):
                raise VoiceError(f"the speech process refuses: {reason}")
            case other:
                raise VoiceError(f"the speech process opened with {type(other).__name__}")

    def close(self) -> None:
        """Close the link."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    async def render(self, text: str, speed: float = 1.0) -> bytes:
        """Return `text` as 16-bit PCM at 8 kHz, from the cache where it is there."""
        if self._socket is None:
            await self.connect()
        key = hashlib.sha256(f"{self._pack}\n{speed}\n{text}".encode()).hexdigest()[:24]
        file = self._cache / f"{key}.wav"
        if file.exists():
            return read_wav(file.read_bytes()).pcm
        pcm = await self._say(text, speed)
        self._cache.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".part")
        partial.write_bytes(write_wav(pcm))
        partial.replace(file)
        return pcm

    async def _say(self, text: str, speed: float) -> bytes:
        self._utterance += 1
        await self._send(speech.Say(self._utterance, text, speed))
        pcm = bytearray()
        while True:
            message = await self._receive()
            if isinstance(message, speech.Spoken) and message.utterance == self._utterance:
                pcm += message.pcm
                if message.last:
                    break
        if not pcm:
            raise VoiceError(f"the voice has no audio for '{text}'")
        return bytes(pcm)

    async def _send(self, message: speech.Upward) -> None:
        try:
            await asyncio.get_running_loop().sock_sendall(self._open(), speech.encode(message))
        except OSError as error:
            raise VoiceError(f"the speech process went away: {error.strerror}") from None

    async def _receive(self) -> speech.Message:
        loop = asyncio.get_running_loop()
        try:
            packet = await asyncio.wait_for(
                loop.sock_recv(self._open(), speech.MAXIMUM_PACKET), PATIENCE
            )
            return speech.decode(packet)
        except TimeoutError:
            raise VoiceError(f"the speech process said nothing for {PATIENCE:.0f} s") from None
        except OSError as error:
            raise VoiceError(f"the speech process went away: {error.strerror}") from None
        except speech.LinkError as error:
            raise VoiceError(f"the speech process is gone or of another version: {error}") from None

    def _open(self) -> socket.socket:
        if self._socket is None:
            raise VoiceError("the link to the speech process is closed")
        return self._socket
