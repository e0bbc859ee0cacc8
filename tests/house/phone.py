"""Telephones in virtual time: one that calls the box, one that the box calls."""

from __future__ import annotations

import itertools
from collections import deque
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from appliance import rtp, sip
from tests.house.wire import loud, tone

if TYPE_CHECKING:
    from tests.house.world import House

FRAME = 0.020
BOX = sip.Address("udp", "10.0.0.2", 5060)
PBX = "10.0.0.1"
TRUSTING = sip.Policy(trusted=("10.0.0.0/8",), asserted_fields=("X-Customer-Id",))
"""All of this house belongs to one site."""


def keys_of(number: int) -> tuple[sip.Crypto, ...]:
    """Keys for every suite, another for each telephone."""
    sizes = {
        "AEAD_AES_256_GCM": 44, "AEAD_AES_128_GCM": 28,
        "AES_CM_128_HMAC_SHA1_80": 30, "AES_CM_128_HMAC_SHA1_32": 30,
    }  # fmt: skip
    return tuple(
        sip.Crypto(suite, bytes([number % 256, tag]) * (sizes[suite] // 2), tag)
        for tag, suite in enumerate(rtp.SUITES, 1)
    )


class Phone:
    """A caller: dials, speaks lines (sound by RTP, words told to the ears), listens, keeps."""

    _numbers = itertools.count(1)

    def __init__(
        self,
        house: House,
        *,
        codecs: tuple[str, ...] = ("PCMU", "PCMA"),
        srtp: sip.Srtp = sip.Srtp.OFF,
        host: str = "",
        dtmf: bool = True,
    ) -> None:
        number = next(self._numbers)
        self.house = house
        self.address = sip.Address("udp", host or f"10.0.1.{number % 250 + 1}", 5060)
        crypto = () if srtp is sip.Srtp.OFF else keys_of(number)
        self.local = sip.LocalMedia(
            self.address.host, 4000, codecs, dtmf=dtmf, srtp=srtp, crypto=crypto
        )
        self.agent = sip.UserAgent(
            local=self.address, tokens=house.token, codecs=codecs, srtp=srtp, policy=TRUSTING
        )
        self.events: list[sip.Event] = []
        self.script: deque[tuple[str, float]] = deque()
        self.heard: list[bytes] = []
        """Frames received, one per 20 ms since the answer."""
        self.keys: list[str] = []
        """Keys received, by RTP or INFO."""
        self.requests: list[bytes] = []
        """SIP messages as they came over the wire."""
        self.packets: list[bytes] = []
        """RTP as it came over the wire."""
        self.accept_transfers: int | None = 200
        """Final status of transfers; None: nothing is ever reported."""
        self.refuse_refer = 0
        """Status with which a REFER is refused at once; 0: it is taken."""
        self.transfers: list[str] = []
        self.moved_to: str = ""
        """Handle of the call that an attended transfer has made."""
        self.box_port = 0
        self.call = ""
        self.began: float | None = None
        self._media: rtp.MediaSession | None = None
        self._saying: deque[bytes] = deque()
        house.wire.plug((self.address.host, 5060), self._receive)
        house.wire.plug((self.local.host, 4000), self._receive_media)
        house.phones.append(self)

    def dial(self, *, to: sip.Address = BOX, **more: Any) -> Phone:
        self.call = self.agent.invite("100", self.local, self.house.now, route=to, **more)
        return self

    def say(self, text: str, seconds: float = 1.0, confidence: float = 0.9) -> None:
        """Speak: sound for so long, which the ears will understand as `text`."""
        self.script.append((text, confidence))
        pcm = tone(seconds)
        self._saying += (pcm[n : n + 320] for n in range(0, len(pcm) - 319, 320))

    def press(self, digits: str) -> None:
        assert self._media is not None
        self._media.send_dtmf(digits, self.house.now)

    def hang_up(self) -> None:
        self.agent.hang_up(self.call, self.house.now)

    def hold(self, on: bool) -> None:
        self.agent.hold(self.call, on, self.house.now)

    @property
    def ended(self) -> bool:
        return any(isinstance(e, sip.Ended) and e.call == self.call for e in self.events)

    @property
    def status(self) -> int:
        """Status with which the call was refused; 0 where it was not."""
        return next((e.status for e in self.events if isinstance(e, sip.Rejected)), 0)

    def hears(self, seconds: float) -> bool:
        """Whether there was sound within the last so many seconds."""
        return any(loud(frame) for frame in self.heard[-round(seconds / FRAME) :])

    def quiet_for(self) -> float:
        """Seconds of silence up to now."""
        count = 0
        for frame in reversed(self.heard):
            if loud(frame):
                break
            count += 1
        return count * FRAME

    def headers(self, method: str, name: str) -> list[str]:
        """Values of a header in the requests of a method that have come."""
        found = []
        for request in self.requests:
            if request.startswith(method.encode() + b" "):
                lines = request.decode().split("\r\n\r\n")[0].split("\r\n")
                found += [
                    line.partition(":")[2].strip()
                    for line in lines
                    if line.lower().startswith(f"{name.lower()}:")
                ]
        return found

    def step(self) -> None:
        now = self.house.now
        deadline = self.agent.deadline()
        if deadline is not None and deadline <= now:
            self.agent.tick(now)
        for event in self.agent.events():
            self._event(event, now)
        for packet in self.agent.outgoing():
            self.house.wire.send(
                packet.data, (self.address.host, 5060), (packet.to.host, packet.to.port), now
            )

    def tick(self) -> None:
        media, now = self._media, self.house.now
        if media is None or self.ended:
            return
        media.tick(now)
        self.keys += [e.digit for e in media.events() if isinstance(e, rtp.KeyPressed)]
        self.heard.append(media.pull(now).pcm)
        media.send(self._saying.popleft() if self._saying else bytes(320), now)
        for packet in media.outgoing():
            port = 4001 if packet.control else 4000
            self.house.wire.send(packet.data, (self.local.host, port), packet.to, now)

    def _agree(self, media: sip.Media, now: float) -> None:
        """Open the stream, each key where it belongs: written apart from the box's own code."""
        protection = None
        if media.sending is not None:
            assert media.receiving is not None
            protection = rtp.Protection(
                suite=media.sending.suite, receiving=media.receiving.key, sending=media.sending.key
            )
        self.box_port, self.began = media.port, now
        self._media = rtp.MediaSession(
            codec=media.codec, payload_type=media.payload_type,
            dtmf_payload_type=media.dtmf_payload_type, remote=(media.host, media.port),
            ssrc=self.box_port, sequence=65_530, timestamp=2**32 - 500, cname="phone",
            protection=protection, mux=media.mux, now=now, ptime=media.ptime,
            dtmf_clock=media.dtmf_clock, parameters=media.parameters,
        )  # fmt: skip

    def _event(self, event: sip.Event, now: float) -> None:
        self.events.append(event)
        match event:
            case sip.Answered(call, media) if call == self.call:
                self._agree(media, now)
            case sip.MediaChanged(_, media) if self._media is not None:
                self.box_port = media.port
                self._media.change(
                    remote=(media.host, media.port), codec=media.codec,
                    payload_type=media.payload_type, dtmf_payload_type=media.dtmf_payload_type,
                    receiving=media.direction.receives, sending=media.direction.sends,
                    dtmf_clock=media.dtmf_clock, parameters=media.parameters, mux=media.mux,
                )  # fmt: skip
            case sip.KeyPressed(_, digit):
                self.keys.append(digit)
            case sip.TransferRequested(call, target, _):
                self.transfers.append(target)
                self._transferred(call, target, now)

    def _transferred(self, call: str, target: str, now: float) -> None:
        status = self.accept_transfers
        if status == 200 and "?" in target and self.house.person is not None:
            # attended: our new call takes the place of the box's call to the person
            uri, _, headers = target.partition("?")
            fields = dict(part.split("=", 1) for part in headers.split("&"))
            self.moved_to = self.agent.invite(
                uri, self.local, now, route=self.house.person.address,
                replaces=unquote(fields["Replaces"]),
            )  # fmt: skip
        if status is not None:
            self.house.after(0.5, lambda: self._report(call, status))

    def _report(self, call: str, status: int) -> None:
        if call in self.agent.calls():
            self.agent.notify_transfer(call, status, "as told", self.house.now)

    def _receive(self, data: bytes, source: tuple[str, int]) -> None:
        self.requests.append(data)
        if data.startswith(b"REFER") and self.refuse_refer:
            self._refuse(data, source)
        else:
            self.agent.receive(data, sip.Address("udp", *source), self.house.now)

    def _refuse(self, request: bytes, to: tuple[str, int]) -> None:
        """Answer a request as a PBX does that does not know its method."""
        same = (b"Via", b"From", b"To", b"Call-ID", b"CSeq")
        lines = [line for line in request.split(b"\r\n") if line.startswith(same)]
        head = [b"SIP/2.0 %d No" % self.refuse_refer, *lines, b"Content-Length: 0", b"", b""]
        self.house.wire.send(b"\r\n".join(head), (self.address.host, 5060), to, self.house.now)

    def _receive_media(self, data: bytes, source: tuple[str, int]) -> None:
        self.packets.append(data)
        if self._media is not None:
            self._media.receive(data, source, self.house.now)


class Person(Phone):
    """Somebody whom the box calls, at the PBX's address; picks up after a while, or does not."""

    def __init__(
        self,
        house: House,
        *,
        answers: float | None = 1.0,
        refuses: int = 0,
        early: bool = False,
        redirects: tuple[str, ...] = (),
        codecs: tuple[str, ...] = ("PCMU", "PCMA"),
        srtp: sip.Srtp = sip.Srtp.OFF,
        host: str = PBX,
    ) -> None:
        """`answers`: seconds until they pick up, None: never; `refuses`: status instead.

        `early`: audio goes both ways before that; `redirects`: where the first calls are sent.
        """
        super().__init__(house, host=host, srtp=srtp, codecs=codecs)
        self.incoming: list[sip.Incoming] = []
        self._answers = answers
        self._refuses = refuses
        self._early = early
        self._redirects = deque(redirects)
        house.person = self

    def _event(self, event: sip.Event, now: float) -> None:
        if isinstance(event, sip.Incoming):
            self.incoming.append(event)
            if self._redirects:
                contact = ("Contact", f"<{self._redirects.popleft()}>")
                self.agent.reject(event.call, 302, now, headers=(contact,))
            elif self._refuses:
                self.agent.reject(event.call, self._refuses, now)
            elif event.replaces:
                self._pick_up(event.call)
            else:
                media = self.agent.ring(event.call, now, self.local if self._early else None)
                if media is not None:
                    self.call = event.call
                    self._agree(media, now)
                if self._answers is not None:
                    self.house.after(self._answers, lambda: self._pick_up(event.call))
        super()._event(event, now)

    def _pick_up(self, call: str) -> None:
        if call in self.agent.calls():
            self.call = call
            media = self.agent.answer(call, self.local, self.house.now)
            assert media is not None
            if self._media is None or not self._early:
                self._agree(media, self.house.now)
