"""One media stream of one call: RTP and RTCP both ways, as a pure core.

    datagram ─▶ SRTP ─▶ latch ─▶ source ─▶ jitter buffer ─▶ decode ─▶ concealment ─▶ pull
                  │                 └─▶ key presses ─▶ events ◀─ tones heard ◀──┘
                  └─▶ RTCP: round trip, loss, BYE
    send ─▶ collect, encode, packetise ─▶ SRTP ─▶ outgoing     tick ─▶ RTCP reports ─┘

The buffer holds payloads and decodes them when they are played, in the sender's order (see
`jitter`). Every datagram comes in through `receive` or `_receive_reports` and goes out through
`_drain` or `_report`: SRTP stands there, so that a session with keys neither takes nor sends a
plain byte.
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
from appliance.rtp.latch import Latch
from appliance.rtp.packet import RtpPacket
from appliance.rtp.quality import estimate
from appliance.rtp.sending import Sender
from appliance.rtp.source import Source, Verdict
from appliance.rtp.srtp import Guard, Protection

_LONGEST_PAYLOAD = 1600  # bytes or samples: 200 ms; nobody sends more, and it bounds a packet
_STRAGGLERS = 0.2  # seconds in which packets of the source before may still come
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
        receivable: tuple[tuple[int, str], ...] = (),
        receivable_dtmf: int | None = None,
    ) -> None:
        """Open the stream; `ssrc`, `sequence` and `timestamp` are to be random.

        `codec` is a name of `audio.codecs.DESCRIPTIONS`, `parameters` the peer's `fmtp` for it.
        `ptime` is the length in ms of the packets we send, `quiet` the time in seconds for
        which the peer's address must have been silent before another one may take its place.
        `dtmf_clock` is the clock of the telephone events in Hz, `noise_payload_type` that of
        comfort noise where it is not 13. With `protection` nothing plain is sent or accepted.
        `mux`: RTCP goes to the RTP port (RFC 5761), else to `control`, which is by default
        one port above. `inband`: keys are listened for in the audio until the first telephone
        event comes. `receivable`: number and codec of all that the peer may send, and
        `receivable_dtmf` the number of its telephone events, where those are not the numbers
        that we send with; packets under those are understood as well.
        Raises LocalError for a codec we do not have and for keys that do not fit their suite.
        """
        if protection is not None:
            sequence &= 0x7FFF  # a wrap that nobody heard would spoil the keys (RFC 3711 3.3.1)
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
        self._latch = Latch(remote, quiet)
        self._last_received: float | None = None
        self._ignored = self._concealed = 0
        self._waited, self._sounded = 0.0, 0  # sum of the buffer's delays and how many
        self._closed = False
        self._remote_control = control
        self._formats = Formats()
        self._formats.agree(
            codec, parameters, payload_type, noise_payload_type, keys=dtmf_payload_type,
            receivable=receivable, receivable_keys=receivable_dtmf,
        )  # fmt: skip
        self._agree(ptime, dtmf_payload_type, dtmf_clock)
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
        receivable: tuple[tuple[int, str], ...] = (),
        receivable_dtmf: int | None = None,
    ) -> None:
        """What a re-INVITE has agreed; what is None stays.

        A codec that stays keeps its state. Audio in the codec before is heard until the peer has
        changed too. Keys can be changed, not taken away: a peer that no longer encrypts needs a
        new session, made on purpose.
        Raises LocalError for a codec we do not have and for keys that do not fit their suite.
        """
        self._sender.flush()
        self._drain()
        self._formats.agree(
            codec, parameters, payload_type, noise_payload_type, keys=dtmf_payload_type,
            receivable=receivable, receivable_keys=receivable_dtmf,
        )  # fmt: skip
        self._agree(ptime or self._ptime, dtmf_payload_type, dtmf_clock)
        if protection is not None:
            self._protect(protection)
        if mux is not None:
            self._control.multiplexed = mux
        if inband is not None and inband != (self._tones_in is not None):
            self._tones_in = ToneDetector() if inband else None
        if (remote, control) != (self._latch.agreed, self._remote_control):
            self._latch.agree(remote)
            self._remote_control = control
            self._control.forget_address()
        self._receiving, self._sending = receiving, sending
        if not sending:
            self._sender.stop()

    def _agree(self, ptime: int, dtmf_payload_type: int | None, dtmf_clock: int) -> None:
        self._ptime = ptime
        self._sender.agree(self._formats.encoder, self._formats.payload_type, ptime)
        self._sender.dtmf_payload_type = dtmf_payload_type
        self._keys_in.clock = self._sender.keys.clock = dtmf_clock

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

    # ---- in

    def receive(self, data: bytes, source: HostPort, now: float) -> None:
        """A datagram from the RTP socket, RTP or multiplexed RTCP (RFC 5761 section 4)."""
        if len(data) > 1 and 192 <= data[1] <= 223:
            self._receive_reports(data, source, now, multiplexed=True)
        elif not self._closed:
            try:
                if self._guard is not None:
                    data = self._guard.unprotect(data, control=False)
                heard = self._receive_media(RtpPacket.parse(data), source, now)
            except (PacketError, CodecError):
                heard = False
            self._ignored += not heard

    def receive_control(self, data: bytes, source: HostPort, now: float) -> None:
        """A datagram from the RTCP socket."""
        self._receive_reports(data, source, now, multiplexed=False)

    def _receive_media(self, packet: RtpPacket, address: HostPort, now: float) -> bool:
        """Returns whether the packet counts; raises PacketError, CodecError."""
        kind, payload, formats = packet.payload_type, packet.payload, self._formats
        coder = formats.find(kind)
        samples = coder.samples(payload) if coder is not None and payload else 0
        if (
            (coder is None and kind not in formats.keys)
            or packet.ssrc in (self._gone, self._sender.ssrc)
            or max(len(payload), samples) > _LONGEST_PAYLOAD
            or not self._admit(address, packet.ssrc, now)
        ):
            return False
        before = self._source
        source = self._follow(packet, now)
        if source is None:
            return False
        self._last_received = now
        if source is not before and coder is not None:
            coder = formats.find(kind)  # one without history, as the source has none
        if coder is not None and payload:
            source.arrived(packet.timestamp, now, coder.clock)
            formats.heard(kind, now)
            if self._receiving:
                self._buffer.push(source.latest, packet.timestamp, payload, coder, now)
                return True
        elif kind in formats.keys:
            self._tones_in = None  # the peer says its keys, so its tones say nothing new
            if self._receiving:
                self._keys_in.receive(payload, packet.timestamp, now)
                self._events += self._keys_in.events()
        self._buffer.skip(source.latest)
        return True

    def _admit(self, address: HostPort, ssrc: int, now: float) -> bool:
        """Symmetric RTP: the peer is where its packets come from. False: not our peer."""
        latch = self._latch
        if address == latch.address:
            return True
        before = latch.expected
        same = self._source is not None and self._source.ssrc == ssrc
        if not latch.take(address, now, same=same, last=self._last_received):
            return False
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
        self, data: bytes, address: HostPort, now: float, *, multiplexed: bool
    ) -> None:
        if self._closed:
            return
        if address[0] != self._latch.expected[0]:
            self._ignored += 1
            return
        try:
            if self._guard is not None:
                data = self._guard.unprotect(data, control=True)
            left = self._control.receive(data, address, self._source, multiplexed, now)
        except PacketError:
            self._ignored += 1
            return
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
            self._waited += self._buffer.delay
            self._sounded += 1
        if self._tones_in is not None:
            for digit, seconds in self._tones_in.feed(frame.pcm, made_up=frame.concealed):
                self._events.append(KeyPressed(digit, seconds))
        return frame

    def _next_frame(self, now: float) -> Frame:
        pieces, retimed = self._buffer.pull(now)
        concealer = self._concealer
        if len(pieces) == 1 and isinstance(whole := pieces[0], bytes) and not concealer.smoothing:
            return Frame(concealer.good(whole), retimed, False)
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
        allowed = self._sending and not self._closed and self._latch.target is not None
        self._sender.frame(pcm, allowed=allowed)
        self._drain()

    def send_dtmf(self, digits: str, now: float) -> None:
        """Press keys: as telephone events where those were agreed, else as tones.

        They take the place of audio. Raises LocalError when a key does not exist.
        """
        if self._sender.dtmf_payload_type is None:
            self.send_tones(digits, now)
        else:
            self._sender.keys.play(digits)

    def send_tones(self, digits: str, now: float) -> None:  # noqa: ARG002 - each command takes it
        """Press keys as tones in the audio; raises LocalError when a key does not exist."""
        self._sender.tones.play(digits)

    def _drain(self) -> None:
        target, guard = self._latch.target, self._guard
        for packet in self._sender.packets():
            self._control.sent(len(packet.payload))
            if target is not None:
                data = bytes(packet)
                if guard is not None:
                    data = guard.protect(data, control=False)
                self._outgoing.append(MediaPacket(data, target, False))

    def _report(self, data: bytes) -> None:
        target = self._latch.target
        if target is None:
            return
        if self._guard is not None:
            data = self._guard.protect(data, control=True)
        beside = not self._control.multiplexed
        if beside:
            target = self._control.address or self._remote_control or (target[0], target[1] + 1)
        self._outgoing.append(MediaPacket(data, target, beside))

    # ---- time and results

    def tick(self, now: float) -> None:
        """Do what is due: reports, key presses whose end was lost."""
        self._keys_in.tick(now)
        self._events += self._keys_in.events()
        if not self._closed and now >= self._control.due:
            self._report(self._control.report(self._source, now))

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
            self._report(self._control.goodbye(self._source, now))
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
                self._formats.heard_codec,
                loss=unheard / expected if expected else 0.0,
                network_ms=(self._control.round_trip_ms or 0.0) / 2,
                buffer_ms=1000.0 * self._waited / max(1, self._sounded),
            ),
        )
