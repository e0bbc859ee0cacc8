"""WAV files, from bytes and to bytes (RIFF/WAVE; PCM, A-law, µ-law, extensible header)."""

import struct
from dataclasses import dataclass
from typing import NamedTuple

from appliance.audio.g711 import decode_alaw, decode_ulaw

_PCM, _FLOAT, _ALAW, _ULAW, _EXTENSIBLE = 0x0001, 0x0003, 0x0006, 0x0007, 0xFFFE
_CONVERT = "convert it with: sox IN -b 16 -e signed-integer OUT.wav"


class WavError(ValueError):
    """The bytes are no WAV file that can be read; the text says what to do."""


class Wav(NamedTuple):
    """A WAV file that has been read."""

    rate: int
    """Samples a second."""
    channels: int
    pcm: bytes
    """16-bit signed little-endian, channels interleaved."""


@dataclass(frozen=True, slots=True)
class _Format:
    code: int
    channels: int
    rate: int
    bits: int


def read_wav(data: bytes) -> Wav:
    """Read a WAV file of 8, 16, 24 or 32-bit integers, A-law or µ-law; the PCM is 16-bit.

    Raises WavError when the file is something else, damaged or incomplete.
    """
    if data[:4] == b"RIFX" or data[:4] == b"fLaC" or data[:4] == b"OggS":
        raise WavError(f"this is a {data[:4].decode()} file, not WAV: {_CONVERT}")
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise WavError(f"this is not a WAV file (no RIFF/WAVE header): {_CONVERT}")
    form: _Format | None = None
    offset = 12
    while offset + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, offset)
        offset += 8
        if name == b"fmt ":
            form = _read_format(data[offset : offset + size])
        elif name == b"data":
            if form is None:
                raise WavError(f"the WAV file has audio before its format: {_CONVERT}")
            return Wav(form.rate, form.channels, _read_audio(form, data, offset, size))
        offset += size + size % 2
    raise WavError("the WAV file ends before its audio: copy or record it again")


def _read_format(chunk: bytes) -> _Format:
    if len(chunk) < 16:
        raise WavError("the format of the WAV file is cut short: copy or record it again")
    code, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if code == _EXTENSIBLE and len(chunk) >= 26:
        (code,) = struct.unpack_from("<H", chunk, 24)
    if not channels or not rate:
        raise WavError(f"the WAV file names {channels} channels at {rate} Hz: {_CONVERT}")
    depths = {_PCM: (8, 16, 24, 32), _ALAW: (8,), _ULAW: (8,)}.get(code, ())
    if bits not in depths:
        kind = "floating-point" if code == _FLOAT else f"format {code:#06x}"
        raise WavError(f"the WAV file holds {bits}-bit {kind} audio: {_CONVERT}")
    return _Format(code, channels, rate, bits)


def _read_audio(form: _Format, data: bytes, offset: int, size: int) -> bytes:
    left = len(data) - offset
    if size in (0, 0xFFFFFFFF) or (size >= 0x7FFFF000 and size > left):
        size = left  # written to a pipe, the length was not known: the audio goes to the end
    if size > left:
        raise WavError(
            f"the WAV file ends after {left} of {size} bytes of audio: copy or record it again"
        )
    width = form.bits // 8
    audio = data[offset : offset + size - size % (width * form.channels)]
    if form.code == _ULAW:
        return decode_ulaw(audio)
    if form.code == _ALAW:
        return decode_alaw(audio)
    if width == 2:
        return audio
    pcm = bytearray(2 * (len(audio) // width))
    if width == 1:  # unsigned, by tradition
        pcm[1::2] = bytes(value ^ 0x80 for value in audio)
    else:
        pcm[0::2] = audio[width - 2 :: width]
        pcm[1::2] = audio[width - 1 :: width]
    return bytes(pcm)


def write_wav(pcm: bytes, *, rate: int = 8000, channels: int = 1) -> bytes:
    """A WAV file of 16-bit little-endian PCM, channels interleaved."""
    block = 2 * channels
    head = struct.pack("<4sI4s4sI", b"RIFF", 36 + len(pcm), b"WAVE", b"fmt ", 16)
    form = struct.pack("<HHIIHH", _PCM, channels, rate, rate * block, block, 16)
    return head + form + struct.pack("<4sI", b"data", len(pcm)) + pcm


def stereo(left: bytes, right: bytes) -> bytes:
    """Two mono signals interleaved; the shorter one is padded with silence."""
    size = max(len(left), len(right))
    out = bytearray(2 * size)
    for byte, channel in enumerate((left, right)):
        padded = channel.ljust(size, b"\0")
        out[2 * byte :: 4] = padded[0::2]
        out[2 * byte + 1 :: 4] = padded[1::2]
    return bytes(out)
