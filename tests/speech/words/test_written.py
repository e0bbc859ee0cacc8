"""Behaviour of `appliance.speech.words.written`."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.speech.words.written import written


def test_words_around_figures_stay_as_they_are() -> None:
    """Only what is a number changes; capitals and marks elsewhere are kept."""
    assert written("Call Mrs Lee at four four five five, please.") == (
        "Call Mrs Lee at 4455, please."
    )
    assert written("Rufen Sie vier vier fünf an, bitte.", "de") == "Rufen Sie 445 an, bitte."


def test_nothing_reaches_across_marks() -> None:
    """Digits on both sides of a comma are two numbers."""
    assert written("five five five, zero one two") == "555, 012"


def test_unknown_languages_stay_words() -> None:
    """Without rules for a language nothing is changed."""
    assert written("quatre quatre cinq", "fr") == "quatre quatre cinq"


_WORDS = {
    "en": "one two twenty thirty oh zero double the first second of may november past half quarter "
    "to at five ten a b i o and hundred thousand million dollars fifty percent point minus plus p "
    "m as in bravo for like room number is o'clock cents euros per cent twenty-one",
    "de": "ein eins zwei zwo zwanzig und dreißig hundert tausend null uhr halb viertel nach vor "
    "drei der ersten zweiten mai november euro fünfzig cent prozent komma minus plus a b o umlaut "
    "wie berta anton doppel zimmer nummer ist million eine dreiviertel minuten am",
}


@pytest.mark.parametrize("language", ["en", "de"])
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_any_words_are_written(language: str, data: st.DataObject) -> None:
    """Whatever was recognised, something is written, and no word is lost without a figure."""
    words = data.draw(st.lists(st.sampled_from(_WORDS[language].split()), max_size=14))
    once = written(" ".join(words), language)
    assert bool(once) == bool(words)
    lost = len(words) > len(once.split())
    assert not lost or any(c.isdigit() or c.isupper() for c in once)


@given(st.text(max_size=60))
def test_any_text_is_written(text: str) -> None:
    """No text raises, in any language."""
    written(text)
    written(text, "de")
