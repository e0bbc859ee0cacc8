"""ITU-T G.711: A-law and µ-law at the full precision of the standard.

    linear 16 bit ──encode──▶ 1 byte a sample ──decode──▶ linear 16 bit

Both laws are built from one description, the widths of the 128 intervals of the positive
half (G.711 tables 1a and 2a, scaled to 16 bits). Decoding is two `bytes.translate` (low and
high bytes) interleaved by slicing; encoding is one table of 65,536 bytes.
"""

import struct
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter
from types import MappingProxyType

Buffer = bytes | bytearray | memoryview
"""What may be given as PCM or as encoded audio."""


@dataclass(frozen=True, slots=True)
class Codec:
    """One audio codec as RTP names it."""

    name: str
    """Encoding name in SDP, such as "PCMU"."""
    payload_type: int
    """Static payload type of RFC 3551."""
    encode: Callable[[Buffer], bytes]
    """16-bit little-endian PCM at 8 kHz to payload."""
    decode: Callable[[Buffer], bytes]
    """Payload to 16-bit little-endian PCM at 8 kHz."""
    silence: bytes
    """20 ms of encoded digital silence."""


_SAMPLES = 160  # in 20 ms
_FRAME = struct.Struct(f"={_SAMPLES}H")
_SILENCE = bytes(2 * _SAMPLES)
_ULAW_WIDTHS = [4] + [8] * 15 + [8 << segment for segment in range(1, 8) for _ in range(16)]
_ALAW_WIDTHS = [16] * 16 + [16 << segment for segment in range(7) for _ in range(16)]
# The standard inverts all bits of µ-law and the even bits of A-law; bit 7 set is positive.
_ULAW_MASK = 0x7F
_ALAW_MASK = 0x55


def _encode_table(widths: list[int], mask: int) -> bytes:
    """Table from an unsigned 16-bit view of the sample to its code."""
    half = b"".join(bytes([(index | 0x80) ^ mask]) * width for index, width in enumerate(widths))
    half = half.ljust(0x8000, half[-1:])
    # -1 - x has the code of x with the other sign, so the negative half is the mirror image.
    return half + bytes(code ^ 0x80 for code in reversed(half))


def _decode_tables(widths: list[int], mask: int, zero: bool) -> tuple[bytes, bytes]:
    """Translation tables from code to the low and to the high byte of the sample."""
    ends = accumulate(widths)
    values = [end - width // 2 for end, width in zip(ends, widths, strict=True)]
    if zero:
        values[0] = 0
    table = [0] * 256
    for index, value in enumerate(values):
        table[(index | 0x80) ^ mask] = value
        table[index ^ mask] = -value
    return bytes(value & 0xFF for value in table), bytes(value >> 8 & 0xFF for value in table)


def for_byte_order(table: bytes, order: str) -> bytes:
    """The encode table as a host of this byte order ("little" or "big") must index it."""
    if order == "little":
        return table
    return b"".join(table[low::256] for low in range(256))


def _codec(name: str, payload_type: int, widths: list[int], mask: int, zero: bool) -> Codec:
    codes = for_byte_order(_encode_table(widths, mask), sys.byteorder)
    quiet = codes[:1] * _SAMPLES
    low, high = _decode_tables(widths, mask, zero)

    def encode(pcm: Buffer) -> bytes:
        if pcm == _SILENCE:  # most of what one says who listens
            return quiet
        size = len(pcm)
        if size == _FRAME.size:  # what nearly always comes
            return bytes(itemgetter(*_FRAME.unpack(pcm))(codes))  # faster than a comprehension
        samples = memoryview(pcm).cast("H").tolist()
        if size < 4:  # itemgetter gives no tuple then
            return bytes(codes[sample] for sample in samples)
        return bytes(itemgetter(*samples)(codes))

    def decode(data: Buffer) -> bytes:
        data = bytes(data)
        pcm = bytearray(2 * len(data))
        pcm[0::2] = data.translate(low)
        pcm[1::2] = data.translate(high)
        return bytes(pcm)

    return Codec(name, payload_type, encode, decode, quiet)


_ULAW = _codec("PCMU", 0, _ULAW_WIDTHS, _ULAW_MASK, zero=True)
_ALAW = _codec("PCMA", 8, _ALAW_WIDTHS, _ALAW_MASK, zero=False)

CODECS: Mapping[str, Codec] = MappingProxyType({"PCMU": _ULAW, "PCMA": _ALAW})
"""Codecs by their SDP name."""

encode_ulaw = _ULAW.encode
"""16-bit little-endian PCM to µ-law; raises TypeError on half a sample."""
decode_ulaw = _ULAW.decode
"""µ-law to 16-bit little-endian PCM, two bytes for each code."""
encode_alaw = _ALAW.encode
"""16-bit little-endian PCM to A-law; raises TypeError on half a sample."""
decode_alaw = _ALAW.decode
"""A-law to 16-bit little-endian PCM, two bytes for each code."""
