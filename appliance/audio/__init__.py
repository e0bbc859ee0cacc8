"""Codecs and PCM: pure functions on 16-bit little-endian mono audio at 8 kHz."""

from appliance.audio.g711 import (
    CODECS,
    Codec,
    decode_alaw,
    decode_ulaw,
    encode_alaw,
    encode_ulaw,
)
from appliance.audio.pcm import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_RATE
from appliance.audio.wav import WavError, read_wav, write_wav

__all__ = [
    "CODECS",
    "FRAME_BYTES",
    "FRAME_SAMPLES",
    "SAMPLE_RATE",
    "Codec",
    "WavError",
    "decode_alaw",
    "decode_ulaw",
    "encode_alaw",
    "encode_ulaw",
    "read_wav",
    "write_wav",
]
