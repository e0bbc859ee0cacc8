"""Comfort noise (RFC 3389): the level that the peer's background has, as white noise.

SID packet ─▶ level in -dBov ─▶ slices, elsewhere each time, of a quarter second of noise
"""

from functools import lru_cache

from appliance.audio.coder import CodecError
from appliance.audio.pcm import pack

_LENGTH = 2048  # samples
_STEP = 2  # dB between two tables, so that no peer can make us compute more than 46 of them
_SPREAD = 4  # uniform numbers summed: near enough to a bell
_QUIETEST = 90  # -dBov: below it 16 bits hold nothing


def _next(state: int) -> int:
    """The next of a row of 32-bit numbers without visible order (Numerical Recipes' LCG)."""
    return (state * 1664525 + 1013904223) & 0xFFFFFFFF


@lru_cache(maxsize=1)
def _white() -> tuple[float, ...]:
    """Noise with an RMS of 1."""
    values, state = [], 1
    for _ in range(_LENGTH):
        total = 0.0
        for _ in range(_SPREAD):
            state = _next(state)
            total += state / 0x80000000 - 1.0
        values.append(total)
    rms = (sum(value * value for value in values) / len(values)) ** 0.5
    return tuple(value / rms for value in values)


@lru_cache(maxsize=_QUIETEST // _STEP + 1)
def _table(level: int) -> bytes:
    """Noise of this level in -dBov as PCM; about 1 ms of work when new."""
    scale = 32768.0 * 10.0 ** (-level / 20.0)
    return pack(scale * value for value in _white())


class ComfortNoise:
    """The receiving side of comfort noise, as a codec whose payloads hold no audio (see `Coder`).

    The spectrum that a SID packet may describe is not followed (RFC 3389 section 3 leaves it
    to the receiver).
    """

    def __init__(self, clock: int = 8000) -> None:
        """`clock`: Hz of the RTP timestamps of the stream that it pauses."""
        self.clock = clock
        self.resting = False
        """A level has been said."""
        self._level = 127
        self._state = 1

    def packet(self, ptime: int) -> int:
        """As any codec without frames."""
        return 8 * ptime

    def samples(self, payload: bytes) -> int:
        """It only begins a rest; raises CodecError when it does not even say how loud."""
        if not payload:
            raise CodecError("a comfort noise packet takes a byte")
        return 0

    def encode(self, pcm: bytes) -> bytes:  # noqa: ARG002 - the protocol's
        """We do not send it: silence is sent as audio."""
        return b""

    def decode(self, payload: bytes) -> bytes:
        """Takes the level from the first byte; there is no audio in it."""
        self.samples(payload)
        self._level = payload[0] & 0x7F
        self.resting = True
        return b""

    def conceal(self, next_payload: bytes) -> bytes | None:  # noqa: ARG002 - the protocol's
        """Nothing lost is repeated here."""
        return None

    def rest(self, samples: int) -> bytes | None:
        """Noise of the level said last, up to a quarter second; digital silence below -90 dBov."""
        if samples > _LENGTH:
            return None
        if self._level > _QUIETEST:
            return bytes(2 * samples)
        self._state = _next(self._state)
        start = (self._state >> 8) % (_LENGTH - samples + 1)
        return _table(self._level // _STEP * _STEP)[2 * start : 2 * (start + samples)]

    def expect_loss(self, fraction: float) -> None:
        """Nothing can be done about it."""
