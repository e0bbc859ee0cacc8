"""`dialogue.model.phrases`: what the model is told, in the language of the dialogue."""

from dataclasses import fields

import pytest

from appliance.dialogue.model.phrases import ENGLISH, GERMAN, phrases
from appliance.dialogue.script import SlotKind
from appliance.dialogue.templates import HOLE


def test_a_language_without_phrases_of_its_own_is_spoken_to_in_english():
    """German has its own, whatever the country."""
    assert phrases("de") is phrases("de-AT") is GERMAN
    assert phrases("en") is phrases("fr") is ENGLISH


@pytest.mark.parametrize("held", [ENGLISH, GERMAN])
def test_every_kind_of_slot_has_words(held):
    """A new kind cannot be forgotten."""
    assert set(held.kinds) == set(SlotKind)
    assert len(held.days) == 7


def test_both_languages_say_the_same():
    """No phrase is empty, and each has the same holes in both."""
    for field in fields(ENGLISH):
        one, other = getattr(ENGLISH, field.name), getattr(GERMAN, field.name)
        if isinstance(one, str):
            assert one
            assert other
            assert sorted(HOLE.findall(one)) == sorted(HOLE.findall(other)), field.name
            assert one != other
