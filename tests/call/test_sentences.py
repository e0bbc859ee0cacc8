"""`call.sentences`: what `call` says by itself, and what counts as a listener's noise."""

from __future__ import annotations

import pytest

from appliance.call import sentences
from appliance.contracts.expectation import Kind


@pytest.mark.parametrize("text", ["mhm", "Uh-huh.", "okay", "yeah", "  I see ", ""])
def test_listeners_noises_leave_a_prompt_going(text: str) -> None:
    """Counts them as nothing while something is being told."""
    assert sentences.is_back_channel(text, 0.9, 1.0, Kind.FREE)


@pytest.mark.parametrize("text", ["radiology", "no", "stop", "okay radiology", "operator"])
def test_words_stop_a_prompt(text: str) -> None:
    """Counts words as an answer."""
    assert not sentences.is_back_channel(text, 0.9, 1.0, Kind.FREE)


def test_a_yes_is_no_noise_where_it_is_asked_for() -> None:
    """Takes "okay" as an answer to a yes-no question."""
    assert not sentences.is_back_channel("okay", 0.9, 0.4, Kind.YES_NO)


def test_a_cough_is_noise() -> None:
    """Counts something short and unsure as nothing, something long and unsure as speech."""
    assert sentences.is_back_channel("four", 0.1, 0.3, Kind.FREE)
    assert not sentences.is_back_channel("four", 0.1, 1.3, Kind.FREE)


def test_every_sentence_is_rendered_ahead() -> None:
    """Lists all of them."""
    said = {value for name, value in vars(sentences).items() if name.isupper() and name != "ALL"
            and isinstance(value, str)}  # fmt: skip
    assert set(sentences.ALL) == said == set(sentences.ENGLISH.all)


def test_german_has_a_sentence_for_each_english_one() -> None:
    """Speaks the dialogue's language, whatever the region, and English where it knows none."""
    assert sentences.of("de-AT") is sentences.GERMAN
    assert sentences.of("en-GB") is sentences.of("fi") is sentences.ENGLISH
    assert len(set(sentences.GERMAN.all)) == len(sentences.ENGLISH.all)
    assert not set(sentences.GERMAN.all) & set(sentences.ENGLISH.all)


def test_german_noises_leave_a_german_prompt_going() -> None:
    """Takes "ach so" for a listener's noise in German only."""
    assert sentences.is_back_channel("Ach so", 0.9, 0.8, Kind.FREE, "de")
    assert not sentences.is_back_channel("Ach so", 0.9, 0.8, Kind.FREE, "en")


@pytest.mark.parametrize(
    ("text", "language", "takes"),
    [
        ("Yes.", "en", True), ("okay, put them through", "en", True), ("no", "en", False),
        ("yes I mean no", "en", False), ("sorry I can't", "en", False), ("Ja, gerne", "de", True),
        ("jetzt nicht", "de", False), ("Meyer", "de", None), ("", "en", None),
        ("yes well that is what I told him about the other thing", "en", None),
    ],
)  # fmt: skip
def test_a_person_takes_a_call_by_word(text: str, language: str, takes: bool | None) -> None:
    """Hears agreement and refusal, refusal first, and nothing in a name or a conversation."""
    assert sentences.takes_call(text, language) is takes
