"""`contracts.backchannels`: listeners' noises."""

from __future__ import annotations

import pytest

from appliance.contracts.backchannels import BACKCHANNELS, backchannels


@pytest.mark.parametrize(("language", "noise"), [("en", "uh huh"), ("de-AT", "ach so")])
def test_a_language_has_its_noises(language: str, noise: str) -> None:
    """Knows them by the language, whatever its region."""
    assert noise in backchannels(language)


def test_a_language_nobody_taught_us_has_none() -> None:
    """Takes everything for words there."""
    assert not backchannels("fi")


def test_noises_are_in_normal_form() -> None:
    """Holds lower-case words without hyphens, as they are compared."""
    for noises in BACKCHANNELS.values():
        assert all(noise == noise.lower().replace("-", " ").strip() for noise in noises)
