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
    assert set(sentences.ALL) == said
