"""Behaviour of `appliance.speech.words.addresses`, through `written`."""

from __future__ import annotations

import pytest

from appliance.speech.words.written import written


@pytest.mark.parametrize(
    ("said", "figures"),
    [
        ("jane dot doe at example dot com", "jane.doe@example.com"),
        ("my email is jane at example dot co dot uk", "my email is jane@example.co.uk"),
        (
            "my e-mail address is jane four two at example dot org please",
            "my e-mail address is jane42@example.org please",
        ),
        ("j dot d o e at a b c dot net", "j.doe@abc.net"),
        ("ann underscore lee at my dash site dot com", "ann_lee@my-site.com"),
        ("look at example dot com", "look at example.com"),
        ("visit example dot com now", "visit example.com now"),
        ("we met at noon dot", "we met at noon dot"),
        ("the dot com bubble", "the dot com bubble"),
        ("example dot nonsense", "example dot nonsense"),
        ("jane dot doe at home", "jane dot doe at home"),
    ],
)
def test_addresses_are_written_where_they_are_certain(said: str, figures: str) -> None:
    """A known ending makes an address; a sentence with "at" stays one."""
    assert written(said) == figures


@pytest.mark.parametrize(
    ("said", "figures"),
    [
        ("max punkt weber at beispiel punkt de", "max.weber@beispiel.de"),
        ("info klammeraffe stadt bindestrich werke punkt de", "info@stadt-werke.de"),
        ("siehe beispiel punkt de bitte", "siehe beispiel.de bitte"),
        ("auf den punkt gebracht", "auf den punkt gebracht"),
    ],
)
def test_german_addresses(said: str, figures: str) -> None:
    """The same in German, where "at" means nothing else."""
    assert written(said, "de") == figures
