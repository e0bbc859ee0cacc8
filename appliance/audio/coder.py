"""What every codec looks like to the media session: one stateful object per stream."""

from typing import Protocol


class CodecError(ValueError):
    """A payload that is none of this codec's, or is damaged."""


class CodecMissingError(LookupError):
    """A codec that we do not know, or that this machine cannot run; the text says why."""


class Coder(Protocol):
    """One codec for one stream; PCM is 16-bit little-endian mono at 8 kHz.

    Encoder and decoder have states of their own, made at first use, so that one object serves
    both directions of a call and an object used one way costs one way. Payloads are to be decoded
    in the order in which they were encoded.
    """

    @property
    def clock(self) -> int:
        """Hz of the RTP timestamps, a multiple of 8000."""

    def packet(self, ptime: int) -> int:
        """Samples to encode at once so that packets are about `ptime` ms long."""

    def samples(self, payload: bytes) -> int:
        """How many samples `decode` will make of it, without decoding; raises CodecError."""

    def encode(self, pcm: bytes) -> bytes:
        """The payload for so many samples; empty where nothing need be sent (DTX)."""

    def decode(self, payload: bytes) -> bytes:
        """The audio of the next payload; raises CodecError."""

    def conceal(self, next_payload: bytes) -> bytes | None:
        """The end of the lost packet before this one, from what this one says of it.

        None where it says nothing. To be asked before `next_payload` itself is decoded.
        """

    @property
    def resting(self) -> bool:
        """The last payload decoded announced that nothing follows for a while (DTX)."""

    def rest(self, samples: int) -> bytes | None:
        """What is to be heard meanwhile; None for silence."""

    def expect_loss(self, fraction: float) -> None:
        """The peer misses this fraction of our packets: protect them accordingly."""
