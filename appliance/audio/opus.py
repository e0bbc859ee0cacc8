"""Opus (RFC 6716) for RTP (RFC 7587): mono at 8 kHz both ways, through libopus.

    8 kHz PCM, 10 to 60 ms ─▶ encoder: bitrate, FEC, DTX as the peer's fmtp says ─▶ payload
    payload, 2.5 to 120 ms, mono or stereo, any bandwidth ─▶ decoder ─▶ 8 kHz PCM
    payload after a lost one ─▶ its in-band FEC ─▶ the end of the lost one

The seven functions needed are bound here with ctypes. The package opuslib is not used: it looks
for the library with processes (ldconfig, gcc) when it is imported, its source warns on present
Pythons, and it can neither be told the loss nor decode the FEC of a packet in mono at 8 kHz
without copies. A state lives in memory of ours, so nothing has to be destroyed.
"""

import ctypes
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from appliance.audio.coder import CodecError, CodecMissingError
from appliance.audio.pcm import silence, to_bytes, unpack

_LIBRARY = "libopus.so.0"
_RATE = 8000
_VOIP = 2048
_SET_BITRATE, _SET_VBR, _SET_COMPLEXITY = 4002, 4006, 4010
_SET_INBAND_FEC, _SET_PACKET_LOSS, _SET_DTX = 4012, 4014, 4016
_BITRATE = 20000
"""Bit/s where the peer sets no limit: above what RFC 7587 section 3.1.1 calls fit for narrowband,
since the FEC is taken from it."""
_LEAST_BITRATE, _MOST_BITRATE = 6000, 64000
_COMPLEXITY = 5
"""Of 10: half the work of 10, and on telephone speech no difference to be heard."""
_LONGEST_PAYLOAD = 1275
_LONGEST = 960  # samples in 120 ms
_TICK = 20  # samples in 2.5 ms, of which all Opus durations are made
_PTIMES = (60, 40, 20, 10)
_DTX_BYTES = 2
"""A payload no longer than this holds no audio (opus_encode's documentation)."""


@cache
def _library() -> tuple[Any, str]:
    """The library, or None and the reason."""
    try:
        opus = ctypes.CDLL(_LIBRARY)
        get_size = (ctypes.c_int,)
        opus.opus_encoder_get_size.argtypes = get_size
        opus.opus_decoder_get_size.argtypes = get_size
        state, number, text = ctypes.c_void_p, ctypes.c_int32, ctypes.c_char_p
        opus.opus_encoder_init.argtypes = (state, number, ctypes.c_int, ctypes.c_int)
        opus.opus_decoder_init.argtypes = (state, number, ctypes.c_int)
        opus.opus_encode.argtypes = (state, text, ctypes.c_int, text, number)
        opus.opus_encode.restype = number
        opus.opus_decode.argtypes = (state, text, number, text, ctypes.c_int, ctypes.c_int)
        opus.opus_packet_get_nb_samples.argtypes = (text, number, number)
        # Variadic in C; what is named here is passed as it is everywhere we run (Linux ABIs).
        opus.opus_encoder_ctl.argtypes = (state, ctypes.c_int, number)
    except (OSError, AttributeError) as error:
        return None, f"opus needs the library {_LIBRARY} (Debian: libopus0): {error}"
    return opus, ""


def missing() -> str:
    """Why Opus cannot be run here; empty where it can."""
    return _library()[1]


def _loaded() -> Any:
    library, reason = _library()
    if library is None:
        raise CodecMissingError(reason)
    return library


def _state(size: int, init: Callable[[Any], int]) -> Any:
    state = ctypes.create_string_buffer(size)
    if init(state):
        raise CodecMissingError("libopus makes no coder for 8 kHz mono")
    return state


def read_parameters(parameters: str) -> dict[str, str]:
    """The `fmtp` as names in lower case and values; what cannot be read is left out."""
    pairs = (part.partition("=") for part in parameters.split(";"))
    return {name.strip().lower(): value.strip() for name, mark, value in pairs if mark}


def _bitrate(said: str) -> int:
    limit = int(said) if said.isascii() and said.isdigit() else _BITRATE
    return max(_LEAST_BITRATE, min(_MOST_BITRATE, _BITRATE, limit))


def carries_fec(payload: bytes) -> bool:
    """Whether a packet repeats the frame before it in lower quality (LBRR, RFC 6716 4.2.3-4.2.4).

    The flags are the first bits of the first frame: one of voice activity for each 20 ms, then
    the one asked for; a stereo packet has a second set.
    """
    if not payload or payload[0] >= 0x80:  # CELT only
        return False
    frame = payload[_first_frame(payload) :][:1]
    if not frame:
        return False
    units = (1, 1, 2, 3)[payload[0] >> 3 & 3] if payload[0] < 0x60 else 1
    flags = frame[0] >> (7 - units) & 1
    if payload[0] & 4:
        flags |= frame[0] >> (6 - 2 * units) & 1
    return bool(flags)


def _first_frame(payload: bytes) -> int:
    """Where the first frame begins (RFC 6716 section 3.2): past the end where there is none."""
    kind = payload[0] & 3
    if kind < 2:
        return 1
    at = 1
    if kind == 3:
        count = payload[1] if len(payload) > 1 else 0
        at = 2
        if count & 0x40:  # padding
            while at < len(payload) and payload[at] == 255:
                at += 1
            at += 1
        lengths = (count & 0x3F) - 1 if count & 0x80 else 0
    else:
        lengths = 1
    for _ in range(lengths):
        at += 2 if payload[at : at + 1] >= b"\xfc" else 1
    return at


