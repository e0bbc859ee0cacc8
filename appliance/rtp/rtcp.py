"""RTCP packets (RFC 3550 section 6): sender and receiver reports, CNAME, BYE, compounds."""

import struct
from dataclasses import dataclass

from appliance.rtp.errors import PacketError

SENDER_REPORT, RECEIVER_REPORT, SOURCE_DESCRIPTION, GOODBYE = 200, 201, 202, 203
_CNAME = 1
_BLOCK = struct.Struct(">IIIIII")
_SENDER = struct.Struct(">IQIII")


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What one receiver says of one source (RFC 3550 section 6.4.1)."""

    ssrc: int
    """The source reported on."""
    fraction: int
    """Lost since the last report, in 1/256."""
    lost: int
    """Lost since the beginning; negative when duplicates outnumber losses."""
    highest: int
    """Highest sequence number with its count of wraps, 32 bits."""
    jitter: int
    """Interarrival jitter in timestamp units."""
    last_report: int
    """Middle 32 bits of the NTP time of the last sender report; 0 is none."""
    delay: int
    """Time since that report arrived, in 1/65536 s."""

    def __bytes__(self) -> bytes:
        lost = max(-0x800000, min(0x7FFFFF, self.lost)) & 0xFFFFFF
        return _BLOCK.pack(
            self.ssrc,
            self.fraction << 24 | lost,
            self.highest,
            self.jitter,
            self.last_report,
            self.delay,
        )


@dataclass(frozen=True, slots=True)
class SenderReport:
    """SR: what we sent, and what we received."""

    ssrc: int
    ntp: int
    """64 bits: seconds and fraction; only differences between values mean anything to us."""
    timestamp: int
    """The same instant on the RTP clock."""
    packets: int
    octets: int
    """Payload bytes."""
    blocks: tuple[ReportBlock, ...] = ()

    def __bytes__(self) -> bytes:
        fixed = _SENDER.pack(
            self.ssrc,
            self.ntp,
            self.timestamp,
            self.packets & 0xFFFFFFFF,
            self.octets & 0xFFFFFFFF,
        )
        return _packet(SENDER_REPORT, len(self.blocks), fixed + b"".join(map(bytes, self.blocks)))


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """RR: what we received, having sent nothing."""

    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()

    def __bytes__(self) -> bytes:
        body = self.ssrc.to_bytes(4, "big") + b"".join(map(bytes, self.blocks))
        return _packet(RECEIVER_REPORT, len(self.blocks), body)


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """SDES with the CNAME of each source; other items are skipped when read."""

    names: tuple[tuple[int, str], ...]
    """SSRC and CNAME."""

    def __bytes__(self) -> bytes:
        body = b""
        for ssrc, name in self.names:
            text = name.encode()[:255]
            chunk = ssrc.to_bytes(4, "big") + bytes((_CNAME, len(text))) + text
            body += chunk + bytes(4 - len(chunk) % 4)  # one to four zeros end the items
        return _packet(SOURCE_DESCRIPTION, len(self.names), body)


@dataclass(frozen=True, slots=True)
class Goodbye:
    """BYE: these sources send no more."""

    ssrcs: tuple[int, ...]
    reason: str = ""

    def __bytes__(self) -> bytes:
        body = b"".join(ssrc.to_bytes(4, "big") for ssrc in self.ssrcs)
        if self.reason:
            text = self.reason.encode()[:255]
            body += bytes([len(text)]) + text
            body += bytes(-len(body) % 4)
        return _packet(GOODBYE, len(self.ssrcs), body)


ControlPacket = SenderReport | ReceiverReport | SourceDescription | Goodbye


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0x80 | count, kind, len(body) // 4) + body


def compound(*packets: ControlPacket) -> bytes:
    """One datagram of several packets; a report must come first (RFC 3550 section 6.1)."""
    return b"".join(map(bytes, packets))


def parse_compound(data: bytes) -> tuple[ControlPacket, ...]:
    """Read one datagram; raises PacketError when not even its first packet can be read.

    Tolerant: unknown kinds are skipped, and a damaged tail ends the reading.
    """
    if len(data) < 8 or data[0] >> 6 != 2 or not 192 <= data[1] <= 223:
        raise PacketError("no RTCP header")
    packets: list[ControlPacket] = []
    offset = 0
    while offset + 4 <= len(data) and data[offset] >> 6 == 2:
        first, kind, words = struct.unpack_from(">BBH", data, offset)
        body = data[offset + 4 : offset + 4 + 4 * words]
        offset += 4 + 4 * words
        if len(body) < 4 * words:
            break
        packet = _read(kind, first & 0x1F, body)
        if packet is not None:
            packets.append(packet)
    if not packets and offset > len(data):
        raise PacketError("the RTCP packet is cut short")
    return tuple(packets)


def _read(kind: int, count: int, body: bytes) -> ControlPacket | None:
    if kind == SENDER_REPORT and len(body) >= 24:
        ssrc, ntp, timestamp, packets, octets = _SENDER.unpack_from(body)
        blocks = _read_blocks(body[24:], count)
        return SenderReport(ssrc, ntp, timestamp, packets, octets, blocks)
    if kind == RECEIVER_REPORT and len(body) >= 4:
        return ReceiverReport(int.from_bytes(body[:4], "big"), _read_blocks(body[4:], count))
    if kind == SOURCE_DESCRIPTION:
        return _read_description(body, count)
    if kind == GOODBYE:
        ssrcs = struct.unpack_from(f">{min(count, len(body) // 4)}I", body)
        text = body[4 * len(ssrcs) :]
        return Goodbye(ssrcs, text[1 : 1 + text[0]].decode(errors="replace") if text else "")
    return None


def _read_blocks(data: bytes, count: int) -> tuple[ReportBlock, ...]:
    blocks = []
    for at in range(0, min(24 * count, len(data) // 24 * 24), 24):
        ssrc, loss, highest, jitter, last_report, delay = _BLOCK.unpack_from(data, at)
        lost = loss & 0xFFFFFF
        lost -= (lost & 0x800000) << 1
        blocks.append(ReportBlock(ssrc, loss >> 24, lost, highest, jitter, last_report, delay))
    return tuple(blocks)


def _read_description(body: bytes, count: int) -> SourceDescription:
    names = []
    at = 0
    for _ in range(count):
        if at + 4 > len(body):
            break
        ssrc = int.from_bytes(body[at : at + 4], "big")
        at += 4
        while at + 2 <= len(body) and body[at]:
            kind, size = body[at], body[at + 1]
            if kind == _CNAME:
                names.append((ssrc, body[at + 2 : at + 2 + size].decode(errors="replace")))
            at += 2 + size
        at += 4 - at % 4
    return SourceDescription(tuple(names))
