"""One media stream of one call: RTP and RTCP both ways, as a pure core.

    datagram ─▶ receive ─▶ latch ─▶ source ─▶ decode ─▶ jitter buffer ─▶ concealment ─▶ pull
                   │                              └─▶ key presses ─▶ events
                   └─▶ RTCP: round trip, BYE
    send ─▶ encode ─▶ packetise ─▶ outgoing            tick ─▶ RTCP reports ─▶ outgoing

Every datagram comes in through `_open` and goes out through `_emit`; SRTP belongs there.
"""

from appliance.audio.g711 import CODECS, Codec
from appliance.audio.pcm import FRAME_BYTES, FRAME_SAMPLES, silence
from appliance.rtp.concealment import Concealer
from appliance.rtp.control import Control
from appliance.rtp.dtmf import KeyReceiver, KeySender
from appliance.rtp.errors import LocalError, PacketError
from appliance.rtp.events import (
    Event,
    Frame,
    HostPort,
    MediaPacket,
    PeerLeft,
    SourceChanged,
    Statistics,
)
from appliance.rtp.jitter import Gap, JitterBuffer
from appliance.rtp.packet import RtpPacket
from appliance.rtp.source import Source, Verdict

_COMFORT_NOISE = 13  # RFC 3389
_LONGEST_PAYLOAD = 1600  # 200 ms; nobody sends more, and it bounds what a packet can occupy
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
    ) -> None:
        """Open the stream; `ssrc`, `sequence` and `timestamp` are to be random.

        `ptime` is the length in ms of the packets we send, `quiet` the time in seconds for
        which the peer's address must have been silent before another one may take its place.
        Raises LocalError for a codec we do not have.
        """
        self._ssrc = ssrc
        self._sequence = sequence & 0xFFFF
        self._timestamp = timestamp & 0xFFFFFFFF
        self._quiet = quiet
        self._outgoing: list[MediaPacket] = []
        self._events: list[Event] = []
        self._control = Control(ssrc=ssrc, cname=cname, now=now)
        self._buffer = JitterBuffer()
        self._concealer = Concealer()
        self._keys_in = KeyReceiver()
        self._keys_out = KeySender()
        self._source: Source | None = None
        self._past = (0, 0)  # packets received and expected from sources that are no more
        self._retired: int | None = None  # SSRC before the present one
        self._gone: int | None = None  # SSRC that has said BYE
        self._latched: HostPort | None = None
        self._last_received: float | None = None
        self._ignored = self._concealed = 0
        self._unsent = b""  # encoded audio that does not fill a packet yet
        self._talking = False
        self._closed = False
        self._remote = remote
        self._configure(codec, payload_type, dtmf_payload_type, ptime)
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
    ) -> None:
        """What a re-INVITE has agreed; raises LocalError for a codec we do not have."""
        self._flush()
        self._configure(codec, payload_type, dtmf_payload_type, ptime or self._ptime)
        if remote != self._remote:
            self._remote, self._latched = remote, None
            self._control.forget_address()
        self._receiving, self._sending = receiving, sending
        if not sending:
            self._keys_out.cancel()
            self._talking = False

    def _configure(self, codec: str, payload_type: int, dtmf: int | None, ptime: int) -> None:
        if codec not in CODECS:
            raise LocalError(f"no codec {codec!r}: there are {', '.join(CODECS)}")
        self._codec: Codec = CODECS[codec]
        self._payload_type = payload_type
        self._dtmf_payload_type = dtmf
        self._ptime = max(10, min(60, ptime))
        self._packet_bytes = 8 * self._ptime

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
            if control:
                self._receive_reports(data, source, now, multiplexed)
            else:
                self._receive_media(RtpPacket.parse(data), source, now)
        except PacketError:
            self._ignored += 1

    def _receive_media(self, packet: RtpPacket, address: HostPort, now: float) -> None:
        kind = packet.payload_type
        known = (self._payload_type, self._dtmf_payload_type, _COMFORT_NOISE)
        if (
            kind not in known
            or packet.ssrc in (self._gone, self._ssrc)
            or len(packet.payload) > _LONGEST_PAYLOAD
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
        if kind == self._payload_type and packet.payload:
            source.arrived(packet.timestamp, now)
            if self._receiving:
                pcm = self._codec.decode(packet.payload)
                self._buffer.push(sequence, packet.timestamp, pcm, now)
                return
        elif kind == self._dtmf_payload_type and self._receiving:
            self._keys_in.receive(packet.payload, packet.timestamp, now)
            self._events += self._keys_in.events()
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
        if left is not None and left[0] != self._gone:
            self._gone = left[0]
            self._events.append(PeerLeft(left[1]))

    # ---- the two beats of 20 ms

    def pull(self, now: float) -> Frame:
        """The next 20 ms of the peer's audio."""
        if not self._receiving:
            return _SILENT_FRAME
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
                pcm = piece if isinstance(piece, bytes) else silence(piece.samples)
                out.append(concealer.good(pcm))
        self._concealed += made_up
        touched = touched or made_up
        return Frame(b"".join(out), concealed=touched, silent=not (sounding or touched))

    def send(self, pcm: bytes | None, now: float) -> None:
        """The next 20 ms of ours (320 bytes), or None for nothing; raises LocalError."""
        if pcm is not None and len(pcm) != FRAME_BYTES:
            raise LocalError(f"a frame has {FRAME_BYTES} bytes, not {len(pcm)}")
        self._control.clock(self._timestamp, now)
        may_send = self._sending and not self._closed and self._target is not None
        if may_send and self._keys_out.busy:
            self._flush()
            event = self._keys_out.next(self._timestamp)
            if event is not None and self._dtmf_payload_type is not None:
                kind = self._dtmf_payload_type
                self._emit_media(kind, event.timestamp, event.payload, event.marker)
            self._talking = False
        elif may_send and pcm is not None:
            self._unsent += self._codec.encode(pcm)
        else:
            self._flush()
            self._talking = False
        self._timestamp = (self._timestamp + FRAME_SAMPLES) & 0xFFFFFFFF
        while len(self._unsent) >= self._packet_bytes:
            self._emit_audio(self._packet_bytes)

    def send_dtmf(self, digits: str, now: float) -> None:  # noqa: ARG002 - each command takes it
        """Press keys; their events take the place of audio.

        Raises LocalError when the peer takes no telephone events or a key does not exist.
        """
        if self._dtmf_payload_type is None:
            raise LocalError("the peer did not agree to telephone events")
        self._keys_out.play(digits)

    def _flush(self) -> None:
        if self._unsent:
            self._emit_audio(len(self._unsent))

    def _emit_audio(self, size: int) -> None:
        timestamp = (self._timestamp - len(self._unsent)) & 0xFFFFFFFF
        payload, self._unsent = self._unsent[:size], self._unsent[size:]
        self._emit_media(self._payload_type, timestamp, payload, not self._talking)
        self._talking = True

    def _emit_media(self, kind: int, timestamp: int, payload: bytes, marker: bool) -> None:
        packet = RtpPacket(kind, self._sequence, timestamp, self._ssrc, payload, marker)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._control.sent(len(payload))
        self._emit(bytes(packet), control=False)

    def _emit(self, data: bytes, *, control: bool) -> None:
        target = self._target
        if target is None:
            return
        if control and not self._control.multiplexed:
            address = self._control.address or (target[0], target[1] + 1)
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
            self._flush()
            self._emit(self._control.goodbye(self._source, now), control=True)
            self._closed = True

    @property
    def statistics(self) -> Statistics:
        """The figures so far."""
        source = self._source
        received, expected = self._past
        if source is not None:
            received += source.received
            expected += source.expected
        duplicates = self._buffer.duplicates
        return Statistics(
            received=received,
            lost=max(0, expected - (received - duplicates)),
            late=self._buffer.late,
            duplicates=duplicates,
            ignored=self._ignored,
            concealed=self._concealed,
            jitter_ms=source.jitter / 8.0 if source is not None else 0.0,
            delay_ms=1000.0 * self._buffer.delay,
            round_trip_ms=self._control.round_trip_ms,
            remote_loss=self._control.remote_loss,
            sent=self._control.packets,
            last_received=self._last_received,
        )
