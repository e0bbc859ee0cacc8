"""One media stream of one call: RTP and RTCP both ways, as a pure core.

    datagram ─▶ SRTP ─▶ latch ─▶ source ─▶ jitter buffer ─▶ decode ─▶ concealment ─▶ pull
                  │                 └─▶ key presses ─▶ events ◀─ tones heard ◀──┘
                  └─▶ RTCP: round trip, loss, BYE
    send ─▶ collect, encode, packetise ─▶ SRTP ─▶ outgoing     tick ─▶ RTCP reports ─┘

The buffer holds payloads and decodes them when they are played, in the sender's order (see
`jitter`). Every datagram comes in through `_open` and goes out through `_emit`: SRTP stands there,
so that a session with keys neither takes nor sends a plain byte.
"""

from appliance.audio.coder import CodecError
from appliance.audio.goertzel import ToneDetector
from appliance.audio.pcm import FRAME_BYTES, FRAME_SAMPLES, silence
from appliance.rtp.concealment import Concealer
from appliance.rtp.control import Control
from appliance.rtp.dtmf import KeyReceiver
from appliance.rtp.errors import LocalError, PacketError
from appliance.rtp.events import (
    Event,
    Frame,
    HostPort,
    KeyPressed,
    MediaPacket,
    PeerLeft,
    SourceChanged,
    Statistics,
)
from appliance.rtp.formats import Formats
from appliance.rtp.jitter import Gap, JitterBuffer
from appliance.rtp.packet import RtpPacket
from appliance.rtp.quality import estimate
from appliance.rtp.sending import Sender
from appliance.rtp.source import Source, Verdict
from appliance.rtp.srtp import Guard, Protection

_LONGEST_PAYLOAD = 1600  # bytes or samples: 200 ms; nobody sends more, and it bounds a packet
_STRAGGLERS = 0.2  # seconds in which packets of the source before may still come
_NOWHERE = ("", "0.0.0.0", "::")  # RFC 3264 section 8.4: hold in its old form
_SILENT_FRAME = Frame(silence(FRAME_SAMPLES), concealed=False, silent=True)


