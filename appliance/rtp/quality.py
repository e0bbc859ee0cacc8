"""What a listener would say of the call: the E-model, simplified (ITU-T G.107).

    delay ─▶ Id ─┐
    codec, loss ─▶ Ie,eff ─┴▶ R = 93.2 - Id - Ie,eff ─▶ MOS, 1 to 4.5

93.2 is R with every parameter at its default (G.107). Id follows R. G. Cole and J. H. Rosenbluth,
"Voice over IP performance monitoring" (2001), who fitted it to G.107's curve.
"""

from types import MappingProxyType
from typing import NamedTuple

_BEST = 93.2
_SLOPE, _KNEE, _STEEPER = 0.024, 177.3, 0.11  # per ms, ms, per ms
_WORST_LOSS = 95.0


class Impairment(NamedTuple):
    """What a codec costs (ITU-T G.113 Appendix I)."""

    ie: float
    """Equipment impairment without loss."""
    bpl: float
    """Robustness against random loss."""
    delay: float
    """Algorithmic delay in ms."""


IMPAIRMENTS = MappingProxyType(
    {
        # G.711 with the concealment of its Appendix I, which is what ours follows.
        "PCMU": Impairment(0.0, 25.1, 0.0),
        "PCMA": Impairment(0.0, 25.1, 0.0),
        # Not in the narrowband tables. Its lower band is ADPCM of 48 kbit/s; the nearest entry is
        # G.726 of 40 kbit/s; concealed as G.711.
        "G722": Impairment(2.0, 25.1, 1.5),
        # Not in the tables either; the nearest in kind and rate is GSM-EFR.
        "opus": Impairment(5.0, 10.0, 6.5),
    }
)
"""By the codec's name in SDP."""


def rating(codec: str, *, loss: float, delay_ms: float) -> float:
    """R of a call with this fraction of packets not heard and this delay from mouth to ear."""
    ie, bpl, _ = IMPAIRMENTS[codec]
    percent = 100.0 * max(0.0, min(1.0, loss))
    # G.107's Ie,eff with random loss (BurstR = 1).
    effective = ie + (_WORST_LOSS - ie) * percent / (percent + bpl)
    late = _SLOPE * delay_ms + _STEEPER * max(0.0, delay_ms - _KNEE)
    return _BEST - late - effective


def mos(r: float) -> float:
    """Mean opinion score of a rating (G.107 annex B): 1 is bad, 4.5 is excellent."""
    if r <= 0.0:
        return 1.0
    if r >= 100.0:
        return 4.5
    return max(1.0, 1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6)


def estimate(codec: str, *, loss: float, network_ms: float, buffer_ms: float) -> float:
    """MOS of what we hear: one way through the network, our jitter buffer, a frame, the codec."""
    delay = network_ms + buffer_ms + 20.0 + IMPAIRMENTS[codec].delay
    return mos(rating(codec, loss=loss, delay_ms=delay))
