"""`running.wording_de`: the same sentences in German."""

from appliance.dialogue.running.wording import ENGLISH, ENGLISH_HOLES
from appliance.dialogue.running.wording_de import GERMAN
from appliance.dialogue.templates import holes


def test_every_sentence_is_there_and_holds_the_same():
    """Has a German sentence for each English one, with the same holes, and none besides."""
    assert GERMAN.keys() == ENGLISH.keys()
    for name, text in GERMAN.items():
        assert set(holes(text)) == ENGLISH_HOLES.get(name, frozenset()), name
        assert text.endswith((".", "?"))
        assert name == "summary_said" or text != ENGLISH[name]


def test_callers_are_addressed_formally():
    """Never says "du"."""
    said = " ".join(GERMAN.values()).lower().replace(".", " ").replace(",", " ").split()
    assert not {"du", "dich", "dir", "dein", "deine"} & set(said)