class MediaSession:
    """RTP session with one peer; PCM is 16-bit little-endian mono at 8 kHz."""

    def __init__(
        self,
        *,
        codec: str,
        payload_type: int,
        dtmf_payload_type: int | None,
        remote: HostPort,
        ssrc: int,
        sequence: int,
        timestamp: int,
        cname: str,
        now: float,
        ptime: int = 20,
        quiet: float = 1.0,
        dtmf_clock: int = 8000,
        noise_payload_type: int | None = None,
        parameters: str = "",
        protection: Protection | None = None,
        mux: bool = False,
        inband: bool = False,
        control: HostPort | None = None,
    ) -> None:
        """Open the stream; `ssrc`, `sequence` and `timestamp` are to be random.

        `codec` is a name of `audio.codecs.DESCRIPTIONS`, `parameters` the peer's `fmtp` for it.
        `ptime` is the length in ms of the packets we send, `quiet` the time in seconds for
        which the peer's address must have been silent before another one may take its place.
        `dtmf_clock` is the clock of the telephone events in Hz, `noise_payload_type` that of
        comfort noise where it is not 13. With `protection` nothing plain is sent or accepted.
        `mux`: RTCP goes to the RTP port (RFC 5761), else to `control`, which is by default
        one port above. `inband`: keys are listened for in the audio until the first telephone
        event comes.
        Raises LocalError for a codec we do not have and for keys that do not fit their suite.
        """
        if protection is not None:
            sequence &= 0x7FFF  # a wrap that nobody heard would spoil the keys (RFC 3711 3.3.1)
        self._quiet = quiet
        self._outgoing: list[MediaPacket] = []
        self._events: list[Event] = []
        self._guard = None if protection is None else Guard(protection)
        self._control = Control(ssrc=ssrc, cname=cname, now=now)
        self._control.multiplexed = mux
        self._sender = Sender(ssrc=ssrc, sequence=sequence, timestamp=timestamp)
        self._buffer = JitterBuffer()
        self._concealer = Concealer()
        self._keys_in = KeyReceiver()
        self._tones_in = ToneDetector() if inband else None
        self._source: Source | None = None
        self._past = (0, 0)  # packets received and expected from sources that are no more
        self._retired: int | None = None  # SSRC before the present one
        self._gone: int | None = None  # SSRC that has said BYE
        self._latched: HostPort | None = None
        self._last_received: float | None = None
        self._ignored = self._concealed = 0
        self._waited = (0.0, 0)  # sum of the buffer's delays and how many
        self._closed = False
        self._remote, self._remote_control = remote, control
        self._formats = Formats()
        self._agree(codec, parameters, payload_type, noise_payload_type, ptime)
        self._agree_keys(dtmf_payload_type, dtmf_clock)
        self._receiving = self._sending = True

    # ---- negotiation

    def change(
        self,
        *,
        remote: HostPort,
        codec: str,
        payload_type: int,
        dtmf_payload_type: int | None,
        receiving: bool = True,
        sending: bool = True,
        ptime: int | None = None,
        dtmf_clock: int = 8000,
        noise_payload_type: int | None = None,
        parameters: str = "",
        protection: Protection | None = None,
        mux: bool | None = None,
        inband: bool | None = None,
        control: HostPort | None = None,
    ) -> None:
        """What a re-INVITE has agreed; what is None stays.

        A codec that stays keeps its state. Audio in the codec before is heard until the peer has
        changed too. Keys can be changed, not taken away: a peer that no longer encrypts needs a
        new session, made on purpose.
        Raises LocalError for a codec we do not have and for keys that do not fit their suite.
        """
        self._sender.flush()
        self._drain()
        self._agree(codec, parameters, payload_type, noise_payload_type, ptime or self._ptime)
        self._agree_keys(dtmf_payload_type, dtmf_clock)
        if protection is not None:
            self._protect(protection)
        if mux is not None:
            self._control.multiplexed = mux
        if inband is not None and inband != (self._tones_in is not None):
            self._tones_in = ToneDetector() if inband else None
        if (remote, control) != (self._remote, self._remote_control):
            self._latched = self._latched if remote == self._remote else None
            self._remote, self._remote_control = remote, control
            self._control.forget_address()
        self._receiving, self._sending = receiving, sending
        if not sending:
            self._sender.stop()

    def _agree(
        self, codec: str, parameters: str, payload_type: int, noise: int | None, ptime: int
    ) -> None:
        self._formats.agree(codec, parameters, payload_type, noise)
        self._ptime = ptime
        self._sender.agree(self._formats.encoder, payload_type, ptime)

    def _agree_keys(self, payload_type: int | None, clock: int) -> None:
        self._dtmf_payload_type = self._sender.dtmf_payload_type = payload_type
        self._keys_in.clock = self._sender.keys.clock = clock

    def _protect(self, protection: Protection) -> None:
        if self._guard is None:
            self._guard = Guard(protection)
            renewed = True
        else:
            renewed = self._guard.rekey(protection)
        if renewed and self._sender.wrapped:
            # Whether a new key begins at rollover zero is read in two ways (RFC 3711 section 3.3.1,
            # and what PBXs do); a source of its own begins there in both.
            self._sender.renew()
            self._control.renew(self._sender.ssrc)

    @property
    def _target(self) -> HostPort | None:
        """Where our packets go; None while there is no such place."""
        host, port = self._remote
        if host in _NOWHERE or not port:
            return None
        return self._latched or self._remote

    # ---- in

    def receive(self, data: bytes, source: HostPort, now: float) -> None:
        """A datagram from the RTP socket, RTP or multiplexed RTCP (RFC 5761 section 4)."""
        if len(data) > 1 and 192 <= data[1] <= 223:
            self._open(data, source, now, control=True, multiplexed=True)
        else:
            self._open(data, source, now, control=False)

    def receive_control(self, data: bytes, source: HostPort, now: float) -> None:
        """A datagram from the RTCP socket."""
        self._open(data, source, now, control=True)

    def _open(
        self, data: bytes, source: HostPort, now: float, *, control: bool, multiplexed: bool = False
    ) -> None:
        if self._closed:
            return
        try:
            if self._guard is not None:
                data = self._guard.unprotect(data, control=control)
            if control:
                self._receive_reports(data, source, now, multiplexed)
            else:
                self._receive_media(RtpPacket.parse(data), source, now)
        except (PacketError, CodecError):
            self._ignored += 1

    def _receive_media(self, packet: RtpPacket, address: HostPort, now: float) -> None:
        kind = packet.payload_type
        coder = self._formats.find(kind)
        if (
            (coder is None and kind != self._dtmf_payload_type)
            or packet.ssrc in (self._gone, self._sender.ssrc)
            or len(packet.payload) > _LONGEST_PAYLOAD
            or (coder and packet.payload and coder.samples(packet.payload) > _LONGEST_PAYLOAD)
            or not self._latch(address, packet.ssrc, now)
        ):
            self._ignored += 1
            return
        source = self._follow(packet, now)
        if source is None:
            self._ignored += 1
            return
        self._last_received = now
        sequence = source.extend(packet.sequence)
        coder = self._formats.find(kind)  # another one if the source is another
        if coder is None:
            self._tones_in = None  # the peer says its keys, so its tones say nothing new
            if self._receiving:
                self._keys_in.receive(packet.payload, packet.timestamp, now)
                self._events += self._keys_in.events()
        elif packet.payload:
            source.arrived(packet.timestamp, now, coder.clock)
            self._formats.heard(kind, now)
            if self._receiving:
                self._buffer.push(sequence, packet.timestamp, packet.payload, coder, now)
                return
        self._buffer.skip(sequence)

    def _latch(self, address: HostPort, ssrc: int, now: float) -> bool:
        """Symmetric RTP: the peer is where its packets come from. False: not our peer."""
        if address == self._latched:
            return True
        quiet = self._last_received is None or now - self._last_received >= self._quiet
        same = self._source is not None and self._source.ssrc == ssrc
        if self._latched is not None and not (quiet or same or address == self._remote):
            return False
        before = self._latched or self._remote
        self._latched = address
        if address != before:
            self._control.forget_address()
            self._events.append(SourceChanged(address))
        return True

    def _follow(self, packet: RtpPacket, now: float) -> Source | None:
        """The source this packet counts for; None if the packet is to be dropped."""
        source = self._source
        if source is not None and source.ssrc == packet.ssrc:
            verdict = source.judge(packet.sequence)
            if verdict is Verdict.ACCEPT:
                return source
            if verdict is Verdict.DISCARD:
                return None
        elif source is not None:
            last = self._last_received
            if packet.ssrc == self._retired and last is not None and now - last < _STRAGGLERS:
                return None
            self._retired = source.ssrc
        if source is not None:
            received, expected = self._past
            self._past = (received + source.received, expected + source.expected)
            self._buffer.restart()
            self._keys_in.restart()
            self._formats.renew()
        self._source = source = Source(packet.ssrc, packet.sequence)
        source.judge(packet.sequence)
        return source

    def _receive_reports(
        self, data: bytes, address: HostPort, now: float, multiplexed: bool
    ) -> None:
        expected = self._latched or self._remote
        if address[0] != expected[0]:
            self._ignored += 1
            return
        left = self._control.receive(data, address, self._source, multiplexed, now)
        self._formats.encoder.expect_loss(self._control.remote_loss or 0.0)
        if left is not None and left[0] != self._gone:
            self._gone = left[0]
            self._events.append(PeerLeft(left[1]))

    # ---- the two beats of 20 ms

    def pull(self, now: float) -> Frame:
        """The next 20 ms of the peer's audio."""
        if not self._receiving:
            return _SILENT_FRAME
        frame = self._next_frame(now)
        if not frame.silent:
            self._waited = self._waited[0] + self._buffer.delay, self._waited[1] + 1
        if self._tones_in is not None:
            for digit, seconds in self._tones_in.feed(frame.pcm, made_up=frame.concealed):
                self._events.append(KeyPressed(digit, seconds))
        return frame

    def _next_frame(self, now: float) -> Frame:
        pieces, retimed = self._buffer.pull(now)
        concealer = self._concealer
        if len(pieces) == 1 and isinstance(pieces[0], bytes) and not concealer.smoothing:
            return Frame(concealer.good(pieces[0]), concealed=retimed, silent=False)
        out = []
        sounding = made_up = False
        touched = retimed
        for piece in pieces:
            if isinstance(piece, Gap) and piece.lost:
                made_up = made_up or not concealer.exhausted
                out.append(concealer.conceal(piece.samples))
            else:
                touched = touched or concealer.smoothing
                sounding = sounding or isinstance(piece, bytes)
                pcm = piece if isinstance(piece, bytes) else piece.noise or silence(piece.samples)
                out.append(concealer.good(pcm))
        self._concealed += made_up
        touched = touched or made_up
        return Frame(b"".join(out), concealed=touched, silent=not (sounding or touched))

    def send(self, pcm: bytes | None, now: float) -> None:
        """The next 20 ms of ours (320 bytes), or None for nothing; raises LocalError."""
        if pcm is not None and len(pcm) != FRAME_BYTES:
            raise LocalError(f"a frame has {FRAME_BYTES} bytes, not {len(pcm)}")
        self._control.clock(self._sender.timestamp, now, self._sender.clock)
        allowed = self._sending and not self._closed and self._target is not None
        self._sender.frame(pcm, allowed=allowed)
        self._drain()

    def send_dtmf(self, digits: str, now: float) -> None:
        """Press keys: as telephone events where those were agreed, else as tones.

        They take the place of audio. Raises LocalError when a key does not exist.
        """
        if self._dtmf_payload_type is None:
            self.send_tones(digits, now)
        else:
            self._sender.keys.play(digits)

    def send_tones(self, digits: str, now: float) -> None:  # noqa: ARG002 - each command takes it
        """Press keys as tones in the audio; raises LocalError when a key does not exist."""
        self._sender.tones.play(digits)

    def _drain(self) -> None:
        for packet in self._sender.packets():
            self._control.sent(len(packet.payload))
            self._emit(bytes(packet), control=False)

    def _emit(self, data: bytes, *, control: bool) -> None:
        target = self._target
        if target is None:
            return
        if self._guard is not None:
            data = self._guard.protect(data, control=control)
        if control and not self._control.multiplexed:
            beside = self._remote_control or (target[0], target[1] + 1)
            address = self._control.address or beside
            self._outgoing.append(MediaPacket(data, address, control=True))
        else:
            self._outgoing.append(MediaPacket(data, target, control=False))

    # ---- time and results

    def tick(self, now: float) -> None:
        """Do what is due: reports, key presses whose end was lost."""
        self._keys_in.tick(now)
        self._events += self._keys_in.events()
        if not self._closed and now >= self._control.due:
            self._emit(self._control.report(self._source, now), control=True)

    def deadline(self) -> float | None:
        """When `tick` is needed next; None when never."""
        if self._closed:
            return None
        keys = self._keys_in.deadline()
        return self._control.due if keys is None else min(keys, self._control.due)

    def outgoing(self) -> list[MediaPacket]:
        """Datagrams to send since the last call, in order."""
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    def events(self) -> list[Event]:
        """What happened since the last call, in order."""
        events, self._events = self._events, []
        return events

    def close(self, now: float) -> None:
        """Say BYE; nothing is sent or heard after it."""
        if not self._closed:
            self._sender.flush()
            self._drain()
            self._emit(self._control.goodbye(self._source, now), control=True)
            self._closed = True

    @property
    def delay(self) -> float:
        """Seconds that the jitter buffer adds now, for the fastest packets."""
        return self._buffer.delay

    @property
    def last_received(self) -> float | None:
        """When the last valid RTP packet came; None before the first."""
        return self._last_received

    @property
    def statistics(self) -> Statistics:
        """The figures so far."""
        source = self._source
        received, expected = self._past
        if source is not None:
            received += source.received
            expected += source.expected
        buffer = self._buffer
        lost = max(0, expected - (received - buffer.duplicates))
        unheard = lost + buffer.late + buffer.damaged - buffer.recovered
        waited, frames = self._waited
        return Statistics(
            received=received,
            lost=lost,
            late=buffer.late,
            duplicates=buffer.duplicates,
            ignored=self._ignored + buffer.damaged,
            recovered=buffer.recovered,
            concealed=self._concealed,
            jitter_ms=source.jitter_ms if source is not None else 0.0,
            delay_ms=1000.0 * buffer.delay,
            round_trip_ms=self._control.round_trip_ms,
            remote_loss=self._control.remote_loss,
            sent=self._control.sent_before + self._control.packets,
            last_received=self._last_received,
            mos=estimate(
                self._formats.codec,
                loss=unheard / expected if expected else 0.0,
                network_ms=(self._control.round_trip_ms or 0.0) / 2,
                buffer_ms=1000.0 * waited / frames if frames else 0.0,
            ),
        )
