"""The caller's voice, against a speech process made of a few lines."""

import asyncio
import socket
from pathlib import Path

import pytest

from appliance.audio.wav import write_wav
from appliance.contracts import speech
from appliance.contracts.errors import UserError
from appliance.exchange import voices
from appliance.exchange.voices import Voice, VoiceError, load_clip


class Speech:
    """Answers one connection by a script: text of Say → packets to send back."""

    def __init__(self, folder: Path, opening: speech.Downward) -> None:
        self.path = folder / "s"
        self.said: list[str] = []
        self._opening = opening
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.setblocking(False)
        self._socket.bind(str(self.path))
        self._socket.listen()

    async def serve(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            link, _ = await loop.sock_accept(self._socket)
        except asyncio.CancelledError:
            self._socket.close()
            raise
        with self._socket, link:
            while packet := await loop.sock_recv(link, speech.MAXIMUM_PACKET):
                message = speech.decode(packet)
                if isinstance(message, speech.Open):
                    await loop.sock_sendall(link, speech.encode(self._opening))
                elif isinstance(message, speech.Say):
                    self.said.append(message.text)
                    if message.text == "die":
                        return
                    number, half = message.utterance, b"\1\0" * 80
                    body = half if message.text != "nothing" else b""
                    for part in (
                        speech.Spoken(99, b"\7\7"),
                        speech.Spoken(number, body),
                        speech.Spoken(number, body, last=True),
                    ):
                        await loop.sock_sendall(link, speech.encode(part))


def run(folder: Path, scene, opening: speech.Downward | None = None):
    async def main():
        peer = Speech(folder, opening or speech.Opened("ears", "voice-1"))
        task = asyncio.ensure_future(peer.serve())
        try:
            async with Voice(peer.path, folder / "clips") as voice:
                await scene(voice, peer)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())


def test_sentence_is_rendered_once(tmp_path: Path) -> None:
    """A sentence comes whole, chunks of others left out, and the second time from the cache."""

    async def scene(voice: Voice, peer: Speech) -> None:
        pcm = await voice.render("hello")
        assert pcm == b"\1\0" * 160
        assert await voice.render("hello") == pcm
        assert peer.said == ["hello"]

    run(tmp_path, scene)


def test_no_audio_is_told(tmp_path: Path) -> None:
    """A sentence without audio is an error that names it, and is not kept."""

    async def scene(voice: Voice, peer: Speech) -> None:
        for _ in range(2):
            with pytest.raises(VoiceError, match="nothing"):
                await voice.render("nothing")
        assert len(peer.said) == 2

    run(tmp_path, scene)


def test_refusal_is_passed_on(tmp_path: Path) -> None:
    """A speech process that refuses is quoted."""

    async def scene(voice: Voice, peer: Speech) -> None:
        with pytest.raises(VoiceError, match="it is full"):
            await voice.render("hello")

    run(tmp_path, scene, speech.Refused("it is full"))


def test_death_is_told(tmp_path: Path) -> None:
    """A speech process that dies in the middle ends the wait with a sentence."""

    async def scene(voice: Voice, peer: Speech) -> None:
        with pytest.raises(VoiceError):
            await voice.render("die")

    run(tmp_path, scene)


def test_absence_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody at the socket is an error after the time that was given."""
    monkeypatch.setattr(voices, "RETRY", 0.001)

    async def scene() -> None:
        with pytest.raises(VoiceError, match="does not answer"):
            await Voice(tmp_path / "none", tmp_path).connect(within=0.01)

    asyncio.run(scene())


def test_users_recording_must_be_a_telephones(tmp_path: Path) -> None:
    """A WAV of 8 kHz mono is taken; anything else is refused with what to do."""
    file = tmp_path / "a.wav"
    file.write_bytes(write_wav(b"\1\0" * 100))
    assert load_clip(file) == b"\1\0" * 100
    file.write_bytes(write_wav(b"\1\0" * 100, rate=16_000))
    with pytest.raises(UserError, match="sox"):
        load_clip(file)
    file.write_bytes(b"no wav")
    with pytest.raises(UserError, match=r"a\.wav"):
        load_clip(file)
    with pytest.raises(UserError, match="cannot be read"):
        load_clip(tmp_path / "none.wav")
