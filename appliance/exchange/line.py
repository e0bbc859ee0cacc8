"""The audio half of a telephone in a call: plays, listens, presses keys, and takes the time.

    say(pcm) --> queue --20 ms--> MediaSession.send --> socket --> box
    heard    <-- 20 ms -- MediaSession.pull <-- jitter buffer <-- socket <-- box
    TurnMeter <----- voiced or not, of frames as they leave and packets as they arrive

Sends a frame each 20 ms, silence too, as telephones without voice activity detection do.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from dataclasses import dataclass
from typing import Final

from appliance import sip
from appliance.audio import pcm as audio
from appliance.audio.g711 import CODECS
from appliance.exchange.recording import decode
from appliance.exchange.turns import TurnMeter
from appliance.rtp import KeyPressed, MediaSession
from appliance.system.media import agreed
from appliance.system.ports import MediaSocket

FRAME: Final = 320
"""Bytes of 20 ms."""
VOICED: Final = -45.0
"""dBFS of a packet from which on the peer is taken to speak."""
BELOW_PEAK: Final = 35.0
"""dB under the loudest frame of a clip down to which a frame of it counts as voiced."""
SILENCE: Final = bytes(FRAME)


@dataclass(slots=True)
class _Clip:
    frames: deque[tuple[bytes, bool]]
    """Each with whether it is voiced."""
    text: str
    done: asyncio.Future[None]
    started: bool = False


class Line:
    """One call's audio. Driven by a Pacer through `tick`; `attach` starts the listening."""

    def __init__(self, socket: MediaSocket) -> None:
        self.meter = TurnMeter()
        self.keys: list[str] = []
        """Keys that the peer pressed."""
        self.heard = bytearray()
        """What the peer sent, played out: PCM from the first tick on."""
        self.began: float | None = None
        """Loop time of the first sample of `heard`."""
        self._bare = True
        """Whether the peer's speech can be told from its packets as they arrive."""
        self._encrypted = False
        self._socket = socket
        self._loop = asyncio.get_running_loop()
        self._session: MediaSession | None = None
        self._clips: deque[_Clip] = deque()
        socket.attach(self._receive)

    @property
    def port(self) -> int:
        """The RTP port to offer."""
        return self._socket.port

    @property
    def session(self) -> MediaSession | None:
        """The media session, from the moment the call is answered."""
        return self._session

    @property
    def speaking(self) -> bool:
        """Whether something is still to be said."""
        return bool(self._clips)

    @property
    def peer_speaking(self) -> bool:
        """Whether the peer speaks right now."""
        return self.meter.peer_speaking(self._loop.time())

    def connect(self, media: sip.Media) -> None:
        """Begin to send and receive as negotiated, or change to it.

        Raises rtp.LocalError for a codec or a suite that this machine does not have.
        """
        terms = agreed(media)
        encrypted = media.sending is not None
        if self._session is None or (self._encrypted and not encrypted):
            # A stream never drops its keys: what is plain from now on is another one.
            self._session = MediaSession(
                ssrc=secrets.randbits(32),
                sequence=secrets.randbits(15),
                timestamp=secrets.randbits(32),
                cname=secrets.token_hex(8),
                now=self._loop.time(),
                **terms,
            )
        self._session.change(
            receiving=media.direction.receives, sending=media.direction.sends, **terms
        )
        self._encrypted = encrypted
        self._bare = not encrypted and media.codec in CODECS

    def say(self, pcm: bytes, text: str = "") -> asyncio.Future[None]:
        """Queue 16-bit PCM at 8 kHz; the future is done when its last frame has left.

        `text` names the turn that begins with it.
        """
        frames = [pcm[at : at + FRAME].ljust(FRAME, b"\0") for at in range(0, len(pcm), FRAME)]
        levels = [audio.level_dbfs(frame) for frame in frames]
        threshold = max(levels, default=0.0) - BELOW_PEAK
        clip = _Clip(
            deque((f, level >= threshold) for f, level in zip(frames, levels, strict=True)),
            text,
            self._loop.create_future(),
        )
        self._clips.append(clip)
        return clip.done

    def pause(self, seconds: float) -> asyncio.Future[None]:
        """Queue silence, as a speaker who thinks in between."""
        return self.say(bytes(FRAME * round(seconds / 0.02)))

    def hush(self) -> None:
        """Stop saying anything, now."""
        for clip in self._clips:
            self._end(clip)
        self._clips.clear()

    def press(self, digits: str) -> None:
        """Send keys as RFC 4733 events."""
        if self._session is not None:
            self._session.send_dtmf(digits, self._loop.time())

    def tick(self, due: float) -> None:
        """Do what a telephone does each 20 ms."""
        session = self._session
        if session is None:
            return
        now = self._loop.time()
        if self.began is None:
            self.began = now
        played = session.pull(due)
        self.heard += played.pcm
        if not self._bare and not played.silent:
            self.meter.received(audio.level_dbfs(played.pcm) > VOICED, now)
        frame, voiced = self._next_frame()
        session.send(frame, due)
        session.tick(due)
        self._flush(session)
        self.meter.sent(voiced, now)
        for event in session.events():
            if isinstance(event, KeyPressed):
                self.keys.append(event.digit)

    def close(self) -> None:
        """Say goodbye on RTCP and give the ports back."""
        self.hush()
        if self._session is not None:
            self._session.close(self._loop.time())
            self._flush(self._session)
        self._socket.close()

    def _flush(self, session: MediaSession) -> None:
        for packet in session.outgoing():
            self._socket.send(packet.data, packet.to, control=packet.control)

    def _next_frame(self) -> tuple[bytes, bool]:
        while self._clips:
            clip = self._clips[0]
            if not clip.started:
                clip.started = True
                if clip.text:
                    self.meter.begin(clip.text)
            if clip.frames:
                return clip.frames.popleft()
            self._clips.popleft()
            self._end(clip)
        return SILENCE, False

    def _end(self, clip: _Clip) -> None:
        if clip.text:
            self.meter.finish()
        if not clip.done.done():
            clip.done.set_result(None)

    def _receive(self, data: bytes, source: tuple[str, int], control: bool) -> None:
        now = self._loop.time()
        if self._bare and not control and (decoded := decode(data)) is not None:
            self.meter.received(audio.level_dbfs(decoded[1]) > VOICED, now)
        if self._session is None:
            return
        if control:
            self._session.receive_control(data, source, now)
        else:
            self._session.receive(data, source, now)
