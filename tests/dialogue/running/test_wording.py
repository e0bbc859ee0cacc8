from appliance.dialogue.running.wording import ENGLISH, ENGLISH_HOLES
from appliance.dialogue.templates import holes


def test_every_sentence_holds_what_it_may():
    """Holds exactly the slots that the engine fills."""
    for name, text in ENGLISH.items():
        assert set(holes(text)) == ENGLISH_HOLES.get(name, frozenset())
        assert text.endswith((".", "?"))
