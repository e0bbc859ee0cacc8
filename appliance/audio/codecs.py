"""Every codec by its name in SDP.

make("opus", "useinbandfec=1") ─▶ Coder ─▶ encode, decode, conceal …
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from appliance.audio import g722, opus
from appliance.audio.coder import CodecMissingError, Coder
from appliance.audio.g711 import CODECS, Codec


class Description(NamedTuple):
    """How SDP names a codec."""

    payload_type: int | None
    """Static payload type (RFC 3551 table 4); None: dynamic."""
    clock: int
    """Hz of the RTP timestamps."""
    name: str
    """As in `a=rtpmap`."""


DESCRIPTIONS: Mapping[str, Description] = MappingProxyType(
    {
        "PCMU": Description(0, 8000, "PCMU/8000"),
        "PCMA": Description(8, 8000, "PCMA/8000"),
        "G722": Description(9, 8000, "G722/8000"),  # though it samples at 16 kHz: RFC 3551 4.5.2
        "opus": Description(None, 48000, "opus/48000/2"),  # RFC 7587 section 7: whatever is used
    }
)
"""The codecs we know."""


class G711:
    """A-law or µ-law, which have no state (see `Coder`)."""

    clock = 8000
    resting = False

    def __init__(self, codec: Codec) -> None:
        self.encode = codec.encode
        self.decode = codec.decode

    def packet(self, ptime: int) -> int:
        """One byte a sample: any length."""
        return 8 * ptime

    def samples(self, payload: bytes) -> int:
        """One for each byte."""
        return len(payload)

    def conceal(self, next_payload: bytes) -> bytes | None:  # noqa: ARG002 - the protocol's
        """A packet says nothing of the one before."""
        return None

    def rest(self, samples: int) -> bytes | None:  # noqa: ARG002 - the protocol's
        """G.711 announces no silence; comfort noise is a payload type of its own."""
        return None

    def expect_loss(self, fraction: float) -> None:
        """Nothing can be done about it."""


def missing() -> Mapping[str, str]:
    """The codecs that this machine cannot run, each with the reason in plain words."""
    reasons = {"G722": g722.missing(), "opus": opus.missing()}
    return {name: reason for name, reason in reasons.items() if reason}


def available() -> tuple[str, ...]:
    """The codecs that this machine can run."""
    lacking = missing()
    return tuple(name for name in DESCRIPTIONS if name not in lacking)


def make(name: str, parameters: str = "") -> Coder:
    """A new coder in its first state; `parameters` is what the peer's `a=fmtp` says.

    Raises CodecMissingError for a codec we do not know or cannot run.
    """
    if name in CODECS:
        return G711(CODECS[name])
    if name not in DESCRIPTIONS:
        raise CodecMissingError(f"no codec {name!r}: there are {', '.join(available())}")
    reason = missing().get(name)
    if reason:
        raise CodecMissingError(reason)
    return g722.G722() if name == "G722" else opus.Opus(parameters)
