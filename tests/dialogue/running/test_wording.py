from appliance.dialogue.running import wording
from appliance.dialogue.running.wording import ENGLISH, ENGLISH_HOLES
from appliance.dialogue.templates import holes


def test_every_sentence_holds_what_it_may():
    """Holds exactly the slots that the engine fills."""
    for name, text in ENGLISH.items():
        assert set(holes(text)) == ENGLISH_HOLES.get(name, frozenset())
        assert text.endswith((".", "?"))


def test_a_language_that_is_not_spoken_is_english():
    """Has English sentences for what it does not know, German ones for every German."""
    assert wording.sentences("fr") is ENGLISH
    assert wording.sentences("de-AT") is wording.sentences("de")
    assert wording.holes("de") == ENGLISH_HOLES
