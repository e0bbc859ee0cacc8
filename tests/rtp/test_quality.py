"""The simplified E-model at points that are known."""

import pytest

from appliance.rtp.quality import IMPAIRMENTS, estimate, mos, rating


@pytest.mark.parametrize(
    ("r", "score"),
    [(93.2, 4.41), (90, 4.34), (80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58), (0, 1.0), (-5, 1.0),
     (100, 4.5), (120, 4.5), (3, 1.0)],
)  # fmt: skip
def test_ratings_become_scores_as_in_g107(r, score):
    """The table of G.107 annex B; never below 1."""
    assert mos(r) == pytest.approx(score, abs=0.007)


@pytest.mark.parametrize(
    ("codec", "loss", "delay", "r"),
    [
        ("PCMU", 0.0, 0.0, 93.2),
        ("PCMA", 0.0, 100.0, 90.8),
        ("PCMA", 0.0, 177.3, 88.94),
        ("PCMA", 0.0, 300.0, 72.50),
        ("PCMU", 0.01, 0.0, 93.2 - 95 / 26.1),
        ("PCMU", 0.05, 0.0, 93.2 - 95 * 5 / 30.1),
        ("opus", 0.0, 0.0, 88.2),
        ("opus", 0.1, 0.0, 93.2 - 50),
    ],
)
def test_the_rating_falls_with_delay_loss_and_codec(codec, loss, delay, r):
    """Worked by hand from the formulas."""
    assert rating(codec, loss=loss, delay_ms=delay) == pytest.approx(r, abs=0.01)


def test_every_codec_has_its_figures_and_loss_is_bounded():
    """A loss beyond everything is total loss, below nothing is none."""
    for codec in IMPAIRMENTS:
        assert rating(codec, loss=-1, delay_ms=0) == rating(codec, loss=0, delay_ms=0)
        assert rating(codec, loss=9, delay_ms=0) == rating(codec, loss=1, delay_ms=0)


def test_a_good_call_and_a_bad_one():
    """A LAN call is above 4.3; a tenth lost over a satellite is below 2.5."""
    assert estimate("PCMA", loss=0.0, network_ms=2, buffer_ms=40) > 4.3
    assert estimate("PCMA", loss=0.1, network_ms=280, buffer_ms=100) < 2.5
