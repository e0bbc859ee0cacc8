"""ITU-T G.722 at 64 kbit/s, as seen from 8 kHz: its lower band is telephone audio.

    8 kHz PCM ─▶ lower band's ADPCM, 6 bits ─┬─▶ payload, one byte a sample
                 upper band: silence, 2 bits ┘
    payload ─▶ lower band's ADPCM ─▶ 8 kHz PCM (the upper band is not heard)

The `G722` package does both without a filter, hence without delay. What we send above 3 kHz
is heard mirrored above 4 kHz by a wideband peer (20 dB down at 3 kHz, 10 dB at 3.4 kHz): its
synthesis filters expect a band that ends there.
"""

from array import array
from functools import cache
from importlib import import_module
from typing import Any

from appliance.audio.coder import CodecMissingError
from appliance.audio.pcm import to_bytes, unpack

_RATE, _BITRATE = 8000, 64000


@cache
def missing() -> str:
    """Why G.722 cannot be run here; empty where it can."""
    try:
        import_module("G722")
    except ImportError as error:
        return f"G722 needs the Python package G722: {error}"
    return ""


def _codec() -> Any:
    if missing():
        raise CodecMissingError(missing())
    return import_module("G722").G722(_RATE, _BITRATE)


class G722:
    """One stream of G.722 (see `Coder`); CodecMissingError at first use without the package."""

    clock = 8000
    resting = False

    def __init__(self) -> None:
        self._encoder: Any = None
        self._decoder: Any = None

    def packet(self, ptime: int) -> int:
        """One byte a sample of ours: any length."""
        return 8 * ptime

    def samples(self, payload: bytes) -> int:
        """One for each byte (which holds two of the peer's)."""
        return len(payload)

    def encode(self, pcm: bytes) -> bytes:
        """One byte for each sample; raises ValueError on half a sample."""
        if self._encoder is None:
            self._encoder = _codec()
        payload: bytes = self._encoder.encode(unpack(pcm))
        return payload

    def decode(self, payload: bytes) -> bytes:
        """Any bytes are G.722."""
        if not payload:
            return b""
        if self._decoder is None:
            self._decoder = _codec()
        samples: array[int] = self._decoder.decode(payload)
        return to_bytes(samples)

    def conceal(self, next_payload: bytes) -> bytes | None:  # noqa: ARG002 - the protocol's
        """A packet says nothing of the one before."""
        return None

    def rest(self, samples: int) -> bytes | None:  # noqa: ARG002 - the protocol's
        """G.722 announces no silence."""
        return None

    def expect_loss(self, fraction: float) -> None:
        """Nothing can be done about it."""
