"""`settings.conversation`: the dialogue, and the language model."""

import pytest
from pydantic import ValidationError

from appliance.settings import DialogueSettings, ModelSettings


def test_a_fresh_box_answers_from_the_starter():
    """Without a word from anybody there is a dialogue, and no language model."""
    assert (DialogueSettings().folder / "dialogue.yaml").exists()
    assert ModelSettings().url == ""


@pytest.mark.parametrize("name", ["Subject", "X-Bad Name", "X-\r\nVia"])
def test_a_header_that_is_none_is_refused(name):
    """The briefing travels in a header of its own, never in one that means something."""
    with pytest.raises(ValidationError):
        DialogueSettings(briefing_header=name)


@pytest.mark.parametrize("url", ["ftp://x", "crm.example", "https://a b"])
def test_an_address_that_is_none_is_refused(url):
    """Webhook and language model are reached by http or https."""
    with pytest.raises(ValidationError):
        DialogueSettings(briefing_url=url)
    with pytest.raises(ValidationError):
        ModelSettings(url=url)


def test_secrets_are_not_shown():
    """A password does not stand in what is printed of the settings."""
    held = DialogueSettings.model_validate({"secrets": {"crm": "geheim"}})
    assert "geheim" not in repr(held)
    assert "geheim" not in repr(ModelSettings.model_validate({"key": "geheim"}))
