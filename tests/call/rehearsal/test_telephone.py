"""`call.rehearsal.telephone`: a line in virtual time."""

from __future__ import annotations

from random import Random

import pytest

from appliance.call.rehearsal.telephone import PERIOD, Telephone, frames
from tests.house.wire import loud, tone


def carried(telephone: Telephone, pcm: bytes, quiet: float = 0.5) -> list[bytes]:
    silence = bytes(round(quiet / PERIOD) * 320)
    return [telephone.carry(frame) for frame in frames(silence + pcm + silence)]


def test_a_sound_arrives_a_little_later() -> None:
    """Carries everything, whole, within a fifth of a second, on a good line."""
    heard = carried(Telephone(Random(1), loss=0.0, jitter=0.0), tone(1.0))
    sounding = [at for at, frame in enumerate(heard) if loud(frame)]
    assert 49 <= len(sounding) <= 52
    assert 25 <= sounding[0] <= 35
    assert sounding[-1] - sounding[0] < 52


@pytest.mark.parametrize("codec", ["PCMA", "PCMU"])
def test_lost_packets_are_concealed(codec: str) -> None:
    """Loses the share it is told to, and fills the gaps."""
    telephone = Telephone(Random(3), loss=0.1, codec=codec)
    heard = carried(telephone, tone(4.0))
    assert 0.05 * 250 < telephone.lost < 0.2 * 250
    assert sum(map(loud, heard)) > 190


def test_the_same_chance_gives_the_same_line() -> None:
    """Can be repeated."""
    first, again, other = (
        carried(Telephone(Random(seed), loss=0.2), tone(1.0)) for seed in (5, 5, 6)
    )
    assert first == again
    assert first != other


def test_sound_is_cut_into_frames() -> None:
    """Fills the last one up with silence."""
    assert [len(frame) for frame in frames(bytes(650))] == [320, 320, 320]
    assert frames(b"") == []