class Opus:
    """One stream of Opus (see `Coder`); raises CodecMissingError without the library."""

    clock = 48000

    def __init__(self, parameters: str = "") -> None:
        """`parameters`: the peer's `fmtp` (RFC 7587 section 6.1), which says what it likes to get.

        Heeded are maxaveragebitrate, useinbandfec, usedtx and cbr.
        """
        self._library = _loaded()
        said = read_parameters(parameters)
        self.bitrate = _bitrate(said.get("maxaveragebitrate", ""))
        """Bit/s on the average."""
        self.fec = said.get("useinbandfec") == "1"
        """The peer can use FEC; it is sent once the peer reports losses."""
        self._dtx = said.get("usedtx") == "1"
        self._cbr = said.get("cbr") == "1"
        self._loss = 0
        self._encoder: Any = None
        self._decoder: Any = None
        self.resting = False
        """The last packet decoded announced that nothing follows (DTX)."""
        self._payload = ctypes.create_string_buffer(_LONGEST_PAYLOAD)
        self._pcm = ctypes.create_string_buffer(2 * _LONGEST)

    def packet(self, ptime: int) -> int:
        """The longest of 10, 20, 40 and 60 ms that is within `ptime` (RFC 7587 section 4.2)."""
        return 8 * next((length for length in _PTIMES if length <= ptime), _PTIMES[-1])

    def samples(self, payload: bytes) -> int:
        """From its table of contents; raises CodecError for what is none, or above 120 ms."""
        count: int = self._library.opus_packet_get_nb_samples(payload, len(payload), _RATE)
        if count <= 0 or len(payload) < 1:
            raise CodecError("no Opus packet")
        return count

    def encode(self, pcm: bytes) -> bytes:
        """Up to 60 ms, filled up to 10, 20, 40 or 60 ms; raises CodecError for more."""
        if self._encoder is None:
            self._encoder = self._make_encoder()
        samples = len(pcm) // 2
        length = next((8 * p for p in reversed(_PTIMES) if 8 * p >= samples), 0)
        if not length:
            raise CodecError(f"a packet holds 60 ms, not {samples} samples")
        if length != samples:
            pcm = (pcm + silence(length))[: 2 * length]
        if sys.byteorder == "big":
            pcm = unpack(pcm).tobytes()
        size: int = self._library.opus_encode(
            self._encoder, pcm, length, self._payload, _LONGEST_PAYLOAD
        )
        if size < 0:
            raise CodecError(f"libopus encodes no {samples} samples (error {size})")
        return b"" if self._dtx and size <= _DTX_BYTES else self._payload.raw[:size]

    def _make_encoder(self) -> Any:
        library = self._library
        state = _state(
            library.opus_encoder_get_size(1),
            lambda state: library.opus_encoder_init(state, _RATE, 1, _VOIP),
        )
        for request, value in (
            (_SET_BITRATE, self.bitrate),
            (_SET_COMPLEXITY, _COMPLEXITY),
            (_SET_VBR, not self._cbr),
            (_SET_DTX, self._dtx),
            (_SET_INBAND_FEC, self.fec),
            (_SET_PACKET_LOSS, self._loss),
        ):
            library.opus_encoder_ctl(state, request, int(value))
        return state

    def decode(self, payload: bytes) -> bytes:
        """Its audio, stereo summed to mono; raises CodecError."""
        pcm = self._run(payload, self.samples(payload), fec=False)
        self.resting = len(payload) <= _DTX_BYTES
        return pcm

    def conceal(self, next_payload: bytes) -> bytes | None:
        """The last frame of the lost packet, where the next one carries FEC."""
        if not carries_fec(next_payload):
            return None
        # Two SILK lengths stand four apart: 10, 20, 40, 60 ms; hybrid: 10, 20 ms.
        config = next_payload[0] >> 3
        length = (80, 160, 320, 480)[config & 3] if config < 12 else (80, 160)[config & 1]
        try:
            return self._run(next_payload, length, fec=True)
        except CodecError:
            return None

    def rest(self, samples: int) -> bytes | None:
        """After a DTX packet, libopus' own comfort noise."""
        if samples % _TICK or not 0 < samples <= _LONGEST:
            return None
        return self._run(None, samples, fec=False)

    def expect_loss(self, fraction: float) -> None:
        """The more is lost, the more of the bitrate goes into FEC, if the peer uses it."""
        loss = max(0, min(30, round(100 * fraction)))
        if loss == self._loss:
            return
        self._loss = loss
        if self._encoder is not None:
            self._library.opus_encoder_ctl(self._encoder, _SET_PACKET_LOSS, loss)

    def _run(self, payload: bytes | None, samples: int, *, fec: bool) -> bytes:
        library = self._library
        if self._decoder is None:
            self._decoder = _state(
                library.opus_decoder_get_size(1),
                lambda state: library.opus_decoder_init(state, _RATE, 1),
            )
        made: int = library.opus_decode(
            self._decoder, payload, len(payload or b""), self._pcm, samples, int(fec)
        )
        if made < 0:
            raise CodecError(f"libopus refuses the packet (error {made})")
        pcm = self._pcm.raw[: 2 * made]
        return pcm if sys.byteorder == "little" else to_bytes(unpack(pcm))
